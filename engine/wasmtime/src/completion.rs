//! The answer to a host import, given by C++ at once or later from any thread.
use crate::ffi::{Slice, User, entry};
use crate::image::Image;
use crate::sync::lock;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

type Answer = Result<Image, String>;

enum State {
    Waiting(Option<Waker>),
    Answered(Answer),
    /// The guest call is gone (task cancelled, store dropped): late answers are ignored.
    Dropped,
}

pub struct Call {
    state: Mutex<State>,
    context: User,
}

/// The guest's side of the call.
pub struct Pending(Arc<Call>);

pub fn call(context: User) -> (Arc<Call>, Pending) {
    let state = Mutex::new(State::Waiting(None));
    let call = Arc::new(Call { state, context });
    (call.clone(), Pending(call))
}

impl Call {
    /// What `work` answers, which runs while the guest waits; nothing when it waits no more. An answer waits for `work`.
    pub fn while_waiting<R>(&self, work: impl FnOnce() -> R) -> Option<R> {
        let state = lock(&self.state);
        matches!(*state, State::Waiting(_)).then(work)
    }

    fn answer(&self, answer: Answer) {
        let mut state = lock(&self.state);
        if let State::Waiting(waker) = &mut *state {
            let waker = waker.take();
            *state = State::Answered(answer);
            drop(state);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

impl Future for Pending {
    type Output = wasmtime::Result<Image>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = lock(&self.0.state);
        match std::mem::replace(&mut *state, State::Dropped) {
            State::Answered(answer) => Poll::Ready(answer.map_err(wasmtime::Error::msg)),
            _ => {
                *state = State::Waiting(Some(cx.waker().clone()));
                Poll::Pending
            }
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        *lock(&self.0.state) = State::Dropped;
    }
}

/// Answers the call with an image of its result tuple; consumes the call and the image.
///
/// # Safety
/// `call` must be unanswered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_call_return(call: *const Call, result: Image) {
    entry((), || unsafe { Arc::from_raw(call) }.answer(Ok(result)));
}

/// Makes the call trap in the guest; consumes the call.
///
/// # Safety
/// `call` must be unanswered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_call_trap(call: *const Call, message: Slice) {
    entry((), || {
        let message = String::from_utf8_lossy(unsafe { message.bytes() }).into_owned();
        unsafe { Arc::from_raw(call) }.answer(Err(message));
    });
}

/// What the embedding attached to the instance for the guest call that made this import call.
///
/// # Safety
/// `call` must be unanswered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_call_context(call: *const Call) -> User {
    unsafe { &*call }.context
}
