//! Types compiled once per tuple into flat lists of steps, so that moving a value costs work only where
//! its bytes need any.
//!
//! An image has the layout of guest memory. So a value moves as one copy of its bytes, and the steps
//! name what remains to be done in that copy: pointers to follow, discriminants, chars and bools to
//! check, padding and the rest of inactive cases to clear. Everything else (numbers, whole lists of
//! them) has no step at all.
//!
//! * `shape` reads types (wasmtime's internal ones, or the public ones) into one small form;
//! * `compile` turns shapes into steps;
//! * `lift`, `lower` and `check` run them: guest to image, image to guest, image alone; `walk` is what the first and the last
//!   have in common.
mod cache;
pub(crate) mod check;
mod compile;
pub(crate) mod lift;
pub(crate) mod lower;
mod shape;
mod short;
mod walk;

pub(crate) use cache::program;
pub use check::Validator;
pub(crate) use shape::{Kind, ShapeId, Shapes, discriminant};

use std::sync::atomic::{AtomicU32, Ordering};
use wasmtime::component::__internal::wasmtime_environ::component::TypeResourceTableIndex;

/// Bytes of a discriminant or a flags word: 1, 2 or 4.
type Width = u8;

/// Index of a block of its program.
type BlockId = u32;

/// What one place of a value in memory needs beyond being copied. `at` counts from the start of the
/// block that holds the step.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Clears the bits outside `keep` of the `width` bytes at `at`: padding, unused flags.
    Mask {
        at: u32,
        width: Width,
        keep: u64,
    },
    /// Clears a longer stretch: the bytes that the active case does not use.
    Zero {
        at: u32,
        len: u32,
    },
    Bool {
        at: u32,
    },
    Char {
        at: u32,
    },
    Enum {
        at: u32,
        width: Width,
        count: u32,
    },
    /// `count` cases; the block of case `n` is `cases[first + n]`, relative to the variant's start.
    Variant {
        at: u32,
        width: Width,
        first: u32,
        count: u32,
    },
    Str {
        at: u32,
    },
    List {
        at: u32,
        element: BlockId,
    },
    /// A large record, kept apart so that types which repeat it do not multiply its steps.
    Block {
        at: u32,
        block: BlockId,
    },
    Own {
        at: u32,
        table: Option<TypeResourceTableIndex>,
    },
    Borrow {
        at: u32,
        table: Option<TypeResourceTableIndex>,
    },
}

/// The steps of one type in memory.
#[derive(Debug, Default)]
struct Block {
    size: usize,
    align: usize,
    /// Guest to image, and the check of an image.
    lift: Box<[Step]>,
    /// Image to guest: the same without what only keeps images clean.
    lower: Box<[Step]>,
}

/// How one flat core value relates to the bytes at `at`.
#[derive(Clone, Copy, Debug)]
struct FlatStep {
    slot: u32,
    at: u32,
    op: FlatOp,
}

#[derive(Clone, Copy, Debug)]
enum FlatOp {
    /// Integers and floats: the low `0` bytes of the slot. Also right where a variant joined them into
    /// a wider slot.
    Bits(Width),
    /// Narrow signed integers: sign-extended to 32 bits on their way to the guest.
    Signed(Width),
    Flags {
        width: Width,
        keep: u32,
    },
    Bool,
    Char,
    Enum {
        width: Width,
        count: u32,
    },
    /// The discriminant; `slots` more belong to the payload, whose steps are in
    /// `flat_cases[first + case]`, relative to the variant's own slot and offset.
    Variant {
        width: Width,
        first: u32,
        count: u32,
        slots: u32,
    },
    Str,
    List {
        element: BlockId,
    },
    Own {
        table: Option<TypeResourceTableIndex>,
    },
    Borrow {
        table: Option<TypeResourceTableIndex>,
    },
}

/// A parameter or result tuple, compiled.
#[derive(Debug)]
pub(crate) struct Program {
    blocks: Box<[Block]>,
    cases: Box<[BlockId]>,
    flats: Box<[Box<[FlatStep]>]>,
    flat_cases: Box<[u32]>,
    /// The tuple in memory.
    root: BlockId,
    /// The tuple as flat values; meaningless when `flat_count` exceeds `MAX_FLAT`.
    flat_root: u32,
    flat_count: usize,
    /// Size of the last image lifted, as far as it is a sensible first capacity for the next one.
    last_size: AtomicU32,
}

/// No tuple of more values than this is ever flat.
const MAX_FLAT: usize = 16;

/// More capacity than this is never reserved ahead: one large value must not make all later ones large.
const MAX_CAPACITY: usize = 64 << 10;

impl Program {
    fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id as usize]
    }

    fn root(&self) -> &Block {
        self.block(self.root)
    }

    fn flat(&self, id: u32) -> &[FlatStep] {
        &self.flats[id as usize]
    }

    /// Number of flat values when they are at most `max`, else the tuple travels through memory.
    pub(crate) fn flat_count(&self, max: usize) -> Option<usize> {
        (self.flat_count <= max.min(MAX_FLAT)).then_some(self.flat_count)
    }

    fn capacity(&self) -> usize {
        (self.last_size.load(Ordering::Relaxed) as usize).max(self.root().size)
    }

    fn lifted(&self, size: usize) {
        self.last_size
            .store(size.min(MAX_CAPACITY) as u32, Ordering::Relaxed);
    }
}

/// The little-endian number in the `width` bytes at `at`. The caller has checked that they exist.
#[inline(always)]
fn read(bytes: &[u8], at: usize, width: Width) -> u64 {
    match width {
        1 => u64::from(bytes[at]),
        2 => u64::from(u16::from_le_bytes(array(bytes, at))),
        4 => u64::from(u32::from_le_bytes(array(bytes, at))),
        _ => u64::from_le_bytes(array(bytes, at)),
    }
}

#[inline(always)]
fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[at..at + N]);
    array
}

#[inline(always)]
fn write(bytes: &mut [u8], at: usize, width: Width, value: u64) {
    match width {
        1 => bytes[at] = value as u8,
        2 => bytes[at..at + 2].copy_from_slice(&(value as u16).to_le_bytes()),
        4 => bytes[at..at + 4].copy_from_slice(&(value as u32).to_le_bytes()),
        _ => bytes[at..at + 8].copy_from_slice(&value.to_le_bytes()),
    }
}

/// The (pointer, length) pair at `at`.
#[inline(always)]
fn pair(bytes: &[u8], at: usize) -> (usize, usize) {
    let both = u64::from_le_bytes(array(bytes, at));
    ((both & 0xffff_ffff) as usize, (both >> 32) as usize)
}

/// The bytes of a (pointer, length) pair.
#[inline(always)]
fn make_pair(at: u64, len: u64) -> u64 {
    at | len << 32
}

/// `len` bytes at `at`, if they exist.
#[inline(always)]
fn range(bytes: &[u8], at: usize, len: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(len)?)
}
