"""The include scanner finds what it is for."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import arrows


class Arrows(unittest.TestCase):
    def scan(self, files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {"cmake/Arrows.cmake": "set(ARROWS_base)\nset(ARROWS_links base contracts)\n", **files}.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return list(arrows.breaches(root, arrows.read_table(root)))

    def test_lets_an_arrow_of_the_table_pass(self):
        self.assertEqual(self.scan({"links/a.h": '#include "base/log.h"\n#include "links/b.h"\n#include <vector>\n'}), [])

    def test_finds_an_arrow_that_is_not_in_the_table_and_says_where(self):
        found = self.scan({"base/a.h": '#pragma once\n#include "links/b.h"\n'})
        self.assertEqual(len(found), 1)
        self.assertIn("base/a.h:2", found[0])

    def test_finds_a_fenced_library_outside_its_adapter(self):
        found = self.scan({"links/a.cpp": "#include <sqlite3.h>\n"})
        self.assertIn("only providers/sqlite/", found[0])

    def test_lets_tests_use_shared_fakes(self):
        self.assertEqual(self.scan({"links/a_test.cpp": '#include "tests/support/clock.h"\n'}), [])
        self.assertEqual(len(self.scan({"links/a.cpp": '#include "tests/support/clock.h"\n'})), 1)


if __name__ == "__main__":
    unittest.main()
