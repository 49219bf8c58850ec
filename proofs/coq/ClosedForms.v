(** Closed forms of the majorant recursion, for any degree.

    If g(s_k) <= s_(k+1) and w_k <= t s_k with 0 <= t <= 1, then E_j^k <= t^(N+1) s_k^j: one row of the
    recursion sums up to at most g(s_k)^j, and the dropped powers carry the factor t^(N+1). Special
    choices of s give the forced bound, the decaying bound and the bound r R^N. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums Words CrossNorm Convolution Lift Products Truncation.
Import ListNotations.
Open Scope R_scope.

Theorem supersolution q g N (w s : nat -> R) (t : R) :
  (forall l, 0 <= g l) -> 0 <= t <= 1 -> (forall k, 0 <= s k) ->
  (forall k, poly q g (s k) <= s (S k)) ->
  (forall k, 0 <= w k <= t * s k) ->
  forall k j, (j <= N)%nat -> E q g N w k j <= t ^ S N * s k ^ j.
Proof.
  intros Hg Ht Hs Hsup Hw. assert (Hq : 0 <= t ^ S N) by (apply pow_le; lra).
  induction k as [|k IH]; intros j Hj; simpl E.
  - apply Rmult_le_pos; [exact Hq|]. apply pow_le, Hs.
  - pose (M := (N + (q * N - N))%nat).
    apply Rle_trans with
      (t ^ S N * sum (seq 0 (S M)) (fun m => coef q g j m * s k ^ m)).
    + rewrite sum_first, Rmult_plus_distr_l.
      assert (0 <= t ^ S N * (coef q g j 0 * s k ^ 0))
        by (apply Rmult_le_pos; [exact Hq|]; simpl; rewrite Rmult_1_r; apply coef_nonneg, Hg).
      enough (sum (seq 1 N) (fun m => coef q g j m * E q g N w k m) + remainder q g N j (w k)
        <= t ^ S N * sum (seq 0 M) (fun m => coef q g j (S m) * s k ^ S m)) by lra.
      rewrite <- (sum_map S (seq 0 M) (fun m => coef q g j m * s k ^ m)), seq_shift.
      unfold M. rewrite sum_split, Rmult_plus_distr_l.
      unfold remainder. apply Rplus_le_compat; rewrite <- sum_scal; apply sum_le; intros m Hm;
        apply in_range in Hm; pose proof (coef_nonneg q g Hg j m) as Hc;
        replace (t ^ S N * (coef q g j m * s k ^ m)) with (coef q g j m * (t ^ S N * s k ^ m)) by ring;
        apply Rmult_le_compat_l; try exact Hc.
      * apply IH. lia.
      * apply Rle_trans with ((t * s k) ^ m); [apply pow_incr, Hw|].
        rewrite Rpow_mult_distr. apply Rmult_le_compat_r; [apply pow_le, Hs|].
        apply pow_le_low; [exact Ht|lia].
    + apply Rmult_le_compat_l; [exact Hq|]. unfold M. rewrite coef_generates by nia.
      apply pow_incr. split; [apply poly_nonneg; auto|apply Hsup].
Qed.

(** Without constant term g(x)/x does not decrease: g(t x) <= t g(x) for 0 <= t <= 1. *)
Lemma poly_star q g t x : (forall l, 0 <= g l) -> g 0%nat = 0 -> 0 <= t <= 1 -> 0 <= x ->
  poly q g (t * x) <= t * poly q g x.
Proof.
  intros Hg H0 Ht Hx. unfold poly. rewrite <- sum_scal. apply sum_le. intros l _.
  destruct l as [|l]; [rewrite H0; simpl; lra|].
  replace (t * (g (S l) * x ^ S l)) with (g (S l) * (t * x ^ S l)) by ring.
  apply Rmult_le_compat_l; [apply Hg|]. rewrite Rpow_mult_distr.
  apply Rmult_le_compat_r; [apply pow_le, Hx|].
  pose proof (pow_le_low t 1 (S l) Ht ltac:(lia)). simpl in *. lra.
Qed.

Section Bounds.
  Context {I : Type} (letters : list I).
  Variables (q : nat) (G : nat -> nat -> I -> list I -> R) (N : nat) (u0 : I -> R) (g : nat -> R).
  Hypothesis g_nonneg : forall l, 0 <= g l.
  Hypothesis G_norm : forall k vs, (length vs <= q)%nat ->
    l2 letters (apply (words letters (length vs)) (G k (length vs)) (prodt vs))
    <= g (length vs) * weight letters vs.
  Hypothesis N_pos : (1 <= N)%nat.

  (** The distance of the answer of order N from the iterate, after k steps. *)
  Definition error (k : nat) : R :=
    l2 letters (fun i => traj letters q G u0 k i - y letters q G N u0 k 1 [i]).

  Lemma ratio_range r s : 0 <= r <= s -> 0 < s -> 0 <= r / s <= 1.
  Proof.
    intros Hr Hs. split; [apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat, Hs]|].
    apply Rmult_le_reg_r with s; [exact Hs|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
  Qed.

  (** Any growth: w_k = t s_k, s_k a supersolution in which t s_k is one as well. *)
  Lemma weighted_bound (s : nat -> R) t : 0 <= t <= 1 -> (forall k, 0 <= s k) ->
    l2 letters u0 <= t * s 0%nat ->
    (forall k, poly q g (s k) <= s (S k)) -> (forall k, poly q g (t * s k) <= t * s (S k)) ->
    forall k, error k <= t ^ S N * s k.
  Proof.
    intros Ht Hs H0 Hsup Hsup' k. pose (w := fun k => t * s k).
    eapply Rle_trans.
    - apply (majorant_bound letters q G N u0 g g_nonneg G_norm w k); [|exact N_pos].
      intros i _. apply (majorant_iterates letters q G u0 g g_nonneg G_norm w); assumption.
    - rewrite <- (pow_1 (s k)). apply (supersolution q g N w s t); auto. intro i. unfold w.
      pose proof (Rmult_le_pos t (s i) (proj1 Ht) (Hs i)). lra.
  Qed.

  (** F_0 allowed: if g(r) <= r and g(s) <= s, |u_0| <= r <= s, then s (r/s)^(N+1) for all k. *)
  Theorem forced_bound r s : 0 <= r <= s -> 0 < s -> poly q g r <= r -> poly q g s <= s ->
    l2 letters u0 <= r -> forall k, error k <= s * (r / s) ^ S N.
  Proof.
    intros Hr Hs Gr Gs H0 k. rewrite Rmult_comm.
    assert (E : r / s * s = r) by (field; lra).
    apply (weighted_bound (fun _ => s) (r / s)); auto using ratio_range; try (intros; lra).
    intros _. rewrite E. exact Gr.
  Qed.

  Hypothesis no_constant : g 0%nat = 0.

  (** No dissipation needed: s_0 >= |u_0| any start, s_k the iterates of g. *)
  Theorem homogeneous_bound r s : 0 <= r <= s -> 0 < s -> l2 letters u0 <= r ->
    forall k, error k <= (r / s) ^ S N * iterates q g s k.
  Proof.
    intros Hr Hs H0 k. pose proof (ratio_range r s Hr Hs) as Ht.
    assert (Hpos : forall i, 0 <= iterates q g s i).
    { induction i as [|i IH]; simpl; [lra|]. apply poly_nonneg; auto. }
    apply weighted_bound; auto.
    - simpl. replace (r / s * s) with r by (field; lra). exact H0.
    - intro i. right. reflexivity.
    - intro i. apply poly_star; auto.
  Qed.

  (** Invariant ball: g(r) <= theta r with theta <= 1 and |u_0| <= r imply |u_k| <= theta^k r. *)
  Theorem norm_decay r theta : 0 <= r -> 0 <= theta <= 1 -> poly q g r <= theta * r ->
    l2 letters u0 <= r -> forall k, l2 letters (traj letters q G u0 k) <= theta ^ k * r.
  Proof.
    intros Hr Hth Gr H0. apply (majorant_iterates letters q G u0 g g_nonneg G_norm); [simpl; lra|].
    intro k. assert (Hk : 0 <= theta ^ k <= 1).
    { split; [apply pow_le; lra|]. pose proof (pow_le_low theta 0 k Hth ltac:(lia)).
      simpl in *. lra. }
    eapply Rle_trans; [apply poly_star; auto|]. simpl. rewrite (Rmult_comm theta), Rmult_assoc.
    apply Rmult_le_compat_l; [apply Hk|exact Gr].
  Qed.

  (** Dissipation g(s) <= theta s, theta <= 1, any degree: the error decays as theta^k. *)
  Theorem decaying_bound r s theta : 0 <= r <= s -> 0 < s -> 0 <= theta <= 1 ->
    poly q g s <= theta * s -> l2 letters u0 <= r ->
    forall k, error k <= theta ^ k * s * (r / s) ^ S N.
  Proof.
    intros Hr Hs Hth Gs H0 k. pose proof (ratio_range r s Hr Hs) as Ht.
    rewrite Rmult_comm.
    assert (Hp : forall i, 0 <= theta ^ i <= 1).
    { intro i. split; [apply pow_le; lra|]. pose proof (pow_le_low theta 0 i Hth ltac:(lia)).
      simpl in *. lra. }
    assert (Hsup : forall i, poly q g (theta ^ i * s) <= theta ^ S i * s).
    { intro i. eapply Rle_trans; [apply poly_star; auto; lra|].
      simpl. rewrite (Rmult_comm theta), Rmult_assoc. apply Rmult_le_compat_l; [apply Hp|exact Gs]. }
    apply (weighted_bound (fun i => theta ^ i * s) (r / s)); auto.
    - intro i. apply Rmult_le_pos; [apply Hp|lra].
    - simpl. replace (r / s * (1 * s)) with r by (field; lra). exact H0.
    - intro i. eapply Rle_trans; [apply poly_star; auto|].
      + apply Rmult_le_pos; [apply Hp|lra].
      + apply Rmult_le_compat_l; [apply Ht|apply Hsup].
  Qed.
End Bounds.

(** Quadratic maps u+ = A1 u + A2 (u (x) u) with |A1 x| <= a |x|, |A2 (x (x) y)| <= b |x| |y|. *)
Section Quadratic.
  Context {I : Type} (letters : list I).
  Variables (A1 A2 : I -> list I -> R) (a b r : R) (u0 : I -> R) (N : nat).
  Hypothesis A1_norm : forall x,
    l2 letters (apply (words letters 1) A1 (prodt [x])) <= a * l2 letters x.
  Hypothesis A2_norm : forall x y,
    l2 letters (apply (words letters 2) A2 (prodt [x; y])) <= b * (l2 letters x * l2 letters y).
  Hypothesis a_nonneg : 0 <= a.
  Hypothesis b_nonneg : 0 <= b.
  Hypothesis r_range : 0 <= r.
  Hypothesis u0_norm : l2 letters u0 <= r.
  Hypothesis N_pos : (1 <= N)%nat.

  Definition quadratic (l : nat) : I -> list I -> R :=
    match l with 1%nat => A1 | 2%nat => A2 | _ => fun _ _ => 0 end.
  Definition quadratic_majorant (l : nat) : R :=
    match l with 1%nat => a | 2%nat => b | _ => 0 end.
  Definition quadratic_error : nat -> R := error letters 2 (fun _ => quadratic) N u0.

  Lemma quadratic_norm vs :
    l2 letters (apply (words letters (length vs)) (quadratic (length vs)) (prodt vs))
    <= quadratic_majorant (length vs) * weight letters vs.
  Proof.
    assert (Z : l2 letters (apply (words letters (length vs)) (fun _ _ => 0) (prodt vs))
                <= 0 * weight letters vs).
    { rewrite Rmult_0_l. right. apply l2_0. intros i _. apply sum_0. intros. ring. }
    destruct vs as [|x [|x' [|x'' vs]]]; cbn [length] in *; auto; simpl quadratic_majorant; simpl weight.
    - rewrite Rmult_1_r. apply A1_norm.
    - rewrite Rmult_1_r. apply A2_norm.
  Qed.
  Lemma quadratic_poly x : poly 2 quadratic_majorant x = a * x + b * x ^ 2.
  Proof. unfold poly. cbv [seq]. rewrite !sum_cons. cbv [sum quadratic_majorant]. ring. Qed.

  Theorem quadratic_decaying s : r <= s -> 0 < s -> a + b * s <= 1 ->
    forall k, quadratic_error k <= (a + b * s) ^ k * s * (r / s) ^ S N.
  Proof.
    intros Hr Hs Hth k.
    apply (decaying_bound letters 2 (fun _ => quadratic) N u0 quadratic_majorant); auto.
    - intros [|[|[|l]]]; simpl; lra.
    - intros. apply quadratic_norm.
    - pose proof (Rmult_le_pos b s b_nonneg). lra.
    - rewrite quadratic_poly. right. ring.
  Qed.

  (** R = b r / (1 - a) <= 1: the error is at most r R^N after any number of steps. *)
  Theorem quadratic_R_bound : a < 1 -> 0 < b -> b * r / (1 - a) <= 1 ->
    forall k, quadratic_error k <= r * (b * r / (1 - a)) ^ N.
  Proof.
    intros Ha Hb HR k.
    assert (Hs : 0 < (1 - a) / b) by (apply Rdiv_lt_0_compat; lra).
    assert (Hrs : r <= (1 - a) / b).
    { apply Rmult_le_reg_r with (b / (1 - a)); [apply Rdiv_lt_0_compat; lra|].
      replace ((1 - a) / b * (b / (1 - a))) with 1 by (field; lra).
      replace (r * (b / (1 - a))) with (b * r / (1 - a)) by (field; lra). exact HR. }
    eapply Rle_trans; [apply (quadratic_decaying ((1 - a) / b)); auto|].
    - right. field. lra.
    - replace (a + b * ((1 - a) / b)) with 1 by (field; lra). rewrite pow1.
      right. cbn [pow]. replace (r / ((1 - a) / b)) with (b * r / (1 - a)) by (field; lra).
      field. lra.
  Qed.
End Quadratic.
