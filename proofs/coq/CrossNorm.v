(** Lemma 0.1: the spectral norm is a cross norm, |A (x) B| <= |A| |B|.

    A matrix is a function of a row and a column index. The norm of a matrix is never computed; that
    it is at most a is the statement |A x| <= a |x| for all x. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums Words.
Import ListNotations.
Open Scope R_scope.

(** Matrix times vector, the columns being [cols]. *)
Definition apply {P Q : Type} (cols : list Q) (A : P -> Q -> R) (x : Q -> R) (p : P) : R :=
  sum cols (fun q => A p q * x q).

Section CrossNorm.
  Context {I : Type} (letters : list I).
  Notation words := (words letters).
  Notation tn := (tn letters).

  (** The heart: first B on the last m letters (for every fixed beginning), then A on the first l
      letters (for every fixed row of B). B may be any operator with the bound. *)
  Theorem cross_norm_squares {P : Type} (rows : list P) (A : P -> list I -> R)
      (B : (list I -> R) -> list I -> R) (l m j : nat) (a b : R) :
    0 <= a -> 0 <= b ->
    (forall x, l2 rows (apply (words l) A x) <= a * tn l x) ->
    (forall x, tn j (B x) <= b * tn m x) ->
    forall x,
    sum rows (fun p => sum (words j) (fun w =>
      apply (words l) A (fun v => B (fun v' => x (v ++ v')) w) p ^ 2))
    <= (a * b * tn (l + m) x) ^ 2.
  Proof.
    intros Ha Hb HA HB x. rewrite sum_swap.
    apply Rle_trans with
      (sum (words j) (fun w => a ^ 2 * sum (words l) (fun v => B (fun v' => x (v ++ v')) w ^ 2))).
    { apply sum_le. intros w _.
      apply Rle_trans with ((a * tn l (fun v => B (fun v' => x (v ++ v')) w)) ^ 2).
      - apply sqr_le_of_l2, HA.
      - right. rewrite Rpow_mult_distr. unfold Words.tn. rewrite l2_sqr. reflexivity. }
    rewrite sum_scal, sum_swap.
    replace ((a * b * tn (l + m) x) ^ 2) with (a ^ 2 * (b ^ 2 * tn (l + m) x ^ 2)) by ring.
    apply Rmult_le_compat_l; [apply pow2_ge_0|].
    unfold Words.tn at 1. rewrite l2_sqr, sum_words_app, <- sum_scal.
    apply sum_le. intros v _.
    apply Rle_trans with ((b * tn m (fun v' => x (v ++ v'))) ^ 2).
    - apply sqr_le_of_l2, HB.
    - right. rewrite Rpow_mult_distr. unfold Words.tn. rewrite l2_sqr. reflexivity.
  Qed.

  (** The Kronecker product of a matrix from level l to level p with one from level m to level j. *)
  Definition kron (p l : nat) (A B : list I -> list I -> R) (w v : list I) : R :=
    A (firstn p w) (firstn l v) * B (skipn p w) (skipn l v).

  Theorem cross_norm (p l j m : nat) (A B : list I -> list I -> R) (a b : R) :
    0 <= a -> 0 <= b ->
    (forall x, tn p (apply (words l) A x) <= a * tn l x) ->
    (forall x, tn j (apply (words m) B x) <= b * tn m x) ->
    forall x, tn (p + j) (apply (words (l + m)) (kron p l A B) x) <= a * b * tn (l + m) x.
  Proof.
    intros Ha Hb HA HB x. unfold Words.tn at 1. apply l2_le_of_sqr.
    { repeat apply Rmult_le_pos; auto. apply tn_nonneg. }
    eapply Rle_trans; [|exact (cross_norm_squares (words p) A (apply (words m) B) l m j a b
                                 Ha Hb HA HB x)].
    right. rewrite sum_words_app. apply sum_ext. intros w1 H1. apply sum_ext. intros w2 _.
    f_equal. unfold apply at 1. rewrite sum_words_app. apply sum_ext. intros v1 H2.
    apply words_length in H1, H2. unfold apply, kron. rewrite <- sum_scal.
    apply sum_ext. intros v2 _.
    rewrite <- H1, <- H2, !firstn_app, !skipn_app, !Nat.sub_diag, !firstn_all, !skipn_all.
    simpl. rewrite !app_nil_r. ring.
  Qed.
End CrossNorm.
