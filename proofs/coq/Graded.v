(** Theorem 2.4: the truncated solution without the lift.

    Let F_0 = 0 and let the vectors v_1, ..., v_N follow the map sorted by degree in the initial value.
    Then level j of the truncated exact embedding is the part of degree at most N of the j-th tensor
    power, the sum over i_1 + ... + i_j <= N of v_(i_1) (x) ... (x) v_(i_j). *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums Words CrossNorm Convolution Lift Truncation.
Import ListNotations.
Open Scope R_scope.

(** [part v d w]: the part of degree d of (sum_m v_m)^(x)|w| at the word w. *)
Fixpoint part {I : Type} (v : nat -> I -> R) (d : nat) (w : list I) : R :=
  match w with
  | [] => if (d =? 0)%nat then 1 else 0
  | i :: w' => sum (seq 0 (S d)) (fun m => v m i * part v (d - m) w')
  end.

Section Parts.
  Context {I : Type}.
  Variable v : nat -> I -> R.

  Lemma part_cons d i w :
    part v d (i :: w) = sum (seq 0 (S d)) (fun m => v m i * part v (d - m) w).
  Proof. reflexivity. Qed.

  (** Triangular double sums may be ordered by the inner or by the outer index. *)
  Lemma sum_triangle d (f : nat -> nat -> R) :
    sum (seq 0 (S d)) (fun m => sum (seq 0 (S (d - m))) (fun e => f m e))
    = sum (seq 0 (S d)) (fun s => sum (seq 0 (S s)) (fun m => f m (s - m)%nat)).
  Proof.
    revert f. induction d as [|d IH]; intro f; [reflexivity|].
    rewrite sum_first. rewrite (sum_ext (seq 0 (S d)) _
      (fun m => sum (seq 0 (S (d - m))) (fun e => f (S m) e))) by reflexivity.
    rewrite (IH (fun m e => f (S m) e)), Nat.sub_0_r.
    rewrite (sum_first (S d) (fun e => f 0%nat e)).
    rewrite (sum_first (S d) (fun s => sum (seq 0 (S s)) (fun m => f m (s - m)%nat))).
    rewrite (sum_ext (seq 0 (S d)) (fun m => sum (seq 0 (S (S m))) _) (fun s =>
      f 0%nat (S s) + sum (seq 0 (S s)) (fun m => f (S m) (s - m)%nat)))
      by (intros; rewrite sum_first; reflexivity).
    rewrite sum_plus. cbv [seq]. rewrite (sum_cons 0%nat), (sum_cons 0%nat). cbv [sum]. simpl. ring.
  Qed.

  Lemma part_app d w w' :
    part v d (w ++ w') = sum (seq 0 (S d)) (fun m => part v m w * part v (d - m) w').
  Proof.
    revert d. induction w as [|i w IH]; intro d.
    - simpl app. rewrite sum_first, sum_0; [simpl; rewrite Nat.sub_0_r; ring|]. intros. simpl. ring.
    - simpl app. rewrite part_cons.
      rewrite (sum_ext (seq 0 (S d)) _ (fun m => sum (seq 0 (S (d - m))) (fun e =>
        v m i * (part v e w * part v (d - m - e) w')))) by (intros; rewrite IH, sum_scal; reflexivity).
      rewrite (sum_triangle d (fun m e => v m i * (part v e w * part v (d - m - e) w'))).
      apply sum_ext. intros s Hs. apply in_range in Hs. rewrite part_cons, <- sum_scal_r.
      apply sum_ext. intros m Hm. apply in_range in Hm.
      replace (d - m - (s - m))%nat with (d - s)%nat by lia. ring.
  Qed.

  (** If v_0 = 0, a product of j factors has no part of degree below j. *)
  Lemma part_low d w : (forall i, v 0%nat i = 0) -> (d < length w)%nat -> part v d w = 0.
  Proof.
    intro H0. revert d. induction w as [|i w IH]; intros d Hd; simpl in Hd; [lia|].
    rewrite part_cons. apply sum_0. intros m Hm. apply in_range in Hm.
    destruct m as [|m]; [rewrite H0; ring|]. rewrite IH by lia. ring.
  Qed.
End Parts.

Section Graded.
  Context {I : Type} (letters : list I).
  Notation words := (words letters).
  Variable q : nat.

  (** One step: v_d <- sum_l sum_(i_1+...+i_l = d) G_l (v_(i_1) (x) ... (x) v_(i_l)). *)
  Definition graded_step (G : nat -> I -> list I -> R) (v : nat -> I -> R) (d : nat) (i : I) : R :=
    sum (seq 0 (S q)) (fun l => apply (words l) (G l) (part v d) i).

  (** The lift respects the degree: sum_m M_jm (degree-d part of level m) = degree-d part of level j. *)
  Lemma lift_graded G v d j M w : length w = j -> (q * j <= M)%nat ->
    sum (seq 0 (S M)) (fun m => block letters q G j m (part v d) w) = part (graded_step G v) d w.
  Proof.
    revert d M w. induction j as [|j IH]; intros d M w Hw HM.
    - destruct w; [|discriminate]. rewrite sum_first, sum_0; [simpl; ring|reflexivity].
    - destruct w as [|i w]; [discriminate|]. injection Hw as Hw. rewrite part_cons.
      rewrite (sum_ext (seq 0 (S d)) _ (fun e => graded_step G v e i
        * sum (seq 0 (S (q * j))) (fun m => block letters q G j m (part v (d - e)) w)))
        by (intros; rewrite (IH _ (q * j)%nat) by auto; reflexivity).
      unfold graded_step at 1.
      rewrite (sum_ext (seq 0 (S d)) _ (fun e => sum (seq 0 (S M)) (fun m =>
        sum (seq 0 (S q)) (fun l => if (l <=? m)%nat then apply (words l) (G l) (part v e) i
          * block letters q G j (m - l) (part v (d - e)) w else 0)))).
      2:{ intros e _. symmetry.
          apply (convolution q (q * j) M (fun l => apply (words l) (G l) (part v e) i)
                   (fun m => block letters q G j m (part v (d - e)) w)); [|lia].
          intros m Hm. apply block_zero, Hm. }
      rewrite sum_swap. apply sum_ext. intros m _. rewrite sum_swap, block_S.
      apply sum_ext. intros l _. destruct (l <=? m)%nat; [|symmetry; apply sum_0; reflexivity].
      rewrite (sum_ext (seq 0 (S d)) _ (fun e => sum (words l) (fun x =>
        G l i x * (part v e x * block letters q G j (m - l) (part v (d - e)) w)))).
      2:{ intros e _. unfold apply. rewrite <- sum_scal_r. apply sum_ext. intros. ring. }
      rewrite sum_swap. unfold apply. apply sum_ext. intros x _. rewrite sum_scal. f_equal.
      rewrite (block_ext letters q G j (m - l) _ (fun x' =>
        sum (seq 0 (S d)) (fun e => part v e x * part v (d - e) x'))) by (intros; apply part_app).
      rewrite block_sum. apply sum_ext. intros e _. apply block_scal.
  Qed.

  Variable G : nat -> nat -> I -> list I -> R.
  Variable N : nat.
  Variable u0 : I -> R.
  Hypothesis no_constant : forall k i w, G k 0%nat i w = 0.

  Fixpoint graded (k d : nat) : I -> R :=
    match k with
    | O => fun i => if (d =? 1)%nat then u0 i else 0
    | S k' => graded_step (G k') (graded k') d
    end.

  Lemma graded_0 k i : graded k 0 i = 0.
  Proof.
    revert i. induction k as [|k IH]; intro i; [reflexivity|]. simpl. unfold graded_step.
    apply sum_0. intros l _. apply sum_0. intros x Hx. apply words_length in Hx.
    destruct l as [|l]; [rewrite no_constant; ring|].
    rewrite part_low; [ring|exact IH|lia].
  Qed.

  Lemma part_start d w : part (graded 0) d w = if (d =? length w)%nat then power u0 w else 0.
  Proof.
    revert d. induction w as [|i w IH]; intro d; [reflexivity|]. rewrite part_cons.
    rewrite (sum_ext _ _ (fun m => if (m =? 1)%nat then u0 i * part (graded 0) (d - m) w else 0))
      by (intros; simpl; destruct (x =? 1)%nat; ring).
    destruct d as [|d]; [cbv [seq sum]; simpl; ring|].
    rewrite sum_first, sum_first, sum_0.
    - simpl. rewrite Nat.sub_0_r, IH. destruct (d =? length w)%nat; simpl; ring.
    - reflexivity.
  Qed.

  (** Without constant term a block with m < j vanishes. *)
  Lemma block_lower k j m x w : (m < j)%nat -> block letters q (G k) j m x w = 0.
  Proof.
    revert m x w. induction j as [|j IH]; intros m x w Hm; [lia|].
    destruct w as [|i w]; [reflexivity|]. rewrite block_S. apply sum_0. intros l _.
    destruct (Nat.leb_spec l m); [|reflexivity]. apply sum_0. intros v _.
    destruct l as [|l]; [rewrite no_constant; ring|]. rewrite IH by lia. ring.
  Qed.

  Theorem graded_identity k j w : (1 <= j <= N)%nat -> length w = j ->
    y letters q G N u0 k j w = sum (seq 0 (S N)) (fun d => part (graded k) d w).
  Proof.
    revert j w. induction k as [|k IH]; intros j w Hj Hw.
    - simpl y. rewrite (sum_ext _ _ (fun d => if (d =? j)%nat then power u0 w else 0))
        by (intros; rewrite part_start, Hw; reflexivity).
      replace (S N) with (j + (1 + (N - j)))%nat by lia. rewrite !sum_split.
      rewrite (sum_0 (seq 0 j)), (sum_0 (seq (0 + j + 1) (N - j))).
      + cbv [seq]. rewrite sum_cons. cbv [sum]. simpl. rewrite Nat.eqb_refl. ring.
      + intros m Hm. apply in_range in Hm. destruct (Nat.eqb_spec m j); [lia|reflexivity].
      + intros m Hm. apply in_range in Hm. destruct (Nat.eqb_spec m j); [lia|reflexivity].
    - simpl y. rewrite (block_lower k j 0) by lia. rewrite Rplus_0_r.
      change (graded (S k)) with (graded_step (G k) (graded k)).
      rewrite (sum_ext (seq 0 (S N)) _ (fun d => sum (seq 0 (S (N + q * N))) (fun m =>
        block letters q (G k) j m (part (graded k) d) w)))
        by (intros; symmetry; apply lift_graded; [exact Hw|nia]).
      rewrite sum_swap, sum_first, (sum_0 (seq 0 (S N))), Rplus_0_l
        by (intros; apply block_lower; lia).
      rewrite <- (sum_map S (seq 0 (N + q * N)) (fun m => sum (seq 0 (S N)) (fun d =>
        block letters q (G k) j m (part (graded k) d) w))), seq_shift, sum_split.
      rewrite (sum_0 (seq (1 + N) (q * N))), Rplus_0_r.
      + apply sum_ext. intros m Hm. apply in_range in Hm. rewrite <- block_sum. apply block_ext.
        intros x Hx. apply IH; lia.
      + intros m Hm. apply in_range in Hm. apply sum_0. intros d Hd. apply in_range in Hd.
        rewrite (block_ext letters q (G k) j m _ (fun _ => 0)); [apply block_0|].
        intros x Hx. apply part_low; [apply graded_0|lia].
  Qed.
End Graded.
