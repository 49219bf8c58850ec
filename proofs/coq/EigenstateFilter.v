(** Theorem 12.1: the even polynomial that keeps a kernel and suppresses what lies above a gap.

    0 < a < 1, z(x) = (1 + a^2 - 2 x^2)/(1 - a^2), F(x) = T_l(z(x))/T_l(z(0)), of degree d = 2 l. F(0) = 1,
    |F| <= 1 on [-1, 1], and |F| <= 1/cosh(d artanh a) <= 2 exp(-d a) for a <= |x| <= 1, with equality in
    the first at 1. *)
From Coq Require Import Reals Lra Lia List Arith.
From Coquelicot Require Import Coquelicot.
From QGD Require Import Sums Chebyshev.
Import ListNotations.
Open Scope R_scope.

(** Beyond 1 the polynomials T_n, and their differences, grow. *)
Lemma cheb_beyond n v w : 1 <= v <= w ->
  1 <= cheb n v <= cheb n w /\ 0 <= cheb (S n) v - cheb n v <= cheb (S n) w - cheb n w.
Proof.
  intro H. induction n as [|n [I D]]; [simpl; lra|].
  assert (S1 : 1 <= cheb (S n) v <= cheb (S n) w) by lra. split; [exact S1|]. rewrite !cheb_step.
  assert (P : 0 <= (v - 1) * cheb (S n) v <= (w - 1) * cheb (S n) w)
    by (split; [apply Rmult_le_pos|apply Rmult_le_compat]; lra). lra.
Qed.
(** (1 - a)/(1 + a) <= exp(-2 a) *)
Lemma ratio_exp a : 0 < a < 1 -> ratio a <= exp (- (2 * a)).
Proof.
  intro Ha. pose (f := fun x => (1 + x) * exp (- x) - (1 - x) * exp x).
  assert (F : f 0 <= f a).
  { destruct (MVT_gen f 0 a (fun x => x * (exp x - exp (- x)))) as [x [Hx E]].
    - intros x _. unfold f. auto_derive; [trivial|ring].
    - intros x _. apply continuity_pt_filterlim, (ex_derive_continuous (V := R_NormedModule)).
      unfold f. auto_derive. trivial.
    - rewrite Rmin_left, Rmax_right in Hx by lra.
      assert (0 <= exp x - exp (- x)).
      { destruct (Req_dec x 0) as [->|]; [rewrite Ropp_0; lra|].
        pose proof (exp_increasing (- x) x ltac:(lra)). lra. }
      assert (0 <= x * (exp x - exp (- x)) * (a - 0)) by (repeat apply Rmult_le_pos; lra). lra. }
  unfold f in F. rewrite Ropp_0, exp_0 in F. unfold ratio. apply Rmult_le_reg_r with (1 + a); [lra|].
  unfold Rdiv. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
  pose proof (exp_pos (- a)) as P. pose proof (exp_plus a (- a)) as Q.
  pose proof (exp_plus (- a) (- a)) as Q2.
  rewrite Rplus_opp_r, exp_0 in Q. replace (- a + - a) with (- (2 * a)) in Q2 by ring. rewrite Q2.
  assert (0 <= ((1 + a) * exp (- a) - (1 - a) * exp a) * exp (- a)) by (apply Rmult_le_pos; lra). nra.
Qed.

