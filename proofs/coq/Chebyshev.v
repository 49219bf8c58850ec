(** Theorem 5.1: the best odd polynomial for 1/x away from 0, through Chebyshev polynomials.

    0 < a < 1, r = (1-a)/(1+a), u(x) = (2 x^2 - 1 - a^2)/(1 - a^2), L = T_n + r T_(n-1). Then
    P(x) = (1 - L(u(x))/L(u(0)))/x is an odd polynomial of degree at most 2n - 1, and |P(x) - 1/x| is at
    most (1-a)^n / (a (1+a)^(n-1)) for a <= |x| <= 1, with equality at 1. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums.
Import ListNotations.
Open Scope R_scope.

(** ** Chebyshev polynomials of the first kind *)
Fixpoint cheb (n : nat) (x : R) : R :=
  match n with
  | O => 1
  | S n' => match n' with O => x | S n'' => 2 * x * cheb n' x - cheb n'' x end
  end.
Lemma cheb_step n x : cheb (S (S n)) x = 2 * x * cheb (S n) x - cheb n x.
Proof. reflexivity. Qed.

(** Induction for sequences given by two predecessors. *)
Lemma two_steps (P : nat -> Prop) :
  P 0%nat -> P 1%nat -> (forall n, P n -> P (S n) -> P (S (S n))) -> forall n, P n.
Proof.
  intros H0 H1 H n. enough (P n /\ P (S n)) by tauto.
  induction n as [|n [IH IH']]; split; auto.
Qed.

Theorem cheb_cos n t : cheb n (cos t) = cos (INR n * t).
Proof.
  induction n as [| |n IH IH'] using two_steps.
  - simpl. rewrite Rmult_0_l, cos_0. reflexivity.
  - simpl. f_equal. ring.
  - rewrite cheb_step, IH, IH', !S_INR.
    replace ((INR n + 1 + 1) * t) with ((INR n + 1) * t + t) by ring.
    replace (INR n * t) with ((INR n + 1) * t - t) by ring. rewrite cos_plus, cos_minus. ring.
Qed.
Lemma cheb_bound n x : -1 <= x <= 1 -> Rabs (cheb n x) <= 1.
Proof.
  intro H. rewrite <- (cos_acos x H), cheb_cos. apply Rabs_le, COS_bound.
Qed.
(** T_n(-(r + 1/r)/2) = (-1)^n (r^n + r^-n)/2 *)
Lemma cheb_outside n r : r <> 0 -> cheb n (- (r + / r) / 2) = (-1) ^ n * (r ^ n + (/ r) ^ n) / 2.
Proof.
  intro Hr. induction n as [| |n IH IH'] using two_steps.
  - simpl. field.
  - simpl. field. exact Hr.
  - rewrite cheb_step, IH, IH'. simpl. field. exact Hr.
Qed.

(** T_n(p s + q) is a polynomial of degree at most n in s. *)
Definition polynomial (n : nat) (f : R -> R) : Prop :=
  exists c, forall s, f s = sum (seq 0 (S n)) (fun k => c k * s ^ k).
Lemma polynomial_combination n m f g p q : (S n = m)%nat -> polynomial n f -> polynomial n g ->
  polynomial m (fun s => (p * s + q) * f s + g s).
Proof.
  intros <- [c Hc] [d Hd].
  exists (fun k => p * match k with O => 0 | S k' => c k' end
    + (if (k <=? n)%nat then q * c k + d k else 0)).
  intro s. rewrite Hc, Hd.
  transitivity (sum (seq 0 (S (S n))) (fun k => p * (match k with O => 0 | S k' => c k' end * s ^ k))
    + sum (seq 0 (S (S n))) (fun k => (if (k <=? n)%nat then q * c k + d k else 0) * s ^ k)).
  2:{ rewrite <- sum_plus. apply sum_ext. intros. ring. }
  rewrite sum_scal, (sum_first (S n)), (sum_extend (S n) (S (S n))); [|lia|].
  2:{ intros k Hk. destruct (Nat.leb_spec k n); [lia|ring]. }
  rewrite (sum_ext (seq 0 (S n)) (fun m => c m * s ^ S m) (fun m => s * (c m * s ^ m)))
    by (intros; simpl; ring).
  rewrite (sum_ext (seq 0 (S n)) (fun k => (if (k <=? n)%nat then _ else 0) * s ^ k)
    (fun k => q * (c k * s ^ k) + d k * s ^ k)).
  - rewrite sum_plus, !sum_scal. simpl. ring.
  - intros k Hk. apply in_range in Hk. destruct (Nat.leb_spec k n); [ring|lia].
Qed.
Lemma polynomial_more n m f : (n <= m)%nat -> polynomial n f -> polynomial m f.
Proof.
  intros H [c Hc]. exists (fun k => if (k <=? n)%nat then c k else 0). intro s.
  rewrite (sum_extend (S n) (S m)); [|lia|].
  - rewrite Hc. apply sum_ext. intros k Hk. apply in_range in Hk. destruct (Nat.leb_spec k n); [ring|lia].
  - intros k Hk. destruct (Nat.leb_spec k n); [lia|ring].
Qed.
Lemma polynomial_scal n c f : polynomial n f -> polynomial n (fun s => c * f s).
Proof.
  intros [d Hd]. exists (fun k => c * d k). intro s. rewrite Hd, <- sum_scal. apply sum_ext.
  intros. ring.
Qed.
Lemma polynomial_ext n f g : (forall s, f s = g s) -> polynomial n f -> polynomial n g.
Proof. intros H [c Hc]. exists c. intro s. rewrite <- H. apply Hc. Qed.
Lemma polynomial_cheb n p q : polynomial n (fun s => cheb n (p * s + q)).
Proof.
  induction n as [| |n IH IH'] using two_steps.
  - exists (fun _ => 1). intro s. cbv [seq]. rewrite sum_cons. cbv [sum]. simpl. ring.
  - exists (fun k => match k with O => q | _ => p end). intro s. cbv [seq]. rewrite !sum_cons.
    cbv [sum]. simpl. ring.
  - apply polynomial_ext with (fun s => (2 * p * s + 2 * q) * cheb (S n) (p * s + q)
      + -1 * cheb n (p * s + q)).
    + intro s. rewrite cheb_step. ring.
    + apply (polynomial_combination (S n)); [reflexivity|exact IH'|].
      apply polynomial_scal, (polynomial_more n); [lia|exact IH].
Qed.

Section Optimal.
  Variables (a : R) (n' : nat).
  Hypothesis a_range : 0 < a < 1.
  Notation n := (S n').

  Definition ratio : R := (1 - a) / (1 + a).
  Definition u (x : R) : R := (2 * x ^ 2 - 1 - a ^ 2) / (1 - a ^ 2).
  Definition L (y : R) : R := cheb n y + ratio * cheb n' y.
  Definition inverse_poly (x : R) : R := (1 - L (u x) / L (u 0)) / x.
  Definition inverse_error : R := (1 - a) ^ n / (a * (1 + a) ^ n').

  Lemma a2 : 0 < 1 - a ^ 2.
  Proof. replace (1 - a ^ 2) with ((1 - a) * (1 + a)) by ring. apply Rmult_lt_0_compat; lra. Qed.
  Lemma ratio_pos : 0 < ratio.
  Proof. apply Rdiv_lt_0_compat; lra. Qed.

  (** (1): |L(u(x))| <= 2 |x| / (1 + a) on the interval. *)
  Lemma L_inside x : a <= Rabs x <= 1 -> Rabs (L (u x)) <= 2 * Rabs x / (1 + a).
  Proof.
    intro Hx. pose proof a2 as Ha. pose proof ratio_pos as Hr.
    assert (Hx2 : a ^ 2 <= x ^ 2 <= 1).
    { rewrite <- (pow2_abs x), <- (pow1 2). split; apply pow_incr; lra. }
    assert (Hu : -1 <= u x <= 1).
    { unfold u. split; apply Rmult_le_reg_r with (1 - a ^ 2); try exact Ha; unfold Rdiv;
        rewrite Rmult_assoc, Rinv_l by lra; lra. }
    apply Rsqr_incr_0_var; [|apply Rmult_le_pos; [apply Rmult_le_pos; [lra|apply Rabs_pos]|
      left; apply Rinv_0_lt_compat; lra]].
    rewrite <- Rsqr_abs, !Rsqr_pow2. unfold Rdiv. rewrite !Rpow_mult_distr, pow2_abs.
    set (t := acos (u x)). assert (E : cos t = u x) by (apply cos_acos; exact Hu).
    unfold L. rewrite <- E, !cheb_cos, S_INR.
    set (m := INR n' * t). replace ((INR n' + 1) * t) with (m + t) by (unfold m; ring).
    (* The cosine and the sine of the sum have squares that add up to 1 + r^2 + 2 r cos t. *)
    pose proof (sin2_cos2 m) as Hm. pose proof (sin2_cos2 t) as Ht. unfold Rsqr in Hm, Ht.
    apply Rle_trans with ((cos (m + t) + ratio * cos m) ^ 2 + (sin (m + t) + ratio * sin m) ^ 2).
    { pose proof (pow2_ge_0 (sin (m + t) + ratio * sin m)). lra. }
    right. rewrite cos_plus, sin_plus.
    transitivity (1 + ratio ^ 2 + 2 * ratio * cos t).
    - transitivity ((sin t * sin t + cos t * cos t + ratio ^ 2 + 2 * ratio * cos t)
        * (sin m * sin m + cos m * cos m)); [ring|rewrite Hm, Ht; ring].
    - rewrite E. unfold u, ratio. field. split; lra.
  Qed.

  (** |L(u(0))| = r^-n (1 - r^2) / 2 *)
  Lemma L_outside : L (u 0) = (-1) ^ n * ((/ ratio) ^ n * (1 - ratio ^ 2)) / 2.
  Proof.
    pose proof a2. pose proof ratio_pos as Hr.
    assert (E : u 0 = - (ratio + / ratio) / 2) by (unfold u, ratio; field; repeat split; lra).
    unfold L. rewrite E, !cheb_outside by lra. cbn [pow].
    generalize ((/ ratio) ^ n') as s, (ratio ^ n') as t. intros. field. lra.
  Qed.
  Lemma L_peak : Rabs (L (u 0)) = 2 * a / (1 + a) ^ 2 * ((1 + a) / (1 - a)) ^ n.
  Proof.
    pose proof ratio_pos as Hr. rewrite L_outside. unfold Rdiv. rewrite !Rabs_mult, pow_1_abs.
    replace (/ ratio) with ((1 + a) / (1 - a)) by (unfold ratio; field; lra).
    replace (1 - ratio ^ 2) with (4 * a / (1 + a) ^ 2) by (unfold ratio; field; lra).
    assert (H : 0 < (1 + a) / (1 - a)) by (apply Rdiv_lt_0_compat; lra).
    rewrite (Rabs_pos_eq (/ 2)), (Rabs_pos_eq (4 * a / _)), (Rabs_pos_eq (_ ^ n)) by
      (try (apply pow_le; lra); try (left; apply Rdiv_lt_0_compat; [lra|apply pow_lt; lra]); lra).
    unfold Rdiv. field. lra.
  Qed.
  Lemma L_nonzero : L (u 0) <> 0.
  Proof.
    intro E. pose proof L_peak as H. rewrite E, Rabs_R0 in H.
    assert (0 < 2 * a / (1 + a) ^ 2 * ((1 + a) / (1 - a)) ^ n); [|lra].
    apply Rmult_lt_0_compat; [apply Rdiv_lt_0_compat; [lra|apply pow_lt; lra]|].
    apply pow_lt, Rdiv_lt_0_compat; lra.
  Qed.

  Lemma error_formula x : x <> 0 ->
    Rabs (inverse_poly x - / x) = Rabs (L (u x)) / (Rabs x * Rabs (L (u 0))).
  Proof.
    intro Hx. pose proof L_nonzero as HL.
    replace (inverse_poly x - / x) with (- (L (u x) / (x * L (u 0)))) by (unfold inverse_poly; field;
      auto).
    unfold Rdiv. rewrite Rabs_Ropp, Rabs_mult, Rabs_inv, Rabs_mult. reflexivity.
  Qed.
  Lemma peak_pos : 0 < Rabs (L (u 0)).
  Proof. apply Rabs_pos_lt, L_nonzero. Qed.
  Lemma inverse_error_value : 2 / (1 + a) / Rabs (L (u 0)) = inverse_error.
  Proof.
    rewrite L_peak. unfold inverse_error, Rdiv. rewrite !Rpow_mult_distr. simpl pow.
    rewrite pow_inv. pose proof (pow_nonzero (1 + a) n' ltac:(lra)).
    pose proof (pow_nonzero (1 - a) n' ltac:(lra)). field. repeat split; lra.
  Qed.

  Theorem inverse_poly_error x : a <= Rabs x <= 1 -> Rabs (inverse_poly x - / x) <= inverse_error.
  Proof.
    intro Hx. pose proof peak_pos as Hp.
    rewrite error_formula by (intros ->; rewrite Rabs_R0 in Hx; lra).
    rewrite <- inverse_error_value.
    apply Rle_trans with (2 * Rabs x / (1 + a) / (Rabs x * Rabs (L (u 0)))).
    - apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, Rmult_lt_0_compat; lra|].
      apply L_inside, Hx.
    - right. field. repeat split; lra.
  Qed.
  Theorem inverse_poly_sharp : Rabs (inverse_poly 1 - / 1) = inverse_error.
  Proof.
    pose proof a2. pose proof ratio_pos.
    rewrite error_formula, Rabs_R1, <- inverse_error_value by lra.
    assert (T1 : forall k, cheb k 1 = 1).
    { intro k. rewrite <- cos_0, cheb_cos, Rmult_0_r. reflexivity. }
    assert (E : L (u 1) = 2 / (1 + a)).
    { unfold L. replace (u 1) with 1 by (unfold u; field; lra). rewrite !T1. unfold ratio. field. lra. }
    rewrite E, Rabs_pos_eq, Rmult_1_l by (left; apply Rdiv_lt_0_compat; lra). reflexivity.
  Qed.
  (** An odd polynomial of degree at most 2 n - 1. *)
  Theorem inverse_poly_odd : exists c, forall x, x <> 0 ->
    inverse_poly x = sum (seq 0 n) (fun k => c k * x ^ (2 * k + 1)).
  Proof.
    pose proof a2 as Ha. pose proof L_nonzero as HL.
    pose (p := 2 / (1 - a ^ 2)). pose (q := - (1 + a ^ 2) / (1 - a ^ 2)).
    assert (HP : polynomial n (fun s => (0 * s + 1) * cheb n (p * s + q) + ratio * cheb n' (p * s + q))).
    { destruct (polynomial_more n' n _ ltac:(lia) (polynomial_scal _ ratio _ (polynomial_cheb n' p q)))
        as [d Hd]. destruct (polynomial_cheb n p q) as [c Hc].
      exists (fun k => c k + d k). intro s. rewrite Hc, Hd, Rmult_0_l, Rplus_0_l, Rmult_1_l, <- sum_plus.
      apply sum_ext. intros. ring. }
    destruct HP as [c Hc].
    assert (E : forall x, L (u x) = sum (seq 0 (S n)) (fun k => c k * (x ^ 2) ^ k)).
    { intro x. rewrite <- Hc. unfold L, u, p, q.
      replace (2 / (1 - a ^ 2) * x ^ 2 + - (1 + a ^ 2) / (1 - a ^ 2))
        with ((2 * x ^ 2 - 1 - a ^ 2) / (1 - a ^ 2)) by (field; lra). ring. }
    exists (fun k => - c (S k) / L (u 0)). intros x Hx.
    assert (E0 : L (u 0) = c 0%nat).
    { rewrite E, sum_first, sum_0; [simpl; ring|]. intros m _. simpl. ring. }
    rewrite (sum_ext (seq 0 n) _ (fun k => - / (x * L (u 0)) * (c (S k) * (x ^ 2) ^ S k))).
    - rewrite sum_scal. unfold inverse_poly. rewrite (E x), sum_first, E0. simpl pow at 2.
      rewrite <- E0. field. split; assumption.
    - intros k _. rewrite <- !pow_mult. replace (2 * S k)%nat with (S (2 * k + 1)) by lia.
      rewrite <- tech_pow_Rmult. field. split; assumption.
  Qed.
End Optimal.
