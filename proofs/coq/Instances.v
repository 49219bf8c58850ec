(** Numbers for the theorems on inversion, branching and composition: no hypothesis is vacuous. *)
From Coq Require Import Reals Lra Lia List Arith.
From Coquelicot Require Import Coquelicot.
From QGD Require Import Sums Words CrossNorm Convolution Products Truncation Graded ClosedForms
  GradedBounds
  Branching Domination History Regimes Composition Perturbed Chebyshev ChebyshevSeries Inversion Examples
  MoreExamples.
Import ListNotations.
Open Scope R_scope.

(** ** A = diag(1, 2) = 2 diag(1/2, 1), b = (1, 1), z = (1, 1/2), kappa = 2 *)
Section Diagonal.
  Definition axis (j i : nat) : R := if (j =? i)%nat then 1 else 0.
  Definition singular (j : nat) : R := match j with O => 1/2 | _ => 1 end.
  Definition ones (_ : nat) : R := 1.
  Definition halves (i : nat) : R := match i with O => 1 | _ => 1/2 end.
  Ltac two H := destruct H as [<-|[<-|[]]].

  Lemma axis_orthonormal : orthonormal (seq 0 2) 2 axis.
  Proof.
    intros j k Hj Hk. unfold inner, axis. cbv [seq Sums.sum].
    destruct j as [|[|j]], k as [|[|k]]; try lia; simpl; ring.
  Qed.
  Lemma diagonal_numbers :
    (forall i, In i (seq 0 2) -> halves i = span 2 axis (fun j => inner (seq 0 2) (axis j) halves) i)
    /\ (forall i, In i (seq 0 2) -> 2 * svd (seq 0 2) 2 axis axis singular halves i = ones i)
    /\ (forall j, (j < 2)%nat -> / 2 <= singular j <= 1).
  Proof.
    repeat split; try (intros i Hi; two Hi; unfold svd, span, inner, axis, halves, singular, ones;
      cbv [seq Sums.sum]; simpl; field).
    all: destruct j as [|[|j]]; try lia; simpl; lra.
  Qed.
  Lemma ones_norm : l2 (seq 0 2) ones = sqrt 2.
  Proof. unfold l2, ones. cbv [seq Sums.sum]. f_equal. ring. Qed.

  (** Degree 2 n + 1: at most sqrt 2 / 2 times (1/2)^(n+1) / (1/2 (3/2)^n). *)
  Example optimal_instance n :
    l2 (seq 0 2) (fun i => / 2 * sv_function (seq 0 2) 2 axis axis singular (inverse_poly (/ 2) n) ones i
                          - halves i) <= sqrt 2 / 2 * inverse_error (/ 2) n.
  Proof.
    destruct diagonal_numbers as (Hz & Hs & Hk). rewrite <- ones_norm.
    apply optimal_solution_error; auto using axis_orthonormal; lra.
  Qed.
  Example series_instance b J : (1 <= b)%nat -> (J <= b)%nat ->
    l2 (seq 0 2) (fun i => / 2 * sv_function (seq 0 2) 2 axis axis singular (series b J) ones i - halves
      i)
    <= sqrt 2 / 2 * (2 * (1 - / 2 ^ 2) ^ b + Sums.sum (seq J (b - J)) (fun j => Rabs (weight b j))
                     + 4 * INR (b - b) * exp (- (INR b ^ 2 / INR b))).
  Proof.
    intros Hb HJ. destruct diagonal_numbers as (Hz & Hs & Hk). rewrite <- ones_norm.
    apply series_solution_error; auto using axis_orthonormal; lra.
  Qed.
End Diagonal.

(** (1 - (1 - x^2)^2)/x = 2 x - x^3 = (5/4) T_1 - (1/4) T_3 *)
Example series_numbers : weight 2 0 = 5/4 /\ weight 2 1 = -(1/4).
Proof. unfold weight. cbv [seq Sums.sum Nat.sub]. simpl. split; field. Qed.
(** The residual 1/2 of z = 1 for 2 z = 3/2. *)
Example residual_instance : distance (K := R_AbsRing) (V := R_NormedModule) 1 (3/4)
  <= 1/2 * distance (K := R_AbsRing) (V := R_NormedModule) (3/2) (2 * 1).
Proof.
  replace (3/4) with ((fun x : R => x / 2) (3/2)) by field.
  apply (residual_error (K := R_AbsRing) (X := R_NormedModule) (fun x => 2 * x) (fun x => x / 2)).
  - intros x y. unfold minus, plus, opp; simpl. field.
  - intro x. change (2 * x / 2 = x). field.
  - intro x. unfold norm; simpl; unfold abs; simpl. unfold Rdiv.
    rewrite Rabs_mult, (Rabs_pos_eq (/ 2)) by lra. lra.
Qed.

