#!/usr/bin/env python3
"""Moves a counter's link from SQLite to Redis, to Vault and back, and rebuilds a page, while requests flow at a fixed rate; exits with 1
if one fails.

    examples/swap/swap.py [--seconds 60] [--rate 300] [--moves 5] [--builds 10]

Needs build/weft (or WEFT) and the components in build/guests (or WEFT_GUESTS): make guests build.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
os.environ.setdefault("WEFT", str(ROOT / "build" / "weft"))
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

import load  # noqa: E402
import manifests  # noqa: E402
import redis_server  # noqa: E402
import vault_server  # noqa: E402
import weft  # noqa: E402

KEYS = 100
WAY = ("sqlite", "redis", "vault", "redis")  # and from the start again


def path_of(number):
    """A third are increments over 100 keys."""
    return f"/count/{number // 3 % KEYS}" if number % 3 == 0 else "/page"


class Show:
    def __init__(self, folder, options):
        self.folder, self.options = folder, options
        self.words = ["--state-dir", str(folder / "state"), "--cache-dir", str(folder / "cache")]
        self.redis = redis_server.RedisServer(weft.free_port(), folder / "redis")
        self.vault = vault_server.VaultServer(weft.free_port(), folder / "vault")
        port, admin = weft.free_port(), weft.free_port()
        path = manifests.on_ports(ROOT / "examples/swap/app.yaml", folder,
                                  {8000: port, 6379: self.redis.port, 8200: self.vault.port})
        self.host = weft.Host([str(weft.WEFT), "up", str(path), "--admin", f"127.0.0.1:{admin}", *self.words], admin)
        self.host.wait_until_ready()
        self.port, self.store, self.moved = port, WAY[0], []

    def command(self, *words):
        ended = subprocess.run([str(weft.WEFT), *words, *self.words], capture_output=True, text=True)
        if ended.returncode != 0:
            sys.exit(f"weft {' '.join(words)}: {ended.stderr}")

    def move(self, store):
        self.command("link", "put", "counter", store, "wasi", "keyvalue", "--interface", "store", "--interface", "atomics")
        self.store = store

    def build(self, number):
        data = (weft.GUESTS / "hello.wasm").read_bytes().replace(b"Hello from C++23", b"Build %10d" % number)
        path = self.folder / f"web-{number}.wasm"
        path.write_bytes(data)
        self.command("update", "web", str(path))

    def events(self):
        """(moment, what) in order: moves in the middle of equal parts, builds spread over all of it."""
        seconds = self.options.seconds
        moves = [((turn + 1) * seconds / (self.options.moves + 1), "move") for turn in range(self.options.moves)]
        builds = [((turn + 0.25) * seconds / self.options.builds, "build") for turn in range(self.options.builds)]
        return sorted(moves + builds)

    def act(self, what, running, number):
        if what == "build":
            self.build(number)
            return f"build {number}"
        self.moved.append(running.now())
        target = WAY[len(self.moved) % len(WAY)]
        self.move(target)
        return f"link -> {target}"

    def run(self):
        print(f"{'second':>6} {'asked':>6} {'failed':>6} {'p50 ms':>8} {'p99 ms':>8}  store")
        running, events, number = load.Load(self.port, self.options.rate, path_of), self.events(), 0
        for second in range(self.options.seconds):
            done = []
            while running.now() < second + 1:
                if events and running.now() >= events[0][0]:
                    number += events[0][1] == "build"
                    done.append(self.act(events.pop(0)[1], running, number))
                else:
                    time.sleep(0.01)
            part = running.between(second, second + 1)
            print(f"{second:6} {len(part):6} {sum(bool(one.failure) for one in part):6} {load.quantile(part, 0.5):8.2f} "
                  f"{load.quantile(part, 0.99):8.2f}  {self.store:8} {', '.join(done)}", flush=True)
        return running.stop()

    def total(self):
        """What all stores counted: asking adds one to each key."""
        total = 0
        for store in set(WAY):
            self.move(store)
            for key in range(KEYS):
                total += int(re.search(r"(\d+)\s*$", self.host.get(f"/count/{key}", port=self.port).text).group(1)) - 1
        return total

    def judge(self, samples):
        counts = [one for one in samples if one.path.startswith("/count")]
        near = [[one for one in counts if abs(one.at - moved) < 0.5] for moved in self.moved]
        calm = {store: [] for store in WAY}
        for one in counts:
            turn = sum(moved < one.at for moved in self.moved)
            if one.at > 1 and all(abs(one.at - moved) >= 0.5 for moved in self.moved):
                calm[WAY[turn % len(WAY)]].append(one)
        steady = max(load.quantile(part, 0.99) for part in calm.values())
        worst = max((load.quantile(part, 0.99) for part in near), default=0)
        acknowledged, total = sum(not one.failure for one in counts), self.total()
        failures = [one.failure for one in samples if one.failure]
        verdicts = [(not failures, f"{len(failures)} of {len(samples)} requests failed {failures[:3]}"),
                    (total == acknowledged, f"{acknowledged} increments acknowledged, {total} in the stores"),
                    (worst <= 2 * steady, f"p99 around a move {worst:.2f} ms at most, {steady:.2f} ms in between")]
        for good, text in verdicts:
            print("ok    " if good else "FAILED", text)
        return all(good for good, _ in verdicts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=float, default=300)
    parser.add_argument("--moves", type=int, default=5)
    parser.add_argument("--builds", type=int, default=10)
    with tempfile.TemporaryDirectory(prefix="weft-swap-") as folder:
        show = Show(pathlib.Path(folder), parser.parse_args())
        try:
            return 0 if show.judge(show.run()) else 1
        finally:
            show.host.stop()
            show.redis.kill9()
            show.vault.kill9()


if __name__ == "__main__":
    sys.exit(main())
