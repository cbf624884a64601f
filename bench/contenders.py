"""Who is measured: how each server is started so that it answers on a port."""
import dataclasses
import typing

import lab as labs
import peers
from wash_host import SETTINGS, WashHost

# The best flags found for `wasmtime serve`; -Scli is what Rust's standard library needs.
WASMTIME_TUNED = ["-Scli", "-O", "pooling-allocator=y", "-O", "pooling-memory-keep-resident=1048576",
                  "-O", "pooling-table-keep-resident=65536", "-O", "pooling-async-stack-keep-resident=65536",
                  "-O", "pooling-decommit-batch-size=16", "-O", "pooling-pagemap-scan=auto",
                  "-O", "pooling-max-unused-warm-slots=256"]


@dataclasses.dataclass
class Contender:
    name: str
    start: typing.Callable  # (port, cpu) -> Server, not yet waited for
    command: str            # as a person would type it
    versions: dict


class Contenders:
    """All servers that hello is measured on; each is made when first asked for."""

    def __init__(self, lab, weft, hello):
        self.lab, self.weft_program, self.hello = lab, weft, hello
        self.wash_host = None

    def weft(self):
        folders = ["--state-dir", str(self.lab.folder("weft/state")), "--cache-dir", str(self.lab.folder("weft/cache"))]

        def start(port, cpu):
            return self.lab.start([self.weft_program, "run", str(self.hello), "--address", f"127.0.0.1:{port}",
                                   "--threads", "1", *folders], cpu)
        return Contender("weft", start, "weft run hello.wasm --address 127.0.0.1:PORT --threads 1", {})

    def wasmtime(self):
        program = peers.find("wasmtime")

        def start(port, cpu):
            return self.lab.start([program, "serve", *WASMTIME_TUNED, "--addr", f"127.0.0.1:{port}", str(self.hello)], cpu)
        command = f"wasmtime serve {' '.join(WASMTIME_TUNED)} --addr 127.0.0.1:PORT hello.wasm"
        return Contender("wasmtime serve, tuned", start, command, {"wasmtime": peers.version("wasmtime")})

    def wash(self):
        if self.wash_host is None:
            self.wash_host = WashHost(self.lab, self.hello)
        settings = " ".join(f"{k}={v}" for k, v in SETTINGS.items())
        command = f"{settings} wash host --meters off (image from docker-registry, workload started over NATS)"
        versions = {name: peers.version(name) for name in ("wash", "nats-server", "docker-registry")}
        return Contender("wash host, best settings", self.wash_host.up, command, versions)

    def http_ceiling(self):
        program = str(labs.ROOT / "build" / "bench" / "http_ceiling")

        def start(port, cpu):
            return self.lab.start([program, f"127.0.0.1:{port}"], cpu)
        return Contender("weft's HTTP server without a guest", start, "build/bench/http_ceiling 127.0.0.1:PORT", {})

    def nginx(self):
        program = peers.find("nginx")

        def start(port, cpu):
            folder = self.lab.folder(f"nginx-{port}")
            config = folder / "nginx.conf"
            config.write_text(NGINX.format(port=port, folder=folder))
            return self.lab.start([program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(config)], cpu)
        return Contender("nginx", start, "nginx, worker_processes 1, the same 13 bytes, no access log",
                         {"nginx": peers.version("nginx")})


NGINX = """daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  server_tokens off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  default_type text/plain;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "hello, world\\n"; }} }}
}}
"""
