(** Theorem 7.3: a system solved with an inexact encoding of its matrix.

    |A^-1| <= iota, |A - A~| <= eps and iota eps < 1. *)
From Coq Require Import Reals Lra Lia List Arith.
From Coquelicot Require Import Coquelicot.
From QGD Require Import Sums CrossNorm Orthogonal BlockEncoding.
Import ListNotations.
Open Scope R_scope.

(** A matrix and a convergent series of vectors. *)
Lemma apply_series {P Q : Type} (m : list Q) (M : P -> Q -> R) (d : nat -> Q -> R) p :
  (forall q, In q m -> ex_series (fun n => d n q)) ->
  ex_series (fun n => apply m M (d n) p)
  /\ Series (fun n => apply m M (d n) p) = apply m M (fun q => Series (fun n => d n q)) p.
Proof.
  intro H. unfold apply. induction m as [|q m IH].
  - unfold Sums.sum. assert (E : is_series (fun _ : nat => 0) 0).
    { change (is_lim_seq (sum_n (fun _ : nat => 0)) 0).
      apply (is_lim_seq_ext (fun _ => 0)); [|apply is_lim_seq_const].
      intro n. rewrite sum_n_const. ring. }
    split; [exists 0; exact E|]. apply is_series_unique, E.
  - destruct IH as [IH E]; [intros; apply H; right; assumption|].
    assert (Hq : ex_series (fun n => M p q * d n q)).
    { apply (ex_series_scal (V := R_NormedModule) (M p q)), H, in_eq. }
    split.
    + apply (ex_series_plus (V := R_NormedModule)); assumption.
    + rewrite sum_cons, <- E, <- Series_scal_l. apply Series_plus; assumption.
Qed.

