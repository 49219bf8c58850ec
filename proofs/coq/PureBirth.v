(** The coupon-collector probability: a pure-birth chain in discrete time.

    [F p k j d]: the chain with rates j p, (j+1) p, ... starts at j; the probability that it has made d
    jumps after k steps. For j = 1 this is the probability that N given bins, each hit with probability p,
    are all hit by k balls, and it is at most (1 - (1-p)^k)^N. *)
From Coq Require Import Reals Lra Lia Arith.
Open Scope R_scope.

Section Chain.
  Fixpoint F (p : R) (k : nat) (j d : nat) : R :=
    match d with
    | O => 1
    | S d' => match k with
              | O => 0
              | S k' => (1 - INR j * p) * F p k' j (S d') + INR j * p * F p k' (S j) d'
              end
    end.

  Lemma F_0 p k j : F p k j 0 = 1. Proof. destruct k; reflexivity. Qed.
  Lemma F_init p j d : F p 0 j (S d) = 0. Proof. reflexivity. Qed.
  Lemma F_step p k j d :
    F p (S k) j (S d) = (1 - INR j * p) * F p k j (S d) + INR j * p * F p k (S j) d.
  Proof. reflexivity. Qed.

  (* first-step = last-step: the stages commute *)
  Lemma F_last p : forall k j d, (1 <= j)%nat ->
    F p (S k) j (S d) = (1 - INR (j + d) * p) * F p k j (S d) + INR (j + d) * p * F p k j d.
  Proof.
    induction k as [|k IH]; intros j d Hj.
    - rewrite F_step. rewrite !F_init. destruct d as [|d].
      + rewrite !F_0. rewrite Nat.add_0_r. ring.
      + rewrite !F_init. ring.
    - destruct d as [|d]; [rewrite (F_step p (S k)), !F_0, Nat.add_0_r; reflexivity|].
      rewrite (F_step p (S k) j (S d)).
      pose proof (IH j (S d) Hj) as B1. pose proof (F_step p k j (S d)) as B2.
      pose proof (IH (S j) d ltac:(lia)) as A. pose proof (F_step p k j d) as C.
      replace (S j + d)%nat with (j + S d)%nat in A by lia.
      transitivity ((1 - INR j * p) * ((1 - INR (j + S d) * p) * F p k j (S (S d))
                      + INR (j + S d) * p * F p k j (S d))
        + INR j * p * ((1 - INR (j + S d) * p) * F p k (S j) (S d)
                      + INR (j + S d) * p * F p k (S j) d)).
      + rewrite B1, A. reflexivity.
      + rewrite B2, C. ring.
  Qed.
End Chain.

(** [G p N k] = F p k 1 N : coupon-collector probability. *)
Section Coupon.
  Definition G (p : R) (N k : nat) : R := F p k 1 N.
  Lemma G_0 p k : G p 0 k = 1. Proof. apply F_0. Qed.
  Lemma G_init p N : G p (S N) 0 = 0. Proof. reflexivity. Qed.
  Lemma G_step p N k : G p (S N) (S k) = (1 - INR (S N) * p) * G p (S N) k + INR (S N) * p * G p N k.
  Proof. unfold G. rewrite F_last by lia. reflexivity. Qed.

  Lemma INRp_le p N M : 0 <= p -> (N <= M)%nat -> INR N * p <= INR M * p.
  Proof. intros Hp H. apply Rmult_le_compat_r; [exact Hp|apply le_INR; exact H]. Qed.

  (* probabilities, nonincreasing in N *)
  Lemma G_range p : 0 <= p -> forall k N, INR N * p <= 1 -> 0 <= G p N k <= 1.
  Proof.
    intros Hp. induction k as [|k IH]; intros [|N] HN.
    - rewrite G_0; lra.
    - rewrite G_init; lra.
    - rewrite G_0; lra.
    - rewrite G_step. pose proof (IH (S N) HN).
      assert (INR N * p <= 1) by (pose proof (INRp_le p N (S N) Hp ltac:(lia)); lra).
      pose proof (IH N ltac:(assumption)).
      assert (0 <= INR (S N) * p) by (apply Rmult_le_pos; [apply pos_INR|lra]).
      split; nra.
  Qed.
  Lemma G_decr p : 0 <= p -> forall k N, INR (S N) * p <= 1 -> G p (S N) k <= G p N k.
  Proof.
    intros Hp. induction k as [|k IH]; intros N HN.
    - rewrite G_init. destruct N; [rewrite G_0|rewrite G_init]; lra.
    - assert (H1 : INR N * p <= 1) by (pose proof (INRp_le p N (S N) Hp ltac:(lia)); lra).
      rewrite G_step. pose proof (IH N HN).
      assert (0 <= INR (S N) * p) by (apply Rmult_le_pos; [apply pos_INR|lra]).
      apply Rle_trans with (G p N k).
      + assert (INR (S N) * p * (G p N k - G p (S N) k) <= 1 * (G p N k - G p (S N) k))
          by (apply Rmult_le_compat_r; lra). lra.
      + destruct N as [|N]; [rewrite !G_0; lra|].
        rewrite G_step. pose proof (IH N ltac:(assumption)).
        assert (0 <= INR (S N) * p) by (apply Rmult_le_pos; [apply pos_INR|lra]).
        assert (0 <= INR (S N) * p * (G p N k - G p (S N) k)) by (apply Rmult_le_pos; lra). lra.
  Qed.

  (* monotone in p *)
  Lemma G_mono p p' : 0 <= p <= p' -> forall k N, INR N * p' <= 1 -> G p N k <= G p' N k.
  Proof.
    intros [Hp Hpp]. induction k as [|k IH]; intros [|N] HN.
    - rewrite !G_0; lra.
    - rewrite !G_init; lra.
    - rewrite !G_0; lra.
    - rewrite !G_step.
      assert (Hn : INR N * p' <= 1) by (pose proof (INRp_le p' N (S N) ltac:(lra) ltac:(lia)); lra).
      pose proof (IH (S N) HN) as I1. pose proof (IH N Hn) as I2.
      pose proof (G_decr p' ltac:(lra) k N HN) as D.
      set (n := INR (S N)) in *. assert (Hn0 : 0 <= n) by apply pos_INR.
      assert (Hnp : 0 <= n * p) by (apply Rmult_le_pos; lra).
      assert (Hpn : n * p <= n * p') by (apply Rmult_le_compat_l; lra).
      assert (M1 : n * p * (G p' N k - G p' (S N) k) <= n * p' * (G p' N k - G p' (S N) k))
        by (apply Rmult_le_compat_r; lra).
      assert (M2 : n * p * G p N k <= n * p * G p' N k) by (apply Rmult_le_compat_l; lra).
      assert (M3 : (1 - n * p) * G p (S N) k <= (1 - n * p) * G p' (S N) k)
        by (apply Rmult_le_compat_l; lra).
      lra.
  Qed.

  (* conditioning on bin N+1 being empty *)
  Lemma G_cond p : p < 1 -> forall k N,
    G p N k - G p (S N) k = (1 - p) ^ k * G (p / (1 - p)) N k.
  Proof.
    intros Hp. induction k as [|k IH]; intros N.
    - rewrite G_init. destruct N as [|N]; [rewrite !G_0|rewrite !G_init]; simpl; ring.
    - destruct N as [|N].
      + rewrite (G_step p 0 k). specialize (IH 0%nat). rewrite !G_0 in *. simpl in *. 
        assert (E : G p 1 k = 1 - (1 - p) ^ k) by lra. rewrite E. ring.
      + rewrite !G_step.
        pose proof (IH (S N)) as I1. pose proof (IH N) as I2.
        replace ((1 - p) ^ S k) with ((1 - p) * (1 - p) ^ k) by reflexivity.
        replace ((1 - p) * (1 - p) ^ k *
          ((1 - INR (S N) * (p / (1 - p))) * G (p / (1 - p)) (S N) k
            + INR (S N) * (p / (1 - p)) * G (p / (1 - p)) N k))
          with ((1 - p - INR (S N) * p) * ((1 - p) ^ k * G (p / (1 - p)) (S N) k)
                + INR (S N) * p * ((1 - p) ^ k * G (p / (1 - p)) N k)) by (field; lra).
        rewrite <- I1, <- I2. rewrite (S_INR (S N)). ring.
  Qed.

  (* negative association of occupancies: the product bound *)
  Theorem G_bound : forall N p k, 0 <= p -> INR N * p <= 1 -> G p N k <= (1 - (1 - p) ^ k) ^ N.
  Proof.
    induction N as [|N IH]; intros p k Hp HN; [rewrite G_0; simpl; lra|].
    assert (Hn : INR N * p <= 1) by (pose proof (INRp_le p N (S N) Hp ltac:(lia)); lra).
    rewrite S_INR in HN. pose proof (pos_INR N) as HNpos.
    assert (Hp1 : p <= 1) by nra.
    destruct (Req_dec p 1) as [->|Hne].
    - (* then N = 0 *)
      assert (N = 0%nat) by (apply INR_eq; simpl; lra). subst N.
      destruct k; [simpl; rewrite G_init; lra|].
      pose proof (G_range 1 ltac:(lra) (S k) 1 ltac:(simpl; lra)).
      replace ((1 - (1 - 1) ^ S k) ^ 1) with 1 by (simpl; ring). lra.
    - assert (Hp2 : p < 1) by lra.
      set (p' := p / (1 - p)).
      assert (Hpp : p <= p').
      { unfold p'. apply Rmult_le_reg_r with (1 - p); [lra|].
        replace (p / (1 - p) * (1 - p)) with p by (field; lra).
        pose proof (pow2_ge_0 p). lra. }
      assert (HNp' : INR N * p' <= 1).
      { unfold p'. apply Rmult_le_reg_r with (1 - p); [lra|].
        replace (INR N * (p / (1 - p)) * (1 - p)) with (INR N * p) by (field; lra).
        rewrite Rmult_plus_distr_r in HN. lra. }
      pose proof (G_cond p Hp2 k N) as C. fold p' in C.
      pose proof (G_mono p p' (conj Hp Hpp) k N HNp') as M.
      assert (Hq : 0 <= (1 - p) ^ k <= 1).
      { split; [apply pow_le; lra|]. apply Rle_trans with (1 ^ k); [apply pow_incr|rewrite pow1]; lra. }
      assert (X : (1 - p) ^ k * G p N k <= (1 - p) ^ k * G p' N k)
        by (apply Rmult_le_compat_l; lra).
      apply Rle_trans with ((1 - (1 - p) ^ k) * G p N k).
      { set (z := (1 - p) ^ k) in *. lra. }
      simpl. apply Rmult_le_compat_l; [lra|]. apply IH; assumption.
  Qed.
End Coupon.
