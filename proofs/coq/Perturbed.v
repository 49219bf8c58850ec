(** Theorem 3.2: descents with an inexact gradient.

    psi is the exact step, Lipschitz with constant q; the other descent errs by eta r_i in step i. Then
    the descents, started together, differ after T steps by at most eta sum_(i<T) q^(T-1-i) r_i. *)
From Coq Require Import Reals Lra Lia List.
From Coquelicot Require Import Coquelicot.
From QGD Require Import Sums Composition.
Import ListNotations.
Open Scope R_scope.

Section Perturbed.
  Context {K : AbsRing} {V : NormedModule K}.
  Variable psi : V -> V.
  Variables (q eta : R) (r : nat -> R) (w w' : nat -> V).
  Hypothesis q_nonneg : 0 <= q.
  Hypothesis lipschitz : forall u v, distance (psi u) (psi v) <= q * distance u v.
  Hypothesis start : w' 0%nat = w 0%nat.
  Hypothesis exact_step : forall k, w (S k) = psi (w k).
  Hypothesis inexact_step : forall k, distance (w' (S k)) (psi (w' k)) <= eta * r k.

  (** d_0 = 0 and d_(k+1) = q d_k + eta r_k *)
  Fixpoint drift (k : nat) : R := match k with O => 0 | S k' => q * drift k' + eta * r k' end.

  Lemma drift_sum T : drift T = eta * sum (seq 0 T) (fun i => q ^ (T - 1 - i) * r i).
  Proof.
    induction T as [|T IH]; [unfold Sums.sum; simpl; ring|].
    simpl drift. rewrite IH, sum_last. replace (S T - 1 - T)%nat with 0%nat by lia.
    rewrite (sum_ext (seq 0 T) (fun i => q ^ (S T - 1 - i) * r i)
      (fun i => q * (q ^ (T - 1 - i) * r i))).
    - rewrite sum_scal. simpl. ring.
    - intros i Hi. apply in_range in Hi. replace (S T - 1 - i)%nat with (S (T - 1 - i)) by lia.
      simpl. ring.
  Qed.

  Theorem perturbed_descent T :
    distance (w' T) (w T) <= eta * sum (seq 0 T) (fun i => q ^ (T - 1 - i) * r i).
  Proof.
    rewrite <- drift_sum. induction T as [|T IH].
    - rewrite start. unfold distance, minus. rewrite plus_opp_r, norm_zero. simpl. lra.
    - rewrite exact_step. simpl drift.
      eapply Rle_trans; [apply (distance_triangle _ (psi (w' T)))|].
      rewrite Rplus_comm. apply Rplus_le_compat; [|apply inexact_step].
      eapply Rle_trans; [apply lipschitz|]. apply Rmult_le_compat_l; assumption.
  Qed.

  (** Theorem 3.3: errors at most e in a ball of radius rho around the start keep both descents there. *)
  (** S_k = 1 + q + ... + q^(k-1) *)
  Fixpoint geometric (k : nat) : R := match k with O => 0 | S k' => q * geometric k' + 1 end.
  Variables (first e rho : R) (T : nat).
  Hypothesis eta_nonneg : 0 <= eta.
  Hypothesis e_nonneg : 0 <= e.
  Hypothesis first_step : forall k, distance (w k) (w 0%nat) <= eta * geometric k * first.
  Hypothesis ball : forall k, (k <= T)%nat -> eta * geometric k * (first + e) <= rho.
  Hypothesis error_in_ball : forall k, (k < T)%nat -> distance (w' k) (w 0%nat) <= rho -> r k <= e.

  Theorem perturbed_descent_apriori k : (k <= T)%nat ->
    distance (w' k) (w k) <= eta * geometric k * e
    /\ distance (w' k) (w 0%nat) <= eta * geometric k * (first + e).
  Proof.
    assert (Near : forall i, distance (w' i) (w i) <= eta * geometric i * e
                   -> distance (w' i) (w 0%nat) <= eta * geometric i * (first + e)).
    { intros i H. eapply Rle_trans; [apply (distance_triangle _ (w i))|].
      pose proof (first_step i). lra. }
    intro Hk. enough (H : distance (w' k) (w k) <= eta * geometric k * e)
      by (split; [exact H|apply Near, H]).
    revert Hk. induction k as [|k IH]; intro Hk.
    - rewrite start. unfold distance, minus. rewrite plus_opp_r, norm_zero. simpl. lra.
    - specialize (IH ltac:(lia)).
      pose proof (error_in_ball k ltac:(lia)
        (Rle_trans _ _ _ (Near k IH) (ball k ltac:(lia)))) as Hr.
      rewrite exact_step. eapply Rle_trans; [apply (distance_triangle _ (psi (w' k)))|].
      apply Rle_trans with (eta * e + q * (eta * geometric k * e)); [|right; simpl; ring].
      apply Rplus_le_compat.
      + eapply Rle_trans; [apply inexact_step|]. apply Rmult_le_compat_l; assumption.
      + eapply Rle_trans; [apply lipschitz|]. apply Rmult_le_compat_l; assumption.
  Qed.
End Perturbed.
