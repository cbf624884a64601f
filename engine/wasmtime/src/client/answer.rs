//! The response to a guest's request, as C++ pushes it and the guest reads it.
use super::{Client, MORE, State, wake};
use crate::ffi::Pair;
use crate::fields::Fields;
use crate::http_types::types::ErrorCode;
use crate::limits::{Held, Refusal};
use crate::pieces;
use crate::sync::lock;
use bytes::Bytes;
use std::sync::Arc;
use std::task::{Context, Poll};

impl Client {
    /// The guest has no use for (the rest of) the response.
    pub fn abandon(self: &Arc<Self>) {
        if !lock(&self.state).ended {
            self.cancel(ErrorCode::ConnectionTerminated);
        }
    }

    fn poll(&self, cx: &mut Context<'_>, ready: impl Fn(&State) -> bool) -> Poll<()> {
        let mut state = lock(&self.state);
        if ready(&state) {
            return Poll::Ready(());
        }
        state.reader = Some(cx.waker().clone());
        Poll::Pending
    }

    pub fn poll_head(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll(cx, |state| state.head.is_some() || state.failed.is_some())
    }

    /// `None` until it is there. Once.
    pub fn take_head(&self) -> Option<Result<(u16, Fields), ErrorCode>> {
        let mut state = lock(&self.state);
        match state.head.take() {
            Some((status, fields, _)) => Some(Ok((status, fields))),
            None => state.failed.clone().map(Err),
        }
    }

    pub fn grow(self: &Arc<Self>, held: &mut Held) {
        if let Ok(reserved) = held.reserve(MORE as u64) {
            let mut state = lock(&self.state);
            state.reserved.push(reserved);
            state.consumed += MORE;
            self.notify(state);
        }
    }

    pub fn take(self: &Arc<Self>, limit: usize) -> Option<Result<Bytes, ErrorCode>> {
        let mut state = lock(&self.state);
        let Some(chunk) = state.chunks.front_mut() else {
            if state.ended {
                return Some(Ok(Bytes::new()));
            }
            return state.failed.clone().map(Err);
        };
        let piece = chunk.split_to(chunk.len().min(limit));
        if chunk.is_empty() {
            state.chunks.pop_front();
        }
        state.consumed += piece.len();
        self.notify(state);
        Some(Ok(piece))
    }

    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll(cx, |state| {
            !state.chunks.is_empty() || state.ended || state.failed.is_some()
        })
    }

    /// Throws the rest of the body away; ready once it has ended.
    pub fn poll_trailers(self: &Arc<Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = lock(&self.state);
        let left: usize = state.chunks.drain(..).map(|chunk| chunk.len()).sum();
        if state.ended || state.failed.is_some() {
            return Poll::Ready(());
        }
        state.consumed += left;
        state.reader = Some(cx.waker().clone());
        if state.consumed > 0 {
            self.notify(state);
        }
        Poll::Pending
    }

    pub fn take_trailers(&self) -> Option<Result<Option<Fields>, ErrorCode>> {
        let mut state = lock(&self.state);
        if state.ended {
            let trailers = state.trailers.take();
            return Some(Ok(trailers.map(|(fields, _)| fields)));
        }
        state.failed.clone().map(Err)
    }

    // ---- from C++ ----

    pub(super) fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let (result, reader) = {
            let mut state = lock(&self.state);
            let result = change(&mut state);
            (result, state.reader.take())
        };
        wake(reader);
        result
    }

    /// Of a response that the guest cannot be given: its call ends with that.
    pub fn refused(&self) -> Option<Refusal> {
        lock(&self.state).refused
    }

    pub(super) fn fail(&self, code: ErrorCode) {
        self.change(|state| {
            if !state.ended {
                state.failed.get_or_insert(code);
            }
        });
    }

    pub(super) fn head(&self, status: u16, headers: &[Pair]) {
        let fields = Fields::copied(headers.iter());
        if fields.check(&self.limits).is_err() {
            let bytes = u32::try_from(fields.bytes()).ok();
            return self.fail(ErrorCode::HttpResponseHeaderSectionSize(bytes));
        }
        self.change(|state| {
            if let Some(reserved) = state.reserve(&fields) {
                state.head = Some((status, fields, reserved));
            }
        });
    }

    pub(super) fn body(&self, chunk: &[u8]) {
        self.change(|state| {
            if state.failed.is_none() && !chunk.is_empty() {
                pieces::put(&mut state.chunks, Bytes::copy_from_slice(chunk));
            }
        });
    }

    pub(super) fn end(&self, trailers: &[Pair]) {
        let fields = (!trailers.is_empty()).then(|| Fields::copied(trailers.iter()));
        if let Some(fields) = &fields
            && fields.check(&self.limits).is_err()
        {
            let bytes = u32::try_from(fields.bytes()).ok();
            return self.fail(ErrorCode::HttpResponseTrailerSectionSize(bytes));
        }
        self.change(|state| {
            if state.failed.is_some() {
                return;
            }
            if let Some(fields) = fields {
                let Some(reserved) = state.reserve(&fields) else {
                    return;
                };
                state.trailers = Some((fields, reserved));
            }
            state.ended = true;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::WINDOW;
    use crate::limits::Limits;

    fn field(value: &str) -> Pair {
        Pair {
            name: "x-sum".into(),
            value: value.into(),
        }
    }

    /// A guest that has room for the window of one body and 10000 bytes.
    fn client() -> (Held, Arc<Client>) {
        let limits = Limits {
            host_bytes: WINDOW as u64 + 10_000,
            ..Limits::default()
        };
        let mut held = Held::new(&limits);
        let client = Client::new(limits, None);
        client.open_body(&mut held).unwrap();
        (held, client)
    }

    #[test]
    fn a_head_is_counted_until_it_is_taken() {
        let (held, client) = client();
        let value = "v".repeat(8_000);

        client.head(200, &[field(&value)]);

        assert!(held.fits(5_000).is_err());
        assert!(client.take_head().unwrap().is_ok());
        assert!(held.fits(5_000).is_ok());
    }

    #[test]
    fn trailers_are_counted_until_they_are_taken() {
        let (held, client) = client();
        let value = "v".repeat(8_000);

        client.end(&[field(&value)]);

        assert!(held.fits(5_000).is_err());
        assert!(client.take_trailers().unwrap().unwrap().is_some());
        assert!(held.fits(5_000).is_ok());
    }

    #[test]
    fn trailers_without_room_end_the_response_with_the_limit() {
        let (held, client) = client();
        let value = "v".repeat(12_000);

        client.end(&[field(&value)]);

        assert_eq!(client.refused().unwrap().wanted, WINDOW as u64 + 12_037);
        assert!(client.take_trailers().unwrap().is_err());
        assert!(held.fits(10_000).is_ok());
    }
}
