(** Theorem 13.1: the error of an untrusted history vector from its residuals; 10.10 and 10.13.

    z k j is any family of tensors of level j <= N for the times k <= T + p. Its residuals rho and the
    norms g_l of the coefficients bound its distance from the powers of the trajectory; the last p times
    are copies. With exact steps (rho = 0) it is Theorem 2.1. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums Words CrossNorm Convolution Lift Products Truncation.
Import ListNotations.
Open Scope R_scope.

(** E_j^0 = rho_j^0 and E_j^(k+1) = rho_j^(k+1) + (the recursion of Theorem 2.1 for k < T, else E_j^k). *)
Fixpoint certificate (q : nat) (g : nat -> R) (N T : nat) (rho : nat -> nat -> R) (w : nat -> R)
    (k j : nat) : R :=
  match k with
  | O => rho 0%nat j
  | S k' => rho (S k') j + (if (k' <? T)%nat
      then sum (seq 1 N) (fun m => coef q g j m * certificate q g N T rho w k' m) + remainder q g N j (w
        k')
      else certificate q g N T rho w k' j)
  end.

Section Certificates.
  Context {I : Type} (letters : list I).
  Notation tn := (tn letters).
  Notation norm := (l2 letters).
  Variables (q : nat) (G : nat -> nat -> I -> list I -> R) (N : nat) (u0 : I -> R) (g : nat -> R).
  Hypothesis g_nonneg : forall l, 0 <= g l.
  Hypothesis G_norm : forall k l x, (l <= q)%nat ->
    norm (apply (words letters l) (G k l) x) <= g l * tn l x.
  Notation traj := (traj letters q G u0).
  Variable T : nat.
  Variable z : nat -> nat -> list I -> R.

  (** One step of the truncated embedding, and the residuals of z. *)
  Definition next (k j : nat) (w : list I) : R :=
    sum (seq 1 N) (fun m => block letters q (G k) j m (z k m) w) + block letters q (G k) j 0 (fun _ => 1)
      w.
  Definition residual (k j : nat) : R :=
    match k with
    | O => tn j (fun w => z 0%nat j w - power u0 w)
    | S k' => if (k' <? T)%nat then tn j (fun w => z (S k') j w - next k' j w)
              else tn j (fun w => z (S k') j w - z k' j w)
    end.
  Definition deviation (k j : nat) (w : list I) : R := z k j w - power (traj (Nat.min k T)) w.
  Notation bound := (certificate q g N T residual).

  Lemma multi k vs : (length vs <= q)%nat ->
    norm (apply (words letters (length vs)) (G k (length vs)) (prodt vs)) <= g (length vs) * weight
      letters vs.
  Proof. intro H. apply flattened_multi. intro. apply G_norm, H. Qed.
  Lemma lift_split k j w : (j <= N)%nat -> length w = j -> power (traj (S k)) w
    = sum (seq 1 N) (fun m => block letters q (G k) j m (power (traj k)) w)
      + block letters q (G k) j 0 (fun _ => 1) w + dropped letters q G N u0 k j w.
  Proof.
    intros Hj Hw. pose proof (error_recursion letters q G N u0 k j w Hj Hw) as E. unfold err in E.
    simpl Truncation.y in E.
    rewrite (sum_ext (seq 1 N) (fun m => block letters q (G k) j m (fun v => _ - _) w) (fun m =>
      block letters q (G k) j m (power (traj k)) w - block letters q (G k) j m (Truncation.y letters q G
        N u0 k m) w))
      in E by (intros; apply block_minus).
    rewrite sum_minus in E. lra.
  Qed.

  Theorem untrusted_history (w : nat -> R) k j : (forall i, (i < k)%nat -> (i < T)%nat -> norm (traj i)
    <= w i) ->
    (j <= N)%nat -> tn j (deviation k j) <= bound w k j.
  Proof.
    revert j. induction k as [|k IH]; intros j Hw Hj; [apply Rle_refl|].
    cbn [certificate]. destruct (Nat.ltb_spec k T) as [Hk|Hk].
    - apply Rle_trans with (tn j (fun v => z (S k) j v - next k j v)
        + (sum (seq 1 N) (fun m => tn j (block letters q (G k) j m (deviation k m)))
           + tn j (dropped letters q G N u0 k j))).
      + eapply Rle_trans; [|apply Rplus_le_compat_l, Rplus_le_compat_r,
          (l2_sum (words letters j) (seq 1 N) (fun m => block letters q (G k) j m (deviation k m)))].
        eapply Rle_trans; [|apply Rplus_le_compat_l, l2_minus].
        eapply Rle_trans; [|apply minkowski]. right. apply tn_ext. intros v Hv.
        unfold deviation at 1. replace (Nat.min (S k) T) with (S k) by lia.
        rewrite (lift_split k j v Hj Hv).
        rewrite (sum_ext (seq 1 N) (fun m => block letters q (G k) j m (deviation k m) v) (fun m =>
          block letters q (G k) j m (z k m) v - block letters q (G k) j m (power (traj k)) v)).
        * rewrite sum_minus. unfold next. ring.
        * intros m _. unfold deviation. replace (Nat.min k T) with k by lia. apply block_minus.
      + apply Rplus_le_compat; [|apply Rplus_le_compat].
        * simpl residual. destruct (Nat.ltb_spec k T); [apply Rle_refl|lia].
        * apply sum_le. intros m Hm. apply in_range in Hm.
          eapply Rle_trans; [apply (block_norm letters q (G k) g g_nonneg); intros; apply G_norm;
            assumption|].
          apply Rmult_le_compat_l; [apply coef_nonneg, g_nonneg|]. apply IH; [|lia]. intros.
          apply Hw; lia.
        * apply rep_norm, (dropped_rep letters q G N u0 g g_nonneg multi w (S k)); [|lia].
          intros i Hi. apply Hw; lia.
    - apply Rle_trans with (tn j (fun v => z (S k) j v - z k j v) + tn j (deviation k j)).
      + eapply Rle_trans; [|apply minkowski]. right. apply tn_ext. intros v _. unfold deviation.
        rewrite (Nat.min_r (S k)), (Nat.min_r k) by lia. ring.
      + apply Rplus_le_compat.
        * simpl residual. destruct (Nat.ltb_spec k T); [lia|apply Rle_refl].
        * apply IH; [|exact Hj]. intros. apply Hw; lia.
  Qed.

  (** Norms of the trajectory from the majorant or from the vector itself, whichever is smaller. *)
  Theorem certificate_norms (w : nat -> R) : (1 <= N)%nat -> norm u0 <= w 0%nat ->
    (forall k, Rmin (poly q g (w k)) (norm (fun i => z (S k) 1%nat [i]) + bound w (S k) 1) <= w (S k)) ->
    forall k, (k <= T)%nat -> norm (traj k) <= w k.
  Proof.
    intros HN H0 Hw k. induction k as [k IH] using lt_wf_ind. intro Hk. destruct k as [|k]; [exact H0|].
    eapply Rle_trans; [|apply Hw]. apply Rmin_glb.
    - eapply Rle_trans; [apply (phi_norm_multi letters q (G k) g (multi k))|].
      apply poly_mono; [exact g_nonneg|]. split; [apply l2_nonneg|apply IH; lia].
    - pose proof (untrusted_history w (S k) 1 ltac:(intros; apply IH; lia) HN) as D. rewrite tn_1 in D.
      apply Rle_trans with (norm (fun i => z (S k) 1%nat [i]) + norm (fun i => deviation (S k) 1 [i]));
        [|apply Rplus_le_compat_l, D].
      eapply Rle_trans; [|apply l2_minus]. right. apply l2_ext. intros i _. unfold deviation.
      rewrite Nat.min_l by lia. cbn [power]. ring.
  Qed.

  (** The mean of the p + 1 copies, and any other vector a. *)
  Variable p : nat.
  Definition mean (i : I) : R := / INR (S p) * sum (seq T (S p)) (fun k => z k 1%nat [i]).
  Theorem certified_answer (w : nat -> R) (a : I -> R) : (1 <= N)%nat ->
    (forall k, (k < T)%nat -> norm (traj k) <= w k) ->
    norm (fun i => a i - traj T i) <= norm (fun i => a i - mean i)
      + / INR (S p) * sum (seq T (S p)) (fun k => bound w k 1).
  Proof.
    intros HN Hw. assert (P : 0 < INR (S p)) by (apply lt_0_INR; lia).
    apply Rle_trans with (norm (fun i => a i - mean i) + norm (fun i => mean i - traj T i)).
    - eapply Rle_trans; [|apply minkowski]. right. apply l2_ext. intros. ring.
    - apply Rplus_le_compat_l.
      rewrite (l2_ext letters _ (fun i => / INR (S p) * sum (seq T (S p)) (fun k => deviation k 1 [i]))).
      + rewrite l2_scal, Rabs_pos_eq by (left; apply Rinv_0_lt_compat, P).
        apply Rmult_le_compat_l; [left; apply Rinv_0_lt_compat, P|].
        eapply Rle_trans; [apply (l2_sum letters (seq T (S p)) (fun k i => deviation k 1 [i]))|].
        apply sum_le. intros k Hk. rewrite <- tn_1. apply untrusted_history; [|exact HN]. auto.
      + intros i _. unfold mean, deviation.
        rewrite (sum_ext (seq T (S p)) (fun k => _ - _) (fun k => z k 1%nat [i] - traj T i)).
        * rewrite sum_minus, sum_const, seq_length. field. lra.
        * intros k Hk. apply in_range in Hk. rewrite Nat.min_r by lia. cbn [power]. ring.
  Qed.
End Certificates.

(** ** Theorem 10.10: the difference to a higher order and the bound there *)
Theorem two_orders {I : Type} (letters : list I) q G u0 N M T B :
  l2 letters (fun i => traj letters q G u0 T i - y letters q G M u0 T 1 [i]) <= B ->
  l2 letters (fun i => traj letters q G u0 T i - y letters q G N u0 T 1 [i])
  <= l2 letters (fun i => y letters q G M u0 T 1 [i] - y letters q G N u0 T 1 [i]) + B.
Proof.
  intro H. rewrite Rplus_comm. eapply Rle_trans; [|apply Rplus_le_compat_r, H].
  eapply Rle_trans; [|apply minkowski]. right. apply l2_ext. intros. ring.
Qed.

(** ** Theorem 10.13: the share of level 1 of the p + 1 final times in the solution, in units of r *)
Section Success.
  Context {I : Type} (letters : list I).
  Variables (q : nat) (G : nat -> nat -> I -> list I -> R) (N : nat) (u0 : I -> R) (g : nat -> R).
  Hypothesis g_nonneg : forall l, 0 <= g l.
  Hypothesis G_norm : forall k vs, (length vs <= q)%nat ->
    l2 letters (apply (words letters (length vs)) (G k (length vs)) (prodt vs))
    <= g (length vs) * weight letters vs.
  Hypothesis N_pos : (1 <= N)%nat.
  Variables (w : nat -> R) (T p : nat) (r : R).
  Hypothesis w_bound : forall k, (k < T)%nat -> l2 letters (traj letters q G u0 k) <= w k.
  Hypothesis r_pos : 0 < r.
  Notation norm_x k := (l2 letters (traj letters q G u0 k)).
  Notation level k j := (tn letters j (y letters q G N u0 k j)).

  (** Level j at time k is r^-j y_j^k; the squared norm of one time, and its bound in units of r^-2. *)
  Definition time_square (k : nat) : R := sum (seq 1 N) (fun j => (level k j / r ^ j) ^ 2).
  Definition time_bound (k : nat) : R :=
    sum (seq 1 N) (fun j => (r / r ^ j * (norm_x k ^ j + E q g N w k j)) ^ 2).
  Definition share : R := INR (S p) * (level T 1 / r) ^ 2
    / (sum (seq 0 T) time_square + INR (S p) * time_square T).

  Lemma level_norm k j : (k <= T)%nat -> (j <= N)%nat -> level k j <= norm_x k ^ j + E q g N w k j.
  Proof.
    intros Hk Hj. rewrite <- tn_power.
    eapply Rle_trans; [|apply Rplus_le_compat_l,
      (majorant_recursion letters q G N u0 g g_nonneg G_norm w T w_bound k j Hk Hj)].
    eapply Rle_trans; [|apply l2_minus]. right. apply tn_ext. intros. ring.
  Qed.
  Lemma time_norm k : (k <= T)%nat -> time_square k <= time_bound k / r ^ 2.
  Proof.
    intro Hk. unfold time_square, time_bound, Rdiv. rewrite <- sum_scal_r. apply sum_le. intros j Hj.
    apply in_range in Hj. assert (P : 0 < r ^ j) by (apply pow_lt, r_pos).
    apply Rle_trans with (((norm_x k ^ j + E q g N w k j) / r ^ j) ^ 2); [|right; field; lra].
    apply pow_incr. split.
    - apply Rmult_le_pos; [apply tn_nonneg|left; apply Rinv_0_lt_compat, P].
    - apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, P|]. apply level_norm; lia.
  Qed.

  Theorem success_probability : E q g N w T 1 < norm_x T ->
    INR (S p) * (norm_x T - E q g N w T 1) ^ 2 / (sum (seq 0 T) time_bound + INR (S p) * time_bound T)
    <= share.
  Proof.
    intro H. assert (P : 0 < INR (S p)) by (apply lt_0_INR; lia).
    assert (L : norm_x T - E q g N w T 1 <= level T 1).
    { pose proof (majorant_recursion letters q G N u0 g g_nonneg G_norm w T w_bound T 1 ltac:(lia) N_pos)
        as M.
      pose proof (tn_power letters (traj letters q G u0 T) 1) as X. simpl pow in X.
      rewrite Rmult_1_r in X.
      enough (tn letters 1 (power (traj letters q G u0 T)) <= E q g N w T 1 + level T 1) by lra.
      eapply Rle_trans; [|apply Rplus_le_compat_r, M]. eapply Rle_trans; [|apply minkowski].
      right. apply tn_ext. intros. ring. }
    assert (R2 : 0 < r ^ 2) by (apply pow_lt, r_pos).
    assert (S1 : (level T 1 / r) ^ 2 <= time_square T).
    { replace ((level T 1 / r) ^ 2) with ((level T 1 / r ^ 1) ^ 2) by (rewrite pow_1; reflexivity).
      apply (sum_member (seq 1 N) (fun j => (level T j / r ^ j) ^ 2)); [intros; apply pow2_ge_0|].
      apply in_seq. lia. }
    assert (LP : 0 < (level T 1 / r) ^ 2) by (apply pow_lt, Rdiv_lt_0_compat; lra).
    assert (Z : 0 <= sum (seq 0 T) time_square)
      by (apply sum_nonneg; intros; apply sum_nonneg; intros; apply pow2_ge_0).
    assert (D : 0 < sum (seq 0 T) time_square + INR (S p) * time_square T)
      by (pose proof (Rmult_lt_0_compat (INR (S p)) (time_square T) P ltac:(lra)); lra).
    assert (B : sum (seq 0 T) time_square + INR (S p) * time_square T
                <= (sum (seq 0 T) time_bound + INR (S p) * time_bound T) / r ^ 2).
    { unfold Rdiv. rewrite Rmult_plus_distr_r, <- sum_scal_r, Rmult_assoc. apply Rplus_le_compat.
      - apply sum_le. intros k Hk. apply in_range in Hk. apply time_norm. lia.
      - apply Rmult_le_compat_l; [lra|]. apply time_norm. lia. }
    set (b := sum (seq 0 T) time_bound + INR (S p) * time_bound T) in *. unfold share.
    set (s := sum (seq 0 T) time_square + INR (S p) * time_square T) in *.
    assert (Hb : 0 < b).
    { apply Rmult_lt_reg_r with (/ r ^ 2); [apply Rinv_0_lt_compat, R2|]. rewrite Rmult_0_l.
      eapply Rlt_le_trans; [exact D|exact B]. }
    replace (INR (S p) * (norm_x T - E q g N w T 1) ^ 2 / b)
      with (INR (S p) * ((norm_x T - E q g N w T 1) / r) ^ 2 * / (b / r ^ 2)) by (field; lra).
    unfold Rdiv at 3. apply Rmult_le_compat.
    - apply Rmult_le_pos; [lra|apply pow2_ge_0].
    - left. apply Rinv_0_lt_compat, Rdiv_lt_0_compat; assumption.
    - apply Rmult_le_compat_l; [lra|]. apply pow_incr. split.
      + apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat, r_pos].
      + apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, r_pos|exact L].
    - apply Rinv_le_contravar; assumption.
  Qed.
End Success.
