(** Theorem 7.2, second part: the history matrix 1 - (S (x) 1) D from encodings of its steps, with
    alpha = 1 + alpha_D. On the times up to T + p it is L of page 04, elsewhere the identity. *)
From Coq Require Import Reals Lra Lia List Arith Bool FunctionalExtensionality.
From QGD Require Import Sums CrossNorm BlockNorms History Orthogonal BlockEncoding EncodingSums
  Dilation Multiplexed.
Import ListNotations.
Open Scope R_scope.

(** The cyclic increment takes the time [before k] to k; the last time is m. *)
Definition before (m k : nat) : nat := match k with O => m | S k' => k' end.
Definition after (m k : nat) : nat := if (k =? m)%nat then O else S k.
Lemma increment_permutes m : permutes (seq 0 (S m)) (before m) (after m).
Proof.
  split.
  - intros k Hk. apply in_range in Hk. unfold before, after. rewrite !in_seq.
    destruct k as [|k]; [rewrite Nat.eqb_refl; destruct (Nat.eqb_spec 0 m); lia|].
    destruct (Nat.eqb_spec k m), (Nat.eqb_spec (S k) m); lia.
  - intro f. rewrite sum_first, sum_last. apply Rplus_comm.
Qed.

Lemma pair_dec {A B : Type} (dA : forall a b : A, {a = b} + {a <> b})
  (dB : forall a b : B, {a = b} + {a <> b}) (r t : A * B) : {r = t} + {r <> t}.
Proof. decide equality. Defined.
Lemma unit_pair {A B : Type} (dA : forall a b : A, {a = b} + {a <> b})
  (dB : forall a b : B, {a = b} + {a <> b}) a i j :
  unit_at (pair_dec dA dB) (a, i) (a, j) = unit_at dB i j.
Proof. unfold unit_at. destruct (pair_dec dA dB (a, i) (a, j)), (dB i j); congruence || reflexivity. Qed.
Lemma distinct_pairs {A B : Type} (l : list A) (m : list B) : NoDup l -> NoDup m ->
  NoDup (list_prod l m).
Proof.
  intros Hl Hm. induction Hl as [|a l Ha Hl IH]; [constructor|]. simpl.
  assert (X : forall k, NoDup k -> (forall b, In b k -> In b m) -> NoDup (map (pair a)
    k ++ list_prod l m)).
  { induction k as [|b k IHk]; intros Hk Hin; [exact IH|]. inversion_clear Hk. simpl. constructor.
    - rewrite in_app_iff, in_map_iff, in_prod_iff. intros [(c & E & Hc)|[Hc _]]; [|contradiction].
      injection E as ->. contradiction.
    - apply IHk; [assumption|]. intros. apply Hin. right. assumption. }
  apply X; auto.
Qed.

