(** Finite sums over lists and the Euclidean norm of a finite family.

    [sum l f] is the sum of [f x] over the entries [x] of [l]; [l2 l f] is the square root of the sum
    of the squares. Cauchy-Schwarz, Minkowski and the interchange of sums are all that the other
    files need. An index range a, a+1, ..., a+n-1 is [seq a n]. *)
From Coq Require Import Reals Lra Lia List Arith.
Import ListNotations.
Open Scope R_scope.

Fixpoint sum {A : Type} (l : list A) (f : A -> R) : R :=
  match l with [] => 0 | x :: l' => f x + sum l' f end.

Definition l2 {A : Type} (l : list A) (f : A -> R) : R := sqrt (sum l (fun x => f x ^ 2)).

(** ** Sums *)
Section Sums.
  Context {A : Type}.
  Implicit Types (l : list A) (f g : A -> R).

  Lemma sum_cons x l f : sum (x :: l) f = f x + sum l f.
  Proof. reflexivity. Qed.
  Lemma sum_ext l f g : (forall x, In x l -> f x = g x) -> sum l f = sum l g.
  Proof.
    induction l as [|x l IH]; intro H; simpl; [reflexivity|].
    rewrite H, IH; auto using in_eq. intros y Hy. apply H. right. exact Hy.
  Qed.
  Lemma sum_le l f g : (forall x, In x l -> f x <= g x) -> sum l f <= sum l g.
  Proof.
    induction l as [|x l IH]; intro H; simpl; [lra|].
    apply Rplus_le_compat; [apply H, in_eq|apply IH]. intros y Hy. apply H. right. exact Hy.
  Qed.
  Lemma sum_0 l f : (forall x, In x l -> f x = 0) -> sum l f = 0.
  Proof.
    intro H. rewrite (sum_ext l f (fun _ => 0)) by exact H.
    clear H. induction l as [|x l IH]; simpl; lra.
  Qed.
  Lemma sum_nonneg l f : (forall x, In x l -> 0 <= f x) -> 0 <= sum l f.
  Proof. intro H. rewrite <- (sum_0 l (fun _ => 0)) by reflexivity. apply sum_le, H. Qed.
  Lemma sum_plus l f g : sum l (fun x => f x + g x) = sum l f + sum l g.
  Proof. induction l as [|x l IH]; simpl; [|rewrite IH]; ring. Qed.
  Lemma sum_minus l f g : sum l (fun x => f x - g x) = sum l f - sum l g.
  Proof. induction l as [|x l IH]; simpl; [|rewrite IH]; ring. Qed.
  Lemma sum_scal l c f : sum l (fun x => c * f x) = c * sum l f.
  Proof. induction l as [|x l IH]; simpl; [|rewrite IH]; ring. Qed.
  Lemma sum_scal_r l c f : sum l (fun x => f x * c) = sum l f * c.
  Proof. induction l as [|x l IH]; simpl; [|rewrite IH]; ring. Qed.
  Lemma sum_app l l' f : sum (l ++ l') f = sum l f + sum l' f.
  Proof. induction l as [|x l IH]; simpl; [|rewrite IH]; ring. Qed.
  Lemma sum_abs l f : Rabs (sum l f) <= sum l (fun x => Rabs (f x)).
  Proof.
    induction l as [|x l IH]; simpl; [rewrite Rabs_R0; lra|].
    eapply Rle_trans; [apply Rabs_triang|]. lra.
  Qed.
  Lemma sum_const l c : sum l (fun _ => c) = INR (length l) * c.
  Proof.
    induction l as [|x l IH]; [simpl; ring|].
    change (length (x :: l)) with (S (length l)). rewrite S_INR. simpl sum. rewrite IH. ring.
  Qed.
  Lemma sum_member l f x : (forall y, In y l -> 0 <= f y) -> In x l -> f x <= sum l f.
  Proof.
    induction l as [|y l IH]; intros H []; simpl.
    - subst y. pose proof (sum_nonneg l f ltac:(intros; apply H; right; assumption)). lra.
    - pose proof (H y (in_eq y l)).
      pose proof (IH ltac:(intros; apply H; right; assumption) H0). lra.
  Qed.
End Sums.

Lemma sum_map {A B : Type} (h : B -> A) (l : list B) (f : A -> R) :
  sum (map h l) f = sum l (fun x => f (h x)).
Proof. induction l as [|x l IH]; simpl; [|rewrite IH]; reflexivity. Qed.
Lemma sum_flat_map {A B : Type} (h : B -> list A) (l : list B) (f : A -> R) :
  sum (flat_map h l) f = sum l (fun x => sum (h x) f).
