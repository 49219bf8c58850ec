(** Theorem 7.1: the unitary dilation of a square matrix with a given decomposition
    A = alpha sum_j c_j |W_j><V_j|, W and V orthogonal (columns [values]), |c_j| <= 1 of either sign:
    singular values, or eigenvalues with W = V; [dilation] is what qgd.encoding.dilation builds. *)
From Coq Require Import Reals Lra Lia List Arith Bool.
From QGD Require Import Sums CrossNorm Orthogonal BlockEncoding.
Import ListNotations.
Open Scope R_scope.

Definition bits : list bool := [false; true].
Lemma sum_bits f : sum bits f = f false + f true.
Proof. unfold bits. rewrite !sum_cons. unfold sum. ring. Qed.
Definition sine (c : R) : R := sqrt (1 - c ^ 2).
Lemma sine_sqr c : Rabs c <= 1 -> c ^ 2 + sine c ^ 2 = 1.
Proof.
  intro H. unfold sine. rewrite pow2_sqrt; [ring|].
  rewrite <- (pow2_abs c). pose proof (Rabs_pos c). nra.
Qed.

Section Dilation.
  Context {I J : Type} (letters : list I) (values : list J).
  Implicit Types (W V : I -> J -> R) (c d : J -> R).
  Notation register := (list_prod bits letters).

  (** sum_j c_j |W_j><V_j| *)
  Definition of_values W c V (i k : I) : R := sum values (fun j => W i j * (c j * V k j)).
  Definition dilation W V c (r t : bool * I) : R :=
    match fst r, fst t with
    | false, false => of_values W c V (snd r) (snd t)
    | true, true => - of_values W c V (snd r) (snd t)
    | _, _ => of_values W (fun j => sine (c j)) V (snd r) (snd t)
    end.

  Lemma of_values_acts W c V x i :
    apply letters (of_values W c V) x i
    = apply values W (fun j => c j * apply letters (transpose V) x j) i.
  Proof.
    unfold of_values, apply, transpose.
    rewrite (sum_ext values _ (fun j => sum letters (fun k => W i j * (c j * (V k j * x k)))))
      by (intros; rewrite <- !sum_scal; apply sum_ext; intros; ring).
    rewrite sum_swap. apply sum_ext. intros k _. rewrite <- sum_scal_r. apply sum_ext. intros. ring.
  Qed.
  Lemma of_values_transposed W c V i k : transpose (of_values W c V) i k = of_values V c W i k.
  Proof. apply sum_ext. intros. ring. Qed.

  (** U = (1 (x) W) ((c, s), (s, -c)) (1 (x) V^T) *)
  Definition dilated W V c (x : bool * I -> R) (r : bool * I) : R :=
    let p := apply letters (transpose V) (fun k => x (false, k)) in
    let q := apply letters (transpose V) (fun k => x (true, k)) in
    if fst r then apply values W (fun j => sine (c j) * p j - c j * q j) (snd r)
    else apply values W (fun j => c j * p j + sine (c j) * q j) (snd r).
  Theorem dilation_acts W V c x r : apply register (dilation W V c) x r = dilated W V c x r.
  Proof.
    unfold apply at 1. rewrite sum_prod, sum_bits. destruct r as [[|] i]; unfold dilated; cbn [fst snd].
    - rewrite apply_minus, <- !of_values_acts. unfold dilation, apply. cbn [fst snd].
      unfold Rminus. f_equal. rewrite <- (Rmult_1_l (sum letters (fun q => of_values W c V i q * _))),
        Ropp_mult_distr_l, <- sum_scal.
      apply sum_ext. intros. ring.
    - rewrite apply_plus, <- !of_values_acts. reflexivity.
  Qed.

  Lemma dilation_isometric W V c :
    isometric letters values W -> isometric values letters (transpose V) ->
    (forall j, In j values -> Rabs (c j) <= 1) -> isometric register register (dilation W V c).
  Proof.
    intros HW HV Hc. apply (isometric_action _ _ _ (dilated W V c)); [intros; apply dilation_acts|].
    intro x. rewrite !squares_prod, !sum_bits. unfold dilated. cbn [fst snd].
    rewrite <- (HV (fun k => x (false, k))), <- (HV (fun k => x (true, k))).
    etransitivity; [apply f_equal2; apply HW|].
    unfold squares. rewrite <- !sum_plus. apply sum_ext. intros j Hj.
    pose proof (sine_sqr (c j) (Hc j Hj)) as E. set (s := sine (c j)) in *.
    set (p := apply _ _ _ _). set (q := apply _ _ _ _).
    transitivity ((c j ^ 2 + s ^ 2) * (p ^ 2 + q ^ 2)); [ring|]. rewrite E. ring.
  Qed.
  Lemma dilation_transposed W V c r t : transpose (dilation W V c) r t = dilation V W c r t.
  Proof.
    destruct r as [[|] i], t as [[|] k]; unfold transpose, dilation; cbn [fst snd];
      rewrite <- of_values_transposed; reflexivity.
  Qed.
  Theorem dilation_orthogonal W V c :
    isometric letters values W /\ isometric values letters (transpose W) ->
    isometric letters values V /\ isometric values letters (transpose V) ->
    (forall j, In j values -> Rabs (c j) <= 1) -> orthogonal register (dilation W V c).
  Proof.
    intros [HW HW'] [HV HV'] Hc. split; [apply dilation_isometric; assumption|].
    apply (isometric_ext _ _ (dilation V W c)).
    - intros. symmetry. apply dilation_transposed.
    - apply dilation_isometric; assumption.
  Qed.
  Theorem dilation_encodes W V s alpha M : 0 < alpha ->
    isometric letters values W /\ isometric values letters (transpose W) ->
    isometric letters values V /\ isometric values letters (transpose V) ->
    (forall j, In j values -> Rabs (s j) <= alpha) ->
    (forall i k, In i letters -> In k letters -> M i k = of_values W s V i k) ->
    block_encodes bits letters false (dilation W V (fun j => s j / alpha)) alpha 0 M.
  Proof.
    intros Ha HW HV Hs HM. split.
    - apply dilation_orthogonal; auto. intros j Hj. specialize (Hs j Hj).
      unfold Rdiv. rewrite Rabs_mult, (Rabs_pos_eq (/ alpha)) by (left; apply Rinv_0_lt_compat, Ha).
      apply Rmult_le_reg_r with alpha; [exact Ha|]. rewrite Rmult_assoc, Rinv_l; lra.
    - apply norm_le_zero. intros i k Hi Hk. rewrite HM by assumption.
      unfold corner, dilation, of_values. cbn [fst snd]. rewrite <- sum_scal, <- sum_minus.
      apply sum_0. intros. field. lra.
  Qed.
End Dilation.
