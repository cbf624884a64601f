"""tools/third_party: which licence expressions are let in."""
import importlib.machinery
import importlib.util
import pathlib
import sys
import unittest

TOOL = pathlib.Path(__file__).resolve().parent.parent / "third_party"


def load():
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("third_party", str(TOOL))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("third_party", loader))
    loader.exec_module(module)
    return module


class Licences(unittest.TestCase):
    tool = load()

    def test_one_allowed_side_of_or_is_enough(self):
        for expression in ("MIT", "GPL-3.0 OR MIT", "MIT/Apache-2.0", "Apache-2.0 WITH LLVM-exception OR MPL-2.0"):
            self.assertTrue(self.tool.is_allowed(expression), expression)

    def test_both_sides_of_and_are_needed(self):
        self.assertTrue(self.tool.is_allowed("(MIT OR GPL-2.0) AND Unicode-3.0"))
        self.assertFalse(self.tool.is_allowed("MIT AND GPL-3.0"))
        self.assertFalse(self.tool.is_allowed("MIT AND (GPL-2.0 OR MPL-2.0)"))

    def test_unknown_missing_and_broken_expressions_are_refused(self):
        for expression in ("MPL-2.0", "GPL-3.0-or-later", "none stated", "", "(MIT", "MIT)"):
            self.assertFalse(self.tool.is_allowed(expression), expression)


if __name__ == "__main__":
    unittest.main()
