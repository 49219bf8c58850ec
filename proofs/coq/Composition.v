(** Theorems 1.1 to 1.4: how errors compose.

    Operators act on a normed module over the reals or the complex numbers. An encoding (alpha, eps) of A
    is an operator A~ with |A~ x| <= alpha |x| and |A x - A~ x| <= eps |x|. *)
From Coq Require Import Reals Lra Lia List.
From Coquelicot Require Import Coquelicot.
From QGD Require Import Sums Words CrossNorm.
Import ListNotations.
Open Scope R_scope.

Lemma minus_combination {K : Ring} {M : ModuleSpace K} (c : K) (x y u v : M) :
  plus (scal c (minus x y)) (minus u v) = minus (plus (scal c x) u) (plus (scal c y) v).
Proof.
  unfold minus. rewrite scal_distr_l, scal_opp_r, opp_plus, <- !plus_assoc. f_equal.
  rewrite !plus_assoc. f_equal. apply plus_comm.
Qed.

Section Composition.
  Context {K : AbsRing} {V : NormedModule K}.
  Implicit Types (x y : V) (A : V -> V).

  Definition distance x y : R := norm (minus x y).
  Lemma distance_triangle x y z : distance x z <= distance x y + distance y z.
  Proof. unfold distance. rewrite (minus_trans y x z). apply norm_triangle. Qed.

  (** Theorem 1.1: errors of consecutive stages add. *)
  Theorem triangle (x : nat -> V) (e : nat -> R) (m : nat) :
    (forall i, (i < m)%nat -> distance (x (S i)) (x i) <= e i) ->
    distance (x m) (x 0%nat) <= sum (seq 0 m) e.
  Proof.
    induction m as [|m IH]; intro H.
    - unfold distance, minus, Sums.sum. rewrite plus_opp_r, norm_zero. simpl. lra.
    - rewrite sum_last. pose proof (distance_triangle (x (S m)) (x m) (x 0%nat)).
      pose proof (H m ltac:(lia)). specialize (IH ltac:(intros; apply H; lia)). lra.
  Qed.

  Definition bounded A (alpha : R) : Prop := forall x, norm (A x) <= alpha * norm x.
  Definition encodes A' (alpha eps : R) A : Prop :=
    bounded A' alpha /\ forall x, distance (A x) (A' x) <= eps * norm x.

  Lemma encoded_norm A' alpha eps A : encodes A' alpha eps A -> bounded A (alpha + eps).
  Proof.
    intros [Ha He] x. replace (A x) with (plus (minus (A x) (A' x)) (A' x)).
    - eapply Rle_trans; [apply norm_triangle|]. specialize (Ha x). specialize (He x).
      unfold distance in He. lra.
    - unfold minus. rewrite <- plus_assoc, plus_opp_l. apply plus_zero_r.
  Qed.

  (** Theorem 1.2: alpha = alpha_1 alpha_2, eps = alpha_1 eps_2 + alpha_2 eps_1 + eps_1 eps_2. *)
  Theorem product_error A1 A2 A1' A2' a1 a2 e1 e2 :
    0 <= a1 -> 0 <= e1 -> (forall x y, A1' (minus x y) = minus (A1' x) (A1' y)) ->
    encodes A1' a1 e1 A1 -> encodes A2' a2 e2 A2 ->
    encodes (fun x => A1' (A2' x)) (a1 * a2) (a1 * e2 + a2 * e1 + e1 * e2) (fun x => A1 (A2 x)).
  Proof.
    intros Ha He1 Hlin H1 H2. pose proof (encoded_norm _ _ _ _ H2) as HA2.
    destruct H1 as [Ha1 He1']. destruct H2 as [Ha2 He2]. split; intro x.
    - eapply Rle_trans; [apply Ha1|]. rewrite Rmult_assoc. apply Rmult_le_compat_l; [exact Ha|apply Ha2].
    - eapply Rle_trans; [apply (distance_triangle _ (A1' (A2 x)))|].
      apply Rle_trans with (e1 * ((a2 + e2) * norm x) + a1 * (e2 * norm x)); [|right; ring].
      apply Rplus_le_compat.
      + eapply Rle_trans; [apply He1'|]. apply Rmult_le_compat_l; [exact He1|apply HA2].
      + unfold distance. rewrite <- Hlin. eapply Rle_trans; [apply Ha1|].
        apply Rmult_le_compat_l; [exact Ha|apply He2].
  Qed.

  (** Theorem 1.3: sum_i w_i A_i with alpha = sum |w_i| alpha_i and eps = sum |w_i| eps_i. *)
  Fixpoint combination {B : Type} (l : list B) (w : B -> K) (A : B -> V -> V) x : V :=
    match l with [] => zero | i :: l' => plus (scal (w i) (A i x)) (combination l' w A x) end.
  Theorem combination_error {B : Type} (l : list B) (w : B -> K) (A A' : B -> V -> V) (a e : B -> R) :
    (forall i, In i l -> encodes (A' i) (a i) (e i) (A i)) ->
    encodes (combination l w A') (sum l (fun i => abs (w i) * a i))
      (sum l (fun i => abs (w i) * e i)) (combination l w A).
  Proof.
    intro H. induction l as [|i l IH].
    - split; intro x; unfold distance, Sums.sum; simpl; unfold minus;
        rewrite ?plus_opp_r, norm_zero; lra.
    - destruct (IH ltac:(intros; apply H; right; assumption)) as [Ia Ie].
      destruct (H i (in_eq i l)) as [Ha He].
      pose proof (abs_ge_0 (w i)) as Hw. split; intro x; rewrite sum_cons, Rmult_plus_distr_r; simpl.
      + eapply Rle_trans; [apply norm_triangle|]. apply Rplus_le_compat; [|apply Ia].
        eapply Rle_trans; [apply norm_scal|]. rewrite Rmult_assoc.
        apply Rmult_le_compat_l; [exact Hw|apply Ha].
      + unfold distance.
        replace (minus _ _) with (plus (scal (w i) (minus (A i x) (A' i x)))
                                       (minus (combination l w A x) (combination l w A' x))).
        * eapply Rle_trans; [apply norm_triangle|]. apply Rplus_le_compat; [|apply Ie].
          eapply Rle_trans; [apply norm_scal|]. rewrite Rmult_assoc.
          apply Rmult_le_compat_l; [exact Hw|apply He].
        * apply (minus_combination (M := V)).
  Qed.

  (** Theorem 1.4: propagation through a Lipschitz map; no error stays no error, and a map that is
      constant forgets every error. *)
  Theorem propagated {W : NormedModule K} (psi : V -> W) (set : V -> Prop) (lip e : R) x y :
    0 <= lip -> (forall u v, set u -> set v -> norm (minus (psi u) (psi v)) <= lip * distance u v) ->
    set x -> set y -> distance x y <= e ->
    norm (minus (psi x) (psi y)) <= lip * e /\ (e = 0 \/ lip = 0 -> psi x = psi y).
  Proof.
    intros Hl Hlip Hx Hy He.
    assert (B : norm (minus (psi x) (psi y)) <= lip * e).
    { eapply Rle_trans; [apply Hlip; assumption|]. apply Rmult_le_compat_l; assumption. }
    split; [exact B|]. intro Z. assert (N0 : norm (minus (psi x) (psi y)) = 0).
    { apply Rle_antisym; [|apply norm_ge_0]. eapply Rle_trans; [exact B|].
      right. destruct Z as [->| ->]; ring. }
    apply norm_eq_zero in N0. rewrite <- (plus_zero_r (psi y)), <- N0.
    unfold minus. rewrite plus_comm, <- plus_assoc, plus_opp_l. symmetry. apply plus_zero_r.
  Qed.
End Composition.

(** Theorem 1.2 for Kronecker products of matrices. *)
Section Kronecker.
  Context {I : Type} (letters : list I).
  Notation tn := (tn letters).
  Notation mul l A := (CrossNorm.apply (words letters l) A).
  Variables p l j m : nat.
  Variables A1 A1' A2 A2' : list I -> list I -> R.
  Variables a1 a2 e1 e2 : R.
  Hypothesis nonneg : 0 <= a1 /\ 0 <= a2 /\ 0 <= e1 /\ 0 <= e2.
  Hypothesis norm1 : forall x, tn p (mul l A1' x) <= a1 * tn l x.
  Hypothesis norm2 : forall x, tn j (mul m A2' x) <= a2 * tn m x.
  Hypothesis error1 : forall x, tn p (mul l (fun w v => A1 w v - A1' w v) x) <= e1 * tn l x.
  Hypothesis error2 : forall x, tn j (mul m (fun w v => A2 w v - A2' w v) x) <= e2 * tn m x.

  Theorem kronecker_error x :
    tn (p + j) (mul (l + m) (fun w v => kron p l A1 A2 w v - kron p l A1' A2' w v) x)
    <= (a1 * e2 + a2 * e1 + e1 * e2) * tn (l + m) x.
  Proof.
    destruct nonneg as (Ha1 & Ha2 & He1 & He2).
    assert (norm2' : forall z, tn j (mul m A2 z) <= (a2 + e2) * tn m z).
    { intro z. apply Rle_trans with
        (tn j (fun w => mul m A2' z w + mul m (fun w v => A2 w v - A2' w v) z w)).
      - right. apply tn_ext. intros w _. unfold CrossNorm.apply. rewrite <- sum_plus. apply sum_ext.
        intros. ring.
      - eapply Rle_trans; [apply minkowski|]. specialize (norm2 z). specialize (error2 z).
        unfold Words.tn in *. lra. }
    apply Rle_trans with (tn (p + j) (fun w =>
      mul (l + m) (kron p l (fun w v => A1 w v - A1' w v) A2) x w
      + mul (l + m) (kron p l A1' (fun w v => A2 w v - A2' w v)) x w)).
    { right. apply tn_ext. intros w _. unfold CrossNorm.apply. rewrite <- sum_plus. apply sum_ext.
      intros. unfold kron. ring. }
    eapply Rle_trans; [apply minkowski|].
    apply Rle_trans with (e1 * (a2 + e2) * tn (l + m) x + a1 * e2 * tn (l + m) x); [|right; ring].
    apply Rplus_le_compat; apply cross_norm; auto. lra.
  Qed.
End Kronecker.
