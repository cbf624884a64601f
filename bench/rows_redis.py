"""Key-value on Redis: a get per HTTP request, and many gets of one guest, one after the other."""
import http.client
import statistics
import subprocess
import sys
import time

import lab as labs
import peers
import rows_http

sys.path.insert(0, str(labs.ROOT / "tests" / "e2e"))
import manifests  # noqa: E402  (the path is set above)

GETS = 10_000
VALUE = "x" * 64


class Sides:
    """A Redis server with one key, and Weft with the guest that reads it."""

    def __init__(self, bench, name):
        self.bench, self.lab = bench, bench.lab
        self.redis_port, self.port = labs.free_port(), labs.free_port()
        self.folder = self.lab.folder(name)
        self.redis = self.lab.start([peers.find("redis-server"), "--port", str(self.redis_port), "--bind", "127.0.0.1",
                                     "--dir", str(self.folder), "--save", "", "--appendonly", "no"])
        self.lab.wait_for_port(self.redis, self.redis_port)
        subprocess.run(["redis-cli", "-p", str(self.redis_port), "SET", "bench", VALUE], check=True, capture_output=True)

    def start_weft(self, cpu=None):
        keyvalue = manifests.provider("kv", "weft:keyvalue-redis").replace(
            "weft:keyvalue-redis}", "weft:keyvalue-redis, config: [{name: redis, properties: "
            f"{{url: 'redis://127.0.0.1:{self.redis_port}'}}}}]}}")
        reads = manifests.component("reads", self.bench.guests / "reads.wasm",
                                    links=[manifests.link("kv", "wasi:keyvalue", "store")])
        path = self.folder / "app.yaml"
        path.write_text(manifests.application("reads", reads, keyvalue,
                                              manifests.http_server("reads", f"127.0.0.1:{self.port}")))
        weft = self.lab.start([self.bench.weft, "up", str(path), "--state-dir", str(self.folder / "state"),
                               "--cache-dir", str(self.lab.folder("weft/cache"))], cpu)
        self.lab.wait_for_200(weft, self.port)
        return weft

    def stop(self):
        self.lab.stop(self.redis)


def get_c32(bench):
    """Weft on one CPU in both halves, the load and Redis on the other; the peer is hello of the same Weft."""
    if bench.peers_only:
        raise labs.Skipped("the peer is Weft itself")
    hello, samples = rows_http.contenders(bench).weft(), {"ours": [], "peer": []}

    def ours(number):
        sides = Sides(bench, f"redis-get-{number}")
        weft = sides.start_weft(labs.SERVER_CPU)
        sample = bench.lab.measure(weft, sides.port, 32, True)
        bench.lab.stop(weft)
        sides.stop()
        return sample

    halves = {"ours": ours, "peer": lambda number: rows_http.side(bench, hello, 32, True)}
    for number in range(bench.rounds):
        for role in ("ours", "peer") if number % 2 == 0 else ("peer", "ours"):
            samples[role].append(halves[role](number))
            bench.progress(f"{role}: {samples[role][-1]}")
    rates = {role: [sample["rps"] for sample in samples[role]] for role in samples}
    return {"ours": statistics.median(rates["ours"]), "peer": statistics.median(rates["peer"]), "peer_name": "weft, hello",
            "ratio": statistics.median(a / b for a, b in zip(rates["ours"], rates["peer"])), "samples": samples,
            "versions": {**bench.versions, "redis-server": peers.version("redis-server")},
            "commands": {"ours": "weft up (reads on weft:keyvalue-redis) + wrk -t1 -c32", "peer": hello.command}}


def loop(bench):
    """The ratio is peer / ours: above 1 is better for Weft. One request makes all gets."""
    sides, samples = Sides(bench, "redis-loop"), {"ours": [], "peer": []}
    program = labs.ROOT / "build" / "bench" / "redis_loop"
    weft = None if bench.peers_only else sides.start_weft()

    def ours():
        connection = http.client.HTTPConnection("127.0.0.1", sides.port, timeout=60)
        began = time.perf_counter()
        connection.request("GET", f"/?{GETS}")
        answer = connection.getresponse()
        if answer.status != 200 or answer.read().decode() != VALUE:
            raise labs.Failed(f"the guest answered {answer.status}")
        connection.close()
        return round((time.perf_counter() - began) * 1e6, 1)

    def peer():
        return float(subprocess.run([str(program), str(sides.redis_port), "bench", str(GETS)], capture_output=True, text=True,
                                    check=True).stdout)

    halves = {"peer": peer} if bench.peers_only else {"ours": ours, "peer": peer}
    for half in halves.values():
        half()  # once for nothing: connections, pages, caches
    for number in range(2 * bench.rounds):
        for role in list(halves) if number % 2 == 0 else list(halves)[::-1]:
            samples[role].append(halves[role]())
            bench.progress(f"{role}: {samples[role][-1]}")
    if weft:
        bench.lab.stop(weft)
    sides.stop()
    result = {"peer": statistics.median(samples["peer"]), "peer_name": "C loop over hiredis 1.4", "samples": samples,
              "versions": {**bench.versions, "redis-server": peers.version("redis-server")},
              "commands": {"peer": f"redis_loop PORT bench {GETS}"}}
    if weft:
        result |= {"ours": statistics.median(samples["ours"]),
                   "ratio": statistics.median(p / o for p, o in zip(samples["peer"], samples["ours"]))}
        result["commands"]["ours"] = f"one request, in which the guest makes {GETS} gets"
    return result