(** ** u+ = u/2 + u^2/4 from u_0 = 1: fixed point 2, every second particle has two children. *)
Section Branching.
  Notation g := (coefficient 0 (1/2) (1/4)).
  Notation G := (scalar_map 0 (1/2) (1/4)).
  Notation err := (error [tt] 2 G).
  Lemma g_nonneg l : 0 <= g l. Proof. apply coefficient_nonneg. lra. Qed.
  Lemma no_constant k i w : G k 0%nat i w = 0. Proof. reflexivity. Qed.
  Lemma geometric l : g (S l) <= 1/2 * (1/2) ^ l.
  Proof.
    destruct l as [|[|l]]; simpl; try lra. repeat apply Rmult_le_pos; try lra. apply pow_le. lra.
  Qed.
  Lemma children l : (1 <= l <= 2)%nat -> Sums.sum (seq l (3 - l)) (law g 2) <= (1/2) ^ (l - 1).
  Proof.
    intro H. destruct l as [|[|[|l]]]; try lia; unfold law; cbv [seq Nat.sub Sums.sum]; simpl; lra.
  Qed.

  Example power_series_instance N T : (1 <= N)%nat -> let z := 1/2 * duration (1/2) T * 1 in z < 1 ->
    err N (fun _ => 1) T <= (1/2) ^ T * 1 * (z ^ N / (1 - z)).
  Proof.
    intros HN z Hz. pose proof (scalar_start 1 ltac:(lra)) as E.
    pose proof (series_bound [tt] 2 G N (fun _ => 1) g) as B. cbv zeta in B. rewrite E in B.
    apply B; auto using g_nonneg, no_constant, geometric; try lra.
    intros. apply scalar_norm; [lra|assumption].
  Qed.
  Example closed_instance N T : (1 <= N)%nat ->
    err N (fun _ => 1) T <= 1 * (1 / 2 * (1 - (1 - 1/2) ^ T)) ^ N.
  Proof.
    intro HN. pose proof (scalar_start 1 ltac:(lra)) as E.
    pose proof (closed_bound [tt] 2 G N (fun _ => 1) g) as B. cbv zeta in B. rewrite E in B.
    apply B; auto using g_nonneg, no_constant, children; try lra.
    - intros. apply scalar_norm; [lra|assumption].
    - rewrite scalar_poly. lra.
  Qed.
  Example branching_instance N T : (1 <= N)%nat ->
    err N (fun _ => 1) T <= 2 * (1 / 2) ^ S N * exit 2 g N 2 T 1.
  Proof.
    intro HN. apply branching_bound; auto using g_nonneg; try lra.
    - intros. apply scalar_norm; [lra|assumption].
    - rewrite scalar_poly. lra.
    - rewrite scalar_start; lra.
  Qed.
  (** One particle, N = 1: a second one is born within two steps with probability 3/4. *)
  Example exit_numbers : exit 2 g 1 2 2 1 = 3/4.
  Proof. unfold exit, transition.
  cbv [seq Nat.sub Nat.mul Nat.add Sums.sum coef coefficient Nat.leb Nat.eqb]. simpl. field. Qed.
End Branching.

(** ** Steps that expand but whose powers are bounded: (x, y) -> (x + y, 0) in the maximum norm. *)
Section Bounded.
  Definition pair_plus (v w : R * R) : R * R := (fst v + fst w, snd v + snd w).
  Definition pair_norm (v : R * R) : R := Rmax (Rabs (fst v)) (Rabs (snd v)).
  Definition shear (_ : nat) (v : R * R) : R * R := (fst v + snd v, 0).
  Lemma pair_norm_nonneg v : 0 <= pair_norm v.
  Proof. eapply Rle_trans; [apply Rabs_pos|apply Rmax_l]. Qed.
  Lemma shear_power j n v : prod shear j (S n) v = shear j v.
  Proof.
    induction n as [|n IH]; [reflexivity|].
    change (prod shear j (S (S n)) v) with (shear (j + S n) (prod shear j (S n) v)).
    rewrite IH. unfold shear. simpl. f_equal. ring.
  Qed.
  Lemma pair_triangle v w : pair_norm (pair_plus v w) <= pair_norm v + pair_norm w.
  Proof.
    unfold pair_norm, pair_plus. simpl. apply Rmax_lub; (eapply Rle_trans; [apply Rabs_triang|]);
      apply Rplus_le_compat; auto using Rmax_l, Rmax_r.
  Qed.
  Lemma shear_norm j v : pair_norm (shear j v) <= 2 * pair_norm v.
  Proof.
    unfold pair_norm, shear. simpl. rewrite Rabs_R0.
    pose proof (Rmax_l (Rabs (fst v)) (Rabs (snd v))). pose proof (Rmax_r (Rabs (fst v)) (Rabs (snd v))).
    pose proof (Rabs_pos (fst v)). pose proof (Rabs_triang (fst v) (snd v)). apply Rmax_lub; lra.
  Qed.
  Example bounded_instance T p b :
    history_norm pair_norm T p (solve pair_plus (padded shear T) b)
    <= 2 * INR (T + p + 1) * history_norm pair_norm T p b.
  Proof.
    apply (inverse_norm_bounded pair_plus pair_norm pair_norm_nonneg); [|lra|].
    - intros j [|n] v w; [apply pair_triangle|]. rewrite !shear_power.
      replace (shear j (pair_plus v w)) with (pair_plus (shear j v) (shear j w))
        by (unfold shear, pair_plus; simpl; f_equal; ring). apply pair_triangle.
    - intros j [|n] v _; [simpl; pose proof (pair_norm_nonneg v); lra|]. rewrite shear_power.
      apply shear_norm.
  Qed.
  (** The step itself does expand: (1, 1) -> (2, 0). *)
  Example shear_expands : pair_norm (shear 0 (1, 1)) = 2 /\ pair_norm (1, 1) = 1.
  Proof.
    unfold pair_norm, shear. simpl. rewrite Rabs_R0, Rabs_R1, (Rabs_pos_eq (1 + 1)) by lra.
    split; [rewrite Rmax_left; lra|apply Rmax_left; lra].
  Qed.
