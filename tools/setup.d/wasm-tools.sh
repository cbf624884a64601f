#!/bin/sh
# Installs the pinned wasm-tools for guests: reads WIT, wraps core modules into components, strips and validates them.
# Idempotent. The folder is $WEFT_TOOLS, by default ~/.cache/weft/tools; the program ends up in its bin/.
set -eu
version=$(cat "$(dirname "$0")/wasm-tools.version") # also read by tools/witcpp, which depends on the JSON of this version
tools=${WEFT_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/weft/tools}

if [ "$("$tools/bin/wasm-tools" --version 2>/dev/null | cut -d' ' -f2)" = "$version" ]; then
    echo "wasm-tools $version: present in $tools/bin"
    exit 0
fi
echo "wasm-tools $version: building into $tools/bin (turns C++ guests into components; the bindings generator reads its JSON)" >&2

# Only what the build uses: `component` (wit, embed, new), `strip`, `validate`, `print` and `parse` for tests,
# `compose` to join two components without a host. Its own run takes milliseconds, so it is built for a short build.
export CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_DEBUG=false CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
unset RUSTFLAGS CARGO_TARGET_DIR CARGO_BUILD_TARGET || true
# Cargo's configuration is looked up from the current folder; a project's own settings must not leak in.
cd /
exec cargo install wasm-tools --version "$version" --locked --root "$tools" -j "${WEFT_JOBS:-2}" --quiet --force \
    --no-default-features --features component,validate,print,parse,strip,compose
