#!/bin/sh
# Fuzzes what reads files from outside: every target of fuzz/, two at a time, for some seconds each.
#   scripts/fuzz.sh [seconds] [target...]
# With FUZZ_BUDGET it takes about that many seconds altogether, building included: each target then gets fewer, or, where not
# even ten are left for each, none.
# Needs cargo-fuzz, which it installs when it can, and a C++ compiler. Where they cannot be had it says so and ends with 3, as it does without time; the
# seed corpora are read by the unit tests in any case.
set -eu
cd "$(dirname "$0")/.."

seconds=${1:-60}
[ "$#" -gt 0 ] && shift
began=$(date +%s)
case $seconds in '' | *[!0-9]*) echo "fuzz: not a number of seconds: $seconds" >&2; exit 2 ;; esac

if ! cargo fuzz --version >/dev/null 2>&1 && ! cargo install cargo-fuzz --locked; then
    echo 'fuzz: skipped, for cargo-fuzz is not installed and could not be' >&2
    exit 3
fi
if ! { command -v c++ || command -v g++ || command -v clang++; } >/dev/null 2>&1; then
    echo 'fuzz: skipped, for there is no C++ compiler, which libFuzzer needs' >&2
    exit 3
fi

# The flags by which coverage is measured are not stable; a stable compiler takes them when told to.
export RUSTC_BOOTSTRAP=1
# No sanitizer: there is no unsafe code to find out, and without one five times as many inputs are tried.
options='--sanitizer none --fuzz-dir fuzz'

[ "$#" -gt 0 ] || set -- $(sed -n 's/^name = "\(.*_.*\)"$/\1/p' fuzz/Cargo.toml)
cargo fuzz build $options

if [ -n "${FUZZ_BUDGET:-}" ]; then
    each=$(( (began + FUZZ_BUDGET - $(date +%s)) / (($# + 1) / 2) ))
    [ "$each" -ge "$seconds" ] || seconds=$each
    if [ "$seconds" -lt 10 ]; then
        echo 'fuzz: skipped, for building it took all the time there is' >&2
        exit 3
    fi
fi

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
run() {
    # New inputs go to a folder that is thrown away; the seeds stay as they are.
    mkdir "$logs/$1.corpus"
    cargo fuzz run $options "$1" "$logs/$1.corpus" "fuzz/corpus/$1" -- \
        -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 >"$logs/$1" 2>&1
}
failed=
finish() {
    if wait "$2"; then
        echo "fuzz: $1: $(sed -n 's/^Done \([0-9]* runs in .*\)/\1/p' "$logs/$1"), nothing found"
    else
        failed="$failed $1"
        echo "fuzz: $1 FAILED" >&2
        tail -n 40 "$logs/$1" >&2
    fi
}
while [ "$#" -gt 0 ]; do
    first=$1 second=${2:-}
    run "$first" &
    pid=$!
    if [ -n "$second" ]; then
        run "$second" &
        finish "$second" $!
        shift
    fi
    finish "$first" "$pid"
    shift
done
[ -z "$failed" ] || { echo "fuzz: failed:$failed; the inputs are in fuzz/artifacts/" >&2; exit 1; }
