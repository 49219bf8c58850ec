#!/usr/bin/env bash
# Check every proof: build, search for holes, audit the axioms, compare the statements.
#
#   proofs/coq/check.sh            exit status 0: all proved; 1: something failed; 77: skipped, nothing was checked
#   proofs/coq/check.sh --update   writes the statements as they are now to STATEMENTS.txt
#
# Needs Coq 8.16 or later with Coquelicot (Debian: apt-get install coq libcoq-coquelicot). Builds in a
# temporary directory. Exported are all theorems, corollaries and examples; lemmas are auxiliary.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LC_ALL=C

skip() {
  echo "SKIPPED: $1. The proofs were NOT machine-checked." >&2
  exit 77
}
fail() {
  echo "FAIL: $1" >&2
  exit 1
}

coqc=${COQC:-coqc} # another coqc may be named in the environment
command -v "$coqc" >/dev/null || skip "$coqc was not found"
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
cd "$build"
echo 'From Coquelicot Require Import Coquelicot.' >probe.v
"$coqc" -q -w -ambiguous-paths probe.v >/dev/null 2>&1 || skip "Coq has no Coquelicot"
rm -f probe.* .probe.aux
cp "$here"/*.v "$here/_CoqProject" .
mapfile -t files < <(grep '\.v$' _CoqProject)
[ "$(printf '%s\n' "${files[@]}" | sort)" = "$(ls -- *.v | sort)" ] ||
  fail "_CoqProject does not list exactly the .v files of the directory"

# 1. Holes and assumptions in the source. Sections close over their variables; outside they are axioms.
holes=$(grep -nE '\b(Admitted|admit|give_up|Abort|bypass_check|Declare ML Module)\b|^[[:space:]]*(Local |Global |#\[[^]]*\] *)*(Axioms?|Parameters?|Conjectures?|Unset (Guard|Positivity|Universe)|Set Type In Type)\b' -- "${files[@]}" || true)
[ -z "$holes" ] || fail "holes or axioms in the source:
$holes"
for file in "${files[@]}"; do
  awk -v file="$file" '
    /^[[:space:]]*(Section|Module)[[:space:]]/ {depth++}
    /^[[:space:]]*End[[:space:]]/ {depth--}
    depth == 0 && /^[[:space:]]*(Variables?|Hypothes[ie]s|Context)[[:space:]]/ {print file ":" NR ": " $0; bad = 1}
    END {exit bad}' "$file" >outside.txt || fail "an assumption outside every section:
$(cat outside.txt)"
done

# 2. Build. All files become modules of one library: Coq's own libraries are loaded once, not once a file.
for file in "${files[@]}"; do
  echo "Module ${file%.v}."
  sed -E ':a;/^From QGD Require/{/\.$/!{N;ba}};s/^From QGD Require Import/Import/' "$file"
  echo "End ${file%.v}."
done >QGD.v
coq() { "$coqc" -q -w none "$@"; }
if ! coq -Q . "" QGD.v >build.log 2>&1; then
  for file in "${files[@]}"; do # one by one, to name the place
    coq -Q . QGD "$file" >build.log 2>&1 || break
  done
  fail "the build broke:
$(tail -n 20 build.log)"
fi

# 3. Statements of the theorems and the definitions they are made of, printed by Coq itself.
names() { # kind file: the names that `file` introduces with these keywords
  sed -nE "s/^[[:space:]]*($1)[[:space:]]+([A-Za-z0-9_']+).*/\2/p" "$2"
}
export_kinds='Theorem|Corollary|Example'
{
  echo 'From Coq Require Import Reals List. Require Import QGD. Open Scope R_scope. Set Printing Width 100.'
  for file in "${files[@]}"; do
    for name in $(names 'Definition|Fixpoint' "$file"); do echo "Print QGD.${file%.v}.$name."; done
    for name in $(names "$export_kinds" "$file"); do echo "Check QGD.${file%.v}.$name."; done
  done
} >Statements.v
coq -Q . "" Statements.v >statements.txt 2>statements.log ||
  fail "the statements cannot be printed: $(tail -n 5 statements.log)"
if [ "${1:-}" = --update ]; then
  cp statements.txt "$here/STATEMENTS.txt"
elif ! diff -u "$here/STATEMENTS.txt" statements.txt >statements.diff; then
  fail "the statements differ from STATEMENTS.txt (intended? run check.sh --update and read the difference):
$(head -n 40 statements.diff)"
fi

# 4. Axioms: those of Coq's real numbers, of classical logic and of extensional functions, no others.
allowed='ClassicalDedekindReals\.sig_forall_dec|ClassicalDedekindReals\.sig_not_dec|FunctionalExtensionality\.functional_extensionality_dep|Classical_Prop\.classic'
{
  echo 'Require QGD.'
  echo 'Definition audit : unit :='
  for file in "${files[@]}"; do
    for name in $(names "$export_kinds" "$file"); do echo "  let _ := @QGD.${file%.v}.$name in"; done
  done
  echo '  tt.'
  echo 'Print Assumptions audit.'
} >Audit.v
coq -Q . "" Audit.v >audit.txt 2>audit.log ||
  fail "the axioms cannot be listed: $(tail -n 5 audit.log)"
axioms=$(grep -oE '^[^[:space:]]+' audit.txt | grep -vx 'Axioms:' | sort -u)
foreign=$(printf '%s\n' "$axioms" | grep -vxE "$allowed" || true)
[ -z "$foreign" ] || fail "theorems rest on assumptions that are not among the allowed ones:
$foreign"

theorems=$(for file in "${files[@]}"; do names "$export_kinds" "$file"; done | wc -l)
lemmas=$(for file in "${files[@]}"; do names 'Lemma' "$file"; done | wc -l)
echo "OK: $theorems theorems and $lemmas lemmas in ${#files[@]} files proved by $("$coqc" --version | grep -oE 'version [0-9.]+'),"
echo "    no holes, statements as in STATEMENTS.txt; axioms used:"
printf '%s\n' "$axioms" | sed 's/^/      /'
