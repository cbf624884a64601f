"""How values are passed as core WebAssembly parameters: the flat half of the canonical ABI.

Layout in memory and the conversions are templates (sdk/include/wit); only the signatures of the core functions must
be spelled out, because clang makes the imports and exports from them.
"""
CORE = dict(i32="std::int32_t", i64="std::int64_t", f32="float", f64="double")
MAX_PARAMETERS = 16  # more of them go through memory
PRIMITIVES = dict(string=["i32", "i32"], u64=["i64"], s64=["i64"], f32=["f32"], f64=["f64"])


def join(lists):
    """One list of core types that holds any of the given ones, as the cases of a variant share them."""
    result = []
    for flat in lists:
        for n, core in enumerate(flat):
            if n == len(result):
                result.append(core)
            elif result[n] != core:
                result[n] = "i32" if {result[n], core} == {"i32", "f32"} else "i64"
    return result


def flatten(wit, t):
    if t is None:
        return []
    if isinstance(t, str):
        return PRIMITIVES.get(t, ["i32"])
    shape, d = wit.shape(t)
    match shape:
        case "type": return flatten(wit, d)
        case "list": return ["i32", "i32"]
        case "option": return ["i32"] + flatten(wit, d)
        case "result": return ["i32"] + join([flatten(wit, d["ok"]), flatten(wit, d["err"])])
        case "variant": return ["i32"] + join([flatten(wit, c["type"]) for c in d["cases"]])
        case "tuple": return sum((flatten(wit, x) for x in d["types"]), [])
        case "record": return sum((flatten(wit, f["type"]) for f in d["fields"]), [])
    return ["i32"]  # handles, enums, flags


def parameters(wit, function):
    flat = sum((flatten(wit, p["type"]) for p in function["params"]), [])
    return flat if len(flat) <= MAX_PARAMETERS else ["i32"]


def import_signature(wit, function):
    """(result, parameters) of the core import: a result of more than one value is written to memory."""
    formal, result = parameters(wit, function), flatten(wit, function.get("result"))
    if len(result) > 1:
        return "void", [CORE[x] for x in formal + ["i32"]]
    return CORE[result[0]] if result else "void", [CORE[x] for x in formal]


def export_signature(wit, function):
    """(result, parameters) of the core export: a result of more than one value is a pointer."""
    formal, result = parameters(wit, function), flatten(wit, function.get("result"))
    core = "void" if not result else CORE[result[0]] if len(result) == 1 else CORE["i32"]
    return core, [CORE[x] for x in formal]
