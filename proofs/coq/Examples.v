(** Concrete numbers for the theorems over abstract hypotheses. *)
From Coq Require Import Reals Lra Lia List Arith.
From Coquelicot Require Import Coquelicot.
From QGD Require Import Sums Words CrossNorm Convolution Lift Products Truncation ClosedForms Spectrum
  BlockNorms History Regimes Composition PureBirth EulerCarleman ContinuousFlow.
Import ListNotations.
Open Scope R_scope.

(** ** Scalar maps u+ = c_0 + c_1 u + c_2 u^2 with non-negative coefficients *)
Section Scalar.
  Variables c0 c1 c2 : R.
  Hypothesis nonneg : 0 <= c0 /\ 0 <= c1 /\ 0 <= c2.
  Definition coefficient (l : nat) : R :=
    match l with 0%nat => c0 | 1%nat => c1 | 2%nat => c2 | _ => 0 end.
  Definition scalar_map (_ l : nat) (_ : unit) (_ : list unit) : R := coefficient l.

  Lemma coefficient_nonneg l : 0 <= coefficient l.
  Proof. destruct nonneg as (H0 & H1 & H2). destruct l as [|[|[|l]]]; simpl; lra. Qed.
  Lemma units l : words [tt] l = [repeat tt l].
  Proof. induction l as [|l IH]; [reflexivity|]. simpl. rewrite IH. reflexivity. Qed.
  Lemma scalar_norm k vs : (length vs <= 2)%nat ->
    l2 [tt] (apply (words [tt] (length vs)) (scalar_map k (length vs)) (prodt vs))
    <= coefficient (length vs) * weight [tt] vs.
  Proof.
    intros _. apply flattened_multi. intro x. unfold tn.
    rewrite <- (Rabs_pos_eq (coefficient _)) by apply coefficient_nonneg.
    rewrite <- l2_scal. right. rewrite units. unfold l2, apply, scalar_map. cbv [sum]. f_equal. ring.
  Qed.
  Lemma scalar_poly x : poly 2 coefficient x = c0 + c1 * x + c2 * x ^ 2.
  Proof. unfold poly. cbv [seq]. rewrite !sum_cons. cbv [sum coefficient]. ring. Qed.
  Lemma scalar_start u : 0 <= u -> l2 [tt] (fun _ => u) = u.
  Proof. intro H. unfold l2. cbv [sum]. rewrite Rplus_0_r. apply sqrt_pow2, H. Qed.
End Scalar.

(** u+ = 1/16 + u/2 + u^2/4 from u_0 = 1/2: error at most (3/2) 3^-(N+1) for all k. *)
Example forced_instance N k : (1 <= N)%nat ->
  error [tt] 2 (scalar_map (1/16) (1/2) (1/4)) N (fun _ => 1/2) k <= 3/2 * (1/2 / (3/2)) ^ S N.
Proof.
  intro HN. apply (forced_bound [tt] 2 _ N _ (coefficient (1/16) (1/2) (1/4))); try lra; auto.
  - intro. apply coefficient_nonneg. lra.
  - intros. apply scalar_norm; [lra|assumption].
  - rewrite scalar_poly. lra.
  - rewrite scalar_poly. lra.
  - rewrite scalar_start; lra.
Qed.

