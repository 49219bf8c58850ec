(** Theorems 5.2 and 5.4: from a function close to 1/x to the solution of a linear system.

    A = alpha sum_j s_j |W_j><V_j| is given
      by a singular value decomposition with real orthonormal families
    W and V; a solver returns (1/alpha) sum_j f(s_j) <W_j, b> V_j. *)
From Coq Require Import Reals Lra Lia List Arith.
From Coquelicot Require Import Coquelicot.
From QGD Require Import Sums Composition Chebyshev ChebyshevSeries.
Import ListNotations.
Open Scope R_scope.

Section Singular.
  Context {I : Type} (letters : list I).
  Variable size : nat.                          (* number of singular values *)
  Notation norm := (l2 letters).
  Notation indices := (seq 0 size).

  Definition inner (v x : I -> R) : R := Sums.sum letters (fun i => v i * x i).
  Definition span (V : nat -> I -> R) (c : nat -> R) (i : I) : R :=
    Sums.sum indices (fun j => c j * V j i).
  Definition orthonormal (V : nat -> I -> R) : Prop :=
    forall j k, (j < size)%nat -> (k < size)%nat -> inner (V j) (V k) = if (j =? k)%nat then 1 else 0.

  Lemma pick c j : (j < size)%nat ->
    Sums.sum indices (fun k => c k * (if (j =? k)%nat then 1 else 0)) = c j.
  Proof.
    intro H. replace size with (j + (1 + (size - S j)))%nat by lia. rewrite !sum_split.
    rewrite (sum_0 (seq 0 j)), (sum_0 (seq (0 + j + 1) _)).
    - cbv [seq]. rewrite sum_cons. cbv [Sums.sum]. rewrite Nat.add_0_l, Nat.eqb_refl. ring.
    - intros k Hk. apply in_range in Hk. destruct (Nat.eqb_spec j k); [lia|ring].
    - intros k Hk. apply in_range in Hk. destruct (Nat.eqb_spec j k); [lia|ring].
  Qed.
  Lemma inner_span V c j : orthonormal V -> (j < size)%nat -> inner (V j) (span V c) = c j.
  Proof.
    intros HV Hj. unfold inner, span.
    rewrite (sum_ext letters _ (fun i => Sums.sum indices (fun k => V j i * (c k * V k i))))
      by (intros; symmetry; apply sum_scal).
    rewrite sum_swap, <- (pick c j Hj). apply sum_ext. intros k Hk. apply in_range in Hk.
    rewrite <- HV by lia. unfold inner. rewrite <- sum_scal. apply sum_ext. intros. ring.
  Qed.
  Lemma inner_span_self V c x :
    Sums.sum letters (fun i => span V c i * x i) = Sums.sum indices (fun j => c j * inner (V j) x).
  Proof.
    unfold inner, span.
    rewrite (sum_ext letters _ (fun i => Sums.sum indices (fun k => c k * V k i * x i)))
      by (intros; symmetry; apply sum_scal_r).
    rewrite sum_swap. apply sum_ext. intros k _. rewrite <- sum_scal. apply sum_ext. intros. ring.
  Qed.
  Lemma parseval V c : orthonormal V -> norm (span V c) = l2 indices c.
  Proof.
    intro HV. unfold l2. f_equal.
    rewrite (sum_ext letters _ (fun i => span V c i * span V c i)) by (intros; ring).
    rewrite inner_span_self. apply sum_ext. intros j Hj. apply in_range in Hj.
    rewrite inner_span by (auto; lia). ring.
  Qed.
  Lemma bessel W b : orthonormal W -> l2 indices (fun j => inner (W j) b) <= norm b.
  Proof.
    intro HW. pose (c := fun j => inner (W j) b). apply sqrt_le_1_alt.
    pose proof (sum_sq_nonneg letters (fun i => b i - span W c i)) as H.
    rewrite (sum_ext letters _ (fun i => b i ^ 2 - 2 * (span W c i * b i) + span W c i ^ 2)) in H
      by (intros; ring).
    rewrite sum_plus, sum_minus, sum_scal, inner_span_self, <- (l2_sqr letters (span W c)) in H.
    rewrite (parseval W c HW), l2_sqr in H. unfold c in *.
    rewrite (sum_ext indices (fun j => inner (W j) b * inner (W j) b) (fun j => inner (W j) b ^ 2)) in H
      by (intros; ring). lra.
  Qed.

  Variables (W V : nat -> I -> R) (s : nat -> R).
  Hypothesis W_orthonormal : orthonormal W.
  Hypothesis V_orthonormal : orthonormal V.

  (** X = sum_j s_j |W_j><V_j| and its adjoint, and f of X. *)
  Definition svd (x : I -> R) : I -> R := span W (fun j => s j * inner (V j) x).
  Definition adjoint (b : I -> R) : I -> R := span V (fun j => s j * inner (W j) b).
  Definition sv_function (f : R -> R) (b : I -> R) : I -> R := span V (fun j => f (s j) * inner (W j) b).

  (** An odd polynomial of the singular values is a polynomial of X: sum_k c_k (X^T X)^k X^T. *)
  Fixpoint power_of_svd (k : nat) (b : I -> R) : I -> R :=
    match k with O => adjoint b | S k' => fun i => span V (fun j => s j * inner (W j) (svd (power_of_svd
      k' b))) i end.
  Lemma power_of_svd_value k b i : power_of_svd k b i = span V (fun j => s j ^ (2 * k + 1) * inner (W j)
    b) i.
  Proof.
    revert i. induction k as [|k IH]; intro i.
    - apply sum_ext. intros. simpl. ring.
    - simpl power_of_svd. apply sum_ext. intros j Hj. apply in_range in Hj. f_equal.
      unfold svd. rewrite inner_span by (auto; lia).
      assert (E : inner (V j) (power_of_svd k b) = s j ^ (2 * k + 1) * inner (W j) b).
      { rewrite <- (inner_span V (fun j => s j ^ (2 * k + 1) * inner (W j) b) j) by (auto; lia).
        apply sum_ext. intros l _. rewrite IH. reflexivity. }
      rewrite E. replace (2 * S k + 1)%nat with (S (S (2 * k + 1))) by lia. simpl. ring.
  Qed.
  Theorem sv_polynomial n c f b i : (forall j, (j < size)%nat ->
      f (s j) = Sums.sum (seq 0 n) (fun k => c k * s j ^ (2 * k + 1))) ->
    sv_function f b i = Sums.sum (seq 0 n) (fun k => c k * power_of_svd k b i).
  Proof.
    intro Hf. rewrite (sum_ext (seq 0 n) _ (fun k => Sums.sum indices (fun j =>
      c k * (s j ^ (2 * k + 1) * inner (W j) b * V j i))))
      by (intros; rewrite power_of_svd_value; symmetry; apply sum_scal).
    rewrite sum_swap. apply sum_ext. intros j Hj. apply in_range in Hj. rewrite Hf by lia.
    rewrite <- !sum_scal_r. apply sum_ext. intros. ring.
  Qed.

  (** ** Theorem 5.2: A = alpha X, A z = b *)
  Variables (alpha : R) (z b : I -> R).
  Hypothesis alpha_pos : 0 < alpha.
  Hypothesis V_complete : forall i, In i letters -> z i = span V (fun j => inner (V j) z) i.
  Hypothesis solves : forall i, In i letters -> alpha * svd z i = b i.

  Theorem solution_error f e : (forall j, (j < size)%nat -> s j <> 0 /\ Rabs (f (s j) - / s j) <= e) ->
    0 <= e -> norm (fun i => / alpha * sv_function f b i - z i) <= norm b / alpha * e.
  Proof.
    intros Hf He.
    assert (C : forall j, (j < size)%nat -> inner (W j) b = alpha * s j * inner (V j) z).
    { intros j Hj. rewrite Rmult_assoc, <- (inner_span W (fun j => s j * inner (V j) z) j) by auto.
      unfold inner at 1 2. rewrite <- sum_scal. apply sum_ext. intros i Hi. rewrite <- solves by exact Hi.
      unfold svd. ring. }
    rewrite (l2_ext letters _ (span V (fun j => / alpha * ((f (s j) - / s j) * inner (W j) b)))).
    - rewrite (parseval V) by assumption. rewrite l2_scal, Rabs_inv, (Rabs_pos_eq alpha) by lra.
      apply Rle_trans with (/ alpha * (e * l2 indices (fun j => inner (W j) b))).
      + apply Rmult_le_compat_l; [left; apply Rinv_0_lt_compat, alpha_pos|].
        rewrite <- (Rabs_pos_eq e) at 1 by exact He. rewrite <- l2_scal, <- (l2_abs _ (fun j => e * _)).
        apply l2_le. intros j Hj. apply in_range in Hj. rewrite !Rabs_mult.
        apply Rmult_le_compat_r; [apply Rabs_pos|]. rewrite (Rabs_pos_eq e) by exact He. apply Hf. lia.
      + unfold Rdiv. rewrite (Rmult_comm (norm b)), Rmult_assoc.
        apply Rmult_le_compat_l; [left; apply Rinv_0_lt_compat, alpha_pos|].
        rewrite (Rmult_comm (norm b)). apply Rmult_le_compat_l; [exact He|]. apply bessel, W_orthonormal.
    - intros i Hi. rewrite (V_complete i Hi). unfold sv_function, span. rewrite <- sum_scal, <- sum_minus.
      apply sum_ext. intros j Hj. apply in_range in Hj. rewrite (C j) by lia. field.
      split; [apply Hf; lia|lra].
  Qed.

  (** Theorems 5.1 and 5.3 for matrices: all singular values of X lie in [1/kappa, 1]. *)
  Corollary optimal_solution_error kappa n' : 1 < kappa -> (forall j, (j < size)%nat -> / kappa <= s j <=
    1) ->
    norm (fun i => / alpha * sv_function (inverse_poly (/ kappa) n') b i - z i)
    <= norm b / alpha * inverse_error (/ kappa) n'.
  Proof.
    intros Hk Hs. assert (K : 0 < / kappa < 1).
    { split; [apply Rinv_0_lt_compat; lra|]. rewrite <- Rinv_1. apply Rinv_lt_contravar; lra. }
    apply solution_error.
    - intros j Hj. specialize (Hs j Hj). split; [lra|]. apply inverse_poly_error; [exact K|].
      rewrite Rabs_pos_eq; lra.
    - unfold inverse_error. left. apply Rdiv_lt_0_compat; [apply pow_lt; lra|].
      apply Rmult_lt_0_compat; [lra|apply pow_lt; lra].
  Qed.
  Corollary series_solution_error kappa degree J m : 1 <= kappa ->
    (forall j, (j < size)%nat -> / kappa <= s j <= 1) -> (1 <= degree)%nat -> (J <= m <= degree)%nat ->
    norm (fun i => / alpha * sv_function (series degree J) b i - z i)
    <= norm b / alpha * (kappa * (1 - / kappa ^ 2) ^ degree
         + Sums.sum (seq J (m - J)) (fun j => Rabs (weight degree j))
         + 4 * INR (degree - m) * exp (- (INR m ^ 2 / INR degree))).
  Proof.
    intros Hk Hs Hb HJ. assert (K : 0 < / kappa <= 1).
    { split; [apply Rinv_0_lt_compat; lra|]. rewrite <- Rinv_1. apply Rinv_le_contravar; lra. }
    apply solution_error.
    - intros j Hj. specialize (Hs j Hj). split; [lra|]. apply series_error; assumption.
    - eapply Rle_trans; [apply Rabs_pos|]. apply (series_error degree J m kappa 1); auto. lra.
  Qed.
End Singular.

(** ** Theorem 5.4: any vector, from its residual. *)
Section Residual.
  Context {K : AbsRing} {X : NormedModule K}.
  Theorem residual_error (A inverse : X -> X) (nu : R) (b z : X) :
    (forall x y, inverse (minus x y) = minus (inverse x) (inverse y)) ->
    (forall x, inverse (A x) = x) -> bounded inverse nu ->
    distance z (inverse b) <= nu * distance b (A z).
  Proof.
    intros Hlin Hinv Hnu. unfold distance. rewrite <- (norm_opp (minus b (A z))), opp_minus.
    rewrite <- (Hinv z) at 1. rewrite <- Hlin. apply Hnu.
  Qed.
End Residual.
