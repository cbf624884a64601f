//! One thread that advances the epoch of every engine, and sleeps while no guest runs.
//!
//! Whoever starts a poll, makes a store or passes an epoch check calls [`touch`]. After a few ticks without one nothing
//! can be running unseen: a guest under way would have met the epoch check by then, since its deadline is one tick.
use crate::sync::lock;
use std::sync::atomic::{AtomicBool, Ordering::*};
use std::sync::{Mutex, OnceLock};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};
use wasmtime::{EngineWeak, Result};

/// Ticks without a sign of life before the thread parks.
const PATIENCE: u32 = 4;

/// Somebody was polled since the thread last looked.
static TOUCHED: AtomicBool = AtomicBool::new(false);
static PARKED: AtomicBool = AtomicBool::new(false);
static THREAD: OnceLock<Thread> = OnceLock::new();
static ENGINES: Mutex<Vec<Ticked>> = Mutex::new(Vec::new());

struct Ticked {
    engine: EngineWeak,
    every: Duration,
    last: Instant,
}

/// One relaxed load while the ticker is awake.
#[inline]
pub fn touch() {
    if !TOUCHED.load(Relaxed) {
        wake();
    }
}

#[cold]
fn wake() {
    TOUCHED.store(true, SeqCst);
    if PARKED.load(SeqCst)
        && let Some(thread) = THREAD.get()
    {
        thread.unpark();
    }
}

/// Whether the thread sleeps: nothing has run for some ticks.
pub fn parked() -> bool {
    PARKED.load(SeqCst)
}

/// Ticks `engine` from now on, until it is gone.
pub fn add(engine: EngineWeak, every: Duration) -> Result<()> {
    lock(&ENGINES).push(Ticked {
        engine,
        every,
        last: Instant::now(),
    });
    if THREAD.get().is_none() {
        let started = thread::Builder::new()
            .name("engine-ticker".into())
            .spawn(run)?;
        // A second one that lost this race ends by itself.
        let _ = THREAD.set(started.thread().clone());
    }
    wake();
    Ok(())
}

/// Advances every epoch that is due; answers how long to sleep, or nothing when no engine is left.
fn tick() -> Option<Duration> {
    let now = Instant::now();
    let mut engines = lock(&ENGINES);
    engines.retain_mut(|ticked| {
        let Some(engine) = ticked.engine.upgrade() else {
            return false;
        };
        // A sleep may end a little early: better tick now than a whole period late.
        if now - ticked.last + ticked.every / 8 >= ticked.every {
            engine.increment_epoch();
            ticked.last = now;
        }
        true
    });
    engines.iter().map(|ticked| ticked.every).min()
}

fn run() {
    let mut idle = 0;
    while THREAD
        .get()
        .is_none_or(|t| t.id() == thread::current().id())
    {
        let every = tick();
        idle = if TOUCHED.swap(false, SeqCst) {
            0
        } else {
            idle + 1
        };
        match every {
            Some(every) if idle < PATIENCE => thread::sleep(every),
            _ => {
                PARKED.store(true, SeqCst);
                while !TOUCHED.load(SeqCst) {
                    thread::park();
                }
                PARKED.store(false, SeqCst);
                // A whole period from now: who has just started has used no time yet.
                let now = Instant::now();
                lock(&ENGINES).iter_mut().for_each(|t| t.last = now);
                idle = 0;
            }
        }
    }
}
