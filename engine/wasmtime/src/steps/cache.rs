//! Compiled tuples, found again by the address of their component's type tables.
//!
//! `Lift` and `Lower` are told only a component's type tables and the index of a tuple in them. Each
//! thread keeps what it has compiled under these two. An entry holds a weak reference to the tables:
//! while it exists their address cannot be given to other tables, so a hit is never a mistake, and the
//! component itself is not kept alive. Entries of dropped components are swept when the cache grows.
use super::Program;
use super::compile::compile;
use super::shape::Shapes;
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Weak};
use wasmtime::component::__internal::{ComponentTypes, InterfaceType};
use wasmtime::{Result, bail};

/// Before this many entries nothing is swept.
const FEW: usize = 64;

struct Entry {
    types: Weak<ComponentTypes>,
    program: Arc<Program>,
}

#[derive(Default)]
struct Cache {
    entries: HashMap<(usize, InterfaceType), Entry, BuildHasherDefault<Mix>>,
    sweep_at: usize,
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
}

/// A hash for an address and two small numbers, none of them chosen by an attacker.
#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes
            .iter()
            .for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn write_isize(&mut self, word: isize) {
        self.write_u64(word as u64);
    }
}

/// The steps of the tuple `ty`. `owner` answers the owner of `types`; it is asked only for a tuple that
/// this thread meets for the first time. An error when an image cannot carry the type.
pub(crate) fn program<'a>(
    types: &ComponentTypes,
    ty: InterfaceType,
    owner: impl FnOnce() -> &'a Arc<ComponentTypes>,
) -> Result<Arc<Program>> {
    let key = (std::ptr::from_ref(types).addr(), ty);
    let hit = CACHE.with_borrow(|cache| cache.entries.get(&key).map(|e| e.program.clone()));
    if let Some(program) = hit {
        return Ok(program);
    }
    let owner = owner();
    if !std::ptr::eq(Arc::as_ptr(owner), types) {
        bail!("the type tables have another owner");
    }
    let mut shapes = Shapes::default();
    let root = shapes.internal(types, ty)?;
    let abi = types.canonical_abi(&ty);
    let shape = shapes.get(root);
    if shape.size != abi.size32 as usize || shape.align != abi.align32 as usize {
        bail!("wasmtime lays out this type in another way");
    }
    let program = Arc::new(compile(&shapes, root));
    CACHE.with_borrow_mut(|cache| {
        if cache.entries.len() >= cache.sweep_at.max(FEW) {
            cache.entries.retain(|_, e| e.types.strong_count() > 0);
            cache.sweep_at = 2 * cache.entries.len();
        }
        let entry = Entry {
            types: Arc::downgrade(owner),
            program: program.clone(),
        };
        cache.entries.insert(key, entry);
    });
    Ok(program)
}
