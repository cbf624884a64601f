"""Orders: an HTTP component that sends messages, and a worker that they reach."""
import http.client
import re
import signal
import threading

import weft


class Orders(weft.Case):
    def open_orders(self, *changes):
        manifest, port = self.example("orders")
        for change in changes:
            self.edit(manifest, manifest.read_text(), *change)
        return self.up(manifest, port=port), manifest

    def edit(self, manifest, text, old, new):
        self.assertIn(old, text)
        manifest.write_text(text.replace(old, new))

    def order(self, host, number, product="mug"):
        return host.request("POST", f"/orders/{number}", body=product)

    def handled(self, host, number):
        return host.get(f"/orders/{number}").status == 200

    def test_an_order_is_taken_at_once_and_handled_by_a_message(self):
        host, _ = self.open_orders()

        taken = self.order(host, 1)

        self.assertEqual((taken.status, taken.text), (202, "order 1 is taken\n"))
        self.eventually(lambda: self.handled(host, 1), 10, "order 1 handled")
        self.assertEqual(host.get("/orders/1").text, "mug is handled\n")
        self.assertEqual(host.get("/orders/2").status, 404)

    def test_a_request_brings_the_worker_s_answer_back(self):
        host, _ = self.open_orders()
        self.order(host, 1)
        self.eventually(lambda: self.handled(host, 1), 10, "order 1 handled")

        self.assertEqual(host.get("/status/1").text, "mug is handled\n")
        self.assertEqual(host.get("/status/2").text, "order 2 is not here\n")

    def test_what_the_handler_refuses_is_told_in_the_log(self):
        host, _ = self.open_orders()

        self.order(host, 7, "unicorn")

        line = host.wait_for_log(r"a message was not handled.*").group(0)
        for word in ("orders-worker", "orders-messages", "orders.new", "unicorns are sold out", "refused"):
            self.assertIn(word, line)

    def test_nobody_to_ask_is_an_answer_at_once(self):
        host, _ = self.open_orders(("subscriptions: orders.*", "subscriptions: orders.new"))

        answer = host.get("/status/1")

        self.assertEqual((answer.status, answer.text), (504, "nobody subscribes to 'orders.status'\n"))

    def test_no_order_is_lost_while_worker_and_link_change_under_load(self):
        host, manifest = self.open_orders()
        original = manifest.read_text()
        taken, refused, over = [], [], threading.Event()

        def send():
            while not over.is_set() and not refused:
                answer = self.order(host, len(taken))
                (taken.append(len(taken)) if answer.status == 202 else refused.append(answer.text))

        def send_more():
            wanted = len(taken) + 20
            self.eventually(lambda: len(taken) >= wanted or refused, 20, "orders under load")

        sender = threading.Thread(target=send)
        sender.start()
        for change in (("instances: 10", "instances: 3"), ("orders.*", "orders.>"), ("orders.*", "orders.*|workers")):
            send_more()
            self.edit(manifest, original, *change)
            start = len(host.lines)
            host.signal(signal.SIGHUP)
            host.wait_for_log(r"\bapplied\b", start=start)
        send_more()
        over.set()
        sender.join()

        self.assertEqual(refused, [])
        for number in taken:
            self.eventually(lambda: self.handled(host, number), 10, f"order {number} handled")

    def test_the_host_finishes_what_is_handled_before_it_ends(self):
        host, manifest = self.open_orders()
        for number in range(20):
            self.order(host, number)

        self.assertEqual(host.stop(), 0)

        self.assertNotIn("not handled", host.log)


class DurableOrders(Orders):
    """The same on SQLite, and what only a file can promise."""

    def open_orders(self, *changes):
        return super().open_orders(("weft:messaging-memory", "weft:messaging-sqlite"), *changes)

    def test_no_order_is_lost_when_the_host_is_killed(self):
        host, manifest = self.open_orders(("instances: 10", "instances: 1"))
        taken = []

        def send(first):
            try:
                for number in range(first, first + 100_000):
                    if self.order(host, number).status == 202:
                        taken.append(number)
            except (OSError, http.client.HTTPException):
                pass  # it was killed

        senders = [threading.Thread(target=send, args=(first,)) for first in (0, 1_000_000, 2_000_000)]
        for sender in senders:
            sender.start()
        self.eventually(lambda: len(taken) >= 150, 30, "orders under load")
        host.kill9()
        for sender in senders:
            sender.join()
        host.stop()

        again = self.up(manifest, port=host.port)

        for number in taken:
            self.eventually(lambda: self.handled(again, number), 20, f"order {number} handled after the kill")

    def test_what_is_refused_again_and_again_becomes_a_dead_letter(self):
        host, _ = self.open_orders((
            "subscriptions: orders.*",
            "subscriptions: orders.*\n" + "\n".join(" " * 20 + line for line in (
                "dead_letters: orders.failed", "max_deliveries: '3'", "backoff_ms: '5'"))))

        self.order(host, 7, "unicorn")

        self.eventually(lambda: self.handled(host, 7), 10, "order 7 given up")
        self.assertEqual(host.get("/orders/7").text, "unicorn is given up\n")
        self.assertEqual(len(re.findall("sold out", host.log)), 3)
