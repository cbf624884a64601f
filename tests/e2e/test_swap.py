"""Requests at a fixed rate while a link moves from product to product and a component gets new builds: none fails.
`make soak` does the same for longer, with more, and measures (examples/swap)."""
import re

import load
import weft
from manifests import on_ports
from redis_server import RedisServer
from vault_server import VaultServer

KEYS = 100
STORES = ("sqlite", "redis", "vault")
WAY = ("redis", "vault", "redis", "sqlite", "vault", "redis")


def path_of(number):
    """A third are increments over 100 keys."""
    return f"/count/{number // 3 % KEYS}" if number % 3 == 0 else "/page"


class Swap(weft.Case):
    def setUp(self):
        super().setUp()
        self.redis = RedisServer(weft.free_port(), self.folder / "redis")
        self.addCleanup(self.redis.kill9)
        self.vault = VaultServer(weft.free_port(), self.folder / "vault")
        self.addCleanup(self.vault.kill9)
        port = weft.free_port()
        manifest = on_ports(weft.ROOT / "examples/swap/app.yaml", self.folder,
                            {8000: port, 6379: self.redis.port, 8200: self.vault.port})
        self.host = self.up(manifest, port=port)
        self.rate = 300 / weft.patience()

    def done(self, *words):
        ended = self.weft(*words)
        self.assertEqual(ended.returncode, weft.OK, ended.stderr)

    def move(self, store):
        self.done("link", "put", "counter", store, "wasi", "keyvalue", "--interface", "store", "--interface", "atomics")

    def held(self, store):
        """The sum of its counts. Asking adds one to each key."""
        self.move(store)
        answers = [self.host.get(f"/count/{key}") for key in range(KEYS)]
        return sum(int(re.search(r"(\d+)\s*$", answer.text).group(1)) - 1 for answer in answers)

    def assert_no_failure(self, samples):
        failures = [f"{sample.at:.2f} s {sample.path}: {sample.failure}" for sample in samples if sample.failure]
        self.assertEqual((len(failures), failures[:5]), (0, []), f"of {len(samples)} requests")

    def test_no_request_fails_and_no_increment_is_lost_between_sqlite_redis_and_vault(self):
        running = load.Load(self.host.port, self.rate, path_of)
        for turn, store in enumerate(WAY):
            running.wait(0.7 * (turn + 1))
            self.move(store)
        samples = running.stop()

        self.assert_no_failure(samples)
        counts = {store: self.held(store) for store in STORES}
        self.assertGreater(min(counts.values()), 30 / weft.patience(), "all were asked")
        self.assertEqual(sum(counts.values()), sum(sample.path.startswith("/count") for sample in samples))

    def test_no_request_fails_while_a_component_gets_ten_new_builds(self):
        build = self.guest("hello").read_bytes()
        self.assertEqual(build.count(b"Hello from C++23"), 1)
        running = load.Load(self.host.port, self.rate, path_of)
        for number in range(10):
            new = self.write(f"web-{number}.wasm", build.replace(b"Hello from C++23", b"Build %10d" % number))
            self.done("update", "web", new)
            self.assertIn(f"Build {number:10}", self.host.get("/page").text)
        samples = running.stop()

        self.assert_no_failure(samples)
        seen = {sample.text.split(":")[0] for sample in samples if sample.path == "/page"}
        self.assertGreater(len(seen), 5, seen)
        calls = self.host.metrics()['weft_component_calls_total{component="swap-web"}']
        self.assertGreaterEqual(calls, len([s for s in samples if s.path == "/page"]), "of all builds together")

    def test_a_build_that_does_not_start_leaves_the_old_one_in_place(self):
        broken = self.write("broken.wasm", self.guest("hello").read_bytes()[:-100])
        running = load.Load(self.host.port, self.rate, path_of)
        for _ in range(3):
            self.assertEqual(self.weft("update", "web", broken).returncode, weft.INVALID)
            self.assertEqual(self.weft("update", "web", self.guest("counter")).returncode, weft.INVALID)
        samples = running.stop()

        self.assert_no_failure(samples)
        self.assertIn("Hello from C++23", self.host.get("/page").text)

    def test_a_link_that_moves_brings_no_new_build_along(self):
        image = self.write("web.wasm", self.guest("hello").read_bytes())
        self.done("update", "web", image)
        image.write_bytes(image.read_bytes().replace(b"Hello from C++23", b"Build          1"))

        self.move("redis")
        self.assertIn("Hello from C++23", self.host.get("/page").text)

        self.done("update", "web", image)
        self.assertIn("Build          1", self.host.get("/page").text)
