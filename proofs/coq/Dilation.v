(** Theorem 7.1: the unitary dilation of a square matrix with a given singular value decomposition
    A = alpha sum_j c_j |W_j><V_j|, W and V orthogonal (columns [values]); [dilation] is what
    qgd.encoding.dilation builds. *)
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
    | false, true => of_values W (fun j => sine (c j)) W (snd r) (snd t)
    | true, false => of_values V (fun j => sine (c j)) V (snd r) (snd t)
    | true, true => - of_values V c W (snd r) (snd t)
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

  (** U = diag(W, V) ((c, s), (s, -c)) diag(V^T, W^T) *)
  Definition dilated W V c (x : bool * I -> R) (r : bool * I) : R :=
    let p := apply letters (transpose V) (fun k => x (false, k)) in
    let q := apply letters (transpose W) (fun k => x (true, k)) in
    if fst r then apply values V (fun j => sine (c j) * p j - c j * q j) (snd r)
    else apply values W (fun j => c j * p j + sine (c j) * q j) (snd r).
  Theorem dilation_acts W V c x r : apply register (dilation W V c) x r = dilated W V c x r.
  Proof.
    unfold apply at 1. rewrite sum_prod, sum_bits. destruct r as [[|] i]; unfold dilated; cbn [fst snd].
    - rewrite apply_minus, <- !of_values_acts. unfold dilation, apply. cbn [fst snd].
      unfold Rminus. f_equal. rewrite <- (Rmult_1_l (sum letters (fun q => of_values V c W i q * _))),
        Ropp_mult_distr_l, <- sum_scal.
      apply sum_ext. intros. ring.
    - rewrite apply_plus, <- !of_values_acts. reflexivity.
  Qed.

  Section Unitary.
    Variables (W V : I -> J -> R) (c : J -> R).
    Hypothesis W_orthogonal : isometric letters values W /\ isometric values letters (transpose W).
    Hypothesis V_orthogonal : isometric letters values V /\ isometric values letters (transpose V).
    Hypothesis cosines : forall j, In j values -> Rabs (c j) <= 1.
    Lemma dilation_isometric : isometric register register (dilation W V c).
    Proof.
      apply (isometric_action _ _ _ (dilated W V c)); [intros; apply dilation_acts|].
      intro x. rewrite !squares_prod, !sum_bits. unfold dilated. cbn [fst snd].
      destruct W_orthogonal as [HW HW'], V_orthogonal as [HV HV'].
      rewrite <- (HV' (fun k => x (false, k))), <- (HW' (fun k => x (true, k))).
      etransitivity; [apply f_equal2; [apply HW|apply HV]|].
      unfold squares. rewrite <- !sum_plus. apply sum_ext. intros j Hj.
      pose proof (sine_sqr (c j) (cosines j Hj)). set (s := sine (c j)) in *.
      transitivity ((c j ^ 2 + s ^ 2) * (apply letters (transpose V) (fun k => x (false, k)) j ^ 2
        + apply letters (transpose W) (fun k => x (true, k)) j ^ 2)); [ring|]. rewrite H. ring.
    Qed.
  End Unitary.
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
    intros HW HV Hc. split; [apply dilation_isometric; assumption|].
    apply (isometric_ext _ _ (dilation V W c)).
    - intros. symmetry. apply dilation_transposed.
    - apply dilation_isometric; assumption.
  Qed.
  Theorem dilation_encodes W V s alpha M : 0 < alpha ->
    isometric letters values W /\ isometric values letters (transpose W) ->
    isometric letters values V /\ isometric values letters (transpose V) ->
    (forall j, In j values -> 0 <= s j <= alpha) ->
    (forall i k, In i letters -> In k letters -> M i k = of_values W s V i k) ->
    block_encodes bits letters false (dilation W V (fun j => s j / alpha)) alpha 0 M.
  Proof.
    intros Ha HW HV Hs HM. split.
    - apply dilation_orthogonal; auto. intros j Hj. specialize (Hs j Hj). rewrite Rabs_pos_eq.
      + apply Rmult_le_reg_r with alpha; [exact Ha|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
      + apply Rmult_le_pos; [|left; apply Rinv_0_lt_compat]; lra.
    - apply norm_le_zero. intros i k Hi Hk. rewrite HM by assumption.
      unfold corner, dilation, of_values. cbn [fst snd]. rewrite <- sum_scal, <- sum_minus.
      apply sum_0. intros. field. lra.
  Qed.

  (** The other blocks are the square roots: S = W s W^T is symmetric and non-negative, and
      S^2 = 1 - A A^T / alpha^2. *)
  Theorem dilation_root W V c : isometric letters values W /\ isometric values letters (transpose W) ->
    isometric letters values V -> (forall j, In j values -> Rabs (c j) <= 1) ->
    let root := of_values W (fun j => sine (c j)) W in
    (forall i k, root i k = root k i) /\
    (forall x, 0 <= sum letters (fun i => x i * apply letters root x i)) /\
    (forall x i, In i letters -> apply letters root (apply letters root x) i
       = x i - apply letters (of_values W c V) (apply letters (of_values V c W) x) i).
  Proof.
    intros [HW HW'] HV Hc root. split; [|split].
    - intros i k. unfold root. rewrite <- of_values_transposed. reflexivity.
    - intro x. rewrite (sum_ext letters _ (fun i => x i * apply values W (fun j => sine (c j)
        * apply letters (transpose W) x j) i)) by (intros; unfold root; rewrite of_values_acts;
            reflexivity).
      rewrite adjoint_sum. apply sum_nonneg. intros j _. pose proof (sqrt_pos (1 - c j ^ 2)).
      pose proof (pow2_ge_0 (apply letters (transpose W) x j)). unfold sine. nra.
    - intros x i Hi. unfold root. rewrite !of_values_acts.
      pose proof (isometric_inverse values letters (transpose W) HW' x i Hi) as E.
      change (transpose (transpose W)) with W in E. rewrite <- E, <- apply_minus at 1.
      apply apply_ext; [reflexivity|]. intros j Hj. pose proof (sine_sqr (c j) (Hc j Hj)).
      rewrite (apply_ext letters (transpose W) (transpose W) (apply letters (of_values W _ W) x)
        (apply values W (fun j => sine (c j) * apply letters (transpose W) x j)))
        by (intros; auto using of_values_acts).
      rewrite (apply_ext letters (transpose V) (transpose V) (apply letters (of_values V _ W) x)
        (apply values V (fun j => c j * apply letters (transpose W) x j)))
        by (intros; auto using of_values_acts).
      rewrite (isometric_inverse letters values W HW), (isometric_inverse letters values V HV)
        by exact Hj.
      set (y := apply letters (transpose W) x j).
      transitivity (sine (c j) ^ 2 * y); [ring|]. replace (sine (c j) ^ 2) with (1 - c j ^ 2) by lra.
      ring.
  Qed.
End Dilation.
