(** Theorem 5.3: the series of Childs, Kothari and Somma for 1/x, and the error of its cuts.

    (1 - (1 - x^2)^b)/x = sum_(j<b) c_j T_(2j+1)(x), c_j = 4 (-1)^j 4^-b sum_(i>j) binomial(2b, b+i). *)
From Coq Require Import Reals Lra Lia List Arith.
From Coquelicot Require Import Coquelicot.
From QGD Require Import Sums ContinuousFlow Chebyshev.
Import ListNotations.
Open Scope R_scope.

(** ** Binomials by Pascal's rule, and their sums from k on *)
Fixpoint choose (n k : nat) : R :=
  match n, k with
  | _, O => 1
  | O, S _ => 0
  | S n', S k' => choose n' k' + choose n' (S k')
  end.
Fixpoint above (n k : nat) : R :=
  match n, k with
  | O, O => 1
  | O, S _ => 0
  | S n', O => 2 * above n' 0
  | S n', S k' => above n' k' + above n' (S k')
  end.
Lemma above_S n k : above (S n) (S k) = above n k + above n (S k).
Proof. reflexivity. Qed.
Lemma above_choose n : forall k m, (n < k + m)%nat -> Sums.sum (seq k m) (choose n) = above n k.
Proof.
  induction n as [|n IH]; intros k m H.
  - destruct k as [|k].
    + destruct m as [|m]; [lia|]. rewrite sum_first, sum_0; [simpl; ring|reflexivity].
    + apply sum_0. intros i Hi. apply in_range in Hi. destruct i; [lia|reflexivity].
  - destruct k as [|k].
    + destruct m as [|m]; [lia|]. rewrite sum_first.
      rewrite (sum_ext (seq 0 m) _ (fun i => choose n i + choose n (S i))) by reflexivity.
      rewrite sum_plus, (IH 0%nat m) by lia. pose proof (IH 0%nat (S m) ltac:(lia)) as E.
      rewrite sum_first in E. simpl above. destruct n; simpl in *; lra.
    + rewrite sum_shift, above_S, <- (IH k m), <- (IH (S k) m), sum_shift, <- sum_plus by lia.
      apply sum_ext. reflexivity.
Qed.
Lemma above_zero n k : (n < k)%nat -> above n k = 0.
Proof. intro H. rewrite <- (above_choose n k 0) by lia. reflexivity. Qed.
Lemma above_nonneg n : forall k, 0 <= above n k.
Proof.
  induction n as [|n IH]; intros [|k]; simpl; try lra.
  - specialize (IH 0%nat). lra.
  - pose proof (IH k). pose proof (IH (S k)). lra.
Qed.
Lemma above_all n : above n 0 = 2 ^ n.
Proof. induction n as [|n IH]; simpl; [|rewrite IH]; reflexivity. Qed.
Lemma above_complement n : forall k, (k <= S n)%nat -> above n k + above n (S n - k) = 2 ^ n.
Proof.
  induction n as [|n IH]; intros k Hk.
  - destruct k as [|[|k]]; [simpl; ring|simpl; ring|lia].
  - destruct k as [|k]; [rewrite above_all, above_zero by lia; ring|].
    destruct (Nat.eq_dec k (S n)) as [->|Hne].
    + rewrite Nat.sub_diag, above_all, above_zero by lia. ring.
    + replace (S (S n) - S k)%nat with (S (n - k)) by lia. rewrite !above_S.
      pose proof (IH k ltac:(lia)) as A. pose proof (IH (S k) ltac:(lia)) as B.
      replace (S n - k)%nat with (S (n - k)) in A by lia.
      replace (S n - S k)%nat with (n - k)%nat in B by lia.
      simpl pow. lra.
