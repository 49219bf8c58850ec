(** Lemma 5.7: sines of multiples from an inexact sine and cosine.

    If c and s_1 differ from cos t and sin t by at most tau, s_0 = 0 and s_(d+1) = 2 c s_d - s_(d-1), then
    |s_d - sin (d t)| <= d^2 tau / (1 - D^2 tau) for d <= D, as long as D^2 tau < 1. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums Chebyshev.
Import ListNotations.
Open Scope R_scope.

(** Chebyshev polynomials of the second kind: at most n + 1 in modulus on [-1, 1]. *)
Fixpoint second (n : nat) (x : R) : R :=
  match n with
  | O => 1
  | S n' => match n' with O => 2 * x | S n'' => 2 * x * second n' x - second n'' x end
  end.
Lemma second_step n x : second (S (S n)) x = 2 * x * second (S n) x - second n x.
Proof. reflexivity. Qed.
Lemma second_first n x : second (S n) x = x * second n x + cheb (S n) x.
Proof.
  induction n as [| |n IH IH'] using two_steps; [simpl; ring|simpl; ring|].
  rewrite (second_step (S n)), (cheb_step (S n)).
  replace (cheb (S (S n)) x) with (second (S (S n)) x - x * second (S n) x) by (rewrite IH'; ring).
  replace (cheb (S n) x) with (second (S n) x - x * second n x) by (rewrite IH; ring).
  rewrite (second_step n). ring.
Qed.
Lemma second_bound n x : -1 <= x <= 1 -> Rabs (second n x) <= INR (S n).
Proof.
  intro Hx. induction n as [|n IH]; [simpl; rewrite Rabs_R1; lra|].
  rewrite second_first, (S_INR (S n)). eapply Rle_trans; [apply Rabs_triang|].
  apply Rplus_le_compat; [|apply cheb_bound, Hx]. rewrite Rabs_mult.
  rewrite <- (Rmult_1_l (INR (S n))). apply Rmult_le_compat; auto using Rabs_pos. apply Rabs_le. lra.
Qed.

(** A sequence from 0 through its defects in the recursion of the sines. *)
Lemma from_defects x (e delta : nat -> R) : e 0%nat = 0 -> delta 0%nat = e 1%nat ->
  (forall d, delta (S d) = e (S (S d)) - 2 * x * e (S d) + e d) ->
  forall d, e d = sum (seq 0 d) (fun i => second (d - 1 - i) x * delta i).
Proof.
  intros H0 H1 H. induction d as [| |d IH IH'] using two_steps.
  - rewrite H0. reflexivity.
  - cbv [seq]. rewrite sum_cons, H1. cbv [sum]. simpl. ring.
  - rewrite !sum_last. replace (S (S d) - 1 - S d)%nat with 0%nat by lia.
    replace (S (S d) - 1 - d)%nat with 1%nat by lia.
    rewrite (sum_ext (seq 0 d) _ (fun i => 2 * x * (second (S d - 1 - i) x * delta i)
      - second (d - 1 - i) x * delta i)).
    + rewrite sum_minus, sum_scal, <- IH. rewrite sum_last in IH'.
      replace (S d - 1 - d)%nat with 0%nat in IH' by lia. rewrite H.
      change (second 0 x) with 1 in IH' |- *. change (second 1 x) with (2 * x).
      set (A := sum (seq 0 d) (fun i => second (S d - 1 - i) x * delta i)) in *.
      replace A with (e (S d) - delta d) by (rewrite IH'; ring). ring.
    + intros i Hi. apply in_range in Hi. replace (S (S d) - 1 - i)%nat with (S (S (d - 1 - i))) by lia.
      replace (S d - 1 - i)%nat with (S (d - 1 - i)) by lia. rewrite second_step. ring.
Qed.
Lemma sum_down n : sum (seq 0 n) (fun i => INR (n - i)) = INR n * (INR n + 1) / 2.
Proof.
  induction n as [|n IH]; [cbv [seq sum]; simpl; field|]. rewrite sum_first.
  rewrite (sum_ext (seq 0 n) _ (fun i => INR (n - i))) by reflexivity.
  rewrite IH, Nat.sub_0_r, S_INR. field.
Qed.
Lemma largest (e : nat -> R) D : exists m, (m <= D)%nat /\ forall d, (d <= D)%nat -> Rabs (e d) <= Rabs
  (e m).
Proof.
  induction D as [|D (m & Hm & H)].
  - exists 0%nat. split; [lia|]. intros d Hd. replace d with 0%nat by lia. lra.
  - destruct (Rle_dec (Rabs (e (S D))) (Rabs (e m))) as [L|L].
    + exists m. split; [lia|]. intros d Hd.
      destruct (Nat.eq_dec d (S D)) as [->|]; [exact L|apply H; lia].
    + exists (S D). split; [lia|]. intros d Hd. destruct (Nat.eq_dec d (S D)) as [->|]; [lra|].
      specialize (H d ltac:(lia)). lra.
Qed.

Section Steps.
  Variables (t c tau : R) (s : nat -> R) (D : nat).
  Hypothesis start : s 0%nat = 0.
  Hypothesis sine : Rabs (s 1%nat - sin t) <= tau.
  Hypothesis cosine : Rabs (c - cos t) <= tau.
  Hypothesis steps : forall d, s (S (S d)) = 2 * c * s (S d) - s d.
  Hypothesis small : INR D ^ 2 * tau < 1.
  Definition defect (d : nat) : R := s d - sin (INR d * t).
  Definition source (i : nat) : R := match i with O => defect 1 | _ => 2 * (c - cos t) * s i end.

  Lemma tau_nonneg : 0 <= tau.
  Proof. eapply Rle_trans; [apply Rabs_pos|exact sine]. Qed.
  Lemma defect_sum d : defect d = sum (seq 0 d) (fun i => second (d - 1 - i) (cos t) * source i).
  Proof.
    apply from_defects; [unfold defect; rewrite start; simpl; rewrite Rmult_0_l, sin_0;
      ring|reflexivity|].
    intro i. unfold source, defect. rewrite steps, !S_INR.
    replace ((INR i + 1 + 1) * t) with ((INR i + 1) * t + t) by ring.
    replace (INR i * t) with ((INR i + 1) * t - t) by ring. rewrite sin_plus, sin_minus. ring.
  Qed.
  (** With |s_i| <= M: |defect| <= d tau + d (d - 1) tau M. *)
  Lemma defect_bound M d : 1 <= M -> (forall i, (i < d)%nat -> Rabs (s i) <= M) ->
    Rabs (defect d) <= INR d ^ 2 * tau * M.
  Proof.
    intros HM Hs. pose proof tau_nonneg as Ht. destruct d as [|d].
    { unfold defect. rewrite start. simpl. rewrite Rmult_0_l, sin_0, Rminus_0_r, Rabs_R0. lra. }
    rewrite defect_sum. eapply Rle_trans; [apply sum_abs|]. rewrite sum_first.
    apply Rle_trans with (INR (S d) * tau + sum (seq 0 d) (fun i => INR (d - i) * (2 * tau * M))).
    - apply Rplus_le_compat.
      + rewrite Rabs_mult. replace (S d - 1 - 0)%nat with d by lia.
        apply Rmult_le_compat; auto using Rabs_pos; [apply second_bound, COS_bound|].
        unfold source, defect. simpl INR. rewrite Rmult_1_l. exact sine.
      + apply sum_le. intros i Hi. apply in_range in Hi. rewrite Rabs_mult.
        replace (d - i)%nat with (S (S d - 1 - S i)) by lia.
        apply Rmult_le_compat; auto using Rabs_pos; [apply second_bound, COS_bound|].
        unfold source. rewrite !Rabs_mult, (Rabs_pos_eq 2) by lra.
        apply Rmult_le_compat; auto using Rabs_pos; [|lra|apply Hs; lia].
        apply Rmult_le_pos; [lra|apply Rabs_pos].
    - rewrite sum_scal_r, sum_down, S_INR. pose proof (pos_INR d) as Hd.
      replace ((INR d + 1) ^ 2 * tau * M)
        with ((INR d + 1) * tau * M + INR d * (INR d + 1) / 2 * (2 * tau * M)) by field.
      apply Rplus_le_compat_r. rewrite <- (Rmult_1_r ((INR d + 1) * tau)) at 1.
      apply Rmult_le_compat_l; [|exact HM]. apply Rmult_le_pos; lra.
  Qed.

  Theorem sine_steps d : (d <= D)%nat -> Rabs (s d - sin (INR d * t)) <= INR d ^ 2 * tau / (1 - INR D ^ 2
    * tau).
  Proof.
    intro Hd. pose proof tau_nonneg as Ht. destruct (largest defect D) as (m & Hm & Hmax).
    set (M := 1 + Rabs (defect m)).
    assert (HM : 1 <= M) by (pose proof (Rabs_pos (defect m)); unfold M; lra).
    assert (Hs : forall i, (i <= D)%nat -> Rabs (s i) <= M).
    { intros i Hi. replace (s i) with (sin (INR i * t) + defect i) by (unfold defect; ring).
      eapply Rle_trans; [apply Rabs_triang|].
      apply Rplus_le_compat; [apply Rabs_le, SIN_bound|apply Hmax, Hi]. }
    assert (B : forall i, (i <= D)%nat -> Rabs (defect i) <= INR i ^ 2 * tau * M).
    { intros i Hi. apply defect_bound; [exact HM|]. intros. apply Hs. lia. }
    assert (MD : M * (1 - INR D ^ 2 * tau) <= 1).
    { pose proof (B m Hm) as Bm.
      assert (INR m ^ 2 * tau * M <= INR D ^ 2 * tau * M).
      { repeat (apply Rmult_le_compat_r; [lra|]). apply pow_incr.
        split; [apply pos_INR|apply le_INR, Hm]. }
      unfold M in *. lra. }
    eapply Rle_trans; [apply B, Hd|]. unfold Rdiv. apply Rmult_le_compat_l.
    - apply Rmult_le_pos; [apply pow_le, pos_INR|exact Ht].
    - apply Rmult_le_reg_r with (1 - INR D ^ 2 * tau); [lra|]. rewrite Rinv_l by lra. exact MD.
  Qed.
End Steps.

(** t = 0 with c = 1 and s_1 = tau = 1/100: s_d = d/100. *)
Example sine_instance d : (d <= 5)%nat ->
  Rabs (INR d / 100 - sin (INR d * 0)) <= INR d ^ 2 * (1/100) / (1 - INR 5 ^ 2 * (1/100)).
Proof.
  apply (sine_steps 0 1 (1/100) (fun d => INR d / 100) 5).
  - simpl. field.
  - rewrite sin_0. simpl. rewrite Rabs_pos_eq; lra.
  - rewrite cos_0, Rminus_diag_eq, Rabs_R0 by reflexivity. lra.
  - intro i. rewrite !S_INR. field.
  - simpl. lra.
Qed.
