//! The parameters or the result of a function as text: [`crate::wave`] behind the C boundary.
use crate::ffi::{Fail, Slice, Text, User, attempt};
use crate::image::Image;
use crate::linker::import_item;
use crate::wave::Wave;
use wasmtime::component::Component;
use wasmtime::component::types::{ComponentFunc, ComponentItem, Type};
use wasmtime::{Result, format_err};

#[repr(u32)]
#[derive(Clone, Copy, PartialEq)]
pub enum Side {
    Params = 0,
    Result = 1,
}

fn export_item(component: &Component, iface: &str, name: &str) -> Option<ComponentItem> {
    let (engine, ty) = (component.engine(), component.component_type());
    if iface.is_empty() {
        return Some(ty.get_export(engine, name)?.ty);
    }
    match ty.get_export(engine, iface)?.ty {
        ComponentItem::ComponentInstance(instance) => Some(instance.get_export(engine, name)?.ty),
        _ => None,
    }
}

fn function(component: &Component, iface: &str, name: &str) -> Result<ComponentFunc> {
    let exported = export_item(component, iface, name);
    match exported.or_else(|| import_item(component, iface, name).ok()) {
        Some(ComponentItem::ComponentFunc(func)) => Ok(func),
        _ => Err(format_err!(
            "the component has no function {name} in {iface}"
        )),
    }
}

fn wave(component: &Component, iface: &str, name: &str, side: Side) -> Result<(Wave, usize)> {
    let func = function(component, iface, name)?;
    let types: Vec<Type> = match side {
        Side::Params => func.params().map(|(_, ty)| ty).collect(),
        Side::Result => func.results().collect(),
    };
    let count = types.len();
    Ok((Wave::new(types)?, count))
}

pub fn print(
    component: &Component,
    iface: &str,
    name: &str,
    side: Side,
    image: &[u8],
) -> Result<String> {
    let (wave, count) = wave(component, iface, name, side)?;
    let tuple = wave.print(image)?;
    Ok(match (side, count) {
        (Side::Params, _) => tuple,
        (Side::Result, 0) => String::new(),
        // A result is a value, not a tuple of one.
        (Side::Result, _) => tuple[1..tuple.len() - 1].to_string(),
    })
}

pub fn parse(
    component: &Component,
    iface: &str,
    name: &str,
    side: Side,
    text: &str,
) -> Result<Image> {
    let (wave, count) = wave(component, iface, name, side)?;
    let parsed = match (side, count) {
        (Side::Params, _) => wave.parse(text),
        (Side::Result, 0) if text.trim().is_empty() => wave.parse("()"),
        (Side::Result, _) => wave.parse(&format!("({text})")).map_err(|mut error| {
            if error.line == 1 {
                error.column = (error.column - 1).max(1);
            }
            error
        }),
    };
    Ok(parsed?)
}

/// # Safety
/// `component` must be valid, the slices readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_wave_print(
    component: *const Component,
    iface: Slice,
    name: Slice,
    side: Side,
    image: Slice,
    text: Text,
    text_user: User,
    fail: Fail,
    user: User,
) -> bool {
    attempt(fail, user, || {
        let (iface, name) = unsafe { (iface.text()?, name.text()?) };
        let printed = print(unsafe { &*component }, iface, name, side, unsafe {
            image.bytes()
        })?;
        text(text_user, printed.as_str().into());
        Ok(())
    })
    .is_some()
}

/// # Safety
/// `component` must be valid, the slices readable, `image` writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_wave_parse(
    component: *const Component,
    iface: Slice,
    name: Slice,
    side: Side,
    text: Slice,
    image: *mut Image,
    fail: Fail,
    user: User,
) -> bool {
    let parsed = attempt(fail, user, || {
        let (iface, name) = unsafe { (iface.text()?, name.text()?) };
        parse(unsafe { &*component }, iface, name, side, unsafe {
            text.text()?
        })
    });
    match parsed {
        Some(parsed) => {
            // C++ need not have initialised it.
            unsafe { image.write(parsed) };
            true
        }
        None => false,
    }
}
