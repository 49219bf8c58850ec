(** Numbers for the theorems on coordinates, the first-order lift, certificates and success. *)
From Coq Require Import Reals Lra Lia List Arith.
From Coquelicot Require Import Coquelicot.
From QGD Require Import Sums Words CrossNorm Convolution Lift Products Truncation ClosedForms Certificates
  Lyapunov Derivation FirstOrder LiftClosed Frobenius Comparison Flow Examples.
Import ListNotations.
Open Scope R_scope.

(** ** In units of 1/2, v = 2 u: u+ = u/2 + u^2/4 becomes v+ = v/2 + v^2/8. *)
Example lyapunov_instance N T : (1 <= N)%nat ->
  error [tt] 2 (scalar_map 0 (1/2) (1/4)) N (fun _ => 1) T
  <= 1/2 * error [tt] 2 (scalar_map 0 (1/2) (1/8)) N (fun _ => 2 * 1 + 0) T.
Proof.
  intro HN. apply (lyapunov_bound [tt] (fun _ _ => 2) 2 _ (scalar_map 0 (1/2) (1/8))); [|lra| |].
  - intros k l x [] Hl. destruct l as [|[|[|l]]]; try lia; unfold CrossNorm.apply, scalar_map;
      cbv [words flat_map map app Sums.sum]; simpl; cbv [Sums.sum]; field.
  - intro z. unfold CrossNorm.apply. cbv [Sums.sum].
    rewrite (l2_ext [tt] (fun _ => 2 * z tt + 0) (fun i => 2 * z i)).
    + rewrite l2_scal, Rabs_pos_eq by lra. lra.
    + intros [] _. ring.
  - apply Rle_refl.
Qed.

(** ** u+ = u - u/2 + u^2/8 from 1, first-order lift of order 2: theta = 5/8 *)
Section Lift.
  Definition increments (l : nat) (_ : unit) (_ : list unit) : R :=
    match l with 1%nat => -(1/2) | 2%nat => 1/8 | _ => 0 end.
  Definition sizes (l : nat) : R := match l with 1%nat => 1/2 | 2%nat => 1/8 | _ => 0 end.
  Definition diagonals (j : nat) : R := match j with 1%nat => 1/2 | _ => 0 end.
  Notation trajectory := (FirstOrder.x [tt] 2 increments (fun _ => 1)).
  Lemma sizes_norm l z : l2 [tt] (CrossNorm.apply (words [tt] l) (increments l) z) <= sizes l * tn [tt] l
    z.
  Proof.
    assert (P : 0 <= sizes l) by (destruct l as [|[|[|l]]]; simpl; lra).
    rewrite <- (Rabs_pos_eq (sizes l)) by exact P. unfold tn. rewrite <- l2_scal. right. rewrite units.
    unfold l2, CrossNorm.apply. cbv [Sums.sum]. f_equal. destruct l as [|[|[|l]]]; simpl; ring.
  Qed.
  Lemma trajectory_range k : 0 <= trajectory k tt <= 1.
  Proof.
    induction k as [|k IH]; [simpl; lra|]. cbn [FirstOrder.x]. unfold delta, CrossNorm.apply.
    cbv [seq words flat_map map app Sums.sum]. cbn [power]. generalize dependent (trajectory k tt).
    intros u IH. cbn [increments]. nra.
  Qed.
  Example lift_instance T :
    l2 [tt] (fun i => trajectory T i - FirstOrder.y [tt] 2 increments 2 (fun _ => 1) T 1 [i])
    <= 1 * Rmin 1 (INR T * INR 2 * excess 2 sizes 1) * (1 / 1) ^ 3
       + INR 2 * (INR 2 - 1) / 2 * (step_size 2 sizes 1 ^ 2 / 1) * Sums.sum (seq 0 T) (fun k => (5/8) ^
           k).
  Proof.
    apply (lift_closed [tt] 2 increments 2 (fun _ => 1) sizes diagonals); try lia; try lra.
    - intros [|[|[|l]]]; simpl; lra.
    - intros [|[|j]]; simpl; lra.
    - intros. apply sizes_norm.
    - intros j z Hj. rewrite <- (Rabs_pos_eq (diagonals j)) by (destruct j as [|[|j]]; simpl; lra).
      rewrite <- l2_scal. right. apply l2_ext. intros [] _. unfold CrossNorm.apply. cbv [Sums.sum].
      destruct j as [|[|[|j]]]; try lia; simpl; field.
    - intros j Hj. destruct j as [|[|[|j]]]; try lia; unfold row; cbv [seq Sums.sum]; simpl; lra.
    - intros k _. pose proof (trajectory_range k). unfold l2. cbv [Sums.sum].
      rewrite Rplus_0_r, sqrt_pow2; lra.
  Qed.
End Lift.

(** ** Any history vector of any map, with Frobenius norms and the iterates of the majorant *)
Example certificate_instance {I : Type} (letters : list I) q A N (u0 a : I -> R) T z p : (1 <= N)%nat ->
  l2 letters (fun i => a i - traj letters q (fun _ => A) u0 T i)
  <= l2 letters (fun i => a i - mean T z p i) + / INR (S p) * Sums.sum (seq T (S p)) (fun k =>
       certificate q (norms letters A) N T (residual letters q (fun _ => A) N u0 T z)
         (iterates q (norms letters A) (l2 letters u0)) k 1).