(** u+ = u/2 + u^2/4 from u_0 = 1 (R = 1/2): at most 2^-N, and with s = 3/2 decaying as (7/8)^k. *)
Section Homogeneous.
  Definition A1 (_ : unit) (_ : list unit) : R := 1/2.
  Definition A2 (_ : unit) (_ : list unit) : R := 1/4.
  Lemma A1_norm x : l2 [tt] (apply (words [tt] 1) A1 (prodt [x])) <= 1/2 * l2 [tt] x.
  Proof.
    pose proof (scalar_norm 0 (1/2) (1/4) ltac:(lra) 0 [x] ltac:(simpl; lia)) as H.
    simpl weight in H. rewrite Rmult_1_r in H. exact H.
  Qed.
  Lemma A2_norm x y :
    l2 [tt] (apply (words [tt] 2) A2 (prodt [x; y])) <= 1/4 * (l2 [tt] x * l2 [tt] y).
  Proof.
    pose proof (scalar_norm 0 (1/2) (1/4) ltac:(lra) 0 [x; y] ltac:(simpl; lia)) as H.
    simpl weight in H. rewrite Rmult_1_r in H. exact H.
  Qed.
  Example R_instance N k : (1 <= N)%nat -> quadratic_error [tt] A1 A2 (fun _ => 1) N k <= (1/2) ^ N.
  Proof.
    intro HN. eapply Rle_trans.
    - apply (quadratic_R_bound [tt] A1 A2 (1/2) (1/4) 1); auto using A1_norm, A2_norm; try lra.
      rewrite scalar_start; lra.
    - right. rewrite Rmult_1_l. f_equal. field.
  Qed.
  Example decaying_instance N k : (1 <= N)%nat ->
    quadratic_error [tt] A1 A2 (fun _ => 1) N k <= (7/8) ^ k * (3/2) * (2/3) ^ S N.
  Proof.
    intro HN. replace (7/8) with (1/2 + 1/4 * (3/2)) by lra. replace (2/3) with (1 / (3/2)) by lra.
    apply (quadratic_decaying [tt] A1 A2 (1/2) (1/4) 1); auto using A1_norm, A2_norm; try lra.
    rewrite scalar_start; lra.
  Qed.
End Homogeneous.

(** ** H = diag(1, 3), eta = 1/2: the norm of 1 - eta H is 1/2, attained on both axes. *)
Definition H (i j : bool) : R := if Bool.eqb i j then (if i then 1 else 3) else 0.
Example spectrum_instance v :
  l2 [true; false] (gd_step [true; false] H (1/2) v) <= 1/2 * l2 [true; false] v.
Proof.
  replace (1/2) with (gd_norm 1 3 (1/2)) at 2
    by (rewrite gd_norm_small_step; lra).
  apply gd_spectrum; try lra.
  - intros [] []; reflexivity.
  - intro z. rewrite l2_sqr. unfold inner, apply, H. cbv [sum]. simpl Bool.eqb.
    pose proof (pow2_ge_0 (z false)). simpl in *. lra.
  - intro z. rewrite l2_sqr. unfold inner, apply, H. cbv [sum]. simpl Bool.eqb.
    pose proof (pow2_ge_0 (z true)). simpl in *. lra.
Qed.
Example spectrum_attained :
  l2 [true; false] (gd_step [true; false] H (1/2) (fun i => if i then 1 else 0))
  = 1/2 * l2 [true; false] (fun i => if i then 1 else 0).
Proof.
  rewrite (gd_eigenvector [true; false] H (1/2) 1).
  - rewrite Rabs_pos_eq by lra. f_equal. lra.
  - intros [] _; unfold apply, H; cbv [sum]; simpl; ring.
Qed.

(** ** History system of the scalar step x -> x/2 with p idle rows *)
Example history_instance T p (b : nat -> R) :
  history_norm Rabs T p (solve Rplus (padded (fun _ x => x / 2) T) b)
  <= (/ (1 - 1/2) + INR p) * history_norm Rabs T p b.
Proof.
  assert (E : forall j n x, prod (fun _ x => x / 2) j n x = x / 2 ^ n).
  { intros j n x. induction n as [|n IH]; simpl; [field|]. rewrite IH. field. apply pow_nonzero. lra. }
  apply (inverse_norm_saturated Rplus Rabs Rabs_pos); [|lra|].
  - intros j n x z. rewrite !E. unfold Rdiv. rewrite Rmult_plus_distr_r. apply Rabs_triang.
  - intros _ x. unfold Rdiv. rewrite Rabs_mult, (Rabs_pos_eq (/ 2)) by lra. lra.
Qed.

