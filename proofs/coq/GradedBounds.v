(** Theorem 10.6: the error as the parts of degree above N, and their power series.

    Without constant term the truncated answer is the part of degree at most N of the iterate (Theorem
    2.4), so the error is the sum of the parts of higher degree. With |G_l| <= g_l in the multilinear norm
    the part of degree d has norm at most [degrees k d], the coefficient of x^d in g(g(...g(xi x))). If
    g_l <= a c^(l-1), it is at most a^k xi (c S_k xi)^(d-1), S_k = 1 + a + ... + a^(k-1). *)
From Coq Require Import Reals Lra Lia List Arith.
From QGD Require Import Sums Words CrossNorm Convolution Lift Products Truncation Graded ClosedForms.
Import ListNotations.
Open Scope R_scope.

(** [spart V d l]: the coefficient of x^d in (sum_m V_m x^m)^l. *)
Fixpoint spart (V : nat -> R) (d l : nat) : R :=
  match l with
  | O => if (d =? 0)%nat then 1 else 0
  | S l' => sum (seq 0 (S d)) (fun m => V m * spart V (d - m) l')
  end.
Lemma spart_S V d l : spart V d (S l) = sum (seq 0 (S d)) (fun m => V m * spart V (d - m) l).
Proof. reflexivity. Qed.
Lemma spart_nonneg V : (forall m, 0 <= V m) -> forall l d, 0 <= spart V d l.
Proof.
  intro HV. induction l as [|l IH]; intro d; [simpl; destruct (d =? 0)%nat; lra|].
  rewrite spart_S. apply sum_nonneg. intros. apply Rmult_le_pos; auto.
Qed.
Lemma spart_mono V V' : (forall m, 0 <= V m <= V' m) -> forall l d, spart V d l <= spart V' d l.
Proof.
  intro HV. induction l as [|l IH]; intro d; [simpl; lra|]. rewrite !spart_S. apply sum_le.
  intros m _. apply Rmult_le_compat; auto; try apply HV. apply spart_nonneg. intro. apply HV.
Qed.

(** Coefficients of the iterates of g. *)
Fixpoint degrees (q : nat) (g : nat -> R) (xi : R) (k d : nat) : R :=
  match k with
  | O => if (d =? 1)%nat then xi else 0
  | S k' => sum (seq 0 (S q)) (fun l => g l * spart (degrees q g xi k') d l)
  end.
Lemma degrees_S q g xi k d :
  degrees q g xi (S k) d = sum (seq 0 (S q)) (fun l => g l * spart (degrees q g xi k) d l).
Proof. reflexivity. Qed.
Lemma degrees_nonneg q g xi : (forall l, 0 <= g l) -> 0 <= xi -> forall k d, 0 <= degrees q g xi k d.
Proof.
  intros Hg Hx. induction k as [|k IH]; intro d; [simpl; destruct (d =? 1)%nat; lra|].
  rewrite degrees_S. apply sum_nonneg. intros. apply Rmult_le_pos; auto using spart_nonneg.
Qed.

