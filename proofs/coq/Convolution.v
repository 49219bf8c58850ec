(** Products of polynomials as double sums, and the coefficients of g(x)^j. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums.
Import ListNotations.
Open Scope R_scope.

(** sum over m <= M and l <= min(q, m) of a_l b_(m-l) = (sum_(l<=q) a_l)(sum_(m<=D) b_m), when b
    vanishes beyond D and M is large enough. *)
Lemma convolution (q D M : nat) (a b : nat -> R) :
  (forall m, (D < m)%nat -> b m = 0) -> (q + D <= M)%nat ->
  sum (seq 0 (S M)) (fun m => sum (seq 0 (S q)) (fun l => if (l <=? m)%nat then a l * b (m - l)%nat
                                                         else 0))
  = sum (seq 0 (S q)) a * sum (seq 0 (S D)) b.
Proof.
  intros Hb HM. rewrite sum_swap, <- sum_scal_r. apply sum_ext. intros l Hl.
  apply in_range in Hl. replace (S M) with (l + (S M - l))%nat by lia. rewrite sum_split.
  rewrite (sum_0 (seq 0 l)).
  2:{ intros m Hm. apply in_range in Hm. destruct (Nat.leb_spec l m); [lia|reflexivity]. }
  rewrite Rplus_0_l, <- sum_scal.
  replace (seq (0 + l) (S M - l)) with (map (fun m => (m + l)%nat) (seq 0 (S M - l))).
  2:{ clear. generalize (S M - l)%nat as n, 0%nat as s. intros n.
      induction n as [|n IH]; intro s; simpl; [reflexivity|]. rewrite IH. reflexivity. }
  rewrite sum_map, (sum_extend (S D) (S M - l)).
  - apply sum_ext. intros m _. rewrite Nat.add_sub.
    destruct (Nat.leb_spec l (m + l)); [reflexivity|lia].
  - lia.
  - intros m Hm. rewrite Nat.add_sub, Hb by lia. destruct (l <=? m + l)%nat; ring.
Qed.

Section Coefficients.
  Variable q : nat.                 (* degree *)
  Variable g : nat -> R.            (* g(x) = sum_(l<=q) g_l x^l *)

  Definition poly (x : R) : R := sum (seq 0 (S q)) (fun l => g l * x ^ l).

  (** [coef j m] is the coefficient of x^m in g(x)^j, by multiplying with g once more. *)
  Fixpoint coef (j m : nat) : R :=
    match j with
    | O => if (m =? 0)%nat then 1 else 0
    | S j' => sum (seq 0 (S q)) (fun l => if (l <=? m)%nat then g l * coef j' (m - l) else 0)
    end.

  Lemma coef_zero j m : (q * j < m)%nat -> coef j m = 0.
  Proof.
    revert m. induction j as [|j IH]; intros m Hm; simpl.
    - destruct (Nat.eqb_spec m 0); [lia|reflexivity].
    - apply (sum_0 (seq 0 (S q))). intros l Hl. apply in_range in Hl.
      destruct (l <=? m)%nat; [|reflexivity]. rewrite IH by lia. ring.
  Qed.

  Lemma coef_1 m : (m <= q)%nat -> coef 1 m = g m.
  Proof.
    intro Hm. change (coef 1 m)
      with (sum (seq 0 (S q)) (fun l => if (l <=? m)%nat then g l * coef 0 (m - l) else 0)).
    replace (S q) with (m + (1 + (q - m)))%nat by lia. rewrite !sum_split.
    rewrite (sum_0 (seq 0 m)), (sum_0 (seq (0 + m + 1) (q - m))).
    - cbv [seq sum]. rewrite Nat.add_0_l, Nat.leb_refl, Nat.sub_diag. simpl. ring.
    - intros l Hl. apply in_range in Hl. destruct (Nat.leb_spec l m); [lia|reflexivity].
    - intros l Hl. apply in_range in Hl. destruct (Nat.leb_spec l m); [|reflexivity].
      simpl. destruct (Nat.eqb_spec (m - l) 0); [lia|ring].
  Qed.

  (** The definition deserves its name: sum_m coef j m x^m = g(x)^j. *)
  Theorem coef_generates x j M : (q * j <= M)%nat ->
    sum (seq 0 (S M)) (fun m => coef j m * x ^ m) = poly x ^ j.
  Proof.
    revert M. induction j as [|j IH]; intros M HM.
    - rewrite sum_first, sum_0; [simpl; ring|]. intros. simpl. ring.
    - simpl pow. rewrite <- (IH (q * j)%nat) by lia.
      unfold poly. rewrite <- (convolution q (q * j) M (fun l => g l * x ^ l) (fun m => coef j m * x ^ m)).
      + apply sum_ext. intros m _. simpl coef. rewrite <- (sum_scal_r (seq 0 (S q))).
        apply sum_ext. intros l _. destruct (Nat.leb_spec l m) as [H|H]; [|ring].
        replace (x ^ m) with (x ^ l * x ^ (m - l)) by (rewrite <- pow_add; f_equal; lia). ring.
      + intros m Hm. rewrite coef_zero by exact Hm. ring.
      + lia.
  Qed.

  Hypothesis g_nonneg : forall l, 0 <= g l.

  Lemma coef_nonneg j m : 0 <= coef j m.
  Proof.
    revert m. induction j as [|j IH]; intro m; simpl; [destruct (m =? 0)%nat; lra|].
    apply (sum_nonneg (seq 0 (S q))). intros l _. destruct (l <=? m)%nat; [|lra].
    apply Rmult_le_pos; auto.
  Qed.
  Lemma poly_nonneg x : 0 <= x -> 0 <= poly x.
  Proof. intro Hx. apply sum_nonneg. intros. apply Rmult_le_pos; auto. apply pow_le, Hx. Qed.
  Lemma poly_mono x y : 0 <= x <= y -> poly x <= poly y.
  Proof. intro H. apply sum_le. intros. apply Rmult_le_compat_l; auto. apply pow_incr, H. Qed.
End Coefficients.
