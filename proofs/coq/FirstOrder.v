(** Theorem 6.1: the first-order embedding of a map.

    x_(k+1) = x_k + sum_(l<=q) F_l x_k^(x)l is lifted with the terms of first order in the F_l only. Its
    error splits into a truncation part and a lifting part, each given by a linear recursion. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums Words CrossNorm Derivation.
Import ListNotations.
Open Scope R_scope.

Section Recursion.
  Variables (q N : nat) (f a w : nat -> R).     (* f_l, a_j >= |1 + j F_1|, w_k *)

  (** Coupling of level j to level j + l - 1: the diagonal is treated apart. *)
  Definition couple (inside outside : nat -> R) (j : nat) : R :=
    INR j * sum (seq 0 (S q)) (fun l => if (l =? 1)%nat then 0 else
      f l * (if (j + l - 1 <=? N)%nat then inside (j + l - 1)%nat else outside (j + l - 1)%nat)).
  Definition truncation_source (k j : nat) : R := couple (fun _ => 0) (fun m => w k ^ m) j.
  (** d_k = f_0 + f_1 w_k + f_2 w_k^2 + ... bounds |x_(k+1) - x_k|. *)
  Definition increment (k : nat) : R := sum (seq 0 (S q)) (fun l => f l * w k ^ l).
  Definition lifting_source (k j : nat) : R :=
    INR j * (INR j - 1) / 2 * Rmax (w k) (w (S k)) ^ (j - 2) * increment k ^ 2.

  (** E^0 = 0, E_j^(k+1) = a_j E_j^k + j sum_(l<>1, j+l-1<=N) f_l E_(j+l-1)^k + source_j^k. *)
  Fixpoint driven (source : nat -> nat -> R) (k j : nat) : R :=
    match k with
    | O => 0
    | S k' => a j * driven source k' j + couple (driven source k') (fun _ => 0) j + source k' j
    end.

  Lemma couple_split i1 i2 o j : couple (fun m => i1 m + i2 m) o j
    = couple i1 (fun _ => 0) j + couple (fun _ => 0) o j + couple i2 (fun _ => 0) j.
  Proof.
    unfold couple. rewrite <- !Rmult_plus_distr_l, <- !sum_plus. f_equal. apply sum_ext. intros l _.
    destruct (l =? 1)%nat; [ring|]. destruct (j + l - 1 <=? N)%nat; ring.
  Qed.
  Lemma couple_level0 i o : couple i o 0 = 0.
  Proof. unfold couple. simpl. ring. Qed.
  Lemma truncation_level0 k : truncation_source k 0 = 0.
  Proof. apply couple_level0. Qed.
  Lemma lifting_level0 k : lifting_source k 0 = 0.
  Proof. unfold lifting_source. simpl. field. Qed.
End Recursion.

Section FirstOrder.
  Context {I : Type} (letters : list I).
  Notation words := (words letters).
  Notation tn := (tn letters).
  Notation norm := (l2 letters).
  Variable q : nat.
  Variable F : nat -> I -> list I -> R.         (* F l i v: row i, column v of F_l *)
  Variable N : nat.
  Variable x0 : I -> R.

  Definition delta (u : I -> R) (i : I) : R :=
    sum (seq 0 (S q)) (fun l => apply (words l) (F l) (power u) i).
  Fixpoint x (k : nat) : I -> R :=
    match k with O => x0 | S k' => fun i => x k' i + delta (x k') i end.

  (** Level j of the first-order embedding; y_0 = 1 and y_m = 0 for m > N. *)
  Fixpoint y (k j : nat) (w : list I) : R :=
    match k with
    | O => power x0 w
    | S k' => y k' j w + sum (seq 0 (S q)) (fun l =>
        if (j + l - 1 <=? N)%nat then deriv letters (F l) l j (y k' (j + l - 1)) w else 0)
    end.

  Lemma y_0 k : y k 0 [] = 1.
  Proof.
    induction k as [|k IH]; [reflexivity|]. simpl y. rewrite IH, sum_0; [ring|].
    intros l _. destruct (_ <=? N)%nat; reflexivity.
  Qed.

  Definition err (k j : nat) (w : list I) : R := power (x k) w - y k j w.
  (** What enters a block: the error of a level that is kept, the power itself of one that is not. *)
  Definition source (k m : nat) : list I -> R :=
    if (m <=? N)%nat then err k m else power (x k).
  Definition leftover (k : nat) (w : list I) : R :=
    power (fun i => x k i + delta (x k) i) w - power (x k) w
    - dpower (delta (x k)) (x k) w.

  Lemma error_recursion k j w : length w = j ->
    err (S k) j w = err k j w
      + sum (seq 0 (S q)) (fun l => deriv letters (F l) l j (source k (j + l - 1)) w) + leftover k w.
  Proof.
    intro Hw. unfold leftover, delta at 2. rewrite dpower_sum.
    rewrite (sum_ext (seq 0 (S q)) (fun l => deriv _ _ _ _ _ _) (fun l =>
      deriv letters (F l) l j (power (x k)) w
      - (if (j + l - 1 <=? N)%nat then deriv letters (F l) l j (y k (j + l - 1)) w else 0))).
    - rewrite sum_minus. unfold err. cbn [y x].
      rewrite (sum_ext (seq 0 (S q)) (fun l => dpower _ _ _) (fun l =>
        deriv letters (F l) l j (power (x k)) w))
        by (intros; rewrite <- Hw; symmetry; apply deriv_power).
      fold (delta (x k)). ring.
    - intros l _. unfold source, err. destruct (j + l - 1 <=? N)%nat; [apply deriv_minus|ring].
  Qed.

  Variables f a w : nat -> R.
  Hypothesis f_nonneg : forall l, 0 <= f l.
  Hypothesis a_nonneg : forall j, 0 <= a j.
  Hypothesis F_norm : forall l z, (l <= q)%nat -> norm (apply (words l) (F l) z) <= f l * tn l z.
  Hypothesis diagonal : forall j z, (1 <= j <= N)%nat ->
    norm (fun i => z i + INR j * apply letters (fun i i' => F 1 i [i']) z i) <= a j * norm z.
  Hypothesis q_pos : (1 <= q)%nat.
  Variable T : nat.
  Hypothesis w_bound : forall k, (k <= T)%nat -> norm (x k) <= w k.

  Notation Et := (driven q N f a (truncation_source q N f w)).
  Notation El := (driven q N f a (lifting_source q f w)).

  Lemma delta_norm k : (k <= T)%nat -> norm (delta (x k)) <= increment q f w k.
  Proof.
    intro Hk. eapply Rle_trans; [apply (l2_sum letters (seq 0 (S q))
      (fun l => apply (words l) (F l) (power (x k))))|].
    apply sum_le. intros l Hl. apply in_range in Hl.
    eapply Rle_trans; [apply F_norm; lia|]. apply Rmult_le_compat_l; [apply f_nonneg|].
    rewrite tn_power. apply pow_incr. split; [apply l2_nonneg|apply w_bound, Hk].
  Qed.
  Lemma leftover_norm k j : (S k <= T)%nat -> tn j (leftover k) <= lifting_source q f w k j.
  Proof.
    intro Hk. apply power_remainder.
    - eapply Rle_trans; [apply w_bound; lia|apply Rmax_l].
    - eapply Rle_trans; [apply (w_bound (S k)); lia|apply Rmax_r].
    - apply delta_norm. lia.
  Qed.

  Theorem first_order_levels : forall k j, (k <= T)%nat -> (j <= N)%nat ->
    tn j (err k j) <= Et k j + El k j.
  Proof.
    induction k as [|k IH]; intros j Hk Hj.
    - simpl. right. rewrite Rplus_0_r. apply l2_0. intros. unfold err. simpl. ring.
    - destruct j as [|j].
      { rewrite tn_0. unfold err. rewrite y_0. simpl power. rewrite Rminus_diag_eq, Rabs_R0 by reflexivity.
        specialize (IH 0%nat ltac:(lia) ltac:(lia)). pose proof (tn_nonneg letters 0 (err k 0)).
        cbn [driven]. rewrite !couple_level0, truncation_level0, lifting_level0.
        pose proof (Rmult_le_pos (a 0%nat) (Et k 0%nat + El k 0%nat) (a_nonneg 0) ltac:(lra)). lra. }
      set (J := S j) in *.
      pose (off := fun l v => if (l =? 1)%nat then 0 else
                              deriv letters (F l) l J (source k (J + l - 1)) v).
      apply Rle_trans with (tn J (fun v => err k J v + deriv letters (F 1) 1 J (err k J) v)
        + tn J (fun v => sum (seq 0 (S q)) (fun l => off l v)) + tn J (leftover k)).
      { eapply Rle_trans; [|apply Rplus_le_compat_r, minkowski].
        eapply Rle_trans; [|apply minkowski]. right. apply tn_ext. intros v Hv.
        rewrite error_recursion by exact Hv. unfold off.
        replace (S q) with (1 + (1 + (q - 1)))%nat by lia. rewrite !sum_split.
        cbv [seq]. rewrite !sum_cons. fold seq.
        rewrite (sum_ext (seq (0 + 1 + 1) (q - 1)) (fun l => if (l =? 1)%nat then _ else _) (fun l =>
          deriv letters (F l) l J (source k (J + l - 1)) v)).
        - replace (source k (J + (0 + 1) - 1)) with (err k J); [cbv [sum]; simpl; ring|].
          unfold source. replace (J + (0 + 1) - 1)%nat with J by lia.
          destruct (Nat.leb_spec J N); [reflexivity|lia].
        - intros l Hl. apply in_range in Hl. destruct (Nat.eqb_spec l 1); [lia|reflexivity]. }
      assert (Hd : tn J (fun v => err k J v + deriv letters (F 1) 1 J (err k J) v)
                   <= a J * (Et k J + El k J)).
      { eapply Rle_trans; [apply (diagonal_norm letters (F 1) j (a J) (a_nonneg J)); intro z|].
        - apply diagonal. unfold J. lia.
        - apply Rmult_le_compat_l; [apply a_nonneg|]. apply IH; [lia|exact Hj]. }
      assert (Ho : tn J (fun v => sum (seq 0 (S q)) (fun l => off l v))
                   <= couple q N f (fun m => Et k m + El k m) (fun m => w k ^ m) J).
      { eapply Rle_trans; [apply (l2_sum (words J) (seq 0 (S q)) off)|]. unfold couple.
        rewrite <- sum_scal. apply sum_le. intros l Hl. apply in_range in Hl. unfold off.
        destruct (Nat.eqb_spec l 1) as [|Hl1]; [rewrite Rmult_0_r; right; apply l2_0; reflexivity|].
        eapply Rle_trans;
          [apply (deriv_norm letters (F l) l (f l) (f_nonneg l)); intro; apply F_norm; lia|].
        rewrite Rmult_assoc. apply Rmult_le_compat_l; [apply pos_INR|].
        apply Rmult_le_compat_l; [apply f_nonneg|].
        replace (J + l - 1)%nat with (l + j)%nat by (unfold J; lia).
        unfold source. destruct (Nat.leb_spec (l + j) N).
        - apply IH; lia.
        - rewrite tn_power. apply pow_incr. split; [apply l2_nonneg|apply w_bound; lia]. }
      pose proof (leftover_norm k J Hk) as Hl.
      rewrite couple_split in Ho. cbn [driven].
      change (couple q N f (fun _ => 0) (fun m => w k ^ m) J) with (truncation_source q N f w k J) in Ho.
      lra.
  Qed.

  Corollary first_order_bound : (1 <= N)%nat ->
    norm (fun i => x T i - y T 1 [i]) <= Et T 1 + El T 1.
  Proof.
    intro HN. eapply Rle_trans; [|apply (first_order_levels T 1); lia].
    rewrite tn_1. right. apply l2_ext. intros. unfold err. simpl. ring.
  Qed.
End FirstOrder.
