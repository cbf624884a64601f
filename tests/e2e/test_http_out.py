"""Requests of a component to a server, through `weft:http-client`: a proxy in between, with its limits and its end."""
import socket
import ssl
import subprocess
import threading
import time

import manifests
import weft

MIB = 1 << 20


class Upstream:
    """Accepts on a free port of the loopback address and hands each connection to `serve`, on a thread."""

    def __init__(self, serve):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.serve, self.taken = serve, 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            self.taken += 1
            threading.Thread(target=self.run, args=(peer,), daemon=True).start()

    def run(self, peer):
        with peer:
            try:
                self.serve(peer)
            except OSError:
                pass

    def close(self):
        self.socket.close()


def read_head(peer):
    head = b""
    while b"\r\n\r\n" not in head:
        if not (chunk := peer.recv(65536)):
            break
        head += chunk
    return head


class HttpOut(weft.Case):
    def proxy(self, limits=None, **config):
        """The proxy, linked to the HTTP client with this target config."""
        config = {"allow_private": "true", **config}
        settings = ", ".join(f'{key}: "{value}"' for key, value in config.items() if value)
        target = f"{{name: client, config: [{{name: out, properties: {{{settings}}}}}]}}" if settings else "{name: client}"
        link = ("        - type: link\n          properties:\n            namespace: wasi\n            package: http\n"
                f"            interfaces: [outgoing-handler]\n            target: {target}\n")
        port = weft.free_port()
        return self.up(manifests.application(
            "out", manifests.component("proxy", self.guest("proxy"), limits, links=[link]),
            manifests.provider("client", "weft:http-client"),
            manifests.http_server("proxy", f"127.0.0.1:{port}")), "--threads", "1", port=port)

    def upstream(self, serve):
        upstream = Upstream(serve)
        self.addCleanup(upstream.close)
        return upstream

    def test_a_component_reaches_a_server_and_its_answer_comes_back(self):
        heads = []

        def serve(peer):
            heads.append(read_head(peer).decode())
            peer.sendall(b"HTTP/1.1 201 Created\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nhello")
            read_head(peer)

        upstream = self.upstream(serve)
        host = self.proxy()

        answer = host.get(f"/to/127.0.0.1:{upstream.port}/a?b=c",
                          headers={"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})

        self.assertEqual((answer.status, answer.text, answer.headers["x-one"]), (201, "hello", "1"))
        self.assertIn("GET /a?b=c HTTP/1.1\r\n", heads[0])
        self.assertIn(f"host: 127.0.0.1:{upstream.port}\r\n", heads[0])
        self.assertRegex(heads[0], "traceparent: 00-0af7651916cd43dd8448eb211c80319c-")
        self.assertNotIn("b7ad6b7169203331", heads[0])

    def test_256_mib_go_through_to_a_slow_reader_in_flat_memory(self):
        size = 256 * MIB

        def serve(peer):
            read_head(peer)
            peer.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
            piece = b"x" * 65536
            for _ in range(size // len(piece)):
                peer.sendall(piece)

        upstream = self.upstream(serve)
        host = self.proxy({"cpu_time": "120s"})
        host.get("/other")
        before = host.rss_mib()
        with host.connect() as client:
            client.sendall(f"GET /to/127.0.0.1:{upstream.port}/ HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            time.sleep(1)  # whoever held what nobody reads would hold much by now
            read, most, buffer = 0, host.rss_mib(), bytearray(1 << 20)
            while read < size:
                count = client.recv_into(buffer)
                self.assertGreater(count, 0, f"ended after {read} bytes")
                read += count
                most = max(most, host.rss_mib()) if read % 16 < 1 else most

        self.assertLess(max(most, host.rss_mib()) - before, 16 * weft.patience())

    def test_an_upload_waits_for_a_slow_server(self):
        size, received = 64 * MIB, [0]

        def serve(peer):
            received[0] = len(read_head(peer).partition(b"\r\n\r\n")[2])
            time.sleep(1)
            while received[0] < size and (chunk := peer.recv(1 << 20)):
                received[0] += len(chunk)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        upstream = self.upstream(serve)
        host = self.proxy({"cpu_time": "120s"})
        host.get("/other")
        before = host.rss_mib()

        answer = host.request("POST", f"/to/127.0.0.1:{upstream.port}/", body=b"u" * size)

        self.assertEqual((answer.status, answer.text), (200, "ok"))
        self.assertEqual(received[0], size)
        self.assertLess(host.peak_mib() - before, 32 * weft.patience())

    def test_a_client_that_leaves_closes_the_connection_to_the_server(self):
        gone = threading.Event()

        def serve(peer):
            read_head(peer)
            peer.sendall(b"HTTP/1.1 200 OK\r\n\r\nbegin")
            while peer.recv(65536):
                pass
            gone.set()

        upstream = self.upstream(serve)
        host = self.proxy()
        with host.connect() as client:
            client.sendall(f"GET /to/127.0.0.1:{upstream.port}/ HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            self.assertIn(b"200", client.recv(65536))

        self.assertTrue(gone.wait(5), "the connection to the server is still there")

    def test_a_guest_that_opens_ten_thousand_requests_meets_a_limit_that_is_named(self):
        def serve(peer):
            read_head(peer)
            peer.recv(1)

        upstream = self.upstream(serve)
        host = self.proxy()

        answer = host.get(f"/many-10000/127.0.0.1:{upstream.port}/")

        self.assertEqual(answer.status, 500)
        host.wait_for_log("exceeded its limit host_bytes of 16 MiB")
        self.assertGreater(upstream.taken, 0)
        self.assertEqual(host.get("/other").status, 200)

    def test_the_machine_itself_is_out_of_reach_without_a_grant(self):
        upstream = self.upstream(lambda peer: read_head(peer))
        host = self.proxy(allow_private=None)

        for authority in (f"127.0.0.1:{upstream.port}", f"localhost:{upstream.port}", "[::ffff:127.0.0.1]:80"):
            answer = host.get(f"/to/{authority}/")
            self.assertEqual((answer.status, answer.text), (502, "ErrorCode::HttpRequestDenied"), authority)

        host.wait_for_log(r"its address 127\.0\.0\.1 is loopback; to allow it, add '127")
        self.assertEqual(upstream.taken, 0)

    def test_a_component_is_asked_without_a_socket(self):
        port = weft.free_port()
        link = manifests.link("hello", "wasi:http", "outgoing-handler")
        host = self.up(manifests.application(
            "pair", manifests.component("proxy", self.guest("proxy"), links=[link]),
            manifests.component("hello", self.guest("hello_rust")),
            manifests.http_server("proxy", f"127.0.0.1:{port}")), port=port)

        self.assertEqual(host.get("/to/any.example/").text, "hello world\n")
        self.assertIn('Some("any.example:8080") Some("/head")', host.get("/to/any.example:8080/head").text)
        echoed = host.request("POST", "/to/any.example/echo", body=b"x" * MIB)
        self.assertEqual(echoed.body, b"x" * MIB)

    def certificate(self, name, days):
        """A key and its certificate for localhost, that signs itself."""
        key, request, made = (self.folder / f"{name}.{kind}" for kind in ("key", "csr", "pem"))
        extension = self.write(f"{name}.ext", "subjectAltName=DNS:localhost\n")
        for words in (["req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", "/CN=localhost"],
                      ["x509", "-req", "-in", request, "-signkey", key, "-days", str(days), "-extfile", extension, "-out", made]):
            subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
        return key, made

    def tls_upstream(self, key, certificate, spoken):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.set_alpn_protocols(["h2", "http/1.1"])
        context.sni_callback = lambda _, name, __: spoken.append(name)

        def serve(peer):
            with context.wrap_socket(peer, server_side=True) as secure:
                spoken.append(secure.selected_alpn_protocol())
                while read_head(secure):
                    secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret")

        return self.upstream(serve)

    def test_tls_is_spoken_with_servers_whose_certificate_is_trusted(self):
        spoken = []
        key, certificate = self.certificate("good", 1)
        upstream = self.tls_upstream(key, certificate, spoken)
        https = {"x-scheme": "https"}

        host = self.proxy(ca_file=certificate)
        for _ in range(3):
            self.assertEqual(host.get(f"/to/localhost:{upstream.port}/", headers=https).text, "secret")

        self.assertEqual(spoken, ["localhost", "http/1.1"])
        self.assertEqual(upstream.taken, 1)

    def test_a_certificate_must_be_trusted_valid_and_for_the_host(self):
        https = {"x-scheme": "https"}
        key, good = self.certificate("good", 1)
        upstream = self.tls_upstream(key, good, [])
        old_key, old = self.certificate("old", -1)
        outdated = self.tls_upstream(old_key, old, [])

        for config, authority in (({"ca_file": good}, f"127.0.0.1:{upstream.port}"), ({}, f"localhost:{upstream.port}"),
                                  ({"ca_file": old}, f"localhost:{outdated.port}")):
            host = self.proxy(**config)
            self.assertEqual(host.get(f"/to/{authority}/", headers=https).text, "ErrorCode::TlsCertificateError")
            host.stop()

    def test_a_server_that_speaks_no_tls_is_told_apart(self):
        upstream = self.upstream(lambda peer: (peer.recv(100), peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")))

        answer = self.proxy().get(f"/to/localhost:{upstream.port}/", headers={"x-scheme": "https"})

        self.assertEqual(answer.text, "ErrorCode::TlsProtocolError")
