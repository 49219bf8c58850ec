(** Theorem 10.4: the error and a branching process.

    At a fixed point r of the majorant the numbers g_l r^(l-1) are a law of children; c_jm r^(m-j) is the
    probability that j particles have m children together. The error is at most r (w/r)^(N+1) times the
    probability to exceed N within T generations. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums Words CrossNorm Convolution Lift Products Truncation ClosedForms.
Import ListNotations.
Open Scope R_scope.

Section Exit.
  Variables (q : nat) (g : nat -> R) (N : nat) (r : R).
  (** From j particles to m, and from j particles to more than N within k generations. *)
  Definition transition (j m : nat) : R := coef q g j m * r ^ m / r ^ j.
  Fixpoint exit (k j : nat) : R :=
    match k with
    | O => 0
    | S k' => sum (seq 1 N) (fun m => transition j m * exit k' m)
              + sum (seq (S N) (q * N - N)) (transition j)
    end.
  Hypothesis g_nonneg : forall l, 0 <= g l.
  Hypothesis r_pos : 0 < r.

  Lemma branching_levels w t : 0 <= t <= 1 -> (forall k, 0 <= w k <= t * r) ->
    forall k j, E q g N w k j <= t ^ S N * r ^ j * exit k j.
  Proof.
    intros Ht Hw. induction k as [|k IH]; intro j; [simpl; lra|]. cbn [E exit].
    assert (P : forall i, r ^ i <> 0) by (intro; apply pow_nonzero; lra).
    rewrite Rmult_plus_distr_l, <- !sum_scal. apply Rplus_le_compat.
    - apply sum_le. intros m _. unfold transition.
      replace (t ^ S N * r ^ j * (coef q g j m * r ^ m / r ^ j * exit k m))
        with (coef q g j m * (t ^ S N * r ^ m * exit k m)) by (field; apply P).
      apply Rmult_le_compat_l; [apply coef_nonneg, g_nonneg|apply IH].
    - unfold remainder. apply sum_le. intros m Hm. apply in_range in Hm. unfold transition.
      replace (t ^ S N * r ^ j * (coef q g j m * r ^ m / r ^ j))
        with (coef q g j m * (t ^ S N * r ^ m)) by (field; apply P).
      apply Rmult_le_compat_l; [apply coef_nonneg, g_nonneg|].
      eapply Rle_trans; [apply pow_incr, Hw|]. rewrite Rpow_mult_distr.
      apply Rmult_le_compat_r; [apply pow_le; lra|apply pow_le_low; [exact Ht|lia]].
  Qed.

  Context {I : Type} (letters : list I) (G : nat -> nat -> I -> list I -> R) (u0 : I -> R).
  Hypothesis G_norm : forall k vs, (length vs <= q)%nat ->
    l2 letters (apply (words letters (length vs)) (G k (length vs)) (prodt vs))
    <= g (length vs) * Products.weight letters vs.
  Hypothesis N_pos : (1 <= N)%nat.

  Theorem branching_bound w : 0 <= w <= r -> poly q g w <= w -> l2 letters u0 <= w ->
    forall T, error letters q G N u0 T <= r * (w / r) ^ S N * exit T 1.
  Proof.
    intros Hw Hg H0 T. unfold error.
    eapply Rle_trans; [apply (majorant_bound letters q G N u0 g g_nonneg G_norm (fun _ => w))|].
    - intros k _. apply (majorant_iterates letters q G u0 g g_nonneg G_norm (fun _ => w)); auto.
    - exact N_pos.
    - eapply Rle_trans; [apply (branching_levels (fun _ => w) (w / r))|].
      + split; [apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat, r_pos]|].
        apply Rmult_le_reg_r with r; [exact r_pos|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
      + intros _. split; [lra|]. right. field. lra.
      + right. ring.
  Qed.
End Exit.

(** ** Abel summation: what is larger from every point on has the smaller mean of a decreasing function.
*)
Lemma abel (n : nat) (delta F : nat -> R) : (forall m, 0 <= sum (seq 0 m) delta) ->
  (forall m, F (S m) <= F m) -> F n * sum (seq 0 n) delta <= sum (seq 0 n) (fun m => delta m * F m).
Proof.
  intros Hd HF. induction n as [|n IH]; [cbv [seq sum]; lra|].
  apply Rle_trans with (F n * sum (seq 0 (S n)) delta); [apply Rmult_le_compat_r; auto|].
  rewrite !sum_last. lra.
Qed.
Lemma abel_zero (n : nat) (delta F : nat -> R) : (forall m, 0 <= sum (seq 0 m) delta) ->
  (forall m, F (S m) <= F m) -> 0 <= F n -> 0 <= sum (seq 0 n) (fun m => delta m * F m).
Proof.
  intros Hd HF Hn. eapply Rle_trans; [|apply abel; assumption]. apply Rmult_le_pos; auto.
Qed.
