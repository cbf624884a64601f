#!/usr/bin/env python3
"""Endless loops beside hello: what is left of hello's rate and latency. The bar: at least a quarter of the rate and a p99 of
15 ms, however many loops run.

    bench/fair.py [--loops 1,2,10,100] [--seconds 5] [--weft PROGRAM] [--guests FOLDER]
"""
import argparse
import os
import pathlib
import socket
import sys
import time

import lab as labs

SHARE, P99_MS = 0.25, 15


def start_loops(port, count):
    """`count` requests that never get an answer, each on a connection of its own."""
    connections = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port), timeout=5)
        connection.sendall(b"GET /loop HTTP/1.1\r\nHost: a.local\r\n\r\n")
        connections.append(connection)
    return connections


def measure(lab, options, count):
    port = labs.free_port()
    server = lab.start([str(options.weft), "run", str(options.guests / "bad.wasm"), "--address", f"127.0.0.1:{port}",
                        "--limit", "cpu_time=0", "--limit", "response_time=0", "--state-dir", str(lab.folder("state")),
                        "--cache-dir", str(lab.folder("cache"))])
    lab.wait_for_200(server, port, "/hello")
    connections = start_loops(port, count)
    time.sleep(0.5)
    before = labs.cpu_us(server.pid)
    sample = lab.load(port, 32, options.seconds, path="/hello")
    sample["cpu_ms"] = round((labs.cpu_us(server.pid) - before) / 1000)
    for connection in connections:
        connection.close()
    lab.stop(server)
    return sample


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loops", default="1,2,10,100")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--weft", type=pathlib.Path, default=labs.ROOT / "build" / "weft")
    parser.add_argument("--guests", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("WEFT_GUESTS", labs.ROOT / "build" / "guests")))
    options = parser.parse_args()
    failed = 0
    with labs.Lab(options.seconds) as lab:
        alone = measure(lab, options, 0)
        print(f"{'loops':>6}{'req/s':>10}{'share':>8}{'p50 ms':>9}{'p99 ms':>9}  server CPU ms")
        for count in [0, *map(int, options.loops.split(","))]:
            sample = measure(lab, options, count) if count else alone
            share, p99 = sample["rps"] / alone["rps"], sample["p99_us"] / 1000
            short = share < SHARE or p99 > P99_MS or sample["errors"]
            failed |= bool(short)
            print(f"{count:6}{sample['rps']:10.0f}{share:8.2f}{sample['p50_us'] / 1000:9.2f}{p99:9.2f}  "
                  f"{sample['cpu_ms']:6} {'short ' + sample['errors'] if short else ''}".rstrip(), flush=True)
    return failed


if __name__ == "__main__":
    try:
        sys.exit(main())
    except labs.Failed as error:
        sys.exit(f"fair: {error}")
