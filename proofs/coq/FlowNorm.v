(** Lemma 6.3: norm bounds of a flow x' = sum_l F_l x^(x)l from a grid a_0 < a_1 < ... of norms.

    p(w) = f_0 + mu w + sum_(l>=2) f_l w^l bounds the growth of |x|. The cell [a_i, a_(i+1)] is crossed
    with speed at most s_i = max(p(a_i), p(a_(i+1)), 0), so |x(t)| <= a_i up to the time tau_i, and for ever
    from a cell of speed 0 on. The solution on [0, T] is given. *)
From Coq Require Import Reals Lra Lia List Arith.
From Coquelicot Require Import Coquelicot.
From QGD Require Import Sums Words CrossNorm FirstOrder Comparison ForcedFlow.
Import ListNotations.
Open Scope R_scope.

(** ** One cell *)
Section Cell.
  Context {I : Type} (letters : list I).
  Notation norm := (l2 letters).
  Variables (x dx : R -> I -> R) (p : R -> R) (T low high speed lip top : R).
  Hypothesis x_diff : forall t i, 0 <= t <= T -> In i letters -> is_derive (fun s => x s i) t (dx t i).
  Hypothesis energy : forall t, 0 <= t <= T ->
    Sums.sum letters (fun i => x t i * dx t i) <= norm (x t) * p (norm (x t)).
  Hypothesis lip_nonneg : 0 <= lip.
  Hypothesis lipschitz : forall v w, 0 <= v <= w -> w <= top -> Rabs (p w - p v) <= lip * (w - v).
  Hypothesis bounded : forall t, 0 <= t <= T -> norm (x t) <= top.
  Hypothesis cell : 0 <= low /\ low <= high <= top.
  Hypothesis speed_nonneg : 0 <= speed.
  Hypothesis speed_cell : forall w, low <= w <= high -> p w <= speed.
  Hypothesis short : speed * T <= high - low.
  Hypothesis start : norm (x 0) <= low.

  Notation front t := (low + speed * t).
  Lemma front_cell t : 0 <= t <= T -> low <= front t <= high.
  Proof.
    intro Ht. pose proof (Rmult_le_compat_l speed t T speed_nonneg ltac:(lra)).
    pose proof (Rmult_le_pos speed t speed_nonneg ltac:(lra)). lra.
  Qed.
  (** With s >= |x| above the front the speed is at most that of the cell plus lip (s - front + d). *)
  Lemma speed_above t s d : 0 <= t <= T -> norm (x t) <= s <= norm (x t) + d -> front t <= s ->
    p (norm (x t)) <= speed + lip * (s - front t) + lip * d.
  Proof.
    intros Ht Hs Hf. pose proof (front_cell t Ht) as Fc. pose proof (bounded t Ht) as B.
    pose proof (l2_nonneg letters (x t)) as P. set (v := norm (x t)) in *.
    assert (D : 0 <= lip * d) by (apply Rmult_le_pos; lra).
    assert (S : 0 <= lip * (s - front t)) by (apply Rmult_le_pos; lra).
    destruct (Rle_dec v (front t)) as [V|V].
    - pose proof (lipschitz v (front t) ltac:(lra) ltac:(lra)) as H.
      pose proof (Rle_abs (- (p (front t) - p v))) as A. rewrite Rabs_Ropp in A.
      pose proof (speed_cell (front t) Fc). pose proof (Rmult_le_compat_l lip (front t - v) d lip_nonneg).
      lra.
    - destruct (Rle_dec v high) as [H|H]; [pose proof (speed_cell v ltac:(lra)); lra|].
      pose proof (lipschitz high v ltac:(lra) B) as H1. pose proof (Rle_abs (p v - p high)).
      pose proof (speed_cell high ltac:(lra)).
      pose proof (Rmult_le_compat_l lip (v - high) (s - front t) lip_nonneg ltac:(lra)). lra.
  Qed.

  Theorem cell_crossing t : 0 <= t <= T -> norm (x t) <= front t.
  Proof.
    intro Ht. apply le_epsilon. intros eps He. pose proof (exp_pos (2 * lip * t)) as Pe.
    set (d := eps / exp (2 * lip * t)). assert (Hd : 0 < d) by (apply Rdiv_lt_0_compat; lra).
    pose (lag := fun t => d * exp (2 * lip * t)). pose (s := smooth letters x d).
    assert (L0 : forall t, 0 <= t -> d <= lag t).
    { intros u Hu. unfold lag. rewrite <- (Rmult_1_r d) at 1. apply Rmult_le_compat_l; [lra|].
      pose proof (exp_ineq1_le (2 * lip * u)).
      assert (0 <= 2 * lip * u) by (repeat apply Rmult_le_pos; lra). lra. }
    pose (z := fun t => s t - (front t + lag t)).
    pose (dz := fun t => Sums.sum letters (fun i => x t i * dx t i) / s t - (speed + 2 * lip * lag t)).
    assert (Z : square_part (z t) <= 0).
    { apply (gronwall_upto (fun t => square_part (z t)) (fun t => dz t * (2 * part (z t))) (2 * lip) T);
        [| | |exact Ht].
      - intros u Hu. apply (is_derive_comp square_part z); [apply square_part_derive|].
        unfold z, dz. apply (is_derive_minus (V := R_NormedModule)).
        + apply (smooth_derive letters T x dx x_diff d Hd u Hu).
        + unfold lag. auto_derive; [trivial|ring].
      - intros u Hu. rewrite part_square. destruct (Rle_dec (z u) 0) as [N|N].
        + assert (Q : part (z u) = 0) by (unfold part; rewrite Rabs_left1 by exact N; field).
          rewrite Q. lra.
        + assert (Q : part (z u) = z u) by (unfold part; rewrite Rabs_pos_eq by lra; field).
          rewrite Q. enough (dz u <= lip * z u) by nra.
          pose proof (smooth_ge letters x d Hd u) as [G1 G2]. fold s in G1, G2.
          pose proof (smooth_pos letters x d Hd u) as G3. fold s in G3.
          pose proof (L0 u (proj1 Hu)) as L1.
          assert (Zu : front u + lag u < s u) by (unfold z in N; lra).
          pose proof (speed_above u (s u) d Hu ltac:(lra) ltac:(lra)) as Sp.
          set (X := speed + lip * (s u - front u) + lip * d) in *.
          assert (HX : 0 <= X).
          { unfold X. assert (0 <= lip * (s u - front u)) by (apply Rmult_le_pos; lra).
            assert (0 <= lip * d) by (apply Rmult_le_pos; lra). lra. }
          assert (Y : Sums.sum letters (fun i => x u i * dx u i) / s u <= X).
          { apply Rmult_le_reg_r with (s u); [exact G3|]. unfold Rdiv.
            rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra. eapply Rle_trans; [apply energy, Hu|].
            apply Rle_trans with (norm (x u) * X).
            - apply Rmult_le_compat_l; [apply l2_nonneg|exact Sp].
            - rewrite Rmult_comm. apply Rmult_le_compat_l; [exact HX|exact G1]. }
          unfold dz, z. pose proof (Rmult_le_compat_l lip d (lag u) lip_nonneg L1). unfold X in Y. lra.
      - rewrite part_square. assert (N : z 0 <= 0).
        { unfold z, lag. pose proof (smooth_ge letters x d Hd 0) as G. fold s in G.
          rewrite !Rmult_0_r, exp_0. lra. }
        assert (Q : part (z 0) = 0) by (unfold part; rewrite Rabs_left1 by exact N; field).
        rewrite Q. lra. }
    rewrite part_square in Z. pose proof (part_ge (z t)) as G. pose proof (part_nonneg (z t)).
    assert (z t <= 0) by nra. pose proof (smooth_ge letters x d Hd t) as G2. fold s in G2.
    unfold z, lag in *. replace (d * exp (2 * lip * t)) with eps in * by (unfold d; field; lra). lra.
  Qed.
