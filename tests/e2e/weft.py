"""Starts the real program for a test and ends it: free ports, folders of its own, the log in a list.

The environment names what is under test:
    WEFT         the program (build-quick/apps/weft)
    WEFT_GUESTS  the folder of built components (build/guests)
    WEFT_E2E_CACHE  artifact cache that the tests share, so that each component is compiled once
"""
import functools
import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import manifests
import processes

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WEFT = pathlib.Path(os.environ.get("WEFT", ROOT / "build-quick" / "apps" / "weft")).resolve()
GUESTS = pathlib.Path(os.environ.get("WEFT_GUESTS", ROOT / "build" / "guests")).resolve()
START_SECONDS = 30  # with time to compile the component on a busy machine; more when sanitized

OK, FAILED, USAGE, INVALID = 0, 1, 2, 3  # exit codes, as `weft --help` documents them


@functools.cache
def sanitized():
    """Whether the program is built with AddressSanitizer: slower, and memory means less."""
    return b"__asan_init" in WEFT.read_bytes()


def patience(factor=6):
    """What to multiply times with, that hold for the program as it is shipped."""
    return factor if sanitized() else 1


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(extra=None):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("RUST_") and not k.startswith("WEFT")}
    if sanitized():
        # Freed memory that is held back for later reports would look like a leak to the tests of memory.
        clean["ASAN_OPTIONS"] = clean.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=16"
    return {**clean, **(extra or {})}


class Answer:
    def __init__(self, response):
        self.status, self.body = response.status, response.read()
        self.text = self.body.decode(errors="replace")
        self.headers = {name.lower(): value for name, value in response.getheaders()}


class Host:
    """A running `weft up` or `weft run`."""

    def __init__(self, command, admin_port, env=None):
        self.command, self.admin_port = command, admin_port
        self.lines = []
        self.changed = threading.Condition()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env=environment(env), text=True, errors="replace")
        self.pid = self.process.pid
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.port = None

    def read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.lines.append("")  # wakes who waits for more
            self.changed.notify_all()

    @property
    def log(self):
        return "\n".join(self.lines)

    def wait_for_log(self, pattern, seconds=30, start=0):
        """The first line from `start` on that the pattern matches, as a match."""
        end = time.monotonic() + seconds * patience()
        with self.changed:
            while True:
                for line in self.lines[start:]:
                    if found := re.search(pattern, line):
                        return found
                left = end - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and not self.reader.is_alive()):
                    raise AssertionError(f"no line matches {pattern!r}; {self.state()}, log:\n{self.log}")
                self.changed.wait(min(left, 0.5))

    def state(self):
        code = self.process.poll()
        return "still running" if code is None else f"ended with {code}"

    def wait_until_ready(self):
        """Until /readyz on the admin address says so; then `port` is that of the first listener."""
        end = time.monotonic() + START_SECONDS * patience()
        while time.monotonic() < end:
            if self.process.poll() is not None:
                self.reader.join(5)
                raise AssertionError(f"{' '.join(self.command)} {self.state()}, log:\n{self.log}")
            try:
                if self.admin("/readyz").status == 200:
                    found = self.wait_for_log(r"\blistening\b.*\baddress\W+\S*:(\d+)")
                    self.port = self.port or int(found.group(1))
                    return self
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError(f"not ready within {START_SECONDS} s, log:\n{self.log}")

    def admin(self, path):
        return self.request("GET", path, port=self.admin_port)

    def get(self, path="/", **options):
        return self.request("GET", path, **options)

    def request(self, method, path, body=None, headers=None, port=None, timeout=60):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def connect(self, timeout=30):
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def raw(self, data, timeout=30):
        """Everything that comes back for these bytes until the server closes, or says nothing for two seconds."""
        with self.connect(timeout) as connection:
            connection.sendall(data)
            connection.settimeout(2)
            received = b""
            try:
                while chunk := connection.recv(65536):
                    received += chunk
            except (TimeoutError, ConnectionResetError):
                pass
            return received

    def metrics(self):
        """{'name{labels}': value} of /metrics."""
        lines = self.admin("/metrics").text.splitlines()
        return {name: float(value) for name, _, value in
                (line.rpartition(" ") for line in lines if line and not line.startswith("#"))}

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=30):
        code = self.process.wait(seconds * patience())
        self.reader.join(5)
        return code

    def stop(self):
        """SIGTERM and the exit code; SIGKILL when that is not enough."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        code = self.process.wait()
        self.reader.join(5)
        self.process.stdout.close()
        return code

    def kill9(self):
        self.process.kill()
        self.process.wait()

    def rss_mib(self):
        return processes.memory_mib(self.pid, "VmRSS")

    def peak_mib(self):
        return processes.memory_mib(self.pid, "VmHWM")

    def files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_seconds(self):
        return processes.cpu_seconds(self.pid)


class Case(unittest.TestCase):
    """One scenario. Hosts end and folders go when it ends; a failure shows the host's log."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weft-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.cache = pathlib.Path(os.environ.get("WEFT_E2E_CACHE", self.folder / "cache"))
        self.state = self.folder / "state"

    def options(self):
        return ["--state-dir", str(self.state), "--cache-dir", str(self.cache)]

    def guest(self, name):
        path = GUESTS / f"{name}.wasm"
        self.assertTrue(path.exists(), f"{path} is not built: make guests")
        return path

    def weft(self, *arguments, folders=True, seconds=60, **options):
        """Runs a command to its end: returncode, stdout, stderr."""
        command = [str(WEFT), *map(str, arguments), *(self.options() if folders else [])]
        return subprocess.run(command, capture_output=True, text=True, timeout=seconds * patience(),
                              env=environment(options.pop("env", None)), **options)

    def start(self, *arguments, env=None, wait=True):
        """Starts a command that serves."""
        admin = free_port()
        words = [str(word) for word in arguments]
        command = [str(WEFT), *words, "--admin", f"127.0.0.1:{admin}", *self.options()]
        host = Host(command, admin, env)
        self.addCleanup(host.stop)
        self.addCleanup(self.show_log, host)
        return host.wait_until_ready() if wait else host

    def show_log(self, host):
        bad = getattr(self._outcome.result, "bad", ())  # of run.py; subtests have the test's id in front
        if any(name.startswith(self.id()) for name in bad):
            tail = host.lines[-60:]
            print(f"--- log of {' '.join(host.command)} ({host.state()})\n" + "\n".join(tail) + "\n---", flush=True)

    def run_http(self, guest, *options, **more):
        """`weft run` of an HTTP component on a port of its own."""
        return self.start("run", self.guest(guest), "--address", "127.0.0.1:0", *options, **more)

    def up(self, manifest, *options, port=None, **more):
        """`weft up` of a manifest given as text or as a path."""
        path = manifest if isinstance(manifest, pathlib.Path) else self.write("app.yaml", manifest)
        host = self.start("up", path, *options, **more)
        host.port = port or host.port
        return host

    def example(self, name):
        """The manifest of an example on a free port: (path, port)."""
        port = free_port()
        return manifests.on_ports(ROOT / "examples" / name / "app.yaml", self.folder, {8000: port}), port

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content) if isinstance(content, bytes) else path.write_text(content)
        return path

    def eventually(self, condition, seconds=10, why=""):
        """Waits until the condition holds; its last value is returned."""
        end = time.monotonic() + seconds * patience()
        while not (value := condition()):
            if time.monotonic() > end:
                self.fail(f"not within {seconds} s: {why}")
            time.sleep(0.01)
        return value
