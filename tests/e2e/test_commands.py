"""`weft run` of a command component: it gets the terminal's stdin, stdout and exit code, and only what is granted."""
import os
import subprocess

import weft


class Commands(weft.Case):
    def tool(self, *words, options=(), **more):
        arguments = ["run", *options, *self.options(), str(self.guest("tool")), "--", *words]
        return self.weft(*arguments, folders=False, **more)

    def test_arguments_go_in_and_stdout_holds_nothing_but_what_the_guest_writes(self):
        ended = self.tool("args", "a", "b c", "--flag")

        self.assertEqual((ended.returncode, ended.stdout), (0, "a,b c,--flag\n"), ended.stderr)

    def test_stdin_passes_whole(self):
        data = bytes(range(256)) * 16384
        command = [str(weft.WEFT), "run", *self.options(), str(self.guest("tool")), "--", "cat"]
        ended = subprocess.run(command, input=data, capture_output=True, env=weft.environment(),
                               timeout=60 * weft.patience())

        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(ended.stdout, data)

    def test_the_exit_code_is_the_guests(self):
        # Rust's standard library tells WASI 0.2 only whether a program succeeded.
        self.assertEqual(self.tool("exit", "42").returncode, 1)
        self.assertEqual(self.tool("exit", "0").returncode, 0)

    def test_a_command_that_fails_ends_with_1_and_its_words(self):
        ended = self.tool("fail")

        self.assertEqual(ended.returncode, weft.FAILED, ended.stderr)
        self.assertIn("failing as asked", ended.stderr)

    def test_stderr_is_stderr(self):
        ended = self.tool("stderr", "mind the gap")

        self.assertEqual((ended.returncode, ended.stdout), (0, ""))
        self.assertIn("mind the gap", ended.stderr)

    def test_a_guest_that_traps_fails_and_the_report_says_why(self):
        ended = self.tool("panic")

        self.assertEqual(ended.returncode, weft.FAILED, ended.stderr)
        self.assertIn("on purpose", ended.stderr)
        self.assertIn("unreachable", ended.stderr.lower())

    def test_it_sees_only_the_environment_that_is_granted(self):
        for name, seen in (("COLOUR", "blue"), ("SECRET", "unset")):
            ended = self.tool("env", name, options=["--env", "COLOUR=blue"], env={"SECRET": "1"})

            self.assertEqual(ended.stdout.strip(), seen, ended.stderr)

    def grant(self):
        data = self.folder / "data"
        data.mkdir()
        (data / "in.txt").write_text("inside\n")
        return data, ["--dir", f"{data}::/data"]

    def test_it_reads_and_writes_a_folder_that_is_granted(self):
        data, grant = self.grant()

        read = self.tool("read", "/data/in.txt", options=grant)
        written = self.tool("write", "/data/out.txt", "made by a guest", options=grant)
        listed = self.tool("list", "/data", options=grant)

        self.assertEqual((read.returncode, read.stdout), (0, "inside\n"), read.stderr)
        self.assertEqual(written.returncode, 0, written.stderr)
        self.assertEqual((data / "out.txt").read_text(), "made by a guest")
        self.assertEqual(listed.stdout, "in.txt,out.txt\n")

    def test_it_cannot_leave_the_folder_that_is_granted(self):
        data, grant = self.grant()
        (self.folder / "outside.txt").write_text("outside")
        os.symlink(self.folder / "outside.txt", data / "link.txt")

        for path in ("/data/../outside.txt", "/data/link.txt", "/etc/passwd"):
            ended = self.tool("read", path, options=grant)

            self.assertNotIn("outside\n", ended.stdout + "\n")
            self.assertEqual((ended.returncode, ended.stdout), (weft.FAILED, ""), f"{path}: {ended.stderr}")

    def test_without_a_grant_there_are_no_files_and_no_network(self):
        self.assertEqual(self.tool("read", "/etc/passwd").returncode, weft.FAILED)
        self.assertNotIn("connected", self.tool("connect", "127.0.0.1:80").stdout)

    def test_the_folder_of_a_grant_must_exist(self):
        ended = self.tool("args", options=["--dir", f"{self.folder}/nowhere::/data"])

        self.assertEqual(ended.returncode, weft.USAGE, ended.stderr)
        self.assertIn("--dir", ended.stderr)
        self.assertIn("nowhere", ended.stderr)

    def test_a_reader_that_leaves_ends_a_flood_of_output(self):
        command = [str(weft.WEFT), "run", *self.options(), str(self.guest("tool")), "--", "flood"]
        flood = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=weft.environment())
        self.addCleanup(flood.kill)
        flood.stdout.read(100_000)
        flood.stdout.close()

        self.assertNotEqual(flood.wait(20 * weft.patience()), 0)
