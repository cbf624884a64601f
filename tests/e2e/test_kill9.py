"""Fifty times: load, kill -9, start again. No answer that was given is taken back or given twice."""
import http.client
import random
import re
import threading
import time

import weft

ROUNDS, CLIENTS = 50, 8


class Clients:
    """Threads that increment over kept connections until the host dies; every answer they got."""

    def __init__(self, port):
        self.port, self.answers, self.lock = port, [], threading.Lock()
        self.threads = [threading.Thread(target=self.run) for _ in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            while True:
                connection.request("GET", "/")
                response = connection.getresponse()
                text = response.read().decode()
                if response.status != 200:
                    return
                with self.lock:
                    self.answers.append(int(re.search(r"(\d+)\s*$", text).group(1)))
        except (OSError, http.client.HTTPException):
            pass  # it was killed
        finally:
            connection.close()

    def join(self):
        for thread in self.threads:
            thread.join()


class Kill9(weft.Case):
    seconds = 1800

    def test_the_count_never_goes_back_over_fifty_kills_under_load(self):
        random.seed(1)
        seen, highest = set(), 0
        for number in range(ROUNDS):
            manifest, port = self.example("counter")
            host = self.up(manifest, port=port)
            clients = Clients(port)
            wanted = len(seen) + random.randrange(20, 200)
            self.eventually(lambda: len(seen) + len(clients.answers) >= wanted, 30, "answers under load")
            time.sleep(random.random() * 0.02)
            host.kill9()
            clients.join()

            self.assertGreater(min(clients.answers), highest, f"round {number}: an older count was answered again")
            self.assertEqual(len(clients.answers), len(set(clients.answers)), f"round {number}: one count twice")
            self.assertFalse(seen & set(clients.answers), f"round {number}")
            seen |= set(clients.answers)
            highest = max(seen)
            host.stop()
