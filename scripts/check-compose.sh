#!/bin/sh
# Checks docker-compose.yml as far as this machine can: completely with Docker's compose plugin,
# else its syntax and cross references with Python and PyYAML. With neither it says so and passes,
# since not having Docker is no fault of the file.
set -eu
cd "$(dirname "$0")/.."

# `docker compose config` needs the command-line plugin but no engine.
if docker compose version >/dev/null 2>&1; then
    docker compose --file docker-compose.yml config --quiet
    echo 'compose-check: docker-compose.yml is valid (docker compose config)'
elif docker-compose version >/dev/null 2>&1; then
    docker-compose --file docker-compose.yml config --quiet
    echo 'compose-check: docker-compose.yml is valid (docker-compose config)'
elif python3 -c 'import yaml' >/dev/null 2>&1; then
    python3 scripts/check-compose.py docker-compose.yml
else
    echo 'compose-check: skipped, for there is neither docker compose nor Python with PyYAML here'
fi
