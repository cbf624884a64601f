#!/usr/bin/env bash
# pch_sum.sh COMPILER ARGUMENTS…: launches the compiler for the precompiled header and writes a digest of what the header was
# made from beside it. ccache compares that (CCACHE_PCH_EXTSUM) instead of the file, which holds this checkout's path, so
# that another checkout finds the objects of this one.
set -euo pipefail
output=
depends=
previous=
for argument; do
  case $previous in -o) output=$argument ;; -MF) depends=$argument ;; esac
  previous=$argument
done
case $output in *.pch) ;; *) exec "$@" ;; esac
rm -f "$output.sum" # without it ccache compares the file
"$@"
# In the depfile: what it makes, then every file that was read, a `\` at each line's end.
sed -e 's/^[^ ]*: *//' -e 's/ *\\$//' "$depends" | tr -s ' ' '\n' | sed '/^$/d' | xargs cat | sha256sum >"$output.sum.new"
mv "$output.sum.new" "$output.sum"
