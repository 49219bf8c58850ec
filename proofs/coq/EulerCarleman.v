(** The Euler-Carleman recursion: 1 + eta (Carleman matrix of the flow), as in Liu et al., arXiv:2011.03185.

    e_j(k+1) <= (1 - j eta mu) e_j(k) + j eta c e_(j+1)(k) with e_(N+1) <= r^(N+1) and N eta mu <= 1 gives
    e_1(k) <= r R^N (1 - (1 - eta mu)^k)^N, R = c r / mu. This scheme approximates a scheme of higher order,
    not gradient descent, whose tensor powers carry an additional defect in every step. *)
From Coq Require Import Reals Lra Lia Arith.
From QGD Require Import PureBirth.
Open Scope R_scope.

(** ** Bounds uniform in k *)
Section Bidiagonal.
  Variables (N : nat) (eta mu c r : R).
  Variable e : nat -> nat -> R.
  Hypothesis eta_pos : 0 < eta.
  Hypothesis mu_pos : 0 < mu.
  Hypothesis c_pos : 0 < c.
  Hypothesis r_nonneg : 0 <= r.
  Hypothesis stable : INR N * (eta * mu) <= 1.
  Definition Rnum := c * r / mu.
  Hypothesis R_le_1 : Rnum <= 1.
  Hypothesis init : forall j, (1 <= j <= N)%nat -> e j 0%nat <= 0.
  Hypothesis top : forall k, e (S N) k <= r ^ S N.
  Hypothesis step : forall j k, (1 <= j <= N)%nat ->
    e j (S k) <= (1 - INR j * (eta * mu)) * e j k + INR j * (eta * c) * e (S j) k.

  Theorem euler_carleman_levels : forall k j, (1 <= j <= N)%nat ->
    e j k <= (mu / c) ^ j * Rnum ^ S N.
  Proof.
    assert (Hs : 0 < mu / c) by (apply Rdiv_lt_0_compat; lra).
    assert (HR : 0 <= Rnum)
      by (unfold Rnum, Rdiv; repeat apply Rmult_le_pos; try lra; left; apply Rinv_0_lt_compat; lra).
    assert (Htop : forall k, e (S N) k <= (mu / c) ^ S N * Rnum ^ S N).
    { intro k. rewrite <- Rpow_mult_distr.
      replace (mu / c * Rnum) with r by (unfold Rnum; field; lra). apply top. }
    induction k as [|k IH]; intros j Hj.
    - apply Rle_trans with 0; [auto|].
      apply Rmult_le_pos; apply pow_le; lra.
    - eapply Rle_trans; [apply step; exact Hj|].
      assert (Hjpos : 0 <= INR j) by apply pos_INR.
      assert (Hdiag : 0 <= 1 - INR j * (eta * mu)).
      { assert (INR j <= INR N) by (apply le_INR; lia).
        assert (INR j * (eta * mu) <= INR N * (eta * mu)).
        { apply Rmult_le_compat_r; [|assumption]. apply Rmult_le_pos; lra. }
        lra. }
      assert (Hnext : e (S j) k <= (mu / c) ^ S j * Rnum ^ S N).
      { destruct (Nat.eq_dec j N) as [->|]; [apply Htop|apply IH; lia]. }
      apply Rle_trans with
        ((1 - INR j * (eta * mu)) * ((mu / c) ^ j * Rnum ^ S N)
         + INR j * (eta * c) * ((mu / c) ^ S j * Rnum ^ S N)).
      + apply Rplus_le_compat; apply Rmult_le_compat_l; auto.
        repeat apply Rmult_le_pos; lra.
      + right. simpl. field. lra.
  Qed.

  (** Level 1: the discrete, step-size-uniform analogue of the [r R^N] bound. *)
  Corollary euler_carleman_error : forall k, (1 <= N)%nat -> e 1%nat k <= r * Rnum ^ N.
  Proof.
    intros k HN. eapply Rle_trans; [apply euler_carleman_levels; lia|].
    right. simpl. unfold Rnum at 1. field. lra.
  Qed.
End Bidiagonal.

