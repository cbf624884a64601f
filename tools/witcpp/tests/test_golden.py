"""The generated text is what it was, and compiles. After an intended change: WITCPP_UPDATE=1 python3 -m unittest …

Our own corpus is kept in full. Of WASI's worlds, whose WIT is not in this repository, only a digest of each header is
kept: it shows which header changed, and the compiler says whether it is still right.
"""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from support import HERE, REPOSITORY, CompilingTest, generate_folder

UPDATE = os.environ.get("WITCPP_UPDATE") == "1"
WASI_WORLDS = ["wasi:cli/command", "wasi:cli/imports", "wasi:clocks/imports", "wasi:filesystem/imports",
               "wasi:http/imports", "wasi:http/proxy", "wasi:io/imports", "wasi:random/imports",
               "wasi:sockets/imports", "wasi:keyvalue/imports@0.2.0-draft", "wasi:keyvalue/imports@0.2.0-draft2"]


class Corpus(CompilingTest):
    maxDiff = None

    def check(self, name, world, use=""):
        files = generate_folder(HERE / "corpus" / f"{name}.wit", world)
        golden = HERE / "golden" / name
        if UPDATE:
            shutil.rmtree(golden, ignore_errors=True)
            for file, text in files.items():
                (golden / file).parent.mkdir(parents=True, exist_ok=True)
                (golden / file).write_text(text)
        kept = {str(f.relative_to(golden)): f.read_text() for f in golden.rglob("*") if f.is_file()}
        self.assertEqual(sorted(files), sorted(kept))
        for file, text in files.items():
            self.assertEqual(text, kept[file], f"{name}: {file}")
        self.compile(files, use)

    def test_every_kind_of_type_keeps_its_form(self):
        self.check("types", "types")

    def test_names_that_collide_with_cpp_keep_their_form(self):
        self.check("names", "switch")

    def test_functions_and_types_of_a_world_keep_their_form(self):
        self.check("world", "direct", """
            struct direct {
              static std::expected<corpus::parts::direct::pair, std::string> run(corpus::parts::direct::items) {
                return std::unexpected("no");
              }
              static bool check(corpus::parts::shared::ticket const& t) { return t.number() == 1; }
            };
            EXPORT_CORPUS_PARTS_DIRECT(direct)
            struct admin {
              class session {
               public:
                explicit session(std::string) {}
                std::vector<corpus::parts::shared::item> items() { return {}; }
              };
              static void close(wit::own<session>) {}
            };
            EXPORT_CORPUS_PARTS_DIRECT_ADMIN(admin)
        """)

    def test_exported_resources_keep_their_form(self):
        self.check("exports", "offers", """
            using namespace exports::corpus::exports;
            struct implementation {
              class bucket {
               public:
                explicit bucket(std::string) {}
                std::expected<std::optional<std::vector<std::uint8_t>>, base::error> get(base::key) { return {}; }
                void copy_from(bucket&) {}
                static std::expected<wit::own<bucket>, base::error> open(std::string name) { return bucket(name); }
              };
              static wit::own<bucket> merge(wit::own<bucket> a, bucket&) { return a; }
              static std::optional<wit::own<bucket>> largest(std::vector<wit::self<bucket>>) { return {}; }
            };
            EXPORT_CORPUS_EXPORTS_STORE(implementation)
        """)

    def test_what_the_guide_shows_compiles_when_it_is_copied(self):
        for name, world in (("world", "direct"), ("exports", "offers")):
            files = generate_folder(HERE / "corpus" / f"{name}.wit", world)
            copies = ""
            for number, text in enumerate(files.values()):
                if guide := re.search(r"^// (struct implementation \{\n.*?)^//\n", text, re.M | re.S):
                    struct = re.sub("^// ", "", guide[1], flags=re.M).replace("implementation", f"copy_{number}")
                    copies += struct + re.search(r"(EXPORT_\w+)\(impl\)", text)[1] + f"(copy_{number})\n"
            self.assertIn("explicit", copies)
            self.compile(files, copies)


class Wasi(CompilingTest):
    @classmethod
    def setUpClass(cls):
        script = REPOSITORY / "tools" / "setup.d" / "wasi-wit.sh"
        wasi = pathlib.Path(subprocess.run(["sh", script], check=True, capture_output=True, text=True).stdout.strip())
        cls.folder = tempfile.TemporaryDirectory()
        root = pathlib.Path(cls.folder.name)
        shutil.copytree(wasi, root / "deps")
        for draft in ("draft", "draft2"):
            name = f"wasi-keyvalue-0.2.0-{draft}"
            shutil.copytree(REPOSITORY / "contracts" / "wit" / name, root / "deps" / name)
        (root / "root.wit").write_text("package corpus:root;\n")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_every_world_of_wasi_keeps_its_form_and_compiles(self):
        lines = []
        for world in WASI_WORLDS:
            with self.subTest(world):
                files = generate_folder(self.folder.name, world)
                for name, text in sorted(files.items()):
                    lines.append(f"{hashlib.sha256(text.encode()).hexdigest()[:16]} {world} {name}")
                self.compile(files)
        kept = HERE / "golden" / "wasi.digests"
        if UPDATE:
            kept.write_text("\n".join(lines) + "\n")
        self.assertEqual("\n".join(lines) + "\n", kept.read_text())
