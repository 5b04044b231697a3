#!/usr/bin/env bash
# The golden pictures on an emulated AArch64 processor: arm.sh WORK [PYTHON]
#
# Run by hand on x86-64 Debian or Ubuntu, from the repository, with a network: WORK (a new folder, about 400 MB) receives
# QEMU's user mode, a Python and its libraries of Debian for arm64, and wheels for it. PYTHON is one in which the project
# is installed; it must be of the version of Debian's. Compiling under emulation would take hours, so kernels are
# compiled here for that processor, into a cache that the emulated Python loads. Prints a line for each layer of each
# picture; ends with 0 where all are the same. See docs/results.md.
set -euo pipefail

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2; }
[ $# -ge 1 ] || usage
mkdir -p "$1"
work=$(cd "$1" && pwd)
python=${2:-python3}
source=$(cd "$(dirname "$0")/.." && pwd)
golden=$source/container/golden/v2.0/pictures
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

fetch_emulator() {
  cd "$work"
  apt-get download -q qemu-user-static >/dev/null
  dpkg-deb -x qemu-user-static_*.deb qemu
}

fetch_python() {  # Debian's, for arm64, unpacked and not installed; the system's own lists and keys
  mkdir -p "$work"/{root,lists/partial,debs/partial}
  cd "$work"
  : >sources
  : >status
  cat >apt.conf <<CONFIGURATION
APT::Architecture "arm64"; APT::Architectures { "arm64"; }; APT::Sandbox::User "root"; APT::Install-Recommends "false";
Dir::State "$work"; Dir::State::Lists "$work/lists"; Dir::State::status "$work/status";
Dir::Cache "$work"; Dir::Cache::archives "$work/debs";
Dir::Etc::sourcelist "$work/sources"; Dir::Etc::sourceparts "/etc/apt/sources.list.d";
CONFIGURATION
  [ ! -s /etc/apt/sources.list ] || cp /etc/apt/sources.list sources
  APT_CONFIG=$work/apt.conf apt-get update -q >/dev/null
  APT_CONFIG=$work/apt.conf apt-get install -q -y --download-only \
    "libpython$version-stdlib" "python$version-minimal" libstdc++6 libgomp1 >/dev/null
  for package in debs/*.deb; do dpkg-deb -x "$package" root; done
}

fetch_wheels() {  # of the versions that PYTHON has; decoding needs no more
  local pins platforms=()
  mkdir -p "$work/site"
  cd "$work"
  pins=$("$python" -c 'from importlib.metadata import version
for name in ("numpy", "numba", "llvmlite", "safetensors", "zstandard"): print(f"{name}=={version(name)}")')
  for system in manylinux_2_28 manylinux_2_27 manylinux_2_17 manylinux2014; do
    platforms+=(--platform "${system}_aarch64")
  done
  # shellcheck disable=SC2086 # one word a package
  "$python" -m pip download -q --no-deps --only-binary=:all: --python-version "$version" --implementation cp \
    --abi "cp${version/./}" --abi abi3 --abi none "${platforms[@]}" -d wheels $pins
  for wheel in wheels/*.whl; do "$python" -m zipfile -e "$wheel" site; done
}

step() {
  local start=$SECONDS
  "$1"
  echo "$1: $((SECONDS - start)) s"
}

compile_kernels() {
  cd "$source"
  "$python" -m benchmarks.arm_kernels list "$golden" "$work/kernels"
  NUMBA_CACHE_DIR=$work/cache "$python" -m benchmarks.arm_kernels compile "$golden" "$work/kernels"
}

decode_golden() {
  cd "$source"
  env -u OPENBLAS_CORETYPE NUMBA_CACHE_DIR="$work/cache" PYTHONHOME="$work/root/usr" \
    PYTHONPATH="$source:$source/container:$work/site" \
    "$work/qemu/usr/bin/qemu-aarch64-static" -L "$work/root" "$work/root/usr/bin/python$version" -B \
    -m benchmarks.arm_golden "$golden"
}

export NUMBA_CPU_NAME=generic NUMBA_CPU_FEATURES='' OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 HYBRIDCODEC_THREADS=1
for name in fetch_emulator fetch_python fetch_wheels compile_kernels decode_golden; do step "$name"; done
