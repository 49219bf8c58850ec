(** Derivations: the blocks sum_(i<j) 1^(x)i (x) F_l (x) 1^(x)(j-1-i) of a first-order lift.

    [deriv F l j] takes tensors of level j + l - 1 to level j. Its norm is at most j |F_l|; the norm of
    1 + [deriv F_1] is at most |1 + j F_1|; and the powers of u + d differ from those of u by the
    derivation applied to u plus a remainder of size j (j-1) / 2 W^(j-2) |d|^2. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums Words CrossNorm.
Import ListNotations.
Open Scope R_scope.

Section Derivation.
  Context {I : Type} (letters : list I).
  Notation words := (words letters).
  Notation tn := (tn letters).
  Notation norm := (l2 letters).

  Fixpoint deriv (F : I -> list I -> R) (l j : nat) (x : list I -> R) (w : list I) : R :=
    match j, w with
    | S j', i :: w' => apply (words l) F (fun v => x (v ++ w')) i + deriv F l j' (fun v => x (i :: v)) w'
    | _, _ => 0
    end.

  Lemma deriv_S F l j x i w : deriv F l (S j) x (i :: w)
    = apply (words l) F (fun v => x (v ++ w)) i + deriv F l j (fun v => x (i :: v)) w.
  Proof. reflexivity. Qed.
  Lemma deriv_ext F l j x y w : (forall v, length v = (l + j - 1)%nat -> x v = y v) ->
    length w = j -> deriv F l j x w = deriv F l j y w.
  Proof.
    revert x y w. induction j as [|j IH]; intros x y [|i w] H Hw; try reflexivity.
    injection Hw as Hw. simpl. f_equal.
    - apply sum_ext. intros v Hv. apply words_length in Hv. rewrite H; [reflexivity|].
      rewrite app_length. lia.
    - destruct j as [|j]; [reflexivity|]. apply IH; [|exact Hw]. intros v Hv. apply H. simpl. lia.
  Qed.
  Lemma deriv_minus F l j x y w :
    deriv F l j (fun v => x v - y v) w = deriv F l j x w - deriv F l j y w.
  Proof.
    revert x y w. induction j as [|j IH]; intros x y [|i w]; simpl; try ring.
    rewrite IH. unfold apply.
    rewrite (sum_ext (words l) _ (fun v => F i v * x (v ++ w) - F i v * y (v ++ w)))
      by (intros; ring). rewrite sum_minus. ring.
  Qed.

  (** Rows i :: w of a tensor: |x|^2 = sum_i |x(i, .)|^2. *)
  Lemma tn_rows j x : tn (S j) x ^ 2 = sum letters (fun i => tn j (fun w => x (i :: w)) ^ 2).
  Proof.
    unfold Words.tn at 1. rewrite l2_sqr, sum_words_S. apply sum_ext. intros i _.
    unfold Words.tn. rewrite l2_sqr. reflexivity.
  Qed.
  Lemma tn_le_rows j m c (x y : list I -> R) : 0 <= c ->
    (forall i, In i letters -> tn j (fun w => x (i :: w)) <= c * tn m (fun w => y (i :: w))) ->
    tn (S j) x <= c * tn (S m) y.
  Proof.
    intros Hc H. unfold Words.tn at 1. apply l2_le_of_sqr.
    { apply Rmult_le_pos; [exact Hc|apply tn_nonneg]. }
    rewrite <- l2_sqr. change (l2 (words (S j)) x) with (tn (S j) x).
    rewrite tn_rows, Rpow_mult_distr, tn_rows, <- sum_scal. apply sum_le. intros i Hi.
    rewrite <- Rpow_mult_distr. apply pow_incr. split; [apply tn_nonneg|apply H, Hi].
  Qed.
  Theorem deriv_norm F l f : 0 <= f -> (forall x, norm (apply (words l) F x) <= f * tn l x) ->
    forall j x, tn (S j) (deriv F l (S j) x) <= INR (S j) * f * tn (l + j) x.
  Proof.
    intros Hf HF. induction j as [|j IH]; intro x.
    - rewrite tn_1. simpl INR. rewrite Rmult_1_l, Nat.add_0_r.
      eapply Rle_trans; [|apply HF]. right. apply l2_ext. intros i _. simpl.
      rewrite Rplus_0_r. apply sum_ext. intros v _. rewrite app_nil_r. reflexivity.
    - apply Rle_trans with
        (tn (S (S j)) (fun w => match w with [] => 0
           | i :: w' => apply (words l) F (fun v => x (v ++ w')) i end)
         + tn (S (S j)) (fun w => match w with [] => 0
           | i :: w' => deriv F l (S j) (fun v => x (i :: v)) w' end)).
      { eapply Rle_trans; [|apply minkowski]. right. apply tn_ext.
        intros [|i w] Hw; [discriminate|reflexivity]. }
      rewrite (S_INR (S j)), Rmult_plus_distr_r, Rmult_plus_distr_r, Rplus_comm, Rmult_1_l.
      apply Rplus_le_compat.
      + replace (l + S j)%nat with (S (l + j)) by lia.
        apply (tn_le_rows (S j) (l + j)); [|intros; apply IH].
        apply Rmult_le_pos; [apply pos_INR|exact Hf].
      + apply l2_le_of_sqr; [apply Rmult_le_pos; [exact Hf|apply tn_nonneg]|].
        rewrite sum_words_S. rewrite <- (Rmult_1_r f) at 1.
        apply (cross_norm_squares letters letters F (fun x => x) l (S j) (S j) f 1); auto; try lra.
        intro z. lra.
  Qed.

  (** ** The diagonal block 1 + deriv F_1 as the mean of the operators 1 + j F_1, one per slot. *)
  Fixpoint slots (A : (I -> R) -> I -> R) (x : list I -> R) (w : list I) : R :=
    match w with
    | [] => 0
    | i :: w' => A (fun i' => x (i' :: w')) i + slots A (fun v => x (i :: v)) w'
    end.

  Lemma slots_norm A a : 0 <= a -> (forall z, norm (A z) <= a * norm z) ->
    forall j x, tn j (slots A x) <= INR j * a * tn j x.
  Proof.
    intros Ha HA. induction j as [|j IH]; intro x.
    - rewrite tn_0. simpl. rewrite Rabs_R0. lra.
    - apply Rle_trans with
        (tn (S j) (fun w => match w with [] => 0 | i :: w' => A (fun i' => x (i' :: w')) i end)
         + tn (S j) (fun w => match w with [] => 0 | i :: w' => slots A (fun v => x (i :: v)) w' end)).
      { eapply Rle_trans; [|apply minkowski]. right. apply tn_ext.
        intros [|i w] Hw; [discriminate|reflexivity]. }
      rewrite S_INR, !Rmult_plus_distr_r, Rplus_comm, Rmult_1_l. apply Rplus_le_compat.
      + apply (tn_le_rows j j); [|intros; apply IH]. apply Rmult_le_pos; [apply pos_INR|exact Ha].
      + apply l2_le_of_sqr; [apply Rmult_le_pos; [exact Ha|apply tn_nonneg]|].
        rewrite sum_words_S, sum_swap. rewrite Rpow_mult_distr. unfold Words.tn.
        rewrite l2_sqr, sum_words_S, (sum_swap letters), <- sum_scal. apply sum_le. intros w _.
        eapply Rle_trans; [apply sqr_le_of_l2, HA|]. rewrite Rpow_mult_distr, l2_sqr. lra.
  Qed.

  Lemma slots_mean F c j x w : length w = j ->
    slots (fun z i => z i + c * apply letters (fun i i' => F i [i']) z i) x w
    = INR j * x w + c * deriv F 1 j x w.
  Proof.
    revert x w. induction j as [|j IH]; intros x [|i w] Hw; try discriminate; [simpl; ring|].
    injection Hw as Hw. rewrite S_INR. rewrite deriv_S. simpl slots. rewrite IH by exact Hw.
    unfold apply. rewrite sum_words_1. simpl. ring.
  Qed.

  Theorem diagonal_norm F j a : 0 <= a ->
    (forall z, norm (fun i => z i + INR (S j) * apply letters (fun i i' => F i [i']) z i) <= a * norm z) ->
    forall x, tn (S j) (fun w => x w + deriv F 1 (S j) x w) <= a * tn (S j) x.
  Proof.
    intros Ha HF x. pose proof (lt_0_INR (S j) ltac:(lia)) as Hj.
    apply Rmult_le_reg_l with (INR (S j)); [exact Hj|].
    rewrite <- Rmult_assoc, <- (Rabs_pos_eq (INR (S j))) at 1 by lra.
    unfold Words.tn at 1. rewrite <- l2_scal.
    eapply Rle_trans; [|apply (slots_norm _ a Ha HF (S j) x)]. right.
    apply tn_ext. intros w Hw. rewrite (slots_mean F (INR (S j)) (S j)) by exact Hw. ring.
  Qed.

  (** ** Powers of u + d to first order *)
  Fixpoint dpower (d u : I -> R) (w : list I) : R :=
    match w with [] => 0 | i :: w' => d i * power u w' + u i * dpower d u w' end.

  Lemma deriv_power F l u w :
    deriv F l (length w) (power u) w = dpower (apply (words l) F (power u)) u w.
  Proof.
    enough (X : forall c, deriv F l (length w) (fun v => c * power u v) w
                          = c * dpower (apply (words l) F (power u)) u w).
    { rewrite <- (Rmult_1_l (dpower _ _ _)), <- X. apply deriv_ext; [intros; ring|reflexivity]. }
    induction w as [|i w IH]; intro c; simpl; [ring|].
    rewrite (deriv_ext F l (length w) _ (fun v => c * u i * power u v)) by (intros; ring || reflexivity).
    rewrite IH. unfold apply at 1. rewrite (sum_ext (words l) _ (fun v =>
      (c * power u w) * (F i v * power u v))) by (intros; rewrite power_app; ring).
    rewrite sum_scal. unfold apply. ring.
  Qed.
  Lemma dpower_sum {B : Type} (l : list B) (d : B -> I -> R) u w :
    dpower (fun i => sum l (fun b => d b i)) u w = sum l (fun b => dpower (d b) u w).
  Proof.
    induction w as [|i w IH]; simpl; [symmetry; apply sum_0; reflexivity|].
    rewrite IH, sum_plus, sum_scal, <- sum_scal_r. reflexivity.
  Qed.

  Section Remainder.
    Variables (u d : I -> R) (W delta : R).
    Hypothesis u_norm : norm u <= W.
    Hypothesis ud_norm : norm (fun i => u i + d i) <= W.
    Hypothesis d_norm : norm d <= delta.

    Lemma W_nonneg : 0 <= W.
    Proof. eapply Rle_trans; [apply (l2_nonneg letters u)|exact u_norm]. Qed.
    Lemma delta_nonneg : 0 <= delta.
    Proof. eapply Rle_trans; [apply (l2_nonneg letters d)|exact d_norm]. Qed.
    Lemma tn_cons_le j a c (x : list I -> R) b : norm a <= c -> tn j x <= b ->
      tn (S j) (fun w => match w with [] => 0 | i :: w' => a i * x w' end) <= c * b.
    Proof. intros. rewrite tn_cons. apply Rmult_le_compat; auto using l2_nonneg, tn_nonneg. Qed.

    Lemma dpower_norm j : tn j (dpower d u) <= INR j * (W ^ (j - 1) * delta).
    Proof.
      pose proof W_nonneg. pose proof delta_nonneg.
      induction j as [|j IH]; [rewrite tn_0; simpl; rewrite Rabs_R0; lra|].
      apply Rle_trans with (delta * W ^ j + W * (INR j * (W ^ (j - 1) * delta))).
      - eapply Rle_trans; [|apply Rplus_le_compat;
          [apply (tn_cons_le j d delta (power u)); [exact d_norm|]|
           apply (tn_cons_le j u W (dpower d u)); [exact u_norm|exact IH]]].
        + eapply Rle_trans; [|apply minkowski]. right. apply tn_ext.
          intros [|i w] Hw; [discriminate|reflexivity].
        + rewrite tn_power. apply pow_incr. split; [apply l2_nonneg|exact u_norm].
      - right. rewrite S_INR. destruct j as [|j]; [simpl; ring|].
        simpl Nat.sub. rewrite Nat.sub_0_r. simpl pow. ring.
    Qed.

    Theorem power_remainder j :
      tn j (fun w => power (fun i => u i + d i) w - power u w - dpower d u w)
      <= INR j * (INR j - 1) / 2 * W ^ (j - 2) * delta ^ 2.
    Proof.
      pose proof W_nonneg. pose proof delta_nonneg.
      set (r := fun w => power (fun i => u i + d i) w - power u w - dpower d u w).
      induction j as [|j IH].
      - rewrite tn_0. unfold r. simpl. replace (1 - 1 - 0) with 0 by ring. rewrite Rabs_R0. lra.
      - apply Rle_trans with (W * (INR j * (INR j - 1) / 2 * W ^ (j - 2) * delta ^ 2)
                              + delta * (INR j * (W ^ (j - 1) * delta))).
        + eapply Rle_trans; [|apply Rplus_le_compat;
            [apply (tn_cons_le j (fun i => u i + d i) W r); [exact ud_norm|exact IH]|
             apply (tn_cons_le j d delta (dpower d u)); [exact d_norm|apply dpower_norm]]].
          eapply Rle_trans; [|apply minkowski]. right. apply tn_ext.
          intros [|i w] Hw; [discriminate|]. unfold r. simpl. ring.
        + right. rewrite S_INR. destruct j as [|[|j]]; [simpl; field|simpl; field|].
          simpl Nat.sub. rewrite Nat.sub_0_r, !S_INR. simpl pow. field.
    Qed.
  End Remainder.
End Derivation.
