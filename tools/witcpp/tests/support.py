"""What the tests of the generator share."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
sys.path.insert(0, str(HERE.parent))

from generator import generate  # noqa: E402
from model import read  # noqa: E402


def cache(name):
    base = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    return pathlib.Path(os.environ.get(f"WEFT_{name.upper()}", base / "weft" / name))


WASM_TOOLS = os.environ.get("WEFT_WASM_TOOLS", str(cache("tools") / "bin" / "wasm-tools"))


def generate_text(wit, world):
    """Generates from WIT given as text."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "test.wit"
        file.write_text(wit)
        return generate(read(WASM_TOOLS, file), world)


def generate_folder(folder, world):
    return generate(read(WASM_TOOLS, folder), world)


class CompilingTest(unittest.TestCase):
    """Compiles generated headers as guests do."""

    def compile(self, files, extra=""):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                file = pathlib.Path(folder) / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            unit = "".join(f"#include <{name}>\n" for name in sorted(files) if name.endswith(".hpp")) + extra
            (pathlib.Path(folder) / "unit.cpp").write_text(unit)
            command = ["clang++-19", "--target=wasm32-wasi", "-std=c++23", "-fno-exceptions", "-fno-rtti", "-Wall",
                       "-Wextra", "-Werror", "-fsyntax-only", f"-I{REPOSITORY}/sdk/include", f"-I{folder}",
                       f"{folder}/unit.cpp"]
            run = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual(run.returncode, 0, run.stderr[:4000])
