(** Theorem 2.1: the majorant recursion bounds the truncation error of the embedding in l2.

    Setting of page 02: any number of variables, any degree q, time-dependent coefficients G k l, a
    constant term allowed. [y k j] is level j of the truncated embedding after k steps. The only
    hypotheses are that g_l bounds the multilinear norm of G k l, and w_k >= |u_k|. A bound of the norm
    of the flattened matrix is one of the multilinear norm ([flattened_multi] in Products.v). *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums Words CrossNorm Convolution Lift Products.
Import ListNotations.
Open Scope R_scope.

(** E_j^(k+1) = sum_(1<=m<=N) c_jm E_m^k + sum_(N<m<=qN) c_jm w_k^m, with E^0 = 0. *)
Definition remainder (q : nat) (g : nat -> R) (N j : nat) (w : R) : R :=
  sum (seq (S N) (q * N - N)) (fun m => coef q g j m * w ^ m).
Fixpoint E (q : nat) (g : nat -> R) (N : nat) (w : nat -> R) (k j : nat) : R :=
  match k with
  | O => 0
  | S k' => sum (seq 1 N) (fun m => coef q g j m * E q g N w k' m) + remainder q g N j (w k')
  end.

Section Truncation.
  Context {I : Type} (letters : list I).
  Notation words := (words letters).
  Notation tn := (tn letters).
  Variable q : nat.
  Variable G : nat -> nat -> I -> list I -> R.     (* G k l: coefficient of degree l in step k *)
  Variable N : nat.
  Variable u0 : I -> R.

  (** The trajectory u_(k+1) = sum_l G_l(k) u_k^(x)l. *)
  Fixpoint traj (k : nat) : I -> R :=
    match k with O => u0 | S k' => phi letters q (G k') (traj k') end.

  (** Level j of y^(k+1) = C_k y^k + b_k; levels 1, ..., N are kept. *)
  Fixpoint y (k j : nat) (w : list I) : R :=
    match k with
    | O => power u0 w
    | S k' => sum (seq 1 N) (fun m => block letters q (G k') j m (y k' m) w)
              + block letters q (G k') j 0 (fun _ => 1) w
    end.

  Definition err (k j : nat) (w : list I) : R := power (traj k) w - y k j w.
  Definition dropped (k j : nat) (w : list I) : R :=
    sum (seq (S N) (q * N - N)) (fun m => block letters q (G k) j m (power (traj k)) w).

  (** Equation (2), Theorem 6.5: the constant terms cancel; only dropped levels produce an error. *)
  Theorem error_recursion k j w : (j <= N)%nat -> length w = j ->
    err (S k) j w
    = sum (seq 1 N) (fun m => block letters q (G k) j m (err k m) w) + dropped k j w.
  Proof.
    intros Hj Hw. unfold err, dropped. simpl traj. simpl y.
    rewrite <- (lift_exact letters q (G k) (traj k) j (N + (q * N - N)) w Hw) by nia.
    rewrite sum_first, sum_split.
    rewrite <- (seq_shift N 0).
    rewrite <- (seq_shift (q * N - N) N), !sum_map.
    rewrite (sum_ext _ (fun m => block letters q (G k) j (S m) (fun v => _ - _) w) (fun m =>
      block letters q (G k) j (S m) (power (traj k)) w - block letters q (G k) j (S m) (y k (S m)) w))
      by (intros; apply block_minus). change (0 + N)%nat with N.
    rewrite sum_minus, (block_ext letters q (G k) j 0 (power (traj k)) (fun _ => 1)); [ring|].
    intros [|i v] Hv; [reflexivity|discriminate].
  Qed.

  (** Theorem 2.3: affine maps are embedded exactly at every order. *)
  Theorem affine_exact : (q <= 1)%nat -> forall k j w, (j <= N)%nat -> length w = j ->
    y k j w = power (traj k) w.
  Proof.
    intros Hq k j w Hj Hw. enough (H : err k j w = 0) by (unfold err in H; lra).
    revert j w Hj Hw. induction k as [|k IH]; intros j w Hj Hw; [unfold err; simpl; ring|].
    rewrite error_recursion by assumption. unfold dropped.
    replace (q * N - N)%nat with 0%nat by nia. rewrite Rplus_0_r. apply sum_0.
    intros m Hm. apply in_range in Hm.
    rewrite (block_ext letters q (G k) j m _ (fun _ => 0)); [apply block_0|].
    intros v Hv. apply IH; [lia|exact Hv].
  Qed.

  Variable g : nat -> R.
  Hypothesis g_nonneg : forall l, 0 <= g l.
  Hypothesis G_norm : forall k vs, (length vs <= q)%nat ->
    l2 letters (apply (words (length vs)) (G k (length vs)) (prodt vs))
    <= g (length vs) * weight letters vs.

  (** The iterates of g bound the trajectory. *)
  Lemma majorant_iterates (w : nat -> R) : l2 letters u0 <= w 0%nat ->
    (forall k, poly q g (w k) <= w (S k)) -> forall k, l2 letters (traj k) <= w k.
  Proof.
    intros H0 Hw. induction k as [|k IH]; [exact H0|].
    eapply Rle_trans; [|apply Hw]. eapply Rle_trans;
      [apply (phi_norm_multi letters q (G k) g (G_norm k))|].
    apply poly_mono; [exact g_nonneg|]. split; [apply l2_nonneg|exact IH].
  Qed.

  Variable w : nat -> R.
  Variable T : nat.
  Hypothesis w_bound : forall k, (k < T)%nat -> l2 letters (traj k) <= w k.

  (** Inequality (3), for sums of products. *)
  Lemma dropped_rep k j : (k < T)%nat -> rep letters j (dropped k j) (remainder q g N j (w k)).
  Proof.
    intro Hk. apply rep_sum. intros m _.
    apply (block_rep letters q (G k) g g_nonneg (G_norm k)). apply rep_power, w_bound, Hk.
  Qed.

  Lemma error_rep : forall k j, (k <= T)%nat -> (j <= N)%nat -> rep letters j (err k j) (E q g N w k j).
  Proof.
    induction k as [|k IH]; intros j Hk Hj.
    - apply rep_ext with (fun _ => 0); [intros; unfold err; simpl; ring|apply rep_0].
    - apply rep_ext with (fun v =>
        sum (seq 1 N) (fun m => block letters q (G k) j m (err k m) v) + dropped k j v).
      { intros v Hv. apply error_recursion; assumption. }
      apply rep_plus; [|apply dropped_rep; lia].
      apply rep_sum. intros m Hm. apply in_range in Hm.
      apply (block_rep letters q (G k) g g_nonneg (G_norm k)). apply IH; lia.
  Qed.

  Theorem majorant_recursion k j : (k <= T)%nat -> (j <= N)%nat ->
    tn j (fun v => power (traj k) v - y k j v) <= E q g N w k j.
  Proof. intros. apply rep_norm, error_rep; assumption. Qed.

  (** The answer is level 1. *)
  Corollary majorant_bound : (1 <= N)%nat ->
    l2 letters (fun i => traj T i - y T 1 [i]) <= E q g N w T 1.
  Proof.
    intro HN. eapply Rle_trans; [|apply (majorant_recursion T 1); lia].
    rewrite tn_1. right. apply l2_ext. intros. simpl. ring.
  Qed.
End Truncation.

(** A priori: w_k are the iterates of g from |u_0|. *)
Fixpoint iterates (q : nat) (g : nat -> R) (w0 : R) (k : nat) : R :=
  match k with O => w0 | S k' => poly q g (iterates q g w0 k') end.
Theorem majorant_bound_apriori {I : Type} (letters : list I) q G N u0 g :
  (forall l, 0 <= g l) ->
  (forall k vs, (length vs <= q)%nat ->
     l2 letters (apply (words letters (length vs)) (G k (length vs)) (prodt vs))
     <= g (length vs) * weight letters vs) ->
  (1 <= N)%nat -> forall T,
  l2 letters (fun i => traj letters q G u0 T i - y letters q G N u0 T 1 [i])
  <= E q g N (iterates q g (l2 letters u0)) T 1.
Proof.
  intros Hg HG HN T. apply majorant_bound; auto. intros k _.
  apply (majorant_iterates letters q G u0 g Hg HG); [right; reflexivity|]. intro. right. reflexivity.
Qed.
