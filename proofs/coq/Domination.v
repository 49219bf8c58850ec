(** Theorem 10.5: the branching process in closed form.

    Without constant term and with a fixed point r of the majorant, the error is at most
    xi (xi/r (1 - (1 - mu)^T))^N, xi = |u_0| <= r, if sum_(i>=l) g_i r^(i-1) <= mu^(l-1) for all l: a
    particle has l children or more at most as often as a geometric number of them. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums Words CrossNorm Convolution Lift Products Truncation Graded ClosedForms
  GradedBounds Branching.
Import ListNotations.
Open Scope R_scope.

(** ** Theorem 10.5 in units of r: sums of l families of a law V on 1, 2, ... *)
Section Domination.
  Variable V : nat -> R.
  Hypothesis V_nonneg : forall d, 0 <= V d.
  Hypothesis V_0 : V 0%nat = 0.
  Hypothesis V_total : forall n, sum (seq 0 n) V <= 1.
  (** [cdf l n]: the probability that l families have at most n members. *)
  Definition cdf (l n : nat) : R := sum (seq 0 (S n)) (fun d => spart V d l).

  Lemma cdf_S l n : cdf (S l) n = sum (seq 0 (S n)) (fun m => V m * cdf l (n - m)).
  Proof.
    unfold cdf. rewrite (sum_ext (seq 0 (S n)) (fun d => spart V d (S l)) (fun d =>
      sum (seq 0 (S d)) (fun m => V m * spart V (d - m) l))) by reflexivity.
    rewrite <- (sum_triangle n (fun m e => V m * spart V e l)). apply sum_ext. intros. apply sum_scal.
  Qed.
  Lemma cdf_nonneg l n : 0 <= cdf l n.
  Proof. apply sum_nonneg. intros. apply spart_nonneg, V_nonneg. Qed.
  Lemma cdf_1 n : cdf 1 n = sum (seq 0 (S n)) V.
  Proof.
    rewrite cdf_S. apply sum_ext. intros m _. unfold cdf.
    rewrite sum_first, sum_0; [simpl; ring|reflexivity].
  Qed.
  Lemma cdf_mono l n m : (n <= m)%nat -> cdf l n <= cdf l m.
  Proof.
    intro H. unfold cdf. replace (S m) with (S n + (m - n))%nat by lia. rewrite sum_split.
    assert (0 <= sum (seq (0 + S n) (m - n)) (fun d => spart V d l)); [|lra].
    apply sum_nonneg. intros. apply spart_nonneg, V_nonneg.
  Qed.
  Lemma cdf_decreasing l n : cdf (S l) n <= cdf l n.
  Proof.
    rewrite cdf_S. apply Rle_trans with (sum (seq 0 (S n)) (fun m => V m * cdf l n)).
    - apply sum_le. intros. apply Rmult_le_compat_l; [apply V_nonneg|apply cdf_mono; lia].
    - rewrite sum_scal_r. pose proof (cdf_nonneg l n). pose proof (V_total (S n)). nra.
  Qed.

  Variables Q mu : R.
  Hypothesis Q_range : 0 <= Q <= 1.
  Hypothesis mu_range : 0 <= mu <= 1.
  Hypothesis geometric : forall n, 1 - Q ^ n <= cdf 1 n.
  Definition Q' : R := Q + mu * (1 - Q).
  Lemma Q'_range : Q <= Q' <= 1.
  Proof. unfold Q'. nra. Qed.

  (** Geometric children, no more than n + 1 of them: of at most N grandchildren. *)
  Definition mixed (n N : nat) : R :=
    sum (seq 0 n) (fun l => (1 - mu) * mu ^ l * cdf (S l) N) + mu ^ n * cdf (S n) N.
  Lemma mixed_S n N : mixed (S n) N
    = (1 - mu) * cdf 1 N + mu * sum (seq 0 (S N)) (fun m => V m * mixed n (N - m)).
  Proof.
    unfold mixed at 1. rewrite sum_first.
    transitivity ((1 - mu) * cdf 1 N + mu * (sum (seq 0 n) (fun l => (1 - mu) * mu ^ l * cdf (S (S l)) N)
      + mu ^ n * cdf (S (S n)) N)).
    - rewrite Rmult_plus_distr_l, <- sum_scal. simpl pow.
      rewrite (sum_ext (seq 0 n) (fun m => _ * (mu * mu ^ m) * _) (fun l => mu * ((1 - mu) * mu ^ l * cdf
        (S (S l)) N)))
        by (intros; ring). ring.
    - do 2 f_equal. rewrite (cdf_S (S n)), <- sum_scal.
      rewrite (sum_ext (seq 0 n) _ (fun l => sum (seq 0 (S N)) (fun m =>
        V m * ((1 - mu) * mu ^ l * cdf (S l) (N - m)))))
        by (intros; rewrite cdf_S, <- sum_scal; apply sum_ext; intros; ring).
      rewrite sum_swap, <- sum_plus. apply sum_ext. intros m _. unfold mixed.
      rewrite Rmult_plus_distr_l, <- sum_scal. f_equal. ring.
  Qed.
  Lemma mixed_geometric n : forall N, 1 - Q' ^ N <= mixed n N.
  Proof.
    pose proof Q'_range as HQ. induction n as [|n IH]; intro N.
    - unfold mixed. cbv [seq]. cbv [sum]. fold (sum (A := nat)). pose proof (geometric N).
      pose proof (pow_incr Q Q' N ltac:(lra)). simpl pow. lra.
    - rewrite mixed_S. pose (F := fun m => 1 - Q' ^ (N - m)).
      pose (law := fun m => match m with O => 0 | S e => (1 - Q) * Q ^ e end).
      assert (HF : forall m, F (S m) <= F m).
      { intro m. unfold F. pose proof (pow_le_low Q' (N - S m) (N - m) ltac:(lra) ltac:(lia)). lra. }
      assert (law_sum : forall m, sum (seq 0 (S m)) law = 1 - Q ^ m).
      { intro m. induction m as [|m IHm]; [cbv [seq sum]; simpl; ring|]. rewrite sum_last, IHm. simpl.
        ring. }
      assert (A : 0 <= sum (seq 0 (S N)) (fun m => (V m - law m) * F m)).
      { apply abel_zero; [|exact HF|].
        - intros [|m]; [cbv [seq sum]; lra|]. rewrite sum_minus, law_sum, <- cdf_1.
          pose proof (geometric m). lra.
        - unfold F. replace (N - S N)%nat with 0%nat by lia. simpl. lra. }
      assert (B : sum (seq 0 (S N)) (fun m => V m * F m) <= sum (seq 0 (S N)) (fun m => V m * mixed n (N
        - m))).
      { apply sum_le. intros m _. apply Rmult_le_compat_l; [apply V_nonneg|apply IH]. }
      rewrite (sum_ext _ _ (fun m => V m * F m - law m * F m)) in A by (intros; ring).
      rewrite sum_minus in A.
      assert (C : mu * sum (seq 0 (S N)) (fun m => law m * F m) = mu * (1 - Q ^ N) - (Q' ^ N - Q ^ N)).
      { rewrite <- (law_sum N), <- (telescope Q Q' N).
        rewrite (sum_ext (seq 0 (S N)) (fun m => law m * F m) (fun m => law m - law m * Q' ^ (N - m)))
          by (intros; unfold F; ring).
        rewrite sum_minus, (sum_first N (fun m => law m * _)).
        replace (Q' - Q) with (mu * (1 - Q)) by (unfold Q'; ring).
        rewrite (sum_ext (seq 0 N) (fun m => law (S m) * _) (fun m => (1 - Q) * (Q ^ m * Q' ^ (N - 1 -
          m)))).
        - rewrite sum_scal. simpl law. ring.
        - intros m Hm. simpl law. replace (N - S m)%nat with (N - 1 - m)%nat by lia. ring. }
      pose proof (geometric N) as G1.
      apply Rle_trans with ((1 - mu) * (1 - Q ^ N) + mu * sum (seq 0 (S N)) (fun m => law m * F m));
        [rewrite C; lra|].
      apply Rplus_le_compat; apply Rmult_le_compat_l; lra.
  Qed.

  (** Fewer children than geometrically many: l or more with probability at most mu^(l-1). *)
  Lemma generation q h : h 0%nat = 0 -> (1 <= q)%nat ->
    sum (seq 1 q) h = 1 -> (forall l, (1 <= l <= q)%nat -> sum (seq l (S q - l)) h <= mu ^ (l - 1)) ->
    forall N, 1 - Q' ^ N <= sum (seq 0 (S q)) (fun l => h l * cdf l N).
  Proof.
    intros H0 Hq Htot Htail N. eapply Rle_trans; [apply (mixed_geometric (q - 1))|].
    rewrite sum_first, H0, Rmult_0_l, Rplus_0_l.
    rewrite sum_shift in Htot. unfold mixed.
    pose (target := fun l => if (l =? q - 1)%nat then mu ^ l else (1 - mu) * mu ^ l).
    assert (heads : forall m, (m <= q - 1)%nat -> sum (seq 0 m) target = 1 - mu ^ m).
    { induction m as [|m IHm]; intro Hm; [cbv [seq sum]; simpl; ring|]. rewrite sum_last, IHm by lia.
      unfold target. destruct (Nat.eqb_spec m (q - 1)); [lia|]. simpl. ring. }
    assert (Etot : sum (seq 0 q) target = 1).
    { replace q with (S (q - 1)) by lia. rewrite sum_last, heads by lia. unfold target.
      rewrite Nat.eqb_refl. ring. }
    assert (E : mixed (q - 1) N = sum (seq 0 q) (fun l => target l * cdf (S l) N)).
    { replace q with (S (q - 1)) at 2 by lia. rewrite sum_last. unfold mixed, target at 2.
      rewrite Nat.eqb_refl.
      f_equal. apply sum_ext. intros l Hl. apply in_range in Hl. unfold target.
      destruct (Nat.eqb_spec l (q - 1)); [lia|reflexivity]. }
    fold (mixed (q - 1) N). rewrite E.
    pose (delta := fun l => if (l <? q)%nat then h (S l) - target l else 0).
    assert (A : 0 <= sum (seq 0 q) (fun l => delta l * cdf (S l) N)).
    { apply abel_zero; [|intro; apply cdf_decreasing|apply cdf_nonneg].
      intro m. assert (Small : forall n, (n <= q)%nat -> 0 <= sum (seq 0 n) delta).
      { intros n Hn. rewrite (sum_ext _ _ (fun l => h (S l) - target l))
          by (intros l Hl; apply in_range in Hl; unfold delta; destruct (Nat.ltb_spec l q);
            [reflexivity|lia]).
        rewrite sum_minus. destruct (Nat.eq_dec n q) as [->|Hnq]; [rewrite Htot, Etot; lra|].
        rewrite heads by lia. specialize (Htail (S n) ltac:(lia)).
        pose proof (sum_split 0 n (q - n) (fun l => h (S l))) as Cut.
        replace (n + (q - n))%nat with q in Cut by lia. rewrite Htot in Cut.
        rewrite sum_shift in Htail. replace (S q - S n)%nat with (q - n)%nat in Htail by lia.
        replace (S n - 1)%nat with n in Htail by lia. simpl Nat.add in Cut. lra. }
      destruct (Nat.le_gt_cases m q) as [Hm|Hm]; [apply Small, Hm|].
      rewrite (sum_extend q m); [apply Small; lia|lia|].
      intros l Hl. unfold delta. destruct (Nat.ltb_spec l q); [lia|reflexivity]. }
    rewrite (sum_ext _ _ (fun l => h (S l) * cdf (S l) N - target l * cdf (S l) N)) in A.
    - rewrite sum_minus in A. lra.
    - intros l Hl. apply in_range in Hl. unfold delta. destruct (Nat.ltb_spec l q); [ring|lia].
  Qed.
End Domination.

(** ** Theorem 10.5 *)
(** The law after k generations, in units of r. *)
Lemma spart_scale V c R : forall l d,
  spart (fun e => c * R ^ e * V e) d l = c ^ l * R ^ d * spart V d l.
Proof.
  induction l as [|l IH]; intro d.
  - simpl. destruct (Nat.eqb_spec d 0) as [->|]; [simpl; ring|ring].
  - rewrite !spart_S, <- sum_scal. apply sum_ext. intros m Hm. apply in_range in Hm. rewrite IH.
    replace (R ^ d) with (R ^ m * R ^ (d - m)) by (rewrite <- pow_add; f_equal; lia). simpl. ring.
Qed.
Lemma spart_ext V V' : (forall d, V d = V' d) -> forall l d, spart V d l = spart V' d l.
Proof.
  intro H. induction l as [|l IH]; intro d; [reflexivity|]. rewrite !spart_S. apply sum_ext.
  intros m _. rewrite H, IH. reflexivity.
Qed.
Lemma degrees_scale q g r xi : r <> 0 -> forall k d,
  degrees q g xi k d = r * (xi / r) ^ d * degrees q (fun l => g l * r ^ l / r) 1 k d.
Proof.
  intro Hr. induction k as [|k IH]; intro d.
  - simpl. destruct (Nat.eqb_spec d 1) as [->|]; [simpl; field; exact Hr|ring].
  - rewrite !degrees_S, <- sum_scal. apply sum_ext. intros l _.
    rewrite (spart_ext _ _ IH), spart_scale. field. exact Hr.
Qed.

Section Law.
  Variables (q : nat) (h : nat -> R) (mu : R).
  Hypothesis h_nonneg : forall l, 0 <= h l.
  Hypothesis h_0 : h 0%nat = 0.
  Hypothesis q_pos : (1 <= q)%nat.
  Hypothesis law : sum (seq 1 q) h = 1.
  Hypothesis mu_range : 0 <= mu <= 1.
  Hypothesis children : forall l, (1 <= l <= q)%nat -> sum (seq l (S q - l)) h <= mu ^ (l - 1).
  Notation V := (degrees q h 1).

  Lemma law_0 k : V k 0 = 0.
  Proof.
    induction k as [|k IH]; [reflexivity|]. rewrite degrees_S. apply sum_0.
    intros [|l] _; [rewrite h_0; ring|].
    rewrite spart_S. cbv [seq]. rewrite sum_cons. cbv [sum]. rewrite IH. ring.
  Qed.
  Lemma law_nonneg k d : 0 <= V k d.
  Proof. apply degrees_nonneg; [exact h_nonneg|lra]. Qed.
  Lemma cdf_le_1 k : (forall n, sum (seq 0 n) (V k) <= 1) -> forall l n, cdf (V k) l n <= 1.
  Proof.
    intro H. induction l as [|l IH]; intro n.
    - unfold cdf. rewrite sum_first, sum_0; [simpl; lra|reflexivity].
    - eapply Rle_trans; [apply cdf_decreasing; [apply law_nonneg|exact H]|apply IH].
  Qed.
  Lemma law_step k n : sum (seq 0 (S n)) (V (S k)) = sum (seq 0 (S q)) (fun l => h l * cdf (V k) l n).
  Proof.
    rewrite (sum_ext _ (V (S k)) (fun d => sum (seq 0 (S q)) (fun l => h l * spart (V k) d l)))
      by (intros; apply degrees_S).
    rewrite sum_swap. apply sum_ext. intros l _. apply sum_scal.
  Qed.
  Lemma law_total k : forall n, sum (seq 0 n) (V k) <= 1.
  Proof.
    induction k as [|k IH]; intros [|n]; try (cbv [seq sum]; lra).
    - rewrite sum_first. destruct n as [|n]; [cbv [seq sum]; simpl; lra|].
      rewrite sum_first, sum_0 by reflexivity. simpl. lra.
    - rewrite law_step, sum_first, h_0, Rmult_0_l, Rplus_0_l.
      apply Rle_trans with (sum (seq 0 q) (fun l => h (S l))).
      + apply sum_le. intros l _. rewrite <- (Rmult_1_r (h (S l))) at 2.
        apply Rmult_le_compat_l; [apply h_nonneg|].
        apply cdf_le_1, IH.
      + rewrite <- sum_shift, law. lra.
  Qed.
  Lemma survival k : 0 <= (1 - mu) ^ k <= 1.
  Proof.
    split; [apply pow_le; lra|]. apply Rle_trans with (1 ^ k); [apply pow_incr; lra|rewrite pow1; lra].
  Qed.
  (** After k generations there are more than n with probability at most (1 - (1 - mu)^k)^n. *)
  Theorem growth k : forall n, 1 - (1 - (1 - mu) ^ k) ^ n <= sum (seq 0 (S n)) (V k).
  Proof.
    induction k as [|k IH]; intro n.
    - replace ((1 - mu) ^ 0) with 1 by reflexivity. replace (1 - 1) with 0 by ring. rewrite sum_first.
      destruct n as [|n].
      + cbv [seq sum]. simpl. lra.
      + rewrite sum_first, sum_0 by reflexivity. simpl. lra.
    - pose proof (survival k) as Hk. rewrite law_step.
      replace (1 - (1 - mu) ^ S k) with (Q' (1 - (1 - mu) ^ k) mu) by (unfold Q'; simpl; ring).
      apply generation; auto using law_nonneg, law_0, law_total; [lra|].
      intro m. rewrite cdf_1. apply IH.
  Qed.
End Law.

Section Closed.
  Context {I : Type} (letters : list I).
  Variables (q : nat) (G : nat -> nat -> I -> list I -> R) (N : nat) (u0 : I -> R) (g : nat -> R).
  Hypothesis g_nonneg : forall l, 0 <= g l.
  Hypothesis G_norm : forall k vs, (length vs <= q)%nat ->
    l2 letters (apply (words letters (length vs)) (G k (length vs)) (prodt vs))
    <= g (length vs) * Products.weight letters vs.
  Hypothesis no_constant : forall k i w, G k 0%nat i w = 0.
  Hypothesis no_offset : g 0%nat = 0.
  Hypothesis q_pos : (1 <= q)%nat.
  Hypothesis N_pos : (1 <= N)%nat.
  Variables r mu : R.
  Hypothesis r_pos : 0 < r.
  Hypothesis mu_range : 0 <= mu <= 1.
  Hypothesis fixed_point : poly q g r = r.
  Hypothesis start : l2 letters u0 <= r.
  Definition law (l : nat) : R := g l * r ^ l / r.
  Hypothesis children : forall l, (1 <= l <= q)%nat -> sum (seq l (S q - l)) law <= mu ^ (l - 1).

  Theorem closed_bound T : let xi := l2 letters u0 in
    error letters q G N u0 T <= xi * (xi / r * (1 - (1 - mu) ^ T)) ^ N.
  Proof.
    intro xi. assert (Hx : 0 <= xi) by apply l2_nonneg.
    assert (R : 0 <= xi / r <= 1) by (apply ratio_range; [split; [exact Hx|exact start]|exact r_pos]).
    assert (H0 : law 0 = 0) by (unfold law; rewrite no_offset; unfold Rdiv; ring).
    assert (Hh : forall l, 0 <= law l).
    { intro l. apply Rmult_le_pos; [apply Rmult_le_pos; [apply g_nonneg|apply pow_le; lra]|].
      left. apply Rinv_0_lt_compat, r_pos. }
    assert (Htot : sum (seq 1 q) law = 1).
    { pose proof fixed_point as F. unfold poly in F.
      rewrite sum_first, no_offset, Rmult_0_l, Rplus_0_l in F.
      rewrite sum_shift. unfold law. apply Rmult_eq_reg_r with r; [|lra].
      rewrite Rmult_1_l, <- sum_scal_r, <- F at 1.
      apply sum_ext. intros. field. lra. }
    eapply Rle_trans; [apply (graded_error letters q G N u0 g g_nonneg G_norm no_constant q_pos T (q ^ T
      + N)); lia|].
    fold xi. set (n := (q ^ T + N - N)%nat). pose (V := degrees q law 1 T).
    apply Rle_trans with (sum (seq (S N) n) (fun d => r * (xi / r) ^ S N * V d)).
    - apply sum_le. intros d Hd. apply in_range in Hd. rewrite (degrees_scale q g r xi) by lra. fold law.
      apply Rmult_le_compat_r; [apply degrees_nonneg; [exact Hh|lra]|]. apply Rmult_le_compat_l; [lra|].
      apply pow_le_low; [exact R|lia].
    - rewrite sum_scal. pose proof (growth q law mu Hh H0 q_pos Htot mu_range children T N) as P.
      pose proof (law_total q law Hh H0 Htot T (S N + n)) as Q.
      rewrite sum_split in Q. fold V in P, Q. simpl Nat.add in Q.
      replace (xi * (xi / r * (1 - (1 - mu) ^ T)) ^ N)
        with (r * (xi / r) ^ S N * (1 - (1 - mu) ^ T) ^ N) by (rewrite Rpow_mult_distr; simpl; field;
          lra).
      apply Rmult_le_compat_l; [apply Rmult_le_pos; [lra|apply pow_le, R]|lra].
  Qed.
End Closed.
