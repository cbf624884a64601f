//! A single-threaded executor, a world with a fake clock, and owned handles.
use engine::component::*;
use engine::engine::*;
use engine::ffi::{Fail, Pair, Slice, User};
use engine::limits::{LimitKind, Limits};
use engine::linker::*;
use engine::report::{End, View};
use engine::setting::*;
use engine::task::*;
use engine::world::{RawWorld, Wake, eng_wake_fire};
use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::{Condvar, Mutex, OnceLock};
use std::time::Duration;
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre};

pub type Pre = *mut InstancePre<engine::host::Host>;

pub fn user<T>(value: *const T) -> User {
    User(value as *mut c_void)
}

pub unsafe fn at<'a, T>(user: User) -> &'a T {
    unsafe { &*user.0.cast::<T>() }
}

extern "C" fn note(user: User, text: Slice) {
    let text = unsafe { String::from_utf8_lossy(text.bytes()).into_owned() };
    *unsafe { at::<Mutex<String>>(user) }.lock().unwrap() = text;
}

/// Calls something fallible of C; its message is the error.
pub fn failing<T>(call: impl FnOnce(Fail, User) -> T) -> (T, String) {
    let message = Mutex::new(String::new());
    let value = call(Fail::new(note), user(&message));
    (value, message.into_inner().unwrap())
}

/// As [`failing`], for what must succeed.
pub fn fine<T>(call: impl FnOnce(Fail, User) -> T) -> T {
    let (value, message) = failing(call);
    assert_eq!(message, "");
    value
}

/// Text that C hands over.
pub fn text(call: impl FnOnce(engine::ffi::Text, User)) -> String {
    let text = Mutex::new(String::new());
    call(note, user(&text));
    text.into_inner().unwrap()
}

// ---- executor ----

#[derive(Default)]
pub struct Loop {
    queue: Mutex<VecDeque<usize>>,
    more: Condvar,
    pub slices: Mutex<u32>,
}

extern "C" fn schedule(exec: *mut c_void, task: *const Task, why: Why) {
    let exec = unsafe { &*exec.cast::<Loop>() };
    if let Why::Slice = why {
        *exec.slices.lock().unwrap() += 1;
    }
    exec.queue.lock().unwrap().push_back(task as usize);
    exec.more.notify_one();
}

impl Loop {
    pub fn exec(&self) -> Exec {
        Exec {
            exec: (&raw const *self).cast_mut().cast(),
            schedule,
        }
    }

    /// How often the only task of this executor was polled, but for ticks that fell into a poll on a busy machine.
    pub fn turns(&self, task: *const Task) -> u64 {
        unsafe { eng_task_polls(task) - u64::from(*self.slices.lock().unwrap()) }
    }

    /// Runs what is scheduled now, first of all `task`.
    pub fn turn(&self, task: *const Task) {
        unsafe { eng_task_run(task) };
        self.drain();
    }

    pub fn drain(&self) {
        loop {
            let next = self.queue.lock().unwrap().pop_front();
            let Some(next) = next else { return };
            unsafe { eng_task_run(next as *const Task) };
        }
    }

    /// As [`Loop::drain`], until `ended`; other threads may have to do their part.
    pub fn until(&self, ended: impl Fn() -> bool) {
        while !ended() {
            let queue = self.queue.lock().unwrap();
            let patience = Duration::from_secs(20);
            let (queue, late) = self
                .more
                .wait_timeout_while(queue, patience, |queue| queue.is_empty())
                .unwrap();
            assert!(!late.timed_out(), "nothing happens any more");
            drop(queue);
            self.drain();
        }
    }
}

// ---- world ----

#[derive(Default)]
pub struct World {
    pub now: Mutex<u64>,
    timers: Mutex<Vec<(u64, usize)>>,
    pub cancelled: Mutex<u32>,
    pub written: Mutex<Vec<(u32, Vec<u8>)>>,
    pub released: Mutex<u32>,
}

extern "C" fn monotonic(world: User) -> u64 {
    *unsafe { at::<World>(world) }.now.lock().unwrap()
}
extern "C" fn wall(world: User, seconds: *mut u64, nanoseconds: *mut u32) {
    let now = monotonic(world);
    unsafe {
        *seconds = 1_000 + now / 1_000_000_000;
        *nanoseconds = (now % 1_000_000_000) as u32;
    }
}
extern "C" fn random(_: User, out: *mut u8, len: usize) {
    unsafe { std::slice::from_raw_parts_mut(out, len) }.fill(7);
}
extern "C" fn write(world: User, _: User, fd: u32, bytes: Slice) {
    let bytes = unsafe { bytes.bytes() }.to_vec();
    let mut written = unsafe { at::<World>(world) }.written.lock().unwrap();
    // A flood must not fill the test's memory.
    if written.len() < 10_000 {
        written.push((fd, bytes));
    }
}
extern "C" fn sleep(world: User, _: User, ns: u64, wake: *const Wake) {
    let deadline = monotonic(world).saturating_add(ns);
    let mut timers = unsafe { at::<World>(world) }.timers.lock().unwrap();
    timers.push((deadline, wake as usize));
}
extern "C" fn cancel(world: User, wake: *const Wake) {
    let world = unsafe { at::<World>(world) };
    let mut timers = world.timers.lock().unwrap();
    let at = timers.iter().position(|(_, w)| *w == wake as usize);
    timers.remove(at.expect("a timer under way"));
    *world.cancelled.lock().unwrap() += 1;
    unsafe { eng_wake_fire(wake) };
}
extern "C" fn released(world: User) {
    *unsafe { at::<World>(world) }.released.lock().unwrap() += 1;
}

