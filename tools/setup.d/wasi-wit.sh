#!/bin/sh
# Collects WASI's WIT from the crate that serves it, in the version of the engine's wasmtime-wasi, so that guests are
# built against exactly what the host implements. Nothing of it is kept in the repository. Idempotent.
# Prints the folder: $WEFT_WIT/wasi-VERSION, by default below ~/.cache/weft/wit.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=${WEFT_WIT:-${XDG_CACHE_HOME:-$HOME/.cache}/weft/wit}
version=$(sed -n 's/^wasmtime-wasi *=.*"=\([0-9.]*\)".*/\1/p' "$here/../../engine/wasmtime/Cargo.toml")
[ -n "$version" ] || { echo "wasi-wit: engine/wasmtime/Cargo.toml pins no wasmtime-wasi (\"=X.Y.Z\")" >&2; exit 1; }
target=$root/wasi-$version

if [ ! -f "$target/complete" ]; then
    echo "wasi-wit: taking WASI's WIT from crate wasmtime-wasi-http $version (guests are built against it)" >&2
    mkdir -p "$root"
    work=$(mktemp -d "$root/new.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    # A crate of our own whose only purpose is that cargo fetches and checks its dependency.
    mkdir -p "$work/probe/src" "$work/wit"
    : >"$work/probe/src/lib.rs"
    printf '[package]\nname = "probe"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[dependencies]\nwasmtime-wasi-http = "=%s"\n' \
        "$version" >"$work/probe/Cargo.toml"
    cargo metadata --quiet --format-version 1 --manifest-path "$work/probe/Cargo.toml" >"$work/metadata.json"
    crate=$(python3 -c '
import json, os, sys
packages = json.load(open(sys.argv[1]))["packages"]
print(next(os.path.dirname(p["manifest_path"]) for p in packages if p["name"] == "wasmtime-wasi-http"))
' "$work/metadata.json")
    cp "$crate"/wit/deps/*.wit "$work/wit/"
    : >"$work/wit/complete"
    # Whoever renames first wins; a second process finds the folder there and is content.
    mv -T "$work/wit" "$target" 2>/dev/null || [ -f "$target/complete" ]
fi
echo "$target"
