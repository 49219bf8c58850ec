(** Theorem 10.9: bounds in other coordinates.

    Let G' be the coefficients of the map in v = S x: G'_l S^(x)l = S G_l for every l. The truncated
    solution in v is S^(x)j y_j, so a bound of the error of v is one of the error of x, times |S^-1|. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums Words CrossNorm Lift Truncation ClosedForms.
Import ListNotations.
Open Scope R_scope.

Section Lyapunov.
  Context {I : Type} (letters : list I).
  Variable S : I -> I -> R.
  Notation words := (words letters).
  Notation move := (apply letters S).              (* S x *)

  (** S^(x)j *)
  Fixpoint act (j : nat) (x : list I -> R) (w : list I) : R :=
    match j, w with
    | O, _ => x []
    | Datatypes.S _, [] => 0
    | Datatypes.S j', i :: w' => sum letters (fun i' => S i i' * act j' (fun v => x (i' :: v)) w')
    end.
  Lemma act_ext j x y w : (forall v, length v = j -> x v = y v) -> act j x w = act j y w.
  Proof.
    revert x y w. induction j as [|j IH]; intros x y w H; [apply H; reflexivity|].
    destruct w as [|i w]; [reflexivity|]. apply sum_ext. intros i' _. f_equal. apply IH.
    intros v Hv. apply H. simpl. f_equal. exact Hv.
  Qed.
  Lemma act_linear j c x y w : act j (fun v => x v + c * y v) w = act j x w + c * act j y w.
  Proof.
    revert x y w. induction j as [|j IH]; intros x y w; [simpl; ring|].
    destruct w as [|i w]; [simpl; ring|]. simpl. rewrite <- sum_scal, <- sum_plus. apply sum_ext.
    intros i' _. rewrite IH. ring.
  Qed.
  Lemma act_0 j w : act j (fun _ => 0) w = 0.
  Proof.
    pose proof (act_linear j (-1) (fun _ => 0) (fun _ => 0) w) as H.
    rewrite (act_ext j _ (fun _ => 0)) in H by (intros; ring). lra.
  Qed.
  Lemma act_sum {A : Type} j (l : list A) (c : A -> R) (x : A -> list I -> R) w :
    act j (fun v => sum l (fun b => c b * x b v)) w = sum l (fun b => c b * act j (x b) w).
  Proof.
    induction l as [|b l IH]; [apply act_0|]. rewrite sum_cons.
    rewrite (act_ext j _ (fun v => sum l (fun b => c b * x b v) + c b * x b v))
      by (intros; rewrite sum_cons; ring).
    rewrite act_linear, IH. ring.
  Qed.
  Lemma act_plain_sum {A : Type} j (l : list A) (x : A -> list I -> R) w :
    act j (fun v => sum l (fun b => x b v)) w = sum l (fun b => act j (x b) w).
  Proof.
    rewrite (act_ext j _ (fun v => sum l (fun b => 1 * x b v)))
      by (intros; apply sum_ext; intros; ring).
    rewrite (act_sum j l (fun _ => 1)). apply sum_ext. intros. ring.
  Qed.
  Lemma act_power u w : act (length w) (power u) w = power (move u) w.
  Proof.
    induction w as [|i w IH]; [reflexivity|]. simpl. unfold apply at 1. rewrite <- sum_scal_r.
    apply sum_ext. intros i' _. rewrite <- IH.
    rewrite (act_ext (length w) _ (fun v => 0 + u i' * power u v)) by (intros; ring).
    rewrite (act_linear _ (u i') (fun _ => 0)), act_0. ring.
  Qed.
  Lemma act_app l n x v v' : length v = l ->
    act (l + n) x (v ++ v') = act l (fun a => act n (fun a' => x (a ++ a')) v') v.
  Proof.
    revert x v. induction l as [|l IH]; intros x [|i v] H; try discriminate; [reflexivity|].
    injection H as H. simpl. apply sum_ext. intros i' _. f_equal. apply IH, H.
  Qed.
  (** Blocks commute with S on other factors. *)
  Lemma block_act q G j m l (X : list I -> list I -> R) v w :
    block letters q G j m (fun v' => act l (fun a => X a v') v) w
    = act l (fun a => block letters q G j m (X a) w) v.
  Proof.
    revert X v. induction l as [|l IH]; intros X v; [reflexivity|].
    destruct v as [|i v]; [apply block_0|]. simpl.
    rewrite (block_sum letters q G j m letters (fun i' v' => S i i' * act l (fun a => X (i' :: a) v') v)).
    apply sum_ext. intros i' _. rewrite block_scal. f_equal. apply (IH (fun a => X (i' :: a))).
  Qed.

  Variable q : nat.
  Variables G G' : nat -> nat -> I -> list I -> R.
  Hypothesis conjugate : forall k l x i, (l <= q)%nat ->
    apply (words l) (G' k l) (act l x) i = move (apply (words l) (G k l) x) i.

  Lemma block_conjugate k j : forall m x w, length w = j ->
    block letters q (G' k) j m (act m x) w = act j (block letters q (G k) j m x) w.
  Proof.
    induction j as [|j IH]; intros m x w Hw.
    - simpl. destruct (Nat.eqb_spec m 0) as [->|]; reflexivity.
    - destruct w as [|i w]; [discriminate|]. injection Hw as Hw. rewrite block_S.
      cbn [act]. rewrite (sum_ext letters _ (fun i' => sum (seq 0 (Datatypes.S q)) (fun l =>
        S i i' * act j (fun v => if (l <=? m)%nat then apply (words l) (G k l) (fun a =>
          block letters q (G k) j (m - l) (fun a' => x (a ++ a')) v) i' else 0) w))).
      2:{ intros i' _. rewrite sum_scal. f_equal. rewrite <- act_plain_sum. reflexivity. }
      rewrite sum_swap. apply sum_ext. intros l Hl. apply in_range in Hl.
      destruct (Nat.leb_spec l m) as [Hlm|Hlm].
      2:{ symmetry. apply sum_0. intros. rewrite act_0. ring. }
      pose (Y := fun a => act j (block letters q (G k) j (m - l) (fun a' => x (a ++ a'))) w).
      transitivity (apply (words l) (G' k l) (act l Y) i).
      + apply sum_ext. intros v Hv. apply words_length in Hv. f_equal.
        rewrite (block_ext letters q (G' k) j (m - l) _ (fun v' =>
          act l (fun a => act (m - l) (fun a' => x (a ++ a')) v') v)).
        * rewrite block_act. apply act_ext. intros a _. apply IH, Hw.
        * intros v' _. rewrite <- act_app by exact Hv. f_equal. lia.
      + rewrite conjugate by lia. apply sum_ext. intros i' _. f_equal. unfold apply, Y.
        rewrite <- (act_sum j (words l) (fun v => G k l i' v)
          (fun a v => block letters q (G k) j (m - l) (fun a' => x (a ++ a')) v)). reflexivity.
  Qed.

  Variables (N : nat) (u0 : I -> R).
  Notation x := (traj letters q G u0).
  Notation x' := (traj letters q G' (move u0)).
  Notation y := (Truncation.y letters q G N u0).
  Notation y' := (Truncation.y letters q G' N (move u0)).

  Lemma traj_conjugate k i : In i letters -> x' k i = move (x k) i.
  Proof.
    revert i. induction k as [|k IH]; intros i Hi; [reflexivity|]. cbn [traj]. unfold phi.
    rewrite (sum_ext (seq 0 (Datatypes.S q)) _ (fun l => move (apply (words l) (G k l) (power (x k))) i)).
    - transitivity (sum letters (fun i' => sum (seq 0 (Datatypes.S q)) (fun l =>
        S i i' * apply (words l) (G k l) (power (x k)) i'))); [rewrite sum_swap; reflexivity|].
      apply sum_ext. intros i' _. apply sum_scal.
    - intros l Hl. apply in_range in Hl. rewrite <- conjugate by lia. apply sum_ext. intros w Hw.
      f_equal. pose proof (words_length letters l w Hw) as Lw. rewrite <- Lw, act_power.
      assert (L : forall a, In a w -> In a letters).
      { clear - Hw. revert w Hw. induction l as [|l IHl]; intros w Hw a Ha; simpl in Hw.
        - destruct Hw as [<-|[]]. destruct Ha.
        - apply in_flat_map in Hw as (b & Hb & Hw). apply in_map_iff in Hw as (v & <- & Hv).
          destruct Ha as [<-|Ha]; [exact Hb|apply (IHl v Hv a Ha)]. }
      clear - IH L. induction w as [|a w IHw]; [reflexivity|]. simpl.
      rewrite (IH a) by (apply L; left; reflexivity). f_equal. apply IHw. intros b Hb. apply L. right.
      exact Hb.
  Qed.
  Lemma y_conjugate k : forall j w, length w = j -> y' k j w = act j (y k j) w.
  Proof.
    induction k as [|k IH]; intros j w Hw.
    - cbn [Truncation.y]. rewrite <- Hw, <- act_power. reflexivity.
    - cbn [Truncation.y].
      rewrite (act_ext j _ (fun v => sum (seq 1 N) (fun m => block letters q (G k) j m (y k m) v)
        + 1 * block letters q (G k) j 0 (fun _ => 1) v)) by (intros; ring).
      rewrite act_linear, act_plain_sum, Rmult_1_l. f_equal.
      + apply sum_ext. intros m _. rewrite <- block_conjugate by exact Hw.
        apply block_ext. intros v Hv. apply IH, Hv.
      + rewrite <- block_conjugate by exact Hw. apply block_ext. intros v Hv. reflexivity.
  Qed.

  (** |x| <= nu |S x|: nu is the norm of the inverse. *)
  Theorem lyapunov_bound nu T B : 0 <= nu ->
    (forall z, l2 letters z <= nu * l2 letters (move z)) ->
    error letters q G' N (move u0) T <= B -> error letters q G N u0 T <= nu * B.
  Proof.
    intros Hnu HS HB. unfold error in *. eapply Rle_trans; [apply HS|].
    apply Rmult_le_compat_l; [exact Hnu|]. eapply Rle_trans; [|exact HB]. right. apply l2_ext.
    intros i Hi. rewrite traj_conjugate by exact Hi. rewrite y_conjugate by reflexivity. simpl act.
    unfold apply. rewrite <- sum_minus. apply sum_ext. intros. ring.
  Qed.
End Lyapunov.