End Bounded.

(** ** x injected at row T of the history of x -> x/2 *)
Example injection_instance T x k :
  solve Rplus (padded (fun _ y => y / 2) T) (fun i => if (i =? T)%nat then x else 0) k
  = if (k <? T)%nat then 0 else x.
Proof. apply (injection_idles Rplus); intros; try ring. field. Qed.

(** ** 2 A - 3 A of the encoding (1, 1/8) of A = 5/8 by 1/2: alpha = 5, error 5/8 *)
Example combination_instance : encodes (K := R_AbsRing) (V := R_NormedModule)
  (combination [true; false] (fun i : bool => (if i then 2 else -3) : R_AbsRing) (fun _ x => 1/2 * x))
  (2 * 1 + (3 * 1 + 0)) (2 * (1/8) + (3 * (1/8) + 0))
  (combination [true; false] (fun i : bool => (if i then 2 else -3) : R_AbsRing) (fun _ x => 5/8 * x)).
Proof.
  pose proof (combination_error (K := R_AbsRing) (V := R_NormedModule) [true; false]
    (fun i : bool => if i then 2 else -3) (fun _ x => 5/8 * x) (fun _ x => 1/2 * x) (fun _ => 1) (fun _
      => 1/8)) as C.
  cbv [Sums.sum] in C. unfold abs in C; simpl in C.
  rewrite (Rabs_pos_eq 2) in C by lra. replace (Rabs (-3)) with 3 in C by (rewrite Rabs_left; lra).
  apply C.
  intros i _. split; intro x; unfold distance, minus, plus, opp, norm; simpl; unfold abs; simpl.
  - rewrite Rabs_mult, (Rabs_pos_eq (1/2)) by lra. pose proof (Rabs_pos x). lra.
  - replace (5/8 * x + - (1/2 * x)) with (1/8 * x) by field.
    rewrite Rabs_mult, (Rabs_pos_eq (1/8)) by lra. lra.
Qed.

(** ** An error 1/4 through x -> x/2 *)
Example propagation_instance (x y : R) : distance (K := R_AbsRing) (V := R_NormedModule) x y <= 1/4 ->
  norm (K := R_AbsRing) (V := R_NormedModule) (minus (x / 2 : R_NormedModule) (y / 2 : R_NormedModule))
  <= 1/2 * (1/4).
Proof.
  intro H. apply (propagated (K := R_AbsRing) (V := R_NormedModule) (W := R_NormedModule)
    (fun x => x / 2) (fun _ => True) (1/2) (1/4) x y); try lra; auto.
  intros u v _ _. unfold distance, minus, plus, opp, norm; simpl; unfold abs; simpl.
  replace (u / 2 + - (v / 2)) with (1/2 * (u + - v)) by field.
  rewrite Rabs_mult, (Rabs_pos_eq (1/2)) by lra. lra.
Qed.

(** ** Theorem 3.3: w -> w/2 from 0, disturbed by 1 in every step, stays within 2. *)
Example perturbed_apriori_instance T k : (k <= T)%nat ->
  distance (K := R_AbsRing) (V := R_NormedModule) (disturbed k) 0 <= 1 * Perturbed.geometric (1/2) k * (0
    + 1).
Proof.
  intro Hk. apply (perturbed_descent_apriori (K := R_AbsRing) (V := R_NormedModule) (fun x => x / 2)
    (1/2) 1 (fun _ => 1) (fun _ => 0) disturbed ltac:(lra)) with (T := T) (rho := 2); try lra; auto.
  - intros u v. unfold distance, minus, plus, opp, norm; simpl; unfold abs; simpl.
    replace (u / 2 + - (v / 2)) with (1/2 * (u + - v)) by field.
    rewrite Rabs_mult, (Rabs_pos_eq (1/2)) by lra. lra.
  - intro i. simpl. field.
  - intro i. change (Rabs (disturbed i / 2 + 1 + - (disturbed i / 2)) <= 1 * 1).
    replace (disturbed i / 2 + 1 + - (disturbed i / 2)) with 1 by ring. rewrite Rabs_R1. lra.
  - intro i. unfold distance, minus, plus, opp, norm; simpl; unfold abs; simpl.
    rewrite Rplus_opp_r, Rabs_R0. lra.
  - intros i _. enough (Perturbed.geometric (1/2) i <= 2) by lra.
    induction i as [|i IH]; simpl; lra.
  - intros. lra.
Qed.
