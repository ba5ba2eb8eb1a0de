# Sourced by ./dev: runs a step as a child of its own process group, times it, keeps its log, and reports it.
# Nothing that a step started outlives this script, however it ends.

LOGS=$ROOT/.dev/log/${1:-help} # one folder a command: two may run at a time
SUMMARY=$LOGS/steps.tsv
CHILD=
STEP_STATUS=0
STEP_LIMIT=${HELENUS_STEP_LIMIT:-2400} # seconds; what takes longer hangs
FAILED=()
SKIPPED=()
mkdir -p "$LOGS"
rm -f "$LOGS"/*.log "$SUMMARY"
touch "$SUMMARY"

say() { printf '%s\n' "$*"; }

# Ends the step that runs now: its whole process group is asked, and after ten seconds made to.
end_child() {
  [[ -n $CHILD ]] || return 0
  local group=$CHILD
  CHILD=
  kill -TERM -- "-$group" 2>/dev/null || return 0
  for _ in {1..100}; do
    kill -0 -- "-$group" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL -- "-$group" 2>/dev/null || true
}
trap 'end_child; say; say "interrupted"; exit 130' INT
trap 'end_child; exit 143' TERM HUP
trap end_child EXIT
set -E
trap 'say "${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND: failed" >&2' ERR

# child COMMAND…: runs it in a process group of its own and waits; its status is this one's.
child() {
  local code=0
  begin_child "$@"
  wait "$CHILD" || code=$?
  CHILD=
  return "$code"
}

begin_child() {
  set -m # job control gives the child its own process group
  "$@" </dev/null &
  CHILD=$!
  set +m
}

# step NAME COMMAND…: one line on the terminal, everything else in the log; a failure is shown and remembered.
step() {
  local name=$1 begin=$SECONDS code=0 log
  shift
  log="$LOGS/${name//[^A-Za-z0-9]/-}.log"
  begin_child "$@" >"$log" 2>&1
  while kill -0 "$CHILD" 2>/dev/null; do
    progress "$name" $((SECONDS - begin)) "$log"
    if ((SECONDS - begin > STEP_LIMIT)); then
      echo "ended by ./dev after $STEP_LIMIT seconds" >>"$log"
      end_child
      code=124
      break
    fi
    sleep 0.2
  done
  if [[ $code == 0 ]]; then
    wait "$CHILD" || code=$?
  fi
  # What the step itself left running goes with it.
  end_child
  if [[ -t 1 ]]; then printf '\r\033[K'; fi
  if [[ $code == 0 ]]; then
    printf '%-34s ok   %5d s\n' "$name" $((SECONDS - begin))
  else
    printf '%-34s FAIL %5d s   (status %d; %s)\n' "$name" $((SECONDS - begin)) "$code" "${log#"$ROOT"/}"
    tail -n 80 "$log" | sed 's/^/    /'
    FAILED+=("$name")
  fi
  printf '%s\t%s\t%s\t%s\n' "$name" "$code" $((SECONDS - begin)) "$log" >>"$SUMMARY"
  STEP_STATUS=$code
}

# On a terminal the step's last line of output, live; elsewhere a sign of life each minute.
progress() {
  local name=$1 seconds=$2 log=$3 last
  if [[ -t 1 ]]; then
    last=$(tail -n 1 -- "$log" | tr -d '\000-\037' | cut -c1-"$((${COLUMNS:-100} - 46))")
    printf '\r\033[K%-34s %5d s  %s' "$name" "$seconds" "$last"
  elif ((seconds > 0 && seconds % 60 == 0)) && [[ ${LAST_SIGN-} != "$name $seconds" ]]; then
    LAST_SIGN="$name $seconds"
    printf '%-34s … %d s\n' "$name" "$seconds"
  fi
}

# required NAME COMMAND…: a step without which nothing after it makes sense.
required() {
  step "$@"
  if [[ $STEP_STATUS != 0 ]]; then
    finish
  fi
}

skip() {
  printf '%-34s SKIP  %s\n' "$1" "$2"
  SKIPPED+=("$1: $2")
}

# finish [--counts]: says what failed and ends with its status; with counts, says how many cases of each kind ran.
finish() {
  local status=0
  if [[ ${#FAILED[@]} -gt 0 ]]; then
    status=1
  fi
  if [[ ${1-} == --counts ]]; then
    for reason in "${SKIPPED[@]}"; do say "skipped: $reason"; done
    python3 tools/counts "$SUMMARY" || status=1
  elif [[ $status != 0 ]]; then
    say "failed: ${FAILED[*]}"
  fi
  if [[ $status != 0 ]]; then
    exit 1
  fi
}
