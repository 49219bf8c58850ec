(** Fixed radii, and quadratic maps u+ = A1 u + A2 (u (x) u) + F0 with row-sum norms a, b, f. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import SupNorm.
Import ListNotations.
Open Scope R_scope.

Section FixedWeights.
  Variable I : Type.
  Variable F : I -> poly I.
  Variables (N : nat) (u0 : I -> R) (r s : I -> R) (q : R).
  Hypothesis HN : (1 <= N)%nat.
  Hypothesis q_range : 0 <= q <= 1.
  Hypothesis s_nonneg : forall i, 0 <= s i.
  Hypothesis r_q_s : forall i, r i <= q * s i.
  Hypothesis inv_r : forall i, maj I r (F i) <= r i.
  Hypothesis inv_s : forall i, maj I s (F i) <= s i.
  Hypothesis u0_r : forall i, Rabs (u0 i) <= r i.

  (* L2, polynomial form: the box of radii r is invariant *)
  Theorem invariant_box : forall k i, Rabs (traj I F u0 k i) <= r i.
  Proof.
    induction k as [|k IH]; intro i; simpl; [auto|].
    unfold stepF. eapply Rle_trans; [|apply inv_r].
    rewrite <- (Rmult_1_l (maj I r (F i))). apply ev_bound. intro w.
    rewrite <- (pow1 (length w)). apply mono_bound. intro x. rewrite Rmult_1_l. apply IH.
  Qed.

  Theorem carleman_error_fixed : forall k i,
    Rabs (traj I F u0 k i - carl I F N u0 k [i]) <= s i * q ^ S N.
  Proof.
    intros k i. rewrite Rmult_comm.
    apply (carleman_truncation_error I F N u0 (fun _ => s) q q_range); auto.
    intros t x. eapply Rle_trans; [apply invariant_box|apply r_q_s].
  Qed.
End FixedWeights.

Section Quadratic.
  Variable I : Type.
  Variable idx : list I.                  (* the finite index set *)
  Variables (A1 : I -> I -> R) (A2 : I -> I -> I -> R) (F0 : I -> R).

  Definition lin i : poly I := map (fun j => (A1 i j, [j])) idx.
  Definition quad i : poly I := map (fun jk => (A2 i (fst jk) (snd jk), [fst jk; snd jk]))
                                    (list_prod idx idx).
  Definition Fq i : poly I := (F0 i, []) :: lin i ++ quad i.

  Definition rsum {A} (f : A -> R) (l : list A) : R := fold_right (fun x acc => f x + acc) 0 l.

  (* the step really is A1 u + A2 (u (x) u) + F0 *)
  Lemma Fq_step u i : stepF I Fq u i =
    F0 i + rsum (fun j => A1 i j * u j) idx
         + rsum (fun jk => A2 i (fst jk) (snd jk) * (u (fst jk) * u (snd jk))) (list_prod idx idx).
  Proof.
    unfold stepF, Fq, lin, quad. simpl. rewrite ev_app.
    assert (H1 : forall l, ev I (mono I u) (map (fun j => (A1 i j, [j])) l)
                 = rsum (fun j => A1 i j * u j) l).
    { induction l as [|x l IH]; simpl; [reflexivity|rewrite IH; ring]. }
    assert (H2 : forall l, ev I (mono I u)
        (map (fun jk => (A2 i (fst jk) (snd jk), [fst jk; snd jk])) l)
        = rsum (fun jk => A2 i (fst jk) (snd jk) * (u (fst jk) * u (snd jk))) l).
    { induction l as [|x l IH]; simpl; [reflexivity|rewrite IH; ring]. }
    rewrite H1, H2. ring.
  Qed.

  Lemma Fq_maj x i : maj I (fun _ => x) (Fq i) = Rabs (F0 i)
      + x * rsum (fun j => Rabs (A1 i j)) idx
      + x ^ 2 * rsum (fun jk => Rabs (A2 i (fst jk) (snd jk))) (list_prod idx idx).
  Proof.
    unfold Fq, lin, quad. simpl maj. rewrite maj_app.
    assert (H1 : forall l, maj I (fun _ => x) (map (fun j => (A1 i j, [j])) l)
                 = x * rsum (fun j => Rabs (A1 i j)) l).
    { induction l as [|y l IH]; simpl; [ring|rewrite IH; ring]. }
    assert (H2 : forall l, maj I (fun _ => x)
        (map (fun jk => (A2 i (fst jk) (snd jk), [fst jk; snd jk])) l)
        = x ^ 2 * rsum (fun jk => Rabs (A2 i (fst jk) (snd jk))) l).
    { induction l as [|y l IH]; simpl in *; [ring|rewrite IH; ring]. }
    rewrite H1, H2. simpl. ring.
  Qed.

  Variables (a b f : R).
  Hypothesis A1_norm : forall i, rsum (fun j => Rabs (A1 i j)) idx <= a.
  Hypothesis A2_norm : forall i,
    rsum (fun jk => Rabs (A2 i (fst jk) (snd jk))) (list_prod idx idx) <= b.
  Hypothesis F0_norm : forall i, Rabs (F0 i) <= f.

  Lemma Fq_maj_le x i : 0 <= x -> maj I (fun _ => x) (Fq i) <= f + a * x + b * x ^ 2.
  Proof.
    intros Hx. rewrite Fq_maj. specialize (A1_norm i). specialize (A2_norm i). specialize (F0_norm i).
    assert (0 <= x ^ 2) by (apply pow_le; lra).
    assert (x * rsum (fun j => Rabs (A1 i j)) idx <= x * a) by (apply Rmult_le_compat_l; lra).
    assert (x ^ 2 * rsum (fun jk => Rabs (A2 i (fst jk) (snd jk))) (list_prod idx idx) <= x ^ 2 * b)
      by (apply Rmult_le_compat_l; lra).
    lra.
  Qed.

  (* Forced: any r <= s with G(r) <= r, G(s) <= s, G(x) = f + a x + b x^2. *)
  Theorem quad_forced_error : forall (N : nat) u0 r s, (1 <= N)%nat ->
    0 <= r <= s -> 0 < s -> f + a * r + b * r ^ 2 <= r -> f + a * s + b * s ^ 2 <= s ->
    (forall i, Rabs (u0 i) <= r) -> forall k i,
    Rabs (traj I Fq u0 k i - carl I Fq N u0 k [i]) <= s * (r / s) ^ S N.
  Proof.
    intros N u0 r s HN Hrs Hs Gr Gs Hu k i.
    assert (Hq : 0 <= r / s <= 1).
    { split; [apply Rmult_le_pos; [|left; apply Rinv_0_lt_compat]; lra|].
      apply Rmult_le_reg_r with s; [lra|]. field_simplify; lra. }
    apply (carleman_error_fixed I Fq N u0 (fun _ => r) (fun _ => s)); auto; intros; cbv beta.
    - lra.
    - right. field. lra.
    - eapply Rle_trans; [apply Fq_maj_le; lra|exact Gr].
    - eapply Rle_trans; [apply Fq_maj_le; lra|exact Gs].
  Qed.

  (* Homogeneous: the discrete Liu et al. bound, for all k and all N. *)
  Theorem quad_R_error : forall (N : nat) u0 r, (1 <= N)%nat -> f = 0 ->
    0 <= r -> a < 1 -> 0 < b -> b * r / (1 - a) <= 1 ->
    (forall i, Rabs (u0 i) <= r) -> forall k i,
    Rabs (traj I Fq u0 k i - carl I Fq N u0 k [i]) <= r * (b * r / (1 - a)) ^ N.
  Proof.
    intros N u0 r HN Hf Hr Ha Hb HR Hu k i.
    assert (Hs : 0 < (1 - a) / b) by (apply Rdiv_lt_0_compat; lra).
    assert (Hbr : b * r <= 1 - a).
    { apply Rmult_le_reg_r with (/ (1 - a)); [apply Rinv_0_lt_compat; lra|].
      rewrite Rinv_r by lra. exact HR. }
    assert (Hrs : r <= (1 - a) / b).
    { apply Rmult_le_reg_r with b; [lra|]. field_simplify; lra. }
    eapply Rle_trans.
    - apply quad_forced_error with (s := (1 - a) / b) (r := r); auto; try lra.
      + rewrite Hf. simpl. assert (r * (b * r) <= r * (1 - a)) by (apply Rmult_le_compat_l; lra). lra.
      + rewrite Hf. right. field. lra.
    - right. cbn [pow].
      replace (r / ((1 - a) / b)) with (b * r / (1 - a)) by (field; lra). field. lra.
  Qed.
End Quadratic.

