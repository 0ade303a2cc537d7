#!/bin/sh
# Sends generated requests to every endpoint of openapi.json, as users of several roles, and fails
# when the service fails or answers what its description does not say. Options: SECONDS_PER_ROLE
# (45), BANGFU (the program; built when absent).
set -eu
cd "$(dirname "$0")/.."

venv=target/schemathesis
# The installed packages are those of the list, or the environment is made anew.
if ! cmp -s scripts/schemathesis.txt "$venv/installed.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv" || { echo 'python3 with venv is needed (Debian: apt-get install python3-venv)' >&2; exit 1; }
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement scripts/schemathesis.txt
    cp scripts/schemathesis.txt "$venv/installed.txt"
fi

if [ -z "${BANGFU:-}" ]; then
    sh scripts/ensure-postgres.sh
    cargo build --locked --quiet
    BANGFU=target/debug/bangfu
fi
exec "$venv/bin/python" scripts/generated_requests.py "$BANGFU" "${SECONDS_PER_ROLE:-45}"
