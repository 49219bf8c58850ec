(** The truncation bound of Liu et al., arXiv:2011.03185, for a dissipative quadratic flow.

    e_j' <= - j mu e_j + j c e_(j+1), e_j(0) <= 0, e_(N+1)(t) <= r^(N+1) for t >= 0 give
    e_1(t) <= r R^N (1 - exp(-mu t))^N, R = c r / mu: in the differential form and in the integral form
    that the norms of the errors of the levels satisfy. *)
From Coq Require Import Reals Lra Lia Arith Psatz.
From Coquelicot Require Import Coquelicot.
Open Scope R_scope.

(** Comparison: f' <= -l f, f(0) <= 0  =>  f <= 0 on t >= 0. *)
Lemma gronwall_neg (f df : R -> R) (l : R) :
  (forall t, 0 <= t -> is_derive f t (df t)) -> (forall t, 0 <= t -> df t <= - l * f t) ->
  f 0 <= 0 -> forall t, 0 <= t -> f t <= 0.
Proof.
  intros Hd Hle H0 t Ht.
  destruct (Req_dec t 0) as [->|Hne]; [exact H0|].
  set (h := fun x => exp (l * x) * f x).
  assert (Hh : forall x, 0 <= x -> is_derive h x (l * exp (l * x) * f x + exp (l * x) * df x)).
  { intros x Hx. unfold h. specialize (Hd x Hx).
    apply (is_derive_mult (fun y => exp (l * y)) f x (l * exp (l * x)) (df x)); [|exact Hd|].
    - auto_derive; [trivial|ring].
    - intros; apply Rmult_comm. }
  destruct (MVT_gen h 0 t (fun x => l * exp (l * x) * f x + exp (l * x) * df x)) as [x [Hx E]].
  - intros x Hx. apply Hh. rewrite Rmin_left, Rmax_right in Hx by lra. lra.
  - intros x Hx. rewrite Rmin_left, Rmax_right in Hx by lra.
    apply continuity_pt_filterlim.
    apply (ex_derive_continuous (V := R_NormedModule)). eexists. apply Hh. lra.
  - rewrite Rmin_left, Rmax_right in Hx by lra.
    assert (Hneg : l * exp (l * x) * f x + exp (l * x) * df x <= 0).
    { pose proof (Hle x ltac:(lra)) as H. pose proof (exp_pos (l * x)) as Hp. nra. }
    assert (Hht : h t <= 0).
    { replace (h t) with (h 0 + (h t - h 0)) by ring. rewrite E.
      assert (h 0 = f 0) by (unfold h; rewrite Rmult_0_r, exp_0; ring). nra. }
    unfold h in Hht. pose proof (exp_pos (l * t)). nra.
Qed.

(** Negative-binomial coefficients c j i = C(j-1+i, i). *)
Fixpoint nbc (j : nat) : nat -> R :=
  match j with
  | O => fun i => match i with O => 1 | _ => 0 end
  | S j' => fix col i := match i with O => 1 | S i' => nbc j' (S i') + col i' end
  end.
Lemma nbc_0 j : nbc j 0 = 1. Proof. destruct j; reflexivity. Qed.
Lemma nbc_SS j i : nbc (S j) (S i) = nbc j (S i) + nbc (S j) i. Proof. reflexivity. Qed.
Lemma nbc_id : forall n j i, (j + i <= n)%nat ->
  INR (S i) * nbc j (S i) = INR j * nbc (S j) i.
Proof.
  induction n as [|n IH]; intros j i Hn.
  - replace j with 0%nat by lia. replace i with 0%nat by lia. simpl. ring.
  - destruct j as [|j]; [simpl; ring|].
    destruct i as [|i].
    + rewrite nbc_SS, !nbc_0. pose proof (IH j 0%nat ltac:(lia)) as H. rewrite nbc_0 in H.
      rewrite S_INR in *. simpl (INR 0) in *. rewrite (S_INR j). lra.
    + rewrite (nbc_SS j), (nbc_SS (S j)).
      pose proof (IH j (S i) ltac:(lia)) as H1. pose proof (IH (S j) i ltac:(lia)) as H2.
      rewrite (nbc_SS j) in H2. rewrite (nbc_SS j) .
      rewrite (nbc_SS j) in H1 || idtac.
      rewrite !S_INR in *. nra.
Qed.

