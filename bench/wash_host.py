"""wasmCloud's `wash host`, driven as its own tools drive it: images from a registry, commands over NATS."""
import json
import socket
import subprocess
import time

import lab as labs
import peers

# The best settings found for it; more keep-resident memory makes it slower.
SETTINGS = {"WASMTIME_POOLING_DECOMMIT_BATCH_SIZE": "16", "WASMTIME_POOLING_TABLE_KEEP_RESIDENT": "65536",
            "WASMTIME_POOLING_ASYNC_STACK_KEEP_RESIDENT": "16384"}
HTTP_HOST = "a.local"


class Nats:
    """As much of the NATS text protocol as steering a host needs."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.file = self.socket.makefile("rb")
        self.socket.sendall(b'CONNECT {"verbose":false,"pedantic":false}\r\n'
                            b"SUB runtime.operator.heartbeat.> 1\r\nSUB _INBOX.weft 2\r\nPING\r\n")
        while not self.file.readline().startswith(b"PONG"):
            pass

    def message(self):
        while True:
            line = self.file.readline()
            if not line:
                raise labs.Failed("the NATS connection closed")
            if line.startswith(b"PING"):
                self.socket.sendall(b"PONG\r\n")
            elif line.startswith(b"MSG "):
                parts = line.split()
                return parts[1].decode(), self.file.read(int(parts[-1]) + 2)[:-2]

    def wait_for_host(self):
        while True:
            subject, _ = self.message()
            if subject.startswith("runtime.operator.heartbeat."):
                return subject.rsplit(".", 1)[1]

    def request(self, subject, value):
        body = json.dumps(value).encode()
        self.socket.sendall(b"PUB %s _INBOX.weft %d\r\n%s\r\n" % (subject.encode(), len(body), body))
        while True:
            answered, reply = self.message()
            if answered == "_INBOX.weft":
                return reply.decode()

    def close(self):
        self.file.close()
        self.socket.close()


class WashHost:
    """A registry and a NATS server that stay for the run, and hosts that come and go."""

    def __init__(self, lab, wasm):
        self.lab = lab
        self.wash = peers.find("wash")
        self.registry_port, self.nats_port = labs.free_port(), labs.free_port()
        config = lab.folder("wash") / "registry.yml"
        config.write_text(f"version: 0.1\nlog: {{level: error}}\nhttp: {{addr: '127.0.0.1:{self.registry_port}'}}\n"
                          f"storage: {{filesystem: {{rootdirectory: {lab.folder('wash/registry')}}}}}\n")
        self.home = {"HOME": str(lab.folder("wash/home"))}
        registry = lab.start([peers.find("docker-registry"), "serve", str(config)])
        nats = lab.start([peers.find("nats-server"), "-a", "127.0.0.1", "-p", str(self.nats_port), "-js", "-sd",
                          str(lab.folder("wash/js"))])
        lab.wait_for_port(registry, self.registry_port)
        lab.wait_for_port(nats, self.nats_port)
        self.image = f"127.0.0.1:{self.registry_port}/hello:1"
        subprocess.run([self.wash, "--non-interactive", "oci", "push", "--insecure", self.image, str(wasm)], check=True,
                       capture_output=True, env=labs.environment(self.home))

    def command(self, port):
        nats = f"nats://127.0.0.1:{self.nats_port}"
        return [self.wash, "--non-interactive", "-l", "error", "host", "--http-addr", f"127.0.0.1:{port}",
                "--scheduler-nats-url", nats, "--data-nats-url", nats, "--allow-insecure-registries",
                "--oci-cache-dir", str(self.lab.folder("wash/oci")), "--meters", "off"]

    def up(self, port, cpu=None):
        """A running host that serves the image; returned as soon as the workload runs."""
        nats = Nats(self.nats_port)
        server = self.lab.start(self.command(port), cpu, {**SETTINGS, **self.home})
        try:
            host = nats.wait_for_host()
            interface = {"namespace": "wasi", "package": "http", "interfaces": ["incoming-handler"],
                         "config": {"host": HTTP_HOST}}
            reply = nats.request(f"runtime.host.{host}.workload.start", {
                "workloadId": f"w{time.monotonic_ns()}",
                "workload": {"namespace": "default", "name": "hello", "witWorld": {
                    "components": [{"name": "hello", "image": self.image}], "hostInterfaces": [interface]}}})
        finally:
            nats.close()
        if "RUNNING" not in reply:
            raise labs.Failed(f"wash host did not start the workload: {reply[:300]}")
        return server
