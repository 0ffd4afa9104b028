#!/bin/sh
# environment.sh VENV [PYTHON]: makes sure that VENV is a virtual environment of a Python that promptkit runs on.
# Without PYTHON an environment that works is kept as it is. VENV/.python, its version, is rewritten only on a change.
set -eu

venv=$1
wanted=${2-}

# Prints the version of a Python that can make an environment; else what it lacks, and fails.
version_of() {
    command -v "$1" >/dev/null || return 1
    "$1" - "$1" 2>/dev/null <<'PY'
import sys

name, version = sys.argv[1], ".".join(map(str, sys.version_info[:3]))
try:
    import ensurepip, venv
except ImportError:
    print(f"{name} ({version}) has no venv module (on Debian and Ubuntu: apt install python3-venv)")
    sys.exit(1)
if sys.version_info < (3, 11):
    print(f"{name} is {version}")
    sys.exit(1)
print(version)
PY
}

works() {
    [ -x "$venv/bin/python" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1 && [ -f "$venv/.python" ]
}

if [ -z "$wanted" ] && works; then
    exit 0
fi

lacking=
for python in ${wanted:-python3 python3.13 python3.12 python3.11 python}; do
    if ! version=$(version_of "$python"); then
        lacking="$lacking; ${version:-$python is not there}"
        continue
    fi
    if works && [ "$(cat "$venv/.python")" = "$version" ]; then
        exit 0
    fi
    echo "making $venv with $python ($version)" >&2
    "$python" -m venv --clear "$venv"
    echo "$version" > "$venv/.python"
    exit 0
done

echo "promptkit needs Python 3.11 or newer with its venv module: install one, or name it (PYTHON=...)$lacking" >&2
exit 1
