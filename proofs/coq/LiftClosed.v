(** Theorem 10.14: the first-order lift in closed form.

    If |1 + j F_1| + j (f_0/r + b) <= theta <= 1 for j <= N, b = sum_(l>=2) f_l r^(l-1), and w <= r
      bounds the
    trajectory, d = sum_l f_l w^l, then the error is at most r min(1, T N b) (w/r)^(N+1) (truncation) plus
    N (N-1)/2 d^2/r (1 + theta + ... + theta^(T-1)) (lifting). *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums Words CrossNorm FirstOrder.
Import ListNotations.
Open Scope R_scope.

Section Rows.
  Variables (q N : nat) (f a : nat -> R) (r theta : R).
  Hypothesis f_nonneg : forall l, 0 <= f l.
  Hypothesis a_nonneg : forall j, 0 <= a j.
  Hypothesis r_pos : 0 < r.
  Hypothesis theta_range : 0 <= theta <= 1.
  (** |1 + j F_1| + j (f_0/r + b), and b. *)
  Definition row (j : nat) : R :=
    a j + INR j * sum (seq 0 (S q)) (fun l => if (l =? 1)%nat then 0 else f l * r ^ l / r).
  Definition excess : R := sum (seq 0 (S q)) (fun l => if (l <? 2)%nat then 0 else f l * r ^ l / r).
  Hypothesis rows : forall j, (1 <= j <= N)%nat -> row j <= theta.

  Lemma term_nonneg l : 0 <= f l * r ^ l / r.
  Proof.
    apply Rmult_le_pos; [apply Rmult_le_pos; [apply f_nonneg|apply pow_le; lra]|].
    left. apply Rinv_0_lt_compat, r_pos.
  Qed.
  Lemma excess_nonneg : 0 <= excess.
  Proof. apply sum_nonneg. intros l _. destruct (l <? 2)%nat; [lra|apply term_nonneg]. Qed.
  Lemma power_shift j l : (1 <= j)%nat -> r ^ (j + l - 1) = r ^ j * r ^ l / r.
  Proof.
    intro H. rewrite <- pow_add. replace (j + l)%nat with (S (j + l - 1)) by lia. simpl.
    replace (j + l - 1 - 0)%nat with (j + l - 1)%nat by lia. field. lra.
  Qed.

  (** A row of the recursion applied to levels of size r^m c. *)
  Lemma couple_le inside outside c j : (1 <= j)%nat -> 0 <= c ->
    (forall m, (m <= N)%nat -> inside m <= c * r ^ m) ->
    (forall m, (N < m)%nat -> outside m <= c * r ^ m) ->
    a j * (c * r ^ j) + couple q N f inside outside j <= row j * (c * r ^ j).
  Proof.
    intros Hj Hc Hi Ho. unfold row, couple. rewrite Rmult_plus_distr_r. apply Rplus_le_compat_l.
    rewrite Rmult_assoc. apply Rmult_le_compat_l; [apply pos_INR|].
    rewrite <- sum_scal_r. apply sum_le. intros l _. destruct (l =? 1)%nat; [lra|].
    replace (f l * r ^ l / r * (c * r ^ j)) with (f l * (c * r ^ (j + l - 1)))
      by (rewrite power_shift by exact Hj; field; lra).
    apply Rmult_le_compat_l; [apply f_nonneg|].
    destruct (Nat.leb_spec (j + l - 1) N); [apply Hi|apply Ho]; assumption.
  Qed.
  Lemma driven_0 source : (forall k, source k 0%nat = 0) -> forall k, driven q N f a source k 0 = 0.
  Proof.
    intros Hs. induction k as [|k IH]; [reflexivity|]. cbn [driven].
    rewrite IH, couple_level0, Hs. ring.
  Qed.

  (** Sources of size r^j c give at most r^j c (1 + theta + ... + theta^(k-1)). *)
  Lemma driven_le source c : 0 <= c -> (forall k, source k 0%nat = 0) ->
    (forall k j, (1 <= j <= N)%nat -> source k j <= c * r ^ j) ->
    forall k j, (j <= N)%nat -> driven q N f a source k j <= c * sum (seq 0 k) (fun i => theta ^ i) * r ^
      j.
  Proof.
    intros Hc H0 Hs. induction k as [|k IH]; intros j Hj.
    { cbv [seq sum]. simpl. lra. }
    assert (S0 : forall n, 0 <= sum (seq 0 n) (fun i => theta ^ i))
      by (intro; apply sum_nonneg; intros; apply pow_le; lra).
    set (s := sum (seq 0 k) (fun i => theta ^ i)) in *.
    assert (Hcs : 0 <= c * s) by (apply Rmult_le_pos; [exact Hc|apply S0]).
    destruct j as [|j]; [rewrite driven_0 by exact H0; apply Rmult_le_pos;
      [apply Rmult_le_pos; [exact Hc|apply S0]|simpl; lra]|].
    set (J := S j) in *. assert (P : 0 < r ^ J) by (apply pow_lt, r_pos).
    cbn [driven]. rewrite sum_first.
    rewrite (sum_ext (seq 0 k) (fun m => theta ^ S m) (fun m => theta * theta ^ m)) by reflexivity.
    rewrite sum_scal. change (sum (seq 0 k) (pow theta)) with s.
    apply Rle_trans with (theta * (c * s * r ^ J) + c * r ^ J); [|right; simpl; ring].
    apply Rplus_le_compat; [|apply Hs; unfold J; lia].
    apply Rle_trans with (row J * (c * s * r ^ J)).
    - eapply Rle_trans; [|apply (couple_le (driven q N f a source k) (fun _ => 0) (c * s) J); auto].
      + apply Rplus_le_compat_r, Rmult_le_compat_l; [apply a_nonneg|]. apply IH. exact Hj.
      + unfold J. lia.
      + intros m Hm. apply Rmult_le_pos; [exact Hcs|apply pow_le; lra].
    - apply Rmult_le_compat_r; [apply Rmult_le_pos; lra|]. apply rows. unfold J. lia.
  Qed.
End Rows.

Section Closed.
  Variables (q N : nat) (f a : nat -> R) (r theta w : R).
  Hypothesis f_nonneg : forall l, 0 <= f l.
  Hypothesis a_nonneg : forall j, 0 <= a j.
  Hypothesis theta_range : 0 <= theta <= 1.
  Hypothesis rows : forall j, (1 <= j <= N)%nat -> row q f a r j <= theta.
  Hypothesis w_range : 0 <= w <= r.
  Hypothesis r_pos : 0 < r.
  Notation t := (w / r).
  Notation Et := (driven q N f a (truncation_source q N f (fun _ => w))).
  Notation El := (driven q N f a (lifting_source q f (fun _ => w))).
  Definition step_size : R := sum (seq 0 (S q)) (fun l => f l * w ^ l).

  Lemma t_range : 0 <= t <= 1.
  Proof.
    split; [apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat, r_pos]|].
    apply Rmult_le_reg_r with r; [exact r_pos|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
  Qed.
  Lemma beyond m : (N < m)%nat -> w ^ m <= t ^ S N * r ^ m.
  Proof.
    intro H. pose proof t_range as Ht. replace w with (t * r) at 1 by (field; lra).
    rewrite Rpow_mult_distr.
    apply Rmult_le_compat_r; [apply pow_le; lra|apply pow_le_low; [exact Ht|lia]].
  Qed.
  Lemma T0 : 0 <= t ^ S N.
  Proof. apply pow_le, t_range. Qed.

  Lemma truncation_level k j : (j <= N)%nat -> Et k j <= t ^ S N * r ^ j.
  Proof.
    pose proof T0 as HT. revert j. induction k as [|k IH]; intros j Hj.
    { simpl driven. apply Rmult_le_pos; [exact HT|apply pow_le; lra]. }
    destruct j as [|j].
    { rewrite driven_0 by (intro; apply truncation_level0). simpl pow at 2. lra. }
    set (J := S j) in *. assert (P : 0 < r ^ J) by (apply pow_lt, r_pos). cbn [driven].
    apply Rle_trans with (row q f a r J * (t ^ S N * r ^ J)).
    - eapply Rle_trans; [|apply (couple_le q N f a r f_nonneg r_pos (Et k) (fun m => w ^ m) (t ^ S N) J);
        auto using beyond; unfold J; lia].
      assert (C' : couple q N f (Et k) (fun m => w ^ m) J = couple q N f (Et k) (fun _ => 0) J
                   + truncation_source q N f (fun _ => w) k J).
      { unfold truncation_source, couple. rewrite <- Rmult_plus_distr_l, <- sum_plus. f_equal.
        apply sum_ext.
        intros l _. destruct (l =? 1)%nat; [ring|]. destruct (J + l - 1 <=? N)%nat; ring. }
      rewrite C', Rplus_assoc. apply Rplus_le_compat_r, Rmult_le_compat_l; [apply a_nonneg|].
      apply IH. exact Hj.
    - rewrite <- (Rmult_1_l (t ^ S N * r ^ J)) at 2. apply Rmult_le_compat_r; [apply Rmult_le_pos; lra|].
      eapply Rle_trans; [apply rows; unfold J; lia|lra].
  Qed.
  Lemma truncation_steps k : (1 <= N)%nat -> Et k 1 <= r * (INR k * INR N * excess q f r * t ^ S N).
  Proof.
    intro HN. pose proof T0 as HT. pose proof (excess_nonneg q f r f_nonneg r_pos) as Hb.
    eapply Rle_trans; [apply (driven_le q N f a r 1 f_nonneg a_nonneg r_pos ltac:(lra)
      ltac:(intros; eapply Rle_trans; [apply rows; assumption|lra]) _ (INR N * excess q f r * t ^ S N))|].
    - apply Rmult_le_pos; [apply Rmult_le_pos; [apply pos_INR|exact Hb]|exact HT].
    - intro. apply truncation_level0.
    - intros i j Hj. unfold truncation_source, couple.
      apply Rle_trans with (INR j * (excess q f r * (t ^ S N * r ^ j))).
      + apply Rmult_le_compat_l; [apply pos_INR|]. unfold excess. rewrite <- sum_scal_r. apply sum_le.
        intros l _.
        pose proof (Rmult_le_pos (t ^ S N) (r ^ j) HT ltac:(apply pow_le; lra)) as Hp.
        pose proof (term_nonneg f r f_nonneg r_pos l) as Hl.
        destruct (Nat.eqb_spec l 1) as [->|H1]; [simpl; lra|].
        destruct (Nat.leb_spec (j + l - 1) N) as [H|H].
        * rewrite Rmult_0_r. destruct (l <? 2)%nat; [lra|]. apply Rmult_le_pos; assumption.
        * destruct (Nat.ltb_spec l 2); [lia|].
          replace (f l * r ^ l / r * (t ^ S N * r ^ j)) with (f l * (t ^ S N * r ^ (j + l - 1)))
            by (rewrite (power_shift r r_pos) by lia; field; lra).
          apply Rmult_le_compat_l; [apply f_nonneg|apply beyond, H].
      + apply Rle_trans with (INR N * (excess q f r * (t ^ S N * r ^ j))); [|right; ring].
        apply Rmult_le_compat_r; [|apply le_INR; lia].
        apply Rmult_le_pos; [exact Hb|]. apply Rmult_le_pos; [exact HT|apply pow_le; lra].
    - exact HN.
    - right. rewrite (sum_ext (seq 0 k) _ (fun _ => 1)) by (intros; apply pow1).
      rewrite sum_const, seq_length. simpl. ring.
  Qed.
  Lemma lifting_level k : (1 <= N)%nat ->
    El k 1 <= INR N * (INR N - 1) / 2 * (step_size ^ 2 / r) * sum (seq 0 k) (fun i => theta ^ i).
  Proof.
    intro HN. assert (N1 : 1 <= INR N) by (apply (le_INR 1); exact HN).
    assert (Hd : 0 <= step_size ^ 2 / r ^ 2)
      by (apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat, pow_lt, r_pos]).
    eapply Rle_trans; [apply (driven_le q N f a r theta f_nonneg a_nonneg r_pos theta_range rows _
      (INR N * (INR N - 1) / 2 * (step_size ^ 2 / r ^ 2)))|].
    - apply Rmult_le_pos; [|exact Hd]. nra.
    - intro. apply lifting_level0.
    - intros i j Hj. unfold lifting_source, increment. fold step_size.
      rewrite Rmax_left by lra. assert (j1 : 1 <= INR j) by (apply (le_INR 1); lia).
      assert (jN : INR j <= INR N) by (apply le_INR; lia).
      destruct j as [|[|j]]; [lia|simpl; unfold Rdiv;
        rewrite Rmult_1_l, Rminus_diag_eq, !Rmult_0_l by reflexivity;
        apply Rmult_le_pos; [apply Rmult_le_pos; [nra|exact Hd]|lra]|].
      replace (S (S j) - 2)%nat with j by lia. set (n := INR (S (S j))) in *.
      replace (r ^ S (S j)) with (r ^ 2 * r ^ j) by (simpl; ring).
      apply Rle_trans with (INR N * (INR N - 1) / 2 * (r ^ j * step_size ^ 2)); [|right; field; lra].
      rewrite Rmult_assoc. apply Rmult_le_compat.
      + nra.
      + apply Rmult_le_pos; [apply pow_le; lra|apply pow2_ge_0].
      + nra.
      + apply Rmult_le_compat_r; [apply pow2_ge_0|apply pow_incr; lra].
    - exact HN.
    - right. simpl. field. lra.
  Qed.