Proof.
  intro HN. apply certified_answer; auto using norms_nonneg; [intros; apply norms_bound|].
  intros k _. apply (majorant_iterates letters q (fun _ => A) u0 (norms letters A) (norms_nonneg letters
    A)).
  - intros i vs _. apply flattened_multi. intro. apply norms_bound.
  - apply Rle_refl.
  - intro i. apply Rle_refl.
Qed.

(** ** One step of u+ = u/2 + u^2/4 from 1 at order 1: |x_1| = 3/4, E = 1/4 *)
Example success_instance p :
  INR (S p) * (3/4 - 1/4) ^ 2 / (1 + INR (S p) * (3/4 + 1/4) ^ 2)
  <= share [tt] 2 (scalar_map 0 (1/2) (1/4)) 1 (fun _ => 1) 1 p 1.
Proof.
  pose proof (success_probability [tt] 2 (scalar_map 0 (1/2) (1/4)) 1 (fun _ => 1) (coefficient 0 (1/2)
    (1/4))
    ltac:(intro; apply coefficient_nonneg; lra) ltac:(intros; apply scalar_norm; [lra|assumption])
    ltac:(lia) (fun _ => 1) 1 p 1) as S.
  assert (X0 : l2 [tt] (traj [tt] 2 (scalar_map 0 (1/2) (1/4)) (fun _ => 1) 0) = 1)
    by (apply scalar_start; lra).
  assert (X1 : l2 [tt] (traj [tt] 2 (scalar_map 0 (1/2) (1/4)) (fun _ => 1) 1) = 3/4).
  { rewrite <- (scalar_start (3/4)) by lra. apply l2_ext. intros [] _. cbn [traj].
    unfold Lift.phi, CrossNorm.apply.
    cbv [seq words flat_map map app Sums.sum scalar_map coefficient]. simpl. field. }
  assert (E1 : E 2 (coefficient 0 (1/2) (1/4)) 1 (fun _ => 1) 1 1 = 1/4).
  { cbn [E]. unfold remainder. cbv [seq Nat.sub Nat.mul Nat.add Sums.sum coef coefficient Nat.leb
      Nat.eqb]. simpl. field. }
  unfold time_bound in S. cbv [seq Sums.sum] in S. rewrite X0, X1, E1 in S. cbn [E] in S.
  eapply Rle_trans; [right|apply S; try lra].
  - simpl pow. pose proof (pos_INR (Datatypes.S p)). field. lra.
  - intros k Hk. replace k with 0%nat by lia. lra.
Qed.

(** ** x' = x^2 from 1/2 on [0, 1]: x = 1/(2 - t), order 1 stays at 1/2, and E is the error itself. *)
Section Flow.
  Definition square_field (l : nat) (_ : unit) (_ : list unit) : R := if (l =? 2)%nat then 1 else 0.
  Definition square_size (l : nat) : R := if (l =? 2)%nat then 1 else 0.
  Definition flow (t : R) (_ : unit) : R := / (2 - t).
  Definition frozen (t : R) (j : nat) (_ : list unit) : R := if (j =? 0)%nat then 1 else 1/2.
  Definition flow_error (j : nat) (t : R) : R := if (j =? 1)%nat then / (2 - t) - 1/2 else 0.
  Example flow_truncation_instance t : 0 <= t <= 1 ->
    tn [tt] 1 (fun w => power (flow t) w - frozen t 1 w) <= / (2 - t) - 1/2.
  Proof.
    intro Ht. apply (flow_truncation [tt] 2 1 square_field square_size 0 1) with (E := flow_error)
      (dE := fun _ t => / (2 - t) ^ 2) (W := fun t => / (2 - t)); auto.
    - intro l. unfold square_size. destruct (l =? 2)%nat; lra.
    - intros l z _ _. unfold square_size. rewrite <- (Rabs_pos_eq (if (l =? 2)%nat then 1 else 0))
        by (destruct (l =? 2)%nat; lra).
      unfold tn. rewrite <- l2_scal. right. rewrite units. unfold l2, CrossNorm.apply, square_field.
      cbv [Sums.sum]. f_equal. ring.
    - intro z. unfold CrossNorm.apply, square_field. cbv [Sums.sum]. simpl. lra.
    - intros s i Hs. unfold flow, delta, CrossNorm.apply.
      cbv [seq words flat_map map app Sums.sum square_field Nat.eqb]. cbn [power].
      auto_derive; [lra|]. field. lra.
    - intros s j w Hs Hj Hw. replace j with 1%nat in * by lia.
      match goal with |- is_derive _ _ ?l => replace l with 0 end.
      + apply (is_derive_const (V := R_NormedModule) (1/2) s).
      + destruct w as [|i [|i' w]]; try discriminate. unfold deriv, CrossNorm.apply.
        cbv [seq words flat_map map app Sums.sum square_field Nat.eqb Nat.leb Nat.add Nat.sub]. ring.
    - intros s Hs. right. apply scalar_start. left. apply Rinv_0_lt_compat. lra.
    - intros j s Hj Hs. replace j with 1%nat by lia. unfold flow_error. simpl. auto_derive; [lra|].
      field. lra.
    - intro s. unfold flow_error. simpl. lra.
    - intros j s Hj Hs. replace j with 1%nat by lia. unfold couple, flow_error, square_size.
      cbv [seq Sums.sum Nat.eqb Nat.leb Nat.add Nat.sub]. right. simpl. field. lra.
    - intros j Hj. replace j with 1%nat by lia. rewrite tn_1. unfold Flow.err, frozen, flow, flow_error.
      simpl. rewrite (l2_ext [tt] _ (fun _ => 0)) by (intros; field).
      rewrite l2_0 by reflexivity. lra.
  Qed.
End Flow.
