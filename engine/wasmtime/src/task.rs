//! A task: one owned future with a real waker, run by an executor that lives in C++.
//!
//! `schedule(exec, task)` hands the executor one reference; the executor gives it back by calling
//! `eng_task_run(task)` exactly once, on any thread. The state machine guarantees that a task is
//! scheduled at most once at a time and never runs on two threads at once, so nothing ever spins.
use crate::cpu::Meter;
use crate::ffi::entry;
use crate::outbox::Outbox;
use crate::panics;
use crate::report::Report;
use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::*};
use std::task::{Context, Poll, Wake, Waker};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Exec {
    pub exec: *mut c_void,
    pub schedule: extern "C" fn(exec: *mut c_void, task: *const Task, why: Why),
}
/// Why a task asks for its next poll.
#[repr(u32)]
#[derive(Clone, Copy)]
pub enum Why {
    /// What it waited for has happened.
    Woken = 0,
    /// It used up its slice of CPU time: others should go first.
    Slice = 1,
}

/// The future of a task, and whom to tell if polling it panics.
trait Job: Send {
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()>;
    fn panicked(self: Pin<&mut Self>, report: Report);
}

struct With<F, P> {
    /// None once dropped after a panic.
    future: Option<F>,
    panicked: Option<P>,
}

impl<F: Future<Output = ()> + Send, P: FnOnce(Report) + Send> Job for With<F, P> {
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let future = unsafe { self.map_unchecked_mut(|this| &mut this.future) };
        future
            .as_pin_mut()
            .expect("not polled after a panic")
            .poll(cx)
    }

    fn panicked(self: Pin<&mut Self>, report: Report) {
        let this = unsafe { self.get_unchecked_mut() };
        // In place, and before the owner hears of it: the instance's slot is free by then.
        entry((), || this.future = None);
        if let Some(panicked) = this.panicked.take() {
            panicked(report);
        }
    }
}

// The C side promises that `schedule` may be called from any thread.
unsafe impl Send for Exec {}
unsafe impl Sync for Exec {}

const IDLE: u8 = 0;
const SCHEDULED: u8 = 1;
const RUNNING: u8 = 2;
/// Running, and woken meanwhile: run again.
const NOTIFIED: u8 = 3;
const DONE: u8 = 4;
/// Added to RUNNING or NOTIFIED once the owner let go: the run that is under way drops the future at its end.
const CANCEL: u8 = 8;

pub struct Task {
    state: AtomicU8,
    polls: AtomicU64,
    meter: Meter,
    exec: Exec,
    /// Touched only by whoever moved `state` from SCHEDULED to RUNNING, or from IDLE or SCHEDULED to DONE.
    future: UnsafeCell<Option<Pin<Box<dyn Job>>>>,
}
unsafe impl Sync for Task {}

impl Task {
    /// Answers the owner's handle of a task that is already scheduled: the caller must both run
    /// it once (`eng_task_run`) and free the handle (`eng_task_free`).
    /// `panicked` takes the place of whatever the future would have told its owner at its end.
    pub fn start(
        exec: Exec,
        future: impl Future<Output = ()> + Send + 'static,
        panicked: impl FnOnce(Report) + Send + 'static,
    ) -> *const Task {
        let task = Arc::new(Task {
            state: AtomicU8::new(SCHEDULED),
            polls: AtomicU64::new(0),
            meter: Meter::default(),
            exec,
            future: UnsafeCell::new(Some(Box::pin(With {
                future: Some(future),
                panicked: Some(panicked),
            }))),
        });
        let _reference_of_the_first_run = ManuallyDrop::new(task.clone());
        Arc::into_raw(task)
    }

    fn schedule(self: Arc<Self>) {
        let exec = self.exec;
        let why = if self.meter.take_yielded() {
            Why::Slice
        } else {
            Why::Woken
        };
        (exec.schedule)(exec.exec, Arc::into_raw(self), why);
    }

    fn drop_future(&self) {
        entry((), || unsafe { *self.future.get() = None });
    }

