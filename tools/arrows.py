#!/usr/bin/env python3
"""Checks every quoted #include against cmake/Arrows.cmake, and who may include which third-party header.

Prints one line per breach and exits with 1 if there is any.
"""
import pathlib
import re
import sys

# Third-party headers and the files that may include them: one adapter each.
FENCED = {
    "yaml-cpp/": "host/manifest/",
    "sqlite3.h": "providers/sqlite/",
    "boost/beast": "net/",
    "boost/asio/ssl": "net/",
    "openssl/": "net/",
    "hiredis/": "net/redis/",
    "CLI/": "cli/",
}


def read_table(root):
    table = {}
    for line in (root / "cmake/Arrows.cmake").read_text().splitlines():
        if match := re.fullmatch(r"set\(ARROWS_(\w+)((?: \w+)*)\)", line.strip()):
            table[match[1]] = set(match[2].split())
    return table


def breaches(root, table):
    for folder, allowed in table.items():
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in (".h", ".cpp") or not file.is_file():
                continue
            name = file.relative_to(root).as_posix()
            for number, line in enumerate(file.read_text().splitlines(), 1):
                if match := re.match(r'\s*#include "([^"]+)"', line):
                    target = match[1].split("/")[0]
                    # A test, and what tests of a folder share, may reach into tests/ for fakes and suites.
                    if target == "tests" and re.search(r"_test\.cpp$|/test_\w+\.h$", name):
                        continue
                    if target != folder and target not in allowed:
                        yield f"{name}:{number}: {folder} may not include {match[1]} (cmake/Arrows.cmake: {sorted(allowed)})"
                if match := re.match(r"\s*#include <([^>]+)>", line):
                    for prefix, home in FENCED.items():
                        if match[1].startswith(prefix) and not name.startswith((home, "tests/", "bench/")):
                            yield f"{name}:{number}: only {home} may include <{match[1]}>"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    found = list(breaches(root, read_table(root)))
    print("\n".join(found) if found else "arrows: every include is allowed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
