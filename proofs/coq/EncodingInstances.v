(** Numbers for the theorems on encodings: no hypothesis is vacuous. *)
From Coq Require Import Reals Lra Lia List Arith Bool.
From QGD Require Import Sums CrossNorm BlockNorms History Orthogonal BlockEncoding EncodingSums Dilation
  Multiplexed HistoryEncoding DilatedHistory InexactEncoding
  Chebyshev Inversion KernelReflection ReflectionFilter.
Import ListNotations.
Open Scope R_scope.

(** ** A = ((3/5, -2/5), (4/5, 3/10)) = W diag(1, 1/2), W = ((3/5, -4/5), (4/5, 3/5)), V = 1 *)
Definition turn (i j : bool) : R :=
  match i, j with false, false => 3/5 | false, true => -(4/5) | true, false => 4/5 | true,
    true => 3/5 end.
Definition eye : bool -> bool -> R := unit_at bool_dec.
Definition stretch (j : bool) : R := if j then 1/2 else 1.
Definition stretched (i k : bool) : R :=
  match i, k with false, false => 3/5 | false, true => -(2/5) | true, false => 4/5 | true,
    true => 3/10 end.

Lemma turn_orthogonal : orthogonal bits turn.
Proof.
  split; intro x; unfold squares, apply; rewrite !sum_bits; unfold turn, transpose; field.
Qed.
Lemma eye_orthogonal : orthogonal bits eye.
Proof.
  split; intro x; unfold squares, apply; rewrite !sum_bits; unfold eye, unit_at, transpose; simpl; ring.
Qed.
Lemma stretched_values i k : stretched i k = of_values bits turn stretch eye i k.
Proof.
  unfold of_values. rewrite sum_bits.
  destruct i, k; unfold stretched, turn, stretch, eye, unit_at; simpl; field.
Qed.
Definition stretched_unitary := dilation bits turn eye (fun j => stretch j / 1).
Lemma stretch_range j : In j bits -> Rabs (stretch j) <= 1.
Proof. intros _. destruct j; simpl; rewrite Rabs_pos_eq; lra. Qed.
Example dilation_instance : block_encodes bits bits false stretched_unitary 1 0 stretched.
Proof.
  apply dilation_encodes; [lra|apply turn_orthogonal|apply eye_orthogonal|exact stretch_range|].
  intros. apply stretched_values.
Qed.
(** sqrt(1 - 1/4) appears beside it, with the left vector. *)
Example dilation_numbers : stretched_unitary (true, true) (false, true) = 3/5 * sqrt (3/4).
Proof.
  unfold stretched_unitary, dilation, of_values. cbn [fst snd]. rewrite sum_bits.
  unfold turn, eye, unit_at, stretch, sine. simpl.
  replace (1 - 1/2/1 * (1/2/1 * 1)) with (3/4) by field. ring.
Qed.
(** ((1/25, 18/25), (18/25, 23/50)) by its eigenvalues 1 and -1/2 *)
Definition signs (j : bool) : R := if j then -(1/2) else 1.
Definition indefinite (i k : bool) : R :=
  match i, k with false, false => 1/25 | true, true => 23/50 | _, _ => 18/25 end.
Example symmetric_instance :
  block_encodes bits bits false (dilation bits turn turn (fun j => signs j / 1)) 1 0 indefinite.
Proof.
  apply dilation_encodes; [lra|apply turn_orthogonal|apply turn_orthogonal| |].
  - intros j _. unfold Rabs, signs. destruct j; destruct Rcase_abs; lra.
  - intros i k _ _. unfold of_values. rewrite sum_bits.
    destruct i, k; unfold indefinite, turn, signs; field.
Qed.

Lemma bits_distinct : NoDup bits.
Proof. unfold bits. repeat constructor; simpl; intuition discriminate. Qed.
Lemma zero_bit : In false bits.
Proof. left. reflexivity. Qed.
Example product_instance :
  block_encodes (list_prod bits bits) bits (false, false)
    (product bits stretched_unitary stretched_unitary)
    (1 * 1) (1 * 0 + 1 * 0 + 0 * 0) (fun i j => sum bits (fun k => stretched i k * stretched k j)).
Proof.
  apply product_encodes; auto using bool_dec, bits_distinct, zero_bit, dilation_instance; lra.
Qed.
Example kronecker_instance :
  block_encodes (list_prod bits bits) (list_prod bits bits) (false, false)
    (kronecker stretched_unitary stretched_unitary) (1 * 1) (1 * 0 + 1 * 0 + 0 * 0)
    (beside stretched stretched).
Proof.
  apply kronecker_encodes; auto using bool_dec, bits_distinct, zero_bit, dilation_instance; lra.
Qed.
(** A - 3 A' with A' = A: alpha = 4, amplitudes 1/2 and (3/4)^(1/2) *)
Definition one_minus_three (b : bool) : R := if b then -3 else 1.
Example combination_instance :
  block_encodes (list_prod bits bits) bits (false, false)
    (combined bits (reflection (/ 2)) (signed one_minus_three (fun _ => stretched_unitary))
      (reflection (/ 2)))
    4 (sum bits (fun b => Rabs (one_minus_three b) * 0))
    (fun i j => sum bits (fun b => one_minus_three b * stretched i j)).