Section Error.
  Context {I : Type} (letters : list I).
  Notation norm := (l2 letters).
  Variables (q : nat) (G : nat -> nat -> I -> list I -> R) (N : nat) (u0 : I -> R) (g : nat -> R).
  Hypothesis g_nonneg : forall l, 0 <= g l.
  Hypothesis G_norm : forall k vs, (length vs <= q)%nat ->
    norm (apply (words letters (length vs)) (G k (length vs)) (prodt vs))
    <= g (length vs) * weight letters vs.
  Hypothesis no_constant : forall k i w, G k 0%nat i w = 0.
  Hypothesis q_pos : (1 <= q)%nat.
  Notation graded := (graded letters q G u0).

  Lemma apply_rep k l x B : (l <= q)%nat -> rep letters l x B ->
    norm (apply (words letters l) (G k l) x) <= g l * B.
  Proof.
    intros Hl (ts & Ht & Hx & HB).
    apply Rle_trans with (sum ts (fun t => norm (apply (words letters l) (G k l) (prodt t)))).
    - rewrite (l2_ext letters _ (fun i => sum ts (fun t => apply (words letters l) (G k l) (prodt t) i))).
      + apply (l2_sum letters ts (fun t => apply (words letters l) (G k l) (prodt t))).
      + intros i _. unfold apply. rewrite sum_swap. apply sum_ext. intros w Hw.
        rewrite sum_scal, Hx by (apply (words_length letters), Hw). reflexivity.
    - apply Rle_trans with (g l * sum ts (weight letters)).
      + rewrite <- sum_scal. apply sum_le. intros t Hin. rewrite <- (Ht t Hin). apply G_norm.
        rewrite (Ht t Hin). exact Hl.
      + apply Rmult_le_compat_l; [apply g_nonneg|exact HB].
  Qed.
  Lemma part_rep v V : (forall d, norm (v d) <= V d) ->
    forall l d, rep letters l (part v d) (spart V d l).
  Proof.
    intro HV. induction l as [|l IH]; intro d.
    - simpl. destruct (d =? 0)%nat eqn:E.
      + apply rep_ext with (prodt []); [|exact (rep_product letters [])].
        intros [|i w] Hw; [simpl; rewrite E; reflexivity|discriminate].
      + apply rep_ext with (fun _ => 0); [|apply rep_0].
        intros [|i w] Hw; [simpl; rewrite E; reflexivity|discriminate].
    - rewrite spart_S. apply rep_ext with (fun w => sum (seq 0 (S d)) (fun m =>
        match w with [] => 0 | i :: w' => v m i * part v (d - m) w' end)).
      + intros [|i w] Hw; [discriminate|reflexivity].
      + apply rep_sum. intros m _. apply rep_cons; [apply HV|apply IH].
  Qed.
  Lemma graded_norm k d : norm (graded k d) <= degrees q g (norm u0) k d.
  Proof.
    revert d. induction k as [|k IH]; intro d.
    - simpl. destruct (d =? 1)%nat; [apply Rle_refl|]. right. apply l2_0. reflexivity.
    - rewrite degrees_S. simpl Graded.graded. unfold graded_step.
      eapply Rle_trans; [apply (l2_sum letters (seq 0 (S q))
        (fun l => apply (words letters l) (G k l) (part (graded k) d)))|].
      apply sum_le. intros l Hl. apply in_range in Hl. apply apply_rep; [lia|]. apply part_rep, IH.
  Qed.

  (** Nothing has a degree above q^k, so that the iterate is the sum of its parts. *)
  Lemma part_high (v : nat -> I -> R) M : (forall m i, (M < m)%nat -> v m i = 0) ->
    forall w d, (M * length w < d)%nat -> part v d w = 0.
  Proof.
    intro HM. induction w as [|i w IH]; intros d Hd; simpl in Hd.
    - simpl. destruct (Nat.eqb_spec d 0); [lia|reflexivity].
    - rewrite part_cons. apply sum_0. intros m Hm. apply in_range in Hm.
      destruct (Nat.le_gt_cases m M); [rewrite IH by nia; ring|rewrite HM by lia; ring].
  Qed.
  Lemma part_total (v : nat -> I -> R) M : (forall m i, (M < m)%nat -> v m i = 0) ->
    forall w D, (M * length w <= D)%nat ->
    sum (seq 0 (S D)) (fun d => part v d w) = power (fun i => sum (seq 0 (S M)) (fun m => v m i)) w.
  Proof.
    intro HM. induction w as [|i w IH]; intros D HD.
    - rewrite sum_first, sum_0; [simpl; ring|reflexivity].
    - cbn [power]. simpl length in HD. rewrite <- (IH (M * length w)%nat) by lia.
      rewrite <- (convolution M (M * length w) D (fun m => v m i) (fun m => part v m w)).
      + apply sum_ext. intros d Hd. rewrite part_cons.
        pose (F := fun m => if (m <=? d)%nat then v m i * part v (d - m) w else 0).
        change (sum (seq 0 (S d)) (fun m => v m i * part v (d - m) w) = sum (seq 0 (S M)) F).
        rewrite <- (sum_extend (S M) (S (d + M)) F), (sum_extend (S d) (S (d + M)) F); try lia.
        * apply sum_ext. intros m Hm. apply in_range in Hm. unfold F.
          destruct (Nat.leb_spec m d); [reflexivity|lia].
        * intros m Hm. unfold F. destruct (Nat.leb_spec m d); [lia|reflexivity].
        * intros m Hm. unfold F. rewrite HM by lia. destruct (m <=? d)%nat; ring.
      + intros m Hm. apply (part_high v M); assumption.
      + lia.
  Qed.
  Lemma graded_high k d i : (q ^ k < d)%nat -> graded k d i = 0.
  Proof.
    revert d i. induction k as [|k IH]; intros d i Hd.
    - simpl in *. destruct (Nat.eqb_spec d 1); [lia|reflexivity].
    - simpl Graded.graded. unfold graded_step. apply sum_0. intros l Hl. apply in_range in Hl.
      apply sum_0. intros w Hw. apply words_length in Hw.
      rewrite (part_high (graded k) (q ^ k) IH); [ring|]. rewrite Hw. simpl in Hd. nia.
  Qed.
  Lemma graded_total k D i : (q ^ k <= D)%nat ->
    traj letters q G u0 k i = sum (seq 0 (S D)) (fun d => graded k d i).
  Proof.
    revert D i. induction k as [|k IH]; intros D i HD.
    - destruct D as [|D]; [simpl in HD; lia|]. rewrite !sum_first, sum_0; [simpl; ring|reflexivity].
    - simpl traj. simpl Graded.graded. unfold phi, graded_step. rewrite sum_swap. apply sum_ext.
      intros l Hl. apply in_range in Hl. unfold apply. rewrite sum_swap. apply sum_ext. intros w Hw.
      apply words_length in Hw. rewrite sum_scal. f_equal.
      rewrite (part_total (graded k) (q ^ k)).
      + clear Hw. induction w as [|j w IHw]; [reflexivity|]. simpl. rewrite IHw, (IH (q ^ k)%nat); auto.
      + intros m j. apply graded_high.
      + rewrite Hw. simpl in HD. nia.
  Qed.

  (** The error is the sum of the parts of degree above N. *)
  Theorem graded_error T D : (1 <= N)%nat -> (q ^ T <= D)%nat -> (N <= D)%nat ->
    error letters q G N u0 T <= sum (seq (S N) (D - N)) (degrees q g (norm u0) T).
  Proof.
    intros HN HD HND. unfold error.
    rewrite (l2_ext letters _ (fun i => sum (seq (S N) (D - N)) (fun d => graded T d i))).
    - eapply Rle_trans; [apply (l2_sum letters (seq (S N) (D - N)) (graded T))|].
      apply sum_le. intros. apply graded_norm.
    - intros i _. rewrite (graded_identity letters q G N u0 no_constant) by (simpl; lia).
      rewrite (graded_total T D i HD). replace (S D) with (S N + (D - N))%nat by lia. rewrite sum_split.
      rewrite (sum_ext (seq 0 (S N)) (fun d => part (graded T) d [i]) (fun d => graded T d i)); [simpl;
        ring|].
      intros d _. rewrite part_cons, sum_last, sum_0; [rewrite Nat.sub_diag; simpl; ring|].
      intros m Hm. apply in_range in Hm. simpl. destruct (Nat.eqb_spec (d - m) 0); [lia|ring].
  Qed.
