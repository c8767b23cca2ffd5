#!/bin/sh
# Installs the dependencies when the lock file is newer than what is installed. POSIX sh, any npm.
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
  echo "installing dependencies (about 470 MB with the Node.js runtime, 10-30 s) ..." >&2
  npm ci --no-audit --no-fund --loglevel=error || exit 1
fi
