(** Theorem 6.2: the truncation error of the embedding of a flow.

    x' = sum_l F_l x^(x)l, and y the solution of the truncated embedding.
    With the logarithmic norm mu of F_1,
    f_l >= |F_l| and W(t) >= |x(t)|, any E with E(0) >= the errors at time 0 and

        E_j' >= j mu E_j + j f_0 E_(j-1) + j sum_(l>=2, j+l-1<=N) f_l E_(j+l-1) + j sum_(j+l-1>N) f_l
          W^(j+l-1)

    bounds |x^(x)j - y_j| on [0, T]. The functions are differentiable on [0, T] in the two-sided sense;
    pieces are chained, since the start need not be exact. *)
From Coq Require Import Reals Lra Lia List Arith.
From Coquelicot Require Import Coquelicot.
From QGD Require Import Sums Words CrossNorm Derivation FirstOrder Comparison.
Import ListNotations.
Open Scope R_scope.

(** Sums over the rows of a tensor in one slot after the other. *)
Lemma slots_inner {I : Type} (letters : list I) (A : (I -> R) -> I -> R) a :
  (forall z, Sums.sum letters (fun i => z i * A z i) <= a * l2 letters z ^ 2) ->
  forall j x, Sums.sum (words letters j) (fun w => x w * slots A x w) <= INR j * a * tn letters j x ^ 2.
Proof.
  intro HA. induction j as [|j IH]; intro x.
  - rewrite sum_words_0. simpl. lra.
  - rewrite sum_words_S. cbn [slots].
    rewrite (sum_ext letters _ (fun i => Sums.sum (words letters j) (fun w =>
        x (i :: w) * A (fun i' => x (i' :: w)) i)
      + Sums.sum (words letters j) (fun w => x (i :: w) * slots A (fun v => x (i :: v)) w)))
      by (intros; rewrite <- sum_plus; apply sum_ext; intros; ring).
    rewrite sum_plus, sum_swap, S_INR, Rmult_plus_distr_r, Rmult_plus_distr_r, Rmult_1_l, Rplus_comm.
    rewrite tn_rows. apply Rplus_le_compat; rewrite <- sum_scal.
    + apply sum_le. intros i _. apply (IH (fun v => x (i :: v))).
    + rewrite (sum_ext letters (fun i => a * _) (fun i => Sums.sum (words letters j) (fun w => a * x (i
        :: w) ^ 2)))
        by (intros; unfold Words.tn; rewrite l2_sqr, <- sum_scal; reflexivity).
      rewrite (sum_swap letters). apply sum_le. intros w _. rewrite sum_scal, <- (l2_sqr letters).
      apply HA.
Qed.

