"""The counter on Redis: one line of its manifest is another, and nothing of the component."""
import time

import weft
from redis_server import RedisServer
from test_counter import count


class Redis(weft.Case):
    def setUp(self):
        super().setUp()
        self.redis = RedisServer(weft.free_port(), self.folder / "redis")
        self.addCleanup(self.redis.kill9)

    def start_counter(self, image="weft:keyvalue-redis"):
        manifest, port = self.example("counter")
        text = manifest.read_text()
        self.assertIn("image: weft:keyvalue-sqlite", text)
        manifest.write_text(text.replace(
            "image: weft:keyvalue-sqlite",
            f"image: {image}\n        config: [{{name: redis, properties: {{url: 'redis://127.0.0.1:{self.redis.port}'}}}}]"))
        return self.up(manifest, port=port)

    def test_counts_in_redis(self):
        host = self.start_counter()

        answers = [count(host.get("/")) for _ in range(5)]

        self.assertEqual(answers, [1, 2, 3, 4, 5])
        self.assertEqual(self.redis.cli("KEYS", "*"), "/")
        self.assertEqual(self.redis.cli("GET", "/"), "5")

    def test_the_package_of_1x_is_the_same_product_and_its_data_are_found(self):
        self.redis.cli("INCRBY", "/", "41")  # as the 1.x provider did

        host = self.start_counter("ghcr.io/wasmcloud/keyvalue-redis:0.28.1")

        self.assertEqual(count(host.get("/")), 42)

    def test_its_url_comes_from_the_file_of_secrets_and_is_shown_nowhere(self):
        env = {"WEFT_SECRETS_KEY": "07" * 32}
        self.redis.cli("CONFIG", "SET", "requirepass", "hunter2")
        put = self.weft("secret", "put", "redis", input=f"redis://:hunter2@127.0.0.1:{self.redis.port}", env=env)
        self.assertEqual(put.returncode, weft.OK, put.stderr)
        manifest, port = self.example("counter")
        manifest.write_text(manifest.read_text().replace("spec:\n", """spec:
  policies:
    - {name: ours, type: policy.secret.wasmcloud.dev/v1alpha1, properties: {backend: weft:secrets-file}}
""", 1).replace("image: weft:keyvalue-sqlite", """image: weft:keyvalue-redis
        secrets: [{name: url, properties: {policy: ours, key: redis}}]"""))

        host = self.up(manifest, "--log-level", "trace", port=port, env=env)

        self.assertEqual([count(host.get("/")) for _ in range(2)], [1, 2])
        shown = [self.weft(*words).stdout for words in (["inventory"], ["link", "list", "--output", "json"])]
        for text in (host.log, *shown):
            self.assertNotIn("hunter2", text)

    def test_answers_again_after_redis_was_killed_and_loses_nothing(self):
        host = self.start_counter()
        last = [count(host.get("/")) for _ in range(5)][-1]
        self.redis.kill9()
        self.redis.start()

        began = time.monotonic()
        answer = host.get("/")

        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(count(answer), last + 1)
        self.assertLess(time.monotonic() - began, 2)

    def test_a_url_that_is_none_is_an_error_that_names_its_key_and_not_the_password(self):
        manifest, _ = self.example("counter")
        manifest.write_text(manifest.read_text().replace(
            "image: weft:keyvalue-sqlite",
            "image: weft:keyvalue-redis\n        config: [{name: redis, properties: {url: 'redis://ann:secret@db:six'}}]"))

        ended = self.weft("up", manifest)

        self.assertNotEqual(ended.returncode, weft.OK)
        self.assertIn("`url`: the port is no number from 1 to 65535", ended.stderr)
        self.assertNotIn("secret", ended.stderr)
