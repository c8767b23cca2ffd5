#!/bin/sh
# Installs the dependencies when the lock file is newer than what is installed; one process at a time.
# POSIX sh, any npm.
cd -- "$(dirname -- "$0")/.." || exit 1

is_installed() { [ node_modules/.package-lock.json -nt package-lock.json ]; }
is_alive() { [ -d "/proc/$1" ] || kill -0 "$1" 2>/dev/null; }

is_installed && exit 0

lock=.cache/installing
mkdir -p .cache || exit 1
said=
until mkdir "$lock" 2>/dev/null; do
  holder=$(cat "$lock/pid" 2>/dev/null)
  if [ -z "$holder" ]; then
    sleep 1 # its maker is about to write its number, or died before it could
    holder=$(cat "$lock/pid" 2>/dev/null)
  fi
  if [ -z "$holder" ] || ! is_alive "$holder"; then
    # Left behind. Of several who see it only one can move it, and it may be another by then.
    left=.cache/left-$$
    mv "$lock" "$left" 2>/dev/null || continue
    if [ "$(cat "$left/pid" 2>/dev/null)" = "$holder" ]; then rm -rf "$left"; else mv "$left" "$lock"; fi
    continue
  fi
  [ -n "$said" ] || echo "waiting for process $holder, which installs here ..." >&2
  said=yes
  sleep 1
done
echo $$ >"$lock/pid"
trap 'rm -rf "$lock"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

is_installed && exit 0
echo "installing dependencies (about 470 MB with the Node.js runtime, 10-30 s) ..." >&2
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || exit 1
touch node_modules/.package-lock.json
