(** Forced quadratic maps between the fixed points of the majorant, and the Kantorovich form.

    g(x) = g_0 + a x + b x^2 with mu = 1 - a > 0 and 4 g_0 b < mu^2 has the fixed points
    r_-+ = (mu -+ sqrt(mu^2 - 4 g_0 b)) / (2 b). If |u_0| <= r with r_- <= r <= r_+ the error is at most
    r_+ (r / r_+)^(N+1) after any number of steps; from the point of expansion, r = r_-, the ratio is
    (1 - sqrt(1 - 2 h)) / (1 + sqrt(1 - 2 h)) with h = 2 g_0 b / mu^2. *)
From Coq Require Import Reals Lra Lia List.
From QGD Require Import Sums Words CrossNorm Convolution Products Truncation ClosedForms.
Import ListNotations.
Open Scope R_scope.

Section FixedPoints.
  Variables g0 a b : R.
  Hypothesis g0_nonneg : 0 <= g0.
  Hypothesis a_nonneg : 0 <= a.
  Hypothesis b_pos : 0 < b.
  Definition mu : R := 1 - a.
  Hypothesis mu_pos : 0 < mu.
  Hypothesis apart : 4 * g0 * b < mu ^ 2.

  Definition root : R := sqrt (mu ^ 2 - 4 * g0 * b).
  Definition r_minus : R := (mu - root) / (2 * b).
  Definition r_plus : R := (mu + root) / (2 * b).
  Definition majorant (l : nat) : R :=
    match l with 0%nat => g0 | 1%nat => a | 2%nat => b | _ => 0 end.

  Lemma majorant_poly x : poly 2 majorant x = g0 + a * x + b * x ^ 2.
  Proof. unfold poly. cbv [seq]. rewrite !sum_cons. cbv [sum majorant]. ring. Qed.
  Lemma root_square : root ^ 2 = mu ^ 2 - 4 * g0 * b.
  Proof. apply pow2_sqrt. lra. Qed.
  Lemma root_range : 0 < root <= mu.
  Proof.
    split; [apply sqrt_lt_R0; lra|]. unfold root. rewrite <- (sqrt_pow2 mu) at 2 by lra.
    apply sqrt_le_1_alt. pose proof (Rmult_le_pos (4 * g0) b ltac:(lra) ltac:(lra)). lra.
  Qed.
  Lemma r_range : 0 <= r_minus < r_plus.
  Proof.
    pose proof root_range as Hr. assert (H : 0 < / (2 * b)) by (apply Rinv_0_lt_compat; lra).
    unfold r_minus, r_plus, Rdiv. split.
    - apply Rmult_le_pos; lra.
    - apply Rmult_lt_compat_r; lra.
  Qed.
  (** g(x) - x = b (x - r_-) (x - r_+) *)
  Lemma majorant_excess x : poly 2 majorant x - x = b * (x - r_minus) * (x - r_plus).
  Proof.
    rewrite majorant_poly. unfold r_minus, r_plus.
    replace (b * (x - (mu - root) / (2 * b)) * (x - (mu + root) / (2 * b)))
      with (b * x ^ 2 - mu * x + (mu ^ 2 - root ^ 2) / (4 * b)) by (field; lra).
    rewrite root_square. unfold mu. field. lra.
  Qed.

  Context {I : Type} (letters : list I).
  Variables (G : nat -> nat -> I -> list I -> R) (N : nat) (u0 : I -> R).
  Hypothesis G_norm : forall k vs, (length vs <= 2)%nat ->
    l2 letters (apply (words letters (length vs)) (G k (length vs)) (prodt vs))
    <= majorant (length vs) * weight letters vs.
  Hypothesis N_pos : (1 <= N)%nat.

  Theorem between_fixed_points r : r_minus <= r <= r_plus -> l2 letters u0 <= r ->
    forall k, error letters 2 G N u0 k <= r_plus * (r / r_plus) ^ S N.
  Proof.
    intros Hr H0. pose proof r_range as Hrr.
    apply (forced_bound letters 2 G N u0 majorant); auto; try lra.
    - intros [|[|[|l]]]; simpl; lra.
    - pose proof (majorant_excess r) as E.
      assert (0 <= b * (r - r_minus) * (r_plus - r)) by (apply Rmult_le_pos; [apply Rmult_le_pos|]; lra).
      replace (b * (r - r_minus) * (r - r_plus)) with (- (b * (r - r_minus) * (r_plus - r))) in E by ring.
      lra.
    - pose proof (majorant_excess r_plus) as E. replace (r_plus - r_plus) with 0 in E by ring. lra.
  Qed.

  Definition h : R := 2 * g0 * b / mu ^ 2.
  Theorem kantorovich_bound : l2 letters u0 = 0 -> forall k,
    error letters 2 G N u0 k <= r_plus * ((1 - sqrt (1 - 2 * h)) / (1 + sqrt (1 - 2 * h))) ^ S N.
  Proof.
    intros H0 k. pose proof r_range as Hr. pose proof root_range as Hroot.
    replace ((1 - sqrt (1 - 2 * h)) / (1 + sqrt (1 - 2 * h))) with (r_minus / r_plus).
    - apply between_fixed_points; lra.
    - assert (E : sqrt (1 - 2 * h) = root / mu).
      { replace (1 - 2 * h) with ((root / mu) ^ 2).
        - apply sqrt_pow2. apply Rlt_le, Rdiv_lt_0_compat; lra.
        - unfold Rdiv at 1. rewrite Rpow_mult_distr, root_square. unfold h. field. lra. }
      rewrite E. unfold r_minus, r_plus. field. repeat split; lra.
  Qed.
End FixedPoints.

(** u+ = 1/16 + u/2 + u^2/4 from u_0 = 0: g_0 = 1/16, mu = 1/2, h = 1/8, sqrt (1 - 2 h) = sqrt 3 / 2. *)
Example kantorovich_numbers : 4 * (1/16) * (1/4) < mu (1/2) ^ 2 /\ h (1/16) (1/2) (1/4) = 1/8.
Proof. unfold h, mu. split; [lra|field]. Qed.
