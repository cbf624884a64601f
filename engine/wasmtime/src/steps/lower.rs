//! Image to guest. A wrong image is an error, never undefined behaviour or a panic.
use super::lift::{checked_case, checked_char};
use super::short::{check_utf8, copy};
use super::{BlockId, FlatOp, Program, Step, Width, make_pair, pair, range, read, write};
use crate::image::{Image, Lent};
use std::mem::MaybeUninit;
use wasmtime::component::__internal::wasmtime_environ::component::{
    StringEncoding, TypeResourceTableIndex,
};
use wasmtime::component::__internal::{InterfaceType, LowerContext};
use wasmtime::component::Lower;
use wasmtime::{Result, ValRaw, bail};

/// Lowers an image to flat core values.
pub(crate) fn to_flat<T>(
    cx: &mut LowerContext<'_, T>,
    program: &Program,
    image: &Image,
    dst: &mut [MaybeUninit<ValRaw>],
) -> Result<()> {
    if dst.len() < program.flat_count {
        bail!(
            "expected {} flat values, found {}",
            program.flat_count,
            dst.len()
        );
    }
    let mut lowerer = Lowerer::new(cx, program, image)?;
    lowerer.flat(program.flat_root, 0, dst)
}

/// Lowers an image to guest memory of the tuple's size at `at`, which wasmtime or `realloc` checked.
pub(crate) fn to_memory<T>(
    cx: &mut LowerContext<'_, T>,
    program: &Program,
    image: &Image,
    at: usize,
) -> Result<()> {
    let mut lowerer = Lowerer::new(cx, program, image)?;
    lowerer.copy(&image[..program.root().size], at, None)?;
    lowerer.mend(program.root, 0, at)
}

/// Lowers an image to guest memory that it allocates; answers where.
pub(crate) fn to_new_memory<T>(
    cx: &mut LowerContext<'_, T>,
    program: &Program,
    image: &Image,
) -> Result<usize> {
    let root = program.root();
    let at = cx.realloc(0, 0, root.align as u32, root.size)?;
    to_memory(cx, program, image, at)?;
    Ok(at)
}

/// A value's bytes are copied as they are; then its pointers, and whatever is not canonical in the
/// image, are written over the copy. Values are read from the image only: the guest could change its
/// copy whenever its `realloc` runs.
struct Lowerer<'a, 'b, T: 'static> {
    cx: &'a mut LowerContext<'b, T>,
    program: &'a Program,
    image: &'a [u8],
    lent: Option<&'a Lent>,
    utf8: bool,
    /// Bytes that strings and lists may still take from the image. Each byte belongs to one value, so
    /// there are never more than the image has; without this, lists that share their elements could
    /// make a small image a very large value.
    left: usize,
}

impl<'a, 'b, T> Lowerer<'a, 'b, T> {
    #[inline(always)]
    fn new(
        cx: &'a mut LowerContext<'b, T>,
        program: &'a Program,
        image: &'a Image,
    ) -> Result<Self> {
        if image.len() < program.root().size {
            bail!("image too short");
        }
        Ok(Lowerer {
            utf8: cx.options().string_encoding == StringEncoding::Utf8,
            cx,
            program,
            image,
            lent: image.tail(),
            left: image.whole_len(),
        })
    }

