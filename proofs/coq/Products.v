(** Sums of product tensors, so that multilinear norms suffice.

    [rep j x B]: the tensor x of level j is a sum of products v_1 (x) ... (x) v_j whose weights
    |v_1| ... |v_j| add up to at most B. Then |x| <= B, and a block M_jm maps such tensors to such tensors
    with the factor c_jm, where only |G_l (v_1 (x) ... (x) v_l)| <= g_l |v_1| ... |v_l| is needed: the
    multilinear norm of G_l, which can be much smaller than the norm of the flattened matrix. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums Words CrossNorm Convolution Lift.
Import ListNotations.
Open Scope R_scope.

Section Products.
  Context {I : Type} (letters : list I).
  Notation words := (words letters).
  Notation tn := (tn letters).
  Notation norm := (l2 letters).

  (** v_1 (x) ... (x) v_j *)
  Fixpoint prodt (vs : list (I -> R)) (w : list I) : R :=
    match vs, w with
    | [], [] => 1
    | v :: vs', i :: w' => v i * prodt vs' w'
    | _, _ => 0
    end.
  Fixpoint weight (vs : list (I -> R)) : R :=
    match vs with [] => 1 | v :: vs' => norm v * weight vs' end.

  Lemma prodt_app vs vs' w w' : length w = length vs ->
    prodt (vs ++ vs') (w ++ w') = prodt vs w * prodt vs' w'.
  Proof.
    revert w. induction vs as [|v vs IH]; intros [|i w] H; try discriminate; simpl; [ring|].
    rewrite IH by (injection H; auto). ring.
  Qed.
  Lemma prodt_repeat u w : prodt (repeat u (length w)) w = power u w.
  Proof. induction w as [|i w IH]; simpl; [|rewrite IH]; reflexivity. Qed.
  Lemma weight_app vs vs' : weight (vs ++ vs') = weight vs * weight vs'.
  Proof. induction vs as [|v vs IH]; simpl; [|rewrite IH]; ring. Qed.
  Lemma weight_repeat u j : weight (repeat u j) = norm u ^ j.
  Proof. induction j as [|j IH]; simpl; [|rewrite IH]; reflexivity. Qed.
  Lemma weight_nonneg vs : 0 <= weight vs.
  Proof. induction vs; simpl; [lra|]. apply Rmult_le_pos; [apply l2_nonneg|assumption]. Qed.
  Theorem tn_prodt vs : tn (length vs) (prodt vs) = weight vs.
  Proof.
    induction vs as [|v vs IH]; [rewrite tn_0; apply Rabs_R1|].
    simpl weight. rewrite <- IH, <- tn_cons. apply tn_ext. intros [|i w] H; [discriminate|reflexivity].
  Qed.

  Definition rep (j : nat) (x : list I -> R) (B : R) : Prop := exists ts : list (list (I -> R)),
    (forall t, In t ts -> length t = j)
    /\ (forall w, length w = j -> x w = sum ts (fun t => prodt t w))
    /\ sum ts weight <= B.

  Lemma rep_ext j x y B : (forall w, length w = j -> x w = y w) -> rep j y B -> rep j x B.
  Proof.
    intros H (ts & Hl & Hx & HB). exists ts. repeat split; auto.
    intros w Hw. rewrite H by exact Hw. auto.
  Qed.
  Lemma rep_le j x B B' : B <= B' -> rep j x B -> rep j x B'.
  Proof. intros H (ts & Hl & Hx & HB). exists ts. repeat split; auto. lra. Qed.
  Lemma rep_nonneg j x B : rep j x B -> 0 <= B.
  Proof.
    intros (ts & _ & _ & HB). eapply Rle_trans; [|exact HB]. apply sum_nonneg. intros. apply weight_nonneg.
  Qed.
  Lemma rep_0 j : rep j (fun _ => 0) 0.
  Proof. exists []. repeat split; [intros t []|]. cbv [sum]. lra. Qed.
  Lemma rep_plus j x y B B' : rep j x B -> rep j y B' -> rep j (fun w => x w + y w) (B + B').
  Proof.
    intros (ts & Hl & Hx & HB) (ts' & Hl' & Hy & HB'). exists (ts ++ ts'). repeat split.
    - intros t Ht. apply in_app_or in Ht as [Ht|Ht]; auto.
    - intros w Hw. rewrite sum_app, Hx, Hy by exact Hw. reflexivity.
    - rewrite sum_app. lra.
  Qed.
  Lemma rep_sum {A : Type} j (l : list A) (x : A -> list I -> R) (B : A -> R) :
    (forall b, In b l -> rep j (x b) (B b)) -> rep j (fun w => sum l (fun b => x b w)) (sum l B).
  Proof.
    induction l as [|b l IH]; intro H; [apply rep_0|].
    apply rep_ext with (fun w => x b w + sum l (fun b => x b w)); [reflexivity|].
    apply rep_plus; [apply H, in_eq|apply IH]. intros. apply H. right. assumption.
  Qed.
  Lemma rep_product t : rep (length t) (prodt t) (weight t).
  Proof.
    exists [t]. repeat split.
    - intros s [<-|[]]. reflexivity.
    - intros. cbv [sum]. ring.
    - cbv [sum]. lra.
  Qed.
  Lemma rep_power u j c : norm u <= c -> rep j (power u) (c ^ j).
  Proof.
    intro H. apply rep_le with (norm u ^ j).
    { apply pow_incr. split; [apply l2_nonneg|exact H]. }
    pose proof (rep_product (repeat u j)) as P. rewrite repeat_length, weight_repeat in P.
    apply rep_ext with (2 := P). intros w <-. symmetry. apply prodt_repeat.
  Qed.
  Lemma rep_cons j a c x B : norm a <= c -> rep j x B ->
    rep (S j) (fun w => match w with [] => 0 | i :: w' => a i * x w' end) (c * B).
  Proof.
    intros Ha H. pose proof (rep_nonneg j x B H) as HB0. destruct H as (ts & Hl & Hx & HB).
    exists (map (cons a) ts). repeat split.
    - intros t Ht. apply in_map_iff in Ht as (s & <- & Hs). simpl. rewrite Hl by exact Hs. reflexivity.
    - intros [|i w] Hw; [discriminate|]. rewrite sum_map, Hx by (injection Hw; auto).
      rewrite <- sum_scal. reflexivity.
    - rewrite sum_map. simpl. rewrite sum_scal.
      apply Rle_trans with (norm a * B); [apply Rmult_le_compat_l; [apply l2_nonneg|exact HB]|].
      apply Rmult_le_compat_r; assumption.
  Qed.

  (** The sum of the weights bounds the Euclidean norm. *)
  Theorem rep_norm j x B : rep j x B -> tn j x <= B.
  Proof.
    intros (ts & Hl & Hx & HB). eapply Rle_trans; [|exact HB].
    rewrite (tn_ext letters j x (fun w => sum ts (fun t => prodt t w))) by exact Hx.
    eapply Rle_trans; [apply (l2_sum (words j) ts prodt)|]. apply sum_le. intros t Ht.
    rewrite <- tn_prodt, (Hl t Ht). right. reflexivity.
  Qed.

  (** ** Blocks of the lift *)
  Variable q : nat.
  Variable G : nat -> I -> list I -> R.
  Variable g : nat -> R.
  Hypothesis g_nonneg : forall l, 0 <= g l.
  Hypothesis G_multi : forall vs, (length vs <= q)%nat ->
    norm (apply (words (length vs)) (G (length vs)) (prodt vs)) <= g (length vs) * weight vs.

  Lemma block_product j : forall t,
    rep j (block letters q G j (length t) (prodt t)) (coef q g j (length t) * weight t).
  Proof.
    induction j as [|j IH]; intro t.
    - simpl. destruct t as [|v t]; simpl.
      + apply rep_ext with (prodt []).
        * intros [|i w] Hw; [reflexivity|discriminate].
        * rewrite Rmult_1_r. apply (rep_product []).
      + rewrite Rmult_0_l. apply rep_0.
    - set (m := length t).
      apply rep_ext with (fun w => sum (seq 0 (S q)) (fun l => match w with [] => 0 | i :: w' =>
        if (l <=? m)%nat
        then apply (words l) (G l) (fun v => block letters q G j (m - l)
               (fun v' => prodt t (v ++ v')) w') i else 0 end)).
      { intros [|i w] Hw; [discriminate|reflexivity]. }
      simpl coef. rewrite <- (sum_scal_r (seq 0 (S q))). apply rep_sum. intros l Hl.
      apply in_range in Hl. destruct (Nat.leb_spec l m) as [Hlm|].
      2:{ rewrite Rmult_0_l. apply rep_ext with (fun _ => 0); [|apply rep_0].
          intros [|i w] _; reflexivity. }
      set (t1 := firstn l t). set (t2 := skipn l t).
      assert (H1 : length t1 = l) by (apply firstn_length_le; exact Hlm).
      assert (H2 : length t2 = (m - l)%nat) by apply skipn_length.
      replace (g l * coef q g j (m - l) * weight t)
        with (g l * weight t1 * (coef q g j (m - l) * weight t2)).
      2:{ replace (weight t) with (weight t1 * weight t2); [ring|].
          rewrite <- weight_app. unfold t1, t2. rewrite firstn_skipn. reflexivity. }
      apply rep_ext with (fun w => match w with [] => 0 | i :: w' =>
        apply (words l) (G l) (prodt t1) i * block letters q G j (m - l) (prodt t2) w' end).
      { intros [|i w] Hw; [reflexivity|]. unfold apply. rewrite <- sum_scal_r. apply sum_ext.
        intros v Hv. apply words_length in Hv. rewrite Rmult_assoc. f_equal. rewrite <- block_scal.
        apply block_ext. intros v' _. rewrite <- (firstn_skipn l t). apply prodt_app.
        rewrite Hv. symmetry. exact H1. }
      rewrite <- H2. apply rep_cons; [|apply IH].
      rewrite <- H1 at 1 2 3. apply G_multi. lia.
  Qed.

  Theorem block_rep j m x B : rep m x B -> rep j (block letters q G j m x) (coef q g j m * B).
  Proof.
    intros (ts & Hl & Hx & HB).
    apply rep_ext with (fun w => sum ts (fun t => block letters q G j m (prodt t) w)).
    { intros w _. rewrite <- block_sum. apply block_ext. exact Hx. }
    apply rep_le with (sum ts (fun t => coef q g j m * weight t)).
    { rewrite sum_scal. apply Rmult_le_compat_l; [apply coef_nonneg, g_nonneg|exact HB]. }
    apply rep_sum. intros t Ht. rewrite <- (Hl t Ht). apply block_product.
  Qed.

  (** g is a majorant: |Phi(u)| <= g(|u|). *)
  Theorem phi_norm_multi u : norm (phi letters q G u) <= poly q g (norm u).
  Proof.
    unfold phi, poly.
    eapply Rle_trans; [apply (l2_sum letters (seq 0 (S q)) (fun l => apply (words l) (G l) (power u)))|].
    apply sum_le. intros l Hl. apply in_range in Hl.
    pose proof (G_multi (repeat u l)) as H. rewrite repeat_length, weight_repeat in H.
    eapply Rle_trans; [|apply H; lia]. right. apply l2_ext. intros i _. apply sum_ext. intros v Hv.
    apply words_length in Hv. rewrite <- Hv, prodt_repeat. reflexivity.
  Qed.
End Products.

(** Norms of flattened matrices are multilinear norms, too. *)
Lemma flattened_multi {I : Type} (letters : list I) (A : I -> list I -> R) c vs :
  (forall x, l2 letters (apply (words letters (length vs)) A x) <= c * tn letters (length vs) x) ->
  l2 letters (apply (words letters (length vs)) A (prodt vs)) <= c * weight letters vs.
Proof. intro H. rewrite <- tn_prodt. apply H. Qed.
