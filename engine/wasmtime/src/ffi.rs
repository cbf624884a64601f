//! Plain data that crosses the C boundary, and what keeps errors and panics on this side of it.
use crate::panics;
use std::ffi::c_void;
use wasmtime::Result;

/// Borrowed bytes; valid only for the duration of the call that passes them.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Slice {
    pub ptr: *const u8,
    pub len: usize,
}

impl Slice {
    /// # Safety
    /// `ptr..ptr+len` must be readable for `'a`.
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.len == 0 {
            return &[];
        }
        unsafe { std::slice::from_raw_parts(self.ptr, self.len) }
    }

    /// # Safety
    /// As [`Slice::bytes`].
    pub unsafe fn text<'a>(self) -> Result<&'a str> {
        Ok(std::str::from_utf8(unsafe { self.bytes() })?)
    }
}

impl From<&[u8]> for Slice {
    fn from(bytes: &[u8]) -> Slice {
        Slice {
            ptr: bytes.as_ptr(),
            len: bytes.len(),
        }
    }
}

impl From<&str> for Slice {
    fn from(text: &str) -> Slice {
        text.as_bytes().into()
    }
}

/// An array of C structures; null is fine when empty.
///
/// # Safety
/// `ptr..ptr+count` must be readable for `'a`.
pub unsafe fn array<'a, T>(ptr: *const T, count: usize) -> &'a [T] {
    match count {
        0 => &[],
        count => unsafe { std::slice::from_raw_parts(ptr, count) },
    }
}

/// A name and a value: header field, environment variable.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Pair {
    pub name: Slice,
    pub value: Slice,
}

/// Pointer of the embedding. The C side promises that it may be used from whichever thread runs the task.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct User(pub *mut c_void);
unsafe impl Send for User {}
unsafe impl Sync for User {}

/// How a function fails: called at most once.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Fail(extern "C" fn(user: User, message: Slice));

impl Fail {
    pub fn new(call: extern "C" fn(user: User, message: Slice)) -> Fail {
        Fail(call)
    }

    pub fn say(self, user: User, message: &str) {
        (self.0)(user, message.into())
    }
}

/// Takes text or bytes.
pub type Text = extern "C" fn(user: User, bytes: Slice);

/// Runs `body`; an error or a panic goes to `fail`.
pub fn attempt<T>(fail: Fail, user: User, body: impl FnOnce() -> Result<T>) -> Option<T> {
    let message = match panics::catch(body) {
        Ok(Ok(value)) => return Some(value),
        Ok(Err(error)) => chain(&error),
        Err(text) => format!("panic: {text}"),
    };
    fail.say(user, &message);
    None
}

/// As [`attempt`], with the value behind a pointer that C++ owns.
pub fn boxed<T>(fail: Fail, user: User, make: impl FnOnce() -> Result<T>) -> *mut T {
    attempt(fail, user, make).map_or(std::ptr::null_mut(), |value| Box::into_raw(Box::new(value)))
}

/// For entries that cannot report: a panic is counted and `default` answered.
pub fn entry<T>(default: T, body: impl FnOnce() -> T) -> T {
    panics::catch(body).unwrap_or(default)
}

/// # Safety
/// `ptr` must come from [`boxed`] and not be used again.
pub unsafe fn free<T>(ptr: *mut T) {
    entry((), || {
        if !ptr.is_null() {
            let owned = unsafe { Box::from_raw(ptr) };
            panics::point(panics::Place::Free);
            drop(owned);
        }
    });
}

/// An error with its causes, in one line.
pub fn chain(error: &wasmtime::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&cause);
    }
    text
}