Definition T (j d : nat) (x : R) : R :=   (* sum_{i<d} nbc j i x^i *)
  match d with O => 0 | S d' => sum_f_R0 (fun i => nbc j i * x ^ i) d' end.
Lemma T_S j d x : T j (S d) x = T j d x + nbc j d * x ^ d.
Proof. destruct d; simpl; ring. Qed.

Lemma T_derive j : forall d x, is_derive (T j (S d)) x (INR j * T (S j) d x).
Proof.
  induction d as [|d IH]; intro x.
  - apply is_derive_ext with (fun _ => nbc j 0); [intro; simpl; ring|].
    simpl T. rewrite Rmult_0_r. apply (is_derive_const (V := R_NormedModule)).
  - apply is_derive_ext with (fun y => T j (S d) y + nbc j (S d) * y ^ S d);
      [intro; symmetry; apply T_S|].
    rewrite T_S, Rmult_plus_distr_l.
    apply (is_derive_plus (V := R_NormedModule)); [apply IH|].
    replace (INR j * (nbc (S j) d * x ^ d)) with (nbc j (S d) * (INR (S d) * x ^ d))
      by (rewrite <- Rmult_assoc, (Rmult_comm (nbc j (S d))), nbc_id with (n := (j + d)%nat) by lia; ring).
    apply (is_derive_scal (fun y => y ^ S d) x (nbc j (S d))).
    replace (INR (S d) * x ^ d) with (INR (S d) * 1 * x ^ pred (S d)) by (simpl pred; ring).
    apply is_derive_pow. apply (is_derive_id (K := R_AbsRing)).
Qed.

Lemma T_1 d x : (1 - x) * T 1 d x = 1 - x ^ d.
Proof.
  induction d as [|d IH]; [simpl; ring|].
  rewrite T_S, Rmult_plus_distr_l, IH.
  assert (H : nbc 1 d = 1).
  { clear. induction d as [|d IH]; [reflexivity|]. rewrite nbc_SS, IH. simpl. destruct d; simpl; ring. }
  rewrite H. simpl. ring.
Qed.

(** H j d t = P(Yule process of rate mu started at j reaches j + d by time t). *)
Definition H (mu : R) (j d : nat) (t : R) : R :=
  1 - exp (- mu * t) ^ j * T j d (1 - exp (- mu * t)).
Lemma H_0 mu j t : H mu j 0 t = 1. Proof. unfold H. simpl. ring. Qed.
Lemma H_init mu j d : H mu j (S d) 0 = 0.
Proof.
  unfold H. rewrite Rmult_0_r, exp_0, pow1. replace (1 - 1) with 0 by ring.
  assert (E : T j (S d) 0 = 1).
  { induction d as [|d IH]; [simpl; rewrite nbc_0; ring|]. rewrite T_S, IH. simpl. ring. }
  rewrite E. ring.
Qed.
Lemma H_1 mu d t : H mu 1 d t = (1 - exp (- mu * t)) ^ d.
Proof.
  unfold H. set (x := 1 - exp (- mu * t)).
  replace (exp (- mu * t) ^ 1) with (1 - x) by (unfold x; ring). rewrite T_1. ring.
Qed.
Lemma H_derive mu j d t :
  is_derive (H mu j (S d)) t (INR j * mu * (H mu (S j) d t - H mu j (S d) t)).
Proof.
  unfold H.
  assert (E1 : is_derive (fun t => 1 - exp (- mu * t)) t (mu * exp (- mu * t)))
    by (auto_derive; [trivial|ring]).
  pose proof (is_derive_comp (T j (S d)) (fun t => 1 - exp (- mu * t)) t _ _
                (T_derive j d (1 - exp (- mu * t))) E1) as E2.
  assert (E3 : is_derive (fun t => exp (- mu * t) ^ j) t (- (INR j * mu * exp (- mu * t) ^ j))).
  { auto_derive; [trivial|]. destruct j as [|j]; [simpl; ring|]. simpl pred. rewrite S_INR.
    simpl pow. ring. }
  pose proof (is_derive_mult _ _ t _ _ E3 E2 (fun a b => Rmult_comm a b)) as E4.
  pose proof (is_derive_minus (V := R_NormedModule) (fun _ => 1) _ t _ _
                (is_derive_const (V := R_NormedModule) 1 t) E4) as E5.
  unfold minus, opp, plus, mult, zero, scal in E5; simpl in E5. unfold mult in E5; simpl in E5.
  match type of E5 with is_derive _ _ ?l => replace (INR j * mu * (_ - _)) with l end.
  - exact E5.
  - set (y := exp (- mu * t)).
    change (T j (S d) (1 - y)) with (sum_f_R0 (fun i : nat => nbc j i * (1 - y) ^ i) d).
    simpl pow. ring.
