"""keyvalue_increment: a durable increment per HTTP request through a component, against Redis with a sync per command."""
import csv
import statistics
import subprocess
import sys

import lab as labs
import peers

sys.path.insert(0, str(labs.ROOT / "tests" / "e2e"))
import manifests  # noqa: E402  (the path is set above)

CONNECTIONS = 32
REDIS = ["--bind", "127.0.0.1", "--appendonly", "yes", "--appendfsync", "always", "--save", ""]


def redis(bench, number):
    port = labs.free_port()
    folder = bench.lab.folder(f"redis-{number}")
    server = bench.lab.start([peers.find("redis-server"), "--port", str(port), "--dir", str(folder), *REDIS])
    bench.lab.wait_for_port(server, port)

    def load(count):
        command = [peers.find("redis-benchmark"), "-h", "127.0.0.1", "-p", str(port), "-c", str(CONNECTIONS), "-n",
                   str(count), "--csv", "INCR", "counter"]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return dict(zip(*list(csv.reader(out.splitlines()))[-2:]))

    warm = float(load(2000)["rps"])
    before = labs.cpu_us(server.pid)
    count = max(2000, int(warm * bench.lab.seconds))
    report = load(count)
    used = labs.cpu_us(server.pid) - before
    bench.lab.stop(server)
    return {"rps": float(report["rps"]), "requests": count, "p50_us": float(report["p50_latency_ms"]) * 1000,
            "p99_us": float(report["p99_latency_ms"]) * 1000, "cpu_us": round(used / count, 2)}


def weft(bench, number):
    port = labs.free_port()
    folder = bench.lab.folder(f"counter-{number}")
    manifest = manifests.on_ports(labs.ROOT / "examples" / "counter" / "app.yaml", folder, {8000: port})
    server = bench.lab.start([bench.weft, "up", str(manifest), "--state-dir", str(folder / "state"), "--cache-dir",
                              str(bench.lab.folder("weft/cache"))])
    bench.lab.wait_for_200(server, port)
    sample = bench.lab.measure(server, port, CONNECTIONS, pin=False)
    bench.lab.stop(server)
    return sample


def keyvalue_increment(bench):
    """Both write below the same scratch folder: one file system, one disk."""
    samples = {"ours": [], "peer": []}
    halves = [("peer", redis)] if bench.peers_only else [("ours", weft), ("peer", redis)]
    for number in range(bench.rounds):
        for role, half in halves if number % 2 == 0 else halves[::-1]:
            samples[role].append(half(bench, number))
            bench.progress(f"{role}: {samples[role][-1]}")
    rates = {role: [s["rps"] for s in samples[role]] for role in samples}
    result = {"peer": statistics.median(rates["peer"]), "peer_name": "redis-server, appendfsync always", "samples": samples,
              "versions": {**bench.versions, **{n: peers.version(n) for n in ("redis-server", "wrk")}},
              "commands": {"peer": f"redis-server {' '.join(REDIS[2:6])} + redis-benchmark -c {CONNECTIONS} INCR counter"}}
    if not bench.peers_only:
        result |= {"ours": statistics.median(rates["ours"])}
        result["ratio"] = statistics.median(a / b for a, b in zip(rates["ours"], rates["peer"]))
        result["commands"]["ours"] = f"weft up examples/counter/app.yaml + wrk -t1 -c{CONNECTIONS}"
    return result
