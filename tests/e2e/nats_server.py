"""A NATS server of our own: on a free port, with JetStream in a folder."""
import json
import shutil
import socket
import subprocess
import time


class NatsServer:
    def __init__(self, port, folder):
        if not shutil.which("nats-server"):
            raise AssertionError("nats-server is not installed: tools/setup, or apt-get install nats-server")
        self.port, self.folder = port, folder
        self.start()

    def start(self, *more):
        """On the data that are there; `more`: options of the server."""
        self.folder.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            ["nats-server", "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self.folder), *more], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise AssertionError("nats-server does not answer") from None
                time.sleep(0.02)

    def kill9(self):
        self.process.kill()
        self.process.wait()

    def ask(self, subject, payload=b""):
        """What one client's request is answered, without headers; as any client would ask."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as peer:
            peer.sendall(b'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\nSUB _INBOX.e2e 1\r\n'
                         + f"PUB {subject} _INBOX.e2e {len(payload)}\r\n".encode() + payload + b"\r\n")
            stream = peer.makefile("rb")
            while True:
                line = stream.readline()
                if line.startswith((b"MSG ", b"HMSG ")):
                    words = line.split()
                    headers = int(words[-2]) if line.startswith(b"HMSG") else 0
                    return stream.read(int(words[-1]))[headers:].decode()
                if not line or line.startswith(b"-ERR"):
                    raise AssertionError(f"nats-server says {line!r}")

    def value(self, bucket, key):
        return self.ask(f"$JS.API.DIRECT.GET.KV_{bucket}.$KV.{bucket}.{key}")

    def create_bucket(self, bucket):
        config = {"name": f"KV_{bucket}", "subjects": [f"$KV.{bucket}.>"], "max_msgs_per_subject": 1, "allow_rollup_hdrs": True,
                  "deny_delete": True, "allow_direct": True, "discard": "new", "storage": "file", "num_replicas": 1}
        self.ask(f"$JS.API.STREAM.CREATE.KV_{bucket}", json.dumps(config).encode())
