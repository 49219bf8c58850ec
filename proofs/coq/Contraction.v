(** The truncated step contracts in the scaled block norm.

    No constant term, theta = g(r) / r <= 1. In |z|_r^2 = sum_(j<=N) |z_j|^2 / r^(2j) every truncated step
    satisfies |C z|_r <= theta |z|_r, for every order N and any degree: the scaled block norms
    c_jm r^(m-j) have row sums at most theta^j and column sums at most theta (Schur test). *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums Words CrossNorm Convolution Lift BlockNorms Propagated.
Import ListNotations.
Open Scope R_scope.

Section Coefficients.
  Variables (q : nat) (g : nat -> R) (r : R).
  Hypothesis g_nonneg : forall l, 0 <= g l.
  Hypothesis no_constant : g 0%nat = 0.
  Hypothesis r_pos : 0 < r.
  Definition theta : R := poly q g r / r.
  Hypothesis theta_le_1 : theta <= 1.

  Definition scaled (j m : nat) : R := coef q g j m * r ^ m / r ^ j.

  Lemma r_pow j : 0 < r ^ j.
  Proof. apply pow_lt, r_pos. Qed.
  Lemma inv_pow j : 0 <= / r ^ j.
  Proof. left. apply Rinv_0_lt_compat, r_pow. Qed.
  Lemma theta_nonneg : 0 <= theta.
  Proof.
    apply Rmult_le_pos; [apply poly_nonneg; [exact g_nonneg|lra]|].
    left. apply Rinv_0_lt_compat, r_pos.
  Qed.
  Lemma scaled_nonneg j m : 0 <= scaled j m.
  Proof.
    apply Rmult_le_pos; [apply Rmult_le_pos; [apply coef_nonneg, g_nonneg|]|apply inv_pow].
    apply pow_le. lra.
  Qed.

  Lemma row_sum N j : (1 <= j)%nat -> sum (seq 1 N) (scaled j) <= theta.
  Proof.
    intro Hj. apply Rle_trans with (sum (seq 0 (S (N + q * j))) (scaled j)).
    { replace (S (N + q * j)) with (1 + (N + q * j))%nat by lia. rewrite !sum_split.
      pose proof (sum_nonneg (seq 0 1) (scaled j) ltac:(intros; apply scaled_nonneg)).
      pose proof (sum_nonneg (seq (0 + 1 + N) (q * j)) (scaled j) ltac:(intros; apply scaled_nonneg)).
      simpl Nat.add in *. lra. }
    unfold scaled. unfold Rdiv. rewrite sum_scal_r, coef_generates by lia.
    replace (poly q g r ^ j * / r ^ j) with (theta ^ j)
      by (unfold theta, Rdiv; rewrite Rpow_mult_distr, pow_inv; reflexivity).
    pose proof (pow_le_low theta 1 j (conj theta_nonneg theta_le_1) Hj) as H.
    rewrite pow_1 in H. exact H.
  Qed.

  Definition weight (l : nat) : R := g l * r ^ l / r.
  Lemma weight_nonneg l : 0 <= weight l.
  Proof.
    apply Rmult_le_pos; [apply Rmult_le_pos; [apply g_nonneg|apply pow_le; lra]|].
    left. apply Rinv_0_lt_compat, r_pos.
  Qed.
  Lemma weight_sum : sum (seq 0 (S q)) weight = theta.
  Proof. unfold weight, theta, poly, Rdiv. apply sum_scal_r. Qed.
  Lemma scaled_S j m : scaled (S j) m = sum (seq 0 (S q)) (fun l =>
    if (l <=? m)%nat then weight l * scaled j (m - l) else 0).
  Proof.
    unfold scaled at 1. simpl coef. unfold Rdiv. rewrite Rmult_assoc, <- (sum_scal_r (seq 0 (S q))).
    apply sum_ext. intros l _. destruct (Nat.leb_spec l m) as [H|]; [|ring].
    unfold weight, scaled. replace (r ^ m) with (r ^ l * r ^ (m - l))
      by (rewrite <- pow_add; f_equal; lia).
    simpl pow. field. split; [apply Rgt_not_eq, r_pow|lra].
  Qed.

  (** Column sums are the masses of a renewal process: at most one, and theta without level 0. *)
  Lemma column_all J : forall m, sum (seq 0 (S J)) (fun j => scaled j m) <= 1.
  Proof.
    assert (H0 : forall m, scaled 0 m = if (m =? 0)%nat then 1 else 0).
    { intro m. unfold scaled. simpl. destruct (Nat.eqb_spec m 0) as [->|]; simpl; field. }
    induction J as [|J IH]; intro m.
    - cbv [seq]. rewrite sum_cons. cbv [sum]. rewrite H0. destruct (m =? 0)%nat; lra.
    - rewrite sum_first.
      rewrite (sum_ext (seq 0 (S J)) _ (fun j => sum (seq 0 (S q)) (fun l =>
        if (l <=? m)%nat then weight l * scaled j (m - l) else 0))) by (intros; apply scaled_S).
      rewrite sum_swap. destruct m as [|m].
      + rewrite H0, sum_0; [simpl; lra|]. intros [|l] _; apply sum_0; intros; [|reflexivity].
        simpl. unfold weight. rewrite no_constant. unfold Rdiv. ring.
      + rewrite H0. simpl. rewrite Rplus_0_l.
        apply Rle_trans with (sum (seq 0 (S q)) weight); [|rewrite weight_sum; exact theta_le_1].
        apply sum_le. intros l _. destruct (l <=? S m)%nat.
        * rewrite sum_scal. rewrite <- (Rmult_1_r (weight l)) at 2.
          apply Rmult_le_compat_l; [apply weight_nonneg|apply IH].
        * rewrite sum_0 by reflexivity. apply weight_nonneg.
  Qed.
  Lemma column_sum N m : sum (seq 1 N) (fun j => scaled j m) <= theta.
  Proof.
    rewrite <- seq_shift, sum_map.
    rewrite (sum_ext (seq 0 N) _ (fun j => sum (seq 0 (S q)) (fun l =>
      if (l <=? m)%nat then weight l * scaled j (m - l) else 0))) by (intros; apply scaled_S).
    rewrite sum_swap, <- weight_sum. apply sum_le. intros l _. destruct (l <=? m)%nat.
    - rewrite sum_scal. rewrite <- (Rmult_1_r (weight l)) at 2.
      apply Rmult_le_compat_l; [apply weight_nonneg|].
      destruct N as [|N]; [cbv [seq sum]; lra|apply column_all].
    - rewrite sum_0 by reflexivity. apply weight_nonneg.
  Qed.
End Coefficients.

Section Contraction.
  Context {I : Type} (letters : list I).
  Notation tn := (tn letters).
  Variables (q : nat) (G : nat -> nat -> I -> list I -> R) (g : nat -> R) (N : nat) (r : R).
  Hypothesis g_nonneg : forall l, 0 <= g l.
  Hypothesis no_constant : g 0%nat = 0.
  Hypothesis r_pos : 0 < r.
  Hypothesis theta_le_1 : theta q g r <= 1.
  Hypothesis G_norm : forall k l x, (l <= q)%nat ->
    l2 letters (apply (words letters l) (G k l) x) <= g l * tn l x.

  (** |z|_r^2 = sum_(1<=j<=N) (|z_j| / r^j)^2 *)
  Definition scaled_norm (z : nat -> list I -> R) : R := l2 (seq 1 N) (fun j => tn j (z j) / r ^ j).

  Theorem step_contraction k z :
    scaled_norm (linear_step letters q G N k z) <= theta q g r * scaled_norm z.
  Proof.
    assert (Hp : forall (z : nat -> list I -> R) j, 0 <= tn j (z j) / r ^ j)
      by (intros; apply Rmult_le_pos; [apply tn_nonneg|apply inv_pow, r_pos]).
    unfold scaled_norm.
    apply (block_norm (seq 1 N) (seq 1 N) (scaled q g r)); auto.
    - apply schur_test with (r := theta q g r) (c := theta q g r).
      + apply theta_nonneg; assumption.
      + apply theta_nonneg; assumption.
      + right. ring.
      + intros. apply scaled_nonneg; assumption.
      + intros j Hj. apply in_range in Hj. apply row_sum; try assumption. lia.
      + intros m _. apply column_sum; assumption.
    - intros j Hj. split; [apply Hp|]. unfold apply.
      apply Rle_trans with (sum (seq 1 N) (fun m => coef q g j m * tn m (z m)) / r ^ j).
      + apply Rmult_le_compat_r; [apply inv_pow, r_pos|].
        eapply Rle_trans; [apply (l2_sum (words letters j) (seq 1 N)
          (fun m => block letters q (G k) j m (z m)))|].
        apply sum_le. intros m _. apply (Lift.block_norm letters q (G k) g g_nonneg (G_norm k)).
      + unfold Rdiv. rewrite <- sum_scal_r. right. apply sum_ext. intros m _. unfold scaled.
        field. split; apply Rgt_not_eq, r_pow, r_pos.
  Qed.
End Contraction.
