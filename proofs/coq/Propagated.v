(** Theorem 2.2: the remainders propagated by the embedding itself.

    [run k n z] applies the linear parts C_k, ..., C_(k+n-1) of the truncated steps to the levels z.
    If nu i j bounds the norm of block (1, j) of C_(T-1) ... C_(i+1) on symmetric tensors, then
    |u_T - y_1^T| <= sum_(i<T) sum_(j=1..N) nu i j r_j^i,   r_j^i = sum_(m>N) c_jm w_i^m. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums Words CrossNorm Convolution Lift Products Truncation Symmetry.
Import ListNotations.
Open Scope R_scope.

Section Propagated.
  Context {I : Type} (letters : list I).
  Notation words := (words letters).
  Notation tn := (tn letters).
  Variable q : nat.
  Variable G : nat -> nat -> I -> list I -> R.
  Variable N : nat.
  Variable u0 : I -> R.
  Notation levels := (nat -> list I -> R).

  Definition linear_step (k : nat) (z : levels) : levels := fun j w =>
    sum (seq 1 N) (fun m => block letters q (G k) j m (z m) w).
  Fixpoint run (k n : nat) (z : levels) : levels :=
    match n with O => z | S n' => linear_step (k + n') (run k n' z) end.

  (** z on level j alone. *)
  Definition inject (j : nat) (x : list I -> R) : levels :=
    fun i w => if (i =? j)%nat then x w else 0.

  Lemma run_ext k n z z' j w : (j <= N)%nat -> length w = j ->
    (forall i v, (i <= N)%nat -> length v = i -> z i v = z' i v) -> run k n z j w = run k n z' j w.
  Proof.
    intros Hj Hw H. revert j w Hj Hw. induction n as [|n IH]; intros j w Hj Hw; simpl; [auto|].
    apply sum_ext. intros m Hm. apply in_range in Hm. apply block_ext. intros v Hv. apply IH; lia.
  Qed.
  Lemma run_plus k n z z' j w :
    run k n (fun i v => z i v + z' i v) j w = run k n z j w + run k n z' j w.
  Proof.
    revert j w. induction n as [|n IH]; intros j w; simpl; [reflexivity|].
    unfold linear_step. rewrite <- sum_plus. apply sum_ext. intros m _.
    rewrite (block_ext letters q _ j m _ (fun v => run k n z m v + 1 * run k n z' m v))
      by (intros; rewrite IH; ring).
    rewrite block_linear. ring.
  Qed.
  Lemma run_0 k n j w : run k n (fun _ _ => 0) j w = 0.
  Proof.
    revert j w. induction n as [|n IH]; intros j w; simpl; [reflexivity|].
    apply sum_0. intros m _. rewrite (block_ext letters q _ j m _ (fun _ => 0)); [apply block_0|].
    intros. apply IH.
  Qed.
  Lemma run_sum {B : Type} k n (l : list B) (z : B -> levels) j w :
    run k n (fun i v => sum l (fun b => z b i v)) j w = sum l (fun b => run k n (z b) j w).
  Proof. induction l as [|b l IH]; [apply run_0|]. rewrite sum_cons, <- IH, <- run_plus. reflexivity. Qed.

  Notation rho := (dropped letters q G N u0).

  (** e^T = sum_(i<T) C_(T-1) ... C_(i+1) rho^i *)
  Lemma error_unrolled T j w : (j <= N)%nat -> length w = j ->
    err letters q G N u0 T j w = sum (seq 0 T) (fun i => run (S i) (T - S i) (rho i) j w).
  Proof.
    revert j w. induction T as [|T IH]; intros j w Hj Hw; [unfold err, sum; simpl; ring|].
    rewrite error_recursion by assumption. rewrite sum_last, Nat.sub_diag. simpl run. f_equal.
    rewrite (sum_ext (seq 0 T) _ (fun i =>
      sum (seq 1 N) (fun m => block letters q (G T) j m (run (S i) (T - S i) (rho i) m) w))).
    - rewrite sum_swap. apply sum_ext. intros m Hm. apply in_range in Hm. rewrite <- block_sum.
      apply block_ext. intros v Hv. apply IH; lia.
    - intros i Hi. apply in_range in Hi. change (S T - S i)%nat with (T - i)%nat.
      replace (T - i)%nat with (S (T - S i)) by lia.
      simpl run. replace (S (i + (T - S i)))%nat with T by lia. reflexivity.
  Qed.

  Variable g : nat -> R.
  Hypothesis g_nonneg : forall l, 0 <= g l.
  Hypothesis G_norm : forall k vs, (length vs <= q)%nat ->
    l2 letters (apply (words (length vs)) (G k (length vs)) (prodt vs))
    <= g (length vs) * weight letters vs.
  Variables (w : nat -> R) (T : nat) (nu : nat -> nat -> R).
  Hypothesis w_bound : forall k, (k < T)%nat -> l2 letters (traj letters q G u0 k) <= w k.
  Hypothesis nu_nonneg : forall i j, 0 <= nu i j.
  Hypothesis nu_bound : forall i j x, (i < T)%nat -> (1 <= j <= N)%nat -> symmetric x ->
    tn 1 (run (S i) (T - S i) (inject j x) 1) <= nu i j * tn j x.

  Lemma dropped_symmetric i j : symmetric (level (rho i) j).
  Proof.
    apply level_symmetric. intros v v' Hv H. apply sum_ext. intros m _.
    apply block_symmetric; auto. apply power_symmetric.
  Qed.

  Theorem propagated_bound : (1 <= N)%nat ->
    l2 letters (fun i => traj letters q G u0 T i - y letters q G N u0 T 1 [i])
    <= sum (seq 0 T) (fun i => sum (seq 1 N) (fun j => nu i j * remainder q g N j (w i))).
  Proof.
    intro HN.
    apply Rle_trans with (tn 1 (fun v => sum (seq 0 T) (fun i => sum (seq 1 N) (fun j =>
      run (S i) (T - S i) (inject j (level (rho i) j)) 1%nat v)))).
    - rewrite tn_1. right. apply l2_ext. intros x _.
      replace (_ - _) with (err letters q G N u0 T 1 [x]) by (unfold err; simpl; ring).
      rewrite error_unrolled by (simpl; lia). apply sum_ext. intros i _. rewrite <- run_sum.
      apply run_ext; [lia|reflexivity|]. intros j v Hj Hv. unfold inject.
      destruct j as [|j].
      + rewrite sum_0.
        * destruct v; [|discriminate]. apply sum_0. intros m Hm. apply in_range in Hm.
          apply block_zero. lia.
        * intros m Hm. apply in_range in Hm. destruct (Nat.eqb_spec 0 m); [lia|reflexivity].
      + replace N with (j + (1 + (N - S j)))%nat at 2 by lia. rewrite !sum_split.
        rewrite (sum_0 (seq 1 j)), (sum_0 (seq (1 + j + 1) (N - S j))).
        * cbv [seq]. rewrite sum_cons. cbv [sum]. simpl Nat.add. unfold level.
          rewrite Hv, !Nat.eqb_refl. ring.
        * intros m Hm. apply in_range in Hm. destruct (Nat.eqb_spec (S j) m); [lia|reflexivity].
        * intros m Hm. apply in_range in Hm. destruct (Nat.eqb_spec (S j) m); [lia|reflexivity].
    - eapply Rle_trans; [apply (l2_sum (words 1) (seq 0 T))|]. apply sum_le. intros i Hi.
      eapply Rle_trans; [apply (l2_sum (words 1) (seq 1 N))|]. apply sum_le. intros j Hj.
      apply in_range in Hi, Hj. eapply Rle_trans; [apply nu_bound; [lia|lia|apply dropped_symmetric]|].
      apply Rmult_le_compat_l; [apply nu_nonneg|].
      rewrite (tn_ext letters j _ (rho i j))
        by (intros v Hv; unfold level; rewrite Hv, Nat.eqb_refl; reflexivity).
      apply rep_norm, (dropped_rep letters q G N u0 g g_nonneg G_norm w T w_bound). lia.
  Qed.
End Propagated.
