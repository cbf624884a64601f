"""What cannot be generated is refused in words that name it."""
import pathlib
import stat
import tempfile
import unittest

from support import WASM_TOOLS, generate_text

from flat import flatten, join
from model import Unsupported, WrongTools, Wit, pinned_version, read


class Errors(unittest.TestCase):
    def refused(self, wit, *words, world="w"):
        with self.assertRaises(Unsupported) as caught:
            generate_text("package a:b;\n" + wit, world)
        for word in words:
            self.assertIn(word, str(caught.exception))

    def test_a_stream_is_of_a_later_wasi(self):
        self.refused("world w { import f: func(a: stream<u8>); }", "streams", "0.2")

    def test_a_named_future_is_of_a_later_wasi(self):
        self.refused("interface i { type t = future<u8>; } world w { import i; }", "a:b/i", "futures")

    def test_an_async_function_is_named(self):
        self.refused("world w { import go: async func(); }", "go", "async", "0.3")

    def test_an_error_context_is_refused(self):
        self.refused("world w { import f: func(a: error-context); }", "error contexts")

    def test_a_map_is_refused(self):
        self.refused("world w { import f: func(a: map<string, u8>); }", "maps")

    def test_a_list_of_fixed_length_is_refused(self):
        self.refused("world w { import f: func(a: list<u8, 4>); }", "fixed length")

    def test_a_record_with_an_exported_resource_is_refused(self):
        self.refused("interface i { resource r; record two { a: r } } world w { export i; }", "two", "exports")

    def test_the_resource_of_another_exported_interface_is_refused(self):
        self.refused("interface i { resource r; } interface j { use i.{r}; f: func(a: borrow<r>); } "
                     "world w { export i; export j; }", "a:b/j", "resource r")

    def test_an_unknown_world_is_answered_with_those_there_are(self):
        self.refused("world one {} world two {}", "three", "a:b/one, a:b/two", world="three")

    def test_two_versions_of_a_package_in_one_world_are_refused(self):
        tree = {"packages": [{"name": "x:y@0.1.0"}, {"name": "x:y@0.2.0"}],
                "interfaces": [{"name": "i", "types": {}, "functions": {}, "package": n} for n in (0, 1)], "types": [],
                "worlds": [{"name": "w", "package": 1, "exports": {},
                            "imports": {f"i{n}": {"interface": {"id": n}} for n in (0, 1)}}]}
        with self.assertRaisesRegex(Unsupported, "x:y/i@0.1.0 and x:y/i@0.2.0"):
            Wit(tree, "w").faces()

    def test_wit_that_wasm_tools_rejects_is_answered_in_its_words(self):
        with self.assertRaisesRegex(WrongTools, "rejects(.|\n)*missing"):
            generate_text("package a:b; world w { import f: func(a: missing); }", "w")


class Tools(unittest.TestCase):
    def test_another_version_of_wasm_tools_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            fake = pathlib.Path(folder) / "wasm-tools"
            fake.write_text("#!/bin/sh\necho wasm-tools 1.2.3\n")
            fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
            with self.assertRaisesRegex(WrongTools, f"1.2.3.*{pinned_version()}.*wasm-tools.sh"):
                read(str(fake), folder)

    def test_missing_wasm_tools_says_what_installs_them(self):
        with self.assertRaisesRegex(WrongTools, "wasm-tools.sh"):
            read("/nowhere/wasm-tools", ".")

    def test_the_installed_wasm_tools_are_the_pinned_ones(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "a.wit").write_text("package a:b;\n")
            self.assertIn("worlds", read(WASM_TOOLS, folder))


class Flat(unittest.TestCase):
    def test_cases_share_the_smallest_core_types_that_hold_all(self):
        self.assertEqual(join([["i32"], ["f32", "i32"]]), ["i32", "i32"])
        self.assertEqual(join([["f32"], ["f64"]]), ["i64"])
        self.assertEqual(join([["f32"], ["f32"]]), ["f32"])
        self.assertEqual(join([["i64"], ["i32"], []]), ["i64"])

    def test_primitives_have_the_core_types_of_the_abi(self):
        self.assertEqual([flatten(None, t) for t in ("u8", "s64", "f32", "f64", "char", "string")],
                         [["i32"], ["i64"], ["f32"], ["f64"], ["i32"], ["i32", "i32"]])


if __name__ == "__main__":
    unittest.main()