Qed.

Section ContinuousLiu.
  Variables (N : nat) (mu c r : R).
  Variable e de : nat -> R -> R.
  Hypothesis mu_pos : 0 < mu.
  Hypothesis c_pos : 0 < c.
  Hypothesis r_nonneg : 0 <= r.
  Hypothesis diff : forall j t, (1 <= j <= N)%nat -> 0 <= t -> is_derive (e j) t (de j t).
  Hypothesis ineq : forall j t, (1 <= j <= N)%nat -> 0 <= t ->
    de j t <= - (INR j * mu) * e j t + INR j * c * e (S j) t.
  Hypothesis init : forall j, (1 <= j <= N)%nat -> e j 0 <= 0.
  Hypothesis top : forall t, 0 <= t -> e (S N) t <= r ^ S N.

  Lemma levels : forall d j, (1 <= j)%nat -> (j + d = S N)%nat -> forall t, 0 <= t ->
    e j t <= (mu / c) ^ j * (c * r / mu) ^ S N * H mu j d t.
  Proof.
    induction d as [|d IH]; intros j Hj Hd t Ht.
    - replace j with (S N) by lia. rewrite H_0, Rmult_1_r, <- Rpow_mult_distr.
      replace (mu / c * (c * r / mu)) with r by (field; lra). apply top; exact Ht.
    - set (K := (mu / c) ^ j * (c * r / mu) ^ S N).
      assert (HjN : (1 <= j <= N)%nat) by lia.
      assert (X : forall x, 0 <= x -> e j x - K * H mu j (S d) x <= 0); [|specialize (X t Ht); lra].
      apply gronwall_neg with (l := INR j * mu)
        (df := fun x => de j x - K * (INR j * mu * (H mu (S j) d x - H mu j (S d) x))).
      + intros x Hx. apply (is_derive_minus (V := R_NormedModule)); [apply diff; auto|].
        apply (is_derive_scal (H mu j (S d)) x K). apply H_derive.
      + intros x Hx. pose proof (ineq j x HjN Hx) as Hi.
        pose proof (IH (S j) ltac:(lia) ltac:(lia) x Hx) as Hn.
        assert (Hjc : 0 <= INR j * c) by (apply Rmult_le_pos; [apply pos_INR|lra]).
        pose proof (Rmult_le_compat_l _ _ _ Hjc Hn) as Hm.
        replace (INR j * c * ((mu / c) ^ S j * (c * r / mu) ^ S N * H mu (S j) d x))
          with (K * (INR j * mu * H mu (S j) d x)) in Hm
          by (unfold K; simpl pow; field; lra).
        lra.
      + rewrite H_init, Rmult_0_r, Rminus_0_r. apply init; auto.
  Qed.

  Theorem continuous_liu : (1 <= N)%nat -> forall t, 0 <= t ->
    e 1%nat t <= r * (c * r / mu) ^ N * (1 - exp (- mu * t)) ^ N.
  Proof.
    intros HN t Ht. eapply Rle_trans; [apply (levels N 1); auto; lia|].
    rewrite H_1. right. simpl pow. field. lra.
  Qed.
End ContinuousLiu.

(** The same bound from the Duhamel (integral) inequality -- the form that norms of vector-valued
    errors satisfy: |eta_j(t)| <= int_0^t exp(-j mu (t-x)) j c |eta_{j+1}(x)| dx.              *)
