# What the stages of the device lab share; each sources it from the project's folder.
#   LAB_CACHE, if set, is the folder in which root file systems stay from run to run;
#   MIRROR, if set, is the Debian mirror; else that of this machine.
PYTHON=$(realpath -s "${PYTHON:-.venv/bin/python}")
cache=${LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/edge-localizer-lab}
mkdir -p "$cache"

skip() { echo "skipped: $*"; exit 0; }

need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null ||
      skip "$tool is not installed; tests/device/install puts it in place"
  done
}

# debian_root NAME ARCH SUITE VARIANT PACKAGE…: Debian in $cache/NAME, built once for each recipe.
debian_root() {
  local root=$cache/$1 arch=$2 suite=$3 variant=$4
  shift 4
  local recipe="$arch $suite $variant $*" mirror=${MIRROR:-}
  [ "$(cat "$root.built" 2>/dev/null)" = "$recipe" ] && return
  [ -n "$mirror" ] || mirror=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources 2>&- | head -n 1)
  [ -n "$mirror" ] || mirror=$(awk '/^deb http.*debian /{print $2; exit}' /etc/apt/sources.list 2>&- || true)
  [ -n "$mirror" ] || skip "this is no Debian, so set MIRROR to a Debian mirror"
  rm -rf "$root" "$root.built"
  mmdebstrap --quiet --variant="$variant" --arch="$arch" --include="$(IFS=,; echo "$*")" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' "$suite" "$root" "$mirror" >"$root.log" 2>&1 || {
    tail -n 5 "$root.log" >&2
    skip "Debian $suite for $arch could not be fetched from $mirror"
  }
  echo "$recipe" >"$root.built"
}
