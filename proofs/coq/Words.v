(** Tensors as functions on words.

    A tensor of level j over an index set is a function on the words of length j; [tn j x] is its
    Euclidean norm. [power u] is the tensor power of the vector u: its entry at the word i_1 ... i_j
    is u_(i_1) ... u_(i_j). The concatenation of words is the Kronecker product of index sets. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Section Words.
  Context {I : Type}.
  Variable letters : list I.                (* the index set, e.g. 0, ..., n-1 *)

  Fixpoint words (j : nat) : list (list I) :=
    match j with
    | O => [[]]
    | S j' => flat_map (fun i => map (cons i) (words j')) letters
    end.

  Lemma sum_words_0 f : sum (words 0) f = f [].
  Proof. cbv [sum words]. ring. Qed.
  Lemma sum_words_S j f :
    sum (words (S j)) f = sum letters (fun i => sum (words j) (fun w => f (i :: w))).
  Proof. simpl. rewrite sum_flat_map. apply sum_ext. intros. apply sum_map. Qed.
  Lemma sum_words_1 f : sum (words 1) f = sum letters (fun i => f [i]).
  Proof. rewrite sum_words_S. apply sum_ext. intros. apply sum_words_0. Qed.

  (** The words of length p + m are the concatenations: Fubini for tensors. *)
  Lemma sum_words_app p m f :
    sum (words (p + m)) f = sum (words p) (fun v => sum (words m) (fun w => f (v ++ w))).
  Proof.
    revert f. induction p as [|p IH]; intro f.
    - rewrite sum_words_0. reflexivity.
    - change (S p + m)%nat with (S (p + m)). rewrite !sum_words_S.
      apply sum_ext. intros i _. rewrite IH. reflexivity.
  Qed.

  Lemma words_length j w : In w (words j) -> length w = j.
  Proof.
    revert w. induction j as [|j IH]; intros w H; simpl in H.
    - destruct H as [<-|[]]. reflexivity.
    - apply in_flat_map in H as [i [_ H]]. apply in_map_iff in H as [v [<- H]].
      simpl. f_equal. apply IH, H.
  Qed.
  Lemma letter_word i : In i letters -> In [i] (words 1).
  Proof. intro H. simpl. apply in_flat_map. exists i. simpl. auto. Qed.

  Definition tn (j : nat) (x : list I -> R) : R := l2 (words j) x.

  Lemma tn_nonneg j x : 0 <= tn j x.
  Proof. apply l2_nonneg. Qed.
  Lemma tn_1 x : tn 1 x = l2 letters (fun i => x [i]).
  Proof. unfold tn, l2. rewrite sum_words_1. reflexivity. Qed.
  Lemma tn_0 x : tn 0 x = Rabs (x []).
  Proof. unfold tn, l2. rewrite sum_words_0, <- Rsqr_pow2. apply sqrt_Rsqr_abs. Qed.
  Lemma tn_ext j x y : (forall w, length w = j -> x w = y w) -> tn j x = tn j y.
  Proof. intro H. apply l2_ext. intros w Hw. apply H, (words_length j w Hw). Qed.

  (** |a (x) x| = |a| |x| for a vector a. *)
  Lemma tn_cons j (a : I -> R) x :
    tn (S j) (fun w => match w with [] => 0 | i :: w' => a i * x w' end) = l2 letters a * tn j x.
  Proof.
    unfold tn, l2 at 1. rewrite sum_words_S.
    rewrite <- (sqrt_pow2 (l2 letters a * l2 (words j) x)) by (apply Rmult_le_pos; apply l2_nonneg).
    f_equal. rewrite Rpow_mult_distr, !l2_sqr, <- sum_scal_r. apply sum_ext. intros i _.
    rewrite <- sum_scal. apply sum_ext. intros. ring.
  Qed.

  (** ** Tensor powers *)
  Fixpoint power (u : I -> R) (w : list I) : R :=
    match w with [] => 1 | i :: w' => u i * power u w' end.

  Lemma power_app u v w : power u (v ++ w) = power u v * power u w.
  Proof. induction v as [|i v IH]; simpl; [|rewrite IH]; ring. Qed.

  (** |u (x) ... (x) u| = |u|^j *)
  Theorem tn_power u j : tn j (power u) = l2 letters u ^ j.
  Proof.
    assert (E : sum (words j) (fun w => power u w ^ 2) = (l2 letters u ^ j) ^ 2).
    { induction j as [|j IH]; [rewrite sum_words_0; simpl; ring|].
      rewrite sum_words_S. replace ((l2 letters u ^ S j) ^ 2)
        with (l2 letters u ^ 2 * (l2 letters u ^ j) ^ 2) by (simpl; ring).
      rewrite <- IH, l2_sqr, <- sum_scal_r.
      apply sum_ext. intros i _. rewrite <- sum_scal. apply sum_ext. intros w _. simpl. ring. }
    unfold tn. unfold l2 at 1. rewrite E. apply sqrt_pow2, pow_le, l2_nonneg.
  Qed.
End Words.