Section Duhamel.
  Variables (N : nat) (mu c r : R).
  Variable e : nat -> R -> R.
  Hypothesis mu_pos : 0 < mu.
  Hypothesis c_pos : 0 < c.
  Hypothesis r_nonneg : 0 <= r.
  Hypothesis cont : forall j x, continuous (e j) x.
  Hypothesis top : forall t, 0 <= t -> e (S N) t <= r ^ S N.
  Hypothesis duhamel : forall j t, (1 <= j <= N)%nat -> 0 <= t ->
    e j t <= RInt (fun x => exp (INR j * mu * (x - t)) * (INR j * c) * e (S j) x) 0 t.

  Lemma H_cont j d x : continuous (H mu j d) x.
  Proof.
    destruct d as [|d].
    - apply continuous_ext with (fun _ => 1); [intro; symmetry; apply H_0|apply continuous_const].
    - apply (ex_derive_continuous (V := R_NormedModule)). eexists. apply H_derive.
  Qed.
  Lemma exp_cont a t x : continuous (fun x => exp (a * (x - t))) x.
  Proof. apply (ex_derive_continuous (V := R_NormedModule)). auto_derive. trivial. Qed.

  Lemma H_duhamel j d t : is_RInt (fun x => exp (INR j * mu * (x - t)) * (INR j * mu) * H mu (S j) d x)
    0 t (H mu j (S d) t).
  Proof.
    replace (H mu j (S d) t) with
      (minus (exp (INR j * mu * (t - t)) * H mu j (S d) t) (exp (INR j * mu * (0 - t)) * H mu j (S d) 0)).
    2:{ unfold minus, plus, opp; simpl. rewrite H_init. replace (t - t) with 0 by ring.
        rewrite Rmult_0_r, exp_0. ring. }
    apply (is_RInt_derive (V := R_CompleteNormedModule)
             (fun x => exp (INR j * mu * (x - t)) * H mu j (S d) x)).
    - intros x _.
      assert (E1 : is_derive (fun x => exp (INR j * mu * (x - t))) x
                     (INR j * mu * exp (INR j * mu * (x - t))))
        by (auto_derive; [trivial|unfold Rminus; ring]).
      pose proof (is_derive_mult _ _ x _ _ E1 (H_derive mu j d x) (fun a b => Rmult_comm a b)) as E.
      unfold plus, mult in E; simpl in E.
      match type of E with is_derive _ _ ?l =>
        replace (exp (INR j * mu * (x - t)) * (INR j * mu) * H mu (S j) d x) with l by ring end.
      exact E.
    - intros x _. apply (continuous_mult (K := R_AbsRing)); [|apply H_cont].
      apply (continuous_mult (K := R_AbsRing)); [apply exp_cont|apply continuous_const].
  Qed.

  Lemma levels_duhamel : forall d j, (1 <= j)%nat -> (j + d = S N)%nat -> forall t, 0 <= t ->
    e j t <= (mu / c) ^ j * (c * r / mu) ^ S N * H mu j d t.
  Proof.
    induction d as [|d IH]; intros j Hj Hd t Ht.
    - replace j with (S N) by lia. rewrite H_0, Rmult_1_r, <- Rpow_mult_distr.
      replace (mu / c * (c * r / mu)) with r by (field; lra). apply top; exact Ht.
    - set (Kj := (mu / c) ^ j * (c * r / mu) ^ S N).
      eapply Rle_trans; [apply duhamel; [lia|exact Ht]|].
      assert (I2 : is_RInt (fun x => Kj * (exp (INR j * mu * (x - t)) * (INR j * mu) * H mu (S j) d x))
                     0 t (Kj * H mu j (S d) t)).
      { apply (is_RInt_scal (V := R_NormedModule)). apply H_duhamel. }
      rewrite <- (is_RInt_unique _ _ _ _ I2).
      apply RInt_le; [exact Ht| |eexists; exact I2|].
      + apply (ex_RInt_continuous (V := R_CompleteNormedModule)). intros x _.
        apply (continuous_mult (K := R_AbsRing)); [|apply cont].
        apply (continuous_mult (K := R_AbsRing)); [apply exp_cont|apply continuous_const].
      + intros x Hx. pose proof (IH (S j) ltac:(lia) ltac:(lia) x ltac:(lra)) as Hn.
        assert (Hc : 0 <= exp (INR j * mu * (x - t)) * (INR j * c)).
        { apply Rmult_le_pos; [left; apply exp_pos|apply Rmult_le_pos; [apply pos_INR|lra]]. }
        eapply Rle_trans; [apply Rmult_le_compat_l; [exact Hc|exact Hn]|].
        right. unfold Kj. simpl pow. field. lra.
  Qed.

  Theorem continuous_liu_duhamel : (1 <= N)%nat -> forall t, 0 <= t ->
    e 1%nat t <= r * (c * r / mu) ^ N * (1 - exp (- mu * t)) ^ N.
  Proof.
    intros HN t Ht. eapply Rle_trans; [apply (levels_duhamel N 1); auto; lia|].
    rewrite H_1. right. simpl pow. field. lra.
  Qed.
End Duhamel.
