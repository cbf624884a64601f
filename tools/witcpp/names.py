"""WIT names as C++ names."""

# Words that C++ does not allow as a name, macros of the C library that would rewrite one, and the two namespaces that
# generated code refers to from inside others.
RESERVED = set("""
alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class co_await
co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype default delete do
double dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable namespace
new noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires return
short signed sizeof static static_assert static_cast struct switch template this thread_local throw true try typedef
typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq
assert errno linux stderr stdin stdout unix
std wit
""".split())

# Members of std::variant, from which variants inherit.
VARIANT_MEMBERS = {"emplace", "index", "swap", "valueless_by_exception", "variant", "visit"}


def snake(name, taken=()):
    """`taken`: names that mean something else in the class where this one is declared."""
    name = name.replace("-", "_").lower()
    return name + "_" if name in RESERVED or name in taken else name


def comment(node, indent):
    """The documentation of a WIT item as /// lines."""
    text = (node.get("docs") or {}).get("contents") if node else None
    if not text:
        return ""
    return "".join(f"{indent}/// {line}".rstrip() + "\n" for line in text.split("\n"))