Proof. induction l as [|x l IH]; simpl; [|rewrite sum_app, IH]; reflexivity. Qed.
Lemma sum_swap {A B : Type} (l : list A) (m : list B) (f : A -> B -> R) :
  sum l (fun x => sum m (fun y => f x y)) = sum m (fun y => sum l (fun x => f x y)).
Proof.
  induction l as [|x l IH]; simpl; [symmetry; apply sum_0; reflexivity|].
  rewrite IH, <- sum_plus. reflexivity.
Qed.

(** ** Ranges of natural numbers *)
Lemma in_range a n m : In m (seq a n) -> (a <= m < a + n)%nat.
Proof. apply in_seq. Qed.
Lemma sum_split a n p f : sum (seq a (n + p)) f = sum (seq a n) f + sum (seq (a + n) p) f.
Proof. rewrite seq_app. apply sum_app. Qed.
Lemma sum_last n f : sum (seq 0 (S n)) f = sum (seq 0 n) f + f n.
Proof. rewrite <- Nat.add_1_r, sum_split. simpl. ring. Qed.
Lemma sum_first n f : sum (seq 0 (S n)) f = f 0%nat + sum (seq 0 n) (fun m => f (S m)).
Proof. simpl. rewrite <- seq_shift, sum_map. reflexivity. Qed.
Lemma sum_shift k m f : sum (seq (S k) m) f = sum (seq k m) (fun i => f (S i)).
Proof. rewrite <- seq_shift. apply sum_map. Qed.
(** Terms beyond n that vanish may be left out. *)
Lemma sum_extend n p f : (n <= p)%nat -> (forall m, (n <= m)%nat -> f m = 0) ->
  sum (seq 0 p) f = sum (seq 0 n) f.
Proof.
  intros Hnp H. replace p with (n + (p - n))%nat by lia. rewrite sum_split.
  rewrite (sum_0 (seq (0 + n) (p - n)) f); [ring|].
  intros m Hm. apply in_range in Hm. apply H. lia.
Qed.

Lemma pow_le_low t n m : 0 <= t <= 1 -> (n <= m)%nat -> t ^ m <= t ^ n.
Proof.
  intros Ht H. replace m with (n + (m - n))%nat by lia. rewrite pow_add.
  rewrite <- (Rmult_1_r (t ^ n)) at 2. apply Rmult_le_compat_l; [apply pow_le; lra|].
  apply Rle_trans with (1 ^ (m - n)); [apply pow_incr; lra|rewrite pow1; lra].
Qed.

