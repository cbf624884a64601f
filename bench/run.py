#!/usr/bin/env python3
"""Measures Weft against its peers, prints a table and writes build/bench/results.json. See bench/README.md.

    bench/run.py                    all rows, about eight minutes
    bench/run.py --only cold_start  one row (may be given more than once; part of a name is enough)
    bench/run.py --quick            short samples: shows that everything runs, not how fast it is
    bench/run.py --peers-only       the peers without Weft
"""
import argparse
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import time
import typing

import lab as labs
import peers
import rows_calls
import rows_durable
import rows_http
import rows_http_out
import rows_redis


@dataclasses.dataclass
class Row:
    name: str
    unit: str
    bar: str                  # as the table of the project says it
    passes: typing.Callable   # (result) -> bool
    measure: typing.Callable  # (bench) -> result


def at_least(ratio):
    return lambda result: result["ratio"] >= ratio


def at_most(value):
    return lambda result: result["ours"] <= value


ROWS = [
    Row("http_hello_p2_c32", "req/s", ">= 1.6 x wasmtime serve", at_least(1.6), rows_http.hello_c32),
    Row("http_hello_p2_c32_vs_wash", "req/s", ">= 3 x wash host", at_least(3), rows_http.hello_c32_vs_wash),
    Row("http_hello_p2_c1", "us (p50)", ">= 1.3 x wasmtime serve", at_least(1.3), rows_http.hello_c1),
    Row("http_ceiling", "req/s", ">= 0.8 x nginx", at_least(0.8), rows_http.ceiling),
    Row("http_out", "req/s", ">= 0.7 x wrk to its upstream", at_least(0.7), rows_http_out.http_out),
    Row("call_component_to_component", "us", "<= 8 us", at_most(8), rows_calls.row("call_component_to_component")),
    Row("call_rich", "us", "<= plain call + 60 us", lambda r: r["ours"] <= r["plain_call"] + 60,
        rows_calls.row("call_rich")),
    Row("bytes_1MiB_roundtrip", "us", ">= 0.5 x four memcpy", at_least(0.5), rows_calls.row("bytes_1MiB_roundtrip")),
    Row("middleware_hop", "us", "<= 2 x call_component_to_component", at_least(1 / 2), rows_calls.row("middleware_hop")),
    Row("cold_start", "ms", ">= 0.8 x wasmtime serve, warm", at_least(0.8), rows_http.cold_start),
    Row("keyvalue_increment", "req/s", ">= 1 x redis, appendfsync always", at_least(1),
        rows_durable.keyvalue_increment),
    Row("keyvalue_redis_get", "req/s", ">= 0.6 x hello of the same run", at_least(0.6), rows_redis.get_c32),
    Row("keyvalue_redis_loop", "us (10,000 gets)", "<= 1.3 x a C loop over hiredis", at_least(1 / 1.3), rows_redis.loop),
]


class Bench:
    """What all rows share. `contenders` and `calls` are made by the first row that needs them."""

    def __init__(self, options, lab):
        self.lab, self.rounds, self.quick = lab, options.rounds, options.quick
        self.peers_only, self.verbose = options.peers_only, options.verbose
        self.weft, self.guests = str(options.weft.resolve()), options.guests.resolve()
        self.hello = hello(self.guests)
        self.contenders = self.calls = None
        self.versions = {"machine": machine(), "wrk": peers.version("wrk")}
        if not self.peers_only:
            self.versions["weft"] = run_text([self.weft, "version"])

    def progress(self, text):
        if self.verbose:
            print(f"  {text}", file=sys.stderr, flush=True)


def hello(guests):
    """The hello that is measured: Rust, from tests/guests; the one in C++ of the examples where there is no other."""
    rust = guests / "hello_rust.wasm"
    return rust if rust.exists() else guests / "hello.wasm"


def run_text(command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().splitlines()[0]


def machine():
    models = [line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
              if line.startswith("model name")]
    return f"{len(models) or os.cpu_count()} x {models[0] if models else 'CPU'}, Linux {os.uname().release}"


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", metavar="NAME", help="rows whose name contains NAME")
    parser.add_argument("--seconds", type=int, help="length of one sample (5; quick: 1)")
    parser.add_argument("--rounds", type=int, help="alternating rounds (3; quick: 1)")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--peers-only", action="store_true")
    parser.add_argument("--verbose", action="store_true", help="print every sample")
    parser.add_argument("--weft", type=pathlib.Path, default=labs.ROOT / "build" / "weft")
    parser.add_argument("--guests", type=pathlib.Path, help="folder of the built guests ($WEFT_GUESTS, build/guests)",
                        default=os.environ.get("WEFT_GUESTS", labs.ROOT / "build" / "guests"))
    parser.add_argument("--output", type=pathlib.Path, default=labs.ROOT / "build" / "bench" / "results.json")
    options = parser.parse_args()
    options.guests = pathlib.Path(options.guests)
    options.seconds = options.seconds or (1 if options.quick else 5)
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.rows = [row for row in ROWS if not options.only or any(part in row.name for part in options.only)]
    if not options.rows:
        parser.error(f"no row is called {options.only}; rows: {', '.join(row.name for row in ROWS)}")
    if not hello(options.guests).exists():
        parser.error(f"{options.guests} holds no hello.wasm: build the guests or name their folder with --guests")
    if not options.peers_only and not options.weft.exists():
        parser.error(f"no {options.weft}: make build")
    return options


def main():
    options = parse_options()
    results, missing = [], []
    began = time.monotonic()
    print_line("row", "Weft", "peer", "", "ratio", "bar", "")
    with labs.Lab(options.seconds) as lab:
        bench = Bench(options, lab)
        for row in options.rows:
            try:
                result = {"name": row.name, "unit": row.unit, "bar": row.bar, **row.measure(bench)}
            except labs.Skipped as reason:
                print(f"{row.name:30} left out: {reason}", flush=True)
                continue
            except (labs.Failed, peers.Missing, OSError, KeyError, subprocess.SubprocessError) as error:
                missing.append(row.name)
                print(f"{row.name:30} not measured: {error!r}" if isinstance(error, KeyError) else
                      f"{row.name:30} not measured: {error}", flush=True)
                continue
            if "ours" in result:
                result["pass"] = bool(row.passes(result))
                results.append(result)
            show(result)
    if not options.peers_only:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(json.dumps(results, indent=1) + "\n")
    short = [result["name"] for result in results if not result["pass"]]
    print(f"{len(results)} rows in {time.monotonic() - began:.0f} s, {len(short)} short of their bar"
          f"{': ' + ', '.join(short) if short else ''}{'; not measured: ' + ', '.join(missing) if missing else ''}")
    return 1 if missing else 0


def show(result):
    def number(key):
        return f"{result[key]:,.4g}" if result.get(key, 0) < 1000 else f"{result[key]:,.0f}"
    ours = number("ours") if "ours" in result else "-"
    ratio = f"{result['ratio']:.2f}" if "ratio" in result else "-"
    verdict = {True: "pass", False: "short"}.get(result.get("pass"), "")
    print_line(result["name"], ours, number("peer"), result["unit"], ratio, result["bar"], verdict)
    for name, value in result.get("others", {}).items():
        print_line(f"  {name}, for comparison", "", f"{value:,.4g}", result["unit"], "", "", "")


def print_line(name, ours, peer, unit, ratio, bar, verdict):
    print(f"{name:30}{ours:>11}{peer:>11} {unit:9}{ratio:>7}  {bar:34}{verdict}".rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
