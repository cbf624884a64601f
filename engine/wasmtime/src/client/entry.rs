//! What C++ tells a client.
use super::Client;
use crate::ffi::{Pair, Slice, array, entry};
use crate::http_error::code_of;
use crate::http_types::types::ErrorCode;
use std::sync::Arc;

/// The head of the response, once. All of these from the thread of the task.
///
/// # Safety
/// `client` must not be freed, the slices be readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_client_head(
    client: *const Client,
    status: u16,
    headers: *const Pair,
    count: usize,
) {
    entry((), || unsafe {
        (*client).head(status, array(headers, count))
    });
}

/// A piece of the response's body, within the credit.
///
/// # Safety
/// As [`eng_client_head`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_client_body(client: *const Client, chunk: Slice) {
    entry((), || unsafe { (*client).body(chunk.bytes()) });
}

/// The response is complete.
///
/// # Safety
/// As [`eng_client_head`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_client_end(
    client: *const Client,
    trailers: *const Pair,
    count: usize,
) {
    entry((), || unsafe { (*client).end(array(trailers, count)) });
}

/// There is no (complete) response: `code` by its WIT name, `detail` where that code has room for text.
///
/// # Safety
/// As [`eng_client_head`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_client_fail(client: *const Client, code: Slice, detail: Slice) {
    entry((), || {
        let (code, detail) = unsafe { (code.bytes(), detail.bytes()) };
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let (code, detail) = (text(code), text(detail));
        let known = code_of(&code, &detail);
        let code =
            known.unwrap_or_else(|| ErrorCode::InternalError(Some(format!("{code} {detail}"))));
        unsafe { &*client }.fail(code);
    });
}

/// More of the request's body can be taken: answered by one `push`, at once or later.
///
/// # Safety
/// As [`eng_client_head`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_client_want(client: *const Client, limit: usize) {
    entry((), || {
        unsafe { crate::setting::share(client) }.want(limit);
    });
}

/// No callback comes any more.
///
/// # Safety
/// `client` comes from `start` and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_client_free(client: *const Client) {
    entry((), || {
        if !client.is_null() {
            unsafe { Arc::from_raw(client) }.let_go();
        }
    });
}
