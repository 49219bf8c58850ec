(** Orthogonal matrices on registers: what pages 01 and 07 need of unitaries.

    A register is a list of indices, two registers side by side are the list of pairs. A matrix is
    orthogonal when it and its transpose preserve the Euclidean norm. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums CrossNorm.
Import ListNotations.
Open Scope R_scope.

Lemma sum_prod {P Q : Type} (l : list P) (m : list Q) (f : P * Q -> R) :
  sum (list_prod l m) f = sum l (fun p => sum m (fun q => f (p, q))).
Proof.
  induction l as [|p l IH]; [reflexivity|]. simpl list_prod. rewrite sum_app, sum_map, IH, sum_cons.
  reflexivity.
Qed.

(** ** Matrix and vector *)
Section Matrices.
  Context {P Q : Type}.
  Definition transpose (U : P -> Q -> R) (q : Q) (p : P) : R := U p q.
  Definition squares (l : list P) (x : P -> R) : R := sum l (fun p => x p ^ 2).
  Lemma squares_l2 l x : squares l x = l2 l x ^ 2.
  Proof. symmetry. apply l2_sqr. Qed.
  Lemma squares_ext l x y : (forall p, In p l -> x p = y p) -> squares l x = squares l y.
  Proof. intro H. apply sum_ext. intros p Hp. rewrite H by exact Hp. reflexivity. Qed.
  Lemma apply_ext (m : list Q) (U U' : P -> Q -> R) x y p :
    (forall q, In q m -> U p q = U' p q) -> (forall q, In q m -> x q = y q) ->
    apply m U x p = apply m U' y p.
  Proof. intros HU H. apply sum_ext. intros q Hq. rewrite HU, H by exact Hq. reflexivity. Qed.
  Lemma apply_plus (m : list Q) (U : P -> Q -> R) x y p :
    apply m U (fun q => x q + y q) p = apply m U x p + apply m U y p.
  Proof. unfold apply. rewrite <- sum_plus. apply sum_ext. intros. ring. Qed.
  Lemma apply_minus (m : list Q) (U : P -> Q -> R) x y p :
    apply m U (fun q => x q - y q) p = apply m U x p - apply m U y p.
  Proof. unfold apply. rewrite <- sum_minus. apply sum_ext. intros. ring. Qed.
  Lemma apply_scal (m : list Q) (U : P -> Q -> R) c x p :
    apply m U (fun q => c * x q) p = c * apply m U x p.
  Proof. unfold apply. rewrite <- sum_scal. apply sum_ext. intros. ring. Qed.

  (** <y, U x> = <U^T y, x>. *)
  Lemma adjoint_sum (l : list P) (m : list Q) (U : P -> Q -> R) x y :
    sum l (fun p => y p * apply m U x p) = sum m (fun q => apply l (transpose U) y q * x q).
  Proof.
    unfold apply, transpose.
    rewrite (sum_ext l _ (fun p => sum m (fun q => y p * (U p q * x q))))
      by (intros; symmetry; apply sum_scal).
    rewrite sum_swap. apply sum_ext. intros q _. rewrite <- sum_scal_r. apply sum_ext. intros. ring.
  Qed.
End Matrices.
Lemma squares_prod {P Q : Type} (l : list P) (m : list Q) x :
  squares (list_prod l m) x = sum l (fun p => squares m (fun q => x (p, q))).
Proof. unfold squares. apply (sum_prod l m (fun r => x r ^ 2)). Qed.
Lemma squares_prod_swap {P Q : Type} (l : list P) (m : list Q) x :
  squares (list_prod l m) x = sum m (fun q => squares l (fun p => x (p, q))).
Proof. rewrite squares_prod. apply sum_swap. Qed.
(** (U V) x = U (V x). *)
Lemma apply_apply {P Q T : Type} (m : list Q) (n : list T) (U : P -> Q -> R) (V : Q -> T -> R) x p :
  apply m U (apply n V x) p = apply n (fun p t => sum m (fun q => U p q * V q t)) x p.
Proof.
  unfold apply. rewrite (sum_ext m _ (fun q => sum n (fun t => U p q * (V q t * x t))))
    by (intros; symmetry; apply sum_scal).
  rewrite sum_swap. apply sum_ext. intros t _. rewrite <- sum_scal_r. apply sum_ext. intros. ring.
Qed.

(** ** Isometries *)
Section Isometries.
  Context {P Q : Type} (l : list P) (m : list Q).
  Definition isometric (U : P -> Q -> R) : Prop := forall x, squares l (apply m U x) = squares m x.

  (** The inner product is preserved, and the transpose inverts: U^T U = 1. *)
  Lemma isometric_inner U x y : isometric U ->
    sum l (fun p => apply m U x p * apply m U y p) = sum m (fun q => x q * y q).
  Proof.
    intro H. pose proof (H (fun q => x q + y q)) as S. pose proof (H x) as Sx. pose proof (H y) as Sy.
    unfold squares in *.
    rewrite (sum_ext l _ (fun p => apply m U x p ^ 2 + apply m U y p ^ 2
      + 2 * (apply m U x p * apply m U y p))) in S by (intros; rewrite apply_plus; ring).
    rewrite (sum_ext m _ (fun q => x q ^ 2 + y q ^ 2 + 2 * (x q * y q))) in S by (intros; ring).
    rewrite !sum_plus, !sum_scal in S. lra.
  Qed.
  Theorem isometric_inverse U : isometric U ->
    forall x q, In q m -> apply l (transpose U) (apply m U x) q = x q.
  Proof.
    intros H x. pose (r := fun q => apply l (transpose U) (apply m U x) q - x q).
    assert (Z : forall q, In q m -> r q = 0).
    { apply l2_zero. unfold l2.
      rewrite (sum_ext m _ (fun q => apply l (transpose U) (apply m U x) q * r q - x q * r q))
        by (intros; unfold r; ring).
      rewrite sum_minus, <- adjoint_sum, isometric_inner, Rminus_diag_eq; auto using sqrt_0. }
    intros q Hq. specialize (Z q Hq). unfold r in Z. lra.
  Qed.
  (** And conversely. *)
  Lemma isometric_of_inverse U :
    (forall x q, In q m -> apply l (transpose U) (apply m U x) q = x q) -> isometric U.
  Proof.
    intros H x. unfold squares.
    rewrite (sum_ext l _ (fun p => apply m U x p * apply m U x p)) by (intros; ring).
    rewrite adjoint_sum. apply sum_ext. intros q Hq. rewrite H by exact Hq. ring.
  Qed.
End Isometries.

Definition orthogonal {P : Type} (l : list P) (U : P -> P -> R) : Prop :=
  isometric l l U /\ isometric l l (transpose U).

Theorem orthogonal_inverse {P : Type} (l : list P) (U : P -> P -> R) : orthogonal l U ->
  forall x p, In p l -> apply l (transpose U) (apply l U x) p = x p /\
                        apply l U (apply l (transpose U) x) p = x p.
Proof.
  intros [H H'] x p Hp. split; [apply isometric_inverse; assumption|].
  exact (isometric_inverse l l (transpose U) H' x p Hp).
Qed.

(** An isometry may be checked by what the matrix does. *)
Lemma isometric_action {P Q : Type} (l : list P) (m : list Q) (U : P -> Q -> R) f :
  (forall x p, In p l -> apply m U x p = f x p) -> (forall x, squares l (f x) = squares m x) ->
  isometric l m U.
Proof. intros E H x. rewrite <- H. apply squares_ext. intros. apply E. assumption. Qed.
Lemma isometric_ext {P Q : Type} (l : list P) (m : list Q) (U U' : P -> Q -> R) :
  (forall p q, In p l -> In q m -> U p q = U' p q) -> isometric l m U -> isometric l m U'.
Proof.
  intros E H. apply (isometric_action l m U' (apply m U)); [|exact H].
  intros x p Hp. apply apply_ext; auto. intros. symmetry. auto.
Qed.

(** ** The index 0 of a register *)
Section Zero.
  Context {A : Type} (dec : forall a b : A, {a = b} + {a <> b}).
  Definition unit_at (b a : A) : R := if dec b a then 1 else 0.
  Lemma sum_unit (l : list A) b f : NoDup l -> In b l -> sum l (fun a => unit_at b a * f a) = f b.
  Proof.
    unfold unit_at. induction l as [|a l IH]; intros Hd [].
    - subst a. inversion_clear Hd. rewrite sum_cons, sum_0; [destruct (dec b b); [ring|easy]|].
      intros a Ha. destruct (dec b a); [subst; contradiction|ring].
    - inversion_clear Hd. rewrite sum_cons, IH by assumption.
      destruct (dec b a); [subst; contradiction|ring].
  Qed.
End Zero.
