"""Orders on NATS: one line of the manifest is another, and nothing of the components."""
import weft
from nats_server import NatsServer


class NatsMessages(weft.Case):
    def setUp(self):
        super().setUp()
        self.nats = NatsServer(weft.free_port(), self.folder / "nats")
        self.addCleanup(self.nats.kill9)

    def open_orders(self, image="weft:messaging-nats", link="orders.*", more=""):
        manifest, port = self.example("orders")
        text = manifest.read_text()
        for old, new in (
                ("image: weft:messaging-memory",
                 f"image: {image}\n        config: [{{name: nats, properties: {{cluster_uris: 'nats://127.0.0.1:{self.nats.port}'{more}}}}}]"),
                ("subscriptions: orders.*", f"subscriptions: {link}")):
            self.assertIn(old, text)
            text = text.replace(old, new)
        manifest.write_text(text)
        return self.up(manifest, port=port)

    def handled(self, host, number):
        return host.get(f"/orders/{number}").status == 200

    def test_orders_are_handled_and_requests_answered_over_nats(self):
        host = self.open_orders()

        taken = host.request("POST", "/orders/1", body="mug")

        self.assertEqual(taken.status, 202, taken.text)
        self.eventually(lambda: self.handled(host, 1), 10, "order 1 handled")
        self.assertEqual(host.get("/status/1").text, "mug is handled\n")

    def test_the_package_of_1x_is_the_same_product(self):
        host = self.open_orders("ghcr.io/wasmcloud/messaging-nats:0.27.0")

        host.request("POST", "/orders/1", body="mug")

        self.eventually(lambda: self.handled(host, 1), 10, "order 1 handled")

    def test_what_a_stream_holds_is_handled_after_the_server_was_killed(self):
        self.nats.ask("$JS.API.STREAM.CREATE.ORDERS", b'{"name":"ORDERS","subjects":["orders.new"],"storage":"file"}')
        host = self.open_orders(link="orders.new\n                    stream: ORDERS\n                    ack_wait_ms: '500'",
                                more=", acknowledged: 'true'")
        for number in range(10):
            self.assertEqual(host.request("POST", f"/orders/{number}", body="mug").status, 202)
        self.nats.kill9()
        self.nats.start()

        for number in range(10):
            self.eventually(lambda number=number: self.handled(host, number), 20, f"order {number} handled")

    def test_its_password_comes_from_the_file_of_secrets_also_for_what_it_subscribes_to(self):
        env = {"WEFT_SECRETS_KEY": "07" * 32}
        self.nats.kill9()
        self.nats.start("--user", "ann", "--pass", "hunter2")
        url = f"nats://ann:hunter2@127.0.0.1:{self.nats.port}"
        self.assertEqual(self.weft("secret", "put", "nats", input=url, env=env).returncode, weft.OK)
        manifest, port = self.example("orders")
        manifest.write_text(manifest.read_text().replace("spec:\n", """spec:
  policies:
    - {name: ours, type: policy.secret.wasmcloud.dev/v1alpha1, properties: {backend: weft:secrets-file}}
""", 1).replace("image: weft:messaging-memory", """image: weft:messaging-nats
        secrets: [{name: cluster_uris, properties: {policy: ours, key: nats}}]"""))

        host = self.up(manifest, "--log-level", "trace", port=port, env=env)

        self.assertEqual(host.request("POST", "/orders/1", body="mug").status, 202)
        self.eventually(lambda: self.handled(host, 1), 10, "order 1 handled")
        self.assertNotIn("hunter2", host.log)
