"""Secrets: an encrypted file, given to the components that their manifests name, and to nobody else."""
import array
import itertools
import json
import os
import pty
import re
import signal

import manifests
import weft

KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
VALUE = "correct-horse-battery-staple"
POLICY = """  policies:
    - name: ours
      type: policy.secret.wasmcloud.dev/v1alpha1
      properties: {{backend: weft:secrets-file{more}}}
"""
SECRET = "secrets: [{name: password, properties: {policy: ours, key: db, field: password}}]"


class Secrets(weft.Case):
    env = {"WEFT_SECRETS_KEY": KEY}

    def secret(self, *words, text="", env=None, **more):
        return self.weft("secret", *words, input=text, env=self.env if env is None else env, **more)

    def put(self, value=VALUE):
        ended = self.secret("put", "db", "--field", "password", text=value + "\n")
        self.assertEqual(ended.returncode, weft.OK, ended.stderr)

    def manifest(self, port, more="", secret=SECRET):
        text = manifests.application(
            "conf", manifests.component("settings", self.guest("settings"), more=secret),
            manifests.http_server("settings", f"127.0.0.1:{port}"))
        return text.replace("spec:\n", "spec:\n" + POLICY.format(more=more))

    def start_host(self, more="", env=None):
        self.port = weft.free_port()
        return self.up(self.manifest(self.port, more), "--log-level", "trace", port=self.port,
                       env=self.env if env is None else env)

    def test_reach_the_component_whose_manifest_names_them(self):
        self.put()
        host = self.start_host()

        self.assertEqual(host.get("/secret/password").text, f"text {VALUE}")
        self.assertEqual(host.get("/secret/db").text, "not found")
        for path in ("/env/password", "/config/password", "/all"):
            self.assertNotIn(VALUE, host.get(path).text)

    def test_stay_out_of_logs_outputs_and_the_state_folder(self):
        self.put()
        shown = [self.secret("get", "db", "--field", "password"), self.secret("list"),
                 self.secret("put", "other", text=VALUE)]
        host = self.start_host()
        host.get("/secret/password")
        host.signal(signal.SIGHUP)
        host.wait_for_log(r"\bapplied\b.*unchanged=[1-9]")
        checked = self.weft("check", self.folder / "app.yaml", env=self.env)

        for ended in (*shown, checked):
            self.assertEqual(ended.returncode, weft.OK, ended.stderr)
            self.assertNotIn(VALUE, ended.stdout + ended.stderr)
        self.assertNotIn(VALUE, host.log)
        for file in self.state.rglob("*"):
            if file.is_file():
                self.assertNotIn(VALUE.encode(), file.read_bytes(), file)
        self.assertEqual((self.state / "secrets").stat().st_mode & 0o777, 0o600)

    def test_are_kept_out_of_core_dumps(self):
        self.put()
        host = self.start_host()
        self.assertEqual(host.get("/").text, "hello world")

        places = self.memory_with(host.pid, VALUE.encode())
        others = self.memory_with(host.pid, b"WEFT_SECRETS_KEY")

        self.assertTrue(any("dd" not in flags for _, flags in others), "what is looked at is what would be dumped")
        self.assertTrue(places, "the host holds it somewhere")
        for place, flags in places:
            self.assertIn("dd", flags, f"{place} goes into a core dump")

    def memory_with(self, pid, needle):
        """(range, flags) of every mapping of the process that holds these bytes in its memory."""
        found, current = [], None
        with open(f"/proc/{pid}/smaps") as maps:
            for line in maps:
                if head := re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) .*?(\[\w+\])?$", line):
                    current = (int(head[1], 16), int(head[2], 16), head[3], head[4])
                elif line.startswith("Rss:"):
                    resident = int(line.split()[1])
                elif line.startswith("VmFlags:") and "r" in current[2] and resident and current[3] != "[vvar]":
                    if current[1] - current[0] > 4 << 30:
                        continue  # memory of guests, who have not asked for it yet
                    if any(needle in piece for piece in self.resident(pid, *current[:2])):
                        found.append((f"{current[0]:x} {current[3]}", line.split()[1:]))
        return found

    def resident(self, pid, begin, end):
        """The bytes of each run of pages between these addresses that are in memory."""
        page, piece = 4096, 1 << 20  # 4 GiB at a time
        with open(f"/proc/{pid}/pagemap", "rb", 0) as pages, open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for start in range(begin // page, end // page, piece):
                pages.seek(start * 8)
                entries = array.array("Q", pages.read(min(piece, end // page - start) * 8))
                present = [number for number, entry in enumerate(entries, start) if entry >> 63]
                for _, run in itertools.groupby(enumerate(present), lambda pair: pair[1] - pair[0]):
                    run = [number for _, number in run]
                    memory.seek(run[0] * page)
                    yield memory.read(len(run) * page)

    def test_that_change_reach_the_component_that_runs(self):
        self.put("first")
        host = self.start_host()
        self.assertEqual(host.get("/secret/password").text, "text first")

        self.put("second")
        seen = len(host.lines)
        host.signal(signal.SIGHUP)
        host.wait_for_log(r"\bapplied\b", start=seen)

        self.assertEqual(host.get("/secret/password").text, "text second")

    def test_that_are_missing_end_the_start_with_the_command_that_makes_them(self):
        self.secret("put", "other", text="x")
        manifest = self.write("app.yaml", self.manifest(weft.free_port()))

        started = self.weft("up", manifest, env=self.env)

        self.assertNotEqual(started.returncode, weft.OK)
        self.assertRegex(started.stderr, r"app.yaml:\d+:\d+: there is no secret db \(field password\)")
        self.assertIn("weft secret put db --field password", started.stderr)

    def test_need_the_right_key(self):
        self.put()
        manifest = self.write("app.yaml", self.manifest(weft.free_port()))
        wrong = {"WEFT_SECRETS_KEY": KEY.replace("1f", "1e")}

        for ended in (self.weft("up", manifest, env=wrong), self.secret("list", env=wrong)):
            self.assertEqual(ended.returncode, weft.FAILED, ended.stdout)
            self.assertIn("the key is another one", ended.stderr)
        none = self.secret("list", env={}, start_new_session=True)
        self.assertEqual(none.returncode, weft.FAILED)
        self.assertIn("set WEFT_SECRETS_KEY", none.stderr)

    def test_take_their_key_from_a_file_that_the_policy_names(self):
        file = self.write("key", KEY + "\n")
        ended = self.secret("put", "db", "--field", "password", "--key-file", file, text=VALUE, env={})
        self.assertEqual(ended.returncode, weft.OK, ended.stderr)

        host = self.start_host(", key_file: ./key", env={})

        self.assertEqual(host.get("/secret/password").text, f"text {VALUE}")

    def test_take_their_key_from_the_terminal_without_showing_it(self):
        self.put()
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(weft.WEFT, [str(weft.WEFT), "secret", "list", *self.options()], weft.environment())
        self.addCleanup(self.end, pid)
        shown = b""
        while b"Key of" not in shown:
            shown += os.read(terminal, 4096)
        os.write(terminal, KEY.encode() + b"\n")
        try:
            while chunk := os.read(terminal, 4096):
                shown += chunk
        except OSError:  # the terminal of an ended process
            pass
        os.close(terminal)

        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), weft.OK, shown)
        self.assertIn(b"db (field password)", shown)
        self.assertNotIn(KEY.encode(), shown)

    def end(self, pid):
        try:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        except (ProcessLookupError, ChildProcessError):  # it has ended and was waited for
            pass

    def test_are_put_shown_listed_and_deleted_on_the_command_line(self):
        self.put()
        self.secret("put", "plain", "--value", "seen by all")
        self.secret("put", "raw", "--bytes", text="ends with a newline\n")

        self.assertEqual(self.secret("list").stdout, "db (field password)\nplain\nraw\n")
        self.assertEqual(self.secret("get", "db", "--field", "password", "--reveal").stdout, VALUE + "\n")
        self.assertEqual(self.secret("get", "plain", "--reveal").stdout, "seen by all\n")
        self.assertEqual(json.loads(self.secret("get", "plain", "--output", "json").stdout),
                         {"key": "plain", "field": "", "kind": "text", "bytes": len("seen by all")})
        self.assertEqual(self.secret("get", "raw", "--reveal").stdout, "ends with a newline\n")
        self.assertEqual(self.secret("delete", "plain").returncode, weft.OK)
        missing = self.secret("get", "plain")
        self.assertEqual(missing.returncode, weft.FAILED)
        self.assertIn("there is no secret plain", missing.stderr)