End Cell.

(** ** The polynomial that bounds the growth *)
Section Growth.
  Variables (q : nat) (f : nat -> R) (mu : R).
  Hypothesis f_nonneg : forall l, 0 <= f l.
  Definition rates (l : nat) : R := if (l =? 1)%nat then mu else f l.
  Definition growth (w : R) : R := Sums.sum (seq 0 (S q)) (fun l => rates l * w ^ l).
  Definition fastest (a b : R) : R := Rmax (Rmax (growth a) (growth b)) 0.

  Lemma pow_chord a b w l : 0 <= a -> a <= w <= b ->
    w ^ l * (b - a) <= (b - w) * a ^ l + (w - a) * b ^ l.
  Proof.
    intros Ha Hw. induction l as [|l IH]; [simpl; lra|]. simpl pow.
    pose proof (Rmult_le_compat_l w _ _ ltac:(lra) IH) as H.
    pose proof (pow_incr a b l ltac:(lra)) as P.
    assert (0 <= (b - w) * (w - a) * (b ^ l - a ^ l)) by (repeat apply Rmult_le_pos; lra). lra.
  Qed.
  (** p is convex: its maximum over a cell is at an end. *)
  Lemma growth_cell a b w : 0 <= a -> a <= w <= b -> growth w <= fastest a b.
  Proof.
    intros Ha Hw. eapply Rle_trans; [|apply Rmax_l].
    pose proof (Rmax_l (growth a) (growth b)). pose proof (Rmax_r (growth a) (growth b)).
    set (m := Rmax (growth a) (growth b)) in *.
    destruct (Req_dec a b) as [E|E]; [replace w with a by lra; lra|].
    apply Rmult_le_reg_r with (b - a); [lra|].
    apply Rle_trans with ((b - w) * growth a + (w - a) * growth b).
    - unfold growth. rewrite <- sum_scal_r, <- !sum_scal, <- sum_plus. apply sum_le. intros l _.
      unfold rates. destruct (Nat.eqb_spec l 1) as [->|_]; [simpl; lra|].
      pose proof (Rmult_le_compat_l (f l) _ _ (f_nonneg l) (pow_chord a b w l Ha Hw)). lra.
    - pose proof (Rmult_le_compat_l (b - w) (growth a) m ltac:(lra) ltac:(lra)).
      pose proof (Rmult_le_compat_l (w - a) (growth b) m ltac:(lra) ltac:(lra)). lra.
  Qed.

  Lemma pow_lipschitz top l : exists c, 0 <= c /\ forall v w, 0 <= v <= w -> w <= top ->
    Rabs (w ^ l - v ^ l) <= c * (w - v).
  Proof.
    induction l as [|l [c [Hc IH]]].
    - exists 0. split; [lra|]. intros. simpl. rewrite Rminus_diag_eq, Rabs_R0 by reflexivity. lra.
    - exists (Rabs top * c + Rabs top ^ l). pose proof (Rabs_pos top) as P.
      split; [apply Rplus_le_le_0_compat; [apply Rmult_le_pos; assumption|apply pow_le, P]|].
      intros v w Hv Hw. specialize (IH v w Hv Hw). rewrite (Rabs_pos_eq top) by lra. simpl pow.
      replace (w * w ^ l - v * v ^ l) with (w * (w ^ l - v ^ l) + v ^ l * (w - v)) by ring.
      eapply Rle_trans; [apply Rabs_triang|]. rewrite !Rabs_mult, (Rabs_pos_eq w), (Rabs_pos_eq (w - v)),
        (Rabs_pos_eq (v ^ l)) by (try apply pow_le; lra).
      pose proof (pow_incr v top l ltac:(lra)) as V.
      pose proof (Rmult_le_compat_r (w - v) _ _ ltac:(lra) V).
      pose proof (Rmult_le_compat w top _ _ ltac:(lra) (Rabs_pos _) Hw IH). lra.
  Qed.
  Lemma growth_lipschitz top : exists c, 0 <= c /\ forall v w, 0 <= v <= w -> w <= top ->
    Rabs (growth w - growth v) <= c * (w - v).
  Proof.
    unfold growth. induction (seq 0 (S q)) as [|l s [c [Hc IH]]].
    - exists 0. split; [lra|]. intros. unfold Sums.sum. rewrite Rminus_diag_eq, Rabs_R0 by reflexivity.
      lra.
    - destruct (pow_lipschitz top l) as [d [Hd J]]. exists (Rabs (rates l) * d + c).
      pose proof (Rabs_pos (rates l)) as P.
      split; [apply Rplus_le_le_0_compat; [apply Rmult_le_pos|]; assumption|].
      intros v w Hv Hw. specialize (IH v w Hv Hw). specialize (J v w Hv Hw). rewrite !sum_cons.
      match goal with |- Rabs (rates l * w ^ l + ?A - (rates l * v ^ l + ?B)) <= _ =>
        replace (rates l * w ^ l + A - (rates l * v ^ l + B)) with (rates l * (w ^ l - v ^ l) + (A - B))
          by ring end.
      eapply Rle_trans; [apply Rabs_triang|]. rewrite Rabs_mult.
      pose proof (Rmult_le_compat_l _ _ _ P J). lra.
  Qed.

  (** ** All cells *)
  Context {I : Type} (letters : list I).
  Notation norm := (l2 letters).
  Variables (F : nat -> I -> list I -> R) (T : R) (x : R -> I -> R).
  Hypothesis F_norm : forall l z, (l <= q)%nat -> l <> 1%nat ->
    norm (apply (words letters l) (F l) (power z)) <= f l * norm z ^ l.
  Hypothesis log_norm : forall z,
    Sums.sum letters (fun i => z i * apply letters (fun i i' => F 1%nat i [i']) z i) <= mu * norm z ^ 2.
  Hypothesis x_ode : forall t i, 0 <= t <= T -> In i letters ->
    is_derive (fun s => x s i) t (delta letters q F (x t) i).

  Lemma flow_energy z : Sums.sum letters (fun i => z i * delta letters q F z i) <= norm z * growth (norm z).
  Proof.
    unfold delta. rewrite (sum_ext letters _ (fun i => Sums.sum (seq 0 (S q)) (fun l =>
      z i * apply (words letters l) (F l) (power z) i))) by (intros; symmetry; apply sum_scal).
    rewrite sum_swap. unfold growth. rewrite <- sum_scal. apply sum_le. intros l Hl. apply in_range in Hl.
    unfold rates. destruct (Nat.eqb_spec l 1) as [->|H1].
    - rewrite (sum_ext letters _ (fun i => z i * apply letters (fun i i' => F 1%nat i [i']) z i)).
      + eapply Rle_trans; [apply log_norm|]. right. ring.
      + intros i _. f_equal. unfold apply. rewrite sum_words_1. apply sum_ext. intros. simpl. ring.
    - eapply Rle_trans; [apply Rle_abs|]. eapply Rle_trans; [apply cauchy_schwarz|].
      apply Rmult_le_compat_l; [apply l2_nonneg|]. apply F_norm; [lia|exact H1].
  Qed.
  Lemma norm_bounded : 0 <= T -> exists top, forall t, 0 <= t <= T -> norm (x t) <= top.
  Proof.
    intro HT. destruct (continuity_ab_maj (fun t => Sums.sum letters (fun i => x t i * x t i)) 0 T HT)
      as [m [Hm _]].
    - intros t Ht. apply continuity_pt_filterlim, (ex_derive_continuous (V := R_NormedModule)).
      eexists. apply (is_derive_total letters (fun i s => x s i * x s i)). intros i Hi.
      apply (is_derive_mult (fun s => x s i) (fun s => x s i)); [apply x_ode; assumption..|].
      intros; apply Rmult_comm.
    - exists (1 + Sums.sum letters (fun i => x m i * x m i)). intros t Ht. specialize (Hm t Ht).
      assert (N : norm (x t) ^ 2 = Sums.sum letters (fun i => x t i * x t i))
        by (rewrite l2_sqr; apply sum_ext; intros; ring).
      pose proof (pow2_ge_0 (norm (x t) - 1)). pose proof (pow2_ge_0 (norm (x t))). lra.
  Qed.

  Variable a : nat -> R.
  Hypothesis a_start : 0 <= a 0%nat /\ norm (x 0) <= a 0%nat.
  Hypothesis a_grows : forall i, a i <= a (S i).
  Notation speed i := (fastest (a i) (a (S i))).
  (** t <= tau_i, also where a cell has speed 0 and tau is infinite *)
  Fixpoint within (i : nat) (t : R) : Prop :=
    match i with
    | O => t <= 0
    | S i' => exists s, 0 <= s /\ within i' s /\ speed i' * (t - s) <= a (S i') - a i'
    end.
  Fixpoint crossed (i : nat) : R :=
    match i with O => 0 | S i' => crossed i' + (a (S i') - a i') / speed i' end.
  Lemma speed_nonneg i : 0 <= speed i.
  Proof. apply Rmax_r. Qed.
  Lemma within_before i t t' : t' <= t -> within i t -> within i t'.
  Proof.
    intro H. destruct i as [|i]; [simpl; lra|]. intros [s [H0 [Hs Hc]]]. exists s.
    repeat split; [assumption..|]. eapply Rle_trans; [|exact Hc].
    apply Rmult_le_compat_l; [apply speed_nonneg|lra].
  Qed.

  Theorem flow_norm i t : 0 <= t <= T -> within i t -> norm (x t) <= a i.
  Proof.
    revert t. induction i as [|i IH]; intros t Ht Hw.
    - simpl in Hw. replace t with 0 by lra. apply a_start.
    - destruct Hw as [s [H0 [Hs Hc]]]. destruct (Rle_dec t s) as [L|L].
      + eapply Rle_trans; [apply IH; [exact Ht|apply (within_before i s); assumption]|apply a_grows].
      + assert (Hi : 0 <= a i).
        { clear - a_start a_grows. induction i as [|i IH]; [apply a_start|]. specialize (a_grows i). lra. }
        destruct norm_bounded as [B HB]; [lra|]. pose (top := Rmax B (a (S i))).
        destruct (growth_lipschitz top) as [c [Hc0 Hlip]].
        pose proof (Rmax_l B (a (S i))). pose proof (Rmax_r B (a (S i))). fold top in H, H1.
        pose proof (a_grows i) as Ai. pose proof (speed_nonneg i) as Sp.
        replace (x t) with (x (s + (t - s))) by (f_equal; ring).
        eapply Rle_trans; [apply (cell_crossing letters (fun u => x (s + u))
          (fun u i => delta letters q F (x (s + u)) i) growth (t - s) (a i) (a (S i)) (speed i) c top);
          try lra; try assumption|lra].
        * intros u k Hu Hk. replace (delta letters q F (x (s + u)) k)
            with (1 * delta letters q F (x (s + u)) k) by ring.
          apply (is_derive_comp (fun v => x v k) (fun u => s + u)); [apply x_ode; [lra|exact Hk]|].
          auto_derive; [trivial|ring].
        * intros u Hu. apply flow_energy.
        * intros u Hu. eapply Rle_trans; [apply HB; lra|exact H].
        * intros w Hw. apply growth_cell; assumption.
        * rewrite Rplus_0_r. apply IH; [lra|exact Hs].
  Qed.
  Lemma crossed_within i : (forall m, (m < i)%nat -> 0 < speed m) ->
    0 <= crossed i /\ within i (crossed i).
  Proof.
    induction i as [|i IH]; intro Hs; [simpl; lra|].
    destruct (IH ltac:(intros; apply Hs; lia)) as [C W]. pose proof (Hs i ltac:(lia)) as P.
    pose proof (a_grows i). split.
    - simpl crossed. assert (0 <= (a (S i) - a i) / speed i); [|lra].
      apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat, P].
    - exists (crossed i). repeat split; [exact C|exact W|]. right. simpl crossed. field. lra.
  Qed.
  Corollary flow_norm_crossed i t : (forall m, (m < i)%nat -> 0 < speed m) -> 0 <= t <= T ->
    t <= crossed i -> norm (x t) <= a i.
  Proof.
    intros Hs Ht Hc. apply flow_norm; [exact Ht|]. apply (within_before i (crossed i)); [exact Hc|].
    apply crossed_within, Hs.
  Qed.
  (** A cell of speed 0 that can be reached is never left. *)
  Corollary flow_norm_trapped i t : speed i = 0 -> (forall m, (m < i)%nat -> 0 < speed m) ->
    0 <= t <= T -> norm (x t) <= a (S i).
  Proof.
    intros H0 Hs Ht. apply flow_norm; [exact Ht|]. exists (crossed i).
    repeat split; [apply crossed_within, Hs..|]. rewrite H0. specialize (a_grows i). lra.
  Qed.
End Growth.
