//! Guest to image.
use super::short::{SHORT, check_utf8, copy};
use super::walk::{Leaves, walk};
use super::{BlockId, FlatOp, Program, Width, make_pair, pair, range, read, write};
use crate::image::Tail;
use wasmtime::component::__internal::wasmtime_environ::component::{
    StringEncoding, TypeResourceTableIndex,
};
use wasmtime::component::__internal::{InterfaceType, LiftContext};
use wasmtime::component::Lift;
use wasmtime::{Result, ValRaw, bail};

/// Lists of plain values from this size on may stay in the guest's memory.
const LEND_FROM: usize = 64 << 10;

/// Whether a large list may stay where it is, for it will be read while the guest waits.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Lists {
    Copied,
    Lent,
}

/// An image, and its end where that is lent.
type Lifted = (Vec<u8>, Option<Tail>);

/// Lifts the tuple of `program` from flat core values.
pub(crate) fn from_flat(
    cx: &mut LiftContext<'_>,
    program: &Program,
    src: &[ValRaw],
    lists: Lists,
) -> Result<Lifted> {
    if src.len() < program.flat_count {
        bail!(
            "expected {} flat values, found {}",
            program.flat_count,
            src.len()
        );
    }
    let mut lifter = Lifter::new(cx, program, lists);
    lifter.out.resize(program.root().size, 0);
    lifter.flat(program.flat_root, src, 0)?;
    lifter.finish()
}

/// Lifts the tuple of `program` from guest memory at `at`, which is not yet checked.
pub(crate) fn from_memory(
    cx: &mut LiftContext<'_>,
    program: &Program,
    at: usize,
    lists: Lists,
) -> Result<Lifted> {
    let mut lifter = Lifter::new(cx, program, lists);
    let root = program.root();
    let bytes = lifter.guest(at, root.size, root.align)?;
    lifter.out.extend_from_slice(bytes);
    lifter.mend(program.root, 0)?;
    lifter.finish()
}

/// Appends what guest pointers point to. A value's bytes are copied as they are and then mended in
/// place, so a guest address is checked once, when its bytes are copied.
struct Lifter<'a, 'b> {
    cx: &'a mut LiftContext<'b>,
    program: &'a Program,
    memory: &'b [u8],
    utf8: bool,
    out: Vec<u8>,
    lists: Lists,
    lent: Option<LentList<'b>>,
}

/// The one list that is not copied. It becomes the end of the image, whose place is known last.
struct LentList<'b> {
    /// Of its (pointer, count) pair.
    pair: usize,
    count: usize,
    align: usize,
    bytes: &'b [u8],
}

impl<'a, 'b> Lifter<'a, 'b> {
    #[inline(always)]
    fn new(cx: &'a mut LiftContext<'b>, program: &'a Program, lists: Lists) -> Self {
        Lifter {
            memory: cx.memory(),
            utf8: cx.options().string_encoding == StringEncoding::Utf8,
            cx,
            program,
            out: Vec::with_capacity(program.capacity()),
            lists,
            lent: None,
        }
    }

    #[inline(always)]
    fn finish(mut self) -> Result<Lifted> {
        self.program.lifted(self.out.len());
        let tail = match self.lent.take() {
            Some(lent) => Some(self.place(&lent)?),
            None => None,
        };
        Ok((self.out, tail))
    }

    /// Where a list of that size would come next in the image.
    #[inline(always)]
    fn end(&self, align: usize, size: usize) -> Result<usize> {
        let at = self.out.len().next_multiple_of(align);
        if at + size > u32::MAX as usize {
            bail!("the image exceeds 4 GiB");
        }
        Ok(at)
    }

    #[cold]
    #[inline(never)]
    fn place(&mut self, lent: &LentList<'b>) -> Result<Tail> {
        let at = self.end(lent.align, lent.bytes.len())?;
        self.put(lent.pair, 8, make_pair(at as u64, lent.count as u64));
        Ok(Tail::new(at, lent.bytes))
    }

