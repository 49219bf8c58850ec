(** Theorem 6.4: Taylor steps for y' = A y + c, a posteriori.

    One step is z -> sum_(l<=k) h^l/l! A^l z + sum_(l<k) h^(l+1)/(l+1)! A^l c. With |A x| <= a |x|,
    x . A x <= mu |x|^2 and R_k(z) = exp z - sum_(l<=k) z^l/l!, the recursion d_0 = 0,
    d_(i+1) = exp(mu h) d_i + R_k(h a) (|z_i| + |c|/a) bounds |y(i h) - z_i|, y being any solution: only
    its derivative is used, no series and no uniqueness. *)
From Coq Require Import Reals Lra Lia List Arith.
From Coquelicot Require Import Coquelicot.
From QGD Require Import Sums CrossNorm Comparison ForcedFlow.
Import ListNotations.
Open Scope R_scope.

(** ** The remainder of the exponential series *)
Definition term (z : R) (l : nat) : R := z ^ l / INR (fact l).
Definition remainder (k : nat) (z : R) : R := exp z - Sums.sum (seq 0 (S k)) (term z).

Lemma sum_upto f n : sum_f_R0 f n = Sums.sum (seq 0 (S n)) f.
Proof.
  induction n as [|n IH]; [unfold Sums.sum; simpl; ring|]. rewrite sum_last, <- IH. reflexivity.
Qed.
Lemma remainder_nonneg k z : 0 <= z -> 0 <= remainder k z.
Proof.
  intro Hz. unfold remainder. pose proof (exp_ge_taylor z k Hz) as H. rewrite sum_upto in H.
  unfold term. lra.
Qed.
Lemma terms_0 k : Sums.sum (seq 0 (S k)) (term 0) = 1.
Proof.
  rewrite sum_first, sum_0; [unfold term; simpl; field|].
  intros m _. unfold term, Rdiv. rewrite pow_ne_zero by discriminate. ring.
Qed.
Lemma remainder_0 k : remainder k 0 = 0.
Proof. unfold remainder. rewrite exp_0, terms_0. ring. Qed.
Lemma term_derive l z : is_derive (fun z => term z (S l)) z (term z l).
Proof.
  unfold term, Rdiv.
  replace (z ^ l * / INR (fact l)) with (/ INR (fact (S l)) * (INR (S l) * 1 * z ^ Init.Nat.pred (S l))).
  - apply (is_derive_ext (fun z => / INR (fact (S l)) * z ^ S l)); [intro; apply Rmult_comm|].
    apply is_derive_scal, (is_derive_pow (fun z => z)), (is_derive_id (K := R_AbsRing)).
  - rewrite fact_simpl, mult_INR. change (Init.Nat.pred (S l)) with l. field.
    split; [apply INR_fact_neq_0|apply not_0_INR; discriminate].
Qed.
Lemma terms_derive k z :
  is_derive (fun z => Sums.sum (seq 0 (S k)) (term z)) z (Sums.sum (seq 0 k) (term z)).
Proof.
  apply (is_derive_ext (fun z => term z 0 + Sums.sum (seq 0 k) (fun l => term z (S l)))).
  - intro x. symmetry. apply sum_first.
  - rewrite <- (Rplus_0_l (Sums.sum (seq 0 k) (term z))).
    apply (is_derive_plus (V := R_NormedModule)).
    + apply (is_derive_const (V := R_NormedModule) (1 / 1) z).
    + apply (is_derive_total (seq 0 k) (fun l z => term z (S l))). intros. apply term_derive.
