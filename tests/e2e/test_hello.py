"""A component answers HTTP from `weft run` and from a manifest."""
import http.client
import json
import os

import manifests
import weft


class Hello(weft.Case):
    def test_weft_run_serves_an_http_component(self):
        host = self.run_http("hello")

        answer = host.get("/")

        self.assertEqual(answer.status, 200)
        self.assertIn("hello", answer.text.lower())
        self.assertIn("date", answer.headers)

    def test_weft_up_serves_a_manifest(self):
        port = weft.free_port()
        host = self.up(manifests.application(
            "hello", manifests.component("hello", self.guest("hello")),
            manifests.http_server("hello", f"127.0.0.1:{port}")), port=port)

        self.assertEqual(host.get("/").status, 200)

    def test_routes_by_host_and_longest_path_prefix(self):
        port = weft.free_port()
        address = f"127.0.0.1:{port}"
        host = self.up(manifests.application(
            "routes", manifests.component("hello", self.guest("hello")), manifests.component("bad", self.guest("bad")),
            manifests.http_server("hello", address, name="wide", path="/"),
            manifests.http_server("bad", address, name="narrow", path="/panic"),
            manifests.http_server("hello", address, name="named", host="named.local", path="/")), port=port)

        self.assertEqual(host.get("/").status, 200)
        self.assertEqual(host.get("/panic").status, 500)
        self.assertEqual(host.get("/panic/deeper").status, 500)
        self.assertEqual(host.get("/panicky").status, 200)
        self.assertEqual(host.request("GET", "/panic", headers={"Host": "named.local"}).status, 200)

    def test_a_route_to_nobody_is_404_in_plain_words(self):
        port = weft.free_port()
        host = self.up(manifests.application(
            "narrow", manifests.component("hello", self.guest("hello")),
            manifests.http_server("hello", f"127.0.0.1:{port}", path="/only")), port=port)

        answer = host.get("/elsewhere")

        self.assertEqual(answer.status, 404)
        self.assertIn("/elsewhere", answer.text)

    def test_answers_on_ipv6(self):
        if not os.path.exists("/proc/net/if_inet6") or not open("/proc/net/if_inet6").read():
            self.skipTest("this machine has no IPv6")
        host = self.start("run", self.guest("hello"), "--address", "[::1]:0")
        connection = http.client.HTTPConnection("::1", host.port, timeout=30)
        connection.request("GET", "/")

        self.assertEqual(connection.getresponse().status, 200)
        connection.close()

    def test_health_and_metrics_have_an_address_of_their_own(self):
        host = self.run_http("hello")
        host.get("/")

        self.assertEqual(host.admin("/livez").status, 200)
        self.assertEqual(host.admin("/readyz").status, 200)
        self.assertTrue(any(value >= 1 for name, value in host.metrics().items() if "request" in name), host.metrics())

    def test_the_log_is_json_when_asked(self):
        host = self.run_http("hello", "--log-format", "json", "--access-log")
        host.get("/")
        host.stop()

        lines = [json.loads(line) for line in host.lines if line]

        self.assertTrue(all("time" in line for line in lines), host.log)
        self.assertEqual([line["target"] for line in lines if line.get("status") == 200], ["/"], host.log)

    def test_a_second_start_takes_the_artifact_from_the_cache(self):
        self.cache = self.folder / "own-cache"
        self.run_http("hello").stop()
        before = sorted((path, path.stat().st_mtime_ns) for path in self.cache.rglob("*") if path.is_file())

        self.assertEqual(self.run_http("hello").get("/").status, 200)
        self.assertTrue(any(path.stat().st_size > 10_000 for path, _ in before), before)

    def test_a_damaged_artifact_is_compiled_again_with_one_warning(self):
        self.cache = self.folder / "own-cache"
        self.run_http("hello").stop()
        artifact = max((path for path in self.cache.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
        artifact.chmod(0o600)
        content = bytearray(artifact.read_bytes())
        content[len(content) // 2] ^= 0xFF
        artifact.write_bytes(content)

        host = self.run_http("hello")

        self.assertEqual(host.get("/").status, 200)
        self.assertEqual(len([line for line in host.lines if " warn " in line]), 1, host.log)