    #[inline(always)]
    fn guest(&self, at: usize, size: usize, align: usize) -> Result<&'b [u8]> {
        if at & (align - 1) != 0 {
            bail!("pointer not aligned");
        }
        match range(self.memory, at, size) {
            Some(bytes) => Ok(bytes),
            None => bail!("pointer out of bounds of memory"),
        }
    }

    #[inline(always)]
    fn put(&mut self, at: usize, width: Width, value: u64) {
        write(&mut self.out, at, width, value);
    }

    /// Appends a payload and answers its (offset, count) pair.
    #[inline(always)]
    fn append(&mut self, align: usize, bytes: &[u8], count: usize) -> Result<u64> {
        let at = self.end(align, bytes.len())?;
        if bytes.len() <= SHORT {
            self.out.resize(at + bytes.len(), 0);
            copy(bytes, &mut self.out[at..]);
            return Ok(make_pair(at as u64, count as u64));
        }
        if at > self.out.len() {
            self.out.reserve(at - self.out.len() + bytes.len());
            self.out.resize(at, 0);
        }
        self.out.extend_from_slice(bytes);
        Ok(make_pair(at as u64, count as u64))
    }

    #[inline(always)]
    fn copy_string(&mut self, ptr: usize, len: usize) -> Result<u64> {
        if !self.utf8 {
            return self.transcoded(ptr, len);
        }
        let bytes = self.guest(ptr, len, 1)?;
        self.cx.consume_fuel(len)?;
        check_utf8(bytes)?;
        self.append(1, bytes, len)
    }

    /// A string of a guest that does not use UTF-8.
    #[cold]
    fn transcoded(&mut self, ptr: usize, len: usize) -> Result<u64> {
        let pair = [ValRaw::u32(ptr as u32), ValRaw::u32(len as u32)];
        let text = String::linear_lift_from_flat(self.cx, InterfaceType::String, &pair)?;
        self.append(1, text.as_bytes(), text.len())
    }

    /// The image's pair for the list to which the guest's pair `(ptr, count)` points, which will stand at `at`.
    fn copy_list(&mut self, element: BlockId, ptr: usize, count: usize, at: usize) -> Result<u64> {
        let block = self.program.block(element);
        // Both factors are below 2^32.
        let total = block.size * count;
        let bytes = self.guest(ptr, total, block.align)?;
        self.cx.consume_fuel(total)?;
        let lent = total >= LEND_FROM && self.lists == Lists::Lent && block.lift.is_empty();
        if lent && self.lent.is_none() {
            let (pair, align) = (at, block.align);
            self.lent = Some(LentList {
                pair,
                count,
                align,
                bytes,
            });
            return Ok(0);
        }
        let pair = self.append(block.align, bytes, count)?;
        if !block.lift.is_empty() {
            let mut at = self.out.len() - total;
            for _ in 0..count {
                self.mend(element, at)?;
                at += block.size;
            }
        }
        Ok(pair)
    }

    /// Turns the copy of a guest's value at `base` of the image into the value's image.
    #[inline(always)]
    fn mend(&mut self, block: BlockId, base: usize) -> Result<()> {
        let program = self.program;
        walk(self, program, block, base)
    }

    /// From flat values, the first of them `src[0]`, to the zeroed image at `base`.
    fn flat(&mut self, flat: u32, src: &[ValRaw], base: usize) -> Result<()> {
        let program = self.program;
        for step in program.flat(flat) {
            let slot = step.slot as usize;
            let (value, at) = (&src[slot], base + step.at as usize);
            let word = value.get_u32();
            match step.op {
                FlatOp::Bits(width) | FlatOp::Signed(width) => {
                    self.put(at, width, value.get_u64());
                }
                FlatOp::Flags { width, keep } => self.put(at, width, u64::from(word & keep)),
                FlatOp::Bool => self.put(at, 1, u64::from(word != 0)),
                FlatOp::Char => {
                    checked_char(word)?;
                    self.put(at, 4, u64::from(word));
                }
                FlatOp::Enum { width, count } => {
                    checked_case(u64::from(word), count)?;
                    self.put(at, width, u64::from(word));
                }
                FlatOp::Variant {
                    width,
                    first,
                    count,
                    ..
                } => {
                    let case = checked_case(u64::from(word), count)?;
                    self.put(at, width, u64::from(word));
                    self.flat(
                        program.flat_cases[(first + case) as usize],
                        &src[slot..],
                        at,
                    )?;
                }
                FlatOp::Str => {
                    let len = src[slot + 1].get_u32() as usize;
                    let moved = self.copy_string(word as usize, len)?;
                    self.put(at, 8, moved);
                }
                FlatOp::List { element } => {
                    let count = src[slot + 1].get_u32() as usize;
                    let moved = self.copy_list(element, word as usize, count, at)?;
                    self.put(at, 8, moved);
                }
                FlatOp::Own { table } => {
                    let rep = self.own_rep(table, word)?;
                    self.put(at, 4, u64::from(rep));
                }
                FlatOp::Borrow { table } => {
                    let rep = self.borrow_rep(table, word)?;
                    self.put(at, 4, u64::from(rep));
                }
            }
        }
        Ok(())
    }

    /// Host-defined resources travel as their `rep`.
    fn own_rep(&mut self, table: Option<TypeResourceTableIndex>, index: u32) -> Result<u32> {
        let Some(table) = table else {
            bail!("a handle of an unknown table")
        };
        let (rep, _, guest) = self.cx.guest_resource_lift_own(table, index)?;
        if guest.is_some() {
            bail!("an image does not carry resources that a guest defines");
        }
        Ok(rep)
    }

    fn borrow_rep(&mut self, table: Option<TypeResourceTableIndex>, index: u32) -> Result<u32> {
        let Some(table) = table else {
            bail!("a handle of an unknown table")
        };
        self.cx.guest_resource_lift_borrow(table, index)
    }
}

