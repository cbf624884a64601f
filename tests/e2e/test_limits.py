"""Every limit, attacked by a guest: that call ends with an error that names it, nobody else is harmed, everything returns."""
import re
import signal
import time

import manifests
import weft

LIMITS = {"memory": "32MiB", "cpu_time": "200ms", "response_time": "700ms", "idle_time": "700ms", "host_objects": 1000,
          "header_bytes": "16KiB", "header_count": 100, "host_bytes": "4MiB", "hostcall_bytes": "1MiB"}

# path, statuses that the caller may see, what the log says (the limit, or the kind of trap)
ATTACKS = [
    ("/loop", {500, 503, 504}, "cpu_time of 200 ms"),
    ("/spin", {500, 503, 504}, "cpu_time of 200 ms|response_time of 700 ms"),
    ("/bomb", {500, 503}, "memory of 32 MiB"),
    ("/sleep/30000", {504}, "response_time of 700 ms"),
    ("/handles/5000", {500, 503}, "host_objects of 1000"),
    ("/pollables/5000", {500, 503}, "host_objects of 1000"),
    ("/fields/900000", {500, 503}, "host_objects of 1000|host_bytes of 4 MiB"),
    ("/bigcall/8192", {500, 503}, "hostcall_bytes of 1 MiB"),
    ("/unreachable", {500}, "unreachable"),
    ("/panic", {500}, "unreachable"),
    ("/badcall", {500}, "indirect call|type"),
    ("/oob", {500}, "out of bounds|outside"),
    ("/recurse", {500}, "stack"),
    ("/silent", {500, 502}, "without|no response|never|answer"),
    ("/refuse", {500, 502}, "no stock"),
    ("/timeout", {502, 504}, ""),
    ("/headers/5000", {500, 503}, "header_(count of 100|bytes of 16 KiB)"),
    ("/manyheaders/5000", {500, 502, 503}, "header_(count of 100|bytes of 16 KiB)"),
    ("/lengths", {500, 502}, "content-length|length"),
]


