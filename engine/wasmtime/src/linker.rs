//! What a component imports: WASI from here, everything else from C++ by image.
use crate::client::ClientSink;
use crate::completion::{Call, call};
use crate::dynabi::{DynRet, LentArgs};
use crate::ffi::{Fail, Slice, User, attempt, boxed, free};
use crate::host::Host;
use crate::image::Image;
use crate::{http_client, http_types, outbox, wasi};
use std::sync::Arc;
use wasmtime::component::types::{ComponentFunc, ComponentItem, Type};
use wasmtime::component::{Component, InstancePre, LinkerInstance, ResourceType};
use wasmtime::{Engine, Result, bail};

/// Starts a host import: it must only start work and return. `call` is owned and answered once, at once or later
/// from any thread; `args` is owned, and may be lent.
pub type ImportFn = extern "C" fn(user: User, call: *const Call, args: Image);
/// Tells that the guest dropped an own handle.
pub type DropFn = extern "C" fn(user: User, context: User, rep: u32);

pub struct Linker {
    pub linker: wasmtime::component::Linker<Host>,
    /// Host resources so far, each with its type in the component that imports it: an interface may name
    /// the resource of another one.
    resources: Vec<ResourceType>,
}

pub fn new_linker(engine: &Engine) -> Result<Linker> {
    let mut linker = wasmtime::component::Linker::new(engine);
    wasi::add_to_linker(&mut linker)?;
    http_types::add_to_linker(&mut linker)?;
    Ok(Linker {
        linker,
        resources: Vec::new(),
    })
}

/// Number of flat core values of a type. Wasmtime knows it but does not tell through its public API.
pub fn flat_count(ty: &Type) -> usize {
    let widest = |payloads: &mut dyn Iterator<Item = Option<Type>>| {
        1 + payloads
            .flatten()
            .map(|t| flat_count(&t))
            .max()
            .unwrap_or(0)
    };
    match ty {
        Type::String | Type::List(_) | Type::Map(_) => 2,
        Type::Record(r) => r.fields().map(|f| flat_count(&f.ty)).sum(),
        Type::Tuple(t) => t.types().map(|t| flat_count(&t)).sum(),
        Type::FixedLengthList(l) => (l.len() as usize).saturating_mul(flat_count(&l.ty())),
        Type::Variant(v) => widest(&mut v.cases().map(|c| c.ty)),
        Type::Option(o) => widest(&mut [Some(o.ty())].into_iter()),
        Type::Result(r) => widest(&mut [r.ok(), r.err()].into_iter()),
        Type::Flags(f) => f.names().count().div_ceil(32),
        _ => 1,
    }
}

/// The item `name` of the imported interface `iface`, or of the world when that is empty.
pub fn import_item(component: &Component, iface: &str, name: &str) -> Result<ComponentItem> {
    let (engine, ty) = (component.engine(), component.component_type());
    if iface.is_empty() {
        return match ty.get_import(engine, name) {
            Some(item) => Ok(item.ty),
            None => bail!("the component does not import {name}"),
        };
    }
    let Some(item) = ty.get_import(engine, iface) else {
        bail!("the component does not import {iface}")
    };
    let ComponentItem::ComponentInstance(instance) = item.ty else {
        bail!("{iface} is not an interface")
    };
    match instance.get_export(engine, name) {
        Some(item) => Ok(item.ty),
        None => bail!("the component imports no {name} of {iface}"),
    }
}

fn import<const N: usize, const M: usize>(
    linker: &mut LinkerInstance<'_, Host>,
    name: &str,
    start: ImportFn,
    user: User,
    off_fiber: bool,
) -> Result<()> {
    linker.func_wrap_async(name, move |mut store, args: LentArgs<N>| {
        let host = store.data_mut().enter();
        if let Err(refusal) = host.held.fits(args.len() as u64) {
            return Box::new(std::future::ready(Err(refusal.into())));
        }
        let (handle, answer) = call(host.context());
        let args = args.of(&handle);
        if off_fiber {
            outbox::put(start, user, Arc::into_raw(handle), args);
        } else {
            start(user, Arc::into_raw(handle), args);
        }
        Box::new(async move { Ok(DynRet::<M>(answer.await?.into())) })
    })
}

