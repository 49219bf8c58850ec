(** Equation (1) of page 12: an even polynomial of |G|, given by orthonormal eigenvectors X_j of
    G^T G, applied to the reference e. X_0 = chi spans the kernel, |F| <= eta on the other values. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums Chebyshev Inversion KernelReflection.
Import ListNotations.
Open Scope R_scope.

Section Filter.
  Context {K : Type} (coords : list K) (others : nat).
  Notation size := (S others).
  Variables (X : nat -> K -> R) (phi : nat -> R) (e : K -> R) (eta : R).
  Hypothesis eigenvectors : orthonormal coords size X.
  Hypothesis complete : forall k, In k coords -> e k = span size X (fun j => inner coords (X j) e) k.
  Hypothesis small : forall j, (1 <= j < size)%nat -> Rabs (phi j) <= eta.

  Definition filtered : K -> R := span size X (fun j => phi j * inner coords (X j) e).
  Definition rest (k : K) : R := filtered k - phi 0%nat * inner coords (X 0%nat) e * X 0%nat k.
  Lemma rest_span k :
    rest k = span size X (fun j => match j with O => 0 | _ => phi j * inner coords (X j) e end) k.
  Proof. unfold rest, filtered, span. rewrite !sum_first. ring. Qed.
  Theorem filtered_reference : inner coords (X 0%nat) rest = 0 /\
    l2 coords rest ^ 2 <= eta ^ 2 * (l2 coords e ^ 2 - inner coords (X 0%nat) e ^ 2).
  Proof.
    assert (P : l2 coords e = l2 (seq 0 size) (fun j => inner coords (X j) e)).
    { rewrite <- (parseval coords size X _ eigenvectors). apply l2_ext. exact complete. }
    split.
    - rewrite <- (inner_span coords size X
        (fun j => match j with O => 0 | _ => phi j * inner coords (X j) e end) 0%nat eigenvectors)
          by lia.
      apply sum_ext. intros k _. rewrite rest_span. reflexivity.
    - rewrite (l2_ext coords rest _ (fun k _ => rest_span k)).
      rewrite (parseval coords size X _ eigenvectors), P, !l2_sqr, !sum_first.
      replace (eta ^ 2 * _) with (eta ^ 2 * Sums.sum (seq 0 others) (fun m => inner coords (X (S
        m)) e ^ 2))
        by ring.
      rewrite <- sum_scal. replace (0 ^ 2) with 0 by ring. rewrite Rplus_0_l. apply sum_le.
      intros j Hj. apply in_range in Hj. rewrite Rpow_mult_distr.
      apply Rmult_le_compat_r; [apply pow2_ge_0|]. rewrite <- pow2_abs. apply pow_incr.
      split; [apply Rabs_pos|apply small; lia].
  Qed.
End Filter.

(** The coordinates of page 12, the reference being None: what [KernelReflection] starts from. *)
Section Reference.
  Context {I : Type} (letters : list I) (others : nat) (z : I -> R) (t : R).
  Definition coords : list (option I) := None :: map Some letters.
  Definition reference (k : option I) : R := match k with None => 1 | Some _ => 0 end.
  Definition kernel_vector (k : option I) : R :=
    / sqrt (radius2 letters z t) * match k with None => t | Some i => z i end.
  Lemma sum_coords f : Sums.sum coords f = f None + Sums.sum letters (fun i => f (Some i)).
  Proof. unfold coords. rewrite sum_cons, sum_map. reflexivity. Qed.

  Variables (X : nat -> option I -> R) (phi : nat -> R) (eta : R).
  Hypothesis guess_pos : 0 < t.
  Hypothesis eigenvectors : orthonormal coords (S others) X.
  Hypothesis complete : forall k, In k coords ->
    reference k = span (S others) X (fun j => inner coords (X j) reference) k.
  Hypothesis kernel : forall k, X 0%nat k = kernel_vector k.
  Hypothesis small : forall j, (1 <= j < S others)%nat -> Rabs (phi j) <= eta.
  Notation after_filter := (filtered coords others X phi reference).
  Definition rest_u (i : I) : R := rest coords others X phi reference (Some i).
  Definition rest_w : R := rest coords others X phi reference None.

  Theorem filtered_parts :
    (forall i, after_filter (Some i) = phi 0%nat * t / radius2 letters z t * z i + rest_u i) /\
    after_filter None = phi 0%nat * t ^ 2 / radius2 letters z t + rest_w /\
    Sums.sum letters (fun i => rest_u i * z i) + rest_w * t = 0 /\
    (l2 letters rest_u ^ 2 + rest_w ^ 2) * radius2 letters z t <= eta ^ 2 * l2 letters z ^ 2.
  Proof.
    pose proof (radius2_pos letters z t guess_pos) as Rp. set (R2 := radius2 letters z t) in *.
    pose proof (sqrt_lt_R0 R2 Rp) as Sp. pose proof (pow2_sqrt R2 (Rlt_le _ _ Rp)) as SS.
    assert (C : inner coords (X 0%nat) reference = / sqrt R2 * t).
    { unfold inner. rewrite sum_coords, (sum_0 letters) by (intros; simpl; ring).
      rewrite kernel. unfold kernel_vector, reference. fold R2. ring. }
    assert (I2 : / sqrt R2 * / sqrt R2 = / R2) by (rewrite <- Rinv_mult; f_equal; simpl in SS; lra).
    assert (V : forall v, / sqrt R2 * t * (/ sqrt R2 * v) = t / R2 * v).
    { intro v. unfold Rdiv. rewrite <- I2. ring. }
    destruct (filtered_reference coords others X phi reference eta eigenvectors complete small)
      as [O N].
    repeat split.
    - intro i. unfold rest_u, rest. rewrite C, kernel. unfold kernel_vector. fold R2.
      rewrite (Rmult_assoc (phi 0%nat)), V. field. lra.
    - unfold rest_w, rest. rewrite C, kernel. unfold kernel_vector. fold R2.
      rewrite (Rmult_assoc (phi 0%nat)), V. field. lra.
    - unfold inner in O. rewrite sum_coords in O. rewrite kernel in O. unfold kernel_vector in O.
      fold R2 in O.
      rewrite (sum_ext letters _ (fun i => / sqrt R2 * (rest_u i * z i))) in O
        by (intros; rewrite kernel; unfold kernel_vector, rest_u; fold R2; ring).
      rewrite sum_scal in O. fold rest_w in O.
      apply Rmult_eq_reg_l with (/ sqrt R2); [|apply Rgt_not_eq, Rinv_0_lt_compat, Sp].
      rewrite Rmult_0_r. rewrite <- O. ring.
    - rewrite C in N. rewrite !l2_sqr, !sum_coords in N. fold rest_w in N.
      rewrite (sum_0 letters (fun i => reference (Some i) ^ 2)) in N by (intros; simpl; ring).
      change (Sums.sum letters (fun i => rest coords others X phi reference (Some i) ^ 2))
        with (Sums.sum letters (fun i => rest_u i ^ 2)) in N. rewrite <- l2_sqr in N.
        simpl reference in N.
      apply Rle_trans with (eta ^ 2 * (1 ^ 2 + 0 - (/ sqrt R2 * t) ^ 2) * R2).
      + apply Rmult_le_compat_r; lra.
      + right. replace ((/ sqrt R2 * t) ^ 2) with (t ^ 2 / R2) by (unfold Rdiv; rewrite <- I2; ring).
        replace (l2 letters z ^ 2) with (R2 - t ^ 2) by (unfold R2, radius2; ring). field. lra.
  Qed.
End Reference.
