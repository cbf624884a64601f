//! The check of an image that comes from outside of this process.
use super::compile::compile;
use super::shape::Shapes;
use super::walk::{Leaves, walk};
use super::{BlockId, Program, Width, pair, range, read};
use wasmtime::component::__internal::wasmtime_environ::component::TypeResourceTableIndex;
use wasmtime::component::types::Type;
use wasmtime::{Result, bail};

/// What an image must be like to be a tuple of certain types. Made once per tuple, used from any thread.
pub struct Validator {
    program: Program,
}

impl Validator {
    /// For the tuple of these types: a function's parameters, or its result as a tuple of none or one.
    /// An error when an image cannot carry them.
    pub fn new(types: impl IntoIterator<Item = Type>) -> Result<Validator> {
        let mut shapes = Shapes::default();
        let root = shapes.public_tuple(types)?;
        let program = compile(&shapes, root);
        Ok(Validator { program })
    }

    /// Accepts what lifting from a guest could have made, in any order of its parts: every pointer in
    /// bounds and aligned, every string UTF-8, every char, bool and discriminant valid, everything
    /// unused zero, every byte part of exactly one value or a gap for alignment. Refuses handles: their
    /// numbers mean something only where they were made. Time and memory are linear in the image, but
    /// for sorting parts that are out of order.
    pub fn check(&self, image: &[u8]) -> Result<()> {
        let root = self.program.root();
        if image.len() < root.size {
            bail!(
                "image too short: {} bytes, the type needs {}",
                image.len(),
                root.size
            );
        }
        if image.len() > u32::MAX as usize {
            bail!("image exceeds 4 GiB");
        }
        let mut check = Check {
            program: &self.program,
            image,
            left: image.len() - root.size,
            parts: vec![(0, root.size)],
        };
        check.value(self.program.root, 0)?;
        check.whole()
    }
}

struct Check<'a> {
    program: &'a Program,
    image: &'a [u8],
    /// Bytes that no value has taken yet: ends the work on lists that share elements, whose number
    /// could otherwise grow exponentially.
    left: usize,
    /// (start, end) of what values have taken; neighbours in order are joined.
    parts: Vec<(usize, usize)>,
}

impl Check<'_> {
    fn take(&mut self, at: usize, size: usize, align: usize) -> Result<()> {
        if at & (align - 1) != 0 {
            bail!("image pointer {at} is not aligned to {align}");
        }
        if range(self.image, at, size).is_none() {
            bail!("{size} bytes at {at} end beyond the image");
        }
        let Some(left) = self.left.checked_sub(size) else {
            bail!("values overlap in the image, found at {at}")
        };
        self.left = left;
        if size == 0 {
            return Ok(());
        }
        match self.parts.last_mut() {
            Some((_, end)) if *end <= at && gap(self.image, *end, at) => *end = at + size,
            _ => self.parts.push((at, at + size)),
        }
        Ok(())
    }

    /// Every byte belongs to one value, or fills the gap before an aligned one with zeros.
    fn whole(mut self) -> Result<()> {
        self.parts.sort_unstable();
        let mut before = 0;
        for (start, end) in self.parts {
            if start < before {
                bail!("values overlap in the image at {start}");
            }
            if !gap(self.image, before, start) {
                bail!("bytes {before} to {start} of the image belong to no value");
            }
            before = end;
        }
        // Lifting aligns the end for an empty list, too.
        if !gap(self.image, before, self.image.len()) {
            bail!("the image goes on after its last value at {before}");
        }
        Ok(())
    }

    /// The value at `base`, whose own bytes exist.
    fn value(&mut self, block: BlockId, base: usize) -> Result<()> {
        walk(self, self.program, block, base)
    }
}

impl Leaves for Check<'_> {
    fn image(&self) -> &[u8] {
        self.image
    }

    fn mask(&mut self, at: usize, width: Width, keep: u64) -> Result<()> {
        let full = u64::MAX >> (64 - 8 * u32::from(width));
        if read(self.image, at, width) & !keep & full != 0 {
            bail!("unused bits are set in the {width} bytes at {at}");
        }
        Ok(())
    }

    fn zero(&mut self, at: usize, len: usize) -> Result<()> {
        if !zero(&self.image[at..at + len]) {
            bail!("unused bytes are set in the {len} bytes at {at}");
        }
        Ok(())
    }

    fn bool(&mut self, at: usize) -> Result<()> {
        if self.image[at] > 1 {
            bail!("the bool at {at} is {}", self.image[at]);
        }
        Ok(())
    }

    fn string(&mut self, at: usize) -> Result<()> {
        let (at, len) = pair(self.image, at);
        self.take(at, len, 1)?;
        if let Err(error) = std::str::from_utf8(&self.image[at..at + len]) {
            bail!("the string at {at} is not UTF-8: {error}");
        }
        Ok(())
    }

    fn list(&mut self, at: usize, element: BlockId) -> Result<()> {
        let (at, count) = pair(self.image, at);
        let block = self.program.block(element);
        self.take(at, block.size * count, block.align)?;
        if !block.lift.is_empty() {
            for i in 0..count {
                self.value(element, at + i * block.size)?;
            }
        }
        Ok(())
    }

    fn own(&mut self, _: usize, _: Option<TypeResourceTableIndex>) -> Result<()> {
        bail!("an image from outside cannot carry handles")
    }

    fn borrow(&mut self, at: usize, table: Option<TypeResourceTableIndex>) -> Result<()> {
        self.own(at, table)
    }
}

fn zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// A gap that alignment to at most 8 can explain.
fn gap(image: &[u8], start: usize, end: usize) -> bool {
    end - start < 8 && zero(&image[start..end])
}
