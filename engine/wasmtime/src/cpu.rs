//! CPU time of tasks, and what a tick does to a guest that computes without end.
//!
//! A task's CPU time is the time spent inside its turns (two reads of the monotonic clock each), not the number of ticks
//! it saw: a guest that always waits just before the tick is counted all the same, and one that slept over
//! many ticks is not charged for them. A turn is what happens between two trips through the executor: polls, and what
//! the host does at once for the imports called in them. The turn of a callee, inside, stops the outer clock.
use crate::limits::{LimitKind, Refusal};
use crate::ticker;
use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use wasmtime::{Result, UpdateDeadline};

/// A guest that the tick catches earlier than this in its slice goes on until the next tick: else one that
/// was resumed just before a tick would pay for a trip through the executor and hardly run.
const MIN_SLICE: Duration = Duration::from_millis(1);

/// Written only by the thread that polls the task; atomic so that others may look.
#[derive(Default)]
pub struct Meter {
    spent: AtomicU64,
    since: AtomicU64,
    yielded: AtomicBool,
}

thread_local! {
    static RUNNING: Cell<Option<NonNull<Meter>>> = const { Cell::new(None) };
}

fn now() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_nanos() as u64
}

fn add(cell: &AtomicU64, n: u64) {
    // One writer: no locked instruction needed.
    cell.store(cell.load(Relaxed) + n, Relaxed);
}

/// The clock of one turn.
pub struct Turn<'a> {
    meter: &'a Meter,
    outer: Option<NonNull<Meter>>,
}

impl Meter {
    pub fn turn(&self) -> Turn<'_> {
        ticker::touch();
        let now = now();
        let outer = RUNNING.replace(Some(NonNull::from(self)));
        if let Some(outer) = outer {
            let outer = unsafe { outer.as_ref() };
            add(&outer.spent, now - outer.since.load(Relaxed));
        }
        self.since.store(now, Relaxed);
        Turn { meter: self, outer }
    }

    pub fn spent(&self) -> Duration {
        Duration::from_nanos(self.spent.load(Relaxed))
    }

    /// Whether the last turn ended because its slice was used up.
    pub fn has_yielded(&self) -> bool {
        self.yielded.load(Relaxed)
    }

    /// The same; resets the mark.
    pub fn take_yielded(&self) -> bool {
        let yielded = self.has_yielded();
        if yielded {
            self.yielded.store(false, Relaxed);
        }
        yielded
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let now = now();
        add(&self.meter.spent, now - self.meter.since.load(Relaxed));
        if let Some(outer) = self.outer {
            unsafe { outer.as_ref() }.since.store(now, Relaxed);
        }
        RUNNING.set(self.outer);
    }
}

/// CPU time that the running task has used so far, this turn included.
pub fn used() -> Duration {
    RUNNING.get().map_or(Duration::ZERO, |meter| {
        let meter = unsafe { meter.as_ref() };
        meter.spent() + Duration::from_nanos(now() - meter.since.load(Relaxed))
    })
}

/// What a guest does at an epoch check once a tick has passed.
pub fn tick(budget: Duration) -> Result<UpdateDeadline> {
    // Keeps the ticks coming for as long as the guest runs.
    ticker::touch();
    let Some(meter) = RUNNING.get() else {
        return Ok(UpdateDeadline::Continue(1));
    };
    let meter = unsafe { meter.as_ref() };
    let slice = Duration::from_nanos(now() - meter.since.load(Relaxed));
    let used = meter.spent() + slice;
    if used > budget {
        let (limit, wanted) = (budget.as_nanos() as u64, used.as_nanos() as u64);
        let kind = LimitKind::Cpu;
        return Err(Refusal {
            kind,
            limit,
            wanted,
        }
        .into());
    }
    if slice < MIN_SLICE {
        return Ok(UpdateDeadline::Continue(1));
    }
    meter.yielded.store(true, Relaxed);
    Ok(UpdateDeadline::Yield(1))
}
