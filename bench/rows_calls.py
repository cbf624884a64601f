"""Calls from component to component inside one process: build/bench/calls_bench measures, this reads its JSON."""
import json
import subprocess

import lab as labs


def report(bench):
    """Everything calls_bench prints, measured once for all rows: {row: {ours, peer, peer_name, unit, samples}}."""
    if bench.peers_only:
        raise labs.Skipped("its peer is measured inside the same program")
    if bench.calls is None:
        command = [str(labs.ROOT / "build" / "bench" / "calls_bench"), str(bench.guests)]
        command.append(str(3 if bench.quick else 9))
        ended = subprocess.run(labs.pinned(labs.SERVER_CPU, command), capture_output=True, text=True,
                               env=labs.environment())
        if ended.returncode != 0:
            raise labs.Failed(f"{' '.join(command)} ended with {ended.returncode}: {ended.stderr.strip()[-600:]}")
        bench.calls = {row["name"]: row for row in json.loads(ended.stdout)}
    return bench.calls


def row(name):
    def measure(bench):
        found = report(bench)[name]
        return {**found, "ratio": found["peer"] / found["ours"], "versions": bench.versions,
                "commands": {"ours": "build/bench/calls_bench GUESTS", "peer": "the same program"}}
    return measure
