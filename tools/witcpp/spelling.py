"""WIT types as C++ types."""
from names import snake
from model import Unsupported

PRIMITIVES = dict(bool="bool", u8="std::uint8_t", u16="std::uint16_t", u32="std::uint32_t", u64="std::uint64_t",
                  s8="std::int8_t", s16="std::int16_t", s32="std::int32_t", s64="std::int64_t", f32="float",
                  f64="double", char="char32_t", string="std::string")
LATER = {"stream": "streams", "future": "futures", "error-context": "error contexts", "map": "maps",
         "fixed-length-list": "lists of a fixed length"}
NOMINAL = ("record", "variant", "enum", "flags")


class Speller:
    """Spells types as seen from one face.

    hidden: names that mean something else where the type is written (members of a class, parameters): types of these
    names are written out from the global namespace. qualify: all of them are (in an implementation of an
    export and inside its macro). implementation: prefix of the classes that implement exported resources.
    """

    def __init__(self, wit, face):
        self.wit, self.face = wit, face
        self.hidden, self.qualify, self.implementation = frozenset(), False, ""

    def hiding(self, names):
        other = Speller(self.wit, self.face)
        other.hidden, other.qualify, other.implementation = self.hidden | set(names), self.qualify, self.implementation
        return other

    def in_macro(self):
        other = self.in_implementation()
        other.implementation = "impl::"
        return other

    def in_implementation(self):
        other = Speller(self.wit, self.face)
        other.qualify = True
        return other

    def is_exported_resource(self, t):
        """Whether the component itself implements this resource."""
        t = self.wit.resolve(t)
        if not self.face.exported or not isinstance(t, int) or self.wit.shape(t)[0] != "resource":
            return False
        owner = self.wit.owner_interface(t)
        if owner in self.wit.exported and owner != self.face.interface:
            raise Unsupported(f"{self.face.module} uses the resource {self.wit.types[t]['name']} of another exported "
                              "interface; declare both in one interface")
        return owner == self.face.interface and owner is not None

    def named(self, t):
        name = snake(self.wit.types[t]["name"])
        path = self.wit.owner_path(t, self.face.exported)
        here = path == self.face.full_path()
        if here and not self.qualify and name not in self.hidden:
            return name
        return "::" + "::".join(path + [name])

    def cpp(self, t, view=False):
        """view: as a parameter of an import, which only borrows strings and lists."""
        if t is None:
            return "void"
        if isinstance(t, str):
            if t not in PRIMITIVES:
                raise self.unsupported(t)
            return "std::string_view" if view and t == "string" else PRIMITIVES[t]
        shape, d = self.wit.shape(t)
        if shape == "resource":
            if self.is_exported_resource(t):
                return self.implementation + snake(self.wit.types[self.wit.resolve(t)]["name"])
            return self.named(t)
        if self.wit.types[t]["name"] and (shape in NOMINAL or not view) and not self.is_exported_resource(t):
            return self.named(t)
        return self.structure(t, view)

    def structure(self, t, view=False):
        """The C++ type without regard to the name that WIT gives it."""
        shape, d = self.wit.shape(t)
        match shape:
            case "type": return self.cpp(d, view)
            case "handle": return self.handle(d)
            case "list": return self.list(d, view)
            case "option": return f"std::optional<{self.cpp(d, view)}>"
            case "tuple": return f"std::tuple<{', '.join(self.cpp(x, view) for x in d['types'])}>"
            case "result":
                error = self.cpp(d["err"], view) if d["err"] is not None else "wit::unit"
                return f"std::expected<{self.cpp(d['ok'], view)}, {error}>"
        raise self.unsupported(shape)

    def handle(self, d):
        resource = self.cpp(next(iter(d.values())))
        if self.is_exported_resource(next(iter(d.values()))):
            return f"wit::own<{resource}>" if "own" in d else f"wit::self<{resource}>"
        if "own" in d or self.face.exported:  # what a caller lends is given back by the destructor
            return resource
        return f"wit::borrow<{resource}>"

    def list(self, item, view):
        if self.wit.resolve(item) == "bool":  # std::vector<bool> has no bools that a span could point at
            return "std::vector<bool>"
        return f"std::span<{self.cpp(item, True)} const>" if view else f"std::vector<{self.cpp(item)}>"

    def unsupported(self, shape):
        what = LATER.get(shape, shape)
        return Unsupported(f"{self.face.module} uses {what}: they are not part of WASI 0.2 bindings")

    # ---- parameters of imports -------------------------------------------------------------
    def parameter(self, t):
        text = self.cpp(t, view=True)
        if text.startswith("wit::borrow<"):
            return text[len("wit::borrow<"):-1] + " const&"
        return text + " const&" if self.by_reference(t) else text

    def by_reference(self, t):
        """What is expensive to copy and does not give a handle away."""
        if not isinstance(t, int) or self.wit.owns_handle(t):
            return False
        def expensive(x):
            shape, d = self.wit.shape(x)
            return shape in ("record", "variant") or (shape == "list" and self.wit.resolve(d) == "bool")
        return self.wit.any_part(t, expensive) and self.wit.shape(self.wit.resolve(t))[0] != "list" \
            or self.cpp(t, view=True) == "std::vector<bool>"