Section Filter.
  Variables (a : R) (l : nat).
  Hypothesis a_range : 0 < a < 1.

  Definition z (x : R) : R := (1 + a ^ 2 - 2 * x ^ 2) / (1 - a ^ 2).
  Definition filter (x : R) : R := cheb l (z x) / cheb l (z 0).
  Definition filter_error : R := 2 * ratio a ^ l / (1 + ratio a ^ (2 * l)).
  Definition artanh (x : R) : R := ln ((1 + x) / (1 - x)) / 2.

  Lemma gap_pos : 0 < 1 - a ^ 2.
  Proof. replace (1 - a ^ 2) with ((1 - a) * (1 + a)) by ring. apply Rmult_lt_0_compat; lra. Qed.
  Lemma rate_pos : 0 < ratio a.
  Proof. apply Rdiv_lt_0_compat; lra. Qed.

  (** T_l(z(0)) = (r^l + r^-l)/2, the reciprocal of the error. *)
  Lemma peak : cheb l (z 0) = (ratio a ^ l + (/ ratio a) ^ l) / 2.
  Proof.
    pose proof rate_pos as Hr. pose proof gap_pos.
    replace (z 0) with (- (- ratio a + / - ratio a) / 2) by (unfold z, ratio; field; repeat split; lra).
    rewrite cheb_outside by lra. rewrite Rinv_opp.
    replace (- ratio a) with (-1 * ratio a) by ring. replace (- / ratio a) with (-1 * / ratio a) by ring.
    rewrite !Rpow_mult_distr. pose proof (pow2_abs ((-1) ^ l)) as S. rewrite pow_1_abs in S. simpl in S.
    transitivity ((-1) ^ l * ((-1) ^ l * 1) * (ratio a ^ l + (/ ratio a) ^ l) / 2); [field|].
    rewrite <- S. field.
  Qed.
  Lemma peak_error : / cheb l (z 0) = filter_error.
  Proof.
    rewrite peak. unfold filter_error. pose proof (pow_lt (ratio a) l rate_pos) as P.
    rewrite pow_inv. replace (2 * l)%nat with (l + l)%nat by lia. rewrite pow_add. field.
    assert (0 < ratio a ^ l * ratio a ^ l) by (apply Rmult_lt_0_compat; exact P). lra.
  Qed.
  Lemma z_range x : x ^ 2 <= 1 -> -1 <= z x <= z 0.
  Proof.
    intro Hx. pose proof gap_pos as G. pose proof (pow2_ge_0 x). unfold z.
    split; apply Rmult_le_reg_r with (1 - a ^ 2); try exact G; unfold Rdiv;
      rewrite ?Rmult_assoc, Rinv_l by lra; simpl in *; lra.
  Qed.
  Lemma peak_ge : 1 <= cheb l (z 0).
  Proof.
    pose proof gap_pos as G. pose proof (pow2_ge_0 a). apply (cheb_beyond l (z 0) (z 0)).
    split; [|lra]. unfold z. apply Rmult_le_reg_r with (1 - a ^ 2); [exact G|]. unfold Rdiv.
    rewrite Rmult_assoc, Rinv_l by lra. simpl in *. lra.
  Qed.
  Lemma filter_abs x : Rabs (filter x) = Rabs (cheb l (z x)) * filter_error.
  Proof.
    pose proof peak_ge. unfold filter, Rdiv.
    rewrite Rabs_mult, peak_error. f_equal. rewrite <- peak_error. apply Rabs_pos_eq.
    left. apply Rinv_0_lt_compat. lra.
  Qed.
  Lemma error_pos : 0 < filter_error.
  Proof. rewrite <- peak_error. apply Rinv_0_lt_compat. pose proof peak_ge. lra. Qed.

  Theorem filter_kernel : filter 0 = 1.
  Proof. unfold filter. pose proof peak_ge. field. lra. Qed.

  (** An even polynomial of degree at most 2 l. *)
  Theorem filter_even : exists c, forall x, filter x = sum (seq 0 (S l)) (fun k => c k * x ^ (2 * k)).
  Proof.
    pose proof gap_pos as G.
    destruct (polynomial_cheb l (- 2 / (1 - a ^ 2)) ((1 + a ^ 2) / (1 - a ^ 2))) as [c Hc].
    exists (fun k => / cheb l (z 0) * c k). intro x. unfold filter, Rdiv at 1. rewrite Rmult_comm.
    replace (z x) with (- 2 / (1 - a ^ 2) * x ^ 2 + (1 + a ^ 2) / (1 - a ^ 2)) by (unfold z; field; lra).
    rewrite Hc, <- sum_scal. apply sum_ext. intros k _. rewrite pow_mult. ring.
  Qed.

  Theorem filter_above x : a <= Rabs x <= 1 -> Rabs (filter x) <= filter_error.
  Proof.
    intro Hx. pose proof gap_pos as G. pose proof error_pos as E.
    assert (Hx2 : a ^ 2 <= x ^ 2 <= 1).
    { rewrite <- (pow2_abs x), <- (pow1 2). split; apply pow_incr; lra. }
    rewrite filter_abs. enough (C : Rabs (cheb l (z x)) <= 1).
    { pose proof (Rmult_le_compat_r _ _ _ (Rlt_le _ _ E) C). lra. }
    apply cheb_bound. split; [apply z_range, Hx2|]. unfold z. apply Rmult_le_reg_r with (1 - a ^ 2);
      [exact G|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra.
  Qed.
  Theorem filter_sharp : Rabs (filter 1) = filter_error.
  Proof.
    pose proof gap_pos. rewrite filter_abs.
    replace (z 1) with (cos PI) by (rewrite cos_PI; unfold z; field; lra).
    rewrite cheb_cos.
    assert (C : Rabs (cos (INR l * PI)) = 1).
    { clear. induction l as [|m IH]; [simpl INR; rewrite Rmult_0_l, cos_0; apply Rabs_R1|].
      rewrite S_INR, Rmult_plus_distr_r, Rmult_1_l, neg_cos, Rabs_Ropp. exact IH. }
    rewrite C. ring.
  Qed.
  Theorem filter_bounded x : Rabs x <= 1 -> Rabs (filter x) <= 1.
  Proof.
    intro Hx. pose proof peak_ge as P. pose proof error_pos.
    assert (E1 : filter_error <= 1) by (rewrite <- peak_error, <- Rinv_1; apply Rinv_le_contravar; lra).
    destruct (Rle_dec a (Rabs x)) as [In|Out].
    - eapply Rle_trans; [apply filter_above; lra|exact E1].
    - assert (Hx2 : x ^ 2 <= a ^ 2).
      { rewrite <- (pow2_abs x). apply pow_incr. pose proof (Rabs_pos x). lra. }
      assert (Ha2 : a ^ 2 <= 1) by (pose proof gap_pos; lra).
      assert (Z : 1 <= z x).
      { pose proof gap_pos as G. unfold z. apply Rmult_le_reg_r with (1 - a ^ 2); [exact G|]. unfold Rdiv.
        rewrite Rmult_assoc, Rinv_l by lra. lra. }
      pose proof (z_range x ltac:(lra)) as [_ Z0].
      destruct (cheb_beyond l (z x) (z 0) ltac:(lra)) as [B _].
      rewrite filter_abs, Rabs_pos_eq, <- peak_error by lra.
      apply Rmult_le_reg_r with (cheb l (z 0)); [lra|]. rewrite Rmult_assoc, Rinv_l by lra. lra.
  Qed.

  Theorem filter_error_cosh : filter_error = / cosh (INR (2 * l) * artanh a).
  Proof.
    pose proof rate_pos as Hr. rewrite <- peak_error, peak. f_equal. unfold cosh.
    assert (X : forall r m, 0 < r -> r ^ m = exp (INR m * ln r)).
    { intros r m H. rewrite <- (exp_ln (r ^ m)) by (apply pow_lt, H). f_equal. apply ln_pow, H. }
    assert (Hi : 0 < / ratio a) by (apply Rinv_0_lt_compat, Hr).
    rewrite !X by assumption. rewrite mult_INR. unfold artanh.
    replace ((1 + a) / (1 - a)) with (/ ratio a) by (unfold ratio; field; lra).
    rewrite (ln_Rinv (ratio a)) by exact Hr. simpl (INR 2).
    rewrite Rplus_comm. f_equal. f_equal; f_equal; field.
  Qed.
  Theorem filter_error_exp : filter_error <= 2 * exp (- (INR (2 * l) * a)).
  Proof.
    pose proof rate_pos as Hr. pose proof (pow_lt (ratio a) l Hr) as P.
    pose proof (pow_lt (ratio a) (2 * l) Hr) as P2.
    apply Rle_trans with (2 * ratio a ^ l).
    - unfold filter_error. rewrite <- (Rmult_1_r (2 * ratio a ^ l)) at 2. unfold Rdiv.
      apply Rmult_le_compat_l; [lra|]. rewrite <- Rinv_1. apply Rinv_le_contravar; lra.
    - apply Rmult_le_compat_l; [lra|]. replace (exp (- (INR (2 * l) * a))) with (exp (- (2 * a)) ^ l).
      + apply pow_incr. split; [lra|apply ratio_exp, a_range].
      + rewrite mult_INR. simpl (INR 2). clear. induction l as [|m IH].
        * simpl. rewrite Rmult_0_r, Rmult_0_l, Ropp_0, exp_0. reflexivity.
        * rewrite S_INR. simpl pow. rewrite IH, <- exp_plus. f_equal. ring.
  Qed.
  (** About kappa ln(2/eta) calls are enough. *)
  Corollary filter_degree eta : 0 < eta -> / a * ln (2 / eta) <= INR (2 * l) -> filter_error <= eta.
  Proof.
    intros He Hl. eapply Rle_trans; [apply filter_error_exp|].
    assert (H : ln (2 / eta) <= INR (2 * l) * a).
    { apply Rmult_le_reg_l with (/ a); [apply Rinv_0_lt_compat; lra|].
      replace (/ a * (INR (2 * l) * a)) with (INR (2 * l)) by (field; lra). exact Hl. }
    apply Rle_trans with (2 * exp (- ln (2 / eta))).
    - apply Rmult_le_compat_l; [lra|]. destruct (Rle_lt_or_eq_dec _ _ H) as [L|<-]; [|lra].
      left. apply exp_increasing. lra.
    - rewrite exp_Ropp, exp_ln by (apply Rdiv_lt_0_compat; lra). right. field. lra.
  Qed.
End Filter.

(** kappa = 2, degree 4: |F| <= 9/41 on [1/2, 1]. *)
Example filter_instance x : 1 / 2 <= Rabs x <= 1 -> Rabs (filter (1 / 2) 2 x) <= 9 / 41.
Proof.
  intro Hx. replace (9 / 41) with (filter_error (1 / 2) 2) by (unfold filter_error, ratio; simpl; field).
  apply filter_above; lra.
Qed.