End Error.

(** ** Power series: g_l <= a c^(l-1) *)
Lemma telescope B D e : (D - B) * sum (seq 0 e) (fun m => B ^ m * D ^ (e - 1 - m)) = D ^ e - B ^ e.
Proof.
  induction e as [|e IH]; [cbv [seq sum]; simpl; ring|]. rewrite sum_first.
  rewrite (sum_ext (seq 0 e) _ (fun m => B * (B ^ m * D ^ (e - 1 - m)))).
  - rewrite sum_scal. replace (S e - 1 - 0)%nat with e by lia. simpl pow.
    rewrite Rmult_1_l, Rmult_plus_distr_l, <- Rmult_assoc, (Rmult_comm (D - B) B), Rmult_assoc, IH. ring.
  - intros m Hm. replace (S e - 1 - S m)%nat with (e - 1 - m)%nat by lia. simpl. ring.
Qed.
Definition geometric_part (A B : R) (d : nat) : R := match d with O => 0 | S e => A * B ^ e end.
Lemma geometric_powers A B c q : 0 <= A -> 0 <= B -> 0 <= c -> forall d,
  sum (seq 0 q) (fun l => c ^ l * spart (geometric_part A B) d (S l)) <= geometric_part A (B + c * A) d.
Proof.
  intros HA HB Hc. induction q as [|q IH]; intro d.
  - cbv [seq sum]. destruct d; simpl; [lra|]. apply Rmult_le_pos; [exact HA|]. apply pow_le.
    pose proof (Rmult_le_pos c A Hc HA). lra.
  - set (D := B + c * A) in *. rewrite sum_first.
    rewrite (sum_ext (seq 0 q) _ (fun l => sum (seq 0 (S d)) (fun m => c * geometric_part A B m
      * (c ^ l * spart (geometric_part A B) (d - m) (S l)))))
      by (intros; rewrite spart_S, <- sum_scal; apply sum_ext; intros; simpl pow; ring).
    rewrite sum_swap.
    assert (F : spart (geometric_part A B) d 1 = geometric_part A B d).
    { rewrite spart_S, sum_last, sum_0; [rewrite Nat.sub_diag; simpl; ring|].
      intros m Hm. apply in_range in Hm. simpl. destruct (Nat.eqb_spec (d - m) 0); [lia|ring]. }
    rewrite F. destruct d as [|e].
    { cbv [seq]. rewrite sum_cons. cbv [sum]. fold (sum (A := nat)). simpl geometric_part.
      rewrite (sum_0 (seq 0 q)) by (intros; ring). simpl. lra. }
    apply Rle_trans with (A * B ^ e + c * A * (A * sum (seq 0 e) (fun m => B ^ m * D ^ (e - 1 - m)))).
    + apply Rplus_le_compat; [simpl; lra|].
      rewrite sum_first. simpl (geometric_part A B 0).
      rewrite (sum_0 (seq 0 q)), Rplus_0_l by (intros; ring).
      rewrite sum_last, Nat.sub_diag.
      rewrite (sum_0 (seq 0 q)), Rplus_0_r.
      * rewrite <- !sum_scal. apply sum_le. intros m Hm. apply in_range in Hm. rewrite sum_scal.
        simpl (geometric_part A B (S m)).
        replace (c * A * (A * (B ^ m * D ^ (e - 1 - m))))
          with (c * (A * B ^ m) * (A * D ^ (e - 1 - m))) by ring.
        apply Rmult_le_compat_l.
        -- repeat apply Rmult_le_pos; auto. apply pow_le, HB.
        -- eapply Rle_trans; [apply IH|]. replace (S e - S m)%nat with (S (e - 1 - m)) by lia. simpl. lra.
      * intros l _. rewrite spart_S. cbv [seq]. rewrite sum_cons. cbv [sum]. simpl. ring.
    + right. replace (c * A) with (D - B) by (unfold D; ring).
      rewrite <- (Rmult_assoc (D - B)), (Rmult_comm (D - B) A), Rmult_assoc, telescope. simpl. ring.
