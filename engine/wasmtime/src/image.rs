//! The canonical image: a value (or a parameter/result tuple) in the component model's own memory32
//! layout, at offset 0 of one owned buffer. Lists and strings are appended; their `ptr` fields hold
//! buffer offsets. Padding and the bytes of inactive variant cases are zero, so forwarding an image
//! from one component to another leaks nothing.
use crate::ffi::entry;
use std::mem::ManuallyDrop;
use std::ops::Deref;

/// An owned buffer that crosses the C boundary by value.
#[repr(C)]
pub struct Image {
    ptr: *mut u8,
    len: usize,
    cap: usize,
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
        }
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

#[unsafe(no_mangle)]
pub extern "C" fn eng_image_free(image: Image) {
    entry((), || drop(image));
}
