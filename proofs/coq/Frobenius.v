(** No hypothesis is vacuous: every matrix has a finite norm, the Frobenius norm being one bound.

    So Theorems 2.1 and 6.1 hold, with Frobenius norms for the g_l and f_l, for every polynomial map
    without any hypothesis. *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums Words CrossNorm Convolution Lift Products Truncation Derivation FirstOrder.
Import ListNotations.
Open Scope R_scope.

Definition frobenius {P Q : Type} (rows : list P) (cols : list Q) (A : P -> Q -> R) : R :=
  l2 rows (fun p => l2 cols (A p)).

Theorem frobenius_norm {P Q : Type} (rows : list P) (cols : list Q) (A : P -> Q -> R) x :
  l2 rows (apply cols A x) <= frobenius rows cols A * l2 cols x.
Proof.
  unfold frobenius.
  rewrite Rmult_comm, <- (Rabs_pos_eq (l2 cols x)), <- l2_scal by apply l2_nonneg.
  apply l2_le. intros p _. rewrite Rmult_comm. apply cauchy_schwarz.
Qed.

Section Instances.
  Context {I : Type} (letters : list I).
  Variables (q : nat) (A : nat -> I -> list I -> R) (N : nat) (u0 : I -> R).
  Hypothesis N_pos : (1 <= N)%nat.

  Definition norms (l : nat) : R := frobenius letters (words letters l) (A l).
  Lemma norms_nonneg l : 0 <= norms l.
  Proof. apply l2_nonneg. Qed.
  Lemma norms_bound l x : l2 letters (apply (words letters l) (A l) x) <= norms l * tn letters l x.
  Proof. apply frobenius_norm. Qed.

  (** Theorem 2.1 for every map. *)
  Theorem majorant_bound_instance T :
    l2 letters (fun i => traj letters q (fun _ => A) u0 T i
                         - Truncation.y letters q (fun _ => A) N u0 T 1 [i])
    <= E q norms N (iterates q norms (l2 letters u0)) T 1.
  Proof.
    apply majorant_bound_apriori; auto using norms_nonneg.
    intros k vs _. apply flattened_multi. intro. apply norms_bound.
  Qed.

  (** Theorem 6.1 for every map, with a_j = 1 + j f_1 and w_k the norms of the trajectory. *)
  Theorem first_order_instance T : (1 <= q)%nat ->
    let w := fun k => l2 letters (FirstOrder.x letters q A u0 k) in
    let a := fun j => 1 + INR j * norms 1 in
    l2 letters (fun i => FirstOrder.x letters q A u0 T i - FirstOrder.y letters q A N u0 T 1 [i])
    <= driven q N norms a (truncation_source q N norms w) T 1
       + driven q N norms a (lifting_source q norms w) T 1.
  Proof.
    intros Hq w a. assert (Ha : forall j, 0 <= INR j * norms 1)
      by (intro; apply Rmult_le_pos; [apply pos_INR|apply norms_nonneg]).
    apply (first_order_bound letters q A N u0 norms a w); auto using norms_nonneg.
    - intro j. specialize (Ha j). unfold a. lra.
    - intros. apply norms_bound.
    - intros j z _. unfold a. eapply Rle_trans; [apply minkowski|].
      rewrite l2_scal, Rabs_pos_eq by apply pos_INR.
      rewrite Rmult_plus_distr_r, Rmult_1_l, Rmult_assoc. apply Rplus_le_compat_l.
      apply Rmult_le_compat_l; [apply pos_INR|].
      pose proof (norms_bound 1 (fun w => match w with i :: _ => z i | [] => 0 end)) as H.
      rewrite tn_1 in H. eapply Rle_trans; [|exact H]. right. apply l2_ext. intros i _.
      unfold apply. rewrite sum_words_1. reflexivity.
    - intros. right. reflexivity.
  Qed.
End Instances.
