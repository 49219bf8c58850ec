(** The gradient-descent spectrum: for symmetric H with mu |v|^2 <= <v, H v> <= L |v|^2,
    |(1 - eta H) v| <= max(|1 - eta mu|, |1 - eta L|) |v|, with equality on the extreme eigenvectors.

    No spectral theorem is needed: a symmetric form bounded by c |v|^2 has an operator bounded by c,
    by the polarisation identity and the parallelogram law. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums CrossNorm.
Import ListNotations.
Open Scope R_scope.

Section Spectrum.
  Context {I : Type} (letters : list I).
  Notation norm := (l2 letters).
  Notation mul := (apply letters).
  Definition inner (v w : I -> R) : R := sum letters (fun i => v i * w i).

  Lemma inner_comm v w : inner v w = inner w v.
  Proof. apply sum_ext. intros. ring. Qed.
  Lemma inner_plus v w x : inner v (fun i => w i + x i) = inner v w + inner v x.
  Proof. unfold inner. rewrite <- sum_plus. apply sum_ext. intros. ring. Qed.
  Lemma inner_scal c v w : inner v (fun i => c * w i) = c * inner v w.
  Proof. unfold inner. rewrite <- sum_scal. apply sum_ext. intros. ring. Qed.
  Lemma inner_self v : inner v v = norm v ^ 2.
  Proof. rewrite l2_sqr. apply sum_ext. intros. ring. Qed.


  (** Operators on vectors; linearity in the one form that is used. *)
  Definition linear (A : (I -> R) -> I -> R) : Prop := forall v w c i,
    A (fun i => v i + c * w i) i = A v i + c * A w i.
  Definition symmetric (A : (I -> R) -> I -> R) : Prop := forall v w,
    inner v (A w) = inner w (A v).

  Lemma matrix_linear (H : I -> I -> R) : linear (mul H).
  Proof.
    intros v w c i. unfold apply. rewrite <- sum_scal, <- sum_plus. apply sum_ext. intros. ring.
  Qed.
  Lemma matrix_symmetric (H : I -> I -> R) : (forall i j, H i j = H j i) -> symmetric (mul H).
  Proof.
    intros Hs v w. unfold inner, apply.
    rewrite (sum_ext letters (fun i => v i * _) (fun i => sum letters (fun j => v i * (H i j * w j))))
      by (intros; rewrite sum_scal; reflexivity).
    rewrite sum_swap. apply sum_ext. intros i _. rewrite <- sum_scal. apply sum_ext.
    intros j _. rewrite (Hs j i). ring.
  Qed.

  Section Form.
    Variable A : (I -> R) -> I -> R.
    Hypothesis A_linear : linear A.
    Hypothesis A_symmetric : symmetric A.

    Lemma form_square c v w : inner (fun i => v i + c * w i) (A (fun i => v i + c * w i))
      = inner v (A v) + 2 * c * inner v (A w) + c ^ 2 * inner w (A w).
    Proof.
      assert (X : forall x, inner x (A (fun i => v i + c * w i)) = inner x (A v) + c * inner x (A w)).
      { intro x. rewrite <- inner_scal, <- inner_plus. apply sum_ext. intros.
        rewrite A_linear. reflexivity. }
      rewrite X. rewrite !(inner_comm (fun i => v i + c * w i)), !inner_plus, !inner_scal.
      rewrite !(inner_comm (A _)), (A_symmetric w v). ring.
    Qed.
    Lemma norm_square c v w :
      norm (fun i => v i + c * w i) ^ 2 = norm v ^ 2 + 2 * c * inner v w + c ^ 2 * norm w ^ 2.
    Proof.
      rewrite !l2_sqr. unfold inner. rewrite <- !sum_scal, <- !sum_plus. apply sum_ext. intros. ring.
    Qed.

    (** |<v, A v>| <= c |v|^2 for all v implies |A v| <= c |v| for all v. *)
    Theorem form_bounds_operator c : 0 <= c ->
      (forall v, Rabs (inner v (A v)) <= c * norm v ^ 2) -> forall v, norm (A v) <= c * norm v.
    Proof.
      intros Hc Hform v. set (p := norm v). set (a := norm (A v)).
      assert (Hp : 0 <= p) by apply l2_nonneg. assert (Ha : 0 <= a) by apply l2_nonneg.
      (* 4 t <A v, A v> is the difference of the forms at v + t A v and v - t A v. *)
      assert (Hpol : forall t, 2 * t * a ^ 2 <= c * (p ^ 2 + t ^ 2 * a ^ 2)).
      { intro t. pose proof (Hform (fun i => v i + t * A v i)) as H1.
        pose proof (Hform (fun i => v i + - t * A v i)) as H2.
        pose proof (Rle_trans _ _ _ (Rle_abs _) H1) as H3.
        rewrite <- Rabs_Ropp in H2. pose proof (Rle_trans _ _ _ (Rle_abs _) H2) as H4.
        clear H1 H2. rewrite form_square, norm_square in H3, H4.
        rewrite (A_symmetric v (A v)), inner_self in H3, H4. fold a p in H3, H4. lra. }
      destruct (Req_dec a 0) as [E|E]; [rewrite E; apply Rmult_le_pos; assumption|].
      destruct (Req_dec p 0) as [E0|E0].
      - exfalso. specialize (Hpol (/ (c + 1))). rewrite E0 in Hpol.
        assert (0 < a ^ 2) by (apply pow_lt; lra).
        assert (2 <= c * / (c + 1)); [|].
        { apply Rmult_le_reg_r with (/ (c + 1) * a ^ 2).
          - apply Rmult_lt_0_compat; [apply Rinv_0_lt_compat; lra|assumption].
          - simpl in *. lra. }
        assert (c * / (c + 1) <= 1); [|lra].
        apply Rmult_le_reg_r with (c + 1); [lra|]. rewrite Rmult_assoc, Rinv_l; lra.
      - specialize (Hpol (p / a)).
        replace (2 * (p / a) * a ^ 2) with (2 * (a * p)) in Hpol by (field; exact E).
        replace (c * (p ^ 2 + (p / a) ^ 2 * a ^ 2)) with (2 * (c * p * p)) in Hpol by (field; exact E).
        apply Rmult_le_reg_r with p; lra.
    Qed.
  End Form.
End Spectrum.

Section GradientDescent.
  Context {I : Type} (letters : list I).
  Notation norm := (l2 letters).
  Notation mul := (apply letters).
  Notation inner := (inner letters).
  Variable H : I -> I -> R.
  Variables mu L eta : R.

  (** One step of gradient descent on the quadratic loss with Hessian H. *)
  Definition gd_step (v : I -> R) (i : I) : R := v i - eta * mul H v i.
  Definition gd_norm : R := Rmax (Rabs (1 - eta * mu)) (Rabs (1 - eta * L)).

  Lemma gd_form v : inner v (gd_step v) = norm v ^ 2 - eta * inner v (mul H v).
  Proof.
    rewrite <- inner_self, <- inner_scal. unfold inner, gd_step. rewrite <- sum_minus.
    apply sum_ext. intros. ring.
  Qed.

  Theorem gd_spectrum :
    (forall i j, H i j = H j i) -> 0 <= eta ->
    (forall v, mu * norm v ^ 2 <= inner v (mul H v)) ->
    (forall v, inner v (mul H v) <= L * norm v ^ 2) ->
    forall v, norm (gd_step v) <= gd_norm * norm v.
  Proof.
    intros Hsym Heta Hmu HL. apply form_bounds_operator.
    - intros v w c i. unfold gd_step. rewrite (matrix_linear letters H v w c i). ring.
    - intros v w. pose proof (matrix_symmetric letters H Hsym v w) as Hs.
      enough (X : forall x z, inner x (gd_step z) = inner x z - eta * inner x (mul H z))
        by (rewrite !X, Hs, (inner_comm letters v w); ring).
      intros x z. rewrite <- inner_scal. unfold inner, gd_step. rewrite <- sum_minus.
      apply sum_ext. intros. ring.
    - apply Rle_trans with (Rabs (1 - eta * mu)); [apply Rabs_pos|apply Rmax_l].
    - intro v. rewrite gd_form. pose proof (pow2_ge_0 (norm v)) as Hn.
      specialize (Hmu v). specialize (HL v).
      apply (Rmult_le_compat_l eta) in Hmu, HL; try exact Heta.
      assert (H1 : (1 - eta * mu) * norm v ^ 2 <= gd_norm * norm v ^ 2).
      { apply Rmult_le_compat_r; [exact Hn|].
        eapply Rle_trans; [apply Rle_abs|apply Rmax_l]. }
      assert (H2 : - (1 - eta * L) * norm v ^ 2 <= gd_norm * norm v ^ 2).
      { apply Rmult_le_compat_r; [exact Hn|]. eapply Rle_trans; [apply Rle_abs|].
        rewrite Rabs_Ropp. apply Rmax_r. }
      apply Rabs_le. split; lra.
  Qed.

  (** Equality: an eigenvector of the eigenvalue lambda is scaled by |1 - eta lambda|. So the bound is the
      norm of 1 - eta H when mu and L are eigenvalues. *)
  Theorem gd_eigenvector lambda v : (forall i, In i letters -> mul H v i = lambda * v i) ->
    norm (gd_step v) = Rabs (1 - eta * lambda) * norm v.
  Proof.
    intro Hv. rewrite <- l2_scal. apply l2_ext. intros i Hi. unfold gd_step. rewrite Hv by exact Hi.
    ring.
  Qed.

  (** For eta (mu + L) <= 2 and eta mu <= 1 the bound is 1 - eta mu. *)
  Lemma gd_norm_small_step : mu <= L -> 0 <= eta -> eta * (mu + L) <= 2 -> gd_norm = 1 - eta * mu.
  Proof.
    intros HmL Heta Hstep. unfold gd_norm.
    assert (eta * mu <= eta * L) by (apply Rmult_le_compat_l; assumption).
    rewrite (Rabs_pos_eq (1 - eta * mu)) by lra. apply Rmax_left. apply Rabs_le. split; lra.
  Qed.
End GradientDescent.

(** Lemma 3.1: a descent step contracts if the gradient has bounded slopes, that is if for all u, v
    grad u - grad v = H (u - v) with a symmetric H, mu |x|^2 <= <x, H x> <= L |x|^2. For a twice
    differentiable loss H is the mean of the Hessians between v and u. *)
Section Descent.
  Context {I : Type} (letters : list I).
  Notation norm := (l2 letters).
  Variable grad : (I -> R) -> I -> R.
  Variables mu L eta : R.
  Hypothesis eta_nonneg : 0 <= eta.
  Hypothesis slope : forall u v, exists H : I -> I -> R,
    (forall i j, H i j = H j i)
    /\ (forall x, mu * norm x ^ 2 <= inner letters x (apply letters H x) <= L * norm x ^ 2)
    /\ (forall i, In i letters -> grad u i - grad v i = apply letters H (fun j => u j - v j) i).

  Definition descent (u : I -> R) (i : I) : R := u i - eta * grad u i.

  Theorem descent_lipschitz u v :
    norm (fun i => descent u i - descent v i) <= gd_norm mu L eta * norm (fun i => u i - v i).
  Proof.
    destruct (slope u v) as (H & Hsym & Hform & Hgrad).
    eapply Rle_trans; [|apply (gd_spectrum letters H mu L eta Hsym eta_nonneg); intro; apply Hform].
    right. apply l2_ext. intros i Hi. unfold descent, gd_step. rewrite <- Hgrad by exact Hi. ring.
  Qed.
End Descent.
