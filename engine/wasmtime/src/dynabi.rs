//! `DynArgs`/`DynRet`: one Rust type that lifts and lowers ANY parameter or result tuple as an image,
//! by steps compiled from the component's own types at run time (see `steps`). Built on the doc-hidden
//! `wasmtime::component::__internal`.
//!
//! The only static part is `Lower = [ValRaw; N]`, the number of flat core values wasmtime reserves:
//! * host imports: N must equal the real flat count when values travel flat (wasmtime hands over a
//!   slice of exactly that length), and does not matter when they travel through memory;
//! * guest exports: `DynArgs<16>` and (for sync-lifted functions) `DynRet<1>` serve every signature.
//!   Wasmtime then always takes its "flat" branch, and this code decides from the run-time type
//!   whether the values go flat or through guest memory, allocating with the type's real size and
//!   alignment. So more than 16 flat parameters need no special case.
use crate::completion::Call;
use crate::image::{Image, Tail};
use crate::steps::lift::Lists;
use crate::steps::{self, lift, lower};
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::Arc;
use wasmtime::component::__internal::wasmtime_environ::component::{
    MAX_FLAT_PARAMS, MAX_FLAT_RESULTS,
};
use wasmtime::component::__internal::{
    CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext, LowerContext,
};
use wasmtime::component::{ComponentNamedList, ComponentType, Lift, Lower};
use wasmtime::{Result, ValRaw, bail};

/// An image on its way into or out of a guest. Going in it is freed as soon as its values are there, not when the
/// call ends: a large one leaves its memory, still in the CPU's caches, to the image of the results.
pub struct Passing(UnsafeCell<Image>);

// Wasmtime asks for it of every value, and yet lowers each once, where the call runs.
unsafe impl Sync for Passing {}

impl<T: Into<Image>> From<T> for Passing {
    fn from(image: T) -> Passing {
        Passing(UnsafeCell::new(image.into()))
    }
}

impl Passing {
    pub fn into_image(self) -> Image {
        self.0.into_inner()
    }

    /// The image, of which nothing is left here.
    fn take(&self) -> Image {
        std::mem::replace(unsafe { &mut *self.0.get() }, Vec::new().into())
    }
}

/// The image of a parameter tuple.
pub struct DynArgs<const N: usize>(pub Passing);
/// The same on its way out of a guest, where its largest list may have stayed.
pub struct LentArgs<const N: usize> {
    bytes: Vec<u8>,
    tail: Option<Tail>,
}
/// The image of a result tuple.
pub struct DynRet<const N: usize>(pub Passing);
/// The result of an async-lifted (WASI 0.3) export: flat up to 16 values. N must be the real flat count,
/// or 1 when that exceeds 16 and the guest hands over a pointer.
pub struct DynAsyncRet<const N: usize>(pub Passing);

/// A tuple of unknown size: `SIZE32 = 0` makes wasmtime pass an empty slice whose address is the
/// (already checked) place of the tuple in guest memory.
const UNKNOWN: CanonicalAbiInfo = CanonicalAbiInfo {
    size32: 0,
    align32: 1,
    size64: 0,
    align64: 1,
    flat_count: None,
};

fn check_flat(ty: &InterfaceType, cx: &InstanceType<'_>, max: usize, n: usize) -> Result<()> {
    let InterfaceType::Tuple(i) = ty else {
        bail!("expected a parameter or result tuple")
    };
    match cx.types[*i].abi.flat_count(max) {
        Some(count) if count != n => bail!("expected {n} flat values, found {count}"),
        _ => Ok(()),
    }
}

impl<const N: usize> LentArgs<N> {
    /// The image, of which `call`, whose arguments these are, lends a part.
    pub fn of(self, call: &Arc<Call>) -> Image {
        Image::lent(self.bytes, self.tail, call)
    }

    /// Bytes of the image with what is lent.
    pub(crate) fn len(&self) -> usize {
        self.tail.as_ref().map_or(self.bytes.len(), Tail::end)
    }
}

/// Lifts a tuple that is flat when it has at most `max` flat values.
fn lift_flat(
    cx: &mut LiftContext<'_>,
    ty: InterfaceType,
    src: &[ValRaw],
    max: usize,
    lists: Lists,
) -> Result<(Vec<u8>, Option<Tail>)> {
    let program = steps::program(cx.types, ty, || cx.types)?;
    if program.flat_count(max).is_some() {
        return lift::from_flat(cx, &program, src, lists);
    }
    let Some(at) = src.first() else {
        bail!("expected a pointer to the values")
    };
    lift::from_memory(cx, &program, at.get_u32() as usize, lists)
}