Proof.
  assert (A1 : Rabs (one_minus_three false) = 1) by (simpl; apply Rabs_R1).
  assert (A3 : Rabs (one_minus_three true) = 3) by (simpl; rewrite Rabs_left; lra).
  apply (combination_encodes bits bits bits false false one_minus_three (fun _ => 1)).
  - intros. apply dilation_instance.
  - apply reflection_orthogonal. rewrite Rabs_pos_eq; lra.
  - intros. lra.
  - rewrite sum_bits, A1, A3. ring.
  - lra.
  - intros [|] _; rewrite ?A1, ?A3; simpl; unfold sine; [f_equal; field|].
    replace (1 * 1 / 4) with (/ 2 * / 2) by field. rewrite sqrt_square; lra.
Qed.

(** ** One step A, one idle row, four times *)
Definition repeated (k : nat) := stretched.
Example default_instance :
  block_encodes (list_prod bits bits) (list_prod (seq 0 4) bits) (false, false)
    (default_unitary bool_dec bits 3 1 1 (fun _ => turn) (fun _ => eye) (fun _ => stretch) 1)
    (1 + 1) 0 (history_matrix bool_dec 3 1 1 repeated).
Proof.
  apply default_encodes; [apply bits_distinct|lia|lra| | | |]; intros.
  - apply turn_orthogonal.
  - apply eye_orthogonal.
  - apply stretch_range. assumption.
  - apply stretched_values.
Qed.
Lemma stretched_norm : norm_le bits bits stretched 1.
Proof.
  pose proof (encoded_norms bool_dec bits bits false bits_distinct zero_bit stretched_unitary 1 0
    stretched
    Rle_0_1 dilation_instance) as [_ H]. rewrite Rplus_0_r in H. exact H.
Qed.
Example inverse_instance z :
  let states := list_prod (seq 0 4) bits in
  l2 states z <= 3 * l2 states (apply states (history_matrix bool_dec 3 1 1 repeated) z).
Proof.
  apply (history_matrix_inverse bool_dec bits bits_distinct) with (nu := fun _ _ => 1); [lia|lra| |].
  - intros i j x _. rewrite Rmult_1_l. induction (i - j)%nat as [|n IH]; [right; reflexivity|]. simpl.
    eapply Rle_trans; [apply stretched_norm|]. rewrite Rmult_1_l. exact IH.
  - apply (schur_test _ _ _ 3 3); try lra.
    + intros i j. unfold theta_table. destruct (j <=? i)%nat; lra.
    + intros i _. apply Rle_trans with (sum (times 1 1) (fun _ => 1)).
      * apply sum_le. intros j _. unfold theta_table. destruct (j <=? i)%nat; lra.
      * unfold times. cbv [Nat.add seq]. rewrite !sum_cons. unfold sum. lra.
    + intros j _. apply Rle_trans with (sum (times 1 1) (fun _ => 1)).
      * apply sum_le. intros i _. unfold theta_table. destruct (j <=? i)%nat; lra.
      * unfold times. cbv [Nat.add seq]. rewrite !sum_cons. unfold sum. lra.
Qed.

(** ** Theorem 7.3 is sharp: A = 1, A~ = 3/4, b = 1 *)
Definition single (c : R) (_ _ : unit) : R := c.
Lemma single_acts c x : apply [tt] (single c) x tt = c * x tt.
Proof. unfold apply, single, sum. ring. Qed.
Lemma single_norm f : l2 [tt] f = Rabs (f tt).
Proof.
  unfold l2, sum. rewrite Rplus_0_r, <- Rsqr_pow2. apply sqrt_Rsqr_abs.
Qed.
Lemma single_norm_le c e : Rabs c <= e -> norm_le [tt] [tt] (single c) e.
Proof.
  intros H x. rewrite !single_norm, single_acts, Rabs_mult.
  apply Rmult_le_compat_r; [apply Rabs_pos|exact H].
Qed.
Example inexact_instance :
  (l2 [tt] (fun _ => 4/3 - 1) <= 1 ^ 2 * (1/4) * l2 [tt] (fun _ => 1) / (1 - 1 * (1/4)))
  /\ l2 [tt] (fun _ => 4/3 - 1) = 1 ^ 2 * (1/4) * l2 [tt] (fun _ => 1) / (1 - 1 * (1/4)).
Proof.
  split.
  - apply (inexact_answer [tt] (single 1) (single 1) (single (3/4))); try lra.
    + intros x [] _. rewrite !single_acts. ring.
    + apply single_norm_le. rewrite Rabs_R1. lra.
    + apply (norm_le_ext _ _ (single (1/4))); [intros; unfold single; field|].
      apply single_norm_le. rewrite Rabs_pos_eq; lra.
    + intros [] _. rewrite single_acts. ring.
    + intros [] _. rewrite single_acts. field.
  - rewrite !single_norm, Rabs_R1, Rabs_pos_eq; lra.