Section Flow.
  Context {I : Type} (letters : list I).
  Notation words := (words letters).
  Notation tn := (tn letters).
  Notation norm := (l2 letters).
  Variables (q N : nat) (F : nat -> I -> list I -> R) (f : nat -> R) (mu T : R).
  Hypothesis f_nonneg : forall l, 0 <= f l.
  Hypothesis F_norm : forall l z, (l <= q)%nat -> l <> 1%nat ->
    norm (apply (words l) (F l) z) <= f l * tn l z.
  Hypothesis log_norm : forall z,
    Sums.sum letters (fun i => z i * apply letters (fun i i' => F 1%nat i [i']) z i) <= mu * norm z ^ 2.
  Hypothesis q_pos : (1 <= q)%nat.

  (** The solution, and the truncated one: y_0 = 1 and y_m = 0 for m > N. *)
  Variables (x : R -> I -> R) (y : R -> nat -> list I -> R).
  Hypothesis x_ode : forall t i, 0 <= t <= T -> is_derive (fun s => x s i) t (delta letters q F (x t) i).
  Hypothesis y_ode : forall t j w, 0 <= t <= T -> (1 <= j <= N)%nat -> length w = j ->
    is_derive (fun s => y s j w) t (Sums.sum (seq 0 (S q)) (fun l =>
      if (j + l - 1 <=? N)%nat then deriv letters (F l) l j (y t (j + l - 1)%nat) w else 0)).
  Hypothesis y_0 : forall t, y t 0%nat [] = 1.

  Definition err (t : R) (j : nat) (w : list I) : R := power (x t) w - y t j w.
  Definition source (t : R) (m : nat) : list I -> R := if (m <=? N)%nat then err t m else power (x t).
  Definition derr (t : R) (j : nat) (w : list I) : R :=
    Sums.sum (seq 0 (S q)) (fun l => deriv letters (F l) l j (source t (j + l - 1)) w).

  Lemma power_derive t w : 0 <= t <= T ->
    is_derive (fun s => power (x s) w) t (dpower (delta letters q F (x t)) (x t) w).
  Proof.
    intro Ht. induction w as [|i w IH]; [apply (is_derive_const (V := R_NormedModule) 1 t)|].
    apply (is_derive_mult (fun s => x s i) (fun s => power (x s) w)); [apply x_ode, Ht|exact IH|].
    intros; apply Rmult_comm.
  Qed.
  Lemma err_derive t j w : 0 <= t <= T -> (1 <= j <= N)%nat -> length w = j ->
    is_derive (fun s => err s j w) t (derr t j w).
  Proof.
    intros Ht Hj Hw. replace (derr t j w) with (minus (dpower (delta letters q F (x t)) (x t) w)
      (Sums.sum (seq 0 (S q)) (fun l =>
        if (j + l - 1 <=? N)%nat then deriv letters (F l) l j (y t (j + l - 1)%nat) w else 0))).
    - apply (is_derive_minus (V := R_NormedModule)); [apply power_derive, Ht|apply y_ode; assumption].
    - unfold derr, minus, plus, opp; simpl. fold (Sums.sum (A := nat)).
      unfold delta. rewrite dpower_sum.
      rewrite (sum_ext (seq 0 (S q)) (fun l => deriv letters (F l) l j (source t _) w) (fun l =>
        dpower (apply (words l) (F l) (power (x t))) (x t) w
        - (if (j + l - 1 <=? N)%nat then deriv letters (F l) l j (y t (j + l - 1)%nat) w else 0))).
      + rewrite sum_minus. reflexivity.
      + intros l _. rewrite <- (deriv_power letters (F l) l), Hw. unfold source, err.
        destruct (j + l - 1 <=? N)%nat; [apply deriv_minus|ring].
  Qed.
  Lemma err_0 t : tn 0 (err t 0) = 0.
  Proof. rewrite tn_0. unfold err. rewrite y_0. simpl. rewrite Rminus_diag_eq, Rabs_R0; reflexivity. Qed.

  Variable W : R -> R.
  Hypothesis W_bound : forall t, 0 <= t <= T -> norm (x t) <= W t.
  Notation size t := (fun m => tn m (err t m)).
  Notation outside t := (fun m => W t ^ m).

  (** e . e' <= j mu |e|^2 + |e| (what comes from other levels). *)
  Lemma energy t j : 0 <= t <= T -> (1 <= j <= N)%nat ->
    Sums.sum (words j) (fun w => err t j w * derr t j w)
    <= INR j * mu * tn j (err t j) ^ 2 + tn j (err t j) * couple q N f (size t) (outside t) j.
  Proof.
    intros Ht Hj. set (e := err t j). unfold derr.
    rewrite (sum_ext (words j) _ (fun w => Sums.sum (seq 0 (S q)) (fun l =>
      e w * deriv letters (F l) l j (source t (j + l - 1)) w))) by (intros; symmetry; apply sum_scal).
    rewrite sum_swap. pose (own := fun l => Sums.sum (words j) (fun w =>
      e w * deriv letters (F l) l j (source t (j + l - 1)) w)). fold own.
    assert (O1 : own 1%nat <= INR j * mu * tn j e ^ 2).
    { unfold own. replace (j + 1 - 1)%nat with j by lia.
      replace (source t j) with e by (unfold source; destruct (Nat.leb_spec j N); [reflexivity|lia]).
      pose proof (slots_inner letters (fun z i => z i + 1 * apply letters (fun i i' => F 1%nat i [i']) z
        i)
        (1 + mu)) as SI.
      specialize (SI ltac:(intro z; rewrite (sum_ext letters _ (fun i => z i ^ 2
          + z i * apply letters (fun i i' => F 1%nat i [i']) z i)) by (intros; ring);
        rewrite sum_plus, <- l2_sqr; specialize (log_norm z); lra) j e).
      rewrite (sum_ext (words j) _ (fun w => INR j * e w ^ 2 + e w * deriv letters (F 1%nat) 1 j e w)) in
        SI
        by (intros w Hw; rewrite (slots_mean letters (F 1%nat) 1 j)
          by (apply (words_length letters), Hw); ring).
      rewrite sum_plus, sum_scal, <- (l2_sqr (words j)) in SI. fold (tn j e) in SI. lra. }
    assert (Ol : forall l, (l <= q)%nat -> l <> 1%nat -> own l <= tn j e * (INR j * (f l *
      (if (j + l - 1 <=? N)%nat then size t (j + l - 1)%nat else outside t (j + l - 1)%nat)))).
    { intros l Hl H1. unfold own. eapply Rle_trans; [apply Rle_abs|].
      eapply Rle_trans; [apply cauchy_schwarz|]. apply Rmult_le_compat_l; [apply l2_nonneg|].
      destruct j as [|j']; [lia|].
      eapply Rle_trans; [apply (deriv_norm letters (F l) l (f l) (f_nonneg l)
        ltac:(intro; apply F_norm; assumption) j')|].
      rewrite Rmult_assoc. apply Rmult_le_compat_l; [apply pos_INR|].
      apply Rmult_le_compat_l; [apply f_nonneg|].
      replace (S j' + l - 1)%nat with (l + j')%nat by lia. unfold source.
      destruct (l + j' <=? N)%nat; [apply Rle_refl|]. rewrite tn_power. apply pow_incr.
      split; [apply l2_nonneg|apply W_bound, Ht]. }
    apply Rle_trans with (own 1%nat + tn j e * couple q N f (size t) (outside t) j);
      [|apply Rplus_le_compat_r, O1].
    unfold couple. rewrite <- !sum_scal.
    pose (rest := fun l => if (l =? 1)%nat then 0 else own l).
    apply Rle_trans with (own 1%nat + Sums.sum (seq 0 (S q)) rest).
    - right. replace (S q) with (1 + (1 + (q - 1)))%nat by lia. rewrite !sum_split. cbv [seq].
      rewrite !sum_cons. fold seq. cbv [Sums.sum]. fold (Sums.sum (A := nat)). unfold rest at 1 2.
      simpl Nat.eqb.
      cbv iota. rewrite (sum_ext (seq (0 + 1 + 1) (q - 1)) rest own); [simpl Nat.add; ring|].
      intros l Hl. apply in_range in Hl. unfold rest. destruct (Nat.eqb_spec l 1); [lia|reflexivity].
    - apply Rplus_le_compat_l, sum_le. intros l Hl. apply in_range in Hl. unfold rest.
      destruct (Nat.eqb_spec l 1) as [|H1]; [right; ring|]. apply Ol; [lia|exact H1].
  Qed.

  (** ** Comparison with E, through smooth norms sqrt (|e|^2 + d^2) *)
  Variables (E dE : nat -> R -> R).
  Hypothesis E_diff : forall j t, (1 <= j <= N)%nat -> 0 <= t <= T -> is_derive (E j) t (dE j t).
  Hypothesis E_0 : forall t, 0 <= E 0%nat t.
  Hypothesis E_ineq : forall j t, (1 <= j <= N)%nat -> 0 <= t <= T ->
    INR j * mu * E j t + couple q N f (fun m => E m t) (outside t) j <= dE j t.
  Hypothesis E_init : forall j, (1 <= j <= N)%nat -> tn j (err 0 j) <= E j 0.

  Section Smooth.
    Variable d : R.
    Hypothesis d_pos : 0 < d.
    Definition square (t : R) (j : nat) : R := Sums.sum (words j) (fun w => err t j w * err t j w) + d *
      d.
    Definition smooth (t : R) (j : nat) : R := sqrt (square t j).
    Definition growth : R := INR N * (2 * Rabs mu + Sums.sum (seq 0 (S q)) f).
    Definition slack (t : R) : R := d * exp (growth * t).
    Definition gap (j : nat) (t : R) : R := match j with O => 0 | _ => smooth t j - (E j t + slack t) end.

    Lemma square_norm t j : square t j = tn j (err t j) ^ 2 + d ^ 2.
    Proof. unfold square, Words.tn. rewrite l2_sqr. f_equal; [apply sum_ext; intros|]; ring. Qed.
    Lemma square_pos t j : 0 < square t j.
    Proof. rewrite square_norm. pose proof (pow2_ge_0 (tn j (err t j))). pose proof (pow_lt d 2 d_pos).
    lra. Qed.
    Lemma smooth_square t j : smooth t j ^ 2 = tn j (err t j) ^ 2 + d ^ 2.
    Proof. unfold smooth. rewrite pow2_sqrt by (left; apply square_pos). apply square_norm. Qed.
    Lemma smooth_pos t j : 0 < smooth t j.
    Proof. apply sqrt_lt_R0, square_pos. Qed.
    Lemma smooth_ge t j : tn j (err t j) <= smooth t j /\ d <= smooth t j.
    Proof.
      pose proof (smooth_square t j) as H. pose proof (smooth_pos t j).
      pose proof (tn_nonneg letters j (err t j)).
      split; apply Rsqr_incr_0_var; try lra; rewrite !Rsqr_pow2, H; [pose proof (pow2_ge_0 d)|
        pose proof (pow2_ge_0 (tn j (err t j)))]; lra.
    Qed.
    Lemma smooth_derive t j : 0 <= t <= T -> (1 <= j <= N)%nat -> is_derive (fun s => smooth s j) t
      (Sums.sum (words j) (fun w => err t j w * derr t j w) / smooth t j).
    Proof.
      intros Ht Hj. set (p := Sums.sum (words j) (fun w => err t j w * derr t j w)).
      replace (p / smooth t j) with ((2 * p) / (2 * sqrt (square t j)))
        by (fold (smooth t j); field; pose proof (smooth_pos t j); lra).
      apply (is_derive_sqrt (fun s => square s j)); [|apply square_pos].
      replace (2 * p) with (2 * p + 0) by ring.
      apply (is_derive_plus (V := R_NormedModule)); [|apply (is_derive_const (V := R_NormedModule))].
      unfold p. rewrite <- sum_scal.
      apply (is_derive_total (words j) (fun w s => err s j w * err s j w)). intros w Hw.
      apply words_length in Hw.
      replace (2 * (err t j w * derr t j w)) with (derr t j w * err t j w + err t j w * derr t j w)
        by ring.
      apply (is_derive_mult (fun s => err s j w) (fun s => err s j w)); [apply err_derive; assumption..|].
      intros; apply Rmult_comm.
    Qed.
    Lemma slack_ge t : 0 <= t -> d <= slack t.
    Proof.
      intro Ht. unfold slack. rewrite <- (Rmult_1_r d) at 1. apply Rmult_le_compat_l; [lra|].
      rewrite <- exp_0. assert (G : 0 <= growth * t).
      { apply Rmult_le_pos; [|exact Ht]. apply Rmult_le_pos; [apply pos_INR|].
        pose proof (Rabs_pos mu). pose proof (sum_nonneg (seq 0 (S q)) f ltac:(auto)). lra. }
      destruct G as [G|G]; [left; apply exp_increasing, G|rewrite <- G; lra].
    Qed.

    Lemma gap_derive t j : 0 <= t <= T -> (1 <= j <= N)%nat -> is_derive (gap j) t
      (Sums.sum (words j) (fun w => err t j w * derr t j w) / smooth t j - (dE j t + growth * slack t)).
    Proof.
      intros Ht Hj. destruct j as [|j']; [lia|].
      apply (is_derive_minus (V := R_NormedModule)); [apply smooth_derive; assumption|].
      apply (is_derive_plus (V := R_NormedModule)); [apply E_diff; assumption|].
      unfold slack. auto_derive; [trivial|ring].
    Qed.
    Lemma gap_ineq t j : 0 <= t <= T -> (1 <= j <= N)%nat ->
      Sums.sum (words j) (fun w => err t j w * derr t j w) / smooth t j - (dE j t + growth * slack t)
      <= INR j * mu * gap j t + couple q N f (fun m => gap m t) (fun _ => 0) j.
    Proof.
      intros Ht Hj. pose proof (smooth_pos t j) as Hn. destruct (smooth_ge t j) as [He Hd].
      pose proof (slack_ge t (proj1 Ht)) as Hs. set (phi := Sums.sum (seq 0 (S q)) f).
      assert (K : couple q N f (size t) (outside t) j
        <= couple q N f (fun m => E m t) (outside t) j + couple q N f (fun m => gap m t) (fun _ => 0) j
           + INR j * (phi * slack t)).
      { unfold couple, phi. rewrite <- sum_scal_r, <- !Rmult_plus_distr_l, <- !sum_plus.
        apply Rmult_le_compat_l; [apply pos_INR|]. apply sum_le. intros l _.
        pose proof (Rmult_le_pos (f l) (slack t) (f_nonneg l) ltac:(lra)). destruct (l =? 1)%nat; [lra|].
        destruct (Nat.leb_spec (j + l - 1) N); [|lra]. rewrite <- !Rmult_plus_distr_l.
        apply Rmult_le_compat_l; [apply f_nonneg|]. destruct (j + l - 1)%nat as [|m].
        - rewrite err_0. simpl gap. pose proof (E_0 t). lra.
        - simpl gap. destruct (smooth_ge t (S m)). lra. }
      assert (P : Sums.sum (words j) (fun w => err t j w * derr t j w) / smooth t j
        <= INR j * mu * smooth t j + INR j * Rabs mu * slack t + couple q N f (size t) (outside t) j).
      { apply Rmult_le_reg_r with (smooth t j); [exact Hn|]. unfold Rdiv.
        rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
        eapply Rle_trans; [apply energy; assumption|]. rewrite !Rmult_plus_distr_r. apply Rplus_le_compat.
        - replace (tn j (err t j) ^ 2) with (smooth t j ^ 2 - d ^ 2) by (rewrite smooth_square; ring).
          assert (M : - mu * (d * d) <= Rabs mu * (slack t * smooth t j)).
          { apply Rle_trans with (Rabs mu * (d * d)).
            - apply Rmult_le_compat_r; [nra|]. rewrite <- Rabs_Ropp. apply Rle_abs.
            - apply Rmult_le_compat_l; [apply Rabs_pos|]. apply Rmult_le_compat; lra. }
          pose proof (Rmult_le_compat_l (INR j) _ _ (pos_INR j) M). lra.
        - rewrite Rmult_comm. apply Rmult_le_compat_l; [|exact He]. unfold couple.
          apply Rmult_le_pos; [apply pos_INR|]. apply sum_nonneg. intros l _.
          destruct (l =? 1)%nat; [lra|].
          apply Rmult_le_pos; [apply f_nonneg|]. destruct (j + l - 1 <=? N)%nat; [apply tn_nonneg|].
          apply pow_le. eapply Rle_trans; [apply (l2_nonneg letters (x t))|apply W_bound, Ht]. }
      pose proof (E_ineq j t Hj Ht) as D. destruct j as [|j']; [lia|]. set (j := S j') in *.
      assert (G : INR j * (mu * slack t) + INR j * (Rabs mu * slack t) + INR j * (phi * slack t)
                  <= growth * slack t).
      { unfold growth. fold phi. pose proof (Rle_abs mu). assert (0 <= phi) by (apply sum_nonneg; auto).
        assert (J : INR j <= INR N) by (apply le_INR; unfold j in *; lia). pose proof (pos_INR j).
        assert (Q : mu * slack t + Rabs mu * slack t + phi * slack t <= (2 * Rabs mu + phi) * slack t)
          by nra.
        assert (Q0 : 0 <= (2 * Rabs mu + phi) * slack t) by (apply Rmult_le_pos;
          [pose proof (Rabs_pos mu)|]; lra).
        pose proof (Rmult_le_compat_l (INR j) _ _ (pos_INR j) Q).
        pose proof (Rmult_le_compat_r _ _ _ Q0 J). lra. }
      replace (gap j t) with (smooth t j - (E j t + slack t)) by reflexivity. lra.
    Qed.
    Lemma gap_le t j : 0 <= t <= T -> (1 <= j <= N)%nat -> tn j (err t j) <= E j t + slack t.
    Proof.
      intros Ht Hj. enough (Z : gap j t <= 0).
      { destruct j as [|j']; [lia|]. simpl gap in Z. destruct (smooth_ge t (S j')). lra. }
      apply (comparison q N f mu T gap (fun j t => Sums.sum (words j) (fun w => err t j w * derr t j w)
        / smooth t j - (dE j t + growth * slack t)) f_nonneg); auto.
      - intros. simpl. lra.
      - intros. apply gap_derive; assumption.
      - intros. apply gap_ineq; assumption.
      - intros i Hi. destruct i as [|i']; [lia|]. simpl gap. specialize (E_init (S i') Hi).
        unfold slack. rewrite Rmult_0_r, exp_0, Rmult_1_r.
        pose proof (tn_nonneg letters (S i') (err 0 (S i'))) as P.
        enough (smooth 0 (S i') <= tn (S i') (err 0 (S i')) + d) by lra.
        apply Rsqr_incr_0_var; [|lra]. rewrite !Rsqr_pow2, smooth_square. nra.
    Qed.
  End Smooth.

  Theorem flow_truncation t j : 0 <= t <= T -> (1 <= j <= N)%nat ->
    tn j (fun w => power (x t) w - y t j w) <= E j t.
  Proof.
    intros Ht Hj. apply le_epsilon. intros eps He. pose proof (exp_pos (growth * t)) as P.
    pose proof (gap_le (eps / exp (growth * t)) ltac:(apply Rdiv_lt_0_compat; lra) t j Ht Hj) as H.
    unfold slack in H. replace (eps / exp (growth * t) * exp (growth * t)) with eps in H by (field; lra).
    exact H.
  Qed.
End Flow.
