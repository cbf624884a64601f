#!/usr/bin/env python3
"""Runs the end-to-end tests: one line per test, at the end "N passed, N failed".

    tests/e2e/run.py                    all
    tests/e2e/run.py counter errors     the files test_counter.py and test_errors.py
    tests/e2e/run.py http.test_head     tests of one file whose name contains a word
    tests/e2e/run.py --counts FILE      appends "PASSED FAILED" to FILE

Each file runs in a process of its own, with a limit of time for each test: one that hangs fails, and the next file goes on.
What is tested: see weft.py.
"""
import argparse
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
DEFAULT_SECONDS = 300


class TimedOut(Exception):
    pass


class OneLine(unittest.TestResult):
    """A line per test, with its time; the reason of a failure below it."""

    def __init__(self, seconds):
        super().__init__()
        self.seconds, self.passed, self.left_out, self.bad = seconds, 0, 0, set()

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()
        seconds = getattr(test, "seconds", self.seconds)
        signal.signal(signal.SIGALRM, self.time_is_up)
        signal.alarm(seconds)

    def time_is_up(self, *_):
        raise TimedOut(f"still running after {time.monotonic() - self.began:.0f} s")

    def stopTest(self, test):
        signal.alarm(0)
        super().stopTest(test)

    def say(self, verdict, test, reason=""):
        name = ".".join(test.id().split(".")[-3:])
        print(f"{verdict:7} {name} ({time.monotonic() - self.began:.1f} s){reason}", flush=True)

    def addSuccess(self, test):
        self.passed += 1
        self.say("ok", test)

    def addSkip(self, test, reason):
        self.left_out += 1
        self.began = getattr(self, "began", time.monotonic())
        self.say("skipped", test, f": {reason}")

    def fail(self, test, error):
        self.bad.add(test.id())
        self.began = getattr(self, "began", time.monotonic())
        self.say("FAILED", test)
        print("        " + self._exc_info_to_string(error, test).strip().replace("\n", "\n        "), flush=True)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.fail(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self.fail(test, error)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self.fail(subtest, error)


def run_file(name, word, seconds, report):
    """Runs one test file in this process; writes "PASSED FAILED SKIPPED" to `report`."""
    suite = unittest.defaultTestLoader.loadTestsFromName(name)
    result = OneLine(seconds)
    chosen = unittest.TestSuite(test for test in flatten(suite) if word in test.id())
    chosen.run(result)
    pathlib.Path(report).write_text(f"{result.passed} {len(result.bad)} {result.left_out}\n")
    return 1 if result.bad else 0


def flatten(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flatten(test)
        else:
            yield test


def run_apart(name, word, options, environment):
    """Runs one test file in a child: its three numbers."""
    with tempfile.NamedTemporaryFile("r", prefix="weft-e2e-report-") as report:
        command = [sys.executable, str(HERE / "run.py"), "--one", name, "--word", word, "--report", report.name,
                   "--seconds", str(options.seconds)]
        child = subprocess.run(command, env=environment, cwd=HERE)
        numbers = report.read().split()
    if len(numbers) != 3:
        print(f"FAILED  {name}: the test process ended with {child.returncode}", flush=True)
        return [0, 1, 0]
    return [int(number) for number in numbers]


def choose(words):
    """(module, word in the test's name) of each chosen file."""
    every = sorted(path.stem for path in HERE.glob("test_*.py"))
    if not words:
        return [(name, "") for name in every]
    chosen = []
    for word in words:
        name, _, part = word.partition(".")
        name = name if name.startswith("test_") else f"test_{name}"
        if name not in every:
            sys.exit(f"there is no {name}.py; there are {', '.join(every)}")
        chosen.append((name, part))
    return chosen


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tests", nargs="*")
    parser.add_argument("--counts", help="file that 'PASSED FAILED' is appended to")
    parser.add_argument("--seconds", type=int, default=DEFAULT_SECONDS, help="limit for one test that names none")
    for internal in ("--one", "--word", "--report"):
        parser.add_argument(internal, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        return run_file(options.one, options.word, options.seconds, options.report)

    import weft
    if not weft.WEFT.exists():
        sys.exit(f"{weft.WEFT} does not exist: build it, or name another program in WEFT")
    cache = tempfile.mkdtemp(prefix="weft-e2e-cache-")
    environment = {**os.environ, "WEFT": str(weft.WEFT), "WEFT_GUESTS": str(weft.GUESTS), "WEFT_E2E_CACHE": cache}
    print(f"== end to end: {weft.WEFT}{' (sanitized)' if weft.sanitized() else ''}", flush=True)
    totals = [0, 0, 0]
    try:
        for name, word in choose(options.tests):
            totals = [a + b for a, b in zip(totals, run_apart(name, word, options, environment))]
    finally:
        shutil.rmtree(cache, ignore_errors=True)
    if options.counts:
        with open(options.counts, "a") as file:
            file.write(f"{totals[0]} {totals[1]}\n")
    print(f"{totals[0]} passed, {totals[1]} failed" + (f", {totals[2]} skipped" if totals[2] else ""))
    return 1 if totals[1] else 0


if __name__ == "__main__":
    sys.exit(main())