impl World {
    pub fn raw(&self) -> RawWorld {
        RawWorld {
            user: user(self),
            monotonic_ns: Some(monotonic),
            wall: Some(wall),
            random: Some(random),
            write: Some(write),
            sleep: Some(sleep),
            cancel: Some(cancel),
            released: Some(released),
        }
    }

    pub fn timers(&self) -> usize {
        self.timers.lock().unwrap().len()
    }

    /// Turns the clock on to the next timer and fires it.
    pub fn wait(&self) {
        let next = {
            let mut timers = self.timers.lock().unwrap();
            let index = (0..timers.len()).min_by_key(|i| timers[*i].0);
            timers.remove(index.expect("a timer under way"))
        };
        *self.now.lock().unwrap() = next.0;
        unsafe { eng_wake_fire(next.1 as *const Wake) };
    }

    pub fn output(&self, fd: u32) -> String {
        let written = self.written.lock().unwrap();
        let of = |(to, bytes): &(u32, Vec<u8>)| (*to == fd).then(|| bytes.clone());
        let bytes: Vec<u8> = written.iter().filter_map(of).flatten().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// A setting, owned.
pub struct Setting(pub *const engine::setting::Setting);

impl Setting {
    pub fn new(world: &World) -> Setting {
        Setting::with(world, &[], &[], &[])
    }

    pub fn with(world: &World, env: &[(&str, &str)], args: &[&str], dirs: &[RawDir]) -> Setting {
        let env: Vec<Pair> = env.iter().map(|(n, v)| pair(n, v)).collect();
        let args: Vec<Slice> = args.iter().map(|arg| Slice::from(*arg)).collect();
        let raw = RawSetting {
            env: env.as_ptr(),
            env_count: env.len(),
            args: args.as_ptr(),
            arg_count: args.len(),
            dirs: dirs.as_ptr(),
            dir_count: dirs.len(),
            stdin_inherit: false,
            terminal: [false; 3],
            world: world.raw(),
        };
        Setting(fine(|fail, to| unsafe { eng_setting_new(&raw, fail, to) }))
    }
}

impl Drop for Setting {
    fn drop(&mut self) {
        unsafe { eng_setting_free(self.0) };
    }
}

pub fn pair(name: &str, value: &str) -> Pair {
    Pair {
        name: name.into(),
        value: value.into(),
    }
}

// ---- engine and components ----

pub const POOL: u32 = 8;

pub fn options() -> Options {
    Options {
        pooling: true,
        pool_size: POOL,
        threads: 1,
        keep_resident: 1 << 20,
        tick_us: 1_000,
        slot: 64 << 20,
        ..Options::default()
    }
}

pub fn new_engine(options: &Options) -> &'static Engine {
    let engine = fine(|fail, to| unsafe { eng_engine_new(options, fail, to) });
    // Kept: components refer to it.
    unsafe { &*engine }
}

pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<&'static Engine> = OnceLock::new();
    ENGINE.get_or_init(|| new_engine(&options()))
}

pub fn bytes(path: &str) -> Vec<u8> {
    let folder = std::env::var("WEFT_GUESTS").expect("WEFT_GUESTS names the folder of the guests");
    let path = format!("{folder}/{path}.wasm");
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Compiled once per test process.
pub fn component(name: &str) -> &'static Component {
    static ALL: Mutex<Vec<(String, &'static Component)>> = Mutex::new(Vec::new());
    let mut all = ALL.lock().unwrap();
    if let Some((_, known)) = all.iter().find(|(known, _)| known == name) {
        return known;
    }
    let wasm = bytes(name);
    let compiled =
        fine(|fail, to| unsafe { eng_component_new(engine(), wasm.as_slice().into(), fail, to) });
    all.push((name.to_string(), unsafe { &*compiled }));
    unsafe { &*compiled }
}

/// A component in the text format, compiled anew.
pub fn from_text(text: &str) -> &'static Component {
    let wasm = wat::parse_str(text).unwrap();
    let compiled =
        fine(|fail, to| unsafe { eng_component_new(engine(), wasm.as_slice().into(), fail, to) });
    // Kept: calls refer to it.
    unsafe { &*compiled }
}

pub fn linker() -> *mut Linker {
    fine(|fail, to| unsafe { eng_linker_new(engine(), fail, to) })
}

pub fn pre(linker: *mut Linker, component: &Component) -> Pre {
    fine(|fail, to| unsafe { eng_pre_new(linker, component, fail, to) })
}

/// What a task told at its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    pub end: End,
    pub kind: LimitKind,
    pub limit: u64,
    pub wanted: u64,
    pub message: String,
    pub frames: Vec<(String, usize)>,
}

/// # Safety
/// As the callback gave it.
pub unsafe fn ended(view: *const View) -> Result<(), Ended> {
    if view.is_null() {
        return Ok(());
    }
    let view = unsafe { &*view };
    let frames = unsafe { engine::ffi::array(view.frames, view.frame_count) };
    let text = |slice: Slice| unsafe { slice.text() }.unwrap().to_string();
    Err(Ended {
        end: view.end,
        kind: view.limit_kind,
        limit: view.limit,
        wanted: view.wanted,
        message: text(view.message),
        frames: frames
            .iter()
            .map(|frame| (text(frame.function), frame.offset))
            .collect(),
    })
}

/// Generous, so that only what a test sets is met.
pub fn limits() -> Limits {
    Limits {
        cpu_ns: 10_000_000_000,
        ..Limits::default()
    }
}
