"""The rows of hello over HTTP: requests a second, latency, the ceiling, the cold start."""
import socket
import statistics
import time

import lab as labs
import peers
from contenders import Contenders


def side(bench, contender, connections, pin):
    """One sample of one contender, started for it and stopped after it."""
    port = labs.free_port()
    server = contender.start(port, labs.SERVER_CPU if pin else None)
    bench.lab.wait_for_200(server, port)
    sample = bench.lab.measure(server, port, connections, pin)
    bench.lab.stop(server)
    return sample


def alternate(bench, ours, peer, connections, key, higher_is_better):
    """Alternating rounds, the server on one CPU and the load on the other. The ratio is the median of the rounds' own ratios:
    what disturbs one round disturbs both of its halves."""
    samples = {"ours": [], "peer": []}
    contenders = [("ours", ours), ("peer", peer)] if ours else [("peer", peer)]
    for number in range(bench.rounds):
        for role, contender in contenders if number % 2 == 0 else contenders[::-1]:
            samples[role].append(side(bench, contender, connections, pin=True))
            bench.progress(f"{contender.name}: {samples[role][-1]}")
    values = {role: [sample[key] for sample in samples[role]] for role in samples}
    result = {"peer": statistics.median(values["peer"]), "peer_name": peer.name, "samples": samples,
              "versions": {**bench.versions, **peer.versions}, "commands": {"peer": peer.command}}
    if ours:
        pairs = zip(values["ours"], values["peer"])
        ratios = [a / b if higher_is_better else b / a for a, b in pairs]
        result |= {"ours": statistics.median(values["ours"]), "ratio": statistics.median(ratios)}
        result["commands"]["ours"] = ours.command
        if key == "rps":
            cpu = [[s["cpu_us"] for s in samples[role]] for role in ("peer", "ours")]
            result["cpu_ratio"] = round(statistics.median(p / o for p, o in zip(*cpu)), 3)
    return result


def contenders(bench):
    if bench.contenders is None:
        bench.contenders = Contenders(bench.lab, bench.weft, bench.hello)
    return bench.contenders


def ours(bench):
    return None if bench.peers_only else contenders(bench).weft()


def hello_c32(bench):
    return alternate(bench, ours(bench), contenders(bench).wasmtime(), 32, "rps", True)


def hello_c32_vs_wash(bench):
    return alternate(bench, ours(bench), contenders(bench).wash(), 32, "rps", True)


def hello_c1(bench):
    return alternate(bench, ours(bench), contenders(bench).wasmtime(), 1, "p50_us", False)


def ceiling(bench):
    server = None if bench.peers_only else contenders(bench).http_ceiling()
    return alternate(bench, server, contenders(bench).nginx(), 32, "rps", True)


def cold_start(bench):
    """From exec to the first 200, the artifact cached for those who have a cache. Not pinned: compilers and loaders may use
    what there is."""
    all_ = contenders(bench)
    config = bench.lab.scratch / "wasmtime-cache.toml"
    config.write_text(f'[cache]\ndirectory = "{bench.lab.folder("wasmtime-cache")}"\n')
    wasmtime = [peers.find("wasmtime"), "serve", "-Scli", "-C", "cache=y", "-C", f"cache-config={config}"]

    def start_wasmtime(port, cpu):
        return bench.lab.start([*wasmtime, "--addr", f"127.0.0.1:{port}", str(bench.hello)], cpu)

    starters = {"peer": start_wasmtime, "wash host": all_.wash().start}
    if not bench.peers_only:
        starters["ours"] = all_.weft().start
    times = {name: [] for name in starters}
    for start in starters.values():
        first_200(bench, start)  # fills the caches
    for _ in range(5 if bench.quick else 15):
        for name, start in starters.items():
            times[name].append(round(first_200(bench, start), 2))
    result = {"peer": statistics.median(times["peer"]), "peer_name": "wasmtime serve, cache warm",
              "samples": times, "others": {"wash host": statistics.median(times["wash host"])},
              "versions": {**bench.versions, "wasmtime": peers.version("wasmtime"), "wash": peers.version("wash")},
              "commands": {"peer": "wasmtime serve -Scli -C cache=y -C cache-config=FILE --addr 127.0.0.1:PORT hello.wasm"}}
    if "ours" in times:
        result |= {"ours": statistics.median(times["ours"])}
        result["ratio"] = result["peer"] / result["ours"]
        result["commands"]["ours"] = all_.weft().command
    return result


def first_200(bench, start):
    """Milliseconds from exec to the first 200."""
    port = labs.free_port()
    began = time.perf_counter()
    server = start(port, None)
    while not answers(port):
        server.check_alive()
        if time.perf_counter() - began > 30:
            raise labs.Failed(f"{' '.join(server.command)}: no 200 within 30 s")
        time.sleep(0.0003)
    took = (time.perf_counter() - began) * 1000
    server.kill()
    bench.lab.servers.remove(server)
    return took


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a.local\r\nConnection: close\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False