Qed.

(** ** Theorems 12.2 and 12.3: n = t = 1, (u, w) = (1/20, -1/20), eta = 1/10, y = 1/4; 12.2 is sharp *)
Definition reflected := returned [tt] (fun _ => 1) (fun _ => 1/20) (-(1/20)) 1 1 (1/2).
Lemma one_norm : l2 [tt] (fun _ => 1) = 1.
Proof. rewrite single_norm. apply Rabs_R1. Qed.
Lemma reflected_rest : (l2 [tt] (fun _ => 1/20) ^ 2 + (-(1/20)) ^ 2) * radius2 [tt] (fun _ => 1) 1
  <= (1/10) ^ 2 * l2 [tt] (fun _ => 1) ^ 2.
Proof. unfold radius2. rewrite one_norm, single_norm, Rabs_pos_eq; lra. Qed.
Lemma reflected_kernel : sum [tt] (fun _ => 1/20 * 1) + -(1/20) * 1 = 0.
Proof. unfold sum. field. Qed.
Lemma reflected_quotient : quotient [tt] (fun _ => 1) (-(1/20)) 1 1 (1/2) = 9/20.
Proof. unfold quotient, part_r, radius2. rewrite one_norm. field. Qed.
Example reflection_instance : l2 [tt] (fun i => reflected i - 1) <= 1 * (1/10) / (9/20)
  /\ l2 [tt] (fun i => reflected i - 1) = 1 * (1/10) / (9/20).
Proof.
  split.
  - rewrite <- reflected_quotient, <- one_norm at 1.
    apply (kernel_reflection_error [tt] (fun _ => 1) (fun _ => 1/20));
      auto using reflected_kernel, reflected_rest;
      try lra. rewrite reflected_quotient. lra.
  - rewrite single_norm. unfold reflected, returned, part_a, part_r, radius2. rewrite one_norm.
    match goal with |- Rabs ?e = _ => replace e with (2/9) by field end. rewrite Rabs_pos_eq; lra.
Qed.
Example guess_instance : l2 [tt] reflected * (1/10) / (9/20 - 1/10) <= 5/12
  /\ 1/2 * (2 * 1 / (1 + 1 ^ 2) - 2 * (1/10)) <= l2 [tt] (part_a [tt] (fun _ => 1) (fun _ => 1/20)
    1 1 (1/2)).
Proof.
  split.
  - rewrite <- reflected_quotient.
    apply (guess_is_enough [tt] (fun _ => 1) (fun _ => 1/20) (-(1/20)) 1 1 (1/2) (1/10)) with
      (rho := 1) (high := 1) (y := 1/4); auto using reflected_kernel, reflected_rest;
      rewrite ?one_norm; lra.
  - apply (success_amplitude [tt] (fun _ => 1) (fun _ => 1/20) (-(1/20)) 1 1 (1/2) (1/10)) with
      (rho := 1);
      auto using reflected_kernel, reflected_rest; rewrite ?one_norm; lra.
Qed.

(** Two eigenvectors, (1, 1) and (-1, 1) over the square root of 2; F = 1 and 1/10 on them. *)
Definition two_vectors (j : nat) (k : option unit) : R :=
  match j with
  | O => kernel_vector [tt] (fun _ => 1) 1 k
  | _ => / sqrt 2 * match k with None => 1 | Some _ => - 1 end
  end.
Definition two_values (j : nat) : R := match j with O => 1 | _ => 1/10 end.
Lemma radius_two : radius2 [tt] (fun _ => 1) 1 = 2.
Proof. unfold radius2. rewrite one_norm. ring. Qed.
Lemma root_two : / sqrt 2 * / sqrt 2 = / 2.
Proof. rewrite <- Rinv_mult, sqrt_sqrt; lra. Qed.
Lemma sum_two f : sum (coords [tt]) f = f None + f (Some tt).
Proof. rewrite sum_coords. unfold sum. ring. Qed.
Example filter_instance :
  (l2 [tt] (rest_u [tt] 1 two_vectors two_values) ^ 2 + rest_w [tt] 1 two_vectors two_values ^ 2)
  * radius2 [tt] (fun _ => 1) 1 <= (1/10) ^ 2 * l2 [tt] (fun _ => 1) ^ 2.
Proof.
  apply (filtered_parts [tt] 1 (fun _ => 1) 1 two_vectors two_values (1/10)); try lra.
  - intros j k Hj Hk. unfold inner. rewrite sum_two.
    destruct j as [|[|j]], k as [|[|k]]; try lia; unfold two_vectors, kernel_vector;
      rewrite ?radius_two; simpl;
      pose proof root_two; lra.
  - intros k Hk. unfold span, inner. cbv [seq]. rewrite !sum_cons, !sum_two. unfold sum.
    unfold two_vectors, kernel_vector, reference. rewrite radius_two. pose proof root_two.
    destruct k as [[]|]; lra.
  - reflexivity.
  - intros j Hj. destruct j as [|j]; [lia|]. simpl. rewrite Rabs_pos_eq; lra.
Qed.
