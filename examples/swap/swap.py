#!/usr/bin/env python3
"""Swaps the store behind a counter while requests flow, and shows second by second what callers see.

    examples/swap/swap.py [SECONDS]     60 by default; needs build/weft, build/guests and redis-server

300 requests a second, a third of them increments of 100 keys. The counter's link goes SQLite -> Redis -> SQLite -> Redis. At the
end the sum over both stores must be the number of increments that were acknowledged. Exits with 1 when a request failed or a
count is lost.
"""
import asyncio
import contextlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from load import Load, quantile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RATE, KEYS = 300, 100
ROUTE = ("redis", "sqlite", "redis")  # where the link goes; it begins at sqlite


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def path_of(number):
    return f"/count/{number // 3 % KEYS}" if number % 3 == 0 else "/hello"


def count_of(body):
    return int(re.search(r"(\d+)\s*$", body).group(1))


@contextlib.contextmanager
def running(command, ready, **options):
    """A process that is ended at the end; `ready()` says when it serves."""
    process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, **options)
    try:
        end = time.monotonic() + 120
        while not ready():
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{command[0]} does not serve (exit code {process.poll()})")
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def connects(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class Proof:
    """A host with the counter, a Redis, and the swaps."""

    def __init__(self, weft, folder):
        self.weft, self.folder = weft, pathlib.Path(folder)
        self.port, self.redis_port = free_port(), free_port()
        self.swaps = []  # (second, target)

    def manifest(self):
        text = (HERE / "app.yaml").read_text()
        text = text.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}").replace("127.0.0.1:6379", f"127.0.0.1:{self.redis_port}")
        text = text.replace("../../build/guests", os.environ.get("WEFT_GUESTS", str(ROOT / "build" / "guests")))
        path = self.folder / "app.yaml"
        path.write_text(text)
        return path

    @contextlib.contextmanager
    def host(self):
        options = ["--state-dir", self.folder / "state", "--cache-dir", self.folder / "cache"]
        redis = ["redis-server", "--port", self.redis_port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                 "--dir", self.folder]
        with open(self.folder / "log", "w") as log, \
                running(redis, lambda: connects(self.redis_port), stdout=subprocess.DEVNULL), \
                running([self.weft, "up", self.manifest(), *options], lambda: connects(self.port), stdout=log, stderr=log):
            yield self

    def link(self, target):
        command = [self.weft, "link", "put", "counter", target, "wasi", "keyvalue", "--interface", "store", "--interface",
                   "atomics", "--state-dir", self.folder / "state"]
        ended = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120)
        if ended.returncode != 0:
            raise SystemExit(f"the link could not be moved: {ended.stderr.strip()}")

    async def swap_along(self, seconds, begin, route):
        for step, target in enumerate(route, 1):
            await asyncio.sleep(max(0.0, begin + step * seconds / (len(route) + 1) - time.monotonic()))
            second = time.monotonic() - begin
            await asyncio.to_thread(self.link, target)
            self.swaps.append((second, target))

    async def run(self, seconds, show=None, route=ROUTE):
        load = Load(self.port, RATE, path_of)
        begin = time.monotonic()
        swapping = asyncio.create_task(self.swap_along(seconds, begin, route))
        showing = asyncio.create_task(show(self, load, begin)) if show else None
        samples = await load.run(seconds)
        await swapping
        if showing:
            showing.cancel()
        return samples

    def sums(self):
        """What each store holds, by one more increment of each key."""
        sums = {}
        for target in ("sqlite", "redis"):
            self.link(target)
            counts = []
            for key in range(KEYS):
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/count/{key}", timeout=60) as answer:
                    counts.append(count_of(answer.read().decode()) - 1)
            sums[target] = sum(counts)
        return sums


def acknowledged(samples):
    return sum(sample.status == 200 and sample.path.startswith("/count") for sample in samples)


def around(samples, second, width=1.0):
    """Latencies of the counter's requests that were due within half of `width` of that second."""
    return [one.latency for one in samples if one.path.startswith("/count") and abs(one.due - second) <= width / 2]


def steady(samples, swaps, seconds):
    """The same of each store, a second and more away from every swap: {target: latencies}."""
    found = {"sqlite": [], "redis": []}
    for one in samples:
        if not one.path.startswith("/count") or one.due < 1 or any(abs(one.due - at) <= 1 for at, _ in swaps):
            continue
        found[([("sqlite")] + [target for at, target in swaps if at <= one.due])[-1]].append(one.latency)
    return found


async def table(proof, load, begin):
    print("second  store   answers  failed    p50 ms    p99 ms", flush=True)
    seen = 0
    while True:
        await asyncio.sleep(1)
        new, seen = load.samples[seen:], len(load.samples)
        store = proof.swaps[-1][1] if proof.swaps else "sqlite"
        latencies = [one.latency * 1000 for one in new]
        print(f"{time.monotonic() - begin:6.0f}  {store:<6}  {len(new):>7}  {sum(one.status != 200 for one in new):>6}"
              f"  {quantile(latencies, 0.5):>8.2f}  {quantile(latencies, 0.99):>8.2f}", flush=True)


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    weft = pathlib.Path(os.environ.get("WEFT", ROOT / "build" / "weft"))
    for needed in (weft, ROOT / "build" / "guests" / "counter.wasm"):
        if not needed.exists():
            raise SystemExit(f"{needed} is not there: make build guests")
    if shutil.which("redis-server") is None:
        raise SystemExit("there is no redis-server: tools/setup installs it")
    with tempfile.TemporaryDirectory(prefix="weft-swap-") as folder, Proof(weft, folder).host() as proof:
        samples = asyncio.run(proof.run(seconds, table))
        sums = proof.sums()
        failed = [one for one in samples if one.status != 200]
        counted = acknowledged(samples)
        print(f"\n{len(samples)} requests, {len(failed)} failed; {counted} increments acknowledged, "
              f"{sums['sqlite']} in SQLite + {sums['redis']} in Redis = {sum(sums.values())}")
        for target, latencies in steady(samples, proof.swaps, seconds).items():
            print(f"steady on {target:<6}              p99 {quantile(latencies, 0.99) * 1000:8.2f} ms")
        for at, target in proof.swaps:
            print(f"around the swap at {at:4.1f} s to {target:<6} p99 {quantile(around(samples, at), 0.99) * 1000:8.2f} ms")
        return 0 if not failed and counted == sum(sums.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