Qed.

(** S_k = 1 + a + ... + a^(k-1) *)
Definition duration (a : R) (k : nat) : R := sum (seq 0 k) (fun i => a ^ i).
Lemma degrees_series q g a c xi : (forall l, 0 <= g l) -> g 0%nat = 0 -> 0 <= a -> 0 <= c -> 0 <= xi ->
  (forall l, g (S l) <= a * c ^ l) ->
  forall k d, degrees q g xi k d <= geometric_part (a ^ k * xi) (c * duration a k * xi) d.
Proof.
  intros Hg H0 Ha Hc Hx Hgl. induction k as [|k IH]; intro d.
  - unfold duration. cbv [seq sum]. destruct d as [|[|d]]; simpl; lra.
  - assert (HS : 0 <= duration a k) by (apply sum_nonneg; intros; apply pow_le, Ha).
    assert (HA : 0 <= a ^ k * xi) by (apply Rmult_le_pos; [apply pow_le|]; assumption).
    assert (HB : 0 <= c * duration a k * xi) by (repeat apply Rmult_le_pos; assumption).
    rewrite degrees_S, sum_first, H0, Rmult_0_l, Rplus_0_l.
    apply Rle_trans with (a * sum (seq 0 q) (fun l =>
      c ^ l * spart (geometric_part (a ^ k * xi) (c * duration a k * xi)) d (S l))).
    + rewrite <- sum_scal. apply sum_le. intros l _. rewrite <- Rmult_assoc. apply Rmult_le_compat; auto.
      * apply spart_nonneg. intro. apply degrees_nonneg; assumption.
      * apply spart_mono. intro m. split; [apply degrees_nonneg; assumption|apply IH].
    + apply Rle_trans with (a * geometric_part (a ^ k * xi)
        (c * duration a k * xi + c * (a ^ k * xi)) d).
      * apply Rmult_le_compat_l; [exact Ha|]. apply geometric_powers; assumption.
      * right. unfold duration. rewrite sum_last. fold (duration a k).
        replace (c * duration a k * xi + c * (a ^ k * xi)) with (c * (duration a k + a ^ k) * xi) by ring.
        destruct d; simpl; ring.
