"""The completion scripts, in the shells that they are for."""
import pathlib
import subprocess
import tempfile

import weft

COMPLETE_ZSH = pathlib.Path(__file__).with_name("complete.zsh")


class Completion(weft.Case):
    def setUp(self):
        super().setUp()
        self.write("my app.yaml", "")

    def script(self, shell):
        return self.write(f"weft.{shell}", self.weft("completion", shell, folders=False).stdout)

    def ask(self, *command):
        ended = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=True,
                               timeout=30 * weft.patience())
        self.assertEqual(ended.stderr, "")
        return ended.stdout.splitlines()

    def bash(self, line):
        asked = ('source "$1"; COMP_WORDS=($2); [[ $2 == *" " ]] && COMP_WORDS+=(""); '
                 'COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _weft; printf "%s\\n" "${COMPREPLY[@]}"')
        return self.ask("bash", "-c", asked, "bash", self.script("bash"), line)

    def zsh(self, line):
        script = self.script("zsh")
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            pathlib.Path(folder, "my app.yaml").touch()
            self.ask("zsh", "-f", COMPLETE_ZSH, script, folder, line)
            offered = pathlib.Path(folder, "offered").read_text().splitlines()
            return sorted({one.replace("\\ ", " ") for one in offered})

    def fish(self, line):
        offered = self.ask("fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", self.script("fish"), line)
        return [one.split("\t")[0] for one in offered]

    def test_the_scripts_are_scripts(self):
        for shell in ("bash", "zsh", "fish"):
            with self.subTest(shell):
                self.ask(shell, "-n", self.script(shell))

    def test_every_shell_completes_commands_flags_values_and_files(self):
        for shell in (self.bash, self.zsh, self.fish):
            with self.subTest(shell.__name__):
                self.assertIn("inspect", shell("weft "))
                self.assertNotIn("my app.yaml", shell("weft "))
                self.assertEqual(sorted(shell("weft completion ")), ["bash", "fish", "zsh"])
                self.assertEqual(sorted(shell("weft check --output ")), ["json", "text"])
                self.assertEqual(shell("weft --output json ch"), ["check"])
                self.assertIn("--log-level", shell("weft --"))
                self.assertIn("--address", shell("weft run --"))
                self.assertNotIn("--address", shell("weft check --"))
                self.assertEqual(shell("weft run --he"), ["--help"])
                self.assertEqual(shell("weft check my"), ["my app.yaml"])
                self.assertEqual(shell("weft up --state-dir my"), ["my app.yaml"])

    def test_every_shell_completes_below_the_commands_that_are_groups(self):
        for shell in (self.bash, self.zsh, self.fish):
            with self.subTest(shell.__name__):
                self.assertEqual(sorted(shell("weft link ")), ["bypass", "del", "insert", "list", "put"])
                self.assertEqual(sorted(shell("weft --output json stop ")), ["host", "provider"])
                self.assertEqual(shell("weft config put --fi"), ["--file"])
                self.assertEqual(shell("weft secret get --rev"), ["--reveal"])
                self.assertIn("--target-value", shell("weft link put web --"))
                self.assertNotIn("--target-value", shell("weft link del web --"))
                self.assertEqual(shell("weft link put my"), ["my app.yaml"])
                self.assertEqual(shell("weft config put --file my"), ["my app.yaml"])

    def test_a_value_may_stand_behind_an_equals_sign(self):
        # bash splits the word there.
        self.assertEqual(self.bash("weft check --output = j"), ["json"])
        self.assertEqual(self.zsh("weft check --output=j"), ["json"])
        self.assertEqual(self.fish("weft check --output=j"), ["--output=json"])
