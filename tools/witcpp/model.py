"""The WIT of one world, as `wasm-tools component wit --json` describes it, and questions about it."""
import json
import pathlib
import subprocess
from dataclasses import dataclass, field

from names import snake


class Unsupported(Exception):
    """Something that has no C++ form; the message is for the person who wrote the WIT."""


class WrongTools(Exception):
    """wasm-tools is missing, is not the pinned version, or rejected the WIT."""


def pinned_version():
    here = pathlib.Path(__file__).resolve().parent
    return (here.parent / "setup.d" / "wasm-tools.version").read_text().strip()


def read(wasm_tools, folder):
    """The JSON of a WIT folder. The pinned version is required: the JSON is no stable interface of wasm-tools."""
    try:
        version = subprocess.run([wasm_tools, "--version"], check=True, capture_output=True, text=True).stdout
    except OSError as error:
        raise WrongTools(f"cannot run {wasm_tools}: {error.strerror}; tools/setup.d/wasm-tools.sh installs it")
    found = (version.split() + ["", ""])[1]
    if found != pinned_version():
        raise WrongTools(f"{wasm_tools} is version {found}, but this generator reads the JSON of {pinned_version()}; "
                         "tools/setup.d/wasm-tools.sh installs it")
    run = subprocess.run([wasm_tools, "component", "wit", "--json", "--all-features", str(folder)],
                         capture_output=True, text=True)
    if run.returncode:
        raise WrongTools(f"wasm-tools rejects {folder}:\n{run.stderr.strip()}")
    return json.loads(run.stdout)


@dataclass
class Face:
    """What becomes one header: an imported or exported interface, or the functions of the world itself."""
    path: list  # namespace and folder, without "exports"
    module: str  # the core module name of its imports, "$root" for the world
    exported: bool
    interface: int = None  # index of the interface, None for the world
    types: dict = field(default_factory=dict)  # name -> index
    functions: list = field(default_factory=list)
    docs: dict = None

    def full_path(self):
        return (["exports"] if self.exported else []) + self.path

    def namespace(self):
        return "::".join(self.full_path())

    def export_name(self, function):
        return function["name"] if self.interface is None else f"{self.module}#{function['name']}"


class Wit:
    def __init__(self, tree, world):
        self.packages, self.interfaces, self.types = tree["packages"], tree["interfaces"], tree["types"]
        found = [n for n, w in enumerate(tree["worlds"]) if world in self._world_names(w)]
        if not found:
            known = ", ".join(sorted(self._world_names(w)[1] for w in tree["worlds"]))
            raise Unsupported(f"there is no world {world}; there are: {known}")
        short = [n for n in found if self._is_main(tree, n)]
        self.world_index = (short or found)[-1]
        self.world = tree["worlds"][self.world_index]
        self.world_path = self._package_path(self.world["package"]) + [snake(self.world["name"])]
        self._inline = {}  # interface without a name -> (path, module)
        for direction in ("imports", "exports"):
            for key, item in self.world[direction].items():
                if "interface" in item and self.interfaces[item["interface"]["id"]]["name"] is None:
                    self._inline[item["interface"]["id"]] = (self.world_path + [snake(key)], key)
        self.exported = {i["interface"]["id"] for i in self.world["exports"].values() if "interface" in i}

    def _world_names(self, world):
        package = self.packages[world["package"]]["name"]
        base, _, version = package.partition("@")
        names = [world["name"], f"{base}/{world['name']}"]
        return names + [f"{names[1]}@{version}"] if version else names

    def _is_main(self, tree, n):
        # Dependencies come first: the package of the folder itself is the last one.
        return tree["worlds"][n]["package"] == len(self.packages) - 1

    def _package_path(self, package):
        return [snake(p) for p in self.packages[package]["name"].split("@")[0].split(":")]

    # ---- faces -----------------------------------------------------------------------------
    def faces(self):
        """Everything to generate. Two faces of one name (two versions of a package) would be one C++ namespace."""
        result, seen = [], {}
        for exported, direction in ((False, "imports"), (True, "exports")):
            own = Face(self.world_path, "$root", exported, docs=self.world.get("docs"))
            for key, item in self.world[direction].items():
                if "interface" in item:
                    result.append(self.interface_face(item["interface"]["id"], exported))
                elif "type" in item:
                    own.types[key] = item["type"]
                else:
                    own.functions.append(item["function"])
            if own.types or own.functions:
                result.append(own)
        for face in result:
            other = seen.setdefault(face.namespace(), face)
            if other is not face:
                raise Unsupported(f"{other.module} and {face.module} would both be the namespace {face.namespace()}; "
                                  "use one version of the package per component")
        return result

    def interface_face(self, index, exported):
        node = self.interfaces[index]
        path, module = self.interface_path(index), self.interface_id(index)
        return Face(path, module, exported, index, node["types"], list(node["functions"].values()), node.get("docs"))

    def interface_id(self, index):
        if index in self._inline:
            return self._inline[index][1]
        package = self.packages[self.interfaces[index]["package"]]["name"]
        base, _, version = package.partition("@")
        return f'{base}/{self.interfaces[index]["name"]}' + (f"@{version}" if version else "")

    def interface_path(self, index):
        if index in self._inline:
            return self._inline[index][0]
        return self._package_path(self.interfaces[index]["package"]) + [snake(self.interfaces[index]["name"])]

    # ---- types -----------------------------------------------------------------------------
    def shape(self, t):
        """(shape, details) of a type by index; a resource is ("resource", None)."""
        kind = self.types[t]["kind"]
        if isinstance(kind, str):
            return kind, None
        (shape, details), = kind.items()
        return shape, details

    def resolve(self, t):
        """Follows aliases."""
        while isinstance(t, int) and self.shape(t)[0] == "type":
            t = self.shape(t)[1]
        return t

    def owner_path(self, t, exporting):
        """Namespace of a named type. An exported interface uses the exported form of those it builds on."""
        owner = self.types[t]["owner"]
        if "world" in owner:
            return self.world_path
        index = owner["interface"]
        return (["exports"] if exporting and index in self.exported else []) + self.interface_path(index)

    def owner_interface(self, t):
        return (self.types[t]["owner"] or {}).get("interface")

    def parts(self, t):
        """The types that a type is made of."""
        shape, d = self.shape(t)
        match shape:
            case "record": return [f["type"] for f in d["fields"]]
            case "variant": return [c["type"] for c in d["cases"] if c["type"] is not None]
            case "tuple": return d["types"]
            case "result": return [x for x in (d["ok"], d["err"]) if x is not None]
            case "type" | "list" | "option": return [d]
            case "handle": return list(d.values())
        return []

    def any_part(self, t, wanted):
        """Whether `wanted(index)` holds for the type or anything inside it."""
        if not isinstance(t, int):
            return False
        return wanted(t) or any(self.any_part(p, wanted) for p in self.parts(t))

    def owns_handle(self, t):
        return self.any_part(t, lambda x: self.shape(x)[0] == "handle" and "own" in self.shape(x)[1])


def style(function):
    """("freestanding" | "method" | "static" | "constructor", the index of its resource or None)."""
    kind = function["kind"]
    name, resource = (kind, None) if isinstance(kind, str) else next(iter(kind.items()))
    if name.startswith("async"):
        raise Unsupported(f"{function['name']} is async: that is WASI 0.3, and this generator makes 0.2 bindings")
    return name, resource
