(** The truncation error of the exact lift component by component (weighted sup norm).

    A row of the map is a list of monomials (coefficient, word): any degree, constants allowed. The weighted
    l1 norm of a row at the weights s is its majorant; it is multiplicative on products of rows. *)
From Coq Require Import Reals Lra Lia List Arith.
Import ListNotations.
Open Scope R_scope.

Section PolyMap.
  Variable I : Type.
  Definition word := list I.
  Definition poly := list (R * word).

  (* evaluate a tensor-vector y (a function of words) against a polynomial *)
  Fixpoint ev (y : word -> R) (p : poly) : R :=
    match p with [] => 0 | (c, w) :: p' => c * y w + ev y p' end.

  (* u^{(x)|w|} at w *)
  Fixpoint mono (u : I -> R) (w : word) : R :=
    match w with [] => 1 | x :: w' => u x * mono u w' end.

  (* weighted l1 norm: sum |c| s^w -- the majorant of p at the weight vector s *)
  Fixpoint maj (s : I -> R) (p : poly) : R :=
    match p with [] => 0 | (c, w) :: p' => Rabs c * mono s w + maj s p' end.

  Definition pmul1 (t : R * word) (q : poly) : poly :=
    map (fun t' => (fst t * fst t', snd t ++ snd t')) q.
  Fixpoint pmul (p q : poly) : poly :=
    match p with [] => [] | t :: p' => pmul1 t q ++ pmul p' q end.

  Variable F : I -> poly.
  Definition stepF (u : I -> R) : I -> R := fun i => ev (mono u) (F i).

  (* row of the (infinite) Carleman matrix indexed by the word w *)
  Fixpoint lift (w : word) : poly :=
    match w with [] => [(1, [])] | i :: w' => pmul (F i) (lift w') end.

  (* one step of the truncated Carleman system *)
  Definition trunc (N : nat) (y : word -> R) : word -> R :=
    fun w => if (length w <=? N)%nat then y w else 0.
  Definition stepC (N : nat) (y : word -> R) : word -> R :=
    fun w => ev (trunc N y) (lift w).

  Fixpoint traj (u0 : I -> R) (k : nat) : I -> R :=
    match k with O => u0 | S k' => stepF (traj u0 k') end.
  Fixpoint carl (N : nat) (u0 : I -> R) (k : nat) : word -> R :=
    match k with O => mono u0 | S k' => stepC N (carl N u0 k') end.

  (** *** The lift is exact and the majorant is submultiplicative. *)
  Lemma ev_app y p q : ev y (p ++ q) = ev y p + ev y q.
  Proof. induction p as [|[c w] p IH]; simpl; [ring|rewrite IH; ring]. Qed.
  Lemma maj_app s p q : maj s (p ++ q) = maj s p + maj s q.
  Proof. induction p as [|[c w] p IH]; simpl; [ring|rewrite IH; ring]. Qed.
  Lemma mono_app u v w : mono u (v ++ w) = mono u v * mono u w.
  Proof. induction v as [|x v IH]; simpl; [ring|rewrite IH; ring]. Qed.
  Lemma ev_pmul u p q : ev (mono u) (pmul p q) = ev (mono u) p * ev (mono u) q.
  Proof.
    induction p as [|[c w] p IH]; simpl; [ring|].
    rewrite ev_app, IH.
    assert (H : ev (mono u) (pmul1 (c, w) q) = c * mono u w * ev (mono u) q).
    { clear IH. unfold pmul1. induction q as [|[d v] q IHq]; simpl; [ring|].
      simpl in IHq. rewrite IHq, mono_app. ring. }
    rewrite H. ring.
  Qed.
  Lemma maj_pmul s p q : maj s (pmul p q) = maj s p * maj s q.
  Proof.
    induction p as [|[c w] p IH]; simpl; [ring|].
    rewrite maj_app, IH.
    assert (H : maj s (pmul1 (c, w) q) = Rabs c * mono s w * maj s q).
    { clear IH. unfold pmul1. induction q as [|[d v] q IHq]; simpl; [ring|].
      simpl in IHq. rewrite IHq, mono_app, Rabs_mult. ring. }
    rewrite H. ring.
  Qed.
  Lemma mono_nonneg s w : (forall i, 0 <= s i) -> 0 <= mono s w.
  Proof. intros Hs. induction w as [|i w IH]; simpl; [lra|]. apply Rmult_le_pos; auto. Qed.
  Lemma maj_nonneg s p : (forall i, 0 <= s i) -> 0 <= maj s p.
  Proof.
    intros Hs. induction p as [|[c w] p IH]; simpl; [lra|].
    apply Rplus_le_le_0_compat; [apply Rmult_le_pos; [apply Rabs_pos|apply mono_nonneg]|]; auto.
  Qed.

  Theorem lift_exact u w : ev (mono u) (lift w) = mono (stepF u) w.
  Proof.
    induction w as [|i w IH]; simpl; [ring|]. rewrite ev_pmul, IH. reflexivity.
  Qed.

  Lemma lift_maj s t w : (forall i, 0 <= s i) -> (forall i, maj s (F i) <= t i) ->
    maj s (lift w) <= mono t w.
  Proof.
    intros Hs Ht. induction w as [|i w IH]; simpl.
    - rewrite Rabs_R1. lra.
    - rewrite maj_pmul. apply Rmult_le_compat; auto using maj_nonneg.
  Qed.

  Lemma ev_minus y z p : ev y p - ev z p = ev (fun w => y w - z w) p.
  Proof. induction p as [|[c w] p IH]; simpl; [ring|rewrite <- IH; ring]. Qed.
  Lemma ev_bound y p s kappa : (forall w, Rabs (y w) <= kappa * mono s w) ->
    Rabs (ev y p) <= kappa * maj s p.
  Proof.
    intros Hy. induction p as [|[c w] p IH]; simpl.
    - rewrite Rabs_R0. lra.
    - eapply Rle_trans; [apply Rabs_triang|]. rewrite Rmult_plus_distr_l.
      apply Rplus_le_compat; [|exact IH]. rewrite Rabs_mult.
      replace (kappa * (Rabs c * mono s w)) with (Rabs c * (kappa * mono s w)) by ring.
      apply Rmult_le_compat_l; [apply Rabs_pos|apply Hy].
  Qed.
  Lemma mono_bound u s q w : (forall i, Rabs (u i) <= q * s i) ->
    Rabs (mono u w) <= q ^ length w * mono s w.
  Proof.
    intros Hu. induction w as [|x w IH]; simpl; [rewrite Rabs_R1; lra|].
    rewrite Rabs_mult.
    replace (q * q ^ length w * (s x * mono s w)) with ((q * s x) * (q ^ length w * mono s w)) by ring.
    apply Rmult_le_compat; auto using Rabs_pos.
  Qed.

  (** *** Main theorem.  [s k] is a (component- and time-dependent) weight vector with
      [majorant (s k) <= s (k+1)]; the true trajectory satisfies |u_k| <= q s_k.     *)
  Variables (N : nat) (u0 : I -> R) (s : nat -> I -> R) (q : R).
  Hypothesis q_range : 0 <= q <= 1.
  Hypothesis s_nonneg : forall k i, 0 <= s k i.
  Hypothesis s_super : forall k i, maj (s k) (F i) <= s (S k) i.
  Hypothesis true_bound : forall k i, Rabs (traj u0 k i) <= q * s k i.

  Theorem carleman_truncation_levels : forall k w, (length w <= N)%nat ->
    Rabs (mono (traj u0 k) w - carl N u0 k w) <= q ^ S N * mono (s k) w.
  Proof.
    assert (Hq : 0 <= q ^ S N) by (apply pow_le; lra).
    induction k as [|k IH]; intros w Hw.
    - simpl carl. simpl traj. rewrite Rminus_diag_eq by reflexivity. rewrite Rabs_R0.
      apply Rmult_le_pos; [|apply mono_nonneg]; auto.
    - simpl. unfold stepC. rewrite <- lift_exact, ev_minus.
      eapply Rle_trans; [apply ev_bound with (s := s k) (kappa := q ^ S N)|].
      + intros v. unfold trunc. destruct (Nat.leb_spec (length v) N) as [Hv|Hv].
        * apply IH; exact Hv.
        * rewrite Rminus_0_r. eapply Rle_trans; [apply mono_bound; apply true_bound|].
          apply Rmult_le_compat_r; [apply mono_nonneg; auto|].
          replace (length v) with (S N + (length v - S N))%nat by lia. rewrite pow_add.
          rewrite <- (Rmult_1_r (q ^ S N)) at 2. apply Rmult_le_compat_l; [exact Hq|].
          rewrite <- (pow1 (length v - S N)). apply pow_incr. lra.
      + apply Rmult_le_compat_l; [exact Hq|]. apply lift_maj; auto.
  Qed.

  Corollary carleman_truncation_error : (1 <= N)%nat -> forall k i,
    Rabs (traj u0 k i - carl N u0 k [i]) <= q ^ S N * s k i.
  Proof.
    intros HN k i. pose proof (carleman_truncation_levels k [i] ltac:(simpl; lia)) as H.
    simpl in H. rewrite !Rmult_1_r in H. exact H.
  Qed.
End PolyMap.
