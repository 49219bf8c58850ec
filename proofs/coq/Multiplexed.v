(** Theorem 7.2, first part: a different encoding at every time, also with the times permuted; and
    multiples of the identity by a rotation of the ancilla. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums CrossNorm Orthogonal BlockEncoding EncodingSums Dilation.
Import ListNotations.
Open Scope R_scope.

(** ** A block for every time; time l goes to the time k with [from k] = l *)
Section Blocks.
  Context {K : Type} (dec : forall k l : K, {k = l} + {k <> l}).
  Variables (times : list K).
  Hypothesis distinct : NoDup times.
  Definition permutes (from next : K -> K) : Prop :=
    (forall k, In k times -> In (from k) times /\ In (next k) times /\ next (from k) =
      k /\ from (next k) = k)
    /\ forall f, sum times (fun k => f (from k)) = sum times f.
  Lemma permutes_back from next : permutes from next -> permutes next from.
  Proof.
    intros [H Hs]. split.
    - intros k Hk. destruct (H k Hk) as (? & ? & ? & ?). auto.
    - intro f. rewrite <- (Hs (fun k => f (next k))). apply sum_ext. intros k Hk.
      destruct (H k Hk) as (_ & _ & -> & _). reflexivity.
  Qed.
  Lemma permutes_id : permutes (fun k => k) (fun k => k).
  Proof. split; auto. Qed.

  Definition blocks {P Q : Type} (from : K -> K) (D : K -> P -> Q -> R) (r : K * P) (t : K * Q) : R :=
    unit_at dec (from (fst r)) (fst t) * D (fst t) (snd r) (snd t).

  Section Norms.
    Context {P Q : Type} (l : list P) (m : list Q).
    Variables (from next : K -> K).
    Hypothesis permutation : permutes from next.
    Implicit Types (D : K -> P -> Q -> R) (x : K * Q -> R).

    Lemma blocks_acts D x k p : In k times -> apply (list_prod times m) (blocks from D) x (k, p)
      = apply m (D (from k)) (fun q => x (from k, q)) p.
    Proof.
      intro Hk. unfold apply at 1. rewrite sum_prod.
      rewrite (sum_ext times _ (fun t => unit_at dec (from k) t * apply m (D t) (fun q => x (t, q)) p)).
      - apply (sum_unit dec times (from k) (fun t => apply m (D t) (fun q => x (t, q)) p) distinct).
        apply permutation, Hk.
      - intros t _. unfold apply, blocks. simpl fst. simpl snd. rewrite <- sum_scal.
        apply sum_ext. intros. ring.
    Qed.
    Lemma blocks_squares D x : squares (list_prod times l) (apply (list_prod times m) (blocks from D) x)
      = sum times (fun k => squares l (apply m (D k) (fun q => x (k, q)))).
    Proof.
      rewrite squares_prod, <- (proj2 permutation (fun k => squares l (apply m (D k) (fun q => x (k,
        q))))).
      apply sum_ext. intros k Hk. apply squares_ext. intros p _. apply blocks_acts, Hk.
    Qed.
    Lemma blocks_isometric D : (forall k, In k times -> isometric l m (D k)) ->
      isometric (list_prod times l) (list_prod times m) (blocks from D).
    Proof.
      intros H x. rewrite blocks_squares, squares_prod. apply sum_ext. intros k Hk. apply H, Hk.
    Qed.
    Lemma blocks_norm D e : 0 <= e -> (forall k, In k times -> norm_le l m (D k) e) ->
      norm_le (list_prod times l) (list_prod times m) (blocks from D) e.
    Proof.
      intros He H x. apply l2_le_of_sqr; [apply Rmult_le_pos; [exact He|apply l2_nonneg]|].
      change (squares (list_prod times l) (apply (list_prod times m) (blocks from D) x)
              <= (e * l2 (list_prod times m) x) ^ 2).
      rewrite blocks_squares, Rpow_mult_distr, l2_sqr, sum_prod, <- sum_scal. apply sum_le.
      intros k Hk. rewrite squares_l2. change (sum m (fun q => x (k, q) ^ 2))
        with (squares m (fun q => x (k, q))). rewrite squares_l2, <- Rpow_mult_distr.
      apply pow_incr. split; [apply l2_nonneg|apply (H k Hk)].
    Qed.
    Lemma blocks_transposed D r t : In (fst r) times -> In (fst t) times ->
      transpose (blocks from D) t r = blocks next (fun k => transpose (D (from k))) t r.
    Proof.
      intros Hr Ht. unfold transpose, blocks, unit_at.
      destruct (proj1 permutation _ Hr) as (_ & _ & Er & _), (proj1 permutation _ Ht)
        as (_ & _ & _ & Et).
      destruct (dec (from (fst r)) (fst t)) as [E|E], (dec (next (fst t)) (fst r)) as [F|F].
      - rewrite E. reflexivity.
      - exfalso. apply F. rewrite <- E. exact Er.
      - exfalso. apply E. rewrite <- F. exact Et.
      - ring.
    Qed.
  End Norms.
End Blocks.

(** ** The encodings one beside the other *)
Section Multiplexed.
  Context {K A S : Type} (dec : forall k l : K, {k = l} + {k <> l}).
  Variables (times : list K) (anc : list A) (sys : list S) (o : A) (from next : K -> K).
  Hypothesis distinct : NoDup times.
  Hypothesis permutation : permutes times from next.
  Notation register := (list_prod anc (list_prod times sys)).
  Notation by_time := (list_prod times (list_prod anc sys)).

  Definition time_first (r : A * (K * S)) : K * (A * S) := (fst (snd r), (fst r, snd (snd r))).
  Definition time_inside (r : K * (A * S)) : A * (K * S) := (fst (snd r), (fst r, snd (snd r))).
  (** sum_k |next k><k| (x) U_k *)
  Definition multiplexed (U : K -> A * S -> A * S -> R) (r t : A * (K * S)) : R :=
    blocks dec from U (time_first r) (time_first t).
  Lemma sum_time f : sum register f = sum by_time (fun r => f (time_inside r)).
  Proof.
    rewrite !sum_prod.
    rewrite (sum_ext anc _ (fun a => sum times (fun k => sum sys (fun i => f (a, (k, i))))))
      by (intros a _; exact (sum_prod times sys (fun t => f (a, t)))).
    rewrite sum_swap. apply sum_ext. intros k _.
    exact (eq_sym (sum_prod anc sys (fun t => f (time_inside (k, t))))).
  Qed.
  Lemma timed_isometric U : isometric by_time by_time U ->
    isometric register register (fun r t => U (time_first r) (time_first t)).
  Proof.
    intros H x. unfold squares. rewrite !sum_time.
    etransitivity; [|exact (H (fun r => x (time_inside r)))].
    apply sum_ext. intros [k [a i]] _. f_equal. unfold apply. rewrite sum_time.
    apply sum_ext. intros [k' [a' i']] _. reflexivity.
  Qed.
  Lemma multiplexed_orthogonal U : (forall k, In k times -> orthogonal (list_prod anc sys) (U k)) ->
    orthogonal register (multiplexed U).
  Proof.
    intro H. split.
    - apply timed_isometric. apply (blocks_isometric dec times distinct _ _ from next permutation).
      intros k Hk. apply H, Hk.
    - apply (isometric_ext _ _ (fun r t => blocks dec next (fun k => transpose (U (from k)))
                                             (time_first r) (time_first t))).
      + intros [a [k i]] [b [l j]] Hr Ht. symmetry. unfold multiplexed.
        apply in_prod_iff in Hr as [_ Hr], Ht as [_ Ht]. apply in_prod_iff in Hr as [Hk _], Ht as [Hl _].
        exact (blocks_transposed dec times from next permutation U (time_first (b, (l, j)))
                 (time_first (a, (k, i))) Hl Hk).
      + apply timed_isometric.
        apply (blocks_isometric dec times distinct _ _ next from (permutes_back times from next
          permutation)).
        intros k Hk. apply H. apply permutation, Hk.
  Qed.
  Theorem multiplexed_encodes U D alpha eps : 0 <= eps ->
    (forall k, In k times -> block_encodes anc sys o (U k) alpha eps (D k)) ->
    block_encodes anc (list_prod times sys) o (multiplexed U) alpha eps (blocks dec from D).
  Proof.
    intros He H. split.
    - apply multiplexed_orthogonal. intros k Hk. apply (H k Hk).
    - apply (norm_le_ext _ _ (blocks dec from (fun k i j => D k i j - alpha * corner o (U k) i j))).
      + intros [k i] [l j] _ _. unfold corner, multiplexed, blocks, time_first. cbn [fst snd]. ring.
      + apply (blocks_norm dec times distinct sys sys from next permutation); [exact He|].
        intros k Hk. apply (H k Hk).
  Qed.
End Multiplexed.

(** ** The identity and its multiples *)
Section Identity.
  Context {S : Type} (dec : forall a b : S, {a = b} + {a <> b}) (sys : list S).
  Hypothesis distinct : NoDup sys.
  Lemma unit_acts x i : In i sys -> apply sys (unit_at dec) x i = x i.
  Proof. intro Hi. apply sum_unit; assumption. Qed.
  Lemma unit_sym i j : unit_at dec i j = unit_at dec j i.
  Proof. unfold unit_at. destruct (dec i j), (dec j i); congruence || reflexivity. Qed.
  Lemma unit_isometric : isometric sys sys (unit_at dec).
  Proof. intro x. apply squares_ext. intros. apply unit_acts. assumption. Qed.

  (** beta 1, by any orthogonal matrix on the ancillas whose corner is beta / alpha. *)
  Theorem multiple_encodes {A : Type} (anc : list A) (o : A) turned alpha beta : alpha <> 0 ->
    orthogonal anc turned -> turned o o = beta / alpha ->
    block_encodes anc sys o (beside turned (unit_at dec)) alpha 0 (fun i j => beta * unit_at dec i j).
  Proof.
    intros Ha [H H'] E. split; [split|].
    - apply beside_isometric; [exact H|apply unit_isometric].
    - apply (isometric_ext _ _ (beside (transpose turned) (unit_at dec))).
      + intros [a i] [b j] _ _. unfold beside, transpose. cbn [fst snd]. rewrite unit_sym. reflexivity.
      + apply beside_isometric; [exact H'|apply unit_isometric].
    - apply norm_le_zero. intros i j _ _. unfold corner, beside. cbn [fst snd]. rewrite E. field.
      exact Ha.
  Qed.
End Identity.

(** ((c, s), (s, -c)), one rotation and one sign. *)
Definition reflection (c : R) (a b : bool) : R :=
  match a, b with false, false => c | true, true => - c | _, _ => sine c end.
Lemma reflection_orthogonal c : Rabs c <= 1 -> orthogonal bits (reflection c).
Proof.
  intro H. pose proof (sine_sqr c H) as E. set (s := sine c) in *.
  split; intro x; unfold squares, apply; rewrite !sum_bits; unfold reflection, transpose;
    fold s; transitivity ((c ^ 2 + s ^ 2) * (x false ^ 2 + x true ^ 2)); try ring; rewrite E; ring.
Qed.
(** The rotation that prepares the amplitudes of two terms. *)
Definition rotation (c : R) (a b : bool) : R :=
  match a, b with false, true => - sine c | true, false => sine c | _, _ => c end.
Lemma rotation_orthogonal c : Rabs c <= 1 -> orthogonal bits (rotation c).
Proof.
  intro H. pose proof (sine_sqr c H) as E. set (s := sine c) in *.
  split; intro x; unfold squares, apply; rewrite !sum_bits; unfold rotation, transpose;
    fold s; transitivity ((c ^ 2 + s ^ 2) * (x false ^ 2 + x true ^ 2)); try ring; rewrite E; ring.
Qed.
