#!/bin/sh
# Brings the sources of hiredis, of which the reader of Redis' protocol is compiled into Weft (docs/decisions/13-redis-by-hiredis-and-asio.md).
# Debian's hiredis knows only the older protocol; the Python index has the sources of the current one in the package of
# that name. Idempotent. Prints the folder: $WEFT_SOURCES/hiredis-VERSION, by default below ~/.cache/weft/sources;
# includes are written <hiredis/read.h> from there.
set -eu
package=3.4.2  # of the Python index; it holds hiredis 1.4.0
hash=sha256:9a566dc70e9dd84be3550babc56a8e109bb65cafcac635aea027fa425196a7d7
version=1.4.0
root=${WEFT_SOURCES:-${XDG_CACHE_HOME:-$HOME/.cache}/weft/sources}
target=$root/hiredis-$version

if [ ! -f "$target/complete" ]; then
    echo "hiredis $version: taking its sources from the Python index (reads what Redis answers)" >&2
    mkdir -p "$root"
    work=$(mktemp -d "$root/new.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    printf 'hiredis==%s --hash=%s\n' "$package" "$hash" >"$work/wanted.txt"
    # pip asks the package for its name, which takes its build tool; nothing is built.
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
        --require-hashes -r "$work/wanted.txt" -d "$work" >&2
    mkdir "$work/hiredis-$version"
    tar -xzf "$work/hiredis-$package.tar.gz" -C "$work" "hiredis-$package/vendor/hiredis"
    mv "$work/hiredis-$package/vendor/hiredis" "$work/hiredis-$version/hiredis"
    : >"$work/hiredis-$version/complete"
    # Whoever renames first wins; a second process finds the folder there and is content.
    mv -T "$work/hiredis-$version" "$target" 2>/dev/null || [ -f "$target/complete" ]
fi
echo "$target"
