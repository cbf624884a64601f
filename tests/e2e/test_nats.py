"""The counter on NATS: one line of its manifest is another, and nothing of the component."""
import time

import weft
from nats_server import NatsServer
from test_counter import count


class Nats(weft.Case):
    def setUp(self):
        super().setUp()
        self.nats = NatsServer(weft.free_port(), self.folder / "nats")
        self.addCleanup(self.nats.kill9)

    def start_counter(self, image="weft:keyvalue-nats", create="true"):
        manifest, port = self.example("counter")
        text = manifest.read_text()
        self.assertIn("image: weft:keyvalue-sqlite", text)
        manifest.write_text(text.replace(
            "image: weft:keyvalue-sqlite",
            f"image: {image}\n        config: [{{name: nats, properties: {{cluster_uri: 'nats://127.0.0.1:{self.nats.port}', "
            f"bucket: counts, enable_bucket_auto_create: '{create}'}}}}]"))
        return self.up(manifest, port=port)

    def test_counts_in_nats(self):
        host = self.start_counter()

        answers = [count(host.get("/")) for _ in range(5)]

        self.assertEqual(answers, [1, 2, 3, 4, 5])
        self.assertEqual(self.nats.value("counts", "/"), "5")

    def test_the_package_of_1x_is_the_same_product_and_its_data_are_found(self):
        self.nats.create_bucket("counts")
        self.nats.ask("$KV.counts./", b"41")  # as the 1.x provider did

        host = self.start_counter("ghcr.io/wasmcloud/keyvalue-nats:0.4.1", create="false")

        self.assertEqual(count(host.get("/")), 42)

    def test_answers_again_after_nats_was_killed_and_loses_nothing(self):
        host = self.start_counter()
        last = [count(host.get("/")) for _ in range(5)][-1]
        self.nats.kill9()
        self.nats.start()

        began = time.monotonic()
        answer = host.get("/")

        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(count(answer), last + 1)
        self.assertLess(time.monotonic() - began, 3)

    def test_a_link_without_a_bucket_is_an_error_that_names_the_key(self):
        manifest, _ = self.example("counter")
        manifest.write_text(manifest.read_text().replace("image: weft:keyvalue-sqlite", "image: weft:keyvalue-nats"))

        ended = self.weft("up", manifest)

        self.assertNotEqual(ended.returncode, weft.OK)
        self.assertIn("`bucket` is missing", ended.stderr)
