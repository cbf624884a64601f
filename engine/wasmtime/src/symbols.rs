//! From an offset in a component's binary to function, file and line. Done off the guest's path and outside of Wasmtime, so that
//! artifacts carry no DWARF and traps stay cheap.
use crate::ffi::{Fail, Slice, User, boxed, entry, free};
use crate::report::demangled;
use crate::sync::lock;
use addr2line::Context;
use gimli::{Dwarf, EndianReader, LittleEndian};
use std::ops::Range;
use std::sync::{Arc, Mutex};
use wasmparser::{Encoding, Name, Parser, Payload, TypeRef};
use wasmtime::Result;

type Reader = EndianReader<LittleEndian, Arc<[u8]>>;

/// One core module of the component.
#[derive(Default)]
struct Module {
    /// The code section's contents: DWARF counts from its start.
    code: Range<usize>,
    imported: u32,
    /// Where each defined function lies, in order.
    bodies: Vec<Range<usize>>,
    /// DWARF sections.
    sections: Vec<(String, Range<usize>)>,
    names: Option<Range<usize>>,
    loaded: Mutex<Option<Loaded>>,
}

struct Loaded {
    context: Option<Context<Reader>>,
    /// (function, name), by function.
    names: Vec<(u32, String)>,
}

pub struct Symbols {
    wasm: Vec<u8>,
    modules: Vec<Module>,
}

/// One line of a resolved stack.
#[derive(Debug, PartialEq)]
pub struct Place {
    pub function: String,
    pub file: String,
    pub line: u32,
    pub column: u32,
}

fn modules(wasm: &[u8]) -> Result<Vec<Module>> {
    let mut done = Vec::new();
    // Modules and components nest.
    let mut open: Vec<Option<Module>> = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let Payload::Version { encoding, .. } = &payload {
            open.push(matches!(encoding, Encoding::Module).then(Module::default));
            continue;
        }
        if let Payload::End(_) = &payload {
            done.extend(open.pop().flatten());
            continue;
        }
        let Some(Some(module)) = open.last_mut() else {
            continue;
        };
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let function = matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
                    module.imported += u32::from(function);
                }
            }
            Payload::CodeSectionStart { range, .. } => module.code = range,
            Payload::CodeSectionEntry(body) => module.bodies.push(body.range()),
            Payload::CustomSection(section) if section.name() == "name" => {
                module.names = Some(section.data_offset()..section.range().end);
            }
            Payload::CustomSection(section) if section.name().starts_with(".debug_") => {
                let range = section.data_offset()..section.range().end;
                module.sections.push((section.name().to_string(), range));
            }
            _ => {}
        }
    }
    Ok(done)
}

impl Module {
    fn load(&self, wasm: &[u8]) -> Loaded {
        let section = |id: gimli::SectionId| -> Result<Reader, gimli::Error> {
            let found = self.sections.iter().find(|(name, _)| name == id.name());
            let bytes = found.map_or(&[][..], |(_, range)| &wasm[range.clone()]);
            Ok(EndianReader::new(bytes.into(), LittleEndian))
        };
        let context = match self.sections.is_empty() {
            true => None,
            false => Dwarf::load(section).and_then(Context::from_dwarf).ok(),
        };
        Loaded {
            context,
            names: self.names(wasm).unwrap_or_default(),
        }
    }

    fn names(&self, wasm: &[u8]) -> Option<Vec<(u32, String)>> {
        let range = self.names.clone()?;
        let reader = wasmparser::BinaryReader::new(&wasm[range.clone()], range.start);
        let mut names = Vec::new();
        for name in wasmparser::NameSectionReader::new(reader) {
            if let Ok(Name::Function(map)) = name {
                let all = map.into_iter().filter_map(|naming| naming.ok());
                names.extend(all.map(|naming| (naming.index, demangled(naming.name))));
            }
        }
        Some(names)
    }

    fn find(&self, wasm: &[u8], offset: usize) -> Vec<Place> {
        let mut loaded = lock(&self.loaded);
        let loaded = loaded.get_or_insert_with(|| self.load(wasm));
        let address = (offset - self.code.start) as u64;
        let known = loaded
            .context
            .as_ref()
            .map(|context| lines(context, address));
        if let Some(places) = known.filter(|places| !places.is_empty()) {
            return places;
        }
        let body = self.bodies.iter().position(|body| body.contains(&offset));
        let index = body.map(|body| body as u32 + self.imported);
        let name = loaded.names.iter().find(|(i, _)| Some(*i) == index);
        let name = name.map(|(_, name)| name.clone());
        vec![Place {
            function: name
                .or(index.map(|i| format!("function {i}")))
                .unwrap_or_default(),
            file: String::new(),
            line: 0,
            column: 0,
        }]
    }
}

fn lines(context: &Context<Reader>, address: u64) -> Vec<Place> {
    let mut places = Vec::new();
    let Ok(mut frames) = context.find_frames(address).skip_all_loads() else {
        return places;
    };
    while let Ok(Some(frame)) = frames.next() {
        let name = frame.function.as_ref().and_then(|f| f.raw_name().ok());
        let at = frame.location;
        places.push(Place {
            function: name.map_or(String::new(), |name| demangled(&name)),
            file: at.as_ref().and_then(|at| at.file).unwrap_or("").to_string(),
            line: at.as_ref().and_then(|at| at.line).unwrap_or(0),
            column: at.as_ref().and_then(|at| at.column).unwrap_or(0),
        });
    }
    places.retain(|place| !place.function.is_empty() || place.line != 0);
    places
}

impl Symbols {
    pub fn new(wasm: &[u8]) -> Result<Symbols> {
        Ok(Symbols {
            modules: modules(wasm)?,
            wasm: wasm.to_vec(),
        })
    }

    /// Innermost inlined function first; empty when no module has code there.
    pub fn find(&self, offset: usize) -> Vec<Place> {
        let module = self.modules.iter().find(|m| m.code.contains(&offset));
        module.map_or(Vec::new(), |module| module.find(&self.wasm, offset))
    }
}

/// # Safety
/// `wasm` must be readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_symbols_new(wasm: Slice, fail: Fail, user: User) -> *mut Symbols {
    boxed(fail, user, || Symbols::new(unsafe { wasm.bytes() }))
}

/// # Safety
/// `symbols` comes from [`eng_symbols_new`] and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_symbols_free(symbols: *mut Symbols) {
    unsafe { free(symbols) }
}

/// # Safety
/// `symbols` must be valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_symbols_find(
    symbols: *const Symbols,
    offset: usize,
    found: extern "C" fn(User, Slice, Slice, u32, u32),
    user: User,
) -> bool {
    entry(false, || {
        let places = unsafe { &*symbols }.find(offset);
        for place in &places {
            let (function, file) = (place.function.as_str(), place.file.as_str());
            found(user, function.into(), file.into(), place.line, place.column);
        }
        !places.is_empty()
    })
}
