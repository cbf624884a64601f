//! What a file is, before anything is compiled, and the WIT of a component as text.
use crate::ffi::{Fail, Slice, Text, User, attempt, entry};
use wasmparser::{Parser, Validator, WasmFeatures};
use wasmtime::{Result, bail, format_err};
use wit_component::{DecodedWasm, WitPrinter};

#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Component = 0,
    Module = 1,
    Text = 2,
    Empty = 3,
    Other = 4,
    Broken = 5,
    Async = 6,
}

const MAGIC: &[u8] = b"\0asm";

/// WebAssembly text starts with a parenthesis, after comments.
fn looks_like_text(wasm: &[u8]) -> bool {
    let mut rest = wasm.trim_ascii_start();
    while rest.starts_with(b";;") {
        let line = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
        rest = rest[line..].trim_ascii_start();
    }
    let inner = rest.strip_prefix(b"(").map(<[u8]>::trim_ascii_start);
    inner.is_some_and(|inner| {
        let words: [&[u8]; 3] = [b"module", b"component", b";"];
        words.iter().any(|word| inner.starts_with(word))
    })
}

fn validate(wasm: &[u8], features: WasmFeatures) -> Result<(), String> {
    let validated = Validator::new_with_features(features).validate_all(wasm);
    validated.map(drop).map_err(|error| error.to_string())
}

/// The kind of a file, and what else there is to say.
pub fn kind(wasm: &[u8]) -> (Kind, String) {
    if wasm.is_empty() {
        return (Kind::Empty, String::new());
    }
    if !wasm.starts_with(MAGIC) {
        if MAGIC.starts_with(wasm) {
            let text = format!("only {} bytes", wasm.len());
            return (Kind::Broken, text);
        }
        let kind = match looks_like_text(wasm) {
            true => Kind::Text,
            false => Kind::Other,
        };
        return (kind, String::new());
    }
    if wasm.len() < 8 {
        return (Kind::Broken, format!("only {} bytes", wasm.len()));
    }
    let asynchronous = WasmFeatures::CM_ASYNC
        | WasmFeatures::CM_ASYNC_STACKFUL
        | WasmFeatures::CM_MORE_ASYNC_BUILTINS
        | WasmFeatures::CM_THREADING
        | WasmFeatures::CM_ERROR_CONTEXT;
    let usual = WasmFeatures::default().difference(asynchronous);
    let sort = match Parser::is_component(wasm) {
        true => Kind::Component,
        false if Parser::is_core_wasm(wasm) => Kind::Module,
        false => {
            let text = format!("unknown version {:?} of the format", &wasm[4..8]);
            return (Kind::Broken, text);
        }
    };
    match validate(wasm, usual) {
        Ok(()) => (sort, String::new()),
        Err(error) => match validate(wasm, usual | asynchronous) {
            Ok(()) => (Kind::Async, error),
            Err(error) => (Kind::Broken, error),
        },
    }
}

/// # Safety
/// `wasm` must be readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_wasm_kind(wasm: Slice, detail: Fail, user: User) -> Kind {
    entry(Kind::Broken, || {
        let (kind, text) = kind(unsafe { wasm.bytes() });
        if !text.is_empty() {
            detail.say(user, &text);
        }
        kind
    })
}

/// The component's world, and the packages that it names but WASI's own.
pub fn wit_text(wasm: &[u8]) -> Result<String> {
    let decoded = wit_component::decode(wasm).map_err(|error| format_err!("{error:#}"))?;
    let DecodedWasm::Component(resolve, world) = decoded else {
        bail!("this is a WIT package, not a component")
    };
    let Some(main) = resolve.worlds[world].package else {
        bail!("the component's world has no package")
    };
    let nested: Vec<_> = resolve
        .packages
        .iter()
        .filter(|(id, package)| *id != main && package.name.namespace != "wasi")
        .map(|(id, _)| id)
        .collect();
    let mut printer = WitPrinter::default();
    printer
        .print(&resolve, main, &nested)
        .map_err(|error| format_err!("{error:#}"))?;
    Ok(printer.output.to_string())
}

/// # Safety
/// `wasm` must be readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_wit_text(
    wasm: Slice,
    text: Text,
    text_user: User,
    fail: Fail,
    user: User,
) -> bool {
    attempt(fail, user, || {
        let wit = wit_text(unsafe { wasm.bytes() })?;
        text(text_user, wit.as_str().into());
        Ok(())
    })
    .is_some()
}
