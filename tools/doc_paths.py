#!/usr/bin/env python3
"""Checks that every path which the docs and READMEs name in `backticks` exists in the checkout, and every test that
docs/guarantees.md names."""
import pathlib
import re
import subprocess
import sys

# Made by a build, or on the reader's machine.
ELSEWHERE = re.compile(r"^(build|build-\w+|\.{1,2}|~|/)(/|$)")


def missing_tests(root, files):
    """Of docs/guarantees.md: names of three words or more, those in Python with their file."""
    page = root / "docs/guarantees.md"
    if not page.is_file():
        return []
    tests = "\n".join((root / name).read_text() for name in files
                      if re.search(r"_test\.cpp$|^tests/.*\.(h|py)$", name) and (root / name).is_file())
    return [f"docs/guarantees.md:{number}: there is no test {name}"
            for number, line in enumerate(page.read_text().splitlines(), 1)
            for name in re.findall(r"`(?:\w+\.)?([a-z0-9]+(?:_[a-z0-9]+){2,})`", line)
            if not re.search(rf"\b{name}\b", tests)]


def main():
    root = pathlib.Path(__file__).parent.parent
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root, check=True, capture_output=True, text=True)
    files = listed.stdout.split("\n")
    folders = {parent.as_posix() for name in files for parent in pathlib.PurePath(name).parents}
    known = set(files) | folders
    missing = []
    for name in files:
        if not name.endswith(".md") or not (root / name).is_file():
            continue
        here = pathlib.PurePath(name).parent
        for number, line in enumerate((root / name).read_text().splitlines(), 1):
            for path in re.findall(r"`([\w.-]+(?:/[\w.-]+)+/?)`", line):
                if ELSEWHERE.match(path) or path.split("/")[0] not in {f.split("/")[0] for f in known}:
                    continue
                if path.rstrip("/") not in known and (here / path).as_posix().rstrip("/") not in known:
                    missing.append(f"{name}:{number}: there is no {path}")
    missing += missing_tests(root, files)
    print("\n".join(missing) if missing else "docs: every path exists")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
