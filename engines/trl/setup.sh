#!/usr/bin/env bash
# Makes the environment in which the package is tested on a CPU: engines/trl/setup.sh FOLDER
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
folder="$1"
[ -x "$folder/bin/python" ] || "${PYTHON:-python3}" -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements-test.txt"
# The oldest supported TRL, without its needs, which are the same.
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target "$folder/oldest" trl==1.14.2
