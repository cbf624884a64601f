"""What the host itself gives a component: its configuration, which changes while it runs, and a way into the log."""
import json
import random
import re
import signal
import subprocess
import threading
import time

import manifests
import weft

NAMED = "config: [{name: shop}]"
OWN = 'config: [{{name: own, properties: {{COLOUR: {colour}, LIMIT: "10"}}}}]'


class Base(weft.Case):
    def manifest(self, port, more="", limits=None):
        return manifests.application(
            "conf", manifests.component("settings", self.guest("settings"), limits, more=more),
            manifests.http_server("settings", f"127.0.0.1:{port}"))

    def start_host(self, config="", limits=None, *options):
        self.port = weft.free_port()
        return self.up(self.manifest(self.port, config, limits), *options, port=self.port)

    def reload(self, host):
        seen = len(host.lines)
        host.signal(signal.SIGHUP)
        host.wait_for_log(r"\bapplied\b|nothing was changed", start=seen)


class Config(Base):
    def test_reaches_a_component_by_every_spelling_and_by_its_environment(self):
        host = self.start_host(OWN.format(colour="blue"))

        for way in ("config", "runtime", "rc", "env"):
            self.assertEqual(host.get(f"/{way}/COLOUR").text, "blue", way)
            self.assertEqual(host.get(f"/{way}/colour").text, "none", way)
        self.assertEqual(host.get("/all").text, "COLOUR=blue,LIMIT=10")

    def test_a_change_reaches_the_component_that_runs_and_spares_calls_in_flight(self):
        host = self.start_host(OWN.format(colour="blue"))
        answers = []
        slow = threading.Thread(target=lambda: answers.append(host.get("/twice/COLOUR/1500").text))
        slow.start()
        time.sleep(0.5)

        self.write("app.yaml", self.manifest(self.port, OWN.format(colour="red")))
        self.reload(host)
        after = host.get("/config/COLOUR").text
        in_flight = slow.is_alive()
        slow.join()

        self.assertTrue(in_flight, "the reload did not wait for the call")
        self.assertEqual((after, answers), ("red", ["blue blue"]))

    def test_a_named_config_comes_from_the_store_and_changes_with_it(self):
        self.assertEqual(self.weft("config", "put", "shop", "COLOUR=green").returncode, weft.OK)
        host = self.start_host(NAMED)
        self.assertEqual(host.get("/config/COLOUR").text, "green")

        put = self.weft("config", "put", "shop", "COLOUR=white")
        self.reload(host)

        self.assertIn("weft reload", put.stdout)
        self.assertEqual(host.get("/config/COLOUR").text, "white")
        self.weft("config", "delete", "shop")
        self.reload(host)
        self.assertIn("weft config put shop KEY=VALUE", host.log)
        self.assertEqual(host.get("/config/COLOUR").text, "white", "what runs stays as it is")

    def test_a_config_that_is_missing_is_an_error_with_the_command_that_makes_it(self):
        manifest = self.write("app.yaml", self.manifest(weft.free_port(), NAMED))

        checked = self.weft("check", manifest)
        started = self.weft("up", manifest)

        for ended, said in ((checked, checked.stdout), (started, started.stderr)):
            self.assertEqual(ended.returncode, weft.INVALID, said)
            self.assertRegex(said, r"app.yaml:\d+:\d+: error: the config 'shop' has no properties here")
            self.assertIn("weft config put shop KEY=VALUE", said)

    def test_the_store_is_put_read_listed_and_deleted_on_the_command_line(self):
        file = self.write("shop.env", "# colours\nA=from file\nB=from file\n\n")
        put = self.weft("config", "put", "shop", "B=b=c", "--file", file, "--env", "C", env={"C": "from environment"})
        self.assertEqual(put.returncode, weft.OK, put.stderr)
        self.weft("config", "put", "empty")

        self.assertEqual(self.weft("config", "get", "shop").stdout, "A=from file\nB=b=c\nC=from environment\n")
        self.assertEqual(json.loads(self.weft("config", "get", "shop", "--output", "json").stdout)["B"], "b=c")
        self.assertEqual(self.weft("config", "list").stdout, "empty\nshop\n")
        self.assertEqual(self.weft("config", "delete", "empty").returncode, weft.OK)
        self.assertEqual(self.weft("config", "list").stdout, "shop\n")
        missing = self.weft("config", "get", "empty")
        self.assertEqual(missing.returncode, weft.FAILED)
        self.assertIn("there is no config 'empty'", missing.stderr)
        self.assertEqual(self.weft("config", "put", "bad", "no value").returncode, weft.FAILED)

    def test_the_store_is_whole_after_kill_9_at_any_moment(self):
        value = "x" * 100_000
        self.weft("config", "put", "kept", "A=1")
        for _ in range(12):
            command = [str(weft.WEFT), "config", "put", "big", *(f"V{i}={value}" for i in range(8)), *self.options()]
            writer = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=weft.environment())
            time.sleep(random.uniform(0, 0.03))
            writer.kill()
            writer.wait()

            listed = self.weft("config", "list")
            self.assertEqual(listed.returncode, weft.OK, listed.stderr)
            self.assertIn("kept", listed.stdout.split())
        self.assertEqual(self.weft("config", "put", "big", "V=1").returncode, weft.OK)

    def test_inspect_says_that_the_host_serves_it(self):
        shown = self.weft("inspect", self.guest("settings")).stdout

        for name in ("wasi:config/store@0.2.0-draft", "wasi:config/runtime@0.2.0-draft", "wasi:config/store@0.2.0-rc.1",
                     "wasi:logging/logging@0.1.0-draft", "wasmcloud:secrets/store@0.1.0-draft"):
            self.assertRegex(shown, rf"{re.escape(name)} +the host\n")

    def test_run_gives_it_what_env_says(self):
        host = self.run_http("settings", "--env", "COLOUR=blue")

        self.assertEqual(host.get("/config/COLOUR").text, "blue")