End Closed.

Section Theorem1014.
  Context {I : Type} (letters : list I).
  Notation norm := (l2 letters).
  Variables (q : nat) (F : nat -> I -> list I -> R) (N : nat) (x0 : I -> R) (f a : nat -> R) (r theta w :
    R).
  Hypothesis f_nonneg : forall l, 0 <= f l.
  Hypothesis a_nonneg : forall j, 0 <= a j.
  Hypothesis F_norm : forall l z, (l <= q)%nat -> norm (apply (words letters l) (F l) z) <= f l * tn
    letters l z.
  Hypothesis diagonal : forall j z, (1 <= j <= N)%nat ->
    norm (fun i => z i + INR j * apply letters (fun i i' => F 1%nat i [i']) z i) <= a j * norm z.
  Hypothesis q_pos : (1 <= q)%nat.
  Hypothesis N_pos : (1 <= N)%nat.
  Hypothesis r_pos : 0 < r.
  Hypothesis w_range : 0 <= w <= r.
  Hypothesis theta_range : 0 <= theta <= 1.
  Hypothesis rows : forall j, (1 <= j <= N)%nat -> row q f a r j <= theta.
  Variable T : nat.
  Hypothesis w_bound : forall k, (k <= T)%nat -> norm (x letters q F x0 k) <= w.

  Theorem lift_closed : norm (fun i => x letters q F x0 T i - y letters q F N x0 T 1 [i])
    <= r * Rmin 1 (INR T * INR N * excess q f r) * (w / r) ^ S N
       + INR N * (INR N - 1) / 2 * (step_size q f w ^ 2 / r) * sum (seq 0 T) (fun k => theta ^ k).
  Proof.
    eapply Rle_trans; [apply (first_order_bound letters q F N x0 f a (fun _ => w)); auto|].
    apply Rplus_le_compat; [|apply lifting_level; auto].
    pose proof (T0 N r w w_range r_pos) as HT. unfold Rmin. destruct (Rle_dec 1 _).
    - eapply Rle_trans; [apply (truncation_level q N f a r theta w); auto|]. right. simpl. ring.
    - eapply Rle_trans; [apply (truncation_steps q N f a r theta w); auto|]. right. ring.
  Qed.
End Theorem1014.
