#!/usr/bin/env bash
# edge-run's cameras on a real kernel and with the real Picamera2, in a virtual machine of Debian
# trixie that is emulated: nothing here says how fast a Pi is, nor what its ISP does.
#   tests/device/lab_camera.sh
# prints a line a check and their sum, and fails if one failed. Where it cannot run it says
# skipped: and why. The machine is built at the first time, some minutes, and stays in build/lab.
# CYCLES, if set, is how often the camera is unplugged at the end; JOBS="a b" runs only those.
# PYTHON, if set, is a python3 with TensorFlow; MIRROR, if set, is the Debian mirror.
set -euo pipefail

project=$(cd "$(dirname "$0")/../.." && pwd)
cd "$project"
work=build/lab
export PYTHON=${PYTHON:-.venv/bin/python}
PATH=$PATH:/usr/sbin:/sbin
skip() { echo "skipped: $*"; exit 0; }

[ "$(uname -sm)" = "Linux x86_64" ] || skip "the packages are for Linux on x86-64"
for tool in qemu-system-x86_64 mmdebstrap mkfs.ext4; do
  command -v "$tool" >/dev/null ||
    skip "$tool is not installed: apt-get install qemu-system-x86 mmdebstrap e2fsprogs"
done
if [ ! -e "$work/built" ]; then
  [ "$(id -u)" = 0 ] || skip "only root can build the virtual machine"
  [ -n "${MIRROR:-}" ] || [ -e /etc/apt/sources.list.d/debian.sources ] ||
    skip "this is no Debian, so set MIRROR to a Debian mirror"
fi
"$PYTHON" -c 'import importlib.util as i, sys; sys.exit(i.find_spec("tensorflow") is None)' ||
  skip "$PYTHON has no TensorFlow to make the model with"

tests/device/lab_image.sh "$work" >"$work.log" 2>&1 || { tail -n 20 "$work.log" >&2; exit 1; }

# The device's half of the project, the tests' model and the job, and nothing else.
job=$work/job
rm -rf "$job"
mkdir "$job"
cp -r edge systemd benchmarks/edge_run.py tests/device/lab_job/. "$job/"
echo "${CYCLES:-5}" >"$job/cycles"
echo "${JOBS:-}" >"$job/jobs"
[ -e "$work/plain.tflite" ] || "$PYTHON" tests/tiny_model_maker.py "$work/plain.tflite" 2>"$work.log" ||
  { tail -n 20 "$work.log" >&2; exit 1; }
PYTHONPATH=. "$PYTHON" - "$work/plain.tflite" "$job/model.tflite" <<'CODE'
import sys
from pathlib import Path

from edge.card import Card, with_card

plain, model = map(Path, sys.argv[1:])
model.write_bytes(with_card(plain.read_bytes(), Card(width=32, height=32, labels=("red", "blue"))))
CODE
tar --exclude=__pycache__ -C "$job" -cf "$work/job.tar" .

# The first serial line is the kernel's, the second the job's.
timeout $((1800 + 30 * ${CYCLES:-5})) qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 3072 \
  -display none -monitor none -no-reboot -nic none \
  -kernel "$work/vmlinuz" -initrd "$work/initrd" \
  -append "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=0 net.ifnames=0" \
  -drive "file=$work/vm.img,if=virtio,format=raw,snapshot=on" \
  -drive "file=$work/job.tar,if=virtio,format=raw,readonly=on" \
  -serial "file:$work/console.log" -serial stdio </dev/null |
  sed -u 's/\r$//' | tee "$work/job.log" | sed -u '/^end of the job$/d' ||
  echo "the virtual machine was ended from outside" >&2

passed=$(grep -c '^ok ' "$work/job.log" || true)
failed=$(grep -c '^FAILED ' "$work/job.log" || true)
if ! grep -q '^end of the job$' "$work/job.log"; then
  echo "FAILED the job came to its end; see $work/job.log and $work/console.log"
  failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