    fn run(self: Arc<Self>) {
        let before = self.state.swap(RUNNING, AcqRel);
        // Freed while this run was due. If it is done already, its future is gone or about to go elsewhere.
        if before == DONE || before & CANCEL != 0 {
            if before != DONE {
                self.drop_future();
            }
            self.state.store(DONE, Release);
            return;
        }
        if self.turn() {
            self.state.store(DONE, Release);
            return;
        }
        match self.state.compare_exchange(RUNNING, IDLE, AcqRel, Acquire) {
            Ok(_) => {}
            Err(NOTIFIED) => {
                // A cancel that lands between these two steps keeps its bit and is seen by `run`.
                let _ = self
                    .state
                    .fetch_update(AcqRel, Acquire, |s| Some(SCHEDULED | (s & CANCEL)));
                self.schedule();
            }
            Err(_) => {
                self.drop_future();
                self.state.store(DONE, Release);
            }
        }
    }

    /// Polls for as long as the guest has what it needs; answers whether it has ended.
    fn turn(self: &Arc<Self>) -> bool {
        let _clock = self.meter.turn();
        let mut outbox = Outbox::default();
        loop {
            let finished = self.poll(&mut outbox);
            // Imports that the guest called go to C++ here, on the thread's own stack. If all were answered
            // at once the task is polled again without a trip through the executor.
            let sent = outbox.send();
            if finished || !sent || !self.answered() {
                return finished;
            }
        }
    }

    fn poll(self: &Arc<Self>, outbox: &mut Outbox) -> bool {
        self.polls.fetch_add(1, Relaxed);
        let _outbox = outbox.open();
        // Borrows this reference instead of counting one up and down per poll.
        let waker = ManuallyDrop::new(Waker::from(unsafe { Arc::from_raw(Arc::as_ptr(self)) }));
        let slot = unsafe { &mut *self.future.get() };
        let job = slot.as_mut().expect("a scheduled task has a future");
        let poll = || {
            panics::point(panics::Place::Poll);
            job.as_mut().poll(&mut Context::from_waker(&waker)) == Poll::Ready(())
        };
        // A panic on the guest's fiber has been carried here by wasmtime.
        let done = panics::catch(poll).unwrap_or_else(|text| {
            entry((), || job.as_mut().panicked(Report::panic(&text)));
            true
        });
        if done {
            entry((), || *slot = None);
        }
        done
    }

    /// Whether the running task was woken meanwhile, and nothing more; takes the note back if so. One that used up its
    /// slice woke itself, and waits for its turn.
    fn answered(&self) -> bool {
        let again = || {
            self.state
                .compare_exchange(NOTIFIED, RUNNING, AcqRel, Acquire)
        };
        !self.meter.has_yielded() && again().is_ok()
    }

    fn cancel(&self) {
        let before = self.state.fetch_or(CANCEL, AcqRel);
        // RUNNING is left to `run`, which sees the bit. A run that is due finds the task done.
        if (before == IDLE || before == SCHEDULED)
            && self
                .state
                .compare_exchange(before | CANCEL, DONE, AcqRel, Acquire)
                .is_ok()
        {
            self.drop_future();
        }
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let next = |state| match state {
            IDLE => Some(SCHEDULED),
            RUNNING => Some(NOTIFIED),
            _ => None,
        };
        if self.state.fetch_update(AcqRel, Acquire, next) == Ok(IDLE) {
            self.clone().schedule();
        }
    }
}

/// Consumes the reference that `schedule` (or a start function) handed out.
///
/// # Safety
/// `task` must be alive, and the reference that is given up be the caller's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_task_run(task: *const Task) {
    entry((), || unsafe { Arc::from_raw(task) }.run());
}

/// Lets go of the owner's handle; an unfinished task is cancelled.
///
/// # Safety
/// `task` must be alive, and the reference that is given up be the caller's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_task_free(task: *const Task) {
    entry((), || {
        if !task.is_null() {
            unsafe { Arc::from_raw(task) }.cancel();
        }
    });
}

/// How many times the task was polled: the proof that nothing polls in a loop.
///
/// # Safety
/// `task` must be alive, and the reference that is given up be the caller's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_task_polls(task: *const Task) -> u64 {
    unsafe { &*task }.polls.load(Relaxed)
}

/// CPU time spent in the task's turns so far, in nanoseconds.
///
/// # Safety
/// `task` must be alive, and the reference that is given up be the caller's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_task_cpu(task: *const Task) -> u64 {
    unsafe { &*task }.meter.spent().as_nanos() as u64
}
