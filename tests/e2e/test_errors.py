"""Each mistake of a newcomer gets an error that says what is wrong and how to mend it."""
import json
import socket
import subprocess

import manifests
import weft

CORE_MODULE = b"\0asm\1\0\0\0"


class Files(weft.Case):
    def refuses(self, path, code, *words):
        """`run`, `inspect` and `up` of a manifest that names the file: the same words, the same exit code."""
        manifest = self.write("names-it.yaml", manifests.application(
            "app", manifests.component("it", path), manifests.http_server("it", f"127.0.0.1:{weft.free_port()}")))
        for command in (["run", path], ["inspect", path], ["up", manifest]):
            with self.subTest(command=command[0]):
                ended = self.weft(*command)

                for word in words:
                    self.assertIn(word, ended.stderr)
                self.assertIn(ended.returncode, code, ended.stderr)
                self.assertEqual(ended.stdout, "")
                self.assertLess(len(ended.stderr.splitlines()), 12, ended.stderr)

    def test_no_such_file(self):
        self.refuses(self.folder / "nothing.wasm", {weft.FAILED, weft.INVALID}, "nothing.wasm", "no such file")

    def test_a_folder(self):
        (self.folder / "folder.wasm").mkdir()
        self.refuses(self.folder / "folder.wasm", {weft.INVALID}, "is a folder", "name the component file in it")

    def test_an_empty_file(self):
        self.refuses(self.write("empty.wasm", b""), {weft.INVALID}, "is empty", "component is needed")

    def test_text(self):
        self.refuses(self.write("text.wasm", "once upon a time"), {weft.INVALID}, "not WebAssembly", "once upon a time")

    def test_webassembly_text(self):
        self.refuses(self.write("text.wasm", "(component)\n"), {weft.INVALID}, "wasm-tools parse")

    def test_a_core_module_and_how_to_adapt_it(self):
        self.refuses(self.write("core.wasm", CORE_MODULE), {weft.INVALID}, "core module", "wasm-tools component new",
                     "wasm32-wasip2")

    def test_a_truncated_component(self):
        whole = self.guest("hello").read_bytes()
        self.refuses(self.write("half.wasm", whole[:len(whole) // 2]), {weft.INVALID}, "truncated or damaged")


class Manifests(weft.Case):
    def good(self, **changes):
        text = manifests.application(
            "app", manifests.component("hello", self.guest("hello")),
            manifests.http_server("hello", f"127.0.0.1:{weft.free_port()}"))
        for old, new in changes.values():
            self.assertIn(old, text)
            text = text.replace(old, new)
        return text

    def refused(self, text, *words, code=weft.INVALID, commands=("check", "up")):
        path = self.write("app.yaml", text)
        for command in commands:
            with self.subTest(command=command):
                ended = self.weft(command, path)

                self.assertEqual(ended.returncode, code, ended.stdout + ended.stderr)
                for word in words:
                    self.assertIn(word, ended.stdout + ended.stderr)

    def test_a_good_manifest_passes(self):
        ended = self.weft("check", self.write("app.yaml", self.good()))

        self.assertEqual(ended.returncode, weft.OK, ended.stdout + ended.stderr)

    def test_a_misspelt_key_with_line_and_suggestion(self):
        text = manifests.application("app", manifests.component("hello", self.guest("hello"), instances=3))
        text = text.replace("instances", "instanses")
        line = next(number for number, row in enumerate(text.splitlines(), 1) if "instanses" in row)

        self.refused(text, f"app.yaml:{line}:", "instanses", "instances")

    def test_a_misspelt_type(self):
        self.refused(self.good(it=("type: capability", "type: capabillity")), "app.yaml:", "capabillity", "capability")

    def test_a_key_that_wadm_ignores_is_a_warning(self):
        path = self.write("app.yaml", self.good(it=("      type: component\n", "      type: component\n      traitz: []\n")))

        ended = self.weft("check", path)

        self.assertEqual(ended.returncode, weft.OK)
        self.assertIn("traitz", ended.stdout + ended.stderr)
        self.assertIn("traits", ended.stdout + ended.stderr)

    def test_a_link_to_nothing(self):
        self.refused(self.good(it=("target: {name: hello}", "target: {name: helo}")), "helo", "leads to nothing", "hello")

    def test_an_unmet_import_shows_the_lines_that_would_satisfy_it(self):
        self.refused(manifests.application("app", manifests.component("counter", self.guest("counter"))),
                     "wasi:keyvalue", "counter", "type: link", "weft:keyvalue-sqlite", commands=["check", "up"])

    def offered(self, *flags):
        """What `weft run` says of a component that needs a link, and what `weft check` says of the manifest in it."""
        ended = self.weft("run", self.guest("counter"), "--address", "127.0.0.1:0", *flags)
        self.assertEqual(ended.returncode, weft.INVALID, ended.stderr)
        manifest = ended.stderr[ended.stderr.index("apiVersion"):]
        checked = self.weft("check", self.write("app.yaml", manifest))
        self.assertEqual(checked.returncode, weft.OK, manifest)
        return ended.stderr, checked.stdout

    def test_an_unmet_import_of_weft_run_shows_the_manifest_to_write(self):
        said, checked = self.offered()

        self.assertIn("counter.wasm needs wasi:keyvalue", said)
        self.assertIn("weft up app.yaml", said)
        self.assertNotIn("line 0", said)
        self.assertEqual(checked, "all good\n", said)

    def test_the_manifest_to_write_has_what_the_flags_gave_and_what_it_cannot_have_is_said(self):
        said, checked = self.offered("--env", "NO=no", "--limit", "memory=1MiB", "--dir", f"{self.folder}::/data")

        self.assertIn(f"A manifest cannot grant folders yet, so this has no place in it: --dir {self.folder}::/data.", said)
        self.assertIn('{"NO": "no"}', said)
        self.assertIn('{memory: "1MiB"}', said)
        self.assertRegex(checked, "nothing reads this config.*\n0 errors, 1 warning\n$")

    def test_a_limit_that_weft_run_exceeds_names_the_flag_and_the_file(self):
        ended = self.weft("run", self.guest("tool"), "--limit", "memory=70KiB", "--", "args", "a")

        self.assertEqual(ended.returncode, weft.FAILED, ended.stderr)
        self.assertIn("tool.wasm", ended.stderr)
        self.assertIn("--limit memory=", ended.stderr)
        self.assertEqual(ended.stderr.count("exceeded its limit"), 1, ended.stderr)

    def test_a_log_of_records_has_no_other_lines(self):
        empty, folders = self.write("empty.wasm", ""), self.options()
        no_cache = ["--cache-dir", self.write("taken", "")]
        for words in ([*folders, "run", empty], [*folders, "run", "nowhere.wasm"], [*folders, "run", self.guest("counter")],
                      [*no_cache, "check"], [*no_cache, "up"], [*folders, "up", "nowhere.yaml"], ["inspect", empty],
                      ["up", "--admn", "x"], ["inspekt"], ["completion", "tcsh"],
                      [*folders, "run", self.guest("hello"), "--", "left over"],
                      [*folders, "run", self.guest("tool"), "--limit", "memory=70KiB"]):
            with self.subTest(words):
                ended = self.weft("--log-format", "json", *words, folders=False)

                self.assertNotEqual(ended.returncode, weft.OK)
                records = [json.loads(line) for line in ended.stderr.splitlines()]
                self.assertEqual(records[-1]["level"], "error", ended.stderr)

    def test_a_folder_as_image(self):
        (self.folder / "folder").mkdir()
        self.refused(manifests.application("app", manifests.component("it", "folder")), "is a folder")

    def test_check_without_a_file_says_how_to_call_it(self):
        ended = self.weft("check", cwd=self.folder)

        self.assertEqual(ended.returncode, weft.INVALID)
        self.assertIn("weft check FILE", ended.stdout)

    def test_a_manifest_given_to_run(self):
        path = self.write("ok.yaml", self.good())

        ended = self.weft("run", path)

        self.assertEqual(ended.returncode, weft.INVALID, ended.stderr)
        self.assertIn(f"weft up {path}", ended.stderr)

    def test_findings_of_up_as_records_and_as_json(self):
        path = self.write("app.yaml", self.good(it=("target: {name: hello}", "target: {name: helo}")))

        logged = self.weft("up", path, "--log-format", "json")
        answered = self.weft("up", path, "--output", "json")

        records = [json.loads(line) for line in logged.stderr.splitlines()]
        self.assertIn("helo", json.dumps(records))
        self.assertIn("helo", json.dumps(json.loads(answered.stdout)))
        self.assertEqual((logged.returncode, answered.returncode), (weft.INVALID, weft.INVALID))

    def test_all_mistakes_come_at_once(self):
        text = self.good(a=("target: {name: hello}", "target: {name: helo}"), b=("type: component", "type: komponent"))

        self.refused(text, "helo", "komponent")

    def test_a_limit_that_is_no_limit(self):
        text = manifests.application("app", manifests.component("hello", self.guest("hello"), {"cpu_tme": "1s"}))
        self.refused(text, "cpu_tme", "cpu_time")
        text = manifests.application("app", manifests.component("hello", self.guest("hello"), {"cpu_time": "soon"}))
        self.refused(text, "soon", "500ms")

    def test_an_image_in_a_registry_comes_later(self):
        self.refused(manifests.application("app", manifests.component("api", "registry.example/acme/api:1.0")),
                     "registry.example/acme/api:1.0", "api.wasm")

    def test_couchbase_is_not_sqlite(self):
        self.refused(manifests.application("app", manifests.provider("kv", "ghcr.io/wasmcloud/keyvalue-couchbase:0.1.0")),
                     "Couchbase", "weft:keyvalue-sqlite")

    def test_yaml_that_is_none(self):
        self.refused("metadata: [unclosed\n", "app.yaml:")

    def test_a_manifest_that_is_not_there(self):
        ended = self.weft("up", self.folder / "none.yaml")

        self.assertIn(ended.returncode, (weft.FAILED, weft.INVALID))
        self.assertIn("none.yaml", ended.stderr)

    def test_two_applications_with_one_route(self):
        address = f"127.0.0.1:{weft.free_port()}"
        paths = [self.write(f"{name}.yaml", manifests.application(
            name, manifests.component(f"{name}-hello", self.guest("hello")),
            manifests.http_server(f"{name}-hello", address, name=f"{name}-http"))) for name in ("one", "two")]

        ended = self.weft("up", *paths)

        self.assertEqual(ended.returncode, weft.INVALID, ended.stderr)
        for word in ("one", "two", address):
            self.assertIn(word, ended.stderr)

    def test_findings_as_json(self):
        path = self.write("app.yaml", self.good(it=("target: {name: hello}", "target: {name: helo}")))

        ended = self.weft("check", path, "--output", "json")

        self.assertEqual(ended.returncode, weft.INVALID)
        self.assertIn("helo", json.dumps(json.loads(ended.stdout)))


class Surroundings(weft.Case):
    def test_a_port_that_another_process_holds(self):
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]

            ended = self.weft("run", self.guest("hello"), "--address", f"127.0.0.1:{port}")

        self.assertEqual(ended.returncode, weft.FAILED, ended.stderr)
        self.assertIn(str(port), ended.stderr)
        self.assertIn("with --address", ended.stderr)
        self.assertNotIn("manifest", ended.stderr)

    def test_a_port_of_a_manifest_or_of_the_admin_endpoints_that_is_taken(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            address = "127.0.0.1:%d" % other.getsockname()[1]
            text = manifests.application("app", manifests.component("hello", self.guest("hello")),
                                         manifests.http_server("hello", address))
            path = self.write("app.yaml", text)
            up = self.weft("up", path)
            admin = self.weft("run", self.guest("hello"), "--address", "127.0.0.1:0", "--admin", address)

        line = next(number for number, row in enumerate(text.splitlines(), 1) if address in row)
        self.assertIn(f"app.yaml:{line}:", up.stderr)
        self.assertIn("another address on this line", up.stderr)
        self.assertIn("with --admin", admin.stderr)
        for ended in (up, admin):
            self.assertNotIn("--address", ended.stderr)
            self.assertEqual(ended.returncode, weft.FAILED, ended.stderr)

    def test_a_cache_folder_that_is_a_file(self):
        self.cache = self.write("a-file", "")

        ended = self.weft("check", self.example("hello")[0])

        self.assertEqual(ended.returncode, weft.FAILED, ended.stderr)
        self.assertEqual(len(ended.stderr.splitlines()), 1, ended.stderr)
        self.assertIn("--cache-dir", ended.stderr)

    def test_an_application_that_cannot_start_leaves_nothing_behind(self):
        free = weft.free_port()
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            text = manifests.application(
                "app", manifests.component("hello", self.guest("hello")),
                manifests.http_server("hello", f"127.0.0.1:{free}", name="first"),
                manifests.http_server("hello", f"127.0.0.1:{other.getsockname()[1]}", name="second"))
            ended = self.weft("up", self.write("app.yaml", text))

        self.assertEqual(ended.returncode, weft.FAILED, ended.stderr)
        with socket.socket() as again:
            again.bind(("127.0.0.1", free))

    def test_a_state_folder_that_cannot_be_written(self):
        self.state = self.write("a-file", "")
        manifest, _ = self.example("counter")

        ended = self.weft("up", manifest)

        self.assertEqual(ended.returncode, weft.FAILED, ended.stderr)
        self.assertIn("a-file", ended.stderr)
        self.assertIn("--state-dir", ended.stderr)

    def test_a_state_folder_that_another_host_holds(self):
        manifest, port = self.example("counter")
        host = self.up(manifest, port=port)
        (self.folder / "second").mkdir()
        second = manifests.on_ports(manifest, self.folder / "second", {port: weft.free_port()})

        ended = self.weft("up", second)

        self.assertEqual(ended.returncode, weft.FAILED, ended.stderr)
        self.assertIn(str(host.pid), ended.stderr)
        self.assertIn("--state-dir", ended.stderr)
        self.assertEqual(host.get("/").status, 200)


class CommandLine(weft.Case):
    def misused(self, *arguments, words):
        ended = self.weft(*arguments, folders=False)

        self.assertEqual(ended.returncode, weft.USAGE, ended.stderr)
        for word in words:
            self.assertIn(word, ended.stderr)

    def test_a_misspelt_command(self):
        self.misused("rnu", "x.wasm", words=["rnu", "run"])

    def test_a_misspelt_flag(self):
        self.misused("run", "x.wasm", "--adress", "127.0.0.1:0", words=["--adress", "--address"])

    def test_no_command(self):
        self.misused(words=["--help"])

    def test_a_value_that_does_not_fit(self):
        self.misused("run", "x.wasm", "--log-level", "loud", words=["loud", "debug"])

    def test_an_address_that_is_none(self):
        self.misused("run", self.guest("hello"), "--address", "nonsense", words=["--address", "nonsense"])

    def test_arguments_of_an_http_component(self):
        ended = self.weft("run", self.guest("hello"), "extra")

        self.assertEqual(ended.returncode, weft.USAGE, ended.stderr)
        self.assertIn("extra", ended.stderr)

    def test_help_everywhere_with_examples(self):
        for command in ([], ["up"], ["run"], ["check"], ["inspect"]):
            ended = self.weft(*command, "--help", folders=False)

            self.assertEqual((ended.returncode, ended.stderr), (weft.OK, ""))
            self.assertIn("Example", ended.stdout)

    def test_version_names_weft_and_its_engine(self):
        ended = self.weft("version", folders=False)

        self.assertEqual(ended.returncode, weft.OK)
        self.assertRegex(ended.stdout, r"(?s)weft \d+\.\d+.*asmtime \d+")

    def test_inspect_says_what_satisfies_each_import(self):
        ended = self.weft("inspect", self.guest("counter"))

        self.assertEqual(ended.returncode, weft.OK, ended.stderr)
        for word in ("wasi:keyvalue/store", "wasi:http/incoming-handler", "weft:keyvalue-sqlite"):
            self.assertIn(word, ended.stdout)

    def test_inspect_asks_for_no_link_to_types(self):
        ended = self.weft("inspect", self.guest("web"))

        self.assertRegex(ended.stdout, r"example:shop/types\S* +types only, needs no link")
        traits = ended.stdout[ended.stdout.index("traits that link it"):]
        self.assertNotIn("types", traits)

    def test_inspect_prints_one_trait_for_a_package(self):
        ended = self.weft("inspect", self.guest("counter"))

        self.assertEqual(ended.stdout.count("package: keyvalue"), 1, ended.stdout)

    def test_inspect_answers_wit_in_json(self):
        ended = self.weft("inspect", "--wit", self.guest("counter"), "--output", "json")

        self.assertIn("wasi:keyvalue/store", json.loads(ended.stdout)["wit"])

    def test_inspect_answers_json(self):
        ended = self.weft("inspect", self.guest("counter"), "--output", "json")

        self.assertIn("wasi:keyvalue/store", json.dumps(json.loads(ended.stdout)))
