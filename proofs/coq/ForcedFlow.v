(** A linear flow with a source, by its logarithmic norm: e . e' <= mu |e|^2 + |e| g, E' >= mu E + g and
    |e(0)| <= E(0) give |e| <= E. No series and no uniqueness of solutions are used. *)
From Coq Require Import Reals Lra Lia List Arith.
From Coquelicot Require Import Coquelicot.
From QGD Require Import Sums Comparison.
Import ListNotations.
Open Scope R_scope.

Section Forced.
  Context {I : Type} (letters : list I).
  Notation norm := (l2 letters).
  Variables (mu T : R) (e de : R -> I -> R) (g E dE : R -> R).
  Hypothesis e_diff : forall t i, 0 <= t <= T -> In i letters -> is_derive (fun s => e s i) t (de t i).
  Hypothesis energy : forall t, 0 <= t <= T ->
    Sums.sum letters (fun i => e t i * de t i) <= mu * norm (e t) ^ 2 + norm (e t) * g t.
  Hypothesis g_nonneg : forall t, 0 <= t <= T -> 0 <= g t.
  Hypothesis E_diff : forall t, 0 <= t <= T -> is_derive E t (dE t).
  Hypothesis E_ineq : forall t, 0 <= t <= T -> mu * E t + g t <= dE t.
  Hypothesis start : norm (e 0) <= E 0.

  Section Smooth.
    Variable d : R.
    Hypothesis d_pos : 0 < d.
    Definition square (t : R) : R := Sums.sum letters (fun i => e t i * e t i) + d * d.
    Definition smooth (t : R) : R := sqrt (square t).
    Definition slack (t : R) : R := d * exp (2 * Rabs mu * t).

    Lemma square_norm t : square t = norm (e t) ^ 2 + d ^ 2.
    Proof. unfold square. rewrite l2_sqr. f_equal; [apply sum_ext; intros|]; ring. Qed.
    Lemma square_pos t : 0 < square t.
    Proof.
      rewrite square_norm. pose proof (pow2_ge_0 (norm (e t))). pose proof (pow_lt d 2 d_pos). lra.
    Qed.
    Lemma smooth_pos t : 0 < smooth t.
    Proof. apply sqrt_lt_R0, square_pos. Qed.
    Lemma smooth_square t : smooth t ^ 2 = norm (e t) ^ 2 + d ^ 2.
    Proof. unfold smooth. rewrite pow2_sqrt by (left; apply square_pos). apply square_norm. Qed.
    Lemma smooth_ge t : norm (e t) <= smooth t /\ d <= smooth t <= norm (e t) + d.
    Proof.
      pose proof (smooth_square t) as H. pose proof (smooth_pos t). pose proof (l2_nonneg letters (e t)).
      repeat split; apply Rsqr_incr_0_var; try lra; rewrite !Rsqr_pow2, ?H; nra.
    Qed.
    Lemma smooth_derive t : 0 <= t <= T ->
      is_derive smooth t (Sums.sum letters (fun i => e t i * de t i) / smooth t).
    Proof.
      intro Ht. set (p := Sums.sum letters (fun i => e t i * de t i)). pose proof (smooth_pos t) as P.
      replace (p / smooth t) with ((2 * p) / (2 * sqrt (square t))) by (fold (smooth t); field; lra).
      apply (is_derive_sqrt square); [|apply square_pos]. replace (2 * p) with (2 * p + 0) by ring.
      apply (is_derive_plus (V := R_NormedModule)); [|apply (is_derive_const (V := R_NormedModule))].
      unfold p. rewrite <- sum_scal. apply (is_derive_total letters (fun i s => e s i * e s i)).
      intros i Hi. replace (2 * (e t i * de t i)) with (de t i * e t i + e t i * de t i) by ring.
      apply (is_derive_mult (fun s => e s i) (fun s => e s i)); [apply e_diff; assumption..|].
      intros; apply Rmult_comm.
    Qed.
    Lemma smooth_le t : 0 <= t <= T -> norm (e t) <= E t + slack t.
    Proof.
      intro Ht. enough (smooth t - (E t + slack t) <= 0) by (pose proof (smooth_ge t); lra).
      revert t Ht. apply (gronwall_upto (fun t => smooth t - (E t + slack t))
        (fun t => Sums.sum letters (fun i => e t i * de t i) / smooth t
          - (dE t + 2 * Rabs mu * slack t)) mu).
      - intros t Ht. apply (is_derive_minus (V := R_NormedModule)); [apply smooth_derive, Ht|].
        apply (is_derive_plus (V := R_NormedModule)); [apply E_diff, Ht|].
        unfold slack. auto_derive; [trivial|ring].
      - intros t Ht. pose proof (smooth_pos t) as P. destruct (smooth_ge t) as [He [Hd _]].
        pose proof (Rabs_pos mu) as M. pose proof (Rle_abs mu) as M1. pose proof (Rle_abs (- mu)) as M2.
        rewrite Rabs_Ropp in M2.
        assert (S : d <= slack t).
        { unfold slack. rewrite <- (Rmult_1_r d) at 1. apply Rmult_le_compat_l; [lra|].
          pose proof (exp_ineq1_le (2 * Rabs mu * t)). assert (0 <= 2 * Rabs mu * t); [|lra].
          repeat apply Rmult_le_pos; lra. }
        assert (Q : Sums.sum letters (fun i => e t i * de t i) / smooth t
                    <= mu * smooth t + Rabs mu * d + g t).
        { apply Rmult_le_reg_r with (smooth t); [exact P|]. unfold Rdiv.
          rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
          eapply Rle_trans; [apply energy, Ht|]. pose proof (smooth_square t) as H.
          pose proof (g_nonneg t Ht) as G. pose proof (Rmult_le_compat_r _ _ _ G He).
          assert (B : - mu * d ^ 2 <= Rabs mu * d * smooth t).
          { apply Rle_trans with (Rabs mu * d ^ 2); [apply Rmult_le_compat_r; [apply pow2_ge_0|lra]|].
            rewrite Rmult_assoc. apply Rmult_le_compat_l; [exact M|]. simpl. nra. }
          replace (norm (e t) ^ 2) with (smooth t ^ 2 - d ^ 2) by lra. lra. }
        pose proof (E_ineq t Ht). assert (0 <= Rabs mu * (slack t - d)) by (apply Rmult_le_pos; lra).
        assert (0 <= (Rabs mu - mu) * slack t) by (apply Rmult_le_pos; lra). lra.
      - pose proof (smooth_ge 0) as H. unfold slack. rewrite Rmult_0_r, exp_0. lra.
    Qed.
  End Smooth.

  Theorem forced_comparison t : 0 <= t <= T -> norm (e t) <= E t.
  Proof.
    intro Ht. apply le_epsilon. intros eps He. pose proof (exp_pos (2 * Rabs mu * t)) as P.
    pose proof (smooth_le (eps / exp (2 * Rabs mu * t)) ltac:(apply Rdiv_lt_0_compat; lra) t Ht) as H.
    unfold slack in H. replace (eps / exp (2 * Rabs mu * t) * exp (2 * Rabs mu * t)) with eps in H
      by (field; lra). exact H.
  Qed.
End Forced.
