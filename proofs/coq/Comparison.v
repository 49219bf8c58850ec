(** Comparison for the linear differential inequalities between the levels of an embedded flow.

    z_j' <= j mu z_j + j sum_(l<>1, j+l-1<=N) f_l z_(j+l-1), 1 <= j <= N, z_0 <= 0 and z(0) <= 0 imply
    z <= 0: the sum of the squares of the positive parts satisfies s' <= L s. *)
From Coq Require Import Reals Lra Lia List Arith.
From Coquelicot Require Import Coquelicot.
From QGD Require Import Sums FirstOrder.
Import ListNotations.
Open Scope R_scope.

Lemma gronwall_upto (s ds : R -> R) (l T : R) :
  (forall t, 0 <= t <= T -> is_derive s t (ds t)) -> (forall t, 0 <= t <= T -> ds t <= l * s t) ->
  s 0 <= 0 -> forall t, 0 <= t <= T -> s t <= 0.
Proof.
  intros Hd Hle H0 t Ht.
  destruct (Req_dec t 0) as [->|Hne]; [exact H0|].
  set (h := fun x => exp (- l * x) * s x).
  set (dh := fun x => - l * exp (- l * x) * s x + exp (- l * x) * ds x).
  assert (Hh : forall x, 0 <= x <= T -> is_derive h x (dh x)).
  { intros x Hx. unfold h, dh. specialize (Hd x Hx).
    apply (is_derive_mult (fun y => exp (- l * y)) s x (- l * exp (- l * x)) (ds x)); [|exact Hd|].
    - auto_derive; [trivial|ring].
    - intros; apply Rmult_comm. }
  destruct (MVT_gen h 0 t dh) as [x [Hx E]].
  - intros x Hx. apply Hh. rewrite Rmin_left, Rmax_right in Hx by lra. lra.
  - intros x Hx. rewrite Rmin_left, Rmax_right in Hx by lra. apply continuity_pt_filterlim.
    apply (ex_derive_continuous (V := R_NormedModule)). eexists. apply Hh. lra.
  - rewrite Rmin_left, Rmax_right in Hx by lra.
    assert (Hneg : dh x <= 0).
    { unfold dh. pose proof (Hle x ltac:(lra)). pose proof (exp_pos (- l * x)). nra. }
    assert (Hht : h t <= 0).
    { replace (h t) with (h 0 + (h t - h 0)) by ring. rewrite E.
      assert (h 0 = s 0) by (unfold h; rewrite Rmult_0_r, exp_0; ring). nra. }
    unfold h in Hht. pose proof (exp_pos (- l * t)). nra.
Qed.

Lemma is_derive_total {A : Type} (l : list A) (h : A -> R -> R) (dh : A -> R) t :
  (forall a, In a l -> is_derive (h a) t (dh a)) ->
  is_derive (fun s => Sums.sum l (fun a => h a s)) t (Sums.sum l dh).
Proof.
  induction l as [|a l IH]; intro H.
  - apply (is_derive_const (V := R_NormedModule) 0 t).
  - apply (is_derive_plus (V := R_NormedModule) (h a) (fun s => Sums.sum l (fun a => h a s)));
      [apply H, in_eq|apply IH]. intros. apply H. right. assumption.
Qed.

(** The square of the positive part. *)
Definition part (x : R) : R := (x + Rabs x) / 2.
Definition square_part (x : R) : R := x * part x.
Lemma part_nonneg x : 0 <= part x.
Proof. unfold part. pose proof (Rle_abs (- x)). rewrite Rabs_Ropp in *. lra. Qed.
Lemma part_ge x : x <= part x.
Proof. unfold part. pose proof (Rle_abs x). lra. Qed.
Lemma part_square x : square_part x = part x ^ 2.
Proof. unfold square_part, part. pose proof (pow2_abs x) as H. simpl in H. nra. Qed.
Lemma square_part_derive x : is_derive square_part x (2 * part x).
Proof.
  destruct (Req_dec x 0) as [->|Hx].
  - apply is_derive_Reals. intros eps He. exists (mkposreal eps He). intros h Hh Hs. simpl in Hs.
    unfold square_part, part. rewrite Rplus_0_l, Rabs_R0.
    replace ((h * ((h + Rabs h) / 2) - 0 * ((0 + 0) / 2)) / h - 2 * ((0 + 0) / 2)) with ((h + Rabs h) / 2)
      by (field; exact Hh).
    apply Rle_lt_trans with (Rabs h); [|exact Hs].
    pose proof (part_nonneg h) as P. unfold part in P. rewrite Rabs_pos_eq by exact P.
    pose proof (Rle_abs h). lra.
  - replace (2 * part x) with (1 * part x + x * ((1 + sign x * 1) / 2)).
    + apply (is_derive_mult (fun x => x) part x 1); [apply (is_derive_id (K := R_AbsRing))| |].
      * unfold part. apply is_derive_ext with (fun y => / 2 * (y + Rabs y)); [intro; apply Rmult_comm|].
        replace ((1 + sign x * 1) / 2) with (/ 2 * (1 + sign x * 1)) by field.
        apply is_derive_scal, (is_derive_plus (V := R_NormedModule));
          [apply (is_derive_id (K := R_AbsRing))|].
        apply (is_derive_Rabs (fun x => x) x 1); [apply (is_derive_id (K := R_AbsRing))|exact Hx].
      * intros; apply Rmult_comm.
    + unfold part. assert (E : x * sign x = Rabs x); [|nra].
      destruct (Rlt_dec x 0).
      * rewrite sign_eq_m1, Rabs_left by lra. ring.
      * rewrite sign_eq_1, Rabs_pos_eq by lra. ring.
Qed.

Section Comparison.
  Variables (q N : nat) (f : nat -> R) (mu T : R) (z dz : nat -> R -> R).
  Hypothesis f_nonneg : forall l, 0 <= f l.
  Hypothesis level_0 : forall t, 0 <= t <= T -> z 0%nat t <= 0.
  Hypothesis diff : forall j t, (1 <= j <= N)%nat -> 0 <= t <= T -> is_derive (z j) t (dz j t).
  Hypothesis ineq : forall j t, (1 <= j <= N)%nat -> 0 <= t <= T ->
    dz j t <= INR j * mu * z j t + couple q N f (fun m => z m t) (fun _ => 0) j.
  Hypothesis init : forall j, (1 <= j <= N)%nat -> z j 0 <= 0.
  Notation levels := (seq 1 N).
  Definition total (t : R) : R := Sums.sum levels (fun j => square_part (z j t)).
  Definition rate : R := 2 * INR N * (Rabs mu + Sums.sum (seq 0 (S q)) f).

  Lemma total_nonneg t : 0 <= total t.
  Proof. apply sum_nonneg. intros. rewrite part_square. apply pow2_ge_0. Qed.
  Lemma part_total j t : (1 <= j <= N)%nat -> part (z j t) ^ 2 <= total t.
  Proof.
    intro Hj. rewrite <- part_square. apply (sum_member levels (fun j => square_part (z j t))).
    - intros. rewrite part_square. apply pow2_ge_0.
    - apply in_seq. lia.
  Qed.
  Lemma part_pair j m t : (1 <= j <= N)%nat -> (m <= N)%nat -> 0 <= t <= T ->
    part (z j t) * part (z m t) <= total t.
  Proof.
    intros Hj Hm Ht. destruct m as [|m].
    - assert (E : part (z 0%nat t) = 0).
      { pose proof (level_0 t Ht). unfold part. rewrite Rabs_left1 by assumption. field. }
      rewrite E, Rmult_0_r. apply total_nonneg.
    - pose proof (part_total j t Hj). pose proof (part_total (S m) t ltac:(lia)).
      pose proof (pow2_ge_0 (part (z j t) - part (z (S m) t))). nra.
  Qed.
  Lemma rate_bound j t : (1 <= j <= N)%nat -> 0 <= t <= T -> 2 * part (z j t) * dz j t <= rate * total t.
  Proof.
    intros Hj Ht. pose proof (part_nonneg (z j t)) as P. pose proof (total_nonneg t) as Z.
    set (phi := Sums.sum (seq 0 (S q)) f). assert (Hphi : 0 <= phi) by (apply sum_nonneg; auto).
    assert (A : part (z j t) * (mu * z j t) <= Rabs mu * total t).
    { replace (part (z j t) * (mu * z j t)) with (mu * part (z j t) ^ 2) by (rewrite <- part_square;
        unfold square_part; ring).
      apply Rle_trans with (Rabs mu * part (z j t) ^ 2).
      - apply Rmult_le_compat_r; [apply pow2_ge_0|apply Rle_abs].
      - apply Rmult_le_compat_l; [apply Rabs_pos|apply part_total, Hj]. }
    assert (B : part (z j t) * couple q N f (fun m => z m t) (fun _ => 0) j <= INR j * (phi * total t)).
    { unfold couple. rewrite <- Rmult_assoc, (Rmult_comm (part _)), Rmult_assoc.
      apply Rmult_le_compat_l; [apply pos_INR|]. unfold phi. rewrite <- sum_scal, <- sum_scal_r.
      apply sum_le. intros l _. pose proof (Rmult_le_pos (f l) (total t) (f_nonneg l) Z).
      destruct (l =? 1)%nat; [lra|]. destruct (Nat.leb_spec (j + l - 1) N) as [H1|H1]; [|lra].
      replace (part (z j t) * (f l * z (j + l - 1)%nat t))
        with (f l * (part (z j t) * z (j + l - 1)%nat t)) by ring.
      apply Rmult_le_compat_l; [apply f_nonneg|].
      apply Rle_trans with (part (z j t) * part (z (j + l - 1)%nat t)).
      - apply Rmult_le_compat_l; [exact P|apply part_ge].
      - apply part_pair; assumption. }
    pose proof (Rmult_le_compat_l (part (z j t)) _ _ P (ineq j t Hj Ht)) as I.
    assert (J : INR j <= INR N) by (apply le_INR; lia).
    assert (X : part (z j t) * dz j t <= INR j * ((Rabs mu + phi) * total t)).
    { pose proof (Rmult_le_compat_l (INR j) _ _ (pos_INR j) A). lra. }
    assert (Y : 0 <= (Rabs mu + phi) * total t) by (apply Rmult_le_pos; [pose proof (Rabs_pos mu);
      lra|exact Z]).
    pose proof (Rmult_le_compat_r _ _ _ Y J). unfold rate. fold phi. lra.
  Qed.

  Theorem comparison j t : (1 <= j <= N)%nat -> 0 <= t <= T -> z j t <= 0.
  Proof.
    intros Hj Ht. assert (S0 : total t <= 0).
    { apply (gronwall_upto total (fun t => Sums.sum levels (fun j => 2 * part (z j t) * dz j t))
        (INR N * rate) T); [| | |exact Ht].
      - intros s Hs. apply (is_derive_total levels (fun j s => square_part (z j s))). intros i Hi.
        apply in_range in Hi.
        replace (2 * part (z i s) * dz i s) with (dz i s * (2 * part (z i s))) by ring.
        apply (is_derive_comp square_part (z i)); [apply square_part_derive|apply diff; [lia|exact Hs]].
      - intros s Hs. eapply Rle_trans; [apply (sum_le levels _ (fun _ => rate * total s))|].
        + intros i Hi. apply in_range in Hi. apply rate_bound; [lia|exact Hs].
        + rewrite sum_const, seq_length. right. ring.
      - unfold total. right. apply sum_0. intros i Hi. apply in_range in Hi. unfold square_part, part.
        rewrite Rabs_left1 by (apply init; lia). field. }
    pose proof (part_total j t Hj) as P. pose proof (part_ge (z j t)). pose proof (part_nonneg (z j t)).
    nra.
  Qed.
End Comparison.