(** ** The bound vanishes as the truncation order grows. *)
Lemma bound_vanishes : forall r R0, 0 <= R0 < 1 -> Un_cv (fun N => r * R0 ^ N) 0.
Proof.
  intros r R0 HR. replace 0 with (r * 0) by ring.
  apply CV_mult.
  - intros eps Heps. exists 0%nat. intros. unfold R_dist. rewrite Rminus_diag_eq, Rabs_R0; auto.
  - intros eps Heps. destruct (pow_lt_1_zero R0) with (y := eps) as [n Hn]; auto.
    { rewrite Rabs_pos_eq; lra. }
    exists n. intros m Hm. unfold R_dist. rewrite Rminus_0_r. apply Hn. lia.
Qed.

(** ** Bounds that grow from 0 with k *)
Section DiscreteLiu.
  Variables (N : nat) (eta mu c r : R).
  Variable e : nat -> nat -> R.
  Hypothesis eta_pos : 0 < eta.
  Hypothesis mu_pos : 0 < mu.
  Hypothesis c_pos : 0 < c.
  Hypothesis r_nonneg : 0 <= r.
  Hypothesis stable : INR N * (eta * mu) <= 1.
  Hypothesis init : forall j, (1 <= j <= N)%nat -> e j 0%nat <= 0.
  Hypothesis top : forall k, e (S N) k <= r ^ S N.
  Hypothesis step : forall j k, (1 <= j <= N)%nat ->
    e j (S k) <= (1 - INR j * (eta * mu)) * e j k + INR j * (eta * c) * e (S j) k.

  Lemma levels : forall k d j, (1 <= j)%nat -> (j + d = S N)%nat ->
    e j k <= (mu / c) ^ j * (c * r / mu) ^ S N * F (eta * mu) k j d.
  Proof.
    assert (Hs : 0 < mu / c) by (apply Rdiv_lt_0_compat; lra).
    assert (HR : 0 <= c * r / mu)
      by (unfold Rdiv; repeat apply Rmult_le_pos; try lra; left; apply Rinv_0_lt_compat; lra).
    assert (Htop : forall k, e (S N) k <= (mu / c) ^ S N * (c * r / mu) ^ S N * 1).
    { intro k. rewrite Rmult_1_r, <- Rpow_mult_distr.
      replace (mu / c * (c * r / mu)) with r by (field; lra). apply top. }
    induction k as [|k IH]; intros d j Hj Hd.
    - destruct d as [|d]; [rewrite F_0; replace j with (S N) by lia; apply Htop|].
      rewrite F_init, Rmult_0_r. apply init. lia.
    - destruct d as [|d]; [rewrite F_0; replace j with (S N) by lia; apply Htop|].
      eapply Rle_trans; [apply step; lia|].
      assert (Hjp : 0 <= INR j) by apply pos_INR.
      assert (Hdiag : INR j * (eta * mu) <= 1).
      { eapply Rle_trans; [|exact stable]. apply Rmult_le_compat_r; [apply Rmult_le_pos; lra|].
        apply le_INR. lia. }
      rewrite F_step.
      eapply Rle_trans.
      + apply Rplus_le_compat; apply Rmult_le_compat_l;
          [lra|apply (IH (S d) j); lia| |apply (IH d (S j)); lia].
        repeat apply Rmult_le_pos; lra.
      + right. simpl. field. lra.
  Qed.

  Theorem discrete_liu : (1 <= N)%nat -> forall k,
    e 1%nat k <= r * (c * r / mu) ^ N * (1 - (1 - eta * mu) ^ k) ^ N.
  Proof.
    intros HN k. eapply Rle_trans; [apply (levels k N); lia|].
    apply Rle_trans with (r * (c * r / mu) ^ N * F (eta * mu) k 1 N).
    - right. simpl. field. lra.
    - apply Rmult_le_compat_l.
      + apply Rmult_le_pos; [lra|apply pow_le].
        apply Rmult_le_pos; [apply Rmult_le_pos; lra|left; apply Rinv_0_lt_compat; lra].
      + apply (G_bound N (eta * mu) k); [apply Rmult_le_pos; lra|exact stable].
  Qed.
End DiscreteLiu.
