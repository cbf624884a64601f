"""Writes C++23 headers for a WIT world: one per interface.

    python3 tools/witcpp WIT_FOLDER --world WORLD --out FOLDER [--wasm-tools PROGRAM]

Exit status 1 and one line on stderr when the WIT is rejected, asks for something that is not supported, or wasm-tools
is not the pinned one.
"""
import argparse
import pathlib
import sys

from generator import generate
from model import Unsupported, WrongTools, read


def main():
    parser = argparse.ArgumentParser(prog="witcpp", description="C++23 headers for a WIT world")
    parser.add_argument("wit", help="folder with the WIT package and its deps")
    parser.add_argument("--world", required=True, help="NAME or NAMESPACE:PACKAGE/NAME")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--wasm-tools", default="wasm-tools")
    options = parser.parse_args()
    try:
        files = generate(read(options.wasm_tools, options.wit), options.world)
    except (Unsupported, WrongTools) as error:
        sys.exit(f"witcpp: {error}")
    for name, text in files.items():
        file = options.out / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


if __name__ == "__main__":
    main()
