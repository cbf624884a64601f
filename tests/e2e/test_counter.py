"""The counter: HTTP to a durable key-value store."""
import re

import weft


def count(answer):
    return int(re.search(r"(\d+)\s*$", answer.text).group(1))


class Counter(weft.Case):
    def start_counter(self):
        manifest, port = self.example("counter")
        return self.up(manifest, port=port)

    def test_counts_requests(self):
        host = self.start_counter()

        answers = [host.get("/") for _ in range(5)]

        self.assertEqual([answer.status for answer in answers], [200] * 5)
        self.assertEqual([count(answer) for answer in answers], [1, 2, 3, 4, 5])

    def test_goes_on_after_a_stop(self):
        host = self.start_counter()
        last = [count(host.get("/")) for _ in range(3)][-1]
        self.assertEqual(host.stop(), weft.OK)

        self.assertEqual(count(self.start_counter().get("/")), last + 1)

    def test_goes_on_after_kill_9_from_the_highest_answer(self):
        host = self.start_counter()
        last = [count(host.get("/")) for _ in range(7)][-1]
        host.kill9()

        self.assertEqual(count(self.start_counter().get("/")), last + 1)
