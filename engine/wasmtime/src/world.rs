//! The embedding's clocks, random numbers, output and timers, as C functions.
use crate::ffi::{Slice, User, entry};
use crate::sync::lock;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use wasmtime::{Result, format_err};

/// As C++ fills it in.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RawWorld {
    pub user: User,
    pub monotonic_ns: Option<extern "C" fn(User) -> u64>,
    pub wall: Option<extern "C" fn(User, *mut u64, *mut u32)>,
    pub random: Option<extern "C" fn(User, *mut u8, usize)>,
    pub write: Option<extern "C" fn(User, User, u32, Slice)>,
    pub sleep: Option<extern "C" fn(User, User, u64, *const Wake)>,
    pub cancel: Option<extern "C" fn(User, *const Wake)>,
    pub released: Option<extern "C" fn(User)>,
}

/// With every function in place. Tells the embedding when it is dropped.
pub struct World {
    user: User,
    monotonic_ns: extern "C" fn(User) -> u64,
    wall: extern "C" fn(User, *mut u64, *mut u32),
    random: extern "C" fn(User, *mut u8, usize),
    write: extern "C" fn(User, User, u32, Slice),
    sleep: extern "C" fn(User, User, u64, *const Wake),
    cancel: extern "C" fn(User, *const Wake),
    released: Option<extern "C" fn(User)>,
}

impl World {
    pub fn new(raw: &RawWorld) -> Result<World> {
        let missing = |name| format_err!("eng_world.{name} is not set");
        Ok(World {
            user: raw.user,
            monotonic_ns: raw.monotonic_ns.ok_or_else(|| missing("monotonic_ns"))?,
            wall: raw.wall.ok_or_else(|| missing("wall"))?,
            random: raw.random.ok_or_else(|| missing("random"))?,
            write: raw.write.ok_or_else(|| missing("write"))?,
            sleep: raw.sleep.ok_or_else(|| missing("sleep"))?,
            cancel: raw.cancel.ok_or_else(|| missing("cancel"))?,
            released: raw.released,
        })
    }

    pub fn monotonic_ns(&self) -> u64 {
        (self.monotonic_ns)(self.user)
    }

    /// Seconds and nanoseconds since 1970.
    pub fn wall(&self) -> (u64, u32) {
        let (mut seconds, mut nanoseconds) = (0, 0);
        (self.wall)(self.user, &mut seconds, &mut nanoseconds);
        (seconds, nanoseconds.min(999_999_999))
    }

    pub fn random(&self, out: &mut [u8]) {
        (self.random)(self.user, out.as_mut_ptr(), out.len());
    }

    pub fn write(&self, context: User, fd: u32, bytes: &[u8]) {
        (self.write)(self.user, context, fd, bytes.into());
    }

    /// Starts a timer of the embedding.
    fn sleep(&self, context: User, ns: u64) -> Arc<Wake> {
        let wake = Arc::new(Wake(Mutex::new(State::Waiting(None))));
        (self.sleep)(self.user, context, ns, Arc::into_raw(wake.clone()));
        wake
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(released) = self.released {
            released(self.user);
        }
    }
}

enum State {
    Waiting(Option<Waker>),
    Fired,
    /// Nobody waits any more.
    Cancelled,
}

/// A timer under way.
pub struct Wake(Mutex<State>);

impl Wake {
    fn fire(&self) {
        let before = {
            let mut state = lock(&self.0);
            match *state {
                State::Waiting(_) => std::mem::replace(&mut *state, State::Fired),
                _ => return,
            }
        };
        if let State::Waiting(Some(waker)) = before {
            waker.wake();
        }
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = lock(&self.0);
        match &mut *state {
            State::Waiting(waker) => {
                *waker = Some(cx.waker().clone());
                Poll::Pending
            }
            State::Fired | State::Cancelled => Poll::Ready(()),
        }
    }

    /// Whether somebody was still waiting.
    fn cancel(&self) -> bool {
        let before = std::mem::replace(&mut *lock(&self.0), State::Cancelled);
        matches!(before, State::Waiting(_))
    }
}

/// Waits for a time of the embedding's monotonic clock.
pub struct Timer {
    deadline: u64,
    wake: Option<Arc<Wake>>,
    /// A time that had passed from the start gives way to others once: guests poll with a zero timeout in loops.
    yielded: bool,
}

impl Timer {
    pub fn new(deadline: u64, now: u64) -> Timer {
        Timer {
            deadline,
            wake: None,
            yielded: deadline > now,
        }
    }

    pub fn poll(&mut self, world: &World, context: User, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(wake) = &self.wake {
            return wake.poll(cx);
        }
        let now = world.monotonic_ns();
        if now < self.deadline {
            let wake = world.sleep(context, self.deadline - now);
            return self.wake.insert(wake).poll(cx);
        }
        if std::mem::replace(&mut self.yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    pub fn cancel(&mut self, world: &World) {
        if let Some(wake) = self.wake.take()
            && wake.cancel()
        {
            (world.cancel)(world.user, Arc::as_ptr(&wake));
        }
    }
}

/// # Safety
/// `wake` comes from the `sleep` callback and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_wake_fire(wake: *const Wake) {
    entry((), || unsafe { Arc::from_raw(wake) }.fire());
}
