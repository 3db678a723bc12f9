#!/usr/bin/env bash
# The device's half of the project on the real aarch64 wheels, in the userlands of Debian bookworm
# (Python 3.11) and trixie (3.13), under user-mode emulation: nothing here says how fast a Pi is.
#   tests/device/arm64.sh
# runs the tests of tests/edge that need no camera, and holds an int8 model's answers against those
# of this machine. MODEL, if set, is the model file; PICTURES are its pictures, by default those of
# ../shared/data/pets where both are there, else the tests' tiny model and drawn pictures. Where it
# cannot run it says skipped: and why. The userlands are built at the first time and stay in
# ~/.cache/edge-localizer-lab.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/device/lab.sh
. tests/device/lab.sh

[ "$(uname -s)" = Linux ] || skip "user-mode emulation needs Linux"
need mmdebstrap qemu-aarch64-static unshare
"$PYTHON" -c 'import importlib.util as i, sys; sys.exit(i.find_spec("tensorflow") is None)' ||
  skip "$PYTHON has no TensorFlow to make the tests' model with"

# in_userland ROOT COMMAND…: in namespaces of its own, where aarch64 is told to the kernel for this
# command alone. A Cortex-A72 as in a Pi 4: without it trixie's Python spends nine tenths of its
# time on emulated pointer authentication. Without /sys: what it says of this machine's processor
# lets the kernels for ARM crash.
in_userland() {
  local root=$1
  shift
  # shellcheck disable=SC2016
  unshare --user --map-root-user --mount sh -c '
    root=$1; shift
    if mount -t binfmt_misc none /proc/sys/fs/binfmt_misc 2>/dev/null; then
      echo ":lab-aarch64:M::\x7f\x45\x4c\x46\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:$(command -v qemu-aarch64-static):F" >/proc/sys/fs/binfmt_misc/register 2>/dev/null || true
    fi
    mount --rbind /dev "$root/dev" && mount --rbind /proc "$root/proc" || exit
    exec env -i PATH=/usr/bin:/bin:/usr/sbin HOME=/root CI=1 QEMU_CPU=cortex-a72 \
      PYTHONPATH=/opt/wheels:/srv/job PYTHONDONTWRITEBYTECODE=1 TINY_FLATBUFFER=/srv/job/tiny.tflite \
      /usr/bin/unshare --root="$root" --wd=/srv/job "$@"' sh "$root" "$@"
}

# In a folder for this run alone, so that two runs do not meet.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$PYTHON" tests/tiny_model_maker.py "$work/tiny.tflite" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }

if [ -z "${PICTURES:-}" ]; then
  PICTURES=$(ls ../shared/data/pets/images/*_159.jpg 2>/dev/null | head -n 12 || true)
  MODEL=${MODEL:-$(ls -t runs/pets.tflite runs/accuracy/pets*.tflite 2>/dev/null | head -n 1 || true)}
fi
if [ -z "${MODEL:-}" ] || [ -z "$PICTURES" ]; then
  MODEL=$work/model.tflite
  PYTHONPATH=. "$PYTHON" tests/device/drawn.py "$work/tiny.tflite" "$MODEL" "$work"
  PICTURES=$(ls "$work"/*.png)
fi
echo "model: $MODEL, on $(wc -w <<<"$PICTURES") pictures"

userland() {
  local suite=$1 python=$2 root=$cache/arm64-$1 wheels log=$work/$1
  # base, what the tests call beside Python, and a compiler for the stand-in of an accelerator
  debian_root "arm64-$suite" arm64 "$suite" extract base-files python3 libstdc++6 ca-certificates \
    libc-bin dash coreutils mount gcc libc6-dev mosquitto unzip
  ln -sf dash "$root/usr/bin/sh"
  ln -sf gcc "$root/usr/bin/cc"
  [ -e "$root/bin" ] || ln -s usr/bin "$root/bin"
  echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
  wheels="$(sha256sum pyproject.toml tests/device/device_wheels.py)"
  if [ "$(cat "$root.wheels" 2>/dev/null)" != "$wheels" ]; then
    rm -rf "$root/opt/wheels"
    "$PYTHON" tests/device/device_wheels.py "$python" aarch64 install --no-warn-conflicts \
      --target "$root/opt/wheels" -- 'pytest>=8' 'hypothesis>=6.100' 2>"$log" ||
      { tail -n 5 "$log"; skip "the aarch64 wheels cannot be fetched"; }
    echo "$wheels" >"$root.wheels"
  fi
  mkdir -p "$root/srv/job" "$root/proc" "$root/dev" "$root/tmp"
  rm -rf "${root:?}/srv/job/"* "${root:?}/tmp/"*
  # The device's half, its tests and what is asked of it, and nothing else.
  cp -r edge systemd pyproject.toml "$work/tiny.tflite" tests/device/arm64_answers.py "$root/srv/job/"
  mkdir "$root/srv/job/tests"
  cp -r tests/edge tests/conftest.py "$root/srv/job/tests/"
  mkdir "$root/srv/job/pictures"
  cp "$MODEL" "$root/srv/job/model.tflite"
  # shellcheck disable=SC2086
  cp $PICTURES "$root/srv/job/pictures/"

  [ "$(in_userland "$root" "python$python" -c 'import platform; print(platform.machine())' 2>"$log")" = aarch64 ] || {
    tail -n 2 "$log"
    skip "programs of aarch64 cannot be started here: the kernel is older than 6.7 and knows none (systemctl restart systemd-binfmt), or forbids namespaces"
  }
  # shellcheck disable=SC2016
  in_userland "$root" sh -c 'exec "$0" arm64_answers.py model.tflite pictures/*' "python$python" >"$work/$suite.json" 2>"$log" ||
    { tail -n 5 "$log"; return 1; }
  local options=()
  while read -r where test why; do
    case $where in all | "$suite") options+=(--deselect "$test"); echo "left out: $test: $why" ;; esac
  done <tests/device/arm64_left_out.txt
  in_userland "$root" "python$python" -m pytest tests/edge -q --hypothesis-profile emulated \
    -p no:cacheprovider --durations=25 -o faulthandler_timeout=300 "${options[@]}"
}

PYTHONPATH=. "$PYTHON" tests/device/arm64_answers.py "$MODEL" $PICTURES >"$work/here.json"
declare -A running
for suite in bookworm:3.11 trixie:3.13; do
  (userland "${suite%:*}" "${suite#*:}") >"$work/${suite%:*}.said" 2>&1 &
  running[${suite%:*}]=$!
done
failed=0
for suite in bookworm trixie; do
  wait "${running[$suite]}" || failed=1
  echo "== $suite"
  cat "$work/$suite.said"
done
answers=("$work"/bookworm.json "$work"/trixie.json)
if [ -s "${answers[0]}" ] && [ -s "${answers[1]}" ]; then
  "$PYTHON" tests/device/arm64_compare.py "$work/here.json" "${answers[@]}" || failed=1
fi
exit "$failed"