Qed.
(** R_k' = R_k + z^k/k! *)
Lemma remainder_derive k z : is_derive (remainder k) z (remainder k z + term z k).
Proof.
  replace (remainder k z + term z k) with (exp z - Sums.sum (seq 0 k) (term z))
    by (unfold remainder; rewrite sum_last; ring).
  apply (is_derive_minus (V := R_NormedModule) exp); [apply is_derive_Reals, derivable_pt_lim_exp|].
  apply terms_derive.
Qed.
(** The tail of the series. *)
Theorem remainder_series k z : is_series (fun l => term z (S k + l)) (remainder k z).
Proof.
  pose proof (is_exp_Reals z) as H. apply (is_series_incr_n (term z) (S k)); [lia|].
  simpl pred. rewrite sum_n_Reals, sum_upto.
  match goal with |- is_series _ ?l => replace l with (exp z) end.
  2:{ unfold remainder, plus. simpl. ring. }
  apply (is_series_ext (fun n => scal (pow_n z n) (/ INR (fact n)))); [|exact H].
  intro n. rewrite pow_n_pow. reflexivity.
Qed.
(** exp z times the regularised incomplete gamma function P(k + 1, z), which the package evaluates. *)
Theorem remainder_gamma k z : is_RInt (fun s => exp (z - s) * term s k) 0 z (remainder k z).
Proof.
  pose (f := fun s => - (exp (z - s) * Sums.sum (seq 0 (S k)) (term s))).
  assert (D : forall s, is_derive f s (exp (z - s) * term s k)).
  { intro s. unfold f. replace (exp (z - s) * term s k) with (- (- exp (z - s)
      * Sums.sum (seq 0 (S k)) (term s) + exp (z - s) * Sums.sum (seq 0 k) (term s)))
      by (rewrite sum_last; ring).
    apply (is_derive_opp (V := R_NormedModule)), (is_derive_mult (fun s => exp (z - s)));
      [auto_derive; [trivial|unfold Rminus; ring]|apply terms_derive|intros; apply Rmult_comm]. }
  assert (V : f z - f 0 = remainder k z).
  { unfold f. rewrite terms_0, (Rminus_diag_eq z z eq_refl), Rminus_0_r, exp_0. unfold remainder. ring. }
  rewrite <- V. apply (is_RInt_derive (V := R_CompleteNormedModule) f); intros s _; [apply D|].
  apply (ex_derive_continuous (V := R_NormedModule)). unfold term. auto_derive. trivial.
Qed.

(** ** Steps *)
Section Steps.
  Context {I : Type} (letters : list I).
  Notation norm := (l2 letters).
  Notation app := (apply letters).
  Variables (A : I -> I -> R) (c : I -> R) (a mu h : R) (k : nat).
  Hypothesis A_norm : forall x, norm (app A x) <= a * norm x.
  Hypothesis log_norm : forall x, Sums.sum letters (fun i => x i * app A x i) <= mu * norm x ^ 2.
  Hypothesis a_pos : 0 < a.
  Hypothesis h_nonneg : 0 <= h.

  (** A^l x *)
  Fixpoint iter (l : nat) (x : I -> R) : I -> R := match l with O => x | S l' => app A (iter l' x) end.
  Definition taylor (s : R) (z : I -> R) (i : I) : R :=
    Sums.sum (seq 0 (S k)) (fun l => term s l * iter l z i)
    + Sums.sum (seq 0 k) (fun l => term s (S l) * iter l c i).
  Definition slope (s : R) (z : I -> R) (i : I) : R :=
    Sums.sum (seq 0 k) (fun l => term s l * iter (S l) z i)
    + Sums.sum (seq 0 k) (fun l => term s l * iter l c i).
  Definition defect (s : R) (z : I -> R) (i : I) : R := term s k * (iter (S k) z i + iter k c i).

  Lemma iter_norm l x : norm (iter l x) <= a ^ l * norm x.
  Proof.
    induction l as [|l IH]; [simpl; lra|]. cbn [iter pow]. eapply Rle_trans; [apply A_norm|].
    rewrite Rmult_assoc. apply Rmult_le_compat_l; [lra|exact IH].
  Qed.
  Lemma app_terms (l : list nat) (p : nat -> R) (x : nat -> I -> R) i :
    app A (fun i => Sums.sum l (fun m => p m * x m i)) i = Sums.sum l (fun m => p m * app A (x m) i).
  Proof.
    unfold apply. rewrite (sum_ext letters _ (fun j => Sums.sum l (fun m => p m * (A i j * x m j)))).
    - rewrite sum_swap. apply sum_ext. intros. apply sum_scal.
    - intros j _. rewrite <- sum_scal. apply sum_ext. intros. ring.
  Qed.
  Lemma app_plus x x' i : app A (fun i => x i + x' i) i = app A x i + app A x' i.
  Proof. unfold apply. rewrite <- sum_plus. apply sum_ext. intros. ring. Qed.
  Lemma app_minus x x' i : app A (fun i => x i - x' i) i = app A x i - app A x' i.
  Proof. unfold apply. rewrite <- sum_minus. apply sum_ext. intros. ring. Qed.

  (** The polynomial solves the equation up to its last term. *)
  Lemma taylor_slope s z i : slope s z i = app A (taylor s z) i + c i - defect s z i.
  Proof.
    unfold taylor.
    rewrite app_plus, (app_terms _ _ (fun l => iter l z)), (app_terms _ _ (fun l => iter l c)).
    unfold slope, defect.
    assert (C : Sums.sum (seq 0 (S k)) (fun l => term s l * iter l c i)
      = c i + Sums.sum (seq 0 k) (fun l => term s (S l) * app A (iter l c) i)).
    { rewrite sum_first. f_equal. unfold term. simpl. field. }
    rewrite sum_last in C. rewrite sum_last.
    cbn [iter]. cbn [iter] in C. lra.
  Qed.
  Lemma taylor_derive s z i : is_derive (fun s => taylor s z i) s (slope s z i).
  Proof.
    apply (is_derive_plus (V := R_NormedModule)).
    - apply (is_derive_ext (fun s => term s 0 * z i
        + Sums.sum (seq 0 k) (fun l => term s (S l) * iter (S l) z i))).
      { intro x. symmetry. apply (sum_first k (fun l => term x l * iter l z i)). }
      rewrite <- (Rplus_0_l (Sums.sum (seq 0 k) (fun l => term s l * iter (S l) z i))).
      apply (is_derive_plus (V := R_NormedModule)).
      + apply (is_derive_const (V := R_NormedModule) (1 / 1 * z i) s).
      + apply (is_derive_total (seq 0 k) (fun l s => term s (S l) * iter (S l) z i)).
        intros l _. apply (is_derive_scal_l (K := R_AbsRing) (V := R_NormedModule)), term_derive.
    - apply (is_derive_total (seq 0 k) (fun l s => term s (S l) * iter l c i)).
      intros l _. apply (is_derive_scal_l (K := R_AbsRing) (V := R_NormedModule)), term_derive.
  Qed.
  Lemma taylor_0 z i : taylor 0 z i = z i.
  Proof.
    assert (Z : forall m, term 0 (S m) = 0).
    { intro m. unfold term, Rdiv. rewrite pow_ne_zero by discriminate. ring. }
    unfold taylor. rewrite sum_first, !sum_0; try (intros; rewrite Z; ring). unfold term. simpl. field.
  Qed.
  Lemma defect_norm s z : 0 <= s -> norm (defect s z) <= a * term (a * s) k * (norm z + norm c / a).
  Proof.
    intro Hs. unfold defect. rewrite l2_scal.
    assert (P : 0 <= term s k).
    { apply Rmult_le_pos; [apply pow_le, Hs|left; apply Rinv_0_lt_compat, INR_fact_lt_0]. }
    rewrite Rabs_pos_eq by exact P.
    replace (a * term (a * s) k * (norm z + norm c / a))
      with (term s k * (a ^ S k * norm z + a ^ k * norm c)).
    2:{ unfold term. rewrite Rpow_mult_distr. simpl pow. field. split; [lra|apply INR_fact_neq_0]. }
    apply Rmult_le_compat_l; [exact P|]. eapply Rle_trans; [apply minkowski|].
    apply Rplus_le_compat; apply iter_norm.
  Qed.

  (** One step from z, with an error of at most d before it. *)
  Lemma one_step (y : R -> I -> R) t0 z d :
    (forall s i, 0 <= s <= h -> In i letters ->
      is_derive (fun s => y s i) (t0 + s) (app A (y (t0 + s)) i + c i)) ->
    norm (fun i => y t0 i - z i) <= d ->
    norm (fun i => y (t0 + h) i - taylor h z i)
    <= exp (mu * h) * d + remainder k (h * a) * (norm z + norm c / a).
  Proof.
    intros Hy Hd. set (M := norm z + norm c / a).
    assert (HM : 0 <= M).
    { apply Rplus_le_le_0_compat; [apply l2_nonneg|].
      apply Rmult_le_pos; [apply l2_nonneg|left; apply Rinv_0_lt_compat, a_pos]. }
    assert (Hd0 : 0 <= d) by (eapply Rle_trans; [|exact Hd]; apply l2_nonneg).
    pose (nu := Rmin mu a). pose proof (Rmin_l mu a) as N1. pose proof (Rmin_r mu a) as N2.
    fold nu in N1, N2.
    assert (Own : forall x, Sums.sum letters (fun i => x i * app A x i) <= nu * norm x ^ 2).
    { intro x. unfold nu, Rmin. destruct (Rle_dec mu a); [apply log_norm|].
      eapply Rle_trans; [apply Rle_abs|]. eapply Rle_trans; [apply cauchy_schwarz|].
      replace (a * norm x ^ 2) with (norm x * (a * norm x)) by ring.
      apply Rmult_le_compat_l; [apply l2_nonneg|apply A_norm]. }
    apply Rle_trans with (exp (nu * h) * d + remainder k (a * h) * M).
    2:{ rewrite (Rmult_comm a h). apply Rplus_le_compat_r, Rmult_le_compat_r; [exact Hd0|].
        destruct (Rle_lt_or_eq_dec (nu * h) (mu * h)) as [H|H];
          [apply Rmult_le_compat_r; assumption|left; apply exp_increasing, H|rewrite H; lra]. }
    apply (forced_comparison letters nu h (fun s i => y (t0 + s) i - taylor s z i)
      (fun s i => app A (y (t0 + s)) i + c i - slope s z i)
      (fun s => a * term (a * s) k * M) (fun s => exp (nu * s) * d + remainder k (a * s) * M)
      (fun s => nu * exp (nu * s) * d + a * (remainder k (a * s) + term (a * s) k) * M)).
    - intros s i Hs Hi. apply (is_derive_minus (V := R_NormedModule)); [|apply taylor_derive].
      replace (app A (y (t0 + s)) i + c i) with (1 * (app A (y (t0 + s)) i + c i)) by ring.
      apply (is_derive_comp (fun s => y s i) (fun s => t0 + s)); [apply Hy; assumption|].
      auto_derive; [trivial|ring].
    - intros s Hs.
      rewrite (sum_ext letters _ (fun i => (y (t0 + s) i - taylor s z i)
        * app A (fun i => y (t0 + s) i - taylor s z i) i + (y (t0 + s) i - taylor s z i) * defect s z i)).
      2:{ intros i _. rewrite app_minus, taylor_slope. ring. }
      rewrite sum_plus. apply Rplus_le_compat; [apply Own|].
      eapply Rle_trans; [apply Rle_abs|]. eapply Rle_trans; [apply cauchy_schwarz|].
      apply Rmult_le_compat_l; [apply l2_nonneg|apply defect_norm; lra].
    - intros s Hs. repeat apply Rmult_le_pos; try lra; [apply pow_le, Rmult_le_pos; lra|].
      left. apply Rinv_0_lt_compat, INR_fact_lt_0.
    - intros s Hs. apply (is_derive_plus (V := R_NormedModule)).
      + auto_derive; [trivial|ring].
      + apply (is_derive_scal_l (K := R_AbsRing) (V := R_NormedModule)).
        apply (is_derive_comp (remainder k) (fun s => a * s)); [apply remainder_derive|].
        auto_derive; [trivial|ring].
    - intros s Hs. pose proof (remainder_nonneg k (a * s) ltac:(apply Rmult_le_pos; lra)) as R0.
      assert (0 <= (a - nu) * (remainder k (a * s) * M)); [|lra].
      apply Rmult_le_pos; [lra|apply Rmult_le_pos; assumption].
    - rewrite !Rmult_0_r, exp_0, remainder_0, (l2_ext letters _ (fun i => y t0 i - z i)); [lra|].
      intros i _. rewrite taylor_0, Rplus_0_r. reflexivity.
    - lra.
  Qed.

  (** ** All steps *)
  Variables (n : nat) (y : R -> I -> R) (z : nat -> I -> R).
  Hypothesis y_ode : forall t i, 0 <= t <= INR n * h -> In i letters ->
    is_derive (fun s => y s i) t (app A (y t) i + c i).
  Hypothesis z_start : forall i, In i letters -> z 0%nat i = y 0 i.
  Hypothesis z_step : forall j i, (j < n)%nat -> In i letters -> z (S j) i = taylor h (z j) i.

  Fixpoint delta (j : nat) : R :=
    match j with
    | O => 0
    | S j' => exp (mu * h) * delta j' + remainder k (h * a) * (norm (z j') + norm c / a)
    end.

  Theorem taylor_steps j : (j <= n)%nat -> norm (fun i => y (INR j * h) i - z j i) <= delta j.
  Proof.
    induction j as [|j IH]; intro Hj.
    - right. apply l2_0. intros i Hi. rewrite z_start by exact Hi. simpl INR. rewrite Rmult_0_l. ring.
    - rewrite (l2_ext letters _ (fun i => y (INR j * h + h) i - taylor h (z j) i)).
      + apply one_step; [|apply IH; lia]. intros s i Hs Hi. apply y_ode; [|exact Hi].
        pose proof (pos_INR j). assert (0 <= INR j * h) by (apply Rmult_le_pos; assumption).
        assert (INR j + 1 <= INR n) by (rewrite <- S_INR; apply le_INR; lia). nra.
      + intros i Hi. rewrite z_step by (assumption || lia). rewrite S_INR. f_equal. f_equal. ring.
  Qed.

  (** The variables are r times a part of the components. *)
  Corollary taylor_answer (part rest : list I) r j : letters = part ++ rest -> 0 <= r -> (j <= n)%nat ->
    l2 part (fun i => r * y (INR j * h) i - r * z j i) <= r * delta j.
  Proof.
    intros Hl Hr Hj. rewrite (l2_ext part _ (fun i => r * (y (INR j * h) i - z j i))) by (intros; ring).
    rewrite l2_scal, Rabs_pos_eq by exact Hr. apply Rmult_le_compat_l; [exact Hr|].
    eapply Rle_trans; [|apply taylor_steps, Hj]. rewrite Hl. apply sqrt_le_1_alt. rewrite sum_app.
    pose proof (sum_sq_nonneg rest (fun i => y (INR j * h) i - z j i)). lra.
  Qed.
End Steps.
