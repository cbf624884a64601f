"""SIGTERM and Ctrl-C: no new connection, answers finish, the exit code is 0; a second one ends at once."""
import signal
import socket
import threading
import time

import weft


class Drain(weft.Case):
    def begin(self, host, path):
        """A request under way: its connection."""
        connection = host.connect(60)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a.local\r\n\r\n".encode())
        self.eventually(lambda: self.running(host), why="the request runs")
        return connection

    def running(self, host):
        # Another answer shows that the loop took what came before.
        host.get("/hello")
        return True

    def refused(self, host):
        try:
            socket.create_connection(("127.0.0.1", host.port), 1).close()
            return False
        except OSError:
            return True

    def drains_on(self, number):
        host = self.run_http("bad")
        waiting = self.begin(host, "/sleep/1500")

        host.signal(number)
        self.eventually(lambda: self.refused(host), 1, "new connections are refused")
        answer = read_all(waiting)

        self.assertTrue(answer.startswith(b"HTTP/1.1 200"), answer)
        self.assertIn(b"connection: close", answer.lower())
        self.assertEqual(host.wait(), weft.OK, host.log)

    def test_sigterm_lets_answers_finish(self):
        self.drains_on(signal.SIGTERM)

    def test_ctrl_c_lets_answers_finish(self):
        self.drains_on(signal.SIGINT)

    def test_a_kept_connection_without_a_request_does_not_hold_the_drain_up(self):
        host = self.run_http("hello")
        idle = host.connect()
        idle.sendall(b"GET / HTTP/1.1\r\nHost: a.local\r\n\r\n")
        idle.recv(65536)

        began = time.monotonic()
        host.signal(signal.SIGTERM)

        self.assertEqual(host.wait(), weft.OK, host.log)
        self.assertLess(time.monotonic() - began, 3 * weft.patience())
        idle.close()

    def test_a_second_signal_ends_at_once(self):
        host = self.run_http("bad", "--limit", "response_time=60s")
        waiting = self.begin(host, "/sleep/30000")
        host.signal(signal.SIGTERM)
        self.eventually(lambda: self.refused(host), 1, "the drain has begun")
        self.assertIsNone(host.process.poll(), "the first signal ended it although an answer was under way")

        began = time.monotonic()
        host.signal(signal.SIGTERM)
        host.wait(10)

        self.assertLess(time.monotonic() - began, 2 * weft.patience())
        waiting.close()

    def test_readyz_says_no_while_draining(self):
        host = self.run_http("bad", "--limit", "response_time=60s")
        waiting = self.begin(host, "/sleep/3000")
        reader = threading.Thread(target=read_all, args=[waiting])
        reader.start()

        host.signal(signal.SIGTERM)
        self.eventually(lambda: self.refused(host), 1, "the drain has begun")
        try:
            self.assertEqual(host.admin("/readyz").status, 503)
        finally:
            reader.join()


def read_all(connection):
    received = b""
    with connection:
        while chunk := connection.recv(65536):
            received += chunk
    return received
