(** Lemma 6.3 and Theorem 6.4 with numbers, and where the step of 6.4 is exact (A = 0). *)
From Coq Require Import Reals Lra Lia List Arith.
From Coquelicot Require Import Coquelicot.
From QGD Require Import Sums Words CrossNorm FirstOrder ForcedFlow Taylor FlowNorm.
Import ListNotations.
Open Scope R_scope.

Section Exact.
  Context {I : Type} (letters : list I).
  Variables (A : I -> I -> R) (c : I -> R) (h : R) (k n : nat) (y : R -> I -> R) (z : nat -> I -> R).
  Hypothesis A_zero : forall x i, apply letters A x i = 0.
  Hypothesis k_pos : (1 <= k)%nat.
  Hypothesis h_nonneg : 0 <= h.
  Hypothesis y_ode : forall t i, 0 <= t <= INR n * h -> In i letters ->
    is_derive (fun s => y s i) t (apply letters A (y t) i + c i).
  Hypothesis z_start : forall i, In i letters -> z 0%nat i = y 0 i.
  Hypothesis z_step : forall j i, (j < n)%nat -> In i letters ->
    z (S j) i = taylor letters A c k h (z j) i.

  Lemma affine_step x i : taylor letters A c k h x i = x i + h * c i.
  Proof.
    assert (Z : forall l v, iter letters A (S l) v i = 0) by (intros; apply A_zero).
    destruct k as [|k']; [lia|]. unfold taylor. rewrite !sum_first, !sum_0.
    - rewrite !Z. unfold term. simpl. field.
    - intros m _. rewrite Z. ring.
    - intros m _. rewrite Z. ring.
  Qed.
  Theorem taylor_exact j i : (j <= n)%nat -> In i letters -> y (INR j * h) i = z j i.
  Proof.
    intros Hj Hi. assert (Z : z j i = y 0 i + INR j * h * c i).
    { clear - z_start z_step k_pos A_zero Hj Hi. induction j as [|j IH].
      - rewrite z_start by exact Hi. simpl. ring.
      - rewrite z_step, affine_step, IH, S_INR by (assumption || lia). ring. }
    assert (Ht : 0 <= INR j * h <= INR n * h).
    { split; [apply Rmult_le_pos; [apply pos_INR|exact h_nonneg]|].
      apply Rmult_le_compat_r; [exact h_nonneg|apply le_INR, Hj]. }
    assert (N : l2 letters (fun i => y (INR j * h) i - (y 0 i + INR j * h * c i)) <= 0).
    { apply (forced_comparison letters 0 (INR n * h) (fun t i => y t i - (y 0 i + t * c i)) (fun _ _ => 0)
        (fun _ => 0) (fun _ => 0) (fun _ => 0)).
      - intros t i' H Hi'.
        replace 0 with (apply letters A (y t) i' + c i' - c i') by (rewrite A_zero; ring).
        apply (is_derive_minus (V := R_NormedModule)); [apply y_ode; assumption|].
        auto_derive; [trivial|ring].
      - intros. rewrite sum_0 by (intros; ring). lra.
      - intros. lra.
      - intros. apply (is_derive_const (V := R_NormedModule)).
      - intros. lra.
      - right. apply l2_0. intros. ring.
      - exact Ht. }
    pose proof (l2_nonneg letters (fun i => y (INR j * h) i - (y 0 i + INR j * h * c i))) as P.
    pose proof (l2_zero letters _ (Rle_antisym _ _ N P) i Hi) as E. cbv beta in E. lra.
  Qed.
End Exact.

(** ** y' = -y + 1, y(0) = 0, two steps of 1/2 of order 2: 0, 3/8, 39/64 for 1 - exp(-t) *)
Definition decay (_ _ : unit) : R := -1.
Definition drive (_ : unit) : R := 1.
Definition saturating (t : R) (_ : unit) : R := 1 - exp (- t).
Fixpoint two_halves (j : nat) (i : unit) : R :=
  match j with O => 0 | S j' => 5 / 8 * two_halves j' i + 3 / 8 end.

Lemma one_letter f : Sums.sum [tt] f = f tt.
Proof. unfold Sums.sum. ring. Qed.
Lemma one_norm f : l2 [tt] f = Rabs (f tt).
Proof. unfold l2. rewrite one_letter, <- Rsqr_pow2. apply sqrt_Rsqr_abs. Qed.

Example taylor_instance :
  Rabs (1 - exp (- 1) - 39 / 64) <= (exp (- (1 / 2)) + 11 / 8) * (exp (1 / 2) - 13 / 8).
Proof.
  pose proof (taylor_steps [tt] decay drive 1 (-1) (1 / 2) 2) as H.
  specialize (H ltac:(intro x; rewrite !one_norm; unfold apply; rewrite one_letter;
    unfold decay; rewrite Rabs_mult, Rabs_left by lra; lra)).
  specialize (H ltac:(intro x; rewrite one_letter, one_norm, pow2_abs; unfold apply; rewrite one_letter;
    unfold decay; simpl; lra) ltac:(lra) ltac:(lra)).
  specialize (H 2%nat saturating two_halves).
  assert (H3 : l2 [tt] (fun i => saturating (INR 2 * (1 / 2)) i - two_halves 2 i)
    <= delta [tt] drive 1 (-1) (1 / 2) 2 two_halves 2).
  { apply H; [| | |lia].
    - intros t i _ _. unfold saturating, apply. rewrite one_letter. unfold decay, drive.
      auto_derive; [trivial|ring].
    - intros i _. unfold saturating. rewrite Ropp_0, exp_0. simpl. ring.
    - intros j [] _ _. unfold taylor, term, seq, Sums.sum, iter, apply, Sums.sum, decay, drive. simpl.
      field. }
  rewrite one_norm in H3.
  replace (1 - exp (- 1) - 39 / 64) with (saturating (INR 2 * (1 / 2)) tt - two_halves 2 tt).
  - eapply Rle_trans; [exact H3|]. right.
    unfold delta, remainder, term, seq, Sums.sum. rewrite !one_norm. unfold drive, two_halves.
    rewrite Rabs_R0, Rabs_R1, (Rabs_pos_eq (5 / 8 * 0 + 3 / 8)) by lra.
    replace (-1 * (1 / 2)) with (- (1 / 2)) by field. replace (1 / 2 * 1) with (1 / 2) by field.
    simpl. field.
  - unfold saturating. replace (INR 2 * (1 / 2)) with 1 by (simpl; field). simpl.
    replace (- (1)) with (-1) by ring. field.
Qed.

(** ** x' = x^2, x(0) = 1: the cell [1, 2] is crossed with speed at most 4, so |x| <= 2 up to 1/4. *)
Definition square_only (l : nat) : R := if (l =? 2)%nat then 1 else 0.
Definition blow_up (t : R) (_ : unit) : R := / (1 - t).
Definition one_or_two (i : nat) : R := INR (S i).

Lemma square_norm_at z l : (l <= 2)%nat -> l <> 1%nat ->
  l2 [tt] (apply (words [tt] l) (fun _ _ => square_only l) (power z)) <= square_only l * l2 [tt] z ^ l.
Proof.
  intros Hl H1. rewrite !one_norm. unfold apply. destruct l as [|[|[|l]]]; try lia.
  - rewrite sum_words_0. unfold square_only. simpl. rewrite Rmult_0_l, Rabs_R0. lra.
  - rewrite sum_words_S, one_letter, sum_words_1, one_letter. unfold square_only. simpl power.
    simpl Nat.eqb. cbv iota. rewrite Rmult_1_l, !Rabs_mult, Rabs_R1. right. ring.
Qed.
Lemma squared z i : FirstOrder.delta [tt] 2 (fun l _ _ => square_only l) z i = z tt ^ 2.
Proof.
  unfold FirstOrder.delta, apply, seq. rewrite (sum_cons 0%nat), (sum_cons 1%nat), (sum_cons 2%nat).
  rewrite sum_words_0, sum_words_1, one_letter, sum_words_S, one_letter, sum_words_1, one_letter.
  unfold square_only, Sums.sum. simpl. ring.
Qed.
Example norm_instance t : 0 <= t <= 1 / 4 -> Rabs (/ (1 - t)) <= 2.
Proof.
  intro Ht. pose proof (flow_norm_crossed 2 square_only 0) as H.
  specialize (H ltac:(intro l; unfold square_only; destruct (l =? 2)%nat; lra)).
  specialize (H unit [tt] (fun l _ _ => square_only l) (1 / 4) blow_up).
  specialize (H ltac:(intros l z; apply square_norm_at)).
  assert (G : fastest 2 square_only 0 1 2 = 4).
  { assert (G1 : growth 2 square_only 0 1 = 1)
      by (unfold growth, rates, square_only, seq, Sums.sum; simpl; ring).
    assert (G2 : growth 2 square_only 0 2 = 4)
      by (unfold growth, rates, square_only, seq, Sums.sum; simpl; ring).
    unfold fastest. rewrite G1, G2, (Rmax_right 1 4), Rmax_left by lra. reflexivity. }
  assert (X : l2 [tt] (blow_up t) <= one_or_two 1).
  { apply H; try assumption.
    - intro z. unfold apply, square_only. rewrite !one_letter. simpl. lra.
    - intros u i Hu _. rewrite squared. unfold blow_up. auto_derive; [lra|field; lra].
    - unfold one_or_two. rewrite one_norm. unfold blow_up. simpl.
      rewrite Rminus_0_r, Rinv_1, Rabs_R1. lra.
    - intro i. unfold one_or_two. rewrite (S_INR (S i)). lra.
    - intros m Hm. replace m with 0%nat by lia. unfold one_or_two. simpl INR.
      replace (1 + 1) with 2 by ring. rewrite G. lra.
    - simpl crossed. unfold one_or_two. simpl INR. replace (1 + 1) with 2 by ring. rewrite G. lra. }
  rewrite one_norm in X. unfold blow_up, one_or_two in X. simpl INR in X. lra.
Qed.

(** ** x' = -x, x(0) = 1: on the cell [1, 2] the norm does not grow. *)
Definition damping (l : nat) (_ : unit) (_ : list unit) : R := if (l =? 1)%nat then -1 else 0.
Example trapped_instance t : 0 <= t -> Rabs (exp (- t)) <= 2.
Proof.
  intro Ht. assert (X : l2 [tt] (fun _ : unit => exp (- t)) <= one_or_two 1).
  { apply (flow_norm_trapped 1 (fun _ => 0) (-1)) with (letters := [tt]) (F := damping) (T := t)
      (x := fun s (_ : unit) => exp (- s)) (i := 0%nat) (t := t); try lia; try lra.
    - intros. lra.
    - intros l z Hl H1. replace l with 0%nat by lia. rewrite one_norm. unfold apply, damping.
      rewrite sum_words_0. simpl. rewrite Rmult_0_l, Rabs_R0. lra.
    - intro z. unfold apply, damping. rewrite !one_letter, one_norm, pow2_abs. simpl. lra.
    - intros u i _ _. unfold FirstOrder.delta, apply, seq, damping.
      rewrite (sum_cons 0%nat), (sum_cons 1%nat), sum_words_0, sum_words_1, one_letter. unfold Sums.sum.
      simpl. auto_derive; [trivial|ring].
    - unfold one_or_two. rewrite one_norm, Ropp_0, exp_0, Rabs_R1. simpl. lra.
    - intro i. unfold one_or_two. rewrite (S_INR (S i)). lra.
    - unfold fastest, growth, rates, one_or_two, seq, Sums.sum. simpl.
      apply Rmax_right, Rmax_lub; lra. }
  rewrite one_norm in X. unfold one_or_two in X. simpl INR in X. lra.
Qed.