(** ** Encodings: x/2 read as an encoding (1, 1/8) of 5x/8, multiplied with itself *)
Example product_instance : encodes (K := R_AbsRing) (V := R_NormedModule)
  (fun x => 1/2 * (1/2 * x)) (1 * 1) (1 * (1/8) + 1 * (1/8) + 1/8 * (1/8)) (fun x => 5/8 * (5/8 * x)).
Proof.
  assert (B : encodes (K := R_AbsRing) (V := R_NormedModule)
    (fun x => 1/2 * x) 1 (1/8) (fun x => 5/8 * x)).
  { split; intro x; unfold distance, minus, plus, opp, norm; simpl; unfold abs; simpl.
    - rewrite Rabs_mult, (Rabs_pos_eq (1/2)) by lra. pose proof (Rabs_pos x). lra.
    - replace (5/8 * x + - (1/2 * x)) with (1/8 * x) by field.
      rewrite Rabs_mult, (Rabs_pos_eq (1/8)) by lra. lra. }
  apply (product_error (V := R_NormedModule) (fun x => 5/8 * x) (fun x => 5/8 * x)
    (fun x => 1/2 * x) (fun x => 1/2 * x)); try lra; auto.
  intros x z. unfold minus, plus, opp; simpl. ring.
Qed.

(** ** The recursions of the Euler-Carleman scheme and of the flow, with equality *)
Section Recursions.
  Variables (N : nat) (mu c r : R).
  Hypothesis positive : 0 < mu /\ 0 < c /\ 0 <= r.
  Hypothesis N_pos : (1 <= N)%nat.

  Definition chain (eta : R) (j k : nat) : R :=
    (mu / c) ^ j * (c * r / mu) ^ S N * F (eta * mu) k j (S N - j).
  Example euler_instance eta k : 0 < eta -> INR N * (eta * mu) <= 1 ->
    chain eta 1 k <= r * (c * r / mu) ^ N * (1 - (1 - eta * mu) ^ k) ^ N.
  Proof.
    destruct positive as (Hm & Hc & Hr). intros He Hs.
    apply (discrete_liu N eta mu c r (chain eta)); auto.
    - intros j Hj. unfold chain. replace (S N - j)%nat with (S (N - j)) by lia. rewrite F_init. lra.
    - intro t. unfold chain. rewrite Nat.sub_diag, F_0, Rmult_1_r, <- Rpow_mult_distr.
      right. f_equal. field. lra.
    - intros j t Hj. unfold chain. replace (S N - j)%nat with (S (N - j)) by lia.
      replace (S N - S j)%nat with (N - j)%nat by lia. rewrite F_step. right. simpl. field. lra.
  Qed.

  Definition yule (j : nat) (t : R) : R :=
    (mu / c) ^ j * (c * r / mu) ^ S N * ContinuousFlow.H mu j (S N - j) t.
  Example flow_instance t : 0 <= t ->
    yule 1 t <= r * (c * r / mu) ^ N * (1 - exp (- mu * t)) ^ N.
  Proof.
    destruct positive as (Hm & Hc & Hr). intro Ht.
    apply (continuous_liu N mu c r yule (fun j t => (mu / c) ^ j * (c * r / mu) ^ S N
      * (INR j * mu * (ContinuousFlow.H mu (S j) (S N - S j) t
        - ContinuousFlow.H mu j (S N - j) t)))); auto.
    - intros j s Hj _. unfold yule. replace (S N - j)%nat with (S (N - j)) by lia.
      replace (S N - S j)%nat with (N - j)%nat by lia.
      apply (is_derive_scal (ContinuousFlow.H mu j (S (N - j))) s). apply H_derive.
    - intros j s Hj _. unfold yule. right. simpl. field. lra.
    - intros j Hj. unfold yule. replace (S N - j)%nat with (S (N - j)) by lia. rewrite H_init. lra.
    - intros s _. unfold yule. rewrite Nat.sub_diag, H_0, Rmult_1_r, <- Rpow_mult_distr.
      right. f_equal. field. lra.
  Qed.
End Recursions.
