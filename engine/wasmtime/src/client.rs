//! One HTTP request of a guest and its response while they cross the C boundary: the mirror image of an
//! [`crate::exchange`].
//!
//! Nothing is told to C++ while the guest's fiber runs, but once it has been left ([`crate::outbox`]): there C++ may run
//! and end other guests. The request's body waits in a window and is pulled (`eng_client_want`), the response's is pushed
//! within a credit that the guest renews by reading.
mod answer;
mod body;
mod entry;

use crate::ffi::{Pair, Slice, User};
use crate::fields::Fields;
use crate::http_types::types::ErrorCode;
use crate::limits::{Held, Limits, Refusal, Reserved};
use crate::outbox;
use crate::sync::lock;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::Waker;

pub use entry::*;

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
