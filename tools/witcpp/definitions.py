"""Declarations: what a user of a header reads."""
import re

from model import Unsupported, style
from names import VARIANT_MEMBERS, comment, snake
from spelling import LATER


def method_name(function, wit):
    """`[method]bucket.list-keys` -> list_keys. `new` would be a keyword and is `make`."""
    name = re.sub(r"^\[[a-z-]+\]", "", function["name"]).split(".")[-1]
    if name == "new":
        return "make"
    resource = style(function)[1]
    if resource is None:
        return snake(name)
    return snake(name, {snake(wit.types[resource]["name"])})


def parameters(speller, function, skip_self=False):
    """The formal parameters of an import."""
    listed = function["params"][1:] if skip_self else function["params"]
    names = [snake(p["name"]) for p in listed]
    inner = speller.hiding(names)
    return ", ".join(f"{inner.parameter(p['type'])} {name}" for p, name in zip(listed, names))


def case_name(variant, case):
    return snake(case, VARIANT_MEMBERS | {snake(variant)})


class Definitions:
    """Declares the types of one face and describes them to the ABI templates."""

    def __init__(self, wit, face, speller):
        self.wit, self.face, self.speller = wit, face, speller

    def definition(self, name, t):
        """The C++ declaration of the type called `name`."""
        node = self.wit.types[t]
        doc, cname = comment(node, ""), snake(name)
        shape, d = self.wit.shape(t)
        match shape:
            case "resource": return doc + self.resource(t)
            case "type":
                return f"{doc}using {cname} = {self.speller.cpp(d)};\n" if not self.alias_of_own(t) else ""
            case "record": return doc + self.record(cname, d)
            case "enum": return doc + self.enum(cname, d)
            case "flags": return doc + self.flags(cname, d)
            case "variant": return self.variant(cname, d, doc)
        if shape in LATER:
            raise self.speller.unsupported(shape)
        return f"{doc}using {cname} = {self.speller.structure(t)};\n"

    def alias_of_own(self, t):
        return self.face.exported and self.speller.is_exported_resource(t)

    def record(self, cname, d):
        inner = self.speller.hiding(snake(f["name"]) for f in d["fields"])
        body = "".join(comment(f, "    ") + f"    {inner.cpp(f['type'])} {snake(f['name'])}{{}};\n" for f in d["fields"])
        return f"struct {cname} {{\n{body}}};\n"

    def enum(self, cname, d):
        size = 8 if len(d["cases"]) <= 256 else 16
        body = "".join(comment(c, "    ") + f"    {snake(c['name'])},\n" for c in d["cases"])
        return f"enum class {cname} : std::uint{size}_t {{\n{body}}};\n"

    def flags(self, cname, d):
        if len(d["flags"]) > 32:
            raise Unsupported(f"{self.face.module}: {cname} has {len(d['flags'])} flags, the component model allows 32")
        size = next(s for s in (8, 16, 32) if s >= len(d["flags"]))
        body = "".join(comment(c, "    ") + f"    {snake(c['name'], {'none'})} = 1u << {n},\n"
                       for n, c in enumerate(d["flags"]))
        return f"enum class {cname} : std::uint{size}_t {{\n    none = 0,\n{body}}};\nWIT_FLAGS({cname})\n"

    def variant(self, cname, d, doc):
        names = [case_name(cname, c["name"]) for c in d["cases"]]
        inner, body = self.speller.hiding(names + ["value"]), ""
        for c, name in zip(d["cases"], names):
            value = f" {inner.cpp(c['type'])} value; " if c["type"] is not None else ""
            body += comment(c, "    ") + f"    struct {name} {{{value}}};\n"
        alternatives = ", ".join(f"{cname}_cases::{n}" for n in names)
        return (f"struct {cname}_cases {{\n{body}}};\n"
                f"{doc}struct {cname} : {cname}_cases, std::variant<{alternatives}> {{\n"
                "    using variant::variant;\n    using variant::operator=;\n};\n")

    def resource(self, t):
        """A class that owns a handle of an imported resource."""
        cname, methods = snake(self.wit.types[t]["name"]), []
        for f in self.face.functions:
            kind, resource = style(f)
            if resource == t:
                methods.append((f, kind))
        inner = self.speller.hiding(method_name(f, self.wit) for f, _ in methods)
        text = ""
        for f, kind in methods:
            result, name = inner.cpp(f.get("result")), method_name(f, self.wit)
            text += comment(f, "    ")
            match kind:
                case "constructor":
                    explicit = "explicit " if len(f["params"]) == 1 else ""
                    text += f"    {explicit}{cname}({parameters(inner, f)});\n"
                case "static": text += f"    static {result} {name}({parameters(inner, f)});\n"
                case "method": text += f"    {result} {name}({parameters(inner, f, skip_self=True)}) const;\n"
        full = f"::{self.face.namespace()}::{cname}"
        return (f"class {cname} : public wit::resource<{cname}> {{\npublic:\n{text}\n"
                f"    using wit::resource<{full}>::resource;\n    static void close_(std::int32_t handle);\n}};\n")

    def abi(self, name, t):
        """How the ABI templates see a record or variant: its members in order."""
        shape, d = self.wit.shape(t)
        full = f"::{self.face.namespace()}::{snake(name)}"
        if shape == "record":
            members = "".join(f", &{full}::{snake(f['name'])}" for f in d["fields"])
            return f"template <> struct wit::abi<{full}> : wit::record<{full}{members}> {{}};\n"
        if shape == "variant":
            members = "".join(f", {full}::{case_name(snake(name), c['name'])}" for c in d["cases"])
            return f"template <> struct wit::abi<{full}> : wit::variant<{full}{members}> {{}};\n"
        return ""

    def includes(self):
        """Headers of the faces whose types this one names."""
        used = []

        def walk(t):
            if not isinstance(t, int):
                return
            if self.wit.types[t]["owner"]:
                path = self.wit.owner_path(t, self.face.exported)
                if path != self.face.full_path():
                    if path not in used:
                        used.append(path)
                    return
            for part in self.wit.parts(t):
                walk(part)

        for t in self.face.types.values():
            walk(t)
        for f in self.face.functions:
            for p in f["params"]:
                walk(p["type"])
            walk(f.get("result"))
        return "".join(f"#include <{'/'.join(path)}.hpp>\n" for path in used)