Section Inexact.
  Context {I : Type} (l : list I).
  Variables (A inverse A' : I -> I -> R) (iota eps : R).
  Hypothesis right_inverse : forall x i, In i l -> apply l A (apply l inverse x) i = x i.
  Hypothesis left_inverse : forall x i, In i l -> apply l inverse (apply l A x) i = x i.
  Hypothesis inverse_norm : norm_le l l inverse iota.
  Hypothesis error : norm_le l l (fun i j => A i j - A' i j) eps.
  Hypothesis iota_nonneg : 0 <= iota.
  Hypothesis eps_nonneg : 0 <= eps.
  Hypothesis small : iota * eps < 1.

  Lemma error_acts x i : apply l (fun i j => A i j - A' i j) x i = apply l A x i - apply l A' x i.
  Proof. unfold apply. rewrite <- sum_minus. apply sum_ext. intros. ring. Qed.
  (** sigma_min falls by eps at most. *)
  Theorem smallest_singular_value s : (forall x, s * l2 l x <= l2 l (apply l A x)) ->
    forall x, (s - eps) * l2 l x <= l2 l (apply l A' x).
  Proof.
    intros Hs x. specialize (Hs x). pose proof (error x) as E.
    rewrite (l2_ext l _ (fun i => apply l A x i - apply l A' x i)) in E by (intros; apply error_acts).
    assert (T : l2 l (apply l A x) <= l2 l (fun i => apply l A x i - apply l A' x i)
      + l2 l (apply l A' x)).
    { eapply Rle_trans; [|apply minkowski]. right. apply l2_ext. intros. ring. }
    lra.
  Qed.
  (** |A~^-1| <= iota / (1 - iota eps), and A~ is one to one. *)
  Theorem inexact_inverse_norm x : l2 l x <= iota / (1 - iota * eps) * l2 l (apply l A' x).
  Proof.
    assert (H : l2 l x <= iota * l2 l (apply l A x)).
    { rewrite (l2_ext l x (apply l inverse (apply l A x))) at 1; [apply inverse_norm|].
      intros. symmetry. apply left_inverse. assumption. }
    destruct (Req_dec iota 0) as [E|E].
    - rewrite E in H. pose proof (l2_nonneg l x). rewrite E. unfold Rdiv. rewrite !Rmult_0_l in *. lra.
    - assert (Hi : 0 < iota) by lra.
      pose proof (smallest_singular_value (/ iota)) as S. specialize (S ltac:(
        intro y; apply Rmult_le_reg_l with iota; [exact Hi|];
          rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l by lra;
        rewrite (l2_ext l y (apply l inverse (apply l A y))) at 1;
        [apply inverse_norm|intros; symmetry; apply left_inverse; assumption]) x).
      apply Rmult_le_reg_l with (/ iota - eps).
      + apply Rmult_lt_reg_l with iota; [exact Hi|]. rewrite Rmult_minus_distr_l, Rinv_r by lra. lra.
      + eapply Rle_trans; [exact S|]. right. field. lra.
  Qed.

  (** A~ z = b has a solution: the Neumann series sum_n (A^-1 (A - A~))^n A^-1 b. *)
  Definition contraction (i j : I) : R := Sums.sum l (fun k => inverse i k * (A k j - A' k j)).
  Fixpoint neumann (b : I -> R) (n : nat) : I -> R :=
    match n with O => apply l inverse b | S n' => apply l contraction (neumann b n') end.
  Definition inexact_solution (b : I -> R) (i : I) : R := Series (fun n => neumann b n i).
  Lemma neumann_norm b n : l2 l (neumann b n) <= (iota * eps) ^ n * (iota * l2 l b).
  Proof.
    induction n as [|n IH]; simpl.
    - rewrite Rmult_1_l. apply inverse_norm.
    - eapply Rle_trans; [apply (norm_le_mul l l l inverse _ iota eps iota_nonneg inverse_norm error)|].
      rewrite (Rmult_assoc (iota * eps)). apply Rmult_le_compat_l; [|exact IH].
      apply Rmult_le_pos; assumption.
  Qed.
  Lemma neumann_converges b i : In i l -> ex_series (fun n => neumann b n i).
  Proof.
    intro Hi. apply (ex_series_le (V := R_CompleteNormedModule) _ (fun n => (iota * l2 l b)
      * (iota * eps) ^ n)).
    - intro n. eapply Rle_trans; [apply (l2_member l (neumann b n) i Hi)|]. rewrite Rmult_comm.
      apply neumann_norm.
    - apply (ex_series_scal (V := R_NormedModule) (iota * l2 l b)), ex_series_geom.
      rewrite Rabs_pos_eq; [exact small|]. apply Rmult_le_pos; assumption.
  Qed.
  Theorem inexact_solvable b i : In i l -> apply l A' (inexact_solution b) i = b i.
  Proof.
    intro Hi. pose (z := inexact_solution b).
    pose (v := fun k => b k + apply l (fun i j => A i j - A' i j) z k).
    assert (Z : forall j, In j l -> z j = apply l inverse v j).
    { intros j Hj. unfold z at 1, inexact_solution.
      rewrite Series_incr_1 by (apply neumann_converges, Hj). unfold v. rewrite apply_plus.
      f_equal. simpl neumann.
      destruct (apply_series l contraction (neumann b) j) as [_ E];
        [intros; apply neumann_converges; assumption|].
      rewrite E. unfold contraction. rewrite <- apply_apply. reflexivity. }
    assert (E : apply l A z i = v i).
    { rewrite <- (right_inverse v i Hi). apply apply_ext; auto. }
    unfold v in E. rewrite error_acts in E. fold z. lra.
  Qed.

  (** The error of the answer. *)
  Theorem inexact_answer b z z' : (forall i, In i l -> apply l A z i = b i) ->
    (forall i, In i l -> apply l A' z' i = b i) ->
    l2 l (fun i => z' i - z i) <= iota ^ 2 * eps * l2 l b / (1 - iota * eps).
  Proof.
    intros Hz Hz'.
    assert (N : l2 l z <= iota * l2 l b).
    { rewrite (l2_ext l z (apply l inverse b)); [apply inverse_norm|]. intros i Hi.
      rewrite <- (left_inverse z i Hi). apply apply_ext; auto. }
    eapply Rle_trans; [apply inexact_inverse_norm|].
    rewrite (l2_ext l _ (apply l (fun i j => A i j - A' i j) z)).
    - pose proof (error z) as E.
      apply Rle_trans with (iota / (1 - iota * eps) * (eps * (iota * l2 l b))).
      + apply Rmult_le_compat_l.
        * apply Rmult_le_pos; [exact iota_nonneg|]. left. apply Rinv_0_lt_compat. lra.
        * eapply Rle_trans; [exact E|]. apply Rmult_le_compat_l; assumption.
      + right. field. lra.
    - intros i Hi. rewrite apply_minus, error_acts, Hz', Hz by exact Hi. reflexivity.
  Qed.
End Inexact.

(** From the unitary: its corner has kappa = alpha iota / (1 - iota eps). *)
Theorem encoded_condition {A I : Type} (anc : list A) (sys : list I) o U alpha eps (M inverse : I ->
  I -> R) iota :
  0 < alpha -> 0 <= iota -> 0 <= eps -> iota * eps < 1 ->
  block_encodes anc sys o U alpha eps M ->
  (forall x i, In i sys -> apply sys inverse (apply sys M x) i = x i) -> norm_le sys sys inverse iota ->
  forall x, l2 sys x <= alpha * iota / (1 - iota * eps) * l2 sys (apply sys (corner o U) x).
Proof.
  intros Ha Hi He Hs [_ HU] Hl Hn x.
  eapply Rle_trans; [apply (inexact_inverse_norm sys M inverse _ iota eps Hl Hn HU Hi Hs)|].
  rewrite (l2_ext sys _ (fun i => alpha * apply sys (corner o U) x i)).
  - rewrite l2_scal, Rabs_pos_eq by lra. right. field. lra.
  - intros. unfold apply. rewrite <- sum_scal. apply sum_ext. intros. ring.
Qed.
