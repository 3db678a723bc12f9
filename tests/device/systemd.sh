#!/usr/bin/env bash
# The service under a real systemd: 252 in Debian bookworm and 257 in trixie, each booted in a
# container of its own, with the fake camera and the tests' tiny model.
#   tests/device/systemd.sh [SUITE …]
# prints a line a check and their sum, and fails if one failed. Where it cannot run it says
# skipped: and why. The systems are built at the first time and stay in ~/.cache/edge-localizer-lab.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/device/lab.sh
. tests/device/lab.sh

[ "$(uname -sm)" = "Linux x86_64" ] || skip "the packages are for Linux on x86-64"
[ "$(id -u)" = 0 ] || skip "only root can boot a container"
need mmdebstrap systemd-nspawn nsenter
"$PYTHON" -c 'import importlib.util as i, sys; sys.exit(i.find_spec("tensorflow") is None)' ||
  skip "$PYTHON has no TensorFlow to make the model with"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$PYTHON" tests/tiny_model_maker.py "$work/tiny.tflite" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
PYTHONPATH=. "$PYTHON" tests/device/drawn.py "$work/tiny.tflite" "$work/model.tflite" "$work"
# From a copy, so that what a build leaves in the tree is not taken.
mkdir "$work/source"
git ls-files -z --cached --others --exclude-standard -- edge train convert pyproject.toml \
  README.md LICENSE systemd |
  xargs -0 cp --parents -t "$work/source"
"$PYTHON" -m pip wheel --quiet --no-deps --wheel-dir "$work" "$work/source" 2>"$work/log" ||
  { cat "$work/log" >&2; exit 1; }

prepare() {
  local suite=$1 python=$2 root=$cache/systemd-$1 wheels
  debian_root "systemd-$suite" amd64 "$suite" minbase systemd systemd-sysv dbus udev kmod procps \
    python3 python3-venv ca-certificates
  wheels="$(sha256sum pyproject.toml tests/device/device_wheels.py)"
  if [ "$(cat "$root.wheels" 2>/dev/null)" != "$wheels" ]; then
    rm -rf "$root/opt/"*
    "$PYTHON" tests/device/device_wheels.py "$python" x86_64 download --dest "$root/opt/wheels" \
      2>"$work/log-$suite" || { tail -n 5 "$work/log-$suite"; skip "the wheels cannot be fetched"; }
    chroot "$root" python3 -m venv /opt/edge-localizer
    chroot "$root" sh -c '/opt/edge-localizer/bin/pip install --quiet --no-index --no-deps /opt/wheels/*'
    rm -r "$root/opt/wheels"
    echo "$wheels" >"$root.wheels"
  fi
  cp "$work"/edge_localizer-*.whl "$root/opt/"
  chroot "$root" sh -c '/opt/edge-localizer/bin/pip install --quiet --no-index --no-deps --force-reinstall /opt/edge_localizer-*.whl'
  rm "$root"/opt/edge_localizer-*.whl
  rm -rf "$root/opt/job"
  mkdir "$root/opt/job"
  cp -r systemd tests/device/lab_job/sandbox_probe.py "$work/model.tflite" "$root/opt/job/"
}

: >"$work/said"
[ $# -gt 0 ] || set -- bookworm trixie
# The systems are built side by side, and booted one after the other, so that what is timed is alone.
declare -A preparing
for suite in "$@"; do
  case $suite in bookworm) python=3.11 ;; *) python=3.13 ;; esac
  prepare "$suite" "$python" >"$work/prepared-$suite" 2>&1 &
  preparing[$suite]=$!
done
trap 'wait; rm -rf "$work"' EXIT
ready=()
broken=
for suite in "$@"; do
  if ! wait "${preparing[$suite]}"; then
    broken=1
  elif ! grep -q '^skipped: ' "$work/prepared-$suite"; then
    ready+=("$suite")
  fi
  cat "$work/prepared-$suite"
done
[ -z "$broken" ] || exit 1
set -- "${ready[@]}"
[ $# -gt 0 ] || exit 0
for suite in "$@"; do
  "$PYTHON" tests/device/systemd_lab.py "$cache/systemd-$suite" | sed -u "s/^\(ok\|FAILED\|row\)/\1 $suite:/" |
    tee -a "$work/said" || echo "FAILED $suite: the job came to its end" | tee -a "$work/said"
done
passed=$(grep -c '^ok ' "$work/said" || true)
failed=$(grep -c '^FAILED ' "$work/said" || true)
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
