"""HTTP/1.1 on the wire: what proxies, slow clients and attackers send."""
import http.client
import socket
import threading
import time

import weft


def lines(*text, body=b""):
    return "\r\n".join([*text, "", ""]).encode() + body


class Wire(weft.Case):
    def start_hello(self, *options):
        return self.run_http("hello_rust", *options)

    def status_of(self, host, data):
        answer = host.raw(data)
        return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else answer

    def test_keeps_a_connection_for_many_requests(self):
        host = self.start_hello()
        connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=30)
        connection.connect()
        first = connection.sock
        for _ in range(20):
            connection.request("GET", "/")
            response = connection.getresponse()
            self.assertEqual((response.status, response.read()), (200, b"hello world\n"))

        self.assertIs(connection.sock, first)
        connection.close()

    def test_answers_pipelined_requests_in_order(self):
        host = self.start_hello()

        answer = host.raw(lines("GET /sleep/200 HTTP/1.1", "Host: a") + lines("GET /head HTTP/1.1", "Host: a", "X-Me: 2") +
                          lines("GET / HTTP/1.1", "Host: a", "Connection: close"))

        self.assertEqual(answer.count(b"HTTP/1.1 200"), 3)
        self.assertLess(answer.lower().index(b"x-me: 2"), answer.rindex(b"hello world"))

    def test_head_has_the_head_and_no_body(self):
        host = self.start_hello()

        answer = host.raw(lines("HEAD / HTTP/1.1", "Host: a", "Connection: close"))

        head, _, body = answer.partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 200"), answer)
        self.assertEqual(body, b"")

    def test_a_client_of_http_1_0_gets_an_answer_and_the_end(self):
        host = self.start_hello()

        answer = host.raw(lines("GET / HTTP/1.0", "Host: a"))

        self.assertIn(b" 200 ", answer.split(b"\r\n")[0])
        self.assertTrue(answer.endswith(b"hello world\n"), answer)
        self.assertNotIn(b"chunked", answer.lower())

    def test_chunked_bodies_go_both_ways_with_trailers(self):
        host = self.start_hello()

        answer = host.raw(lines("POST /echo HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "TE: trailers", "Trailer: X-Sum",
                                "Connection: close", body=b"5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nX-Sum: 42\r\n\r\n"))

        head, _, body = answer.partition(b"\r\n\r\n")
        self.assertIn(b"chunked", head.lower())
        self.assertIn(b"hello", body)
        self.assertIn(b"x-sum: 42", body.lower())

    def test_expect_100_continue_is_answered_before_the_body_comes(self):
        host = self.start_hello()
        with host.connect() as client:
            client.sendall(lines("POST /echo HTTP/1.1", "Host: a", "Content-Length: 4", "Expect: 100-continue",
                                 "Connection: close"))
            began = time.monotonic()
            interim = client.recv(1000)
            client.sendall(b"body")
            rest = b""
            while chunk := client.recv(1000):
                rest += chunk

        self.assertTrue(interim.startswith(b"HTTP/1.1 100"), interim)
        self.assertLess(time.monotonic() - began, 2 * weft.patience())
        self.assertIn(b"body", rest)

    def test_requests_that_could_be_read_in_two_ways_are_refused(self):
        host = self.start_hello()
        for name, data in {
                "two lengths": lines("POST / HTTP/1.1", "Host: a", "Content-Length: 1", "Content-Length: 2", body=b"xx"),
                "length list": lines("POST / HTTP/1.1", "Host: a", "Content-Length: 1, 2", body=b"xx"),
                "length and chunked": lines("POST / HTTP/1.1", "Host: a", "Content-Length: 3", "Transfer-Encoding: chunked",
                                            body=b"0\r\n\r\n"),
                "signed length": lines("POST / HTTP/1.1", "Host: a", "Content-Length: +3", body=b"xxx"),
                "huge length": lines("POST / HTTP/1.1", "Host: a", "Content-Length: 99999999999999999999", body=b"x"),
                "chunked not last": lines("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked, gzip", body=b"0\r\n\r\n"),
                "chunked twice": lines("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked",
                                       "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
                "unknown coding": lines("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
                "bare LF": b"GET / HTTP/1.1\nHost: a\n\n",
                "bare LF in the head": b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
                "bare CR": b"GET / HTTP/1.1\r\nHost: a\r\nX: y\rz\r\n\r\n",
                "obsolete folding": lines("GET / HTTP/1.1", "Host: a", "X: one", " two"),
                "space before colon": lines("GET / HTTP/1.1", "Host: a", "X : y"),
                "two hosts": lines("GET / HTTP/1.1", "Host: a", "Host: b"),
                "no host": lines("GET / HTTP/1.1"),
                "nul": lines("GET / HTTP/1.1", "Host: a", "X: \0"),
                "rubbish": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 GET\r\n\r\n",
        }.items():
            with self.subTest(name):
                follow = data + lines("GET /smuggled HTTP/1.1", "Host: a")
                answer = host.raw(follow)

                self.assertIn(answer[:12], (b"HTTP/1.1 400", b"HTTP/1.1 413", b"HTTP/1.1 501", b"HTTP/1.1 505"))
                self.assertEqual(answer.count(b"HTTP/1.1 "), 1, "what follows a broken request was answered")
        self.assertEqual(host.get("/").status, 200)

    def test_a_version_that_does_not_exist_is_505(self):
        host = self.start_hello()

        self.assertEqual(host.raw(lines("GET / HTTP/3.7", "Host: a"))[:12], b"HTTP/1.1 505")

    def test_broken_chunks_are_refused(self):
        host = self.start_hello()
        for body in (b"x\r\nhello\r\n0\r\n\r\n", b"5\nhello\n0\n\n", b"-5\r\nhello\r\n0\r\n\r\n", b"5\r\nhello0\r\n\r\n",
                     b"ffffffffffffffffff\r\nx\r\n0\r\n\r\n"):
            with self.subTest(body):
                answer = host.raw(lines("POST /echo HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", body=body) +
                                  lines("GET /smuggled HTTP/1.1", "Host: a"))

                self.assertFalse(answer.endswith(b"0\r\n\r\n"), answer)
                self.assertLessEqual(answer.count(b"HTTP/1.1 "), 1)

    def test_a_head_without_end_is_refused(self):
        host = self.start_hello()

        many = host.raw(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"x-%d: y\r\n" % n for n in range(5000)) + b"\r\n")
        long = host.raw(b"GET /" + b"a" * 500_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n")

        self.assertEqual(many[:12], b"HTTP/1.1 431")
        self.assertIn(long[:12], (b"HTTP/1.1 414", b"HTTP/1.1 431"))

    def test_slow_clients_do_not_stop_fast_ones(self):
        host = self.start_hello()
        slow = [host.connect() for _ in range(200)]
        for client in slow:
            client.sendall(b"GET / HTTP/1.1\r\nHo")

        began = time.monotonic()
        self.assertEqual(host.get("/").status, 200)

        self.assertLess(time.monotonic() - began, 1 * weft.patience())
        for client in slow:
            client.close()


class Bodies(weft.Case):
    seconds = 600

    def test_a_gibibyte_up_and_down_in_little_memory(self):
        size = (1 << 30) if not weft.sanitized() else (128 << 20)
        host = self.run_http("hello_rust")
        client = host.connect(120)
        sender = threading.Thread(target=self.send, args=[client, size])
        sender.start()

        received = self.receive(client, size)
        sender.join()
        client.close()

        self.assertEqual(received, size)
        self.assertLess(host.peak_mib(), 256 if not weft.sanitized() else 900)

    def test_a_peer_that_reads_a_mebibyte_a_second_holds_nothing_up_but_itself(self):
        host = self.run_http("hello_rust")
        client = host.connect(120)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
        sent = []
        sender = threading.Thread(target=self.send, args=[client, 1 << 30, sent], daemon=True)
        sender.start()
        before = host.cpu_seconds()
        for _ in range(5):
            self.assertGreater(len(client.recv(1 << 20, socket.MSG_WAITALL)), 0)
            self.assertEqual(host.get("/").status, 200)
            time.sleep(1)
        used = host.cpu_seconds() - before
        client.shutdown(socket.SHUT_RDWR)
        client.close()
        sender.join()

        self.assertLess(sum(sent), 64 << 20, "the host took much more than its peer read")
        self.assertLess(host.peak_mib(), 256 if not weft.sanitized() else 900)
        self.assertLess(used, 1 * weft.patience(), "waiting costs CPU")

    def send(self, client, size, sent=None):
        client.sendall(lines("POST /echo HTTP/1.1", "Host: a", f"Content-Length: {size}"))
        block = bytes(1 << 16)
        try:
            for _ in range(size // len(block)):
                client.sendall(block)
                if sent is not None:
                    sent.append(len(block))
        except OSError:
            pass  # the reader left

    def receive(self, client, size):
        """Bytes of body, whichever way the host frames it."""
        response = http.client.HTTPResponse(client)
        response.begin()
        self.assertEqual(response.status, 200)
        buffer, total = bytearray(1 << 20), 0
        while count := response.readinto(buffer):
            total += count
        return total
