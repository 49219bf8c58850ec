(** Theorem 1.3 from the unitaries: PREP, SELECT, PREP^T encode a linear combination; and Theorem 1.2
    for Kronecker products on separate systems. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums CrossNorm Orthogonal BlockEncoding.
Import ListNotations.
Open Scope R_scope.

(** ** Linear combination: the index register comes before the common ancillas *)
Section Combination.
  Context {B A S : Type}.
  Variables (idx : list B) (anc : list A) (sys : list S).
  Notation inner := (list_prod anc sys).
  Notation register := (list_prod (list_prod idx anc) sys).
  Implicit Types (L P : B -> B -> R) (U : B -> A * S -> A * S -> R) (x : (B * A) * S -> R).

  (** (L^T (x) 1) (sum_k |k><k| (x) U_k) (P (x) 1) *)
  Definition combined L U P (r t : (B * A) * S) : R :=
    sum idx (fun k => L k (fst (fst r)) *
      (U k (snd (fst r), snd r) (snd (fst t), snd t) * P k (fst (fst t)))).
  Definition prepared P x (k : B) (t : A * S) : R := apply idx P (fun b => x ((b, fst t), snd t)) k.
  Definition selected U (y : B -> A * S -> R) (k : B) : A * S -> R := apply inner (U k) (y k).
  Definition unprepared L (y : B -> A * S -> R) (r : (B * A) * S) : R :=
    apply idx (transpose L) (fun k => y k (snd (fst r), snd r)) (fst (fst r)).
  Theorem combined_acts L U P x r :
    apply register (combined L U P) x r = unprepared L (selected U (prepared P x)) r.
  Proof.
    destruct r as [[b a] i]. unfold unprepared. cbn [fst snd].
    pose proof (apply_apply idx register (fun (_ : unit) k => L k b)
      (fun k t => U k (a, i) (snd (fst t), snd t) * P k (fst (fst t))) x tt) as E.
    etransitivity; [exact (eq_sym E)|]. unfold apply at 1 3. apply sum_ext. intros k _.
    unfold transpose. f_equal. unfold selected, prepared, apply. cbn [fst snd].
    rewrite !sum_prod, sum_swap. apply sum_ext. intros a' _. rewrite sum_swap. apply sum_ext.
    intros j _. rewrite <- sum_scal. apply sum_ext. intros. simpl. ring.
  Qed.
  Lemma squares_register x :
    squares register x = sum inner (fun t => squares idx (fun b => x ((b, fst t), snd t))).
  Proof.
    rewrite squares_prod, !sum_prod, sum_swap. apply sum_ext. intros a _. apply sum_swap.
  Qed.
  Lemma combined_isometric L U P : isometric idx idx (transpose L) -> isometric idx idx P ->
    (forall k, In k idx -> isometric inner inner (U k)) -> isometric register register (combined L U P).
  Proof.
    intros HL HP HU. apply (isometric_action _ _ _ (fun x => unprepared L (selected U (prepared P x)))).
    { intros. apply combined_acts. }
    intro x. rewrite !squares_register.
    rewrite (sum_ext inner (fun t => squares idx (fun b => unprepared L _ ((b, fst t), snd t)))
      (fun t => squares idx (fun k => selected U (prepared P x) k t))).
    2: { intros [a i] _. apply (HL (fun k => selected U (prepared P x) k (a, i))). }
    unfold squares at 1. rewrite sum_swap.
    rewrite (sum_ext idx _ (fun k => squares inner (prepared P x k))) by (intros; apply HU; assumption).
    unfold squares at 1. rewrite sum_swap. apply sum_ext. intros t _. apply HP.
  Qed.
  Lemma combined_transposed L U P r t :
    transpose (combined L U P) r t = combined P (fun k => transpose (U k)) L r t.
  Proof. apply sum_ext. intros. unfold transpose. ring. Qed.
  Lemma combined_orthogonal L U P : orthogonal idx L -> orthogonal idx P ->
    (forall k, In k idx -> orthogonal inner (U k)) -> orthogonal register (combined L U P).
  Proof.
    intros [HL HL'] [HP HP'] HU. split.
    - apply combined_isometric; auto. intros. apply HU. assumption.
    - apply (isometric_ext _ _ (combined P (fun k => transpose (U k)) L)).
      + intros. symmetry. apply combined_transposed.
      + apply combined_isometric; auto. intros. apply HU. assumption.
  Qed.

End Combination.

Definition sign (w : R) : R := if Rlt_dec w 0 then -1 else 1.
Lemma sign_abs w : sign w * Rabs w = w.
Proof. unfold sign. destruct (Rlt_dec w 0); [rewrite Rabs_left|rewrite Rabs_pos_eq]; lra. Qed.
Lemma sign_sqr w : sign w ^ 2 = 1.
Proof. unfold sign. destruct (Rlt_dec w 0); simpl; lra. Qed.
Lemma scaled_isometric {P Q : Type} (l : list P) (m : list Q) U c : c ^ 2 = 1 -> isometric l m U ->
  isometric l m (fun p t => c * U p t).
Proof.
  intros Hc H x. rewrite <- (H x). rewrite <- (Rmult_1_l (squares l (apply m U x))), <- Hc.
  unfold squares. rewrite <- sum_scal. apply sum_ext. intros p _. rewrite <- Rpow_mult_distr. f_equal.
  unfold apply. rewrite <- sum_scal. apply sum_ext. intros. ring.
Qed.

Section Weights.
  Context {B A S : Type} (idx : list B) (anc : list A) (sys : list S) (o : B) (q : A).
  Variables (w a e : B -> R) (U : B -> A * S -> A * S -> R) (M : B -> S -> S -> R) (alpha : R).
  Hypothesis encoded : forall k, In k idx -> block_encodes anc sys q (U k) (a k) (e k) (M k).

  (** Two preparations, the sign in SELECT. *)
  Definition signed (k : B) (r t : A * S) : R := sign (w k) * U k r t.
  Theorem two_preparations_encode L P : orthogonal idx L -> orthogonal idx P ->
    (forall k, In k idx -> alpha * (L k o * P k o) = Rabs (w k) * a k) ->
    block_encodes (list_prod idx anc) sys (o, q) (combined idx L signed P) alpha
      (sum idx (fun k => Rabs (w k) * e k)) (fun i j => sum idx (fun k => w k * M k i j)).
  Proof.
    intros HL HP Hw. split.
    - apply combined_orthogonal; auto. intros k Hk. destruct (encoded k Hk) as [[H H'] _].
      split; [apply scaled_isometric|apply (scaled_isometric _ _ (transpose (U k)))];
        auto using sign_sqr.
    - apply (norm_le_ext sys sys (fun i j =>
        sum idx (fun k => w k * (M k i j - a k * corner q (U k) i j)))).
      + intros i j _ _. unfold corner, combined, signed. cbn [fst snd].
        rewrite <- sum_scal, <- sum_minus. apply sum_ext. intros k Hk.
        transitivity (w k * M k i j - alpha * (L k o * P k o) * sign (w k) * U k (q, i) (q, j)); [|ring].
        rewrite (Hw k Hk).
        transitivity (w k * M k i j - sign (w k) * Rabs (w k) * a k * U k (q, i) (q, j)); [|ring].
        rewrite sign_abs. ring.
      + apply norm_le_sum. intros k Hk. apply (encoded k Hk).
  Qed.
  (** Theorem 1.3: one real orthogonal P whose first column is (|w_k| alpha_k / alpha)^(1/2). *)
  Theorem combination_encodes P : orthogonal idx P -> (forall k, In k idx -> 0 <= a k) ->
    alpha = sum idx (fun k => Rabs (w k) * a k) -> 0 < alpha ->
    (forall k, In k idx -> P k o = sqrt (Rabs (w k) * a k / alpha)) ->
    block_encodes (list_prod idx anc) sys (o, q) (combined idx P signed P) alpha
      (sum idx (fun k => Rabs (w k) * e k)) (fun i j => sum idx (fun k => w k * M k i j)).
  Proof.
    intros HP Ha E Hpos Hcol. apply two_preparations_encode; auto. intros k Hk.
    rewrite (Hcol k Hk), sqrt_sqrt.
    - field. lra.
    - apply Rmult_le_pos; [apply Rmult_le_pos; [apply Rabs_pos|auto]|].
      left. apply Rinv_0_lt_compat, Hpos.
  Qed.
End Weights.

(** ** Kronecker product: separate ancillas and systems *)
Section Kronecker.
  Context {P P' Q Q' : Type} (l : list P) (l' : list P') (m : list Q) (m' : list Q').
  Definition beside (M : P -> Q -> R) (N : P' -> Q' -> R) (r : P * P') (t : Q * Q') : R :=
    M (fst r) (fst t) * N (snd r) (snd t).
  Lemma beside_acts M N x r : apply (list_prod m m') (beside M N) x r
    = apply m M (fun q => apply m' N (fun q' => x (q, q')) (snd r)) (fst r).
  Proof.
    unfold apply. rewrite sum_prod. apply sum_ext. intros q _. rewrite <- sum_scal.
    apply sum_ext. intros. unfold beside. simpl. ring.
  Qed.
  Lemma beside_squares M N x : squares (list_prod l l') (apply (list_prod m m') (beside M N) x)
    = sum l' (fun p' => squares l (apply m M (fun q => apply m' N (fun q' => x (q, q')) p'))).
  Proof.
    rewrite squares_prod_swap. apply sum_ext. intros p' _. apply squares_ext. intros p _.
    exact (beside_acts M N x (p, p')).
  Qed.
  Lemma beside_isometric M N : isometric l m M -> isometric l' m' N ->
    isometric (list_prod l l') (list_prod m m') (beside M N).
  Proof.
    intros HM HN x. rewrite beside_squares, squares_prod.
    rewrite (sum_ext l' _ (fun p' => squares m (fun q => apply m' N (fun q' => x (q, q')) p')))
      by (intros; apply HM).
    unfold squares at 1. rewrite sum_swap. apply sum_ext. intros q _. apply HN.
  Qed.
  Lemma beside_norm M N a b : 0 <= a -> 0 <= b -> norm_le l m M a -> norm_le l' m' N b ->
    norm_le (list_prod l l') (list_prod m m') (beside M N) (a * b).
  Proof.
    intros Ha Hb HM HN x. apply l2_le_of_sqr.
    { repeat apply Rmult_le_pos; auto. apply l2_nonneg. }
    change (squares (list_prod l l') (apply (list_prod m m') (beside M N) x)
            <= (a * b * l2 (list_prod m m') x) ^ 2).
    rewrite beside_squares, !Rpow_mult_distr, l2_sqr, sum_prod.
    apply Rle_trans with (a ^ 2 * sum l' (fun p' => squares m (fun q => apply m' N (fun q' => x (q,
      q')) p'))).
    - rewrite <- sum_scal. apply sum_le. intros p' _. rewrite !squares_l2, <- Rpow_mult_distr.
      apply pow_incr. split; [apply l2_nonneg|apply HM].
    - rewrite Rmult_assoc. apply Rmult_le_compat_l; [apply pow2_ge_0|].
      unfold squares. rewrite sum_swap, <- sum_scal. apply sum_le. intros q _.
      change (squares l' (apply m' N (fun q' => x (q, q'))) <= b ^ 2 * squares m' (fun q' => x (q, q'))).
      rewrite !squares_l2, <- Rpow_mult_distr. apply pow_incr. split; [apply l2_nonneg|apply HN].
  Qed.
End Kronecker.

Section KroneckerEncoding.
  Context {A B S T : Type} (anc : list A) (anc' : list B) (sys : list S) (sys' : list T).
  (** Ancillas first: ((a, b), (i, j)) is ((a, i), (b, j)) in another order. *)
  Definition sorted (r : (A * B) * (S * T)) : (A * S) * (B * T) :=
    ((fst (fst r), fst (snd r)), (snd (fst r), snd (snd r))).
  Definition unsorted (r : (A * S) * (B * T)) : (A * B) * (S * T) :=
    ((fst (fst r), fst (snd r)), (snd (fst r), snd (snd r))).
  Definition kronecker (U : A * S -> A * S -> R) (V : B * T -> B * T -> R)
      (r t : (A * B) * (S * T)) : R := beside U V (sorted r) (sorted t).
  Notation register := (list_prod (list_prod anc anc') (list_prod sys sys')).
  Notation separate := (list_prod (list_prod anc sys) (list_prod anc' sys')).
  Lemma sum_sorted f : sum register f = sum separate (fun r => f (unsorted r)).
  Proof.
    rewrite !sum_prod. apply sum_ext. intros a _.
    rewrite (sum_ext anc' _ (fun b => sum sys (fun i => sum sys' (fun j => f ((a, b), (i, j))))))
      by (intros b _; exact (sum_prod sys sys' (fun t => f ((a, b), t)))).
    rewrite sum_swap. apply sum_ext. intros i _.
    exact (eq_sym (sum_prod anc' sys' (fun t => f (unsorted ((a, i), t))))).
  Qed.
  Lemma kronecker_isometric U V : isometric (list_prod anc sys) (list_prod anc sys) U ->
    isometric (list_prod anc' sys') (list_prod anc' sys') V ->
      isometric register register (kronecker U V).
  Proof.
    intros HU HV x. unfold squares. rewrite !sum_sorted.
    etransitivity; [|exact (beside_isometric _ _ _ _ U V HU HV (fun r => x (unsorted r)))].
    apply sum_ext. intros [[a i] [b j]] _. f_equal. unfold apply. rewrite sum_sorted.
    apply sum_ext. intros [[a' i'] [b' j']] _. reflexivity.
  Qed.
  Theorem kronecker_encodes (dec : forall a b : A, {a = b} + {a <> b})
      (dec' : forall a b : B, {a = b} + {a <> b}) o o' U V a b e f M N :
    NoDup anc -> In o anc -> NoDup anc' -> In o' anc' -> 0 <= a -> 0 <= e -> 0 <= b -> 0 <= f ->
    block_encodes anc sys o U a e M -> block_encodes anc' sys' o' V b f N ->
    block_encodes (list_prod anc anc') (list_prod sys sys') (o, o') (kronecker U V) (a * b)
      (a * f + b * e + e * f) (beside M N).
  Proof.
    intros Hd Ho Hd' Ho' Ha He Hb Hf HU HV.
    destruct (encoded_norms dec anc sys o Hd Ho U a e M Ha HU) as [HM _].
    destruct (encoded_norms dec' anc' sys' o' Hd' Ho' V b f N Hb HV) as [_ HN].
    destruct HU as [[HU HU'] HUe], HV as [[HV HV'] HVe]. split.
    - split; [|apply (isometric_ext _ _ (kronecker (transpose U) (transpose V))); [reflexivity|]];
        apply kronecker_isometric; assumption.
    - apply (norm_le_ext _ _ (fun r t => beside (fun i j => M i j - a * corner o U i j) N r t
        + beside (fun i j => a * corner o U i j) (fun i j => N i j - b * corner o' V i j) r t)).
      + intros [i j] [i' j'] _ _. unfold corner, kronecker, beside. simpl. ring.
      + replace (a * f + b * e + e * f) with (e * (b + f) + a * f) by ring.
        apply norm_le_plus; apply beside_norm; auto; lra.
  Qed.
End KroneckerEncoding.
