//! Panics never cross the C boundary: they are caught at every entry, and their text goes to the report or the error
//! message instead of the process's stderr.
use crate::ffi::{Slice, User};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, Once, PoisonError};

static COUNT: AtomicU64 = AtomicU64::new(0);
static NEWEST: Mutex<String> = Mutex::new(String::new());

thread_local! {
    /// How many entries of the library are under way on this thread.
    static INSIDE: Cell<u32> = const { Cell::new(0) };
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

fn payload_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("unknown")
}

fn note(info: &PanicHookInfo<'_>) {
    let mut text = payload_text(info.payload()).to_string();
    if let Some(at) = info.location() {
        text = format!("{text}, at {}:{}", at.file(), at.line());
    }
    LAST.with(|last| *last.borrow_mut() = Some(text));
}

/// From now on panics inside the library are silent; all others go where they went before.
pub fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| match INSIDE.get() {
            0 => before(info),
            _ => note(info),
        }));
    });
}

/// Runs `body` and answers the text of its panic, if any.
pub fn catch<T>(body: impl FnOnce() -> T) -> Result<T, String> {
    INSIDE.set(INSIDE.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(body));
    INSIDE.set(INSIDE.get() - 1);
    result.map_err(|payload| {
        // Carried over the end of a fiber it is the same panic: the hook saw it only once.
        let text = LAST.with(|last| last.borrow_mut().take());
        let text = text.unwrap_or_else(|| payload_text(&*payload).to_string());
        COUNT.fetch_add(1, Relaxed);
        NEWEST
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&text);
        text
    })
}

/// Where a test can make the library panic.
#[derive(Clone, Copy, PartialEq)]
pub enum Place {
    /// In a host function, on the guest's fiber.
    Fiber,
    /// While polling, outside of any fiber.
    Poll,
    /// In a `*_free` function.
    Free,
}

/// Nothing in the library that ships, which is built without the feature.
#[cfg(not(feature = "panic-points"))]
#[inline(always)]
pub fn point(_: Place) {}

#[cfg(feature = "panic-points")]
pub use armed::{panic_at, point};

#[cfg(feature = "panic-points")]
mod armed {
    use super::{Cell, Place};

    thread_local! {
        static POINT: Cell<Option<Place>> = const { Cell::new(None) };
    }

    pub fn point(here: Place) {
        if POINT.get() == Some(here) {
            POINT.set(None);
            panic!("asked for by a test");
        }
    }

    /// Arms one panic on this thread.
    pub fn panic_at(place: Place) {
        POINT.set(Some(place));
    }
}

/// How many panics were caught, and the text of the newest.
#[unsafe(no_mangle)]
pub extern "C" fn eng_panics(
    newest: Option<extern "C" fn(user: User, text: Slice)>,
    user: User,
) -> u64 {
    if let Some(newest) = newest {
        let text = NEWEST
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        newest(user, text.as_str().into());
    }
    COUNT.load(Relaxed)
}