/// Picks the instance of `import` whose static shape matches the function's flat counts. Values that travel through memory do
/// not care, so anything wide maps to 0.
fn define(
    linker: &mut LinkerInstance<'_, Host>,
    func: &ComponentFunc,
    name: &str,
    start: ImportFn,
    user: User,
    off_fiber: bool,
) -> Result<()> {
    let params: usize = func.params().map(|(_, ty)| flat_count(&ty)).sum();
    let results: usize = func.results().map(|ty| flat_count(&ty)).sum();
    macro_rules! shapes {
        ($($n:literal)*) => {
            match (if params <= 16 { params } else { 0 }, results) {
                $(($n, 1) => import::<$n, 1>(linker, name, start, user, off_fiber),
                  ($n, _) => import::<$n, 0>(linker, name, start, user, off_fiber),)*
                _ => unreachable!("at most 16 flat parameters"),
            }
        };
    }
    shapes!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
}

/// # Safety
/// `engine` must be valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_linker_new(
    engine: *const Engine,
    fail: Fail,
    user: User,
) -> *mut Linker {
    boxed(fail, user, || new_linker(unsafe { &*engine }))
}

/// # Safety
/// `linker` comes from [`eng_linker_new`] and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_linker_free(linker: *mut Linker) {
    unsafe { free(linker) }
}

impl Linker {
    fn place(&mut self, iface: &str) -> Result<LinkerInstance<'_, Host>> {
        match iface {
            "" => Ok(self.linker.root()),
            iface => self.linker.instance(iface),
        }
    }

    /// The number that tells this resource type from the others of the linker.
    fn resource_number(&mut self, ty: ResourceType) -> u32 {
        let known = self.resources.iter().position(|known| *known == ty);
        let number = known.unwrap_or_else(|| {
            self.resources.push(ty);
            self.resources.len() - 1
        });
        number as u32
    }
}

/// Defines the function `name` of the interface `iface` as `component` imports it.
///
/// # Safety
/// `linker` and `component` must be valid, the names readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_linker_func(
    linker: *mut Linker,
    component: *const Component,
    iface: Slice,
    name: Slice,
    start: ImportFn,
    start_user: User,
    off_fiber: bool,
    fail: Fail,
    user: User,
) -> bool {
    attempt(fail, user, || {
        let (linker, component) = unsafe { (&mut *linker, &*component) };
        let (iface, name) = unsafe { (iface.text()?, name.text()?) };
        match import_item(component, iface, name)? {
            ComponentItem::ComponentFunc(func) if func.async_() => {
                bail!("{iface} {name} is an async function, which needs WASI 0.3")
            }
            ComponentItem::ComponentFunc(func) => {
                let mut place = linker.place(iface)?;
                define(&mut place, &func, name, start, start_user, off_fiber)
            }
            _ => bail!("{iface} {name} is not a function"),
        }
    })
    .is_some()
}

/// Defines `iface`, a version of `wasi:http/outgoing-handler`, by what takes its requests.
///
/// # Safety
/// `linker` must be valid, the name readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_linker_http(
    linker: *mut Linker,
    iface: Slice,
    sink: ClientSink,
    fail: Fail,
    user: User,
) -> bool {
    attempt(fail, user, || {
        let (linker, iface) = unsafe { (&mut *linker, iface.text()?) };
        http_client::define_handler(&mut linker.place(iface)?, sink)
    })
    .is_some()
}

/// Defines the resource `name` of the interface `iface`; `dropped` hears of handles that the guest drops.
///
/// # Safety
/// `linker` and `component` must be valid, the names readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_linker_resource(
    linker: *mut Linker,
    component: *const Component,
    iface: Slice,
    name: Slice,
    dropped: DropFn,
    drop_user: User,
    fail: Fail,
    user: User,
) -> bool {
    attempt(fail, user, || {
        let (linker, component) = unsafe { (&mut *linker, &*component) };
        let (iface, name) = unsafe { (iface.text()?, name.text()?) };
        let ComponentItem::Resource(ty) = import_item(component, iface, name)? else {
            bail!("{iface} {name} is not a resource")
        };
        let ty = ResourceType::host_dynamic(linker.resource_number(ty));
        linker
            .place(iface)?
            .resource(name, ty, move |mut store, rep| {
                let user = drop_user;
                dropped(user, store.data_mut().enter().context(), rep);
                Ok(())
            })
    })
    .is_some()
}

/// # Safety
/// `linker` and `component` must be valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_pre_new(
    linker: *const Linker,
    component: *const Component,
    fail: Fail,
    user: User,
) -> *mut InstancePre<Host> {
    boxed(fail, user, || {
        unsafe { &*linker }
            .linker
            .instantiate_pre(unsafe { &*component })
    })
}

/// # Safety
/// `pre` comes from [`eng_pre_new`] and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_pre_free(pre: *mut InstancePre<Host>) {
    unsafe { free(pre) }
}
