//! The body of a guest's request, as the guest writes it.
use super::{Client, WINDOW, wake};
use crate::fields::Fields;
use crate::http_response::NO_TRAILERS;
use crate::http_types::types::ErrorCode;
use crate::pieces;
use crate::sync::lock;
use bytes::Bytes;
use std::sync::Arc;
use std::task::{Context, Poll};

impl Client {
    /// `None`: nothing more is taken.
    pub fn room(&self) -> Option<usize> {
        let state = lock(&self.state);
        let closed = state.finished.is_some() || state.cancelled || state.is_gone();
        (!closed).then(|| WINDOW - state.queued)
    }

    pub fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.room().is_none_or(|room| room > 0) {
            return Poll::Ready(());
        }
        lock(&self.state).writer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// The length that was written in all when that is more than was promised: then the request is broken.
    pub fn write(self: &Arc<Self>, bytes: Bytes) -> Result<(), u64> {
        let mut state = lock(&self.state);
        let written = state.written + bytes.len() as u64;
        if self.expected.is_some_and(|expected| written > expected) {
            drop(state);
            self.cancel(ErrorCode::HttpRequestBodySize(Some(written)));
            return Err(written);
        }
        if bytes.is_empty() {
            return Ok(());
        }
        state.written = written;
        state.queued += bytes.len();
        pieces::put(&mut state.out, bytes);
        if state.sendable() {
            self.notify(state);
        }
        Ok(())
    }

    pub fn finish(self: &Arc<Self>, trailers: Fields) -> Result<(), ErrorCode> {
        let mut state = lock(&self.state);
        if self
            .expected
            .is_some_and(|expected| state.written != expected)
        {
            let code = ErrorCode::HttpRequestBodySize(Some(state.written));
            drop(state);
            self.cancel(code.clone());
            return Err(code);
        }
        if self.expected.is_some() && !trailers.entries().is_empty() {
            drop(state);
            let code = ErrorCode::InternalError(Some(NO_TRAILERS.into()));
            self.cancel(code.clone());
            return Err(code);
        }
        state.finished = Some(trailers);
        if state.sendable() {
            self.notify(state);
        }
        Ok(())
    }

    /// The guest dropped the body of the request without finishing it.
    pub fn abandon_body(self: &Arc<Self>) {
        let why = "the guest dropped the body of its request without finishing it";
        self.cancel(ErrorCode::InternalError(Some(why.into())));
    }

    /// The request will never be complete, or nobody waits for its response.
    pub(super) fn cancel(self: &Arc<Self>, code: ErrorCode) {
        let mut state = lock(&self.state);
        if state.cancelled || state.is_gone() {
            return;
        }
        state.cancelled = true;
        if !state.ended {
            state.failed.get_or_insert(code);
        }
        let reader = state.reader.take();
        self.notify(state);
        wake(reader);
    }
}
