"""A Vault of our own (OpenBao): on a free port, in memory, unsealed, with an empty KV engine at `secret`."""
import json
import os
import pathlib
import subprocess
import time
import urllib.error
import urllib.request


def program():
    cache = os.environ.get("XDG_CACHE_HOME") or str(pathlib.Path.home() / ".cache")
    path = pathlib.Path(os.environ.get("WEFT_TOOLS") or f"{cache}/weft/tools") / "bin/bao"
    if not path.exists():
        raise AssertionError(f"there is no {path}: tools/setup.d/openbao.sh brings it")
    return str(path)


class VaultServer:
    TOKEN = "weft-swap"  # as examples/swap/app.yaml has it

    def __init__(self, port, folder):
        self.port, self.folder = port, folder
        folder.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [program(), "server", "-dev", f"-dev-root-token-id={self.TOKEN}", f"-dev-listen-address=127.0.0.1:{port}",
             "-dev-no-store-token", "-log-level=warn"],
            stdout=subprocess.DEVNULL, stderr=open(folder / "log", "w"), env={**os.environ, "HOME": str(folder)})
        deadline = time.monotonic() + 40
        while not self.has_engine():
            if time.monotonic() > deadline:
                raise AssertionError(f"bao does not answer: {(folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def has_engine(self):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/v1/sys/mounts", headers={"X-Vault-Token": self.TOKEN})
        try:
            with urllib.request.urlopen(request, timeout=5) as reply:
                return "secret/" in json.load(reply)
        except (OSError, urllib.error.URLError):
            return False

    def kill9(self):
        self.process.kill()
        self.process.wait()

    def cli(self, *words):
        ended = subprocess.run([program(), *words], capture_output=True, text=True,
                               env={**os.environ, "BAO_ADDR": f"http://127.0.0.1:{self.port}", "BAO_TOKEN": self.TOKEN})
        return ended.stdout.strip()
