//! One HTTP request of a guest and its response while they cross the C boundary: the mirror image of an
//! [`crate::exchange`].
//!
//! Nothing is told to C++ while the guest's fiber runs, but once it has been left ([`crate::outbox`]): there C++ may run
//! and end other guests. The request's body waits in a window and is pulled (`eng_client_want`), the response's is pushed
//! within a credit that the guest renews by reading.
use crate::ffi::{Pair, Slice, User, array, entry};
use crate::fields::Fields;
use crate::http_error::code_of;
use crate::http_response::NO_TRAILERS;
use crate::http_types::types::ErrorCode;
use crate::limits::{Held, Limits, Refusal, Reserved};
use crate::outbox;
use crate::pieces;
use crate::sync::lock;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// How requests leave. `start` takes over a reference to the client and answers what the others get as their user.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ClientSink {
    pub user: User,
    pub start: extern "C" fn(User, User, *const Client, *const ClientRequest) -> User,
    pub push: extern "C" fn(User, Slice, bool, *const Pair, usize),
    pub credit: extern "C" fn(User, usize),
    pub cancel: extern "C" fn(User),
}

#[repr(C)]
pub struct ClientRequest {
    pub method: Slice,
    pub target: Slice,
    pub scheme: Slice,
    pub authority: Slice,
    pub headers: *const Pair,
    pub header_count: usize,
    pub body_ended: bool,
    pub credit: usize,
    pub connect_timeout: u64,
    pub first_byte_timeout: u64,
    pub between_bytes_timeout: u64,
}

/// What a guest asks for, with everything checked.
pub struct Order {
    pub sink: ClientSink,
    /// The embedding's data of the call that asks.
    pub context: User,
    pub method: String,
    pub target: String,
    pub scheme: String,
    pub authority: String,
    pub headers: Fields,
    /// Nanoseconds; 0: none.
    pub connect_timeout: u64,
    pub first_byte_timeout: u64,
    pub between_bytes_timeout: u64,
}

impl Order {
    /// That are kept for as long as the request is under way.
    fn bytes(&self) -> u64 {
        self.headers.bytes() + (self.target.len() + self.authority.len()) as u64
    }
}

/// What a guest may write ahead of who takes it.
const WINDOW: usize = 32 << 10;
/// What may come of a response before the guest reads.
const FIRST: usize = 16 << 10;
/// How much more when it does, if its limit on host memory has room.
const MORE: usize = 112 << 10;

enum Link {
    /// C++ does not know of it.
    Unsent,
    /// Inside `start`.
    Starting,
    /// With what C++ calls it by.
    Open(User),
    /// C++ has let go of it, or will.
    Gone,
}

struct State {
    link: Link,
    order: Option<Box<Order>>,
    sink: Option<ClientSink>,
    /// Among those that are told at the end of the poll.
    due: bool,
    cancelled: bool,
    // The request's body.
    out: VecDeque<Bytes>,
    queued: usize,
    written: u64,
    /// Its trailers, once it is complete.
    finished: Option<Fields>,
    wanted: Option<usize>,
    writer: Option<Waker>,
    // The response.
    head: Option<(u16, Fields, Reserved)>,
    chunks: VecDeque<Bytes>,
    ended: bool,
    trailers: Option<(Fields, Reserved)>,
    /// What came did not fit beside what the host holds for the guest.
    refused: Option<Refusal>,
    failed: Option<ErrorCode>,
    consumed: usize,
    reader: Option<Waker>,
    // Counted as memory that the host holds.
    reserved: Vec<Reserved>,
}

pub struct Client {
    limits: Limits,
    /// The content-length that the guest promised.
    expected: Option<u64>,
    state: Mutex<State>,
}

