(** More numbers: instances of the theorems on contraction, conditioning, descents and averages. *)
From Coq Require Import Reals Lra Lia List Arith.
From Coquelicot Require Import Coquelicot.
From QGD Require Import Sums Words CrossNorm Convolution Lift Products Truncation Symmetry Propagated
  ClosedForms FixedPoints Lipschitz Spectrum Contraction History Conditioning Composition Perturbed
  Averaging Frobenius Examples.
Import ListNotations.
Open Scope R_scope.

(** ** u+ = u/2 + u^2/4 in units of r = 1: theta = 3/4, so |L^-1| <= 4 + p for every order and T. *)
Section Contracting.
  Notation g := (coefficient 0 (1/2) (1/4)).
  Notation G := (scalar_map 0 (1/2) (1/4)).
  Lemma flattened k l (x : list unit -> R) :
    l2 [tt] (CrossNorm.apply (words [tt] l) (G k l) x) <= g l * tn [tt] l x.
  Proof.
    unfold tn. rewrite <- (Rabs_pos_eq (g l)) by (apply coefficient_nonneg; lra).
    rewrite <- l2_scal. right. rewrite units. unfold l2, CrossNorm.apply, scalar_map. cbv [Sums.sum].
    f_equal. ring.
  Qed.
  Lemma theta_value : theta 2 g 1 = 3/4.
  Proof. unfold theta. rewrite scalar_poly. field. Qed.
  Example contraction_instance N k z :
    scaled_norm [tt] N 1 (linear_step [tt] 2 G N k z) <= 3/4 * scaled_norm [tt] N 1 z.
  Proof.
    rewrite <- theta_value. apply step_contraction; auto using flattened; try lra.
    - intro. apply coefficient_nonneg. lra.
    - rewrite theta_value. lra.
  Qed.
  Example conditioning_instance N T p b :
    history_norm (scaled_norm [tt] N 1) T p
      (solve Conditioning.plus (padded (linear_step [tt] 2 G N) T) b)
    <= (4 + INR p) * history_norm (scaled_norm [tt] N 1) T p b.
  Proof.
    replace (4 + INR p) with (/ (1 - theta 2 g 1) + INR p) by (rewrite theta_value; field).
    apply (carleman_inverse_norm [tt] 2 G g N 1); auto using flattened; try lra.
    - intro. apply coefficient_nonneg. lra.
    - rewrite theta_value. lra.
  Qed.
End Contracting.

(** ** u+ = 1/16 + u/2 + u^2/4 from the point of expansion: h = 1/8. *)
Example kantorovich_instance N k : (1 <= N)%nat ->
  error [tt] 2 (scalar_map (1/16) (1/2) (1/4)) N (fun _ => 0) k
  <= r_plus (1/16) (1/2) (1/4)
     * ((1 - sqrt (1 - 2 * (1/8))) / (1 + sqrt (1 - 2 * (1/8)))) ^ S N.
Proof.
  intro HN. replace (1/8) with (h (1/16) (1/2) (1/4)) by apply kantorovich_numbers.
  apply kantorovich_bound; auto; try lra; try (unfold mu; lra).
  - intros t vs Hvs. pose proof (scalar_norm (1/16) (1/2) (1/4) ltac:(lra) t vs Hvs) as B.
    unfold majorant. unfold coefficient in B. exact B.
  - apply scalar_start. lra.
Qed.

(** ** One step: the only block of the empty product is the identity of level 1. *)
Example propagated_instance {I : Type} (letters : list I) q A N (u0 : I -> R) : (1 <= N)%nat ->
  l2 letters (fun i => traj letters q (fun _ => A) u0 1 i - Truncation.y letters q (fun _ => A) N u0 1 1 [i])
  <= Sums.sum (seq 0 1) (fun _ => Sums.sum (seq 1 N) (fun j =>
       (if (j =? 1)%nat then 1 else 0) * remainder q (norms letters A) N j (l2 letters u0))).
