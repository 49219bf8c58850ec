(** The history system of the truncated embedding is well conditioned, uniformly in N, T and n.

    No constant term, theta = g(r)/r < 1, p idle rows, in the scaled block norm of Contraction.v:
    |L| <= 2 and |L^-1| <= 1/(1-theta) + p. *)
From Coq Require Import Reals Lra Lia List Arith FunctionalExtensionality.
From QGD Require Import Sums Words CrossNorm Convolution Lift BlockNorms Propagated Contraction
  History Regimes.
Import ListNotations.
Open Scope R_scope.

Section Conditioning.
  Context {I : Type} (letters : list I).
  Variables (q : nat) (G : nat -> nat -> I -> list I -> R) (g : nat -> R) (N : nat) (r : R).
  Hypothesis g_nonneg : forall l, 0 <= g l.
  Hypothesis no_constant : g 0%nat = 0.
  Hypothesis r_pos : 0 < r.
  Hypothesis dissipative : theta q g r < 1.
  Hypothesis G_norm : forall k l x, (l <= q)%nat ->
    l2 letters (apply (words letters l) (G k l) x) <= g l * tn letters l x.

  Definition levels : Type := nat -> list I -> R.
  Definition plus (y z : levels) : levels := fun j w => y j w + z j w.
  Definition minus (y z : levels) : levels := fun j w => y j w - z j w.
  Notation step := (linear_step letters q G N).
  Notation norm := (scaled_norm letters N r).

  Lemma plus_minus y z : plus (minus y z) z = y.
  Proof. extensionality j. extensionality w. unfold plus, minus. ring. Qed.
  Lemma minus_plus y z : minus (plus y z) z = y.
  Proof. extensionality j. extensionality w. unfold plus, minus. ring. Qed.
  Lemma norm_nonneg z : 0 <= norm z.
  Proof. apply l2_nonneg. Qed.
  Lemma norm_triangle s y z : Rabs s <= 1 -> norm (fun j w => y j w + s * z j w) <= norm y + norm z.
  Proof.
    intro Hs. eapply Rle_trans; [|apply minkowski]. apply l2_le. intros j _.
    pose proof (inv_pow r r_pos j) as Hi.
    rewrite Rabs_pos_eq by (apply Rmult_le_pos; [apply tn_nonneg|exact Hi]).
    unfold Rdiv. rewrite <- Rmult_plus_distr_r. apply Rmult_le_compat_r; [exact Hi|].
    eapply Rle_trans; [apply minkowski|]. apply Rplus_le_compat_l. rewrite l2_scal.
    rewrite <- (Rmult_1_l (tn letters j (z j))). apply Rmult_le_compat_r; [apply l2_nonneg|exact Hs].
  Qed.
  Lemma norm_plus y z : norm (plus y z) <= norm y + norm z.
  Proof.
    eapply Rle_trans; [|apply (norm_triangle 1); rewrite Rabs_R1; lra]. right. f_equal.
    extensionality j. extensionality w. unfold plus. ring.
  Qed.
  Lemma norm_minus y z : norm (minus y z) <= norm y + norm z.
  Proof.
    eapply Rle_trans; [|apply (norm_triangle (-1)); rewrite Rabs_left; lra]. right. f_equal.
    extensionality j. extensionality w. unfold minus. ring.
  Qed.
  Lemma prod_run j n z : prod step j n z = run letters q G N j n z.
  Proof. induction n as [|n IH]; simpl; [|rewrite IH]; reflexivity. Qed.
  Lemma subadditive j n y z :
    norm (prod step j n (plus y z)) <= norm (prod step j n y) + norm (prod step j n z).
  Proof.
    rewrite !prod_run. replace (run letters q G N j n (plus y z))
      with (plus (run letters q G N j n y) (run letters q G N j n z)); [apply norm_plus|].
    extensionality i. extensionality w. symmetry. apply run_plus.
  Qed.

  Variables T p : nat.
  Notation size := (history_norm norm T p).

  Theorem carleman_inverse_norm b :
    size (solve plus (padded step T) b) <= (/ (1 - theta q g r) + INR p) * size b.
  Proof.
    apply inverse_norm_saturated; auto using norm_nonneg, subadditive.
    - split; [apply theta_nonneg; assumption|exact dissipative].
    - intros. apply step_contraction; auto. lra.
  Qed.

  Theorem carleman_forward_norm z : size (L minus (padded step T) z) <= 2 * size z.
  Proof.
    replace 2 with (1 + 1) by ring. apply forward_norm; auto using norm_nonneg, norm_minus; [lra|].
    intros k x. unfold padded. destruct (k <? T)%nat; [|lra].
    eapply Rle_trans; [apply step_contraction; auto; lra|].
    apply Rmult_le_compat_r; [apply norm_nonneg|lra].
  Qed.

  (** [solve] is the inverse of L. *)
  Theorem carleman_bijective b z k : L minus (padded step T) (solve plus (padded step T) b) k = b k
    /\ solve plus (padded step T) (L minus (padded step T) z) k = z k.
  Proof. split; [apply L_solve, minus_plus|apply solve_L, plus_minus]. Qed.
End Conditioning.