enum Act {
    Start(Box<Order>, bool),
    Push(ClientSink, User, Bytes, Option<Fields>),
    Credit(ClientSink, User, usize),
    Cancel(ClientSink, User),
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl State {
    fn sendable(&self) -> bool {
        self.wanted.is_some() && (!self.out.is_empty() || self.finished.is_some())
    }

    fn is_gone(&self) -> bool {
        matches!(self.link, Link::Gone)
    }

    /// A place for what came, until the guest takes it; without one the response is lost.
    fn reserve(&mut self, fields: &Fields) -> Option<Reserved> {
        let refusal = match self.reserved.first()?.more(fields.bytes()) {
            Ok(reserved) => return Some(reserved),
            Err(refusal) => refusal,
        };
        self.failed
            .get_or_insert(ErrorCode::InternalError(Some(refusal.to_string())));
        self.refused = Some(refusal);
        None
    }

    /// The next piece of the request's body, at most `limit` bytes.
    fn take_piece(&mut self, limit: usize) -> Bytes {
        let Some(first) = self.out.front_mut() else {
            return Bytes::new();
        };
        if first.len() >= limit {
            let piece = first.split_to(limit);
            if first.is_empty() {
                self.out.pop_front();
            }
            return piece;
        }
        if self.out.len() == 1 {
            return self.out.pop_front().unwrap_or_default();
        }
        let mut joined = Vec::with_capacity(limit.min(self.queued));
        while let Some(next) = self.out.front_mut() {
            let piece = next.split_to(next.len().min(limit - joined.len()));
            if next.is_empty() {
                self.out.pop_front();
            } else if piece.is_empty() {
                break;
            }
            joined.extend_from_slice(&piece);
        }
        joined.into()
    }

    /// One answer to a `want`, if there is one.
    fn push(&mut self) -> Option<Act> {
        let (Link::Open(user), Some(sink)) = (&self.link, self.sink) else {
            return None;
        };
        if self.cancelled || !self.sendable() {
            return None;
        }
        let (user, limit) = (*user, self.wanted.take()?);
        let piece = self.take_piece(limit);
        self.queued -= piece.len();
        let trailers = match self.out.is_empty() {
            true => self.finished.clone(),
            false => None,
        };
        Some(Act::Push(sink, user, piece, trailers))
    }

    fn act(&mut self) -> Option<Act> {
        match self.link {
            Link::Gone | Link::Starting => None,
            Link::Unsent if self.cancelled => {
                self.link = Link::Gone;
                None
            }
            Link::Unsent => {
                let order = self.order.take()?;
                self.link = Link::Starting;
                let empty = self.out.is_empty();
                let plain = self
                    .finished
                    .as_ref()
                    .is_some_and(|f| f.entries().is_empty());
                Some(Act::Start(order, empty && plain))
            }
            Link::Open(user) => {
                let sink = self.sink?;
                if self.cancelled {
                    self.link = Link::Gone;
                    return Some(Act::Cancel(sink, user));
                }
                if self.consumed > 0 && !self.ended {
                    return Some(Act::Credit(sink, user, std::mem::take(&mut self.consumed)));
                }
                self.push()
            }
        }
    }
}

impl Client {
    pub fn new(limits: Limits, expected: Option<u64>) -> Arc<Client> {
        let state = State {
            link: Link::Unsent,
            order: None,
            sink: None,
            due: false,
            cancelled: false,
            out: VecDeque::new(),
            queued: 0,
            written: 0,
            finished: None,
            wanted: None,
            writer: None,
            head: None,
            chunks: VecDeque::new(),
            ended: false,
            trailers: None,
            refused: None,
            failed: None,
            consumed: 0,
            reader: None,
            reserved: Vec::new(),
        };
        Arc::new(Client {
            limits,
            expected,
            state: Mutex::new(state),
        })
    }

    /// The guest may write a body.
    pub fn open_body(&self, held: &mut Held) -> Result<(), Refusal> {
        lock(&self.state)
            .reserved
            .push(held.reserve(WINDOW as u64)?);
        Ok(())
    }