    /// The bytes that a pair in the image points to.
    #[inline(always)]
    fn take(&mut self, at: usize, size: usize) -> Result<&'a [u8]> {
        let image = self.image;
        match (range(image, at, size), self.left.checked_sub(size)) {
            (Some(bytes), Some(left)) => {
                self.left = left;
                Ok(bytes)
            }
            (Some(_), None) => bail!("values overlap in the image"),
            (None, _) => bail!("image too short"),
        }
    }

    #[inline(always)]
    fn copy(&mut self, bytes: &[u8], dst: usize, pair_at: Option<(usize, u64)>) -> Result<()> {
        let memory = self.cx.as_slice_mut();
        match memory.get_mut(dst..dst + bytes.len()) {
            Some(place) => copy(bytes, place),
            None => bail!("pointer out of bounds of memory"),
        }
        // The one view of guest memory, which is not free to get, serves both writes.
        if let Some((at, pair)) = pair_at {
            write(memory, at, 8, pair);
        }
        Ok(())
    }

    fn put(&mut self, at: usize, width: Width, value: u64) {
        write(self.cx.as_slice_mut(), at, width, value);
    }

    /// Answers the guest's (pointer, length) pair for the one at `src`, and writes it to `pair_at`.
    #[inline(always)]
    fn string(&mut self, src: usize, pair_at: Option<usize>) -> Result<u64> {
        let (ptr, len) = pair(self.image, src);
        let bytes = self.take(ptr, len)?;
        if !self.utf8 {
            return self.transcoded(std::str::from_utf8(bytes)?, pair_at);
        }
        check_utf8(bytes)?;
        let at = self.cx.realloc(0, 0, 1, len)?;
        let moved = make_pair(at as u64, len as u64);
        self.copy(bytes, at, pair_at.map(|to| (to, moved)))?;
        Ok(moved)
    }

    /// A string for a guest that does not use UTF-8.
    #[cold]
    fn transcoded(&mut self, text: &str, pair_at: Option<usize>) -> Result<u64> {
        let mut pair = MaybeUninit::uninit();
        text.linear_lower_to_flat(self.cx, InterfaceType::String, &mut pair)?;
        // The call above succeeded, so it has written both values.
        let [at, len] = unsafe { pair.assume_init() };
        let moved = make_pair(u64::from(at.get_u32()), u64::from(len.get_u32()));
        if let Some(to) = pair_at {
            self.put(to, 8, moved);
        }
        Ok(moved)
    }

    /// Answers the guest's (pointer, count) pair for the one at `src`, and writes it to `pair_at`.
    fn list(&mut self, element: BlockId, src: usize, pair_at: Option<usize>) -> Result<u64> {
        let (ptr, count) = pair(self.image, src);
        let program = self.program;
        let block = program.block(element);
        // Both factors are below 2^32.
        let total = block.size * count;
        if let Some(lent) = self.lent
            && lent.is(ptr, total)
            && block.lower.is_empty()
        {
            return self.lent_list(lent, block.align, count, total, pair_at);
        }
        let bytes = self.take(ptr, total)?;
        let to = self.cx.realloc(0, 0, block.align as u32, total)?;
        let moved = make_pair(to as u64, count as u64);
        self.copy(bytes, to, pair_at.map(|at| (at, moved)))?;
        if !block.lower.is_empty() {
            for offset in (0..count).map(|i| i * block.size) {
                self.mend(element, ptr + offset, to + offset)?;
            }
        }
        Ok(moved)
    }

    /// The same for the one list of the image that is not there but in its guest's memory.
    #[cold]
    #[inline(never)]
    fn lent_list(
        &mut self,
        lent: &Lent,
        align: usize,
        count: usize,
        total: usize,
        pair_at: Option<usize>,
    ) -> Result<u64> {
        let Some(left) = self.left.checked_sub(total) else {
            bail!("values overlap in the image")
        };
        self.left = left;
        let to = self.cx.realloc(0, 0, align as u32, total)?;
        let moved = make_pair(to as u64, count as u64);
        let pair = pair_at.map(|at| (at, moved));
        match lent.read(|bytes| self.copy(bytes, to, pair)) {
            Some(copied) => copied.map(|()| moved),
            None => bail!("the caller, whose memory holds the arguments, went away"),
        }
    }

    #[inline(always)]
    fn case(&self, at: usize, width: Width, count: u32) -> Result<u32> {
        checked_case(read(self.image, at, width), count)
    }

    /// Turns the copy at `dst` of guest memory of the image's bytes at `src` into the guest's value.
    fn mend(&mut self, block: BlockId, src: usize, dst: usize) -> Result<()> {
        let program = self.program;
        for step in &program.block(block).lower {
            match *step {
                Step::Mask { at, width, keep } => {
                    let value = read(self.image, src + at as usize, width);
                    if value & !keep != 0 {
                        self.put(dst + at as usize, width, value & keep);
                    }
                }
                // Only keeps images clean; not among the steps of this direction.
                Step::Zero { .. } => {}
                Step::Bool { at } => {
                    if self.image[src + at as usize] > 1 {
                        self.put(dst + at as usize, 1, 1);
                    }
                }
                Step::Char { at } => {
                    checked_char(read(self.image, src + at as usize, 4) as u32)?;
                }
                Step::Enum { at, width, count } => {
                    self.case(src + at as usize, width, count)?;
                }
                Step::Variant {
                    at,
                    width,
                    first,
                    count,
                } => {
                    let at = at as usize;
                    let case = self.case(src + at, width, count)?;
                    let block = program.cases[(first + case) as usize];
                    // Most cases have nothing to mend.
                    if !program.block(block).lower.is_empty() {
                        self.mend(block, src + at, dst + at)?;
                    }
                }
                Step::Str { at } => {
                    self.string(src + at as usize, Some(dst + at as usize))?;
                }
                Step::List { at, element } => {
                    self.list(element, src + at as usize, Some(dst + at as usize))?;
                }
                Step::Block { at, block } => {
                    self.mend(block, src + at as usize, dst + at as usize)?;
                }
                Step::Own { at, table } => {
                    let rep = read(self.image, src + at as usize, 4) as u32;
                    let index = self.own(table, rep)?;
                    self.put(dst + at as usize, 4, u64::from(index));
                }
                Step::Borrow { at, table } => {
                    let rep = read(self.image, src + at as usize, 4) as u32;
                    let index = self.borrow(table, rep)?;
                    self.put(dst + at as usize, 4, u64::from(index));
                }
            }
        }
        Ok(())
    }

    /// From the image at `base` to flat values, the first of them `dst[0]`.
    fn flat(&mut self, flat: u32, base: usize, dst: &mut [MaybeUninit<ValRaw>]) -> Result<()> {
        let program = self.program;
        for step in program.flat(flat) {
            let (slot, at) = (step.slot as usize, base + step.at as usize);
            let value = match step.op {
                FlatOp::Bits(width) => ValRaw::u64(read(self.image, at, width)),
                FlatOp::Signed(1) => ValRaw::i32(i32::from(self.image[at] as i8)),
                FlatOp::Signed(_) => ValRaw::i32(i32::from(read(self.image, at, 2) as i16)),
                FlatOp::Flags { width, keep } => {
                    ValRaw::u64(read(self.image, at, width) & u64::from(keep))
                }
                FlatOp::Bool => ValRaw::u32(u32::from(self.image[at] != 0)),
                FlatOp::Char => {
                    let code = read(self.image, at, 4) as u32;
                    checked_char(code)?;
                    ValRaw::u32(code)
                }
                FlatOp::Enum { width, count } => ValRaw::u32(self.case(at, width, count)?),
                FlatOp::Variant {
                    width,
                    first,
                    count,
                    slots,
                } => {
                    let case = self.case(at, width, count)?;
                    let rest = &mut dst[slot..=slot + slots as usize];
                    rest.fill(MaybeUninit::new(ValRaw::u64(0)));
                    self.flat(program.flat_cases[(first + case) as usize], at, rest)?;
                    ValRaw::u32(case)
                }
                FlatOp::Str | FlatOp::List { .. } => {
                    let moved = match step.op {
                        FlatOp::List { element } => self.list(element, at, None)?,
                        _ => self.string(at, None)?,
                    };
                    dst[slot + 1].write(ValRaw::u64(moved >> 32));
                    ValRaw::u64(moved & 0xffff_ffff)
                }
                FlatOp::Own { table } => {
                    let rep = read(self.image, at, 4) as u32;
                    ValRaw::u32(self.own(table, rep)?)
                }
                FlatOp::Borrow { table } => {
                    let rep = read(self.image, at, 4) as u32;
                    ValRaw::u32(self.borrow(table, rep)?)
                }
            };
            dst[slot].write(value);
        }
        Ok(())
    }

    /// Host-defined resources travel as their `rep`.
    fn own(&mut self, table: Option<TypeResourceTableIndex>, rep: u32) -> Result<u32> {
        let Some(table) = table else {
            bail!("a handle of an unknown table")
        };
        self.cx.guest_resource_lower_own(table, rep)
    }

    fn borrow(&mut self, table: Option<TypeResourceTableIndex>, rep: u32) -> Result<u32> {
        let Some(table) = table else {
            bail!("a handle of an unknown table")
        };
        self.cx.guest_resource_lower_borrow(table, rep)
    }
}