/// Lifts a tuple at the address of `bytes`, which lies in guest memory.
fn lift_memory(
    cx: &mut LiftContext<'_>,
    ty: InterfaceType,
    bytes: &[u8],
    lists: Lists,
) -> Result<(Vec<u8>, Option<Tail>)> {
    let program = steps::program(cx.types, ty, || cx.types)?;
    let start = cx.memory().as_ptr().addr();
    let Some(at) = bytes.as_ptr().addr().checked_sub(start) else {
        bail!("pointer out of bounds of memory")
    };
    lift::from_memory(cx, &program, at, lists)
}

/// Lowers a tuple that is flat when it has at most `max` flat values.
fn lower_flat<T>(
    cx: &mut LowerContext<'_, T>,
    ty: InterfaceType,
    image: &Image,
    dst: &mut [MaybeUninit<ValRaw>],
    max: usize,
) -> Result<()> {
    let program = steps::program(cx.types, ty, || cx.instance_type().types)?;
    if program.flat_count(max).is_some() {
        return lower::to_flat(cx, &program, image, dst);
    }
    let Some(pointer) = dst.first_mut() else {
        bail!("expected a place for the pointer to the values")
    };
    let at = lower::to_new_memory(cx, &program, image)?;
    pointer.write(ValRaw::i64(at as i64));
    Ok(())
}

fn lower_memory<T>(
    cx: &mut LowerContext<'_, T>,
    ty: InterfaceType,
    image: &Image,
    at: usize,
) -> Result<()> {
    let program = steps::program(cx.types, ty, || cx.instance_type().types)?;
    lower::to_memory(cx, &program, image, at)
}

macro_rules! liftable {
    ($name:ident, $max:expr, $lists:expr, $new:expr) => {
        unsafe impl<const N: usize> ComponentType for $name<N> {
            type Lower = [ValRaw; N];
            const ABI: CanonicalAbiInfo = UNKNOWN;
            fn typecheck(ty: &InterfaceType, cx: &InstanceType<'_>) -> Result<()> {
                check_flat(ty, cx, $max, N)
            }
        }
        unsafe impl<const N: usize> ComponentNamedList for $name<N> {}
        unsafe impl<const N: usize> Lift for $name<N> {
            fn linear_lift_from_flat(
                cx: &mut LiftContext<'_>,
                ty: InterfaceType,
                src: &[ValRaw; N],
            ) -> Result<Self> {
                lift_flat(cx, ty, src, $max, $lists).map($new)
            }
            fn linear_lift_from_memory(
                cx: &mut LiftContext<'_>,
                ty: InterfaceType,
                bytes: &[u8],
            ) -> Result<Self> {
                lift_memory(cx, ty, bytes, $lists).map($new)
            }
        }
    };
}
liftable!(LentArgs, MAX_FLAT_PARAMS, Lists::Lent, |(bytes, tail)| {
    Self { bytes, tail }
});

macro_rules! dynamic {
    ($name:ident, $max:expr) => {
        liftable!($name, $max, Lists::Copied, |(bytes, _)| Self(bytes.into()));
        unsafe impl<const N: usize> Lower for $name<N> {
            fn linear_lower_to_flat<T>(
                &self,
                cx: &mut LowerContext<'_, T>,
                ty: InterfaceType,
                dst: &mut MaybeUninit<[ValRaw; N]>,
            ) -> Result<()> {
                // An array of `MaybeUninit` needs no initialisation.
                let dst: &mut [MaybeUninit<ValRaw>; N] = unsafe { &mut *dst.as_mut_ptr().cast() };
                lower_flat(cx, ty, &self.0.take(), dst, $max)
            }
            fn linear_lower_to_memory<T>(
                &self,
                cx: &mut LowerContext<'_, T>,
                ty: InterfaceType,
                offset: usize,
            ) -> Result<()> {
                lower_memory(cx, ty, &self.0.take(), offset)
            }
        }
    };
}
dynamic!(DynArgs, MAX_FLAT_PARAMS);
dynamic!(DynRet, MAX_FLAT_RESULTS);
dynamic!(DynAsyncRet, MAX_FLAT_PARAMS);
