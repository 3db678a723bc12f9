#!/usr/bin/env bash
# Builds the virtual machine of the device lab: Debian trixie, its kernel's own camera driver vivid,
# v4l2loopback for a camera that shows what it is given, libcamera with the virtual pipeline, and Picamera2 as a Raspberry Pi has it.
#   tests/device/lab_image.sh FOLDER
# leaves FOLDER/vm.img, FOLDER/vmlinuz and FOLDER/initrd; what is there already is kept, until this
# file changes. Needs root, mmdebstrap and mkfs.ext4. PYTHON, if set, is the python3 whose pip
# fetches the packages. MIRROR, if set, is the Debian mirror; else that of this machine.
set -euo pipefail

work=$(realpath -m "$1")
recipe=$(sha256sum <"$0")
[ "$(cat "$work/built" 2>/dev/null)" = "$recipe" ] && exit
mkdir -p "$work/wheels"
rm -rf "$work/built" "$work/root"
mirror=${MIRROR:-$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources | head -n 1)}
fetch() { "${PYTHON:-python3}" -m pip download --quiet --dest "$work/wheels" "$@"; }

fetch --only-binary=:all: --python-version 3.13 --implementation cp \
  --platform manylinux_2_34_x86_64 --platform manylinux_2_28_x86_64 \
  --platform manylinux_2_27_x86_64 --platform manylinux_2_17_x86_64 \
  --platform manylinux2014_x86_64 \
  'ai-edge-litert>=2,<3' av click numpy 'opencv-python-headless<5' openexr simplejpeg videodev2
fetch --no-deps picamera2 pidng # pidng is source only

# A small initrd: to unpack one with every driver takes long in emulation.
drivers='mkdir -p "$1/etc/initramfs-tools/conf.d"
  echo MODULES=list >"$1/etc/initramfs-tools/conf.d/lab"
  printf "virtio_pci\nvirtio_blk\next4\n" >"$1/etc/initramfs-tools/modules"'
packages=(
  linux-image-amd64 initramfs-tools zstd systemd-sysv udev kmod
  procps python3 python3-pip python3-libcamera
  python3-jsonschema python3-libarchive-c python3-piexif python3-pil python3-prctl python3-tqdm
  gcc libc6-dev python3-dev python3-setuptools python3-wheel # to build pidng
  linux-headers-amd64 v4l2loopback-dkms python3-venv
)
mmdebstrap --quiet --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" \
  --essential-hook="$drivers" --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  trixie "$work/root" "$mirror"

cp -r "$work/wheels" "$work/root/opt/"
chroot "$work/root" python3 -m pip install --quiet --no-index --find-links /opt/wheels --no-deps \
  --break-system-packages --no-build-isolation --root-user-action=ignore \
  ai-edge-litert av backports-strenum click flatbuffers ml-dtypes numpy opencv-python-headless \
  openexr picamera2 pidng protobuf simplejpeg videodev2
rm -r "$work/root/opt/wheels"

# The job is a tar archive on the second disk, what it prints goes to the second serial line.
cat >"$work/root/etc/systemd/system/lab.service" <<'UNIT'
[Unit]
Description=The job of the device lab
After=systemd-udev-settle.service
Wants=systemd-udev-settle.service

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'exec >/dev/ttyS1 2>&1; mkdir /root/job; cd /root/job; tar xf /dev/vdb; sh run.sh'
ExecStopPost=systemctl --no-block poweroff

[Install]
WantedBy=multi-user.target
UNIT
systemctl --root="$work/root" --quiet enable lab.service
systemctl --root="$work/root" --quiet mask apt-daily.timer apt-daily-upgrade.timer \
  e2scrub_all.timer e2scrub_reap.service getty.target serial-getty@ttyS0.service

cp "$work"/root/boot/vmlinuz-* "$work/vmlinuz"
cp "$work"/root/boot/initrd.img-* "$work/initrd"
rm -f "$work/vm.img"
truncate --size=4G "$work/vm.img"
mkfs.ext4 -q -F -d "$work/root" "$work/vm.img"
rm -rf "$work/root"
echo "$recipe" >"$work/built"
