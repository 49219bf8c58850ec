(** Theorem 1.5: the Lipschitz constant of steps of a polynomial map.

    Two trajectories of the same map whose starts have norm at most rho_0 stay within
    rho_(k+1) = g(rho_k), and their distance grows by at most g'(rho_k) in step k. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums Words CrossNorm Convolution Lift Products Truncation.
Import ListNotations.
Open Scope R_scope.

(** g'(x) = sum_l l g_l x^(l-1) *)
Definition dpoly (q : nat) (g : nat -> R) (x : R) : R :=
  sum (seq 0 (S q)) (fun l => INR l * g l * x ^ (l - 1)).
Fixpoint growth (q : nat) (g : nat -> R) (rho0 : R) (T : nat) : R :=
  match T with
  | O => 1
  | S T' => dpoly q g (iterates q g rho0 T') * growth q g rho0 T'
  end.

Section Lipschitz.
  Context {I : Type} (letters : list I).
  Notation norm := (l2 letters).

  Lemma power_difference (u v : I -> R) rho j : norm u <= rho -> norm v <= rho ->
    tn letters j (fun w => power u w - power v w) <= INR j * rho ^ (j - 1) * norm (fun i => u i - v i).
  Proof.
    intros Hu Hv. assert (Hr : 0 <= rho) by (eapply Rle_trans; [apply (l2_nonneg letters u)|exact Hu]).
    pose proof (l2_nonneg letters (fun i => u i - v i)) as Hd.
    induction j as [|j IH].
    - rewrite tn_0. simpl. rewrite Rminus_diag_eq, Rabs_R0 by reflexivity. lra.
    - apply Rle_trans with (norm u * tn letters j (fun w => power u w - power v w)
                            + norm (fun i => u i - v i) * tn letters j (power v)).
      + rewrite <- !tn_cons. eapply Rle_trans; [|apply minkowski]. right. apply tn_ext.
        intros [|i w] Hw; [discriminate|]. simpl. ring.
      + apply Rle_trans with (rho * (INR j * rho ^ (j - 1) * norm (fun i => u i - v i))
                              + norm (fun i => u i - v i) * rho ^ j).
        * apply Rplus_le_compat; [apply Rmult_le_compat; auto using l2_nonneg, tn_nonneg|].
          apply Rmult_le_compat_l; [exact Hd|]. rewrite tn_power. apply pow_incr.
          split; [apply l2_nonneg|exact Hv].
        * right. rewrite S_INR. destruct j as [|j]; [simpl; ring|].
          simpl Nat.sub. rewrite Nat.sub_0_r. simpl pow. ring.
  Qed.

  Variable q : nat.
  Variable G : nat -> nat -> I -> list I -> R.
  Variable g : nat -> R.
  Hypothesis g_nonneg : forall l, 0 <= g l.
  Hypothesis G_norm : forall k l x, (l <= q)%nat ->
    norm (apply (words letters l) (G k l) x) <= g l * tn letters l x.

  Lemma step_lipschitz k u v rho : norm u <= rho -> norm v <= rho ->
    norm (fun i => phi letters q (G k) u i - phi letters q (G k) v i)
    <= dpoly q g rho * norm (fun i => u i - v i).
  Proof.
    intros Hu Hv.
    apply Rle_trans with (norm (fun i => sum (seq 0 (S q)) (fun l =>
      apply (words letters l) (G k l) (fun w => power u w - power v w) i))).
    { right. apply l2_ext. intros i _. unfold phi. rewrite <- sum_minus. apply sum_ext. intros l _.
      unfold apply. rewrite <- sum_minus. apply sum_ext. intros. ring. }
    eapply Rle_trans; [apply (l2_sum letters (seq 0 (S q)) (fun l =>
      apply (words letters l) (G k l) (fun w => power u w - power v w)))|].
    unfold dpoly. rewrite <- sum_scal_r. apply sum_le. intros l Hl. apply in_range in Hl.
    eapply Rle_trans; [apply G_norm; lia|].
    replace (INR l * g l * rho ^ (l - 1) * norm (fun i => u i - v i))
      with (g l * (INR l * rho ^ (l - 1) * norm (fun i => u i - v i))) by ring.
    apply Rmult_le_compat_l; [apply g_nonneg|]. apply power_difference; assumption.
  Qed.

  Theorem steps_lipschitz u0 v0 rho0 : norm u0 <= rho0 -> norm v0 <= rho0 -> forall T,
    norm (fun i => traj letters q G u0 T i - traj letters q G v0 T i)
    <= growth q g rho0 T * norm (fun i => u0 i - v0 i).
  Proof.
    intros Hu Hv. induction T as [|T IH]; [simpl; lra|]. simpl.
    assert (B : forall z0, norm z0 <= rho0 -> norm (traj letters q G z0 T) <= iterates q g rho0 T).
    { intros z0 Hz. apply (majorant_iterates letters q G z0 g g_nonneg); [|exact Hz|].
      - intros i vs Hvs. apply flattened_multi. intro. apply G_norm, Hvs.
      - intro. right. reflexivity. }
    eapply Rle_trans; [apply step_lipschitz; apply B; eassumption|].
    rewrite Rmult_assoc. apply Rmult_le_compat_l; [|exact IH].
    apply sum_nonneg. intros l _. repeat apply Rmult_le_pos; auto using pos_INR.
    apply pow_le. eapply Rle_trans; [apply (l2_nonneg letters)|apply (B u0 Hu)].
  Qed.
End Lipschitz.
