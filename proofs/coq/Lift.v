(** The exact lift of a polynomial map: equation (1) of page 02.

    The map is Phi(u) = sum_(l<=q) G_l u^(x)l with arbitrary matrices G_l (n rows, words of length l as
    columns). The block M_jm takes tensors of level m to tensors of level j:

        M_(0,m) = [m = 0],     M_(j+1,m) = sum_(l<=q) G_l (x) M_(j,m-l),

    which is the sum over l_1 + ... + l_j = m of G_(l_1) (x) ... (x) G_(l_j). Proved here: the lift is exact,
    Phi(u)^(x)j = sum_m M_jm u^(x)m, and |M_jm| <= c_jm, the coefficient of x^m in g(x)^j. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums Words CrossNorm Convolution.
Import ListNotations.
Open Scope R_scope.

Section Lift.
  Context {I : Type} (letters : list I).
  Notation words := (words letters).
  Notation tn := (tn letters).
  Variable q : nat.
  Variable G : nat -> I -> list I -> R.         (* G l i w: row i, column w of G_l *)

  (** Phi(u) *)
  Definition phi (u : I -> R) (i : I) : R :=
    sum (seq 0 (S q)) (fun l => apply (words l) (G l) (power u) i).

  Fixpoint block (j m : nat) (x : list I -> R) (w : list I) : R :=
    match j, w with
    | O, _ => if (m =? 0)%nat then x [] else 0
    | S _, [] => 0
    | S j', i :: w' => sum (seq 0 (S q)) (fun l =>
        if (l <=? m)%nat
        then apply (words l) (G l) (fun v => block j' (m - l) (fun v' => x (v ++ v')) w') i
        else 0)
    end.

  Lemma block_S j m x i w : block (S j) m x (i :: w) = sum (seq 0 (S q)) (fun l =>
    if (l <=? m)%nat
    then apply (words l) (G l) (fun v => block j (m - l) (fun v' => x (v ++ v')) w) i else 0).
  Proof. reflexivity. Qed.

  (** ** Blocks are linear *)
  Lemma block_ext j m x y w : (forall v, length v = m -> x v = y v) -> block j m x w = block j m y w.
  Proof.
    revert m x y w. induction j as [|j IH]; intros m x y w H.
    - simpl. destruct (Nat.eqb_spec m 0) as [->|]; [apply H|]; reflexivity.
    - destruct w as [|i w]; [reflexivity|]. rewrite !block_S. apply sum_ext. intros l _.
      destruct (Nat.leb_spec l m) as [Hl|]; [|reflexivity]. apply sum_ext. intros v Hv. f_equal.
      apply IH. intros v' Hv'. apply H. rewrite app_length, (words_length letters l v Hv). lia.
  Qed.
  Lemma block_linear j m c x y w :
    block j m (fun v => x v + c * y v) w = block j m x w + c * block j m y w.
  Proof.
    revert m x y w. induction j as [|j IH]; intros m x y w.
    - simpl. destruct (m =? 0)%nat; ring.
    - destruct w as [|i w]; [simpl; ring|]. rewrite !block_S, <- sum_scal, <- sum_plus.
      apply sum_ext. intros l _. destruct (l <=? m)%nat; [|ring]. unfold apply.
      rewrite <- sum_scal, <- sum_plus. apply sum_ext. intros v _. rewrite IH. ring.
  Qed.
  Lemma block_0 j m w : block j m (fun _ => 0) w = 0.
  Proof.
    pose proof (block_linear j m (-1) (fun _ => 0) (fun _ => 0) w) as H.
    rewrite (block_ext j m _ (fun _ => 0)) in H by (intros; ring). lra.
  Qed.
  Lemma block_minus j m x y w :
    block j m (fun v => x v - y v) w = block j m x w - block j m y w.
  Proof.
    rewrite (block_ext j m _ (fun v => x v + -1 * y v)) by (intros; ring).
    rewrite block_linear. ring.
  Qed.
  Lemma block_scal j m c x w : block j m (fun v => c * x v) w = c * block j m x w.
  Proof.
    rewrite (block_ext j m _ (fun v => 0 + c * x v)) by (intros; ring).
    rewrite (block_linear j m c (fun _ => 0)), block_0. ring.
  Qed.
  Lemma block_sum {B : Type} j m (l : list B) (x : B -> list I -> R) w :
    block j m (fun v => sum l (fun b => x b v)) w = sum l (fun b => block j m (x b) w).
  Proof.
    induction l as [|b l IH]; [apply block_0|]. rewrite sum_cons.
    rewrite (block_ext j m _ (fun v => x b v + 1 * sum l (fun b => x b v)))
      by (intros; rewrite sum_cons; ring).
    rewrite (block_linear j m 1 (x b)), IH. ring.
  Qed.

  (** Blocks with m > q j vanish. *)
  Lemma block_zero j m x w : (q * j < m)%nat -> block j m x w = 0.
  Proof.
    revert m x w. induction j as [|j IH]; intros m x w Hm.
    - simpl. destruct (Nat.eqb_spec m 0); [lia|reflexivity].
    - destruct w as [|i w]; [reflexivity|]. rewrite block_S. apply sum_0. intros l Hl.
      apply in_range in Hl. destruct (l <=? m)%nat; [|reflexivity].
      apply sum_0. intros v _. rewrite IH by lia. ring.
  Qed.

  (** ** The lift is exact: the powers of Phi(u) are linear in the powers of u. *)
  Theorem lift_exact u j M w : length w = j -> (q * j <= M)%nat ->
    sum (seq 0 (S M)) (fun m => block j m (power u) w) = power (phi u) w.
  Proof.
    revert M w. induction j as [|j IH]; intros M w Hw HM.
    - destruct w; [|discriminate]. rewrite sum_first, sum_0; [simpl; ring|reflexivity].
    - destruct w as [|i w]; [discriminate|]. injection Hw as Hw. simpl power.
      rewrite <- (IH (q * j)%nat) by auto. unfold phi.
      rewrite <- (convolution q (q * j) M _ (fun m => block j m (power u) w)).
      + apply sum_ext. intros m _. rewrite block_S. apply sum_ext. intros l _.
        destruct (l <=? m)%nat; [|reflexivity]. unfold apply. rewrite <- sum_scal_r.
        apply sum_ext. intros v _. rewrite (block_ext j _ _ (fun v' => power u v * power u v'))
          by (intros; apply power_app). rewrite block_scal. ring.
      + intros m Hm. apply block_zero, Hm.
      + lia.
  Qed.

  (** ** Norms: with |G_l x| <= g_l |x| for all tensors x of level l *)
  Variable g : nat -> R.
  Hypothesis g_nonneg : forall l, 0 <= g l.
  Hypothesis G_norm : forall l x, (l <= q)%nat -> l2 letters (apply (words l) (G l) x) <= g l * tn l x.

  Theorem block_norm j m x : tn j (block j m x) <= coef q g j m * tn m x.
  Proof.
    revert m x. induction j as [|j IH]; intros m x.
    - simpl. rewrite tn_0. simpl. destruct (Nat.eqb_spec m 0) as [->|].
      + rewrite tn_0. lra.
      + rewrite Rabs_R0. lra.
    - pose (part := fun l w => match w with [] => 0 | i :: w' =>
        if (l <=? m)%nat
        then apply (words l) (G l) (fun v => block j (m - l) (fun v' => x (v ++ v')) w') i else 0 end).
      apply Rle_trans with (sum (seq 0 (S q)) (fun l => tn (S j) (part l))).
      { eapply Rle_trans; [|apply (l2_sum (words (S j)))]. right. apply tn_ext.
        intros [|i w] Hw; [discriminate|reflexivity]. }
      simpl coef. rewrite <- (sum_scal_r (seq 0 (S q))). apply sum_le. intros l Hl.
      apply in_range in Hl. unfold part. destruct (Nat.leb_spec l m) as [Hlm|Hlm].
      + apply l2_le_of_sqr.
        { repeat apply Rmult_le_pos; auto using coef_nonneg, tn_nonneg. }
        rewrite sum_words_S. replace (tn m x) with (tn (l + (m - l)) x) by (f_equal; lia).
        apply (cross_norm_squares letters letters (G l) (block j (m - l)) l (m - l) j
                 (g l) (coef q g j (m - l))); auto using coef_nonneg.
        intro z. apply G_norm. lia.
      + rewrite Rmult_0_l. right. apply l2_0. intros [|i w] _; reflexivity.
  Qed.

  (** g is a majorant: |Phi(u)| <= g(|u|). *)
  Theorem phi_norm u : l2 letters (phi u) <= poly q g (l2 letters u).
  Proof.
    unfold phi, poly.
    eapply Rle_trans; [apply (l2_sum letters (seq 0 (S q)) (fun l => apply (words l) (G l) (power u)))|].
    apply sum_le. intros l Hl. apply in_range in Hl. rewrite <- tn_power. apply G_norm. lia.
  Qed.
End Lift.
