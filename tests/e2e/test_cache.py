"""A component in a running link: `cache` goes into the counter's and out again by one command each."""
import concurrent.futures
import json
import re
import signal

import load
import weft
from manifests import on_ports
from redis_server import RedisServer

KEYS = 100
INSERT = ("link", "insert", "counter", "wasi", "keyvalue")
BESIDE = ("--beside", "weft:keyvalue-memory")


class Cache(weft.Case):
    def setUp(self):
        super().setUp()
        port = weft.free_port()
        manifest = on_ports(weft.ROOT / "examples/counter/app.yaml", self.folder, {8000: port})
        self.host = self.up(manifest, port=port)
        self.rate = 300 / weft.patience()

    def done(self, *words):
        ended = self.weft(*words)
        self.assertEqual(ended.returncode, weft.OK, ended.stderr)
        return ended.stdout

    def insert(self, *words):
        return self.done(*INSERT, self.guest("cache"), *BESIDE, *words)

    def links(self):
        return json.loads(self.done("link", "list", "--output", "json"))["response"]

    def count(self, path):
        return int(re.search(r"(\d+)\s*$", self.host.get(path).text).group(1))

    def test_goes_in_and_out_under_load_and_no_request_fails_and_no_increment_is_lost(self):
        before = self.links()
        running = load.Load(self.host.port, self.rate, lambda number: f"/{number % KEYS}")
        for turn in range(8):
            running.wait(0.5 * (turn + 1))
            self.insert() if turn % 2 == 0 else self.done("link", "bypass", "cache")
        samples = running.stop()

        failures = [f"{sample.at:.2f} s {sample.path}: {sample.failure}" for sample in samples if sample.failure]
        self.assertEqual((len(failures), failures[:5]), (0, []), f"of {len(samples)} requests")
        self.assertEqual(sum(self.count(f"/{key}") - 1 for key in range(KEYS)), len(samples))
        self.assertEqual(self.links(), before)

    def test_calls_under_way_go_on_by_its_links_when_it_is_taken_out(self):
        redis = RedisServer(weft.free_port(), self.folder / "redis")
        self.addCleanup(redis.kill9)
        self.done(*INSERT, self.guest("cache"), "--beside", "weft:keyvalue-redis", "--beside-value",
                  f"url=redis://127.0.0.1:{redis.port}")
        self.assertEqual(self.count("/"), 1)
        with concurrent.futures.ThreadPoolExecutor() as threads:
            redis.process.send_signal(signal.SIGSTOP)
            asked = threads.submit(self.host.get, "/")
            self.eventually(lambda: 'weft_component_calls_in_flight{component="cache"} 1' in self.host.admin("/metrics").text)
            taken = threads.submit(self.weft, "link", "bypass", "cache")
            self.eventually(self.answers_at_once, why="the link leads past it")
            redis.process.send_signal(signal.SIGCONT)

            self.assertEqual((asked.result().status, asked.result().text), (200, "Requests for / so far: 2"))
            self.assertEqual(taken.result().returncode, weft.OK, taken.result().stderr)

    def answers_at_once(self):
        try:
            return self.host.get("/other", timeout=1).status == 200
        except TimeoutError:
            return False

    def test_is_seen_in_the_inventory_until_it_is_taken_out(self):
        self.assertEqual(self.count("/"), 1)
        said = self.insert("--id", "front", "--value", "ttl_ms=100", "--output", "json")
        self.assertIn("weft link bypass front", json.loads(said)["message"])

        inventory = json.loads(self.done("inventory", "--output", "json"))["response"]
        self.assertIn("front", [one["id"] for one in inventory["components"]])
        self.assertIn("front-beside", [one["id"] for one in inventory["providers"]])
        self.assertEqual(len(inventory["edits"]), 1)
        self.assertRegex(inventory["edits"][0], r"^link insert counter wasi keyvalue \S*/cache\.wasm --id front")
        links = {(link["source_id"], link["wit_namespace"]): link["target"] for link in self.links()}
        self.assertEqual(links["counter-counter", "wasi"], "front")
        self.assertEqual(links["front", "weft"], "counter-keyvalue")
        self.assertEqual(self.count("/"), 2)

        self.done("link", "bypass", "front")
        inventory = json.loads(self.done("inventory", "--output", "json"))["response"]
        self.assertEqual(inventory["edits"], [])
        self.assertNotIn("front-beside", [one["id"] for one in inventory["providers"]])
        self.assertEqual(self.count("/"), 3)

    def test_ends_with_a_notice_when_the_manifest_is_applied_again(self):
        self.insert()

        self.done("reload")

        self.host.wait_for_log(r"an edit by hand ends.*link insert counter")
        self.assertNotIn("cache", [link["target"] for link in self.links()])
        self.assertEqual(self.count("/"), 1)

    def test_is_known_to_be_a_provider_and_to_be_linked_to_one(self):
        shown = self.done("inspect", self.guest("cache"))
        self.assertRegex(shown, r"weft:keyvalue/store@0\.1\.0 +serves links for wasi:keyvalue")
        self.assertRegex(shown, r"wasi:keyvalue/batch@0\.2\.0-draft2 .*or a component that exports weft:keyvalue/store@0\.1\.0")

    def test_refuses_what_cannot_stand_in_the_link_and_changes_nothing(self):
        before = self.links()
        for words, reason in (
            ((*INSERT, self.guest("hello")), "names wasi:keyvalue/store, which 'hello' does not have"),
            ((*INSERT, self.guest("cache")), "'cache' imports wasi:keyvalue/store"),
            ((*INSERT, self.folder / "none.wasm", *BESIDE), "none.wasm"),
            (("link", "bypass", "counter"), "'counter' stands in no link"),
            (("link", "bypass", "cache"), "there is no component or provider 'cache'"),
        ):
            ended = self.weft(*words)
            self.assertEqual(ended.returncode, weft.INVALID, words)
            self.assertIn(reason, ended.stderr)
        self.assertEqual(self.links(), before)
        self.assertEqual(self.count("/"), 1)
