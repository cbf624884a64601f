"""The counter on Redis: one line of its manifest is another, and nothing of the component."""
import shutil
import subprocess
import time

import weft
from test_counter import count


class Redis(weft.Case):
    def setUp(self):
        super().setUp()
        if not shutil.which("redis-server"):
            self.fail("redis-server is not installed: tools/setup, or apt-get install redis-server redis-tools")
        self.redis_port = weft.free_port()
        self.redis = None
        self.start_redis()
        self.addCleanup(self.end_redis)

    def start_redis(self):
        folder = self.folder / "redis"
        folder.mkdir(exist_ok=True)
        self.redis = subprocess.Popen(
            ["redis-server", "--port", str(self.redis_port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "",
             "--appendonly", "yes", "--appendfsync", "always"], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while self.cli("PING") != "PONG":
            self.assertLess(time.monotonic(), deadline, "redis-server does not answer")
            time.sleep(0.02)

    def end_redis(self):
        self.redis.kill()
        self.redis.wait()

    def cli(self, *words):
        return subprocess.run(["redis-cli", "-p", str(self.redis_port), *words], capture_output=True, text=True).stdout.strip()

    def start_counter(self, image="weft:keyvalue-redis"):
        manifest, port = self.example("counter")
        text = manifest.read_text()
        self.assertIn("image: weft:keyvalue-sqlite", text)
        manifest.write_text(text.replace(
            "image: weft:keyvalue-sqlite",
            f"image: {image}\n        config: [{{name: redis, properties: {{url: 'redis://127.0.0.1:{self.redis_port}'}}}}]"))
        return self.up(manifest, port=port)

    def test_counts_in_redis(self):
        host = self.start_counter()

        answers = [count(host.get("/")) for _ in range(5)]

        self.assertEqual(answers, [1, 2, 3, 4, 5])
        self.assertEqual(self.cli("KEYS", "*"), "/")
        self.assertEqual(self.cli("GET", "/"), "5")

    def test_the_package_of_1x_is_the_same_product_and_its_data_are_found(self):
        self.cli("INCRBY", "/", "41")  # as the 1.x provider did

        host = self.start_counter("ghcr.io/wasmcloud/keyvalue-redis:0.28.1")

        self.assertEqual(count(host.get("/")), 42)

    def test_answers_again_after_redis_was_killed_and_loses_nothing(self):
        host = self.start_counter()
        last = [count(host.get("/")) for _ in range(5)][-1]
        self.end_redis()
        self.start_redis()

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
        self.assertIn("`url`: the port 'six' is not one", ended.stderr)
        self.assertNotIn("secret", ended.stderr)