Qed.
(** Chernoff's inequality with an exponential y^k, y >= 1. *)
Lemma above_chernoff n y : 1 <= y -> forall k, above n k * y ^ k <= (1 + y) ^ n.
Proof.
  intro Hy. induction n as [|n IH]; intros [|k]; simpl; try lra.
  - pose proof (IH 0%nat) as H. simpl in H. pose proof (pow_lt (1 + y) n ltac:(lra)). nra.
  - pose proof (IH k) as H. pose proof (IH (S k)) as H'. simpl in H'.
    pose proof (pow_lt (1 + y) n ltac:(lra)). nra.
Qed.

(** ** The weights *)
Definition weight (b j : nat) : R :=
  4 * (-1) ^ j * (Sums.sum (seq (S j) (b - j)) (fun i => choose (2 * b) (b + i)) / 4 ^ b).
Definition tail (b j : nat) : R := above (2 * b) (S (b + j)) / 4 ^ b.

Lemma sum_from b k m f : Sums.sum (seq k m) (fun i => f (b + i)%nat) = Sums.sum (seq (b + k) m) f.
Proof.
  revert f. induction b as [|b IH]; intro f; [reflexivity|].
  change (S b + k)%nat with (S (b + k)). rewrite sum_shift, <- (IH (fun i => f (S i))). reflexivity.
Qed.
Lemma weight_tail b j : weight b j = 4 * (-1) ^ j * tail b j.
Proof.
  unfold weight, tail. rewrite (sum_from b _ _ (choose (2 * b))). do 2 f_equal.
  replace (b + S j)%nat with (S (b + j)) by lia.
  destruct (Nat.le_gt_cases j b).
  - apply above_choose. lia.
  - rewrite above_zero by lia. replace (b - j)%nat with 0%nat by lia. reflexivity.
Qed.
Lemma tail_zero b j : (b <= j)%nat -> tail b j = 0.
Proof. intro H. unfold tail. rewrite above_zero by lia. unfold Rdiv. ring. Qed.
Lemma four b : 4 ^ b <> 0. Proof. apply pow_nonzero. lra. Qed.
Lemma tail_step b j : tail (S b) (S j) = (tail b j + 2 * tail b (S j) + tail b (S (S j))) / 4.
Proof.
  unfold tail. replace (2 * S b)%nat with (S (S (2 * b))) by lia.
  replace (S (S b + S j)) with (S (S (S (b + j)))) by lia.
  replace (S (b + S j)) with (S (S (b + j))) by lia.
  replace (S (b + S (S j))) with (S (S (S (b + j)))) by lia.
  rewrite !above_S. simpl pow. field. apply four.
Qed.
Lemma tail_first b : tail (S b) 0 = (1 + tail b 0 + tail b 1) / 4.
Proof.
  unfold tail. replace (2 * S b)%nat with (S (S (2 * b))) by lia.
  replace (S (S b + 0)) with (S (S b)) by lia. replace (S (b + 0)) with (S b) by lia.
  replace (S (b + 1)) with (S (S b)) by lia. rewrite !above_S.
  pose proof (above_complement (2 * b) b ltac:(lia)) as E.
  replace (S (2 * b) - b)%nat with (S b) in E by lia. rewrite pow_mult in E.
  replace (2 ^ 2) with 4 in E by ring. simpl pow.
  replace (above (2 * b) b) with (4 ^ b - above (2 * b) (S b)) by lra. field. apply four.
Qed.

(** ** The series *)
Definition series (b J : nat) (x : R) : R :=
  Sums.sum (seq 0 J) (fun j => weight b j * cheb (2 * j + 1) x).

Lemma series_step b x M : series (S b) (S M) x = x + (1 - x ^ 2) * series b (S M) x
  + weight b M / 4 * cheb (2 * M + 3) x - weight b (S M) / 4 * cheb (2 * M + 1) x.
Proof.
  unfold series. induction M as [|M IH].
  - cbv [seq]. rewrite !sum_cons. cbv [Sums.sum]. rewrite !weight_tail, tail_first. simpl. field.
  - rewrite sum_last, IH, (sum_last (S M)), !weight_tail, tail_step.
    replace (2 * S M + 3)%nat with (S (S (S (2 * M + 2)))) by lia.
    replace (2 * M + 3)%nat with (S (2 * M + 2)) by lia.
    replace (2 * S M + 1)%nat with (S (2 * M + 2)) by lia.
    rewrite (cheb_step (S (2 * M + 2))), (cheb_step (2 * M + 2)).
    replace (S (2 * M + 2)) with (S (S (2 * M + 1))) by lia.
    replace (2 * M + 2)%nat with (S (2 * M + 1)) by lia. rewrite (cheb_step (2 * M + 1)).
    generalize (cheb (S (2 * M + 1)) x), (cheb (2 * M + 1) x). intros. simpl pow. field.
Qed.
Theorem series_identity b x : x * series b b x = 1 - (1 - x ^ 2) ^ b.
Proof.
  induction b as [|b IH]; [unfold series; cbv [seq Sums.sum]; simpl; ring|].
  rewrite series_step. unfold series at 1. rewrite sum_last. fold (series b b x).
  rewrite !weight_tail, !tail_zero by lia.
  transitivity (x ^ 2 + (1 - x ^ 2) * (x * series b b x)); [field|rewrite IH; simpl; ring].
Qed.

(** ** Hoeffding's inequality *)
Lemma exp_mono x y : x <= y -> exp x <= exp y.
Proof. intros [H| ->]; [left; apply exp_increasing, H|right; reflexivity]. Qed.
Lemma cosh_le t : 0 <= t -> exp t + exp (- t) <= 2 * exp (t ^ 2 / 2).
Proof.
  assert (S : forall s, 0 <= s -> (exp s - exp (- s)) - s * (exp s + exp (- s)) <= 0).
  { apply (gronwall_neg _ (fun s => - s * (exp s - exp (- s))) 0).
    - intros s _. auto_derive; [trivial|ring].
    - intros s Hs. pose proof (exp_mono (- s) s ltac:(lra)). nra.
    - rewrite Ropp_0, exp_0. lra. }
  assert (C : forall s, 0 <= s -> (exp s + exp (- s)) * exp (- (s ^ 2 / 2)) - 2 <= 0).
  { apply (gronwall_neg _ (fun s => ((exp s - exp (- s)) - s * (exp s + exp (- s))) * exp (- (s ^ 2 /
      2))) 0).
    - intros s _. auto_derive; [trivial|]. change (s * (s * 1) * / 2) with (s ^ 2 / 2). field.
    - intros s Hs. pose proof (S s Hs). pose proof (exp_pos (- (s ^ 2 / 2))). nra.
    - replace (- (0 ^ 2 / 2)) with 0 by field. rewrite Ropp_0, exp_0. lra. }
  intro Ht. specialize (C t Ht). pose proof (exp_pos (t ^ 2 / 2)) as P.
  assert (E : exp (- (t ^ 2 / 2)) * exp (t ^ 2 / 2) = 1) by (rewrite <- exp_plus, Rplus_opp_l, exp_0;
    reflexivity).
  replace (exp t + exp (- t)) with ((exp t + exp (- t)) * exp (- (t ^ 2 / 2)) * exp (t ^ 2 / 2))
    by (rewrite Rmult_assoc, E; ring).
  apply Rmult_le_compat_r; lra.
Qed.
Lemma exp_pow x n : exp x ^ n = exp (INR n * x).
Proof.
  induction n as [|n IH]; [simpl; rewrite Rmult_0_l, exp_0; reflexivity|].
  rewrite S_INR. simpl. rewrite IH, <- exp_plus. f_equal. ring.
Qed.
Lemma tail_hoeffding b j : (1 <= b)%nat -> tail b j <= exp (- (INR (S j) ^ 2 / INR b)).
Proof.
  intro Hb. assert (B : 0 < INR b) by (apply lt_0_INR; lia).
  set (m := INR (S j)). assert (Hm : 0 <= m) by apply pos_INR. set (t := m / INR b).
  assert (Ht : 0 <= t) by (apply Rmult_le_pos; [exact Hm|left; apply Rinv_0_lt_compat, B]).
  pose proof (above_chernoff (2 * b) (exp (2 * t)) ltac:(rewrite <- exp_0; apply exp_mono;
    lra) (S (b + j))) as H.
  rewrite exp_pow in H.
  assert (E : (1 + exp (2 * t)) ^ (2 * b) = 4 ^ b * (((exp t + exp (- t)) / 2) ^ (2 * b) * exp (INR (2 *
    b) * t))).
  { rewrite <- exp_pow, <- Rpow_mult_distr. replace 4 with (2 ^ 2) by ring.
    rewrite <- pow_mult, <- Rpow_mult_distr. f_equal.
    replace (2 * ((exp t + exp (- t)) / 2 * exp t)) with (exp t * exp t + exp (- t) * exp t) by field.
    rewrite <- !exp_plus, Rplus_opp_l, exp_0. replace (t + t) with (2 * t) by ring. ring. }
  rewrite E in H.
  assert (C : ((exp t + exp (- t)) / 2) ^ (2 * b) <= exp (INR b * t ^ 2)).
  { replace (exp (INR b * t ^ 2)) with (exp (t ^ 2 / 2) ^ (2 * b))
      by (rewrite exp_pow, mult_INR; simpl INR; f_equal; field).
    apply pow_incr. pose proof (cosh_le t Ht). pose proof (exp_pos t). pose proof (exp_pos (- t)).
    split; lra. }
  assert (P : 0 < 4 ^ b) by (apply pow_lt; lra).
  unfold tail. apply Rmult_le_reg_r with (4 ^ b); [exact P|]. unfold Rdiv.
  rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
  apply Rmult_le_reg_r with (exp (INR (S (b + j)) * (2 * t))); [apply exp_pos|].
  eapply Rle_trans; [exact H|].
  apply Rle_trans with (4 ^ b * (exp (INR b * t ^ 2) * exp (INR (2 * b) * t))).
  - apply Rmult_le_compat_l; [lra|]. apply Rmult_le_compat_r; [left; apply exp_pos|exact C].
  - right. rewrite (Rmult_comm (exp _) (4 ^ b)), Rmult_assoc, <- !exp_plus. do 2 f_equal.
    replace (S (b + j)) with (b + S j)%nat by lia. rewrite plus_INR, mult_INR. fold m. unfold t.
    simpl (INR 2).
    field. lra.
Qed.

Theorem series_error b J m kappa x : (1 <= b)%nat -> (J <= m <= b)%nat -> 1 <= kappa -> / kappa <= x <= 1
  ->
  Rabs (series b J x - / x) <= kappa * (1 - / kappa ^ 2) ^ b
    + Sums.sum (seq J (m - J)) (fun j => Rabs (weight b j)) + 4 * INR (b - m) * exp (- (INR m ^ 2 / INR
        b)).
Proof.
  intros Hb HJ Hk Hx.
  assert (K : 0 < / kappa <= 1).
  { split; [apply Rinv_0_lt_compat; lra|]. rewrite <- Rinv_1. apply Rinv_le_contravar; lra. }
  set (late := Sums.sum (seq (0 + J) (b - J)) (fun j => weight b j * cheb (2 * j + 1) x)).
  assert (E : series b J x - / x = - ((1 - x ^ 2) ^ b / x) - late).
  { replace (series b J x) with (series b b x - late).
    - pose proof (series_identity b x) as I.
      replace (series b b x) with ((1 - (1 - x ^ 2) ^ b) / x); [field; lra|].
      rewrite <- I. field. lra.
    - pose proof (sum_split 0 J (b - J) (fun j => weight b j * cheb (2 * j + 1) x)) as P.
      replace (J + (b - J))%nat with b in P by lia. unfold series, late. rewrite P. ring. }
  assert (X2 : 0 <= 1 - x ^ 2 <= 1 - / kappa ^ 2).
  { rewrite <- pow_inv. pose proof (pow_incr (/ kappa) x 2 ltac:(lra)).
    pose proof (pow_incr x 1 2 ltac:(lra)). rewrite pow1 in *. lra. }
  assert (T : forall j, Rabs (cheb (2 * j + 1) x) <= 1) by (intro; apply cheb_bound; lra).
  assert (W : forall l, Rabs (Sums.sum l (fun j => weight b j * cheb (2 * j + 1) x))
              <= Sums.sum l (fun j => Rabs (weight b j))).
  { intro l. eapply Rle_trans; [apply sum_abs|]. apply sum_le. intros j _. rewrite Rabs_mult.
    rewrite <- (Rmult_1_r (Rabs (weight b j))) at 2. apply Rmult_le_compat_l; [apply Rabs_pos|apply T]. }
  rewrite E. unfold Rminus. rewrite <- Ropp_plus_distr, Rabs_Ropp.
  eapply Rle_trans; [apply Rabs_triang|]. rewrite Rplus_assoc. apply Rplus_le_compat.
  - unfold Rdiv. rewrite Rabs_pos_eq by (apply Rmult_le_pos; [apply pow_le; lra|left;
      apply Rinv_0_lt_compat; lra]).
    rewrite Rmult_comm. apply Rmult_le_compat.
    + left. apply Rinv_0_lt_compat. lra.
    + apply pow_le. lra.
    + rewrite <- (Rinv_inv kappa). apply Rinv_le_contravar; lra.
    + apply pow_incr. exact X2.
  - eapply Rle_trans; [apply W|]. simpl Nat.add. replace (b - J)%nat with ((m - J) + (b - m))%nat by lia.
    rewrite sum_split. apply Rplus_le_compat_l. replace (J + (m - J))%nat with m by lia.
    apply Rle_trans with (Sums.sum (seq m (b - m)) (fun _ => 4 * exp (- (INR m ^ 2 / INR b)))).
    + apply sum_le. intros j Hj. apply in_range in Hj.
      rewrite weight_tail, !Rabs_mult, pow_1_abs, Rmult_1_r.
      rewrite (Rabs_pos_eq 4) by lra. apply Rmult_le_compat_l; [lra|].
      rewrite Rabs_pos_eq by (apply Rmult_le_pos; [apply above_nonneg|left;
        apply Rinv_0_lt_compat, pow_lt; lra]).
      eapply Rle_trans; [apply tail_hoeffding, Hb|]. apply exp_mono, Ropp_le_contravar.
      apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, lt_0_INR; lia|].
      apply pow_incr. split; [apply pos_INR|apply le_INR; lia].
    + rewrite sum_const, seq_length. right. ring.
Qed.
