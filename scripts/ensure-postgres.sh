#!/bin/sh
# Makes sure PostgreSQL's server programs are there, for the private cluster that the
# demonstration and the tests start. Says nothing when there is nothing to do.
#
# The places and their order are those of src/db/cluster.rs; change both together.
set -eu

oldest=14
newest=18

# Standard output belongs to whatever runs after this.
exec >&2

usable() {
    for program in initdb postgres pg_ctl; do
        if ! [ -f "$1/$program" ] || ! [ -x "$1/$program" ]; then return 1; fi
    done
    major=$("$1/postgres" --version 2>/dev/null |
        sed -n 's/^.*(PostgreSQL) \([0-9][0-9]*\).*$/\1/p')
    [ -n "$major" ] && [ "$major" -ge "$oldest" ] && [ "$major" -le "$newest" ]
}

found() {
    bindir=$(pg_config --bindir 2>/dev/null || :)
    if [ -n "$bindir" ] && usable "$bindir"; then return 0; fi

    old_ifs=$IFS
    IFS=:
    set -f
    for dir in $PATH; do
        if [ -n "$dir" ] && usable "$dir"; then
            IFS=$old_ifs
            set +f
            return 0
        fi
    done
    IFS=$old_ifs
    set +f

    for dir in /usr/lib/postgresql/*/bin; do
        if usable "$dir"; then return 0; fi
    done
    return 1
}

# A directory named on purpose is not silently replaced by another one.
if [ -n "${POSTGRES_BIN_DIR:-}" ]; then
    if usable "$POSTGRES_BIN_DIR"; then exit 0; fi
    echo "POSTGRES_BIN_DIR is $POSTGRES_BIN_DIR, which has no initdb, postgres and pg_ctl of PostgreSQL $oldest-$newest: correct or unset it."
    exit 1
fi

if found; then exit 0; fi

advice="No PostgreSQL $oldest-$newest server programs found: install them (on Debian and Ubuntu: apt-get install postgresql, as root), or set POSTGRES_BIN_DIR to their directory."

if ! command -v apt-get >/dev/null 2>&1; then
    echo "$advice"
    exit 1
fi
if [ "$(id -u)" -eq 0 ]; then
    as_root() { env "$@"; }
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root() { sudo -n env "$@"; }
else
    echo "$advice"
    exit 1
fi

echo "No PostgreSQL $oldest-$newest server programs found; installing the package postgresql."

# Only the programs are wanted, not a system-wide server that occupies port 5432. Settings that
# somebody has made before are left alone.
settings=/etc/postgresql-common/createcluster.conf
if ! [ -e "$settings" ]; then
    as_root mkdir -p "${settings%/*}"
    echo 'create_main_cluster = false' | as_root tee "$settings" >/dev/null
fi

# One unreachable source among several is no obstacle yet; installing shows whether it matters.
as_root DEBIAN_FRONTEND=noninteractive apt-get update -qq || :
if ! as_root DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1 \
    apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold postgresql
then
    echo "Installing the package postgresql failed, for the reason above: install PostgreSQL $oldest-$newest by other means, or set POSTGRES_BIN_DIR to the directory of its server programs."
    exit 1
fi

if found; then exit 0; fi
echo "The package postgresql of this system is not of version $oldest-$newest: install such a version, or set POSTGRES_BIN_DIR to the directory of its server programs."
exit 1
