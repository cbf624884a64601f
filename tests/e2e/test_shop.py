"""The shop: components that call each other over links, and a pricing that is replaced while it serves."""
import re
import signal
import threading

import weft


class Shop(weft.Case):
    def open_shop(self):
        manifest, port = self.example("shop")
        return self.up(manifest, port=port), manifest

    def add(self, host, cart, form):
        return host.request("POST", f"/cart/{cart}/items", body=form,
                            headers={"Content-Type": "application/x-www-form-urlencoded"})

    def test_the_front_page_says_what_there_is_to_try(self):
        host, _ = self.open_shop()

        answer = host.get("/")

        self.assertEqual(answer.status, 200)
        self.assertIn("/catalogue", answer.text)
        self.assertIn("/cart/", answer.text)

    def test_the_catalogue_comes_from_pricing(self):
        host, _ = self.open_shop()

        answer = host.get("/catalogue")

        self.assertEqual(answer.status, 200)
        self.assertRegex(answer.text, r"(?m)^mug\t\d+\.\d\d\t")

    def test_a_cart_is_filled_shown_and_cleared(self):
        host, _ = self.open_shop()

        first = self.add(host, "ada", "product=mug&quantity=2")
        second = self.add(host, "ada", "product=mug&quantity=1")
        shown = host.get("/cart/ada")
        other = host.get("/cart/bob")
        cleared = host.request("DELETE", "/cart/ada")

        self.assertEqual((first.status, second.status, shown.status), (201, 201, 200))
        self.assertIn("2 x ", first.text)
        self.assertIn("3 x ", shown.text)
        self.assertRegex(shown.text, r"(?m)^Total\t\d+\.\d\d$")
        self.assertIn("empty", other.text)
        self.assertEqual(cleared.status, 200)
        self.assertIn("empty", host.get("/cart/ada").text)

    def test_errors_of_the_parts_reach_the_customer_as_words(self):
        host, _ = self.open_shop()

        unknown = self.add(host, "ada", "product=unicorn&quantity=1")
        nothing = self.add(host, "ada", "product=mug&quantity=0")
        rubbish = self.add(host, "ada", "product=mug&quantity=many")

        self.assertEqual((unknown.status, nothing.status, rubbish.status), (404, 400, 400))
        self.assertIn("unicorn", unknown.text)
        self.assertIn("many", rubbish.text)
        self.assertIn("empty", host.get("/cart/ada").text)
        self.assertEqual(host.get("/nowhere").status, 404)

    def test_what_many_put_into_one_cart_at_once_is_all_there(self):
        host, _ = self.open_shop()
        statuses = []

        def customer():
            for _ in range(5):
                answer = self.add(host, "all", "product=mug&quantity=1")
                while answer.status == 503:  # changed by others: the page says to try again
                    answer = self.add(host, "all", "product=mug&quantity=1")
                statuses.append(answer.status)

        threads = [threading.Thread(target=customer) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual(statuses, [201] * 20)
        self.assertIn("20 x ", host.get("/cart/all").text)

    def test_a_cart_survives_a_restart(self):
        host, manifest = self.open_shop()
        self.add(host, "ada", "product=mug&quantity=2")
        port = host.port
        self.assertEqual(host.stop(), weft.OK)

        self.assertIn("2 x ", self.up(manifest, port=port).get("/cart/ada").text)

    def test_another_pricing_takes_over_by_one_edited_line_while_requests_flow(self):
        host, manifest = self.open_shop()
        self.add(host, "ada", "product=mug&quantity=2")
        before = host.get("/catalogue").text
        statuses, done = [], threading.Event()

        def customer():
            while not done.is_set():
                statuses.append(host.get("/catalogue").status)

        thread = threading.Thread(target=customer)
        thread.start()
        text = manifest.read_text()
        edited = text.replace("/pricing.wasm", "/pricing-sale.wasm")
        self.assertEqual(sum(a != b for a, b in zip(text.splitlines(), edited.splitlines())), 1)
        manifest.write_text(edited)
        host.signal(signal.SIGHUP)

        self.eventually(lambda: "off:" in host.get("/cart/ada").text, 60, "the sale's prices")
        done.set()
        thread.join()

        self.assertEqual(set(statuses), {200}, "a request failed while pricing was replaced")
        self.assertNotEqual(host.get("/catalogue").text, before)
        self.assertIn("2 x ", host.get("/cart/ada").text)

    def test_a_broken_edit_changes_nothing_and_is_explained(self):
        host, manifest = self.open_shop()
        before = host.get("/catalogue").text
        seen = len(host.lines)
        manifest.write_text(re.sub(r"image: .*/pricing.wasm", "image: ./no-such.wasm", manifest.read_text()))

        host.signal(signal.SIGHUP)

        host.wait_for_log(r"no-such\.wasm", start=seen)
        self.assertEqual(host.get("/catalogue").text, before)
