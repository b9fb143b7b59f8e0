#!/usr/bin/env bash
# What action.yml runs. Inputs come by environment, so that nothing in them is run by the shell.
set -uo pipefail
out=${RUNNER_TEMP:-$(mktemp -d)}/chna-lexicon
mkdir -p "$out"
summary=${GITHUB_STEP_SUMMARY:-/dev/null}
outputs=${GITHUB_OUTPUT:-/dev/null}
failed=false

chna lexicon check "$LEXICON" --format sarif > "$out/check.sarif"
chna lexicon check "$LEXICON" --format github || failed=true
chna lexicon check "$LEXICON" --format markdown >> "$summary"

options=()
test "$MUTATE" = true && options+=(--mutate)
chna lexicon test "$LEXICON" ${options[@]+"${options[@]}"} --format github || failed=true
chna lexicon test "$LEXICON" --format junit > "$out/test.xml"
chna lexicon test "$LEXICON" --format markdown >> "$summary"

if test -n "$BASELINE" && test -n "$CORPUS"; then
  gates=(--max-flips "$MAX_FLIPS" --max-lost "$MAX_LOST")
  test -n "${MAX_CHANGED:-}" && gates+=(--max-changed "$MAX_CHANGED")
  chna lexicon diff "$BASELINE" "$LEXICON" --corpus "$CORPUS" "${gates[@]}" --format markdown >> "$summary" ||
    failed=true
fi

{
  echo "junit=$out/test.xml"
  echo "sarif=$out/check.sarif"
  echo "failed=$failed"
} >> "$outputs"
test "$failed" = false
