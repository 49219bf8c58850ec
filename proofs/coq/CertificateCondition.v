(** Theorem 13.2: the condition number that the certificate of a history gives.

    The levels of C_k x are at most sum_m c_jm |x_m|; rows of c sum up to at most r, columns to at most s,
    theta^2 = r s. With S_d = 1 + theta + ... + theta^d the history matrix of T steps and p idle ones obeys
    |L| <= 1 + max(1, theta) and |L^-1|^2 <= (S_T + p) max_(d<=T) (S_d + p theta^d). *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums CrossNorm BlockNorms History Regimes.
Import ListNotations.
Open Scope R_scope.

Lemma sum_offset j : forall n f, sum (seq j n) f = sum (seq 0 n) (fun i => f (j + i)%nat).
Proof. induction j as [|j IH]; intros n f; [reflexivity|]. rewrite sum_shift, IH. reflexivity. Qed.

Section Table.
  Variables (theta : R) (T p : nat).
  Hypothesis theta_nonneg : 0 <= theta.
  Definition geometric (d : nat) : R := sum (seq 0 (S d)) (fun i => theta ^ i).
  Definition column (d : nat) : R := geometric d + INR p * theta ^ d.
  Fixpoint largest (f : nat -> R) (d : nat) : R :=
    match d with O => f 0%nat | S d' => Rmax (f (S d')) (largest f d') end.
  Definition inverse_bound : R := sqrt ((geometric T + INR p) * largest column T).
  Definition power_table : nat -> nat -> R := theta_table T (fun i j => theta ^ (i - j)).

  Lemma largest_ge f d n : (d <= n)%nat -> f d <= largest f n.
  Proof.
    intro H. induction H as [|n _ IH]; [destruct d; [right; reflexivity|apply Rmax_l]|].
    eapply Rle_trans; [exact IH|apply Rmax_r].
  Qed.
  Lemma power_nonneg k : 0 <= theta ^ k.
  Proof. apply pow_le, theta_nonneg. Qed.
  Lemma geometric_le d n : (d <= n)%nat -> geometric d <= geometric n.
  Proof. intro H. apply sum_prefix; [lia|apply power_nonneg]. Qed.
  Lemma geometric_ge d : 1 <= geometric d.
  Proof. eapply Rle_trans; [|apply (geometric_le 0 d); lia]. unfold geometric, seq, sum. simpl. lra. Qed.
  Lemma power_table_nonneg i j : 0 <= power_table i j.
  Proof. unfold power_table, theta_table. destruct (j <=? i)%nat; [apply power_nonneg|lra]. Qed.

  (** Beyond time T a column or a row has entries of at most one power. *)
  Lemma constant_part f c : (forall k, (S T <= k < S T + p)%nat -> f k <= c) ->
    sum (seq (0 + S T) p) f <= INR p * c.
  Proof.
    intro H. eapply Rle_trans; [apply (sum_le _ f (fun _ => c))|rewrite sum_const, seq_length; lra].
    intros k Hk. apply in_range in Hk. apply H. lia.
  Qed.
  Lemma row_power_sums i : sum (times T p) (power_table i) <= geometric T + INR p.
  Proof.
    unfold times. replace (T + p + 1)%nat with (S T + p)%nat by lia. rewrite sum_split.
    apply Rplus_le_compat.
    - destruct (Nat.le_gt_cases T i) as [H|H].
      + unfold geometric. rewrite <- (sum_reversed T (fun i => theta ^ i)). apply sum_le. intros j Hj.
        apply in_range in Hj. unfold power_table, theta_table. destruct (Nat.leb_spec j i); [|lia].
        rewrite (Nat.min_r i T), (Nat.min_l j T) by lia. lra.
      + eapply Rle_trans; [|apply (geometric_le i T); lia].
        replace (S T) with (S i + (T - i))%nat by lia.
        rewrite sum_split, (sum_0 (seq (0 + S i) (T - i))), Rplus_0_r.
        * unfold geometric. rewrite <- (sum_reversed i (fun i => theta ^ i)). apply sum_le. intros j Hj.
          apply in_range in Hj. unfold power_table, theta_table. destruct (Nat.leb_spec j i); [|lia].
          rewrite !Nat.min_l by lia. lra.
        * intros j Hj. apply in_range in Hj. unfold power_table, theta_table.
          destruct (Nat.leb_spec j i); [lia|reflexivity].
    - rewrite <- (Rmult_1_r (INR p)). apply constant_part. intros j Hj. unfold power_table, theta_table.
      destruct (Nat.leb_spec j i); [|lra]. rewrite !Nat.min_r, Nat.sub_diag by lia. simpl. lra.
  Qed.
  Lemma column_power_sums j : sum (times T p) (fun i => power_table i j) <= largest column T.
  Proof.
    eapply Rle_trans; [|apply (largest_ge column (T - Nat.min j T)); lia]. unfold column.
    unfold times. replace (T + p + 1)%nat with (S T + p)%nat by lia. rewrite sum_split.
    apply Rplus_le_compat.
    - destruct (Nat.le_gt_cases j T) as [H|H].
      + rewrite (Nat.min_l j T) by lia. replace (S T) with (j + S (T - j))%nat by lia.
        rewrite sum_split, (sum_0 (seq 0 j)), Rplus_0_l.
        * right. unfold geometric. rewrite Nat.add_0_l, sum_offset. apply sum_ext. intros i Hi.
          apply in_range in Hi.
          unfold power_table, theta_table. destruct (Nat.leb_spec j (j + i)); [|lia].
          rewrite !Nat.min_l by lia. f_equal. lia.
        * intros i Hi. apply in_range in Hi. unfold power_table, theta_table.
          destruct (Nat.leb_spec j i); [lia|reflexivity].
      + rewrite sum_0; [pose proof (geometric_ge (T - Nat.min j T)); lra|].
        intros i Hi. apply in_range in Hi. unfold power_table, theta_table.
        destruct (Nat.leb_spec j i); [lia|reflexivity].
    - apply constant_part. intros i Hi. unfold power_table, theta_table.
      destruct (Nat.leb_spec j i); [|apply power_nonneg]. rewrite (Nat.min_r i T) by lia. lra.
  Qed.
  Theorem power_table_norm : norm_at_most (times T p) (times T p) power_table inverse_bound.
  Proof.
    assert (R0 : 0 <= geometric T + INR p) by (pose proof (geometric_ge T); pose proof (pos_INR p); lra).
    assert (C0 : 0 <= largest column T).
    { eapply Rle_trans; [|apply (largest_ge column 0); lia]. unfold column.
      pose proof (geometric_ge 0). pose proof (pos_INR p). simpl. lra. }
    apply schur_test with (r := geometric T + INR p) (c := largest column T).
    - apply sqrt_pos.
    - exact R0.
    - right. symmetry. unfold inverse_bound. apply pow2_sqrt, Rmult_le_pos; assumption.
    - apply power_table_nonneg.
    - intros i _. apply row_power_sums.
    - intros j _. apply column_power_sums.
  Qed.
End Table.

Section Condition.
  Context {V : Type} (plus minus : V -> V -> V) (levels : V -> nat -> R) (N : nat).
  Notation norm := (fun v => l2 (seq 1 N) (levels v)).
  Hypothesis levels_nonneg : forall v j, 0 <= levels v j.
  Hypothesis norm_plus : forall x y, norm (plus x y) <= norm x + norm y.
  Hypothesis norm_minus : forall x y, norm (minus x y) <= norm x + norm y.

  Variables (C : nat -> V -> V) (c : nat -> nat -> R) (r s : R) (T p : nat).
  Hypothesis additive : forall k x y, C k (plus x y) = plus (C k x) (C k y).
  Hypothesis c_nonneg : forall j m, 0 <= c j m.
  Hypothesis blocks : forall k v j, (1 <= j <= N)%nat ->
    levels (C k v) j <= apply (seq 1 N) c (levels v) j.
  Hypothesis rows : forall j, In j (seq 1 N) -> sum (seq 1 N) (c j) <= r.
  Hypothesis cols : forall m, In m (seq 1 N) -> sum (seq 1 N) (fun j => c j m) <= s.
  Hypothesis r_nonneg : 0 <= r.
  Hypothesis s_nonneg : 0 <= s.
  Notation theta := (sqrt (r * s)).

  Lemma step_norm k v : norm (C k v) <= theta * norm v.
  Proof.
    apply (block_norm (seq 1 N) (seq 1 N) c).
    - apply schur_test with (r := r) (c := s); auto using sqrt_pos.
      right. symmetry. apply pow2_sqrt, Rmult_le_pos; assumption.
    - apply levels_nonneg.
    - intros j Hj. split; [apply levels_nonneg|]. apply in_range in Hj. apply blocks. lia.
  Qed.
  Lemma prod_norm j n v : norm (prod C j n v) <= theta ^ n * norm v.
  Proof.
    induction n as [|n IH]; [simpl; lra|]. cbn [prod pow]. eapply Rle_trans; [apply step_norm|].
    rewrite Rmult_assoc. apply Rmult_le_compat_l; [apply sqrt_pos|exact IH].
  Qed.
  Lemma prod_additive j n x y : prod C j n (plus x y) = plus (prod C j n x) (prod C j n y).
  Proof. induction n as [|n IH]; [reflexivity|]. cbn [prod]. rewrite IH. apply additive. Qed.

  Theorem certificate_inverse b :
    history_norm norm T p (solve plus (padded C T) b) <= inverse_bound theta T p * history_norm norm T p b.
  Proof.
    apply (inverse_norm plus norm (fun v => l2_nonneg (seq 1 N) (levels v)) C T p)
      with (nu := fun i j => theta ^ (i - j)).
    - intros j n x y. rewrite prod_additive. apply norm_plus.
    - intros i j x _. apply prod_norm.
    - apply power_table_norm, sqrt_pos.
  Qed.
  Theorem certificate_forward z :
    history_norm norm T p (L minus (padded C T) z) <= (1 + Rmax 1 theta) * history_norm norm T p z.
  Proof.
    apply (forward_norm minus norm (fun v => l2_nonneg (seq 1 N) (levels v)) C T p).
    - eapply Rle_trans; [|apply Rmax_l]. lra.
    - exact norm_minus.
    - intros k x. unfold padded. pose proof (l2_nonneg (seq 1 N) (levels x)) as P.
      pose proof (Rmax_l 1 theta) as M1. pose proof (Rmax_r 1 theta) as M2. destruct (k <? T)%nat.
      + eapply Rle_trans; [apply step_norm|]. apply Rmult_le_compat_r; assumption.
      + rewrite <- (Rmult_1_l (l2 _ _)) at 1. apply Rmult_le_compat_r; assumption.
  Qed.
End Condition.

(** One level, C = 1/2, one step: |L^-1| <= (3/2 * 3/2)^(1/2). *)
Definition half_norm (v : R) : R := l2 (seq 1 1) (fun _ => Rabs v).
Example condition_instance b :
  history_norm half_norm 1 0 (solve Rplus (padded (fun _ v => v / 2) 1) b)
  <= 3 / 2 * history_norm half_norm 1 0 b.
Proof.
  assert (One : forall f, sum (seq 1 1) f = f 1%nat) by (intro f; unfold sum; simpl; ring).
  assert (Root : forall v, 0 <= v -> sqrt (v * v) = v) by (intros v Hv; apply sqrt_square, Hv).
  assert (Theta : sqrt (1 / 2 * (1 / 2)) = 1 / 2) by (apply Root; lra).
  assert (B : inverse_bound (1 / 2) 1 0 = 3 / 2).
  { unfold inverse_bound. cbn [largest]. unfold column, geometric, seq, sum. simpl.
    rewrite Rmax_left by lra.
    match goal with |- sqrt ?x = _ => replace x with (3 / 2 * (3 / 2)) by field end. apply Root. lra. }
  rewrite <- B, <- Theta.
  apply (certificate_inverse Rplus (fun v _ => Rabs v) 1) with (c := fun _ _ => 1 / 2); try lra.
  - intros. apply Rabs_pos.
  - intros x y. unfold l2. rewrite !One. rewrite <- !Rsqr_pow2, !sqrt_Rsqr by apply Rabs_pos.
    apply Rabs_triang.
  - intros. field.
  - intros. lra.
  - intros k v j _. unfold apply. rewrite One. right. unfold Rdiv.
    rewrite Rabs_mult, (Rabs_pos_eq (/ 2)) by lra. ring.
  - intros. rewrite One. lra.
  - intros. rewrite One. lra.
Qed.
Example forward_instance z : history_norm half_norm 1 0 (L Rminus (padded (fun _ v => v / 2) 1) z)
  <= (1 + 1) * history_norm half_norm 1 0 z.
Proof.
  assert (One : forall f, sum (seq 1 1) f = f 1%nat) by (intro f; unfold sum; simpl; ring).
  assert (Theta : Rmax 1 (sqrt (1 / 2 * (1 / 2))) = 1).
  { rewrite sqrt_square by lra. apply Rmax_left. lra. }
  rewrite <- Theta at 2.
  apply (certificate_forward Rminus (fun v _ => Rabs v) 1) with (c := fun _ _ => 1 / 2); try lra.
  - intros. apply Rabs_pos.
  - intros x y. unfold l2. rewrite !One. rewrite <- !Rsqr_pow2, !sqrt_Rsqr by apply Rabs_pos.
    rewrite <- (Rabs_Ropp y). apply Rabs_triang.
  - intros. lra.
  - intros k v j _. unfold apply. rewrite One. right. unfold Rdiv.
    rewrite Rabs_mult, (Rabs_pos_eq (/ 2)) by lra. ring.
  - intros. rewrite One. lra.
  - intros. rewrite One. lra.
Qed.