Qed.
Lemma geometric_tail rho N n : 0 <= rho < 1 -> sum (seq N n) (fun d => rho ^ d) <= rho ^ N / (1 - rho).
Proof.
  intro Hr. revert N. induction n as [|n IH]; intro N; simpl seq.
  - cbv [sum]. apply Rmult_le_pos; [apply pow_le; lra|left; apply Rinv_0_lt_compat; lra].
  - rewrite sum_cons. eapply Rle_trans; [apply Rplus_le_compat_l, IH|]. right. simpl. field. lra.
Qed.

Section Series.
  Context {I : Type} (letters : list I).
  Variables (q : nat) (G : nat -> nat -> I -> list I -> R) (N : nat) (u0 : I -> R) (g : nat -> R).
  Hypothesis g_nonneg : forall l, 0 <= g l.
  Hypothesis G_norm : forall k vs, (length vs <= q)%nat ->
    l2 letters (apply (words letters (length vs)) (G k (length vs)) (prodt vs))
    <= g (length vs) * weight letters vs.
  Hypothesis no_constant : forall k i w, G k 0%nat i w = 0.
  Hypothesis no_offset : g 0%nat = 0.
  Hypothesis q_pos : (1 <= q)%nat.
  Hypothesis N_pos : (1 <= N)%nat.
  Variables a c : R.
  Hypothesis a_nonneg : 0 <= a.
  Hypothesis c_nonneg : 0 <= c.
  Hypothesis geometric : forall l, g (S l) <= a * c ^ l.

  (** Dissipative, marginal (a = 1: S_T = T) and growing: one formula. *)
  Theorem series_bound T : let xi := l2 letters u0 in let z := c * duration a T * xi in
    z < 1 -> error letters q G N u0 T <= a ^ T * xi * (z ^ N / (1 - z)).
  Proof.
    intros xi z Hz. assert (Hx : 0 <= xi) by apply l2_nonneg.
    assert (H0 : 0 <= z).
    { repeat apply Rmult_le_pos; auto. apply sum_nonneg. intros. apply pow_le, a_nonneg. }
    eapply Rle_trans; [apply (graded_error letters q G N u0 g g_nonneg G_norm no_constant q_pos T (q ^ T
      + N));
      lia|].
    fold xi. rewrite <- seq_shift, sum_map.
    apply Rle_trans with (sum (seq N (q ^ T + N - N)) (fun d => a ^ T * xi * z ^ d)).
    - apply sum_le. intros d _. apply (degrees_series q g a c xi g_nonneg no_offset a_nonneg c_nonneg Hx
        geometric T (S d)).
    - rewrite sum_scal. apply Rmult_le_compat_l; [apply Rmult_le_pos; [apply pow_le|]; assumption|].
      apply geometric_tail. lra.
  Qed.
End Series.