    /// There is none.
    pub fn without_body(&self) {
        lock(&self.state).finished = Some(Fields::default());
    }

    /// Sends the request off, at the end of the running poll.
    pub fn send(self: &Arc<Self>, order: Order, held: &mut Held) -> Result<(), Refusal> {
        let mut state = lock(&self.state);
        state
            .reserved
            .push(held.reserve(FIRST as u64 + order.bytes())?);
        state.order = Some(Box::new(order));
        self.notify(state);
        Ok(())
    }

    fn notify(self: &Arc<Self>, mut state: std::sync::MutexGuard<'_, State>) {
        if !std::mem::replace(&mut state.due, true) {
            drop(state);
            outbox::notify(self);
        }
    }

    /// Tells C++ what there is to tell. Not on a guest's stack.
    pub fn tell(self: &Arc<Self>) {
        lock(&self.state).due = false;
        while let Some(act) = {
            let mut state = lock(&self.state);
            state.act()
        } {
            self.perform(act);
        }
    }

    fn perform(self: &Arc<Self>, act: Act) {
        match act {
            Act::Start(order, ended) => self.start(&order, ended),
            Act::Push(sink, user, piece, trailers) => {
                let (views, ended) = (trailers.as_ref().map(Fields::views), trailers.is_some());
                let views = views.unwrap_or_default();
                let piece = piece.as_ref().into();
                (sink.push)(user, piece, ended, views.as_ptr(), views.len());
                wake(lock(&self.state).writer.take());
            }
            Act::Credit(sink, user, bytes) => (sink.credit)(user, bytes),
            Act::Cancel(sink, user) => (sink.cancel)(user),
        }
    }

    fn start(self: &Arc<Self>, order: &Order, body_ended: bool) {
        let headers = order.headers.views();
        let request = ClientRequest {
            method: order.method.as_str().into(),
            target: order.target.as_str().into(),
            scheme: order.scheme.as_str().into(),
            authority: order.authority.as_str().into(),
            headers: headers.as_ptr(),
            header_count: headers.len(),
            body_ended,
            credit: FIRST,
            connect_timeout: order.connect_timeout,
            first_byte_timeout: order.first_byte_timeout,
            between_bytes_timeout: order.between_bytes_timeout,
        };
        let sink = order.sink;
        let shared = Arc::into_raw(self.clone());
        let user = (sink.start)(sink.user, order.context, shared, &request);
        let mut state = lock(&self.state);
        state.sink = Some(sink);
        // It may be over already.
        if let Link::Starting = state.link {
            state.link = Link::Open(user);
        }
    }

    // ---- the request's body, as the guest writes it ----

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
    fn cancel(self: &Arc<Self>, code: ErrorCode) {
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

    // ---- the response, as the guest reads it ----

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

    fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
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

    fn fail(&self, code: ErrorCode) {
        self.change(|state| {
            if !state.ended {
                state.failed.get_or_insert(code);
            }
        });
    }

    fn head(&self, status: u16, headers: &[Pair]) {
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

    fn body(&self, chunk: &[u8]) {
        self.change(|state| {
            if state.failed.is_none() && !chunk.is_empty() {
                pieces::put(&mut state.chunks, Bytes::copy_from_slice(chunk));
            }
        });
    }

    fn end(&self, trailers: &[Pair]) {
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

    fn want(self: &Arc<Self>, limit: usize) {
        let act = {
            let mut state = lock(&self.state);
            state.wanted = Some(limit.max(1));
            state.push()
        };
        if let Some(act) = act {
            self.perform(act);
        }
    }

    /// C++ is done with it.
    fn let_go(&self) {
        let writer = self.change(|state| {
            state.link = Link::Gone;
            state.order = None;
            state.out.clear();
            state.queued = 0;
            if !state.ended {
                state
                    .failed
                    .get_or_insert(ErrorCode::HttpResponseIncomplete);
            }
            state.writer.take()
        });
        wake(writer);
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::Pair;

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
