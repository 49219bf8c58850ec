(** Lemma 0.2: norms of block matrices through the norms of their blocks, and the Schur test. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums CrossNorm.
Import ListNotations.
Open Scope R_scope.

Section BlockNorms.
  Context {P Q : Type} (rows : list P) (cols : list Q).

  (** A non-negative matrix B has norm at most theta; non-negative vectors suffice. *)
  Definition norm_at_most (B : P -> Q -> R) (theta : R) : Prop :=
    forall x, (forall q, 0 <= x q) -> l2 rows (apply cols B x) <= theta * l2 cols x.

  (** If |y_p| <= sum_q B_pq |x_q| for all rows then |y| <= |B| |x|. *)
  Theorem block_norm (B : P -> Q -> R) theta (y : P -> R) (x : Q -> R) : norm_at_most B theta ->
    (forall q, 0 <= x q) -> (forall p, In p rows -> 0 <= y p <= apply cols B x p) ->
    l2 rows y <= theta * l2 cols x.
  Proof.
    intros HB Hx Hy. eapply Rle_trans; [|apply HB, Hx]. apply l2_le. intros p Hp.
    rewrite Rabs_pos_eq; apply Hy, Hp.
  Qed.

  (** Row sums at most r and column sums at most c give |B|^2 <= r c. *)
  Theorem schur_test (B : P -> Q -> R) r c theta : 0 <= theta -> 0 <= r -> r * c <= theta ^ 2 ->
    (forall p q, 0 <= B p q) ->
    (forall p, In p rows -> sum cols (B p) <= r) ->
    (forall q, In q cols -> sum rows (fun p => B p q) <= c) ->
    norm_at_most B theta.
  Proof.
    intros Ht Hr Hrc HB Hrow Hcol x Hx.
    apply l2_le_of_sqr; [apply Rmult_le_pos; [exact Ht|apply l2_nonneg]|].
    rewrite Rpow_mult_distr, l2_sqr.
    apply Rle_trans with (sum rows (fun p => r * sum cols (fun q => B p q * x q ^ 2))).
    - apply sum_le. intros p Hp. unfold apply.
      rewrite (sum_ext cols _ (fun q => sqrt (B p q) * (sqrt (B p q) * x q)))
        by (intros; rewrite <- Rmult_assoc, sqrt_sqrt; auto).
      rewrite <- pow2_abs.
      eapply Rle_trans; [apply pow_incr; split; [apply Rabs_pos|apply cauchy_schwarz]|].
      rewrite Rpow_mult_distr, !l2_sqr. apply Rmult_le_compat.
      + apply sum_sq_nonneg.
      + apply sum_sq_nonneg.
      + eapply Rle_trans; [|apply Hrow, Hp]. right. apply sum_ext. intros. apply pow2_sqrt, HB.
      + right. apply sum_ext. intros. rewrite Rpow_mult_distr, pow2_sqrt; auto.
    - rewrite sum_scal, sum_swap.
      apply Rle_trans with (r * sum cols (fun q => c * x q ^ 2)).
      + apply Rmult_le_compat_l; [exact Hr|]. apply sum_le. intros q Hq.
        rewrite sum_scal_r. apply Rmult_le_compat_r; [apply pow2_ge_0|apply Hcol, Hq].
      + rewrite sum_scal, <- Rmult_assoc. apply Rmult_le_compat_r; [apply sum_sq_nonneg|exact Hrc].
  Qed.
End BlockNorms.
