//! Components: compiled, written as artifacts, mapped again.
use crate::binary::{self, Kind};
use crate::ffi::{Fail, Slice, Text, User, attempt, boxed, free};
use wasmtime::component::types::{ComponentFunc, ComponentItem, Type};
use wasmtime::component::{Component, ComponentExportIndex, ResourceType};
use wasmtime::error::Context as _;
use wasmtime::{Engine, Result, bail, format_err};

/// An error in the words of [`binary::kind`] where that knows better.
fn compile(engine: &Engine, wasm: &[u8]) -> Result<Component> {
    let error = match Component::new(engine, wasm) {
        Ok(component) => return Ok(component),
        Err(error) => error,
    };
    Err(match binary::kind(wasm) {
        (Kind::Component, _) => error,
        (Kind::Module, _) => format_err!("this is a core module, not a component"),
        (Kind::Text, _) => format_err!("this is WebAssembly text, not a component"),
        (Kind::Empty, _) => format_err!("the file is empty"),
        (Kind::Other, _) => format_err!("this is not WebAssembly"),
        (Kind::Broken, why) => format_err!("the component is truncated or invalid: {why}"),
        (Kind::Async, why) => {
            format_err!("the component needs WASI 0.3 (component-model async): {why}")
        }
    })
}

/// # Safety
/// `engine` must be valid, `wasm` readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_component_new(
    engine: *const Engine,
    wasm: Slice,
    fail: Fail,
    user: User,
) -> *mut Component {
    boxed(fail, user, || {
        compile(unsafe { &*engine }, unsafe { wasm.bytes() })
    })
}

/// # Safety
/// `engine` must be valid, and the file what [`eng_component_save`] wrote.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_component_open(
    engine: *const Engine,
    path: Slice,
    fail: Fail,
    user: User,
) -> *mut Component {
    boxed(fail, user, || {
        let path = unsafe { path.text() }?;
        unsafe { Component::deserialize_file(&*engine, path) }.with_context(|| path.to_string())
    })
}

/// # Safety
/// `component` must be valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_component_save(
    component: *const Component,
    sink: Text,
    sink_user: User,
    fail: Fail,
    user: User,
) -> bool {
    attempt(fail, user, || {
        let bytes = unsafe { &*component }.serialize()?;
        sink(sink_user, bytes.as_slice().into());
        Ok(())
    })
    .is_some()
}

/// # Safety
/// `component` comes from this module and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_component_free(component: *mut Component) {
    unsafe { free(component) }
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let change = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = change.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// The names that may have been meant, nearest first; all of them if there are few.
fn near(wanted: &str, names: Vec<String>) -> String {
    let mut names: Vec<(usize, String)> = names
        .into_iter()
        .map(|name| (distance(wanted, &name), name))
        .collect();
    names.sort();
    if names.is_empty() {
        return "it exports none".to_string();
    }
    let listed: Vec<String> = names.into_iter().take(5).map(|(_, name)| name).collect();
    format!("it exports {}", listed.join(", "))
}

fn is_func(item: &ComponentItem) -> bool {
    matches!(item, ComponentItem::ComponentFunc(_))
}

fn is_interface(item: &ComponentItem) -> bool {
    matches!(item, ComponentItem::ComponentInstance(_))
}

/// Names of what `component` exports, in an interface or at its top.
fn exported(
    component: &Component,
    iface: Option<&str>,
    keep: fn(&ComponentItem) -> bool,
) -> Vec<String> {
    let engine = component.engine();
    let ty = component.component_type();
    let name = |(name, item): (&str, wasmtime::component::types::ComponentExtern<'_>)| {
        keep(&item.ty).then(|| name.to_string())
    };
    match iface.map(|iface| ty.get_export(engine, iface).map(|item| item.ty)) {
        None => ty.exports(engine).filter_map(name).collect(),
        Some(Some(ComponentItem::ComponentInstance(instance))) => {
            instance.exports(engine).filter_map(name).collect()
        }
        Some(_) => Vec::new(),
    }
}

/// Adds the resources to which a value of the type may hold handles.
fn add_resources(ty: &Type, all: &mut Vec<ResourceType>) {
    let mut parts = |parts: &mut dyn Iterator<Item = Type>| {
        parts.for_each(|ty| add_resources(&ty, all));
    };
    match ty {
        Type::Own(resource) | Type::Borrow(resource) => all.push(*resource),
        Type::List(list) => add_resources(&list.ty(), all),
        Type::Option(option) => add_resources(&option.ty(), all),
        Type::Record(record) => parts(&mut record.fields().map(|field| field.ty)),
        Type::Tuple(tuple) => parts(&mut tuple.types()),
        Type::Variant(variant) => parts(&mut variant.cases().filter_map(|case| case.ty)),
        Type::Result(result) => parts(&mut [result.ok(), result.err()].into_iter().flatten()),
        _ => {}
    }
}

/// Whether the function takes or returns handles of resources that the component itself defines. In an image they would
/// be numbers that any caller can make up, and the guest takes them for its own pointers.
fn carries_own_resources(component: &Component, func: &ComponentFunc) -> bool {
    let mut carried = Vec::new();
    let types = func.params().map(|(_, ty)| ty).chain(func.results());
    types.for_each(|ty| add_resources(&ty, &mut carried));
    if carried.is_empty() {
        return false;
    }
    let (engine, component) = (component.engine(), component.component_type());
    let mut imported = Vec::new();
    for (_, item) in component.imports(engine) {
        match item.ty {
            ComponentItem::Resource(resource) => imported.push(resource),
            ComponentItem::ComponentInstance(instance) => {
                let items = instance.exports(engine).map(|(_, item)| item.ty);
                imported.extend(items.filter_map(|item| match item {
                    ComponentItem::Resource(resource) => Some(resource),
                    _ => None,
                }));
            }
            _ => {}
        }
    }
    carried.iter().any(|resource| !imported.contains(resource))
}

/// An exported function; `iface` is empty for one at the top.
pub fn find(component: &Component, iface: &str, name: &str) -> Result<ComponentExportIndex> {
    let parent = match iface {
        "" => None,
        iface => match component.get_export(None, iface) {
            Some((ComponentItem::ComponentInstance(_), index)) => Some(index),
            _ => bail!(
                "the component exports no interface {iface}; {}",
                near(iface, exported(component, None, is_interface))
            ),
        },
    };
    let found = component.get_export(parent.as_ref(), name);
    let place = if iface.is_empty() {
        "the component"
    } else {
        iface
    };
    match found {
        Some((ComponentItem::ComponentFunc(func), _)) if func.async_() => {
            bail!("{place} has {name} as an async function, which needs WASI 0.3")
        }
        Some((ComponentItem::ComponentFunc(func), _))
            if carries_own_resources(component, &func) =>
        {
            bail!(
                "{name} of {place} takes or returns a resource that the component defines, which a call cannot carry"
            )
        }
        Some((ComponentItem::ComponentFunc(_), index)) => Ok(index),
        _ => {
            let names = exported(component, parent.map(|_| iface), is_func);
            Err(format_err!(
                "{place} has no function {name}; {}",
                near(name, names)
            ))
        }
    }
}

/// # Safety
/// `component` must be valid, the names readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_func_find(
    component: *const Component,
    iface: Slice,
    name: Slice,
    fail: Fail,
    user: User,
) -> *mut ComponentExportIndex {
    boxed(fail, user, || unsafe {
        find(&*component, iface.text()?, name.text()?)
    })
}

/// # Safety
/// `func` comes from [`eng_func_find`] and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_func_free(func: *mut ComponentExportIndex) {
    unsafe { free(func) }
}