class Limits(weft.Case):
    @classmethod
    def manifest(cls, case, port):
        address = f"127.0.0.1:{port}"
        return manifests.application(
            "limits", manifests.component("hello", case.guest("hello")),
            manifests.component("bad", case.guest("bad"), LIMITS),
            manifests.http_server("hello", address, name="good", path="/good"),
            manifests.http_server("bad", address, name="evil"))

    def start_host(self):
        port = weft.free_port()
        return self.up(self.manifest(self, port), port=port)

    def test_each_attack_ends_with_an_error_that_says_why(self):
        host = self.start_host()
        line = 1 + next(number for number, text in enumerate((self.folder / "app.yaml").read_text().splitlines())
                        if "cpu_time" in text)
        for path, statuses, words in ATTACKS:
            with self.subTest(path):
                seen = len(host.lines)
                answer = host.get(path)

                self.assertIn(answer.status, statuses, answer.text)
                if words:
                    host.wait_for_log(words, 10, seen)
                    report = "\n".join(host.lines[seen:])
                    self.assertIn("bad", report)
                    if re.search(r" of \d", words):
                        self.assertIn(f"app.yaml:{line}", report)
                self.assertEqual(host.get("/good").status, 200)

    def test_an_error_names_the_line_where_its_limit_stands_after_a_reload(self):
        host = self.start_host()
        path = self.folder / "app.yaml"
        text = path.read_text()
        line = 4 + next(number for number, line in enumerate(text.splitlines()) if "cpu_time" in line)
        path.write_text("# One\n# Two\n# Three\n" + text)

        host.signal(signal.SIGHUP)
        host.wait_for_log("applied|unchanged")
        self.eventually(lambda: host.get("/loop").status and f"app.yaml:{line}" in host.log, why=host.log)

    def test_the_caller_of_a_trap_gets_ids_and_nothing_of_the_inside(self):
        host = self.start_host()
        answer = host.request("GET", "/panic", headers={"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"})

        self.assertEqual(answer.status, 500)
        self.assertNotIn("unreachable", answer.text)
        self.assertNotIn("on purpose", answer.text)
        self.assertIn("ab" * 16, answer.text)
        request = re.search(r"\b[0-9a-f]{16}\b", answer.text).group(0)
        host.wait_for_log(request)
        self.assertIn("the guest panics on purpose", host.log)

    def test_a_growth_that_is_refused_is_no_error_for_a_guest_that_copes(self):
        host = self.start_host()

        self.assertEqual(host.get("/grow/100000").text, "-1")
        self.assertEqual(host.get("/hop").text, "5 true")

    def test_answers_that_break_off_are_seen_to_be_incomplete(self):
        host = self.start_host()
        for path in ("/dropped", "/midtrap", "/length/100", "/nobody/7"):
            with self.subTest(path):
                answer = host.raw(f"GET {path} HTTP/1.1\r\nHost: a.local\r\n\r\n".encode())

                head, _, body = answer.partition(b"\r\n\r\n")
                complete = b"chunked" in head.lower() and body.endswith(b"0\r\n\r\n")
                self.assertFalse(head.startswith(b"HTTP/1.1 200") and complete, answer)
                self.assertEqual(host.get("/good").status, 200)

    def test_a_body_that_stops_coming_ends_by_the_idle_time(self):
        host = self.start_host()
        with host.connect() as client:
            client.sendall(b"POST /sink HTTP/1.1\r\nHost: a.local\r\nContent-Length: 1000\r\n\r\nabc")
            began = time.monotonic()
            client.recv(65536)

        self.assertLess(time.monotonic() - began, 5 * weft.patience())
        host.wait_for_log("idle_time of 700 ms|response_time of 700 ms")

    def test_a_slow_stream_that_keeps_coming_is_not_idle(self):
        host = self.start_host()

        answer = host.get("/slow/150")

        self.assertEqual(answer.text.count("chunk"), 10)

    def test_a_body_over_its_limit_is_refused(self):
        port = weft.free_port()
        host = self.up(manifests.application(
            "small", manifests.component("bad", self.guest("bad"), {"body_bytes": "1MiB"}),
            manifests.http_server("bad", f"127.0.0.1:{port}")), port=port)

        self.assertEqual(host.request("POST", "/sink", body=b"x" * 1000).text, "1000")
        self.assertEqual(host.request("POST", "/sink", body=b"x" * (2 << 20)).status, 413)

    def test_past_the_waiting_queue_comes_503_at_once(self):
        port = weft.free_port()
        host = self.up(manifests.application(
            "queue", manifests.component("bad", self.guest("bad"), {"waiting": 2}, instances=1),
            manifests.http_server("bad", f"127.0.0.1:{port}")), "--threads", "1", port=port)
        host.get("/hello")
        sleepers = [host.connect() for _ in range(5)]  # more than run and wait
        for sleeper in sleepers:
            sleeper.sendall(b"GET /sleep/3000 HTTP/1.1\r\nHost: a.local\r\n\r\n")
        time.sleep(0.3)

        began = time.monotonic()
        answer = host.get("/hello")
        took = time.monotonic() - began
        for sleeper in sleepers:
            sleeper.close()

        self.assertEqual(answer.status, 503)
        self.assertIn("retry-after", answer.headers)
        self.assertLess(took, 0.05 * weft.patience())

    def test_everything_returns_after_many_attacks(self):
        host = self.start_host()
        self.attack(host, 2)
        files, memory = self.rest(host)

        self.attack(host, 15)

        self.eventually(lambda: host.files() <= files + 2, 15, f"{host.files()} descriptors, {files} before")
        self.assertLess(self.rest(host)[1] - memory, 24 * weft.patience(), "MiB more than before")

    def attack(self, host, times):
        for _ in range(times):
            for path, _, _ in ATTACKS:
                if "sleep" not in path:
                    host.get(path)

    def rest(self, host):
        time.sleep(0.5)
        self.assertEqual(host.get("/good").status, 200)
        return host.files(), host.rss_mib()
