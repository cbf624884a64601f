//! The way through the steps of an image that lies in one piece: the same for mending a lifted one and for checking one
//! from outside.
use super::lift::{checked_case, checked_char};
use super::{BlockId, Program, Step, Width, read};
use wasmtime::Result;
use wasmtime::component::__internal::wasmtime_environ::component::TypeResourceTableIndex;

/// What is done at the leaves; `at` counts from the start of the image, where the bytes exist.
pub(super) trait Leaves {
    fn image(&self) -> &[u8];
    fn mask(&mut self, at: usize, width: Width, keep: u64) -> Result<()>;
    fn zero(&mut self, at: usize, len: usize) -> Result<()>;
    fn bool(&mut self, at: usize) -> Result<()>;
    fn string(&mut self, at: usize) -> Result<()>;
    /// Walks the elements, too.
    fn list(&mut self, at: usize, element: BlockId) -> Result<()>;
    fn own(&mut self, at: usize, table: Option<TypeResourceTableIndex>) -> Result<()>;
    fn borrow(&mut self, at: usize, table: Option<TypeResourceTableIndex>) -> Result<()>;
}

/// Visits the value of the type `block` at `base`.
pub(super) fn walk<L: Leaves>(
    leaves: &mut L,
    program: &Program,
    block: BlockId,
    base: usize,
) -> Result<()> {
    for step in &program.block(block).lift {
        match *step {
            Step::Mask { at, width, keep } => leaves.mask(base + at as usize, width, keep)?,
            Step::Zero { at, len } => leaves.zero(base + at as usize, len as usize)?,
            Step::Bool { at } => leaves.bool(base + at as usize)?,
            Step::Char { at } => {
                checked_char(read(leaves.image(), base + at as usize, 4) as u32)?;
            }
            Step::Enum { at, width, count } => {
                checked_case(read(leaves.image(), base + at as usize, width), count)?;
            }
            Step::Variant {
                at,
                width,
                first,
                count,
            } => {
                let at = base + at as usize;
                let case = checked_case(read(leaves.image(), at, width), count)?;
                walk(leaves, program, program.cases[(first + case) as usize], at)?;
            }
            Step::Str { at } => leaves.string(base + at as usize)?,
            Step::List { at, element } => leaves.list(base + at as usize, element)?,
            Step::Block { at, block } => walk(leaves, program, block, base + at as usize)?,
            Step::Own { at, table } => leaves.own(base + at as usize, table)?,
            Step::Borrow { at, table } => leaves.borrow(base + at as usize, table)?,
        }
    }
    Ok(())
}
