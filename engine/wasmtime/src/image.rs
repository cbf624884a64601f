//! The canonical image: a value (or a parameter/result tuple) in the component model's own memory32
//! layout, at offset 0 of one owned buffer. Lists and strings are appended; their `ptr` fields hold
//! buffer offsets. Padding and the bytes of inactive variant cases are zero, so forwarding an image
//! from one component to another leaks nothing.
//!
//! The arguments of an import may be lent: the last list of the image then still lies in the memory of the guest that
//! calls, and is copied once, into whoever is called. See [`Lent`].
use crate::completion::Call;
use crate::ffi::entry;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::sync::Arc;

/// An owned buffer that crosses the C boundary by value.
#[repr(C)]
pub struct Image {
    ptr: *mut u8,
    len: usize,
    cap: usize,
    /// What is not here yet.
    lent: Option<Box<Lent>>,
}
unsafe impl Send for Image {}
unsafe impl Sync for Image {}

impl From<Vec<u8>> for Image {
    fn from(vec: Vec<u8>) -> Image {
        let mut vec = ManuallyDrop::new(vec);
        Image {
            ptr: vec.as_mut_ptr(),
            len: vec.len(),
            cap: vec.capacity(),
            lent: None,
        }
    }
}

/// The end of an image: a list of plain values in the memory of a guest that waits for its import.
pub struct Tail {
    /// Where it stands in the image, once it is there.
    at: usize,
    bytes: *const [u8],
}

// Read only through `Lent`, which says when that is sound.
unsafe impl Send for Tail {}
unsafe impl Sync for Tail {}

impl Tail {
    pub fn new(at: usize, bytes: &[u8]) -> Tail {
        Tail { at, bytes }
    }

    /// Of the image.
    pub fn end(&self) -> usize {
        self.at + self.bytes.len()
    }
}

/// A tail and the call that keeps its guest waiting. Until the call is answered that guest runs none of its code, so its
/// memory neither moves nor changes; before the guest is taken apart the call is told.
pub struct Lent {
    tail: Tail,
    call: Arc<Call>,
}

impl Lent {
    /// Whether the `len` bytes at `at` of the image are those that are lent.
    pub fn is(&self, at: usize, len: usize) -> bool {
        (self.tail.at, self.tail.bytes.len()) == (at, len)
    }

    /// What `read` makes of the bytes; nothing once the call was answered or its guest is gone. From any thread.
    pub fn read<R>(&self, read: impl FnOnce(&[u8]) -> R) -> Option<R> {
        // The call stays unanswered while `read` runs.
        self.call
            .while_waiting(|| read(unsafe { &*self.tail.bytes }))
    }
}

impl Image {
    /// An image without the tail that the guest of `call` lends.
    pub fn lent(bytes: Vec<u8>, tail: Option<Tail>, call: &Arc<Call>) -> Image {
        let mut image = Image::from(bytes);
        image.lent = tail.map(|tail| {
            let call = call.clone();
            Box::new(Lent { tail, call })
        });
        image
    }

    pub fn tail(&self) -> Option<&Lent> {
        self.lent.as_deref()
    }

    /// Bytes of the image with what is lent.
    pub fn whole_len(&self) -> usize {
        self.tail().map_or(self.len, |lent| lent.tail.end())
    }

    /// Copies what is lent. False once that is too late.
    fn make_whole(&mut self) -> bool {
        let Some(lent) = self.lent.take() else {
            return true;
        };
        let mut bytes = std::mem::replace(self, Vec::new().into()).into_vec();
        let read = lent.read(|tail| {
            bytes.reserve_exact(lent.tail.end() - bytes.len());
            bytes.resize(lent.tail.at, 0);
            bytes.extend_from_slice(tail);
        });
        *self = bytes.into();
        read.is_some()
    }

    /// What is here.
    fn into_vec(self) -> Vec<u8> {
        let mut image = ManuallyDrop::new(self);
        image.lent = None;
        if image.ptr.is_null() {
            return Vec::new();
        }
        unsafe { Vec::from_raw_parts(image.ptr, image.len, image.cap) }
    }
}

impl Deref for Image {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        if self.len == 0 {
            return &[];
        }
        unsafe { std::slice::from_raw_parts(self.ptr, self.len) }
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        // C++ may hand over an image that it zeroed.
        if self.ptr.is_null() {
            return;
        }
        drop(unsafe { Vec::from_raw_parts(self.ptr, self.len, self.cap) });
    }
}

/// A zeroed image of `len` bytes.
#[unsafe(no_mangle)]
pub extern "C" fn eng_image_new(len: usize) -> Image {
    vec![0; len].into()
}

/// Copies what the image lacks into it. False when the call was answered or its guest is gone: the image stays without.
///
/// # Safety
/// `image` must be valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_image_whole(image: *mut Image) -> bool {
    entry(false, || unsafe { &mut *image }.make_whole())
}

#[unsafe(no_mangle)]
pub extern "C" fn eng_image_free(image: Image) {
    entry((), || drop(image));
}
