(** The condition number of the history system in its three regimes.

    One step C repeated T times and p idle rows. With |C^k| <= nu_k and nu_k <= M for k <= T, M >= 1,
    |L^-1| <= sum_(k<=T) nu_k + p M. Dissipative steps:
    (1 - theta^(T+1))/(1 - theta) + p, which saturates in T; steps that do not
    expand: T + p + 1; powers bounded by K: K (T + p + 1). *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums CrossNorm BlockNorms History.
Import ListNotations.
Open Scope R_scope.

Lemma sum_reversed n f : sum (seq 0 (S n)) (fun j => f (n - j)%nat) = sum (seq 0 (S n)) f.
Proof.
  induction n as [|n IH]; [reflexivity|].
  rewrite sum_first, (sum_last (S n) f), <- IH. simpl. rewrite Rplus_comm. reflexivity.
Qed.
Lemma sum_prefix n m f : (n <= m)%nat -> (forall k, 0 <= f k) ->
  sum (seq 0 n) f <= sum (seq 0 m) f.
Proof.
  intros H Hf. replace m with (n + (m - n))%nat by lia. rewrite sum_split.
  pose proof (sum_nonneg (seq (0 + n) (m - n)) f ltac:(auto)). lra.
Qed.

Section Regimes.
  Variables (T p : nat) (nu : nat -> R) (M : R).
  Hypothesis nu_nonneg : forall k, 0 <= nu k.
  Hypothesis nu_le : forall k, (k <= T)%nat -> nu k <= M.

  Definition powers_table : nat -> nat -> R := theta_table T (fun i j => nu (i - j)).
  Definition powers_bound : R := sum (seq 0 (S T)) nu + INR p * M.

  Lemma M_nonneg : 0 <= M.
  Proof. apply Rle_trans with (nu 0%nat); [apply nu_nonneg|apply nu_le; lia]. Qed.
  Lemma table_nonneg i j : 0 <= powers_table i j.
  Proof. unfold powers_table, theta_table. destruct (j <=? i)%nat; [apply nu_nonneg|lra]. Qed.
  Lemma table_le i j : powers_table i j <= M.
  Proof.
    unfold powers_table, theta_table. destruct (j <=? i)%nat; [apply nu_le; lia|apply M_nonneg].
  Qed.
  (** The p idle columns or rows contribute at most p M. *)
  Lemma idle_part f : (forall k, f k <= M) -> sum (seq (0 + S T) p) f <= INR p * M.
  Proof.
    intro H. eapply Rle_trans; [apply (sum_le _ f (fun _ => M)); intros; apply H|].
    rewrite sum_const, seq_length. lra.
  Qed.

  Lemma row_sums i : sum (times T p) (powers_table i) <= powers_bound.
  Proof.
    unfold times, powers_bound. replace (T + p + 1)%nat with (S T + p)%nat by lia. rewrite sum_split.
    apply Rplus_le_compat; [|apply idle_part; intro; apply table_le].
    destruct (Nat.le_gt_cases T i) as [H|H].
    - rewrite <- (sum_reversed T nu). apply sum_le. intros j Hj. apply in_range in Hj.
      unfold powers_table, theta_table. destruct (Nat.leb_spec j i); [|lia].
      rewrite (Nat.min_r i T), (Nat.min_l j T) by lia. lra.
    - replace (S T) with (S i + (T - i))%nat at 1 by lia.
      rewrite sum_split, (sum_0 (seq (0 + S i) (T - i))), Rplus_0_r.
      + apply Rle_trans with (sum (seq 0 (S i)) nu); [|apply sum_prefix; [lia|exact nu_nonneg]].
        rewrite <- (sum_reversed i nu). apply sum_le. intros j Hj. apply in_range in Hj.
        unfold powers_table, theta_table. destruct (Nat.leb_spec j i); [|lia].
        rewrite !Nat.min_l by lia. lra.
      + intros j Hj. apply in_range in Hj. unfold powers_table, theta_table.
        destruct (Nat.leb_spec j i); [lia|reflexivity].
  Qed.

  Lemma column_sums j : sum (times T p) (fun i => powers_table i j) <= powers_bound.
  Proof.
    unfold times, powers_bound. replace (T + p + 1)%nat with (S T + p)%nat by lia. rewrite sum_split.
    apply Rplus_le_compat; [|apply idle_part; intro; apply table_le].
    destruct (Nat.le_gt_cases j T) as [H|H].
    - replace (S T) with (j + S (T - j))%nat at 1 by lia.
      rewrite sum_split, (sum_0 (seq 0 j)), Rplus_0_l.
      + apply Rle_trans with (sum (seq 0 (S (T - j))) nu); [|apply sum_prefix; [lia|exact nu_nonneg]].
        replace (seq (0 + j) (S (T - j))) with (map (fun k => (k + j)%nat) (seq 0 (S (T - j)))).
        * rewrite sum_map. apply sum_le. intros k Hk. apply in_range in Hk.
          unfold powers_table, theta_table. destruct (Nat.leb_spec j (k + j)); [|lia].
          rewrite !Nat.min_l by lia. replace (k + j - j)%nat with k by lia. lra.
        * generalize (S (T - j))%nat as n, 0%nat as s. intro n.
          induction n as [|n IH]; intro s; simpl; [reflexivity|]. rewrite IH. reflexivity.
      + intros i Hi. apply in_range in Hi. unfold powers_table, theta_table.
        destruct (Nat.leb_spec j i); [lia|reflexivity].
    - rewrite sum_0; [apply sum_nonneg; auto|]. intros i Hi. apply in_range in Hi.
      unfold powers_table, theta_table. destruct (Nat.leb_spec j i); [lia|reflexivity].
  Qed.

  Lemma powers_bound_nonneg : 0 <= powers_bound.
  Proof.
    apply Rplus_le_le_0_compat; [apply sum_nonneg; auto|].
    apply Rmult_le_pos; [apply pos_INR|apply M_nonneg].
  Qed.
  Theorem powers_table_norm : norm_at_most (times T p) (times T p) powers_table powers_bound.
  Proof.
    pose proof powers_bound_nonneg.
    apply schur_test with (r := powers_bound) (c := powers_bound); auto using table_nonneg.
    - right. ring.
    - intros. apply row_sums.
    - intros. apply column_sums.
  Qed.
End Regimes.

Section Inverse.
  Context {V : Type} (plus : V -> V -> V) (norm : V -> R).
  Hypothesis norm_nonneg : forall x, 0 <= norm x.
  Variable C : nat -> V -> V.
  Hypothesis subadditive : forall j n x y,
    norm (prod C j n (plus x y)) <= norm (prod C j n x) + norm (prod C j n y).
  Variables T p : nat.
  Notation size := (history_norm norm T p).
  Notation inverse := (solve plus (padded C T)).

  (** General regime. *)
  Theorem inverse_norm_powers nu M : (forall k, 0 <= nu k) ->
    (forall k, (k <= T)%nat -> nu k <= M) ->
    (forall j n x, (j + n <= T)%nat -> norm (prod C j n x) <= nu n * norm x) ->
    forall b, size (inverse b) <= (sum (seq 0 (S T)) nu + INR p * M) * size b.
  Proof.
    intros Hnu HM Hprod.
    apply (inverse_norm plus norm norm_nonneg C T p subadditive (fun i j => nu (i - j)%nat)).
    - intros i j x Hij. apply Hprod. lia.
    - apply powers_table_norm; assumption.
  Qed.

  Lemma product_norm theta : 0 <= theta -> (forall k x, norm (C k x) <= theta * norm x) ->
    forall j n x, norm (prod C j n x) <= theta ^ n * norm x.
  Proof.
    intros Ht HC j n x. induction n as [|n IH]; simpl; [lra|].
    eapply Rle_trans; [apply HC|]. rewrite Rmult_assoc. apply Rmult_le_compat_l; assumption.
  Qed.

  Lemma geometric_sum theta : theta <> 1 ->
    sum (seq 0 (S T)) (fun k => theta ^ k) = (1 - theta ^ S T) / (1 - theta).
  Proof.
    intro Ht. generalize T as n. induction n as [|n IH].
    - cbv [seq]. rewrite sum_cons. cbv [sum]. simpl. field. lra.
    - rewrite sum_last, IH. simpl. field. lra.
  Qed.

  (** Dissipative: saturates in T, at most 1/(1-theta) + p. *)
  Theorem inverse_norm_dissipative theta : 0 <= theta < 1 ->
    (forall k x, norm (C k x) <= theta * norm x) ->
    forall b, size (inverse b) <= ((1 - theta ^ S T) / (1 - theta) + INR p) * size b.
  Proof.
    intros Ht HC b. rewrite <- geometric_sum, <- (Rmult_1_r (INR p)) by lra.
    apply inverse_norm_powers.
    - intro. apply pow_le. lra.
    - intros k _. pose proof (pow_le_low theta 0 k ltac:(lra) ltac:(lia)). simpl in *. lra.
    - intros. apply product_norm; [lra|exact HC].
  Qed.
  Corollary inverse_norm_saturated theta : 0 <= theta < 1 ->
    (forall k x, norm (C k x) <= theta * norm x) ->
    forall b, size (inverse b) <= (/ (1 - theta) + INR p) * size b.
  Proof.
    intros Ht HC b. eapply Rle_trans; [apply (inverse_norm_dissipative theta Ht HC)|].
    apply Rmult_le_compat_r; [apply l2_nonneg|]. apply Rplus_le_compat_r.
    rewrite <- (Rmult_1_l (/ (1 - theta))). apply Rmult_le_compat_r.
    - left. apply Rinv_0_lt_compat. lra.
    - pose proof (pow_le theta (S T) ltac:(lra)). lra.
  Qed.

  (** Powers bounded by K (K = 1: steps that do not expand): linear in T. *)
  Theorem inverse_norm_bounded K : 0 <= K ->
    (forall j n x, (j + n <= T)%nat -> norm (prod C j n x) <= K * norm x) ->
    forall b, size (inverse b) <= K * INR (T + p + 1) * size b.
  Proof.
    intros HK Hprod b. eapply Rle_trans; [apply (inverse_norm_powers (fun _ => K) K); auto|].
    - intros. lra.
    - right. rewrite sum_const, seq_length. rewrite !plus_INR, S_INR. simpl INR. ring.
  Qed.
End Inverse.