Proof.
  intro HN.
  apply (propagated_bound letters q (fun _ => A) N u0 (norms letters A) (norms_nonneg letters A)) with
    (w := fun _ => l2 letters u0) (nu := fun _ j => if (j =? 1)%nat then 1 else 0); auto.
  - intros k vs _. apply flattened_multi. intro. apply norms_bound.
  - intros [|k] Hk; [right; reflexivity|lia].
  - intros i j. destruct (j =? 1)%nat; lra.
  - intros [|i] j x Hi Hj _; [|lia]. simpl run. unfold inject.
    destruct (Nat.eqb_spec j 1) as [->|Hj1].
    + simpl. rewrite Rmult_1_l. right. reflexivity.
    + rewrite Rmult_0_l. right. apply l2_0. intros v _. destruct (Nat.eqb_spec 1 j); [lia|reflexivity].
Qed.

(** ** Steps of any map are Lipschitz with Frobenius norms. *)
Example lipschitz_instance {I : Type} (letters : list I) q A (u0 v0 : I -> R) rho T :
  l2 letters u0 <= rho -> l2 letters v0 <= rho ->
  l2 letters (fun i => traj letters q (fun _ => A) u0 T i - traj letters q (fun _ => A) v0 T i)
  <= growth q (norms letters A) rho T * l2 letters (fun i => u0 i - v0 i).
Proof.
  intros. apply steps_lipschitz; auto using norms_nonneg. intros. apply norms_bound.
Qed.

(** ** A quadratic loss with Hessian diag(1, 3), eta = 1/2 *)
Example descent_instance u v :
  l2 [true; false] (fun i => descent (CrossNorm.apply [true; false] H) (1/2) u i
                             - descent (CrossNorm.apply [true; false] H) (1/2) v i)
  <= gd_norm 1 3 (1/2) * l2 [true; false] (fun i => u i - v i).
Proof.
  apply descent_lipschitz; [lra|]. intros a b. exists H. split; [intros [] []; reflexivity|]. split.
  - intro z. rewrite l2_sqr. unfold inner, CrossNorm.apply, H. cbv [Sums.sum]. simpl Bool.eqb.
    pose proof (pow2_ge_0 (z false)). pose proof (pow2_ge_0 (z true)). simpl in *. split; lra.
  - intros i _. unfold CrossNorm.apply. cbv [Sums.sum]. ring.
Qed.

(** ** w -> w/2 from 0, disturbed by 1 in every step *)
Fixpoint disturbed (k : nat) : R := match k with O => 0 | S k' => disturbed k' / 2 + 1 end.
Example perturbed_instance T :
  distance (K := R_AbsRing) (V := R_NormedModule) (disturbed T) 0
  <= 1 * Sums.sum (seq 0 T) (fun i => (1/2) ^ (T - 1 - i) * 1).
Proof.
  apply (perturbed_descent (K := R_AbsRing) (V := R_NormedModule) (fun x => x / 2) (1/2) 1 (fun _ => 1)
    (fun _ => 0) disturbed); try lra.
  - intros u v. unfold distance, Hierarchy.minus, Hierarchy.plus, opp, norm; simpl; unfold abs; simpl.
    replace (u / 2 + - (v / 2)) with (1/2 * (u + - v)) by field.
    rewrite Rabs_mult, (Rabs_pos_eq (1/2)) by lra. lra.
  - reflexivity.
  - intro k. simpl. field.
  - intro k. change (Rabs (disturbed k / 2 + 1 + - (disturbed k / 2)) <= 1 * 1).
    replace (disturbed k / 2 + 1 + - (disturbed k / 2)) with 1 by ring. rewrite Rabs_R1. lra.
Qed.

(** ** Signs from the mean of the copies always exist. *)
Example signed_instance {I J : Type} (letters : list I) (copies : list J) r x delta :
  0 < r -> copies <> [] ->
  let sign := fun i => if Rle_dec 0 (Sums.sum copies (fun k => copy r x delta k i)) then 1 else -1 in
  l2 letters (fun i => sign i * magnitude copies r x delta i - x i)
  <= sqrt 2 * (r * total letters copies delta / sqrt (INR (length copies))).
Proof.
  intros Hr Hc sign. apply signed_error; auto; intro i; unfold sign;
    destruct (Rle_dec 0 _) as [P|P]; try ring; lra.
Qed.
