(** Theorems 12.2 and 12.3: the solution that kernel reflection returns, from the filtered reference.

    z is the solution in units of |b| / alpha, n = |z|, t the guess of n, e the reference. The filter
    gives F(|G|) e = F_0 <chi, e> chi + (u, w), chi = (z, t) / (n^2 + t^2)^(1/2), with (u, w) orthogonal
    to chi and of norm at most eta sin(theta) = eta n / (n^2 + t^2)^(1/2). *)
From Coq Require Import Reals Lra Lia List.
From QGD Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Section KernelReflection.
  Context {I : Type} (letters : list I).
  Notation norm := (l2 letters).
  Variables (z u : I -> R) (w t f0 g eta : R).
  Notation n := (norm z).
  Definition radius2 : R := n ^ 2 + t ^ 2.        (* n^2 + t^2 *)
  Hypothesis guess_pos : 0 < t.
  Hypothesis scale_pos : 0 < g.
  Hypothesis eta_nonneg : 0 <= eta.
  Hypothesis orthogonal_to_kernel : sum letters (fun i => u i * z i) + w * t = 0.
  Hypothesis small_rest : (norm u ^ 2 + w ^ 2) * radius2 <= eta ^ 2 * n ^ 2.

  (** f = g (2 F - 1) applied to e: solution part and reference part, and what is made of them. *)
  Definition part_a (i : I) : R := g * (2 * (f0 * t / radius2 * z i + u i)).
  Definition part_r : R := g * (2 * (f0 * t ^ 2 / radius2 + w) - 1).
  Definition returned (i : I) : R := t * part_a i / (g + part_r).
  Definition quotient : R := (g + part_r) / (2 * g).

  Lemma radius2_pos : 0 < radius2.
  Proof. unfold radius2. pose proof (pow2_ge_0 n). nra. Qed.
  Lemma quotient_value : quotient = f0 * t ^ 2 / radius2 + w.
  Proof. pose proof radius2_pos. unfold quotient, part_r. field. lra. Qed.
  Lemma reference_small : (w * t) ^ 2 <= norm u ^ 2 * n ^ 2.
  Proof.
    replace (w * t) with (- sum letters (fun i => u i * z i)) by lra.
    rewrite <- Rpow_mult_distr, <- (pow2_abs (- _)), Rabs_Ropp.
    apply pow_incr. split; [apply Rabs_pos|apply cauchy_schwarz].
  Qed.
  Lemma reference_bound : Rabs w * radius2 <= eta * n ^ 2.
  Proof.
    pose proof radius2_pos. pose proof reference_small. pose proof (pow2_ge_0 n).
    assert (S : w ^ 2 * radius2 <= n ^ 2 * (norm u ^ 2 + w ^ 2)) by (unfold radius2; nra).
    assert (X : (Rabs w * radius2) ^ 2 <= (eta * n ^ 2) ^ 2).
    { rewrite Rpow_mult_distr, pow2_abs.
      apply Rle_trans with (n ^ 2 * ((norm u ^ 2 + w ^ 2) * radius2)).
      - replace (w ^ 2 * radius2 ^ 2) with (w ^ 2 * radius2 * radius2) by ring.
        replace (n ^ 2 * ((norm u ^ 2 + w ^ 2) * radius2)) with (n ^ 2 * (norm u ^ 2 + w ^ 2) *
          radius2) by ring.
        apply Rmult_le_compat_r; lra.
      - apply Rle_trans with (n ^ 2 * (eta ^ 2 * n ^ 2)); [|right; ring].
        apply Rmult_le_compat_l; [apply pow2_ge_0|exact small_rest]. }
    apply Rsqr_incr_0; unfold Rsqr; [simpl in X; lra| |apply Rmult_le_pos; lra].
    apply Rmult_le_pos; [apply Rabs_pos|lra].
  Qed.

  Section Error.
    Hypothesis quotient_pos : 0 < quotient.
    Lemma returned_error i : returned i - z i = / quotient * (t * u i - w * z i).
    Proof.
      pose proof radius2_pos. unfold returned, part_a.
      assert (E : g + part_r = 2 * g * quotient) by (unfold quotient; field; lra).
      rewrite E. pose proof quotient_value as Q.
      assert (Q' : f0 * t / radius2 * t = quotient - w) by (rewrite Q; field; lra).
      transitivity (/ quotient * (f0 * t / radius2 * t * z i + t * u i - quotient * z i)); [field; lra|].
      rewrite Q'. ring.
    Qed.
    Lemma combination_norm : norm (fun i => t * u i - w * z i) <= eta * n.
    Proof.
      apply l2_le_of_sqr; [apply Rmult_le_pos; [exact eta_nonneg|apply l2_nonneg]|].
      rewrite (sum_ext letters _ (fun i => t ^ 2 * u i ^ 2 - 2 * t * w * (u i * z i) + w ^ 2 * z i ^ 2))
        by (intros; ring).
      rewrite sum_plus, sum_minus, !sum_scal, <- !l2_sqr.
      pose proof orthogonal_to_kernel as O. pose proof reference_small as S.
      rewrite Rpow_mult_distr. apply Rle_trans with ((norm u ^ 2 + w ^ 2) * radius2);
        [|exact small_rest].
      replace (sum letters (fun i => u i * z i)) with (- (w * t)) by lra. unfold radius2. nra.
    Qed.
    (** Theorem 12.2 *)
    Theorem kernel_reflection_error : norm (fun i => returned i - z i) <= n * eta / quotient.
    Proof.
      rewrite (l2_ext letters _ (fun i => / quotient * (t * u i - w * z i)))
        by (intros; apply returned_error).
      assert (P : 0 < / quotient) by (apply Rinv_0_lt_compat, quotient_pos).
      rewrite l2_scal, Rabs_pos_eq by lra. unfold Rdiv. rewrite Rmult_comm, (Rmult_comm n).
      apply Rmult_le_compat_r; [lra|apply combination_norm].
    Qed.
    Theorem kernel_reflection_posterior : eta < quotient ->
      norm (fun i => returned i - z i) <= norm returned * eta / (quotient - eta).
    Proof.
      intro H. pose proof kernel_reflection_error as K.
      assert (T : n <= norm returned + norm (fun i => returned i - z i)).
      { apply Rle_trans with (norm (fun i => returned i - (returned i - z i))); [|apply l2_minus].
        right. apply l2_ext. intros. ring. }
      set (d := norm (fun i => returned i - z i)) in *.
      assert (Kq : d * quotient <= n * eta).
      { apply Rmult_le_reg_r with (/ quotient); [apply Rinv_0_lt_compat, quotient_pos|].
        rewrite Rmult_assoc, Rinv_r, Rmult_1_r by lra. exact K. }
      apply Rmult_le_reg_r with (quotient - eta); [lra|]. unfold Rdiv.
      rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
      assert (n * eta <= (norm returned + d) * eta) by (apply Rmult_le_compat_r; assumption). lra.
    Qed.
  End Error.

  (** ** Theorem 12.3: F_0 = 1 and n / t between 1 / rho and rho *)
  Section Guess.
    Variables (rho eps high y : R).
    Hypothesis exact_at_zero : f0 = 1.
    Hypothesis norm_pos : 0 < n.
    Hypothesis rho_ge : 1 <= rho.
    Hypothesis within : t <= rho * n /\ n <= rho * t.
    Hypothesis below : n <= high.
    Hypothesis y_pos : 0 < y.
    Hypothesis y_root : high * (y * (1 + y)) = eps * (1 - y).
    Hypothesis eta_small : eta * (1 + rho ^ 2 * (1 + y)) <= y.

    Lemma factor_above : 1 < 1 + rho ^ 2 * (1 + y).
    Proof. assert (0 < rho ^ 2 * (1 + y)) by (apply Rmult_lt_0_compat; [apply pow_lt|]; lra). lra. Qed.
    Lemma quotient_low : 1 <= quotient * (1 + rho ^ 2 * (1 + y)).
    Proof.
      pose proof radius2_pos as R. pose proof reference_bound as B. pose proof quotient_value as Q.
      rewrite exact_at_zero in Q. pose proof (Rle_abs (- w)) as W. rewrite Rabs_Ropp in W.
      assert (Q' : quotient * radius2 = t ^ 2 + w * radius2) by (rewrite Q; field; lra).
      assert (L : t ^ 2 - eta * n ^ 2 <= quotient * radius2).
      { rewrite Q'. pose proof (Rmult_le_compat_r radius2 _ _ (Rlt_le _ _ R) W). lra. }
      assert (N : n ^ 2 <= rho ^ 2 * t ^ 2).
      { rewrite <- Rpow_mult_distr. apply pow_incr. split; [lra|apply within]. }
      set (k := 1 + rho ^ 2 * (1 + y)) in *. assert (K : 1 < k) by apply factor_above.
      apply Rmult_le_reg_r with radius2; [exact R|]. rewrite Rmult_1_l.
      replace (quotient * k * radius2) with (quotient * radius2 * k) by ring.
      apply Rle_trans with ((t ^ 2 - eta * n ^ 2) * k); [|apply Rmult_le_compat_r; lra].
      assert (eta * k * n ^ 2 <= y * n ^ 2) by (apply Rmult_le_compat_r;
        [apply pow2_ge_0|exact eta_small]).
      pose proof (Rmult_le_compat_l (1 + y) _ _ ltac:(lra) N). unfold radius2, k in *. lra.
    Qed.
    Theorem guess_is_enough : y < 1 ->
      eta < quotient /\ norm returned * eta / (quotient - eta) <= eps.
    Proof.
      intro Hy. pose proof quotient_low as Q. set (k := 1 + rho ^ 2 * (1 + y)) in *.
      assert (K : 1 < k) by apply factor_above.
      assert (P : 0 < quotient) by (apply Rmult_lt_reg_r with k; lra).
      assert (E : eta <= y * quotient).
      { apply Rmult_le_reg_r with k; [lra|]. pose proof (Rmult_le_compat_l y _ _ (Rlt_le _ _ y_pos) Q).
        lra. }
      assert (Lt : eta < quotient) by (pose proof (Rmult_lt_compat_r _ _ _ P Hy); lra).
      split; [exact Lt|]. pose proof (kernel_reflection_error P) as X.
      assert (T : norm returned <= n + norm (fun i => returned i - z i)).
      { apply Rle_trans with (norm (fun i => z i + (returned i - z i))); [|apply minkowski].
        right. apply l2_ext. intros. ring. }
      assert (D : n * eta / quotient <= n * y).
      { apply Rmult_le_reg_r with quotient; [exact P|]. unfold Rdiv.
        rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
        pose proof (Rmult_le_compat_l n _ _ (Rlt_le _ _ norm_pos) E). lra. }
      assert (M : norm returned <= high * (1 + y))
        by (pose proof (Rmult_le_compat_r (1 + y) _ _ ltac:(lra) below); lra).
      apply Rmult_le_reg_r with (quotient - eta); [lra|]. unfold Rdiv.
      rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
      pose proof (l2_nonneg letters returned).
      assert (G : norm returned * eta <= high * (1 + y) * (y * quotient))
        by (apply Rmult_le_compat; assumption).
      assert (H1 : high * (1 + y) * (y * quotient) = eps * ((1 - y) * quotient))
        by (transitivity (high * (y * (1 + y)) * quotient); [ring|rewrite y_root; ring]).
      assert (Eps : 0 <= eps).
      { apply Rmult_le_reg_r with (1 - y); [lra|]. rewrite Rmult_0_l, <- y_root.
        repeat apply Rmult_le_pos; lra. }
      assert (B : (1 - y) * quotient <= quotient - eta) by lra.
      pose proof (Rmult_le_compat_l eps _ _ Eps B). lra.
    Qed.
    (** Success probability |a|^2. *)
    Theorem success_amplitude : g * (2 * rho / (1 + rho ^ 2) - 2 * eta) <= norm part_a.
    Proof.
      pose proof radius2_pos as R.
      assert (A : norm (fun i => 2 * g * (t / radius2 * z i)) - norm (fun i => 2 * g * u i) <= norm
        part_a).
      { apply Rle_trans with (norm (fun i => part_a i - 2 * g * u i) - norm (fun i => 2 * g * u i)).
        - apply Rplus_le_compat_r. right. apply l2_ext. intros. unfold part_a. rewrite exact_at_zero.
          field. lra.
        - pose proof (l2_minus letters part_a (fun i => 2 * g * u i)). lra. }
      eapply Rle_trans; [|exact A]. rewrite !l2_scal, !Rabs_pos_eq by
        (try lra; apply Rlt_le, Rdiv_lt_0_compat; lra).
      assert (U : norm u <= eta).
      { apply Rsqr_incr_0; [|apply l2_nonneg|exact eta_nonneg]. unfold Rsqr.
        assert (N : 0 < n ^ 2) by (apply pow_lt, norm_pos).
        pose proof (Rmult_le_pos _ _ (pow2_ge_0 w) (Rlt_le _ _ R)).
        pose proof (Rmult_le_pos _ _ (pow2_ge_0 (norm u)) (pow2_ge_0 t)).
        assert (norm u ^ 2 * n ^ 2 <= eta ^ 2 * n ^ 2) by (unfold radius2 in *; lra).
        apply Rmult_le_reg_r with (n ^ 2); lra. }
      assert (F : 2 * rho / (1 + rho ^ 2) <= 2 * (t / radius2 * n)).
      { assert (P : 0 < 1 + rho ^ 2) by (pose proof (pow2_ge_0 rho); lra).
        apply Rmult_le_reg_r with ((1 + rho ^ 2) * radius2); [apply Rmult_lt_0_compat; assumption|].
        replace (2 * rho / (1 + rho ^ 2) * ((1 + rho ^ 2) * radius2)) with (2 * rho * radius2) by
          (field; lra).
        replace (2 * (t / radius2 * n) * ((1 + rho ^ 2) * radius2)) with (2 * (t * n) * (1 + rho ^ 2))
          by (field; lra).
        destruct within as [W1 W2]. unfold radius2.
        pose proof (Rmult_le_pos (rho * n - t) (rho * t - n) ltac:(lra) ltac:(lra)). lra. }
      apply Rle_trans with (g * (2 * (t / radius2 * n) - 2 * eta));
        [apply Rmult_le_compat_l; lra|].
      pose proof (Rmult_le_compat_l g _ _ (Rlt_le _ _ scale_pos) U). lra.
    Qed.
  End Guess.
End KernelReflection.
