(** Theorems 1.2 and 1.3 from the unitaries: what a product, a Kronecker product and a linear
    combination of block encodings encode.

    An encoding of A is an orthogonal matrix on the pairs (ancilla, system) whose corner, ancilla [o]
    to ancilla [o], is A / alpha up to eps. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums CrossNorm Orthogonal.
Import ListNotations.
Open Scope R_scope.

(** |M| <= e for a matrix. *)
Definition norm_le {P Q : Type} (rows : list P) (cols : list Q) (M : P -> Q -> R) (e : R) : Prop :=
  forall x, l2 rows (apply cols M x) <= e * l2 cols x.
Definition corner {A S : Type} (o : A) (U : A * S -> A * S -> R) (i j : S) : R := U (o, i) (o, j).
Definition block_encodes {A S : Type} (anc : list A) (sys : list S) (o : A)
    (U : A * S -> A * S -> R) (alpha eps : R) (M : S -> S -> R) : Prop :=
  orthogonal (list_prod anc sys) U /\
  norm_le sys sys (fun i j => M i j - alpha * corner o U i j) eps.

Section Norms.
  Context {P Q : Type} (rows : list P) (cols : list Q).
  Lemma norm_le_ext (M N : P -> Q -> R) e :
    (forall p q, In p rows -> In q cols -> M p q = N p q) -> norm_le rows cols M e ->
    norm_le rows cols N e.
  Proof.
    intros E H x. rewrite <- (l2_ext rows (apply cols M x)); [apply H|].
    intros p Hp. apply apply_ext; auto.
  Qed.
  Lemma norm_le_zero (M : P -> Q -> R) :
    (forall p q, In p rows -> In q cols -> M p q = 0) -> norm_le rows cols M 0.
  Proof.
    intros H x. rewrite l2_0; [lra|]. intros p Hp. apply sum_0. intros q Hq. rewrite H by auto. ring.
  Qed.
  Lemma norm_le_plus (M N : P -> Q -> R) a b : norm_le rows cols M a -> norm_le rows cols N b ->
    norm_le rows cols (fun p q => M p q + N p q) (a + b).
  Proof.
    intros HM HN x. specialize (HM x). specialize (HN x).
    rewrite (l2_ext rows _ (fun p => apply cols M x p + apply cols N x p))
      by (intros; unfold apply; rewrite <- sum_plus; apply sum_ext; intros; ring).
    eapply Rle_trans; [apply minkowski|]. lra.
  Qed.
  Lemma norm_le_scal (M : P -> Q -> R) c a : norm_le rows cols M a ->
    norm_le rows cols (fun p q => c * M p q) (Rabs c * a).
  Proof.
    intros HM x. rewrite (l2_ext rows _ (fun p => c * apply cols M x p))
      by (intros; unfold apply; rewrite <- sum_scal; apply sum_ext; intros; ring).
    rewrite l2_scal, Rmult_assoc. apply Rmult_le_compat_l; [apply Rabs_pos|apply HM].
  Qed.
  Lemma norm_le_sum {B : Type} (terms : list B) (M : B -> P -> Q -> R) (w e : B -> R) :
    (forall b, In b terms -> norm_le rows cols (M b) (e b)) ->
    norm_le rows cols (fun p q => sum terms (fun b => w b * M b p q))
      (sum terms (fun b => Rabs (w b) * e b)).
  Proof.
    intro H. induction terms as [|b terms IH].
    - apply norm_le_zero. reflexivity.
    - apply (norm_le_plus (fun p q => w b * M b p q)).
      + apply norm_le_scal, H, in_eq.
      + apply IH. intros. apply H. right. assumption.
  Qed.
End Norms.
Lemma norm_le_mul {P Q T : Type} (rows : list P) (mid : list Q) (cols : list T) M N a b : 0 <= a ->
  norm_le rows mid M a -> norm_le mid cols N b ->
  norm_le rows cols (fun p t => sum mid (fun q => M p q * N q t)) (a * b).
Proof.
  intros Ha HM HN x. rewrite <- (l2_ext rows (apply mid M (apply cols N x)))
    by (intros; apply apply_apply).
  eapply Rle_trans; [apply HM|]. rewrite Rmult_assoc. apply Rmult_le_compat_l; [exact Ha|apply HN].
Qed.
Lemma norm_le_isometric {P Q : Type} (l : list P) (m : list Q) U : isometric l m U -> norm_le l m U 1.
Proof. intros H x. unfold l2. rewrite Rmult_1_l. right. f_equal. apply H. Qed.

(** A corner of an orthogonal matrix has norm at most one, so |alpha corner| <= alpha. *)
Section Corner.
  Context {A S : Type} (dec : forall a b : A, {a = b} + {a <> b}).
  Variables (anc : list A) (sys : list S) (o : A).
  Hypothesis distinct : NoDup anc.
  Hypothesis present : In o anc.

  Definition at_zero (x : S -> R) (r : A * S) : R := unit_at dec o (fst r) * x (snd r).
  Lemma at_zero_norm x : squares (list_prod anc sys) (at_zero x) = squares sys x.
  Proof.
    rewrite squares_prod. rewrite <- (sum_unit dec anc o (fun _ => squares sys x)) by assumption.
    apply sum_ext. intros a _. unfold squares, at_zero, unit_at. simpl fst. simpl snd.
    rewrite <- sum_scal. apply sum_ext. intros i _. destruct (dec o a); ring.
  Qed.
  Lemma at_zero_apply U x i :
    apply (list_prod anc sys) U (at_zero x) (o, i) = apply sys (corner o U) x i.
  Proof.
    transitivity (sum anc (fun a => unit_at dec o a * sum sys (fun j => U (o, i) (a, j) * x j)));
      [|exact (sum_unit dec anc o (fun a => sum sys (fun j => U (o, i) (a, j) * x j)) distinct present)].
    unfold apply. rewrite sum_prod. apply sum_ext. intros a _. rewrite <- sum_scal. apply sum_ext.
    intros j _. unfold at_zero.
    simpl. ring.
  Qed.
  Theorem corner_norm U : isometric (list_prod anc sys) (list_prod anc sys) U ->
    norm_le sys sys (corner o U) 1.
  Proof.
    intros H x. rewrite Rmult_1_l. apply l2_le_of_sqr; [apply l2_nonneg|]. rewrite l2_sqr.
    change (squares sys (apply sys (corner o U) x) <= squares sys x).
    rewrite <- (at_zero_norm x), <- H, squares_prod.
    rewrite (squares_ext sys (apply sys (corner o U) x)
               (fun i => apply (list_prod anc sys) U (at_zero x) (o, i))) by (intros; symmetry;
                 apply at_zero_apply).
    apply (sum_member anc (fun a => squares sys (fun i => apply (list_prod anc sys) U (at_zero x) (a,
      i)))).
    - intros. apply sum_sq_nonneg.
    - exact present.
  Qed.
  (** So an encoding is one in the sense of page 01 and [Composition.encodes]. *)
  Theorem encoded_norms U alpha eps M : 0 <= alpha -> block_encodes anc sys o U alpha eps M ->
    norm_le sys sys (fun i j => alpha * corner o U i j) alpha /\ norm_le sys sys M (alpha + eps).
  Proof.
    intros Ha [[H _] He].
    pose proof (norm_le_scal sys sys (corner o U) alpha 1 (corner_norm U H)) as C.
    rewrite Rabs_pos_eq, Rmult_1_r in C by exact Ha.
    split; [exact C|].
    apply (norm_le_ext sys sys (fun i j => alpha * corner o U i j + (M i j - alpha * corner o U i j))).
    - intros. ring.
    - apply norm_le_plus; assumption.
  Qed.
End Corner.

(** ** Theorem 1.2: separate ancillas, common system *)
Section Product.
  Context {A B S : Type} (dec : forall a b : A, {a = b} + {a <> b}).
  Variables (anc : list A) (anc' : list B) (sys : list S) (o : A) (o' : B).
  Variables (U : A * S -> A * S -> R) (V : B * S -> B * S -> R).
  Notation register := (list_prod (list_prod anc anc') sys).

  (** V on its ancillas and the system, then U on its own. *)
  Definition product (r t : (A * B) * S) : R :=
    sum sys (fun k => U (fst (fst r), snd r) (fst (fst t), k) * V (snd (fst r), k) (snd (fst t), snd t)).
  Definition on_left (x : (A * B) * S -> R) (r : (A * B) * S) : R :=
    apply (list_prod anc sys) U (fun t => x ((fst t, snd (fst r)), snd t)) (fst (fst r), snd r).
  Definition on_right (x : (A * B) * S -> R) (r : (A * B) * S) : R :=
    apply (list_prod anc' sys) V (fun t => x ((fst (fst r), fst t), snd t)) (snd (fst r), snd r).
  Theorem product_acts x r : apply register product x r = on_left (on_right x) r.
  Proof.
    destruct r as [[a b] i]. unfold on_left, on_right, apply, product. cbn [fst snd].
    rewrite !sum_prod. apply sum_ext. intros a' _.
    pose proof (apply_apply sys (list_prod anc' sys) (fun (_ : unit) k => U (a, i) (a', k))
      (fun k t => V (b, k) t) (fun t => x ((a', fst t), snd t)) tt) as E.
    unfold apply in E. rewrite sum_prod in E. exact (eq_sym E).
  Qed.
End Product.

Section ProductNorm.
  Context {A B S : Type} (anc : list A) (anc' : list B) (sys : list S).
  Notation register := (list_prod (list_prod anc anc') sys).
  Lemma on_left_norm U x : isometric (list_prod anc sys) (list_prod anc sys) U ->
    squares register (on_left anc sys U x) = squares register x.
  Proof.
    intro H. rewrite !squares_prod, !sum_prod, !(sum_swap anc). apply sum_ext. intros b _.
    pose proof (H (fun t => x ((fst t, b), snd t))) as E. rewrite !squares_prod in E. exact E.
  Qed.
  Lemma on_right_norm V x : isometric (list_prod anc' sys) (list_prod anc' sys) V ->
    squares register (on_right anc' sys V x) = squares register x.
  Proof.
    intro H. rewrite !squares_prod, !sum_prod. apply sum_ext. intros a _.
    pose proof (H (fun t => x ((a, fst t), snd t))) as E. rewrite !squares_prod in E. exact E.
  Qed.
  Lemma product_transposed U V x r : apply register (transpose (product sys U V)) x r
    = on_right anc' sys (transpose V) (on_left anc sys (transpose U) x) r.
  Proof.
    destruct r as [[a b] i]. unfold on_left, on_right, apply, product, transpose. cbn [fst snd].
    rewrite !sum_prod, sum_swap. apply sum_ext. intros b' _.
    pose proof (apply_apply sys (list_prod anc sys) (fun (_ : unit) k => V (b', k) (b, i))
      (fun k t => U t (a, k)) (fun t => x ((fst t, b'), snd t)) tt) as E.
    unfold apply in E. rewrite sum_prod in E. etransitivity; [|exact (eq_sym E)].
    apply sum_ext. intros a' _.
    apply sum_ext. intros j _. cbn [fst snd]. f_equal. apply sum_ext. intros. ring.
  Qed.
  Lemma product_orthogonal U V : orthogonal (list_prod anc sys) U -> orthogonal (list_prod anc' sys) V ->
    orthogonal register (product sys U V).
  Proof.
    intros [HU HU'] [HV HV']. split.
    - apply (isometric_action _ _ _ (fun x => on_left anc sys U (on_right anc' sys V x))).
      + intros. apply product_acts.
      + intro x. rewrite on_left_norm, on_right_norm by assumption. reflexivity.
    - apply (isometric_action _ _ _
        (fun x => on_right anc' sys (transpose V) (on_left anc sys (transpose U) x))).
      + intros. apply product_transposed.
      + intro x. rewrite on_right_norm, on_left_norm by assumption. reflexivity.
  Qed.

  Theorem product_encodes (dec : forall a b : A, {a = b} + {a <> b}) o o' U V a b e f M N :
    NoDup anc -> In o anc -> 0 <= a -> 0 <= e -> 0 <= b ->
    (forall x y : B, {x = y} + {x <> y}) -> NoDup anc' -> In o' anc' ->
    block_encodes anc sys o U a e M -> block_encodes anc' sys o' V b f N ->
    block_encodes (list_prod anc anc') sys (o, o') (product sys U V) (a * b) (a * f + b * e + e * f)
      (fun i j => sum sys (fun k => M i k * N k j)).
  Proof.
    intros Hd Ho Ha He Hb dec' Hd' Ho' HU HV.
    destruct (encoded_norms dec anc sys o Hd Ho U a e M Ha HU) as [HM _].
    destruct (encoded_norms dec' anc' sys o' Hd' Ho' V b f N Hb HV) as [_ HN].
    destruct HU as [HU HUe], HV as [HV HVe]. split; [apply product_orthogonal; assumption|].
    apply (norm_le_ext sys sys (fun i j =>
      sum sys (fun k => (M i k - a * corner o U i k) * N k j)
      + sum sys (fun k => a * corner o U i k * (N k j - b * corner o' V k j)))).
    - intros i j _ _. unfold corner, product. cbn [fst snd].
      rewrite <- sum_plus, <- sum_scal, <- sum_minus. apply sum_ext. intros. ring.
    - replace (a * f + b * e + e * f) with (e * (b + f) + a * f) by ring.
      apply norm_le_plus; apply (norm_le_mul sys sys sys); assumption.
  Qed.
End ProductNorm.