(** ** The Euclidean norm *)
Section Norm.
  Context {A : Type}.
  Implicit Types (l : list A) (f g : A -> R).

  Lemma l2_nonneg l f : 0 <= l2 l f.
  Proof. apply sqrt_pos. Qed.
  Lemma sum_sq_nonneg l f : 0 <= sum l (fun x => f x ^ 2).
  Proof. apply sum_nonneg. intros. apply pow2_ge_0. Qed.
  Lemma l2_sqr l f : l2 l f ^ 2 = sum l (fun x => f x ^ 2).
  Proof. unfold l2. rewrite <- Rsqr_pow2. apply Rsqr_sqrt, sum_sq_nonneg. Qed.
  Lemma l2_ext l f g : (forall x, In x l -> f x = g x) -> l2 l f = l2 l g.
  Proof. intro H. unfold l2. f_equal. apply sum_ext. intros x Hx. rewrite H; auto. Qed.

  (** To bound a norm by c >= 0 it is enough to bound its square. *)
  Lemma l2_le_of_sqr l f c : 0 <= c -> sum l (fun x => f x ^ 2) <= c ^ 2 -> l2 l f <= c.
  Proof.
    intros Hc H. unfold l2. rewrite <- (sqrt_pow2 c) by exact Hc. apply sqrt_le_1_alt, H.
  Qed.
  Lemma sqr_le_of_l2 l f c : l2 l f <= c -> sum l (fun x => f x ^ 2) <= c ^ 2.
  Proof. intro H. rewrite <- l2_sqr. apply pow_incr. split; [apply l2_nonneg|exact H]. Qed.

  Lemma l2_le l f g : (forall x, In x l -> Rabs (f x) <= g x) -> l2 l f <= l2 l g.
  Proof.
    intro H. apply sqrt_le_1_alt, sum_le. intros x Hx. rewrite <- (pow2_abs (f x)).
    apply pow_incr. split; [apply Rabs_pos|apply H, Hx].
  Qed.
  Lemma l2_abs l f : l2 l (fun x => Rabs (f x)) = l2 l f.
  Proof. unfold l2. f_equal. apply sum_ext. intros. apply pow2_abs. Qed.
  Lemma l2_scal l c f : l2 l (fun x => c * f x) = Rabs c * l2 l f.
  Proof.
    unfold l2. rewrite (sum_ext l _ (fun x => c ^ 2 * f x ^ 2)) by (intros; ring).
    rewrite sum_scal, sqrt_mult_alt by apply pow2_ge_0.
    f_equal. rewrite <- Rsqr_pow2. apply sqrt_Rsqr_abs.
  Qed.
  Lemma l2_0 l f : (forall x, In x l -> f x = 0) -> l2 l f = 0.
  Proof.
    intro H. unfold l2. rewrite sum_0; [apply sqrt_0|]. intros x Hx. rewrite H by exact Hx. ring.
  Qed.
  Lemma l2_zero l f : l2 l f = 0 -> forall x, In x l -> f x = 0.
  Proof.
    intros H x Hx. pose proof (l2_sqr l f) as E. rewrite H in E.
    assert (Hs : f x ^ 2 <= sum l (fun y => f y ^ 2))
      by (apply (sum_member l (fun y => f y ^ 2)); [intros; apply pow2_ge_0|exact Hx]).
    pose proof (pow2_ge_0 (f x)). apply Rsqr_0_uniq. rewrite Rsqr_pow2. simpl in *. lra.
  Qed.
  Lemma l2_member l f x : In x l -> Rabs (f x) <= l2 l f.
  Proof.
    intro Hx. rewrite <- sqrt_Rsqr_abs. apply sqrt_le_1_alt. rewrite Rsqr_pow2.
    apply (sum_member l (fun y => f y ^ 2)); [intros; apply pow2_ge_0|exact Hx].
  Qed.

  Theorem cauchy_schwarz l f g : Rabs (sum l (fun x => f x * g x)) <= l2 l f * l2 l g.
  Proof.
    induction l as [|x l IH].
    - simpl. rewrite Rabs_R0. apply Rmult_le_pos; apply l2_nonneg.
    - unfold l2. rewrite <- sqrt_mult_alt by apply sum_sq_nonneg. rewrite <- sqrt_Rsqr_abs.
      apply sqrt_le_1_alt. rewrite !sum_cons, <- !l2_sqr.
      pose proof (l2_nonneg l f). pose proof (l2_nonneg l g).
      set (p := sum l _) in *. set (F := l2 l f) in *. set (H' := l2 l g) in *.
      assert (Hp : Rabs p * Rabs (f x * g x) <= (F * H') * Rabs (f x * g x))
        by (apply Rmult_le_compat_r; [apply Rabs_pos|exact IH]).
      rewrite <- Rabs_mult in Hp. pose proof (Rle_abs (p * (f x * g x))).
      assert (Hq : (F * H') * Rabs (f x * g x) <= (F ^ 2 * g x ^ 2 + f x ^ 2 * H' ^ 2) / 2).
      { rewrite Rabs_mult. pose proof (pow2_ge_0 (F * Rabs (g x) - Rabs (f x) * H')) as Hs.
        rewrite <- (pow2_abs (f x)), <- (pow2_abs (g x)). nra. }
      assert (Hpp : p ^ 2 <= (F * H') ^ 2)
        by (rewrite <- pow2_abs; apply pow_incr; split; [apply Rabs_pos|exact IH]).
      unfold Rsqr. nra.
  Qed.

  Theorem minkowski l f g : l2 l (fun x => f x + g x) <= l2 l f + l2 l g.
  Proof.
    apply l2_le_of_sqr; [apply Rplus_le_le_0_compat; apply l2_nonneg|].
    rewrite (sum_ext l _ (fun x => f x ^ 2 + g x ^ 2 + 2 * (f x * g x))) by (intros; ring).
    rewrite !sum_plus, sum_scal, <- !l2_sqr.
    pose proof (cauchy_schwarz l f g) as H. pose proof (Rle_abs (sum l (fun x => f x * g x))). nra.
  Qed.

  Lemma l2_sum {B : Type} l (m : list B) (f : B -> A -> R) :
    l2 l (fun x => sum m (fun y => f y x)) <= sum m (fun y => l2 l (f y)).
  Proof.
    induction m as [|y m IH]; simpl.
    - right. apply l2_0. reflexivity.
    - eapply Rle_trans; [apply minkowski|]. lra.
  Qed.
  Lemma l2_minus l f g : l2 l (fun x => f x - g x) <= l2 l f + l2 l g.
  Proof.
    eapply Rle_trans; [apply (minkowski l f (fun x => - g x))|]. right. f_equal.
    unfold l2. f_equal. apply sum_ext. intros. ring.
  Qed.
End Norm.

(** [simpl] is not to unroll sums. *)
Global Arguments sum : simpl never.
