"""The tools of a measurement: processes that end with it, free ports, CPU time, load by wrk.

Everything runs on loopback. RUST_BACKTRACE and RUST_LIB_BACKTRACE are unset for everybody: set, they cost some peers
most of their speed.
"""
import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import peers

ROOT = pathlib.Path(__file__).resolve().parent.parent
TICK_US = 1_000_000 / os.sysconf("SC_CLK_TCK")
SERVER_CPU, LOAD_CPU = 0, 1


class Failed(Exception):
    """A measurement could not be made; the message says why."""


class Skipped(Exception):
    """This row is left out, for a reason that is no failure."""


def environment(extra=None):
    clean = {k: v for k, v in os.environ.items() if k not in ("RUST_BACKTRACE", "RUST_LIB_BACKTRACE")}
    return {**clean, **(extra or {})}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pinned(cpu, command):
    """The command on one CPU, where there are two to keep apart."""
    if cpu is None or (os.cpu_count() or 1) < 2:
        return command
    return ["taskset", "-c", str(cpu), *command]


def cpu_us(pid):
    """CPU time of a process and its children, in microseconds."""
    total = 0
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total = (int(fields[11]) + int(fields[12])) * TICK_US
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                total += cpu_us(int(child))
    except (FileNotFoundError, ProcessLookupError):
        pass  # it ended meanwhile
    return total


class Server:
    """A process under measurement."""

    def __init__(self, command, process, log):
        self.command, self.process, self.log = command, process, log
        self.pid = process.pid

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def check_alive(self):
        if self.process.poll() is not None:
            said = self.log.read_text(errors="replace").strip()[-600:]
            raise Failed(f"{' '.join(self.command)} ended with {self.process.returncode}: {said}")


class Lab:
    """Owns the processes and the scratch folder of one run: both are gone when it is left. The folder lies below build/bench,
    so that whoever writes durably writes to the disk of the checkout, not to a memory file system."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.servers = []
        base = ROOT / "build" / "bench"
        base.mkdir(parents=True, exist_ok=True)
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="scratch-", dir=base))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in reversed(self.servers):
            server.stop()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def folder(self, name):
        path = self.scratch / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def start(self, command, cpu=None, env=None):
        log = self.scratch / f"log-{len(self.servers)}"
        with open(log, "wb") as out:
            process = subprocess.Popen(pinned(cpu, command), stdout=out, stderr=subprocess.STDOUT,
                                       stdin=subprocess.DEVNULL, env=environment(env))
        server = Server(command, process, log)
        self.servers.append(server)
        return server

    def stop(self, server):
        server.stop()
        self.servers.remove(server)

    def wait_for_200(self, server, port, path="/", host="a.local", timeout=30):
        """Returns when the server answers 200; the last answer tells why it did not."""
        end, last = time.monotonic() + timeout, "no connection"
        while time.monotonic() < end:
            server.check_alive()
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", path, headers={"Host": host})
                status = connection.getresponse().status
                connection.close()
                if status == 200:
                    return
                last = f"status {status}"
            except (OSError, http.client.HTTPException) as error:
                last = str(error)
            time.sleep(0.02)
        raise Failed(f"{' '.join(server.command)}: no 200 within {timeout} s ({last})")

    def wait_for_port(self, server, port, timeout=10):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            server.check_alive()
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise Failed(f"{' '.join(server.command)}: port {port} not open within {timeout} s")

    def load(self, port, connections, seconds, cpu=None, path="/", host="a.local"):
        """What wrk saw: requests, rps, p50_us, p99_us, errors."""
        command = [peers.find("wrk"), "-t1", f"-c{connections}", f"-d{seconds}", "--latency", "--timeout", "10", "-H",
                   f"Host: {host}", f"http://127.0.0.1:{port}{path}"]
        return parse_wrk(subprocess.run(pinned(cpu, command), capture_output=True, text=True, check=True).stdout)

    def measure(self, server, port, connections, pin, path="/"):
        """One sample of a running server: wrk's numbers and the CPU time per request, after a warm-up."""
        cpu = LOAD_CPU if pin else None
        self.load(port, connections, 1, cpu, path)
        before = cpu_us(server.pid)
        sample = self.load(port, connections, self.seconds, cpu, path)
        server.check_alive()
        used = cpu_us(server.pid) - before
        sample["cpu_us"] = round(used / max(sample["requests"], 1), 2)
        sample["load_average"] = os.getloadavg()[0]
        if sample["errors"]:
            raise Failed(f"{' '.join(server.command)}: {sample['errors']}")
        return sample


def parse_wrk(report):
    """The numbers of a wrk report with --latency."""
    def duration_us(text):
        parts = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text)
        if not parts:
            raise Failed(f"wrk got no answers: {report.strip()[-600:]}")
        number, unit = parts.groups()
        return round(float(number) * {"us": 1, "ms": 1e3, "s": 1e6, "m": 6e7}[unit], 1)

    def find(pattern):
        found = re.search(pattern, report, re.MULTILINE)
        if not found:
            raise Failed(f"wrk reported nothing for {pattern!r}: {report.strip()[-300:]}")
        return found.group(1)

    errors = re.findall(r"(Non-2xx.*|Socket errors.*)", report)
    return {"requests": int(find(r"(\d+) requests in")), "rps": float(find(r"Requests/sec:\s+([\d.]+)")),
            "p50_us": duration_us(find(r"^ +50% +(\S+)")), "p99_us": duration_us(find(r"^ +99% +(\S+)")),
            "errors": "; ".join(errors)}
