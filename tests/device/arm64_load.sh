#!/usr/bin/env bash
# Does a model file load with the real aarch64 wheels? Under user-mode emulation: nothing here says
# how fast a Pi is. Needs Debian's mmdebstrap, qemu-user-static and proot; no root, no binfmt.
#   tests/device/arm64_load.sh MODEL.tflite PICTURE.jpg …
# MIRROR, if set, is the Debian mirror to take the system from. What is built stays in build/arm64.
set -euo pipefail

[ $# -ge 2 ] || { echo "usage: $0 MODEL.tflite PICTURE.jpg …" >&2; exit 2; }
for tool in mmdebstrap qemu-aarch64-static proot; do
  command -v "$tool" >/dev/null || {
    echo "$tool is not installed: apt-get install mmdebstrap qemu-user-static proot" >&2
    exit 2
  }
done
project=$(cd "$(dirname "$0")/../.." && pwd)
python="$project/.venv/bin/python"
work="$project/build/arm64"
root="$work/bookworm"
mkdir -p "$work"

if [ ! -x "$root/usr/bin/python3.11" ]; then
  rm -rf "$root"
  mmdebstrap --quiet --variant=extract --arch=arm64 \
    --include=base-files,python3,libstdc++6,ca-certificates,libc-bin bookworm "$root" ${MIRROR:+"$MIRROR"}
fi

# What pip would choose on a Pi with Raspberry Pi OS Bookworm, each runtime in a folder of its own.
wheels() {
  local folder=$1
  shift
  [ -e "$root/opt/$folder/.ready" ] && return
  rm -rf "${root:?}/opt/$folder"
  "$python" -m pip install --quiet --only-binary=:all: --python-version 3.11 --implementation cp \
    --platform manylinux_2_34_aarch64 --platform manylinux_2_28_aarch64 \
    --platform manylinux_2_27_aarch64 --platform manylinux_2_17_aarch64 \
    --platform manylinux2014_aarch64 --target "$root/opt/$folder" \
    'numpy<2' 'opencv-python-headless<4.12' click "$@"
  touch "$root/opt/$folder/.ready"
}
wheels litert 'ai-edge-litert>=2,<3'
wheels tflite-runtime 'tflite-runtime==2.14.0'

# The device's half of the project, the model and the pictures, and nothing else.
rm -rf "$root/srv/job"
mkdir -p "$root/srv/job"
cp -r "$project/edge" "$project/tests/device/arm64_answers.py" "$root/srv/job/"
cp "$project/tests/convert/probe_versions.py" "$root/srv/job/"
cp -- "$@" "$root/srv/job/"
names=()
for file in "$@"; do names+=("$(basename "$file")"); done
cd "$root/srv/job"
"$python" probe_versions.py craft probes.json

emulated() {
  local folder=$1
  shift
  env -i PATH=/usr/bin:/bin HOME=/root PYTHONPATH="/opt/$folder:/srv/job" PYTHONDONTWRITEBYTECODE=1 \
    "$(command -v proot)" -q "$(command -v qemu-aarch64-static)" -r "$root" -b /proc -b /dev \
    -w /srv/job /usr/bin/python3.11 "$@"
}
PYTHONPATH=. "$python" arm64_answers.py "${names[@]}" >"$work/here.json"
for folder in litert tflite-runtime; do
  emulated "$folder" arm64_answers.py "${names[@]}" >"$work/$folder.json"
  emulated "$folder" probe_versions.py load probes.json >"$work/$folder-versions.json"
done
cd "$project"
"$python" tests/device/arm64_compare.py \
  "$work/here.json" "$work/litert.json" "$work/tflite-runtime.json"
PYTHONPATH=. "$python" tests/device/arm64_versions.py \
  "$work/litert-versions.json" "$work/tflite-runtime-versions.json"
