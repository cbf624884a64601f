//! What a component imports and exports, as JSON for C++.
use crate::ffi::{Fail, Text, User, attempt};
use serde_json::{Value, json};
use wasmtime::component::types::{ComponentFunc, ComponentItem, Type};
use wasmtime::component::{Component, ResourceType};
use wasmtime::{Engine, Result};

/// Names of the resources seen so far: a type itself does not know its name.
#[derive(Default)]
struct Names(Vec<(ResourceType, String)>);

impl Names {
    fn learn(&mut self, name: &str, item: &ComponentItem) {
        if let ComponentItem::Resource(ty) = item
            && !self.0.iter().any(|(known, _)| known == ty)
        {
            self.0.push((*ty, name.to_string()));
        }
    }

    fn of(&self, ty: ResourceType) -> &str {
        let known = self.0.iter().find(|(known, _)| *known == ty);
        known.map_or("resource", |(_, name)| name)
    }

    fn list(&self, types: impl Iterator<Item = Type>) -> String {
        let texts: Vec<String> = types.map(|ty| self.text(&ty)).collect();
        texts.join(", ")
    }

    fn wrap(&self, name: &str, payload: Option<Type>) -> String {
        match payload {
            Some(ty) => format!("{name}<{}>", self.text(&ty)),
            None => name.to_string(),
        }
    }

    fn cases<'a>(&self, cases: impl Iterator<Item = (&'a str, Option<Type>)>) -> String {
        let case = |(name, payload): (&str, Option<Type>)| match payload {
            Some(ty) => format!("{name}({})", self.text(&ty)),
            None => name.to_string(),
        };
        cases.map(case).collect::<Vec<_>>().join(", ")
    }

    /// Structural WIT text.
    fn text(&self, ty: &Type) -> String {
        let names = |names: Vec<&str>| names.join(", ");
        match ty {
            Type::Bool => "bool".into(),
            Type::S8 => "s8".into(),
            Type::U8 => "u8".into(),
            Type::S16 => "s16".into(),
            Type::U16 => "u16".into(),
            Type::S32 => "s32".into(),
            Type::U32 => "u32".into(),
            Type::S64 => "s64".into(),
            Type::U64 => "u64".into(),
            Type::Float32 => "f32".into(),
            Type::Float64 => "f64".into(),
            Type::Char => "char".into(),
            Type::String => "string".into(),
            Type::List(list) => format!("list<{}>", self.text(&list.ty())),
            Type::FixedLengthList(list) => {
                format!("list<{}, {}>", self.text(&list.ty()), list.len())
            }
            Type::Map(map) => {
                format!(
                    "map<{}, {}>",
                    self.text(&map.key()),
                    self.text(&map.value())
                )
            }
            Type::Record(record) => {
                let field = |f: wasmtime::component::types::Field<'_>| {
                    format!("{}: {}", f.name, self.text(&f.ty))
                };
                let fields: Vec<String> = record.fields().map(field).collect();
                format!("record{{{}}}", fields.join(", "))
            }
            Type::Tuple(tuple) => format!("tuple<{}>", self.list(tuple.types())),
            Type::Variant(variant) => {
                let cases = variant.cases().map(|case| (case.name, case.ty));
                format!("variant{{{}}}", self.cases(cases))
            }
            Type::Enum(kind) => format!("enum{{{}}}", names(kind.names().collect())),
            Type::Flags(flags) => format!("flags{{{}}}", names(flags.names().collect())),
            Type::Option(option) => format!("option<{}>", self.text(&option.ty())),
            Type::Result(result) => match (result.ok(), result.err()) {
                (None, None) => "result".into(),
                (Some(ok), None) => format!("result<{}>", self.text(&ok)),
                (None, Some(err)) => format!("result<_, {}>", self.text(&err)),
                (Some(ok), Some(err)) => {
                    format!("result<{}, {}>", self.text(&ok), self.text(&err))
                }
            },
            Type::Own(resource) => format!("own<{}>", self.of(*resource)),
            Type::Borrow(resource) => format!("borrow<{}>", self.of(*resource)),
            Type::Future(future) => self.wrap("future", future.ty()),
            Type::Stream(stream) => self.wrap("stream", stream.ty()),
            Type::ErrorContext => "error-context".into(),
        }
    }

    fn func(&self, name: &str, func: &ComponentFunc) -> Value {
        let params: Vec<(String, String)> = func
            .params()
            .map(|(name, ty)| (name.to_string(), self.text(&ty)))
            .collect();
        let result = func.results().next().map(|ty| self.text(&ty));
        let listed: Vec<String> = params
            .iter()
            .map(|(name, ty)| format!("{name}: {ty}"))
            .collect();
        let mut signature = format!("func({})", listed.join(", "));
        if func.async_() {
            signature.insert_str(0, "async ");
        }
        if let Some(result) = &result {
            signature += &format!(" -> {result}");
        }
        let params: Vec<Value> = params
            .iter()
            .map(|(name, ty)| json!({"name": name, "type": ty}))
            .collect();
        json!({
            "name": name,
            "signature": signature,
            "params": params,
            "result": result,
            "async": func.async_(),
        })
    }
}