Section HistoryMatrix.
  Context {A I : Type} (decA : forall a b : A, {a = b} + {a <> b}) (dec : forall i j : I, {i =
    j} + {i <> j}).
  Variables (anc : list A) (sys : list I) (o : A).
  Hypothesis distinct_anc : NoDup anc.
  Hypothesis distinct_sys : NoDup sys.
  Variables (m T p : nat).
  Hypothesis room : (T + p <= m)%nat.
  Variable C : nat -> I -> I -> R.
  Notation all_times := (seq 0 (S m)).
  Notation states := (list_prod all_times sys).
  Notation one := (unit_at dec).
  Notation one_state := (unit_at (pair_dec Nat.eq_dec dec)).
  Notation one_register := (unit_at (pair_dec decA (pair_dec Nat.eq_dec dec))).

  (** D_k = C_k, then 1, and 0 from T + p on. *)
  Definition passed (k : nat) (i j : I) : R :=
    if (k <? T)%nat then C k i j else if (k <? T + p)%nat then one i j else 0.
  Definition history_matrix (r t : nat * I) : R :=
    one_state r t - blocks Nat.eq_dec (before m) passed r t.

  Lemma apply_passed k x i : In i sys -> apply sys (passed k) x i
    = if (k <? T + p)%nat then padded (fun k x => apply sys (C k) x) T k x i else 0.
  Proof.
    intro Hi. unfold passed, padded. destruct (Nat.ltb_spec k T), (Nat.ltb_spec k (T + p)); try lia.
    - reflexivity.
    - apply unit_acts; assumption.
    - apply sum_0. intros. ring.
  Qed.
  Definition difference (x y : I -> R) (i : I) : R := x i - y i.
  Theorem history_acts z k i : (k <= m)%nat -> In i sys -> apply states history_matrix z (k, i)
    = if (k <=? T + p)%nat
      then L difference (padded (fun k x => apply sys (C k) x) T) (fun k i => z (k, i)) k i
      else z (k, i).
  Proof.
    intros Hk Hi. assert (Hin : In k all_times) by (apply in_seq; lia).
    transitivity (apply states one_state z (k, i)
                  - apply states (blocks Nat.eq_dec (before m) passed) z (k, i)).
    { unfold apply. rewrite <- sum_minus. apply sum_ext. intros. unfold history_matrix. ring. }
    rewrite (unit_acts _ states); [|apply distinct_pairs; auto using seq_NoDup|apply in_prod;
      assumption].
    rewrite (blocks_acts Nat.eq_dec all_times (seq_NoDup _ _) sys (before m) (after m)
              (increment_permutes m)), apply_passed by assumption.
    destruct k as [|k]; simpl before.
    - destruct (Nat.ltb_spec m (T + p)); [lia|]. simpl. ring.
    - destruct (Nat.ltb_spec k (T + p)), (Nat.leb_spec (S k) (T + p)); try lia.
      + reflexivity.
      + ring.
  Qed.

  (** ** The encoding *)
  Variables (U : nat -> A * I -> A * I -> R) (alphaD eps : R) (P : bool -> bool -> R).
  Definition weight_of (b : bool) : R := if b then -1 else 1.
  Lemma weight_abs b : Rabs (weight_of b) = 1.
  Proof. destruct b; simpl; [rewrite Rabs_left|rewrite Rabs_pos_eq]; lra. Qed.
  Definition subnormalisation (b : bool) : R := if b then alphaD else 1.
  Definition shifted_steps : A * (nat * I) -> A * (nat * I) -> R :=
    multiplexed Nat.eq_dec (before m) U.
  Definition history_unitary : (bool * A) * (nat * I) -> (bool * A) * (nat * I) -> R :=
    combined bits P (signed weight_of (fun b => if b then shifted_steps else one_register)) P.

  Theorem history_encodes : 0 < alphaD -> 0 <= eps ->
    (forall k, (k <= m)%nat -> block_encodes anc sys o (U k) alphaD eps (passed k)) ->
    orthogonal bits P -> P false false = sqrt (1 / (1 + alphaD)) ->
    P true false = sqrt (alphaD / (1 + alphaD)) ->
    block_encodes (list_prod bits anc) states (false, o) history_unitary (1 + alphaD) eps history_matrix.
  Proof.
    intros Ha He HU HP P0 P1.
    pose (M := fun b : bool => if b then blocks Nat.eq_dec (before m) passed else one_state).
    assert (E : block_encodes (list_prod bits anc) states (false, o) history_unitary (1 + alphaD)
        (sum bits (fun b => Rabs (weight_of b) * (if b then eps else 0)))
        (fun r t => sum bits (fun b => weight_of b * M b r t))).
    { apply (combination_encodes bits anc states false o weight_of subnormalisation).
      - intros [|] _.
        + apply (multiplexed_encodes _ _ _ _ _ _ (after m)); auto using seq_NoDup, increment_permutes.
          intros k Hk. apply in_range in Hk. apply HU. lia.
        + split.
          * assert (N : NoDup (list_prod anc states))
              by (repeat apply distinct_pairs; auto using seq_NoDup).
            split; [apply unit_isometric, N|].
            apply (isometric_ext _ _ one_register); [|apply unit_isometric, N].
            intros. apply unit_sym.
          * apply norm_le_zero. intros r t _ _. unfold corner, M, subnormalisation.
            rewrite unit_pair. ring.
      - exact HP.
      - intros [|] _; simpl; lra.
      - rewrite sum_bits, !weight_abs. simpl. ring.
      - lra.
      - intros [|] _; rewrite weight_abs, Rmult_1_l; assumption. }
    rewrite sum_bits, !weight_abs in E.
    replace (1 * 0 + 1 * eps) with eps in E by ring. destruct E as [E E']. split; [exact E|].
    eapply norm_le_ext; [|exact E']. intros r t _ _. cbv beta. rewrite sum_bits.
    unfold weight_of, M, history_matrix. ring.
  Qed.

  (** ** The whole matrix has the inverse bound of Theorem 4.1 *)
  Theorem history_matrix_inverse nu theta : 1 <= theta ->
    (forall i j x, (j <= i <= T)%nat ->
      l2 sys (prod (fun k x => apply sys (C k) x) j (i - j) x) <= nu i j * l2 sys x) ->
    norm_at_most (times T p) (times T p) (theta_table T nu) theta ->
    forall z, l2 states z <= theta * l2 states (apply states history_matrix z).
  Proof.
    intros Ht Hnu Htheta z.
    pose (y := apply states history_matrix z). pose (x := fun k i => z (k, i)).
    pose (step := padded (fun k x => apply sys (C k) x) T).
    assert (Early : history_norm (l2 sys) T p x <= theta * history_norm (l2 sys) T p (fun k i => y (k,
      i))).
    { pose (sum_of := fun u v : I -> R => fun i => u i + v i).
      assert (Sub : forall j n u v, l2 sys (prod (fun k x => apply sys (C k) x) j n (sum_of u v))
        <= l2 sys (prod (fun k x => apply sys (C k) x) j n u)
           + l2 sys (prod (fun k x => apply sys (C k) x) j n v)).
      { intros j n u v. eapply Rle_trans; [|apply minkowski]. right. f_equal.
        induction n as [|n IH]; [reflexivity|]. simpl. rewrite IH. extensionality i. apply apply_plus. }
      assert (B : forall b, history_norm (l2 sys) T p (solve sum_of step b)
                            <= theta * history_norm (l2 sys) T p b).
      { apply (inverse_norm sum_of (l2 sys)) with (nu := nu); auto using l2_nonneg. }
      specialize (B (L difference step x)). unfold history_norm in *.
      rewrite (l2_ext _ (fun k => l2 sys (solve sum_of step (L difference step x) k))
        (fun k => l2 sys (x k)))
        in B.
      2: { intros k _. f_equal. apply solve_L. intros u v. extensionality i.
      unfold sum_of, difference. ring. }
      eapply Rle_trans; [exact B|]. right. f_equal. apply l2_ext. intros k Hk. apply in_range in Hk.
      apply l2_ext. intros i Hi. unfold y. rewrite history_acts by (auto; lia).
      destruct (Nat.leb_spec k (T + p)); [reflexivity|lia]. }
    apply l2_le_of_sqr; [apply Rmult_le_pos; [lra|apply l2_nonneg]|].
    rewrite Rpow_mult_distr, l2_sqr, !sum_prod, <- sum_scal. fold y.
    replace (S m) with ((T + p + 1) + (m - (T + p)))%nat by lia.
    rewrite !(sum_split 0 (T + p + 1)).
    apply Rplus_le_compat.
    - assert (E2 : history_norm (l2 sys) T p x ^ 2
                   <= (theta * history_norm (l2 sys) T p (fun k i => y (k, i))) ^ 2)
        by (apply pow_incr; split; [apply l2_nonneg|exact Early]).
      rewrite Rpow_mult_distr in E2. unfold history_norm in E2. rewrite !l2_sqr in E2.
      rewrite sum_scal. unfold times in E2.
      rewrite (sum_ext _ (fun k => l2 sys (x k) ^ 2) (fun k => sum sys (fun i => z (k, i) ^ 2))) in E2
        by (intros; apply l2_sqr).
      rewrite (sum_ext _ (fun k => l2 sys (fun i => y (k, i)) ^ 2) (fun k => sum sys (fun i => y (k,
        i) ^ 2)))
        in E2 by (intros; apply l2_sqr).
      exact E2.
    - apply sum_le. intros k Hk. apply in_range in Hk. rewrite <- sum_scal. apply sum_le. intros i Hi.
      replace (y (k, i)) with (z (k, i)).
      + rewrite <- (Rmult_1_l (z (k, i) ^ 2)) at 1.
        apply Rmult_le_compat_r; [apply pow2_ge_0|nra].
      + unfold y. rewrite history_acts by (auto; lia). destruct (Nat.leb_spec k (T + p));
          [lia|reflexivity].
  Qed.
End HistoryMatrix.
