(** Theorem 4.1: the norm of the inverse of the history system, with idle rows.

    (L z)_0 = z_0 and (L z)_(k+1) = z_(k+1) - S_k z_k; S_k = C_k for k < T and the identity for
    T <= k < T + p. The states live in any space with a norm; the steps are linear in the sense that
    the norms of products of steps are subadditive. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums CrossNorm BlockNorms.
Import ListNotations.
Open Scope R_scope.

(** [prod C j n] is C_(j+n-1) ... C_j. *)
Fixpoint prod {V : Type} (C : nat -> V -> V) (j n : nat) (x : V) : V :=
  match n with O => x | S n' => C (j + n')%nat (prod C j n' x) end.
Lemma prod_left {V : Type} (C : nat -> V -> V) j n x : prod C j (S n) x = prod C (S j) n (C j x).
Proof.
  induction n as [|n IH]; [simpl; rewrite Nat.add_0_r; reflexivity|].
  change (prod C j (S (S n)) x) with (C (j + S n)%nat (prod C j (S n) x)). rewrite IH.
  simpl. rewrite Nat.add_succ_r. reflexivity.
Qed.

Section History.
  Context {V : Type} (plus minus : V -> V -> V) (norm : V -> R).
  Hypothesis plus_minus : forall x y, plus (minus x y) y = x.
  Hypothesis minus_plus : forall x y, minus (plus x y) y = x.
  Hypothesis norm_nonneg : forall x, 0 <= norm x.

  Section Steps.
    Variable step : nat -> V -> V.
    Definition L (z : nat -> V) (k : nat) : V :=
      match k with O => z 0%nat | S k' => minus (z (S k')) (step k' (z k')) end.
    Fixpoint solve (b : nat -> V) (k : nat) : V :=
      match k with O => b 0%nat | S k' => plus (b (S k')) (step k' (solve b k')) end.

    (** [solve] is the inverse of L. *)
    Theorem L_solve b k : L (solve b) k = b k.
    Proof. destruct k as [|k]; simpl; [reflexivity|apply minus_plus]. Qed.
    Theorem solve_L z k : solve (L z) k = z k.
    Proof. induction k as [|k IH]; simpl; [reflexivity|]. rewrite IH. apply plus_minus. Qed.

    Hypothesis subadditive : forall j n x y,
      norm (prod step j n (plus x y)) <= norm (prod step j n x) + norm (prod step j n y).

    (** Row i of the inverse is bounded by the norms of the products of steps. *)
    Lemma row_bound (table : nat -> nat -> R) :
      (forall i j x, (j <= i)%nat -> norm (prod step j (i - j) x) <= table i j * norm x) ->
      forall b i, norm (solve b i) <= sum (seq 0 (S i)) (fun j => table i j * norm (b j)).
    Proof.
      intros Htable b.
      assert (X : forall i n, norm (prod step i n (solve b i))
                  <= sum (seq 0 (S i)) (fun j => table (i + n)%nat j * norm (b j))).
      { induction i as [|i IH]; intro n.
        - cbv [seq]. rewrite sum_cons. cbv [sum]. rewrite Rplus_0_r. simpl solve.
          pose proof (Htable n 0%nat (b 0%nat) ltac:(lia)) as H. rewrite Nat.sub_0_r in H. exact H.
        - rewrite sum_last. simpl solve. eapply Rle_trans; [apply subadditive|].
          rewrite <- prod_left, Rplus_comm. apply Rplus_le_compat.
          + eapply Rle_trans; [apply IH|]. rewrite Nat.add_succ_r. right. reflexivity.
          + pose proof (Htable (S i + n)%nat (S i) (b (S i)) ltac:(lia)) as H.
            replace (S i + n - S i)%nat with n in H by lia. exact H. }
      intro i. pose proof (X i 0%nat) as H. rewrite Nat.add_0_r in H. exact H.
    Qed.
  End Steps.

  (** ** Idle rows *)
  Variable C : nat -> V -> V.
  Variables T p : nat.
  Definition padded (k : nat) (x : V) : V := if (k <? T)%nat then C k x else x.

  (** Products stop at T: what is left is C_(min(i,T)-1) ... C_(min(j,T)). *)
  Lemma prod_padded n : forall j x,
    prod padded j n x = prod C (Nat.min j T) (Nat.min (j + n) T - Nat.min j T) x.
  Proof.
    induction n as [|n IH]; intros j x.
    - rewrite Nat.add_0_r, Nat.sub_diag. reflexivity.
    - simpl prod. rewrite IH. unfold padded. destruct (Nat.ltb_spec (j + n) T) as [H|H].
      + rewrite !Nat.min_l by lia. replace (j + S n - j)%nat with (S n) by lia.
        replace (j + n - j)%nat with n by lia. reflexivity.
      + rewrite (Nat.min_r (j + n) T), (Nat.min_r (j + S n) T) by lia. reflexivity.
  Qed.

  Hypothesis subadditive : forall j n x y,
    norm (prod C j n (plus x y)) <= norm (prod C j n x) + norm (prod C j n y).

  (** Theta_ij = nu_(min(i,T), min(j,T)) for i >= j, and 0 above the diagonal. *)
  Definition theta_table (nu : nat -> nat -> R) (i j : nat) : R :=
    if (j <=? i)%nat then nu (Nat.min i T) (Nat.min j T) else 0.
  Definition times : list nat := seq 0 (T + p + 1).
  Definition history_norm (z : nat -> V) : R := l2 times (fun k => norm (z k)).

  Theorem inverse_norm (nu : nat -> nat -> R) theta :
    (forall i j x, (j <= i <= T)%nat -> norm (prod C j (i - j) x) <= nu i j * norm x) ->
    norm_at_most times times (theta_table nu) theta ->
    forall b, history_norm (solve padded b) <= theta * history_norm b.
  Proof.
    intros Hnu Htheta b. apply (block_norm times times (theta_table nu)); auto.
    intros i Hi. split; [apply norm_nonneg|]. apply in_range in Hi.
    eapply Rle_trans; [apply (row_bound padded) with (table := theta_table nu)|].
    - intros. rewrite !prod_padded. apply subadditive.
    - intros k j x Hjk. rewrite prod_padded. unfold theta_table.
      destruct (Nat.leb_spec j k); [|lia]. replace (j + (k - j))%nat with k by lia.
      apply Hnu. lia.
    - unfold apply, times. replace (T + p + 1)%nat with (S i + (T + p - i))%nat by lia.
      rewrite sum_split, (sum_0 (seq (0 + S i) _)); [right; ring|].
      intros j Hj. apply in_range in Hj. unfold theta_table.
      destruct (Nat.leb_spec j i); [lia|ring].
  Qed.

  (** Theorem 4.3: x injected at row T stays there: 0 before, x in every idle row. *)
  Theorem injection_idles zero x k : plus x zero = x -> plus zero x = x -> plus zero zero = zero ->
    (forall i, C i zero = zero) ->
    solve padded (fun i => if (i =? T)%nat then x else zero) k = if (k <? T)%nat then zero else x.
  Proof.
    intros Hxz Hzx Hzz HC. induction k as [|k IH]; cbn [solve].
    - destruct T; reflexivity.
    - rewrite IH. unfold padded. destruct (Nat.ltb_spec k T) as [H|H].
      + rewrite HC. destruct (Nat.eqb_spec (S k) T), (Nat.ltb_spec (S k) T); try lia; assumption.
      + destruct (Nat.eqb_spec (S k) T), (Nat.ltb_spec (S k) T); try lia. exact Hzx.
  Qed.

  (** |L z| <= (1 + c) |z| if every step, idle ones included, has norm at most c. *)
  Theorem forward_norm c : 0 <= c -> (forall x y, norm (minus x y) <= norm x + norm y) ->
    (forall k x, norm (padded k x) <= c * norm x) ->
    forall z, history_norm (L padded z) <= (1 + c) * history_norm z.
  Proof.
    intros Hc Hsub Hstep z. unfold history_norm.
    pose (late := fun k => match k with O => 0 | S k' => c * norm (z k') end).
    apply Rle_trans with (l2 times (fun k => norm (z k) + late k)).
    { apply l2_le. intros k _. rewrite Rabs_pos_eq by apply norm_nonneg. destruct k as [|k]; simpl.
      - lra.
      - eapply Rle_trans; [apply Hsub|]. specialize (Hstep k (z k)). lra. }
    eapply Rle_trans; [apply minkowski|]. rewrite Rmult_plus_distr_r, Rmult_1_l.
    apply Rplus_le_compat_l. apply l2_le_of_sqr.
    { apply Rmult_le_pos; [exact Hc|apply l2_nonneg]. }
    rewrite Rpow_mult_distr, l2_sqr, <- sum_scal. unfold times. rewrite Nat.add_1_r.
    rewrite sum_first, sum_last. simpl (late 0%nat).
    rewrite (sum_ext (seq 0 (T + p)) (fun m => late (S m) ^ 2) (fun m => c ^ 2 * norm (z m) ^ 2))
      by (intros; simpl; ring).
    pose proof (pow2_ge_0 (c * norm (z (T + p)%nat))). lra.
  Qed.
End History.
