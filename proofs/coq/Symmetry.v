(** Only symmetric tensors are met: Lemma 10.2.

    All levels of the embedding, and what truncation drops, are symmetric tensors. So a coefficient may be
    replaced by any matrix that acts alike on symmetric tensors, its symmetrisation for one, without
    changing the truncated solution, and Theorem 2.1 holds with the multilinear norm of that matrix. *)
From Coq Require Import Reals Lra Lia List Arith Permutation.
From QGD Require Import Sums Words CrossNorm Convolution Lift Products Truncation.
Import ListNotations.
Open Scope R_scope.

Section Symmetry.
  Context {I : Type} (letters : list I).
  Notation words := (words letters).

  Definition symmetric (x : list I -> R) : Prop := forall w w', Permutation w w' -> x w = x w'.

  Lemma power_symmetric u : symmetric (power u).
  Proof. intros w w' H. induction H; simpl; try (rewrite IHPermutation); try ring; congruence. Qed.
  Lemma symmetric_after x v : symmetric x -> symmetric (fun v' => x (v ++ v')).
  Proof. intros H w w' Hw. apply H. apply Permutation_app_head, Hw. Qed.
  Lemma symmetric_sum {A : Type} (l : list A) (x : A -> list I -> R) :
    (forall a, In a l -> symmetric (x a)) -> symmetric (fun w => sum l (fun a => x a w)).
  Proof. intros H w w' Hw. apply sum_ext. intros a Ha. apply (H a Ha), Hw. Qed.

  Section Blocks.
    Variable q : nat.
    Variable G : nat -> I -> list I -> R.

    (** Two rows of a block may be exchanged. *)
    Lemma block_swap j m x i i' w : symmetric x ->
      block letters q G (S (S j)) m x (i :: i' :: w) = block letters q G (S (S j)) m x (i' :: i :: w).
    Proof.
      intro Hx.
      pose (term := fun (i i' : I) l l' => if (l + l' <=? m)%nat then
        sum (words l) (fun v => sum (words l') (fun v' => G l i v * (G l' i' v' *
          block letters q G j (m - (l + l')) (fun z => x (v ++ v' ++ z)) w))) else 0).
      assert (X : forall i i', block letters q G (S (S j)) m x (i :: i' :: w)
        = sum (seq 0 (S q)) (fun l => sum (seq 0 (S q)) (fun l' => term i i' l l'))).
      { intros k k'. rewrite block_S. apply sum_ext. intros l _. unfold term.
        destruct (Nat.leb_spec l m) as [Hl|Hl].
        - unfold apply at 1.
          rewrite (sum_ext (words l) _ (fun v => sum (seq 0 (S q)) (fun l' => if (l + l' <=? m)%nat then
            sum (words l') (fun v' => G l k v * (G l' k' v' *
              block letters q G j (m - (l + l')) (fun z => x (v ++ v' ++ z)) w)) else 0))).
          + rewrite sum_swap. apply sum_ext. intros l' _.
            destruct (l + l' <=? m)%nat; [reflexivity|apply sum_0; reflexivity].
          + intros v _. rewrite block_S, <- sum_scal. apply sum_ext. intros l' _.
            replace (l' <=? m - l)%nat with (l + l' <=? m)%nat
              by (destruct (Nat.leb_spec (l + l') m), (Nat.leb_spec l' (m - l)); lia || reflexivity).
            destruct (l + l' <=? m)%nat; [|ring]. unfold apply. rewrite <- sum_scal.
            replace (m - l - l')%nat with (m - (l + l'))%nat by lia. reflexivity.
        - symmetry. apply sum_0. intros l' _. destruct (Nat.leb_spec (l + l') m); [lia|reflexivity]. }
      rewrite !X, sum_swap. apply sum_ext. intros l' _. apply sum_ext. intros l _. unfold term.
      rewrite (Nat.add_comm l' l). destruct (l + l' <=? m)%nat; [|reflexivity].
      rewrite sum_swap. apply sum_ext. intros v' _. apply sum_ext. intros v _.
      rewrite (block_ext letters q G j _ (fun z => x (v ++ v' ++ z)) (fun z => x (v' ++ v ++ z))).
      - ring.
      - intros z _. apply Hx. rewrite !app_assoc. apply Permutation_app_tail, Permutation_app_comm.
    Qed.

    Theorem block_symmetric j m x w w' : symmetric x -> length w = j -> Permutation w w' ->
      block letters q G j m x w = block letters q G j m x w'.
    Proof.
      intros Hx Hw H. revert j m x Hx Hw.
      induction H as [|i w w' _ IH|i i' w|w w' w'' H1 IH1 _ IH2]; intros j m x Hx Hw.
      - reflexivity.
      - destruct j as [|j]; [reflexivity|]. injection Hw as Hw. rewrite !block_S. apply sum_ext.
        intros l _. destruct (l <=? m)%nat; [|reflexivity]. apply sum_ext. intros v _. f_equal.
        apply IH; [apply symmetric_after, Hx|exact Hw].
      - destruct j as [|[|j]]; try discriminate. apply block_swap, Hx.
      - rewrite (IH1 j m x Hx Hw). apply IH2; [exact Hx|].
        rewrite <- Hw. symmetry. apply Permutation_length, H1.
    Qed.

    (** On symmetric tensors a block sees only what the coefficients do to symmetric tensors. *)
    Variable G' : nat -> I -> list I -> R.
    Hypothesis alike : forall l i z, symmetric z -> apply (words l) (G l) z i = apply (words l) (G' l) z i.

    Lemma block_alike j m x w : symmetric x -> length w = j ->
      block letters q G j m x w = block letters q G' j m x w.
    Proof.
      revert m x w. induction j as [|j IH]; intros m x w Hx Hw; [reflexivity|].
      destruct w as [|i w]; [discriminate|]. injection Hw as Hw. rewrite !block_S. apply sum_ext.
      intros l _. destruct (l <=? m)%nat; [|reflexivity]. rewrite alike.
      - apply sum_ext. intros v _. f_equal. apply IH; [apply symmetric_after, Hx|exact Hw].
      - intros v v' Hv. apply block_ext. intros z _. apply Hx. apply Permutation_app_tail, Hv.
    Qed.
  End Blocks.

  Variable q : nat.
  Variables G G' : nat -> nat -> I -> list I -> R.
  Variable N : nat.
  Variable u0 : I -> R.
  Hypothesis alike : forall k l i z, symmetric z ->
    apply (words l) (G k l) z i = apply (words l) (G' k l) z i.

  Lemma traj_alike k i : traj letters q G u0 k i = traj letters q G' u0 k i.
  Proof.
    revert i. induction k as [|k IH]; intro i; [reflexivity|]. simpl. unfold phi. apply sum_ext.
    intros l _. rewrite alike by apply power_symmetric. apply sum_ext. intros w _. f_equal.
    induction w as [|i' w IHw]; simpl; [|rewrite IH, IHw]; reflexivity.
  Qed.

  (** The level j of the truncated solution at words of length j, and 0 at others. *)
  Definition level (y : nat -> list I -> R) (j : nat) (w : list I) : R :=
    if (length w =? j)%nat then y j w else 0.
  Lemma level_symmetric y j : (forall w w', length w = j -> Permutation w w' -> y j w = y j w') ->
    symmetric (level y j).
  Proof.
    intros H w w' Hw. unfold level. rewrite (Permutation_length Hw).
    destruct (Nat.eqb_spec (length w') j) as [E|]; [|reflexivity].
    apply H; [rewrite (Permutation_length Hw); exact E|exact Hw].
  Qed.

  Theorem truncated_symmetric k j w w' : length w = j -> Permutation w w' ->
    y letters q G N u0 k j w = y letters q G N u0 k j w'.
  Proof.
    revert j w w'. induction k as [|k IH]; intros j w w' Hw H; [apply power_symmetric, H|]. simpl.
    f_equal; [|apply block_symmetric; auto; intros ? ? _; reflexivity].
    apply sum_ext. intros m _.
    assert (E : forall v, block letters q (G k) j m (y letters q G N u0 k m) v
                        = block letters q (G k) j m (level (y letters q G N u0 k) m) v).
    { intro v. apply block_ext. intros z Hz. unfold level. rewrite Hz, Nat.eqb_refl. reflexivity. }
    rewrite !E. apply block_symmetric; auto. apply level_symmetric. intros. apply IH; assumption.
  Qed.

  Theorem truncated_alike k j w : length w = j ->
    y letters q G N u0 k j w = y letters q G' N u0 k j w.
  Proof.
    revert j w. induction k as [|k IH]; intros j w Hw; [reflexivity|]. simpl. f_equal.
    - apply sum_ext. intros m _.
      rewrite (block_ext letters q (G k) j m _ (level (y letters q G N u0 k) m)).
      + rewrite (block_alike q (G k) (G' k) (alike k)); [|apply level_symmetric|exact Hw].
        * apply block_ext. intros z Hz. unfold level. rewrite Hz, Nat.eqb_refl. apply IH, Hz.
        * intros. apply truncated_symmetric; assumption.
      + intros z Hz. unfold level. rewrite Hz, Nat.eqb_refl. reflexivity.
    - apply block_alike; [apply alike|intros ? ? _; reflexivity|exact Hw].
  Qed.

  (** Theorem 2.1 with the multilinear norms of the replacements. *)
  Theorem majorant_bound_symmetrised g w T : (forall l, 0 <= g l) ->
    (forall k vs, (length vs <= q)%nat ->
      l2 letters (apply (words (length vs)) (G' k (length vs)) (prodt vs))
      <= g (length vs) * weight letters vs) ->
    (forall k, (k < T)%nat -> l2 letters (traj letters q G u0 k) <= w k) -> (1 <= N)%nat ->
    l2 letters (fun i => traj letters q G u0 T i - y letters q G N u0 T 1 [i]) <= E q g N w T 1.
  Proof.
    intros Hg HG Hw HN.
    rewrite (l2_ext letters _ (fun i => traj letters q G' u0 T i - y letters q G' N u0 T 1 [i])).
    - apply (majorant_bound letters q G' N u0 g Hg HG w T); [|exact HN].
      intros k Hk. eapply Rle_trans; [|apply Hw, Hk]. right. apply l2_ext. intros. symmetry.
      apply traj_alike.
    - intros i _. rewrite traj_alike, truncated_alike by reflexivity. reflexivity.
  Qed.
End Symmetry.
