(** Theorem 4.2: averaging the copies of the idle rows.

    n copies v + delta_k of v = x / r. Their mean, times r, errs by at most r |delta| / sqrt n; so do the
    magnitudes taken as root mean squares, and with signs from the mean by at most sqrt 2 times that. *)
From Coq Require Import Reals Lra Lia List.
From QGD Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Section Averaging.
  Context {I J : Type} (letters : list I) (copies : list J).
  Variables (r : R) (x : I -> R) (delta : J -> I -> R).
  Notation norm := (l2 letters).
  Notation n := (INR (length copies)).
  Hypothesis r_pos : 0 < r.
  Hypothesis some : copies <> [].

  Definition copy (k : J) (i : I) : R := x i / r + delta k i.
  Definition total : R := l2 copies (fun k => norm (delta k)).
  Definition mean (i : I) : R := r / n * sum copies (fun k => copy k i).
  Definition magnitude (i : I) : R := r * (l2 copies (fun k => copy k i) / sqrt n).
  Definition deviation (i : I) : R := l2 copies (fun k => delta k i).

  Lemma n_pos : 0 < n.
  Proof. apply lt_0_INR. destruct copies; [contradiction|simpl; lia]. Qed.
  Lemma root_pos : 0 < sqrt n.
  Proof. apply sqrt_lt_R0, n_pos. Qed.
  Lemma root_square : sqrt n * sqrt n = n.
  Proof. apply sqrt_sqrt. left. apply n_pos. Qed.
  Lemma l2_const c : l2 copies (fun _ => c) = Rabs c * sqrt n.
  Proof.
    unfold l2. rewrite sum_const, Rmult_comm, sqrt_mult_alt by apply pow2_ge_0.
    f_equal. rewrite <- Rsqr_pow2. apply sqrt_Rsqr_abs.
  Qed.

  Theorem mean_error : norm (fun i => mean i - x i) <= r * total / sqrt n.
  Proof.
    pose proof n_pos. pose proof root_pos.
    apply Rle_trans with (norm (fun i => r / n * sum copies (fun k => delta k i))).
    { right. apply l2_ext. intros i _. unfold mean, copy. rewrite sum_plus, sum_const. field. lra. }
    rewrite l2_scal, Rabs_pos_eq by (apply Rlt_le, Rdiv_lt_0_compat; lra).
    replace (r * total / sqrt n) with (r / n * (total * sqrt n)).
    2:{ rewrite <- root_square at 1. field. lra. }
    apply Rmult_le_compat_l; [apply Rlt_le, Rdiv_lt_0_compat; lra|].
    eapply Rle_trans; [apply (l2_sum letters copies delta)|].
    pose proof (cauchy_schwarz copies (fun k => norm (delta k)) (fun _ => 1)) as C.
    rewrite l2_const, Rabs_R1, Rmult_1_l in C. eapply Rle_trans; [|exact C].
    eapply Rle_trans; [|apply Rle_abs]. right. apply sum_ext. intros. ring.
  Qed.

  (** The deviations of the components add up to the total. *)
  Lemma deviation_total : norm deviation = total.
  Proof.
    unfold total, deviation. unfold l2 at 1 3. f_equal.
    rewrite (sum_ext letters _ (fun i => sum copies (fun k => delta k i ^ 2)))
      by (intros; apply l2_sqr).
    rewrite sum_swap. apply sum_ext. intros. symmetry. apply l2_sqr.
  Qed.

  Lemma magnitude_component i : Rabs (magnitude i - Rabs (x i)) <= r / sqrt n * deviation i.
  Proof.
    pose proof root_pos as Hs. unfold deviation.
    set (m := l2 copies (fun k => copy k i)). set (a := l2 copies (fun k => delta k i)).
    assert (U : m <= Rabs (x i / r) * sqrt n + a).
    { unfold m, a. rewrite <- l2_const. apply minkowski. }
    assert (L : Rabs (x i / r) * sqrt n <= m + a).
    { rewrite <- l2_const. unfold m, a. rewrite (l2_ext copies _ (fun k => copy k i - delta k i))
        by (intros; unfold copy; ring). apply l2_minus. }
    assert (E : Rabs (x i) = r / sqrt n * (Rabs (x i / r) * sqrt n)).
    { unfold Rdiv. rewrite Rabs_mult, (Rabs_pos_eq (/ r)) by (left; apply Rinv_0_lt_compat, r_pos).
      field. lra. }
    unfold magnitude. fold m. replace (r * (m / sqrt n)) with (r / sqrt n * m) by (field; lra).
    rewrite E. assert (Hr : 0 <= r / sqrt n) by (apply Rlt_le, Rdiv_lt_0_compat; lra).
    apply (Rmult_le_compat_l _ _ _ Hr) in U, L. apply Rabs_le. split; lra.
  Qed.

  Theorem magnitude_error : norm (fun i => magnitude i - Rabs (x i)) <= r * total / sqrt n.
  Proof.
    pose proof root_pos. rewrite <- deviation_total.
    replace (r * norm deviation / sqrt n) with (r / sqrt n * norm deviation) by (field; lra).
    rewrite <- (Rabs_pos_eq (r / sqrt n)) by (apply Rlt_le, Rdiv_lt_0_compat; lra).
    rewrite <- l2_scal. apply l2_le. intros. apply magnitude_component.
  Qed.

  (** Signs s_i = 1 or -1 of the sums of the copies. *)
  Variable sign : I -> R.
  Hypothesis sign_unit : forall i, sign i ^ 2 = 1.
  Hypothesis sign_mean : forall i, 0 <= sign i * sum copies (fun k => copy k i).

  Lemma signed_component i :
    Rabs (sign i * magnitude i - x i) <= sqrt 2 * (r / sqrt n) * deviation i.
  Proof.
    pose proof root_pos as Hs. pose proof n_pos as Hn.
    assert (Hr : 0 < r / sqrt n) by (apply Rdiv_lt_0_compat; lra).
    assert (Hd : 0 <= deviation i) by apply l2_nonneg.
    assert (Hm : 0 <= magnitude i).
    { apply Rmult_le_pos; [lra|]. apply Rmult_le_pos; [apply l2_nonneg|].
      left. apply Rinv_0_lt_compat, Hs. }
    assert (S1 : sign i = 1 \/ sign i = -1).
    { pose proof (sign_unit i). assert ((sign i - 1) * (sign i + 1) = 0) by (simpl in *; lra).
      apply Rmult_integral in H0. destruct H0; [left|right]; lra. }
    assert (Two : 1 <= sqrt 2) by (rewrite <- sqrt_1 at 1; apply sqrt_le_1_alt; lra).
    destruct (Rle_lt_dec 0 (sign i * x i)) as [Same|Opposite].
    - apply Rle_trans with (1 * (r / sqrt n) * deviation i).
      + rewrite Rmult_1_l. eapply Rle_trans; [|apply magnitude_component]. right.
        destruct S1 as [-> | ->] in Same |- *.
        * rewrite (Rabs_pos_eq (x i)) by lra. f_equal. ring.
        * rewrite (Rabs_left1 (x i)) by lra. rewrite <- Rabs_Ropp. f_equal. ring.
      + apply Rmult_le_compat_r; [exact Hd|]. apply Rmult_le_compat_r; lra.
    - (* a_i^2 >= n (M^2 + v^2) >= n (M + |v|)^2 / 2 with v = x / r and M = magnitude / r *)
      assert (D : magnitude i ^ 2 + x i ^ 2 <= (r / sqrt n * deviation i) ^ 2).
      { replace ((r / sqrt n * deviation i) ^ 2) with (r ^ 2 / n * deviation i ^ 2).
        2:{ rewrite <- root_square at 1. field. lra. }
        unfold deviation. rewrite l2_sqr.
        rewrite (sum_ext copies _ (fun k => copy k i ^ 2 + (-2 * (x i / r)) * copy k i + (x i / r) ^ 2))
          by (intros; unfold copy; ring).
        rewrite !sum_plus, sum_scal, sum_const.
        assert (M2 : magnitude i ^ 2 = r ^ 2 / n * sum copies (fun k => copy k i ^ 2)).
        { unfold magnitude. rewrite <- l2_sqr. rewrite <- root_square at 2. field. lra. }
        rewrite M2, !Rmult_plus_distr_l. pose proof (sign_mean i) as Hmean.
        set (s := sum copies (fun k => copy k i)) in *.
        assert (Cross : 0 <= - (x i) * s).
        { destruct S1 as [-> | ->] in Opposite, Hmean; nra. }
        assert (Pos : 0 <= r ^ 2 / n * (-2 * (x i / r) * s)).
        { replace (r ^ 2 / n * (-2 * (x i / r) * s)) with (2 * (r / n) * (- (x i) * s)) by (field; lra).
          apply Rmult_le_pos; [|exact Cross]. apply Rmult_le_pos; [lra|].
          apply Rlt_le, Rdiv_lt_0_compat; lra. }
        replace (r ^ 2 / n * (n * (x i / r) ^ 2)) with (x i ^ 2) by (field; lra). lra. }
      set (c := r / sqrt n * deviation i) in *.
      assert (Hc : 0 <= c) by (apply Rmult_le_pos; lra).
      rewrite Rmult_assoc. fold c.
      rewrite <- (Rabs_pos_eq (sqrt 2 * c)) by (apply Rmult_le_pos; lra).
      apply Rsqr_le_abs_0. unfold Rsqr.
      replace (sqrt 2 * c * (sqrt 2 * c)) with (sqrt 2 * sqrt 2 * c ^ 2) by ring.
      rewrite sqrt_sqrt by lra.
      replace ((sign i * magnitude i - x i) * (sign i * magnitude i - x i))
        with (sign i ^ 2 * magnitude i ^ 2 - 2 * (sign i * x i) * magnitude i + x i ^ 2) by ring.
      rewrite sign_unit. pose proof (pow2_ge_0 (magnitude i + sign i * x i)) as Q.
      replace ((magnitude i + sign i * x i) ^ 2)
        with (magnitude i ^ 2 + 2 * (sign i * x i) * magnitude i + sign i ^ 2 * x i ^ 2) in Q by ring.
      rewrite sign_unit in Q. lra.
  Qed.

  Theorem signed_error :
    norm (fun i => sign i * magnitude i - x i) <= sqrt 2 * (r * total / sqrt n).
  Proof.
    pose proof root_pos as Hs. rewrite <- deviation_total.
    assert (Hr : 0 <= sqrt 2 * (r / sqrt n)).
    { apply Rmult_le_pos; [apply sqrt_pos|]. apply Rlt_le, Rdiv_lt_0_compat; lra. }
    replace (sqrt 2 * (r * norm deviation / sqrt n)) with (sqrt 2 * (r / sqrt n) * norm deviation)
      by (field; lra).
    rewrite <- (Rabs_pos_eq (sqrt 2 * (r / sqrt n))) by exact Hr. rewrite <- l2_scal.
    apply l2_le. intros. apply signed_component.
  Qed.
End Averaging.