class Logging(Base):
    def test_a_line_has_level_component_context_request_and_trace(self):
        host = self.start_host()
        trace = "ab" * 16

        host.request("GET", "/log/warn/cart/hello", headers={"traceparent": f"00-{trace}-{'cd' * 8}-01"})

        line = host.wait_for_log(r"hello component=").string
        self.assertRegex(line, rf" warn +hello component=conf-settings context=cart request=[0-9a-f]{{16}} trace={trace}")

    def test_levels_are_those_of_the_host(self):
        host = self.start_host("", None, "--log-level", "trace")
        for level, shown in (("trace", "trace"), ("debug", "debug"), ("info", "info"), ("error", "error"),
                             ("critical", "error")):
            host.get(f"/log/{level}/levels/of-{level}")
            self.assertRegex(host.wait_for_log(f"of-{level} component").string, rf" {shown} +of-")

    def test_a_flood_is_bounded_counted_and_told_once_a_second(self):
        host = self.start_host("", {"log_lines": 20, "cpu_time": "2s"}, "--threads", "1")
        began = time.monotonic()

        self.assertEqual(host.get("/flood/5000").text, "flooded")
        host.get("/endless")
        took = time.monotonic() - began
        host.wait_for_log("lines of a component are missing here")
        time.sleep(1.2)

        written = len([line for line in host.lines if "context=flood" in line])
        told = [line for line in host.lines if "lines of a component are missing here" in line]
        self.assertLessEqual(written, 100 + 20 * (time.monotonic() - began) + 1)
        self.assertLessEqual(len(told), took + 3)
        self.assertIn("log_lines", told[0])
        self.assertIn("app.yaml:", told[0])
        missing = sum(int(re.search(r"\blines=(\d+)", line).group(1)) for line in told)
        self.assertEqual(missing, host.metrics()['weft_component_log_lines_missing_total{component="conf-settings"}'])
        self.assertGreater(missing, 4800)
        self.assertEqual(host.get("/").text, "hello world")
