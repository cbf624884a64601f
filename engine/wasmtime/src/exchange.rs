//! One request and its response while they cross the C boundary.
//!
//! Both bodies stream. The request body is pulled: the engine asks (`want`) when the guest reads and nothing is left, so at
//! most one answer is buffered. The response body is pushed within a credit that C++ renews as its socket drains. A
//! hello needs neither: no waker, no queue, no extra call.
use crate::ffi::{Pair, Slice, User, array, entry};
use crate::fields::Fields;
use crate::http_types::Incoming;
use crate::http_types::types::ErrorCode;
use crate::report::{Broken, Report, View};
use crate::sync::lock;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

pub type Header = Pair;

/// All run on the thread that runs the task; slices are valid during the call.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct HttpSink {
    pub user: User,
    pub head: extern "C" fn(User, *const Exchange, u16, *const Header, usize),
    pub body: extern "C" fn(User, Slice),
    pub end: extern "C" fn(User, *const Header, usize),
    pub refused: extern "C" fn(User, Slice),
    pub want: extern "C" fn(User, *const Exchange, usize),
    pub done: extern "C" fn(User, *const View),
}

impl HttpSink {
    pub fn finish(self, result: Result<(), Report>) {
        match result {
            Ok(()) => (self.done)(self.user, std::ptr::null()),
            Err(report) => report.show(|view| (self.done)(self.user, view)),
        }
    }
}

/// How much C++ may push for one `want`.
const WINDOW: usize = 64 << 10;
/// What a guest may write into all its responses before it chooses one.
const EARLY: usize = 64 << 10;

/// Where the response stands.
enum Stage {
    /// None chosen yet.
    Open,
    Streaming,
    /// Complete, or an error code instead.
    Ended,
    /// It will never be complete.
    Broken(String),
}

struct State {
    chunks: VecDeque<Bytes>,
    request_ended: bool,
    trailers: Option<Fields>,
    wanted: bool,
    reader: Option<Waker>,
    credit: usize,
    early: usize,
    writer: Option<Waker>,
    stage: Stage,
}

pub struct Exchange {
    sink: HttpSink,
    state: Mutex<State>,
}

fn copied(trailers: &[Header]) -> Option<Fields> {
    (!trailers.is_empty()).then(|| Fields::copied(trailers.iter()))
}

impl Exchange {
    pub fn new(
        sink: HttpSink,
        first: &[u8],
        ended: bool,
        trailers: &[Header],
        credit: usize,
    ) -> Arc<Exchange> {
        let mut chunks = VecDeque::new();
        if !first.is_empty() {
            chunks.push_back(Bytes::copy_from_slice(first));
        }
        let state = State {
            chunks,
            request_ended: ended,
            trailers: copied(trailers),
            wanted: false,
            reader: None,
            credit,
            early: EARLY,
            writer: None,
            stage: Stage::Open,
        };
        Arc::new(Exchange {
            sink,
            state: Mutex::new(state),
        })
    }

    // ---- request body ----

    /// Takes at most `limit` bytes. `None`: nothing there now; `Some` empty: the body has ended.
    pub fn take(&self, limit: usize) -> Option<Bytes> {
        let mut state = lock(&self.state);
        let Some(chunk) = state.chunks.front_mut() else {
            return state.request_ended.then(Bytes::new);
        };
        if chunk.len() > limit {
            return Some(chunk.split_to(limit));
        }
        state.chunks.pop_front()
    }