/// One side of the component: its interfaces, then its bare functions together.
fn side<'a>(
    engine: &Engine,
    names: &mut Names,
    items: impl Iterator<Item = (&'a str, ComponentItem)>,
) -> Vec<Value> {
    let mut described = Vec::new();
    let mut bare = Vec::new();
    for (name, item) in items {
        match item {
            ComponentItem::ComponentInstance(instance) => {
                let mut resources = Vec::new();
                for (name, item) in instance.exports(engine) {
                    names.learn(name, &item.ty);
                    if let ComponentItem::Resource(_) = item.ty {
                        resources.push(name.to_string());
                    }
                }
                let functions: Vec<Value> = instance
                    .exports(engine)
                    .filter_map(|(name, item)| match &item.ty {
                        ComponentItem::ComponentFunc(func) => Some(names.func(name, func)),
                        _ => None,
                    })
                    .collect();
                described.push(json!({
                    "interface": name,
                    "functions": functions,
                    "resources": resources,
                }));
            }
            ComponentItem::ComponentFunc(func) => bare.push(names.func(name, &func)),
            other => names.learn(name, &other),
        }
    }
    if !bare.is_empty() {
        described.push(json!({"interface": "", "functions": bare, "resources": []}));
    }
    described
}

fn uses_async(sides: &[Value]) -> bool {
    sides.iter().any(|item| {
        let functions = item["functions"].as_array();
        functions.is_some_and(|all| all.iter().any(|func| func["async"] == true))
    })
}

pub fn describe(component: &Component) -> Result<String> {
    let (engine, ty) = (component.engine(), component.component_type());
    let mut names = Names::default();
    let imports = ty.imports(engine).map(|(name, item)| (name, item.ty));
    let imports = side(engine, &mut names, imports);
    let exports = ty.exports(engine).map(|(name, item)| (name, item.ty));
    let exports = side(engine, &mut names, exports);
    let required = component.resources_required().map(|needs| {
        json!({
            "memories": needs.num_memories,
            "tables": needs.num_tables,
            "max_initial_memory": needs.max_initial_memory_size.unwrap_or(0),
            "max_initial_table": needs.max_initial_table_size.unwrap_or(0),
        })
    });
    let needs_async = uses_async(&imports) || uses_async(&exports);
    Ok(json!({
        "imports": imports,
        "exports": exports,
        "needs_async": needs_async,
        "resources_required": required,
    })
    .to_string())
}

/// # Safety
/// `component` must be valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_component_describe(
    component: *const Component,
    text: Text,
    text_user: User,
    fail: Fail,
    user: User,
) -> bool {
    attempt(fail, user, || {
        let json = describe(unsafe { &*component })?;
        text(text_user, json.as_str().into());
        Ok(())
    })
    .is_some()
}
