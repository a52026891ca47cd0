# shellcheck shell=bash
# Sourced by the scripts beside it: what they need from the system, installed with apt only when it is missing.

root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"

say() { printf '==> %s\n' "$*" >&2; }

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    fail "installing packages needs root, and there is no sudo; run as root: $*"
  fi
}

# The Debian packages whose files are not there.
missing_packages() {
  command -v pkg-config >/dev/null 2>&1 || echo pkg-config
  { command -v pkg-config >/dev/null 2>&1 && pkg-config --exists hiredis; } || echo libhiredis-dev
  command -v redis-server >/dev/null 2>&1 || echo redis-server
  command -v openssl >/dev/null 2>&1 || echo openssl
}

# Installs packages. Debian starts the redis-server of a new package as a service; we need the program only, so starting is
# forbidden while apt runs, and the service is not enabled for the next boot.
install_packages() {
  say "installing with apt: $*"
  as_root apt-get update -q >&2
  (
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
      # Also when this is interrupted: a forgotten policy would keep every service of the host from starting.
      trap 'as_root rm -f "$policy"' EXIT
      printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
      as_root chmod 755 "$policy"
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" >&2
  ) || fail "apt could not install: $*"
  case " $* " in
    *" redis-server "*)
      if [ -d /run/systemd/system ]; then as_root systemctl disable --quiet redis-server >&2 || true; fi
      ;;
  esac
}

need_packages() {
  local missing
  missing="$(missing_packages | tr '\n' ' ')"
  missing="${missing% }"
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null 2>&1 || fail "missing: $missing (names of Debian's packages). There is no apt here; \
install hiredis 0.14 or newer with its headers, redis-server 7, openssl and pkg-config with the system's package manager."
  # shellcheck disable=SC2086 # one word for each package
  install_packages $missing
  missing="$(missing_packages | tr '\n' ' ')"
  [ -z "$missing" ] || fail "still missing after installing: $missing"
}

need_swift() {
  local found major minor
  command -v swift >/dev/null 2>&1 || fail "there is no swift in PATH; Swift 6.2 or newer is needed: https://www.swift.org/install"
  found="$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)"
  major="${found%%.*}"
  minor="${found#*.}"
  minor="${minor%%.*}"
  [[ "$major" =~ ^[0-9]+$ && "$minor" =~ ^[0-9]+$ ]] || fail "cannot tell the version of swift (\`swift --version\`); 6.2 or newer is needed"
  if [ "$major" -lt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -lt 2 ]; }; then
    fail "Swift $found is too old; 6.2 or newer is needed: https://www.swift.org/install"
  fi
}

prepare() {
  need_swift
  need_packages
}