    /// Ready once `take` would answer `Some`; asks C++ for more when needed.
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        let readable = |state: &State| !state.chunks.is_empty() || state.request_ended;
        let mut state = lock(&self.state);
        if readable(&state) {
            return Poll::Ready(());
        }
        if !std::mem::replace(&mut state.wanted, true) {
            drop(state);
            (self.sink.want)(self.sink.user, self, WINDOW);
            state = lock(&self.state);
            // Answered at once: nobody has to be woken.
            if readable(&state) {
                return Poll::Ready(());
            }
        }
        state.reader = Some(cx.waker().clone());
        if state.wanted {
            return Poll::Pending;
        }
        // Answered at once, with nothing: the next poll asks again.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Throws the rest of the body away; ready once it has ended and its trailers are known.
    pub fn poll_trailers(&self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            {
                let mut state = lock(&self.state);
                state.chunks.clear();
                if state.request_ended {
                    return Poll::Ready(());
                }
            }
            if self.poll_readable(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// `None` until the body has ended.
    pub fn take_trailers(&self) -> Option<Option<Fields>> {
        let mut state = lock(&self.state);
        state.request_ended.then(|| state.trailers.take())
    }

    fn push(&self, chunk: &[u8], end: bool, trailers: &[Header]) {
        let reader = {
            let mut state = lock(&self.state);
            state.wanted = false;
            if !chunk.is_empty() {
                state.chunks.push_back(Bytes::copy_from_slice(chunk));
            }
            if end {
                state.request_ended = true;
                state.trailers = copied(trailers);
            }
            state.reader.take()
        };
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    // ---- response ----

    /// Bytes that responses not chosen yet may still buffer.
    pub fn early(&self) -> usize {
        lock(&self.state).early
    }

    pub fn use_early(&self, bytes: usize) {
        let mut state = lock(&self.state);
        state.early = state.early.saturating_sub(bytes);
    }

    pub fn free_early(&self, bytes: usize) {
        lock(&self.state).early += bytes;
    }

    pub fn head(&self, status: u16, headers: &[Header]) {
        lock(&self.state).stage = Stage::Streaming;
        let sink = &self.sink;
        (sink.head)(sink.user, self, status, headers.as_ptr(), headers.len());
    }

    pub fn credit(&self) -> usize {
        lock(&self.state).credit
    }

    pub fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = lock(&self.state);
        if state.credit > 0 {
            return Poll::Ready(());
        }
        state.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Hands a chunk over; a credit that is overdrawn is repaid before the next write.
    pub fn write(&self, chunk: &[u8]) {
        {
            let mut state = lock(&self.state);
            state.credit = state.credit.saturating_sub(chunk.len());
            if !matches!(state.stage, Stage::Streaming) {
                return;
            }
        }
        (self.sink.body)(self.sink.user, chunk.into());
    }

    fn renew(&self, bytes: usize) {
        let writer = {
            let mut state = lock(&self.state);
            state.credit = state.credit.saturating_add(bytes);
            state.writer.take()
        };
        if let Some(writer) = writer {
            writer.wake();
        }
    }

    /// The body is complete. C++ may send at once, while the guest still runs or is torn down.
    pub fn end(&self, trailers: &[Header]) {
        let before = std::mem::replace(&mut lock(&self.state).stage, Stage::Ended);
        if matches!(before, Stage::Streaming) {
            (self.sink.end)(self.sink.user, trailers.as_ptr(), trailers.len());
        }
    }

    /// An error code instead of a response.
    pub fn refuse(&self, code: &str) {
        lock(&self.state).stage = Stage::Ended;
        (self.sink.refused)(self.sink.user, code.into());
    }

    /// The response will never be complete.
    pub fn give_up(&self, why: &str) {
        lock(&self.state).stage = Stage::Broken(why.to_string());
    }

    /// What to say of the response once the guest has returned.
    pub fn outcome(&self) -> Result<(), Broken> {
        let state = lock(&self.state);
        let text = match &state.stage {
            Stage::Ended => return Ok(()),
            Stage::Open => "the guest returned without setting a response",
            Stage::Streaming => "the guest returned without finishing its response body",
            Stage::Broken(why) => why,
        };
        Err(Broken(text.to_string()))
    }
}

impl Incoming for Exchange {
    fn take(&self, limit: usize) -> Option<Result<Bytes, ErrorCode>> {
        self.take(limit).map(Ok)
    }

    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_readable(cx)
    }

    fn poll_trailers(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_trailers(cx)
    }

    fn take_trailers(&self) -> Option<Result<Option<Fields>, ErrorCode>> {
        self.take_trailers().map(Ok)
    }
}

/// Answers a `want`: copies `chunk`. An empty chunk that is not the end counts as an answer, too.
///
/// # Safety
/// `exchange` must be alive, the slices readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_http_push(
    exchange: *const Exchange,
    chunk: Slice,
    end: bool,
    trailers: *const Header,
    trailer_count: usize,
) {
    entry((), || unsafe {
        (*exchange).push(chunk.bytes(), end, array(trailers, trailer_count))
    });
}

/// # Safety
/// `exchange` must be alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_http_credit(exchange: *const Exchange, bytes: usize) {
    entry((), || unsafe { (*exchange).renew(bytes) });
}
