(** Theorem 3.4: a polynomial loss needs no surrogate.

    L(w) = sum_(m<=q+1) l_m . w^(x)m with any coefficients. Row i of F_k has at the word u the sum of
    -eta l_(k+1) over the words that u becomes when i is put into one of its k + 1 slots. Then
    w + sum_(k<=q) F_k w^(x)k is w - eta grad L(w) identically, and spreading a coefficient over
    permutations of its word changes nothing. *)
From Coq Require Import Reals Lra Lia List Arith Bool Permutation.
From Coquelicot Require Import Coquelicot.
From QGD Require Import Sums Words CrossNorm Derivation FirstOrder Comparison Orthogonal.
Import ListNotations.
Open Scope R_scope.

Section Loss.
  Context {I : Type} (letters : list I) (dec : forall a b : I, {a = b} + {a <> b}).
  Notation words := (words letters).
  Hypothesis distinct : NoDup letters.
  Variables (q : nat) (loss : nat -> list I -> R) (eta : R).

  Definition value (w : I -> R) : R := Sums.sum (seq 0 (S (S q))) (fun m => apply (words m)
    (fun _ : unit => loss m) (power w) tt).
  Definition insert (s : nat) (i : I) (u : list I) : list I := firstn s u ++ i :: skipn s u.
  Definition descent (k : nat) (i : I) (u : list I) : R :=
    - eta * Sums.sum (seq 0 (S k)) (fun s => loss (S k) (insert s i u)).
  (** The partial derivative by the coordinate i. *)
  Definition partial (w : I -> R) (i : I) : R := Sums.sum (seq 0 (S (S q))) (fun m =>
    Sums.sum (words m) (fun v => loss m v * dpower (unit_at dec i) w v)).

  Lemma power_line (e w : I -> R) v :
    is_derive (fun t => power (fun a => w a + t * e a) v) 0 (dpower e w v).
  Proof.
    assert (At : forall v, power (fun a => w a + 0 * e a) v = power w v).
    { intro u. induction u as [|a u IH]; [reflexivity|]. simpl. rewrite IH. ring. }
    induction v as [|a v IH]; [apply (is_derive_const (V := R_NormedModule) 1 0)|]. cbn [power dpower].
    replace (e a * power w v + w a * dpower e w v)
      with (e a * power (fun a => w a + 0 * e a) v + (w a + 0 * e a) * dpower e w v) by (rewrite At; ring).
    apply (is_derive_mult (fun t => w a + t * e a)); [auto_derive; [trivial|ring]|exact IH|].
    intros; apply Rmult_comm.
  Qed.
  Theorem partial_derivative w i :
    is_derive (fun t => value (fun a => w a + t * unit_at dec i a)) 0 (partial w i).
  Proof.
    apply (is_derive_total (seq 0 (S (S q))) (fun m t => apply (words m) (fun _ : unit => loss m)
      (power (fun a => w a + t * unit_at dec i a)) tt)). intros m _. unfold apply.
    apply (is_derive_total (words m) (fun v t =>
      loss m v * power (fun a => w a + t * unit_at dec i a) v)).
    intros v _. apply is_derive_scal, power_line.
  Qed.

  (** Differentiating a word takes the letter i out of one slot. *)
  Lemma derivative_slots (w : I -> R) i k : In i letters -> forall l : list I -> R,
    Sums.sum (words (S k)) (fun v => l v * dpower (unit_at dec i) w v)
    = Sums.sum (words k) (fun u => Sums.sum (seq 0 (S k)) (fun s => l (insert s i u)) * power w u).
  Proof.
    intro Hi. induction k as [|k IH]; intro l.
    - rewrite sum_words_1, sum_words_0.
      rewrite (sum_ext letters _ (fun a => unit_at dec i a * l [a])) by (intros; simpl; ring).
      rewrite sum_unit by assumption. unfold insert, seq, Sums.sum. simpl. ring.
    - rewrite sum_words_S.
      rewrite (sum_ext letters _ (fun a =>
        unit_at dec i a * Sums.sum (words (S k)) (fun v => l (a :: v) * power w v)
        + w a * Sums.sum (words (S k)) (fun v => l (a :: v) * dpower (unit_at dec i) w v))).
      2:{ intros a _. rewrite <- !sum_scal, <- sum_plus. apply sum_ext. intros. cbn [dpower]. ring. }
      rewrite sum_plus, sum_unit by assumption.
      rewrite (sum_ext letters (fun a => w a * _) (fun a => Sums.sum (words k) (fun u =>
        Sums.sum (seq 0 (S k)) (fun s => l (insert (S s) i (a :: u))) * power w (a :: u)))).
      2:{ intros a _. rewrite (IH (fun v => l (a :: v))), <- sum_scal. apply sum_ext. intros u _.
          cbn [power]. unfold insert. cbn [firstn skipn app]. ring. }
      rewrite <- (sum_words_S letters k (fun u =>
        Sums.sum (seq 0 (S k)) (fun s => l (insert (S s) i u)) * power w u)), <- sum_plus.
      apply sum_ext. intros u _. rewrite (sum_first (S k)). unfold insert at 2. cbn [firstn skipn app].
      ring.
  Qed.

  Theorem descent_map w i : In i letters ->
    w i + delta letters q descent w i = w i - eta * partial w i.
  Proof.
    intro Hi. unfold Rminus. f_equal. unfold partial, delta. rewrite (sum_first (S q)), sum_words_0.
    cbn [dpower]. rewrite Rmult_0_r, Rplus_0_l, Ropp_mult_distr_l, <- sum_scal. apply sum_ext. intros k _.
    rewrite derivative_slots by exact Hi. unfold apply, descent. rewrite <- sum_scal.
    apply sum_ext. intros. ring.
  Qed.

  (** ** Spreading over permutations *)
  Lemma sum_permutation {A : Type} (l l' : list A) f : Permutation l l' -> Sums.sum l f = Sums.sum l' f.
  Proof. intro H. induction H; rewrite ?sum_cons; lra. Qed.
  Lemma power_permutation (w : I -> R) u u' : Permutation u u' -> power w u = power w u'.
  Proof. intro H. induction H; simpl; try (rewrite IHPermutation); try ring; congruence. Qed.
  Definition spread (moves : list (list I -> list I)) (f : list I -> R) (u : list I) : R :=
    / INR (length moves) * Sums.sum moves (fun s => f (s u)).
  Theorem spread_alike moves k f w : moves <> [] ->
    (forall s u, In s moves -> In u (words k) -> Permutation u (s u)) ->
    (forall s, In s moves -> Permutation (map s (words k)) (words k)) ->
    Sums.sum (words k) (fun u => spread moves f u * power w u)
    = Sums.sum (words k) (fun u => f u * power w u).
  Proof.
    intros Hn Hp Hw. unfold spread.
    rewrite (sum_ext (words k) _ (fun u => / INR (length moves)
      * Sums.sum moves (fun s => f (s u) * power w u))) by (intros; rewrite sum_scal_r; ring).
    rewrite sum_scal, sum_swap.
    rewrite (sum_ext moves _ (fun _ => Sums.sum (words k) (fun u => f u * power w u))).
    - rewrite sum_const. field. apply not_0_INR. destruct moves; [congruence|discriminate].
    - intros s Hs. rewrite <- (sum_permutation _ _ (fun u => f u * power w u) (Hw s Hs)), sum_map.
      apply sum_ext. intros u Hu.
      rewrite (power_permutation w u (s u)) by (apply Hp; assumption). reflexivity.
  Qed.
End Loss.

(** L = w_1 w_2 + w_1^2 w_2, eta = 1/2: w_1 goes to w_1 - (w_2 + 2 w_1 w_2)/2; {1, 2} are [false, true]. *)
Definition example_loss (m : nat) (v : list bool) : R :=
  match v with [false; true] => 1 | [false; true; false] => 1 | _ => 0 end.
Example descent_instance w :
  w false + delta [false; true] 2 (descent example_loss (1 / 2)) w false
  = w false - 1 / 2 * (w true + 2 * w false * w true).
Proof.
  rewrite (descent_map [false; true] bool_dec).
  - f_equal. f_equal. unfold partial, words, unit_at, seq, Sums.sum. simpl. ring.
  - repeat constructor; simpl; intuition discriminate.
  - left. reflexivity.
Qed.
Example spread_instance f w :
  Sums.sum (words [false; true] 2) (fun u => spread [fun u => u; @rev bool] f u * power w u)
  = Sums.sum (words [false; true] 2) (fun u => f u * power w u).
Proof.
  apply spread_alike; [discriminate| |].
  - intros s u [<-|[<-|[]]] _; [apply Permutation_refl|apply Permutation_rev].
  - intros s [<-|[<-|[]]]; simpl; [apply Permutation_refl|]. apply perm_skip, perm_swap.
Qed.