impl Leaves for Lifter<'_, '_> {
    #[inline(always)]
    fn image(&self) -> &[u8] {
        &self.out
    }

    #[inline(always)]
    fn mask(&mut self, at: usize, width: Width, keep: u64) -> Result<()> {
        let kept = read(&self.out, at, width) & keep;
        self.put(at, width, kept);
        Ok(())
    }

    #[inline(always)]
    fn zero(&mut self, at: usize, len: usize) -> Result<()> {
        self.out[at..at + len].fill(0);
        Ok(())
    }

    #[inline(always)]
    fn bool(&mut self, at: usize) -> Result<()> {
        let byte = &mut self.out[at];
        *byte = u8::from(*byte != 0);
        Ok(())
    }

    #[inline(always)]
    fn string(&mut self, at: usize) -> Result<()> {
        let (ptr, len) = pair(&self.out, at);
        let moved = self.copy_string(ptr, len)?;
        self.put(at, 8, moved);
        Ok(())
    }

    #[inline(always)]
    fn list(&mut self, at: usize, element: BlockId) -> Result<()> {
        let (ptr, count) = pair(&self.out, at);
        let moved = self.copy_list(element, ptr, count, at)?;
        self.put(at, 8, moved);
        Ok(())
    }

    fn own(&mut self, at: usize, table: Option<TypeResourceTableIndex>) -> Result<()> {
        let index = read(&self.out, at, 4) as u32;
        let rep = self.own_rep(table, index)?;
        self.put(at, 4, u64::from(rep));
        Ok(())
    }

    fn borrow(&mut self, at: usize, table: Option<TypeResourceTableIndex>) -> Result<()> {
        let index = read(&self.out, at, 4) as u32;
        let rep = self.borrow_rep(table, index)?;
        self.put(at, 4, u64::from(rep));
        Ok(())
    }
}

/// The case `value` of a type with `count` of them.
#[inline(always)]
pub(super) fn checked_case(value: u64, count: u32) -> Result<u32> {
    if value >= u64::from(count) {
        bail!("invalid variant discriminant {value}");
    }
    Ok(value as u32)
}

#[inline(always)]
pub(super) fn checked_char(code: u32) -> Result<()> {
    if char::from_u32(code).is_none() {
        bail!("invalid char {code:#x}");
    }
    Ok(())
}
