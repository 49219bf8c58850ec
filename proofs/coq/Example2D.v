(** A gradient-descent step with numbers: two parameters, learning rate 1/2, embedding of order 6.

    The rows are 1 - H/2 and -K/2 for H = ((1, 1/5), (1/5, 4/5)) and a symmetric cubic form K. The radii r
    and the weights s were found numerically; every inequality about them is checked here. *)
From Coq Require Import Reals Lra Lia List.
From QGD Require Import SupNorm SupNormQuadratic.
Import ListNotations.
Open Scope R_scope.

Definition pair (x y : R) (i : nat) : R := match i with 0%nat => x | 1%nat => y | _ => 0 end.
Definition row (a0 a1 a00 a01 a11 : R) : poly nat :=
  [(a0, [0%nat]); (a1, [1%nat]); (a00, [0%nat; 0%nat]); (a01, [0%nat; 1%nat]); (a01, [1%nat; 0%nat]);
   (a11, [1%nat; 1%nat])].
Definition F (i : nat) : poly nat :=
  match i with
  | 0%nat => row (1/2) (-1/10) (-1/20) (-1/40) (1/40)
  | 1%nat => row (-1/10) (3/5) (-1/40) (1/40) (-1/30)
  | _ => []
  end.
Definition start : nat -> R := pair (3/4) (-1/2).
Definition r : nat -> R := pair (93751/125000) (606769/500000).
Definition s : nat -> R := pair (1722377/1000000) (557373/200000).

(** Decide an inequality between rational numbers for both components. *)
Ltac crunch := let i := fresh in intro i; destruct i as [|[|i]]; cbn -[Rabs Rdiv Rmult Rplus];
  rewrite ?Rabs_R0; repeat match goal with |- context [Rabs ?x] =>
    first [rewrite (Rabs_pos_eq x) by lra | rewrite (Rabs_left1 x) by lra] end; lra.

Theorem descent_error k i :
  Rabs (traj nat F start k i - carl nat F 6 start k [i]) <= s i * (435451/1000000) ^ 7.
Proof. apply carleman_error_fixed with (r := r); [lia|lra|crunch|crunch|crunch|crunch|crunch]. Qed.

Corollary descent_error_numeric k :
  Rabs (traj nat F start k 0%nat - carl nat F 6 start k [0%nat]) <= 52/10000.
Proof. eapply Rle_trans; [apply descent_error|]. simpl. lra. Qed.
