(** Theorems 7.1 and 7.2 together: the encoding of the default run, which is exact; and what odd
    functions of a padded matrix do. *)
From Coq Require Import Reals Lra Lia List Arith Bool.
From QGD Require Import Sums CrossNorm Orthogonal BlockEncoding EncodingSums Dilation Multiplexed
  HistoryEncoding.
Import ListNotations.
Open Scope R_scope.

Section Default.
  Context {I J : Type} (dec : forall i j : I, {i = j} + {i <> j}).
  Variables (sys : list I) (values : list J) (m T p : nat).
  Hypothesis distinct : NoDup sys.
  Hypothesis room : (T + p <= m)%nat.
  Variables (W V : nat -> I -> J -> R) (s : nat -> J -> R) (C : nat -> I -> I -> R) (alphaD : R).
  Hypothesis at_least_one : 1 <= alphaD.
  Hypothesis left_vectors : forall k, (k < T)%nat ->
    isometric sys values (W k) /\ isometric values sys (transpose (W k)).
  Hypothesis right_vectors : forall k, (k < T)%nat ->
    isometric sys values (V k) /\ isometric values sys (transpose (V k)).
  Hypothesis small_values : forall k j, (k < T)%nat -> In j values -> Rabs (s k j) <= alphaD.
  Hypothesis steps : forall k i j, (k < T)%nat -> In i sys -> In j sys ->
    C k i j = of_values values (W k) (s k) (V k) i j.

  (** Dilations, then the identity and zero by one rotation each. *)
  Definition step_unitary (k : nat) : bool * I -> bool * I -> R :=
    if (k <? T)%nat then dilation values (W k) (V k) (fun j => s k j / alphaD)
    else beside (reflection ((if (k <? T + p)%nat then 1 else 0) / alphaD)) (unit_at dec).
  Lemma step_encodes k : block_encodes bits sys false (step_unitary k) alphaD 0 (passed dec T p C k).
  Proof.
    unfold step_unitary, passed. destruct (Nat.ltb_spec k T) as [Hk|Hk].
    - apply dilation_encodes; auto; lra.
    - set (beta := if (k <? T + p)%nat then 1 else 0).
      assert (Hb : 0 <= beta <= alphaD) by (unfold beta; destruct (k <? T + p)%nat; lra).
      assert (Hr : block_encodes bits sys false (beside (reflection (beta / alphaD)) (unit_at dec))
                     alphaD 0 (fun i j => beta * unit_at dec i j)).
      { apply multiple_encodes; [exact distinct|lra| |reflexivity]. apply reflection_orthogonal.
        rewrite Rabs_pos_eq.
        - apply Rmult_le_reg_r with alphaD; [lra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
        - apply Rmult_le_pos; [lra|]. left. apply Rinv_0_lt_compat. lra. }
      destruct Hr as [Ho Hr]. split; [exact Ho|]. eapply norm_le_ext; [|exact Hr]. intros i j _ _.
      cbv beta. unfold beta. destruct (k <? T + p)%nat; ring.
  Qed.
  Definition default_unitary :=
    history_unitary bool_dec dec m step_unitary (rotation (sqrt (1 / (1 + alphaD)))).
  Theorem default_encodes :
    block_encodes (list_prod bits bits) (list_prod (seq 0 (S m)) sys) (false, false) default_unitary
      (1 + alphaD) 0 (history_matrix dec m T p C).
  Proof.
    assert (F : 0 <= 1 / (1 + alphaD) <= 1).
    { split; [apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]|].
      apply Rmult_le_reg_r with (1 + alphaD); [lra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra. }
    apply history_encodes; auto; try lra.
    - unfold bits. repeat constructor; simpl; intuition discriminate.
    - intros. apply step_encodes.
    - apply rotation_orthogonal. rewrite Rabs_pos_eq by apply sqrt_pos.
      apply Rle_trans with (sqrt 1); [apply sqrt_le_1_alt, F|rewrite sqrt_1; lra].
    - simpl. unfold sine. rewrite pow2_sqrt by apply F. f_equal. field. lra.
  Qed.
End Default.

(** Error zero: the corner is A / alpha. *)
Theorem exact_corner {A S : Type} (anc : list A) (sys : list S) (o : A) U alpha M : 0 < alpha ->
  block_encodes anc sys o U alpha 0 M ->
  forall x i, In i sys -> apply sys (corner o U) x i = apply sys M x i / alpha.
Proof.
  intros Ha [_ H] x i Hi.
  assert (Z : l2 sys (apply sys (fun i j => M i j - alpha * corner o U i j) x) = 0).
  { apply Rle_antisym; [|apply l2_nonneg]. eapply Rle_trans; [apply H|]. right. ring. }
  pose proof (l2_zero sys _ Z i Hi) as E.
  assert (E' : apply sys M x i - alpha * apply sys (corner o U) x i = 0).
  { rewrite <- E. unfold apply. rewrite <- sum_scal, <- sum_minus. apply sum_ext. intros. ring. }
  apply Rmult_eq_reg_l with alpha; [|lra]. transitivity (apply sys M x i); [lra|field; lra].
Qed.

(** ** Odd functions respect direct sums: h(X^T X) X^T acts on each summand by itself *)
Section DirectSum.
  Context {I I' : Type} (l : list I) (l' : list I') (X : I -> I -> R) (X' : I' -> I' -> R).
  Definition both : list (I + I') := map inl l ++ map inr l'.
  Definition direct_sum (r t : I + I') : R :=
    match r, t with inl i, inl j => X i j | inr i, inr j => X' i j | _, _ => 0 end.
  (** (X^T X)^k X^T b *)
  Fixpoint odd_power {K : Type} (m : list K) (Y : K -> K -> R) (k : nat) (b : K -> R) : K -> R :=
    match k with
    | O => apply m (transpose Y) b
    | S k' => apply m (transpose Y) (apply m Y (odd_power m Y k' b))
    end.
  Lemma sum_both f : sum both f = sum l (fun i => f (inl i)) + sum l' (fun i => f (inr i)).
  Proof. unfold both. rewrite sum_app, !sum_map. reflexivity. Qed.
  Theorem odd_power_direct k b i : odd_power both direct_sum k b i =
    match i with
    | inl j => odd_power l X k (fun j => b (inl j)) j
    | inr j => odd_power l' X' k (fun j => b (inr j)) j
    end.
  Proof.
    assert (F : forall y r, apply both direct_sum y r = match r with
      | inl j => apply l X (fun j => y (inl j)) j | inr j => apply l' X' (fun j => y (inr j)) j end).
    { intros y [j|j]; unfold apply; rewrite sum_both; simpl.
      - rewrite (sum_0 l' (fun i => 0 * _)); [ring|intros; ring].
      - rewrite (sum_0 l (fun i => 0 * _)); [ring|intros; ring]. }
    assert (F' : forall y r, apply both (transpose direct_sum) y r = match r with
      | inl j => apply l (transpose X) (fun j => y (inl j)) j
      | inr j => apply l' (transpose X') (fun j => y (inr j)) j end).
    { intros y [j|j]; unfold apply, transpose; rewrite sum_both; simpl.
      - rewrite (sum_0 l' (fun i => 0 * _)); [ring|intros; ring].
      - rewrite (sum_0 l (fun i => 0 * _)); [ring|intros; ring]. }
    revert i. induction k as [|k IH]; intro i; simpl.
    - rewrite F'. destruct i; reflexivity.
    - rewrite F'. destruct i as [j|j]; apply apply_ext; auto; intros; rewrite F; apply apply_ext; auto;
        intros; apply IH.
  Qed.
  (** Polynomials of them: nothing leaves the first summand. *)
  Corollary odd_function_direct n (c : nat -> R) b : (forall j, b (inr j) = 0) ->
    let f := fun (K : Type) (m : list K) Y (v : K -> R) i =>
      sum (seq 0 n) (fun k => c k * odd_power m Y k v i) in
    (forall j, f _ both direct_sum b (inl j) = f _ l X (fun j => b (inl j)) j) /\
    (forall j, f _ both direct_sum b (inr j) = 0).
  Proof.
    intros Hb f. split; intro j; unfold f.
    - apply sum_ext. intros k _. rewrite odd_power_direct. reflexivity.
    - apply sum_0. intros k _. rewrite odd_power_direct.
      assert (Z : forall k j, odd_power l' X' k (fun j => b (inr j)) j = 0).
      { clear k j. induction k as [|k IH]; intro j; simpl; apply sum_0; intros q _.
        - rewrite Hb. ring.
        - replace (apply l' X' _ q) with 0; [ring|]. symmetry. apply sum_0. intros r _. rewrite IH.
          ring. }
      rewrite Z. ring.
  Qed.
End DirectSum.
