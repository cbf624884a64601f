"""A client that goes away takes its guest along: within 100 ms nothing of the call is left."""
import time

import manifests
import weft


class Cancel(weft.Case):
    def start_single(self):
        """One slot for calls: who gets an answer has it to itself."""
        port = weft.free_port()
        return self.up(manifests.application(
            "single", manifests.component("bad", self.guest("bad"), {"cpu_time": "60s", "response_time": "60s",
                                                                     "waiting": 10}, instances=1),
            manifests.http_server("bad", f"127.0.0.1:{port}")), "--threads", "1", port=port)

    def leave_during(self, path, body=b""):
        host = self.start_single()
        self.assertEqual(host.get("/hello").status, 200)
        client = host.connect()
        client.sendall(f"POST {path} HTTP/1.1\r\nHost: a.local\r\nContent-Length: {len(body) or 1000000}\r\n\r\n".encode() + body
                       if body else f"GET {path} HTTP/1.1\r\nHost: a.local\r\n\r\n".encode())
        time.sleep(0.3)  # the guest is in the middle of it

        client.close()
        left = time.monotonic()
        answer = host.get("/hello")
        took = time.monotonic() - left

        self.assertEqual(answer.status, 200, answer.text)
        self.assertLess(took, 0.1 * weft.patience(), "the slot was not free within 100 ms")
        return host

    def test_during_a_sleep_of_30_seconds(self):
        self.leave_during("/sleep/30000")

    def test_during_an_endless_loop(self):
        host = self.leave_during("/loop")

        before = host.cpu_seconds()
        time.sleep(0.5)
        self.assertLess(host.cpu_seconds() - before, 0.1 * weft.patience(), "something still runs")

    def test_during_a_loop_through_the_host(self):
        self.leave_during("/spin")

    def test_during_an_endless_response_that_nobody_reads(self):
        self.leave_during("/stream/0")

    def test_during_an_upload_that_never_ends(self):
        self.leave_during("/sink", body=b"x" * 1000)

    def test_a_thousand_clients_that_leave_cost_nothing_in_the_end(self):
        host = self.run_http("bad")
        host.get("/hello")
        self.leave_often(host, 100)
        files, memory = host.files(), host.rss_mib()

        self.leave_often(host, 1000)

        self.eventually(lambda: host.files() <= files + 2, why=f"{host.files()} descriptors, {files} before")
        self.assertLess(host.rss_mib() - memory, 16 * weft.patience())

    def leave_often(self, host, count):
        for number in range(count):
            with host.connect() as client:
                path = ("/sleep/30000", "/loop", "/stream/0")[number % 3]
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: a.local\r\n\r\n".encode())
        self.eventually(lambda: host.get("/hello").status == 200, why="hello answers")
