//! Calls by image, fresh and in kept instances, with imports that C answers at once, later, or never.
use crate::support::*;
use engine::completion::*;
use engine::component::*;
use engine::ffi::User;
use engine::image::Image;
use engine::instance::*;
use engine::limits::Limits;
use engine::linker::*;
use engine::report::{End, View};
use engine::task::*;
use std::sync::Mutex;
use wasmtime::component::{Component, ComponentExportIndex};

pub const API: &str = "test:demo/api@0.1.0";
pub const DRIVE: &str = "test:demo/drive@0.1.0";

pub fn func(component: &Component, iface: &str, name: &str) -> *const ComponentExportIndex {
    fine(|fail, to| unsafe { eng_func_find(component, iface.into(), name.into(), fail, to) })
}

#[derive(Default)]
pub struct Told {
    pub result: Option<Vec<u8>>,
    pub unused: Option<Vec<u8>>,
    pub done: Option<Result<(), Ended>>,
    pub instance: usize,
}

pub type Tell = Mutex<Told>;

extern "C" fn returned(to: User, result: Image) {
    let mut told = unsafe { at::<Tell>(to) }.lock().unwrap();
    assert!(told.done.is_none(), "before the end");
    told.result = Some(result.to_vec());
}
extern "C" fn unused(to: User, arguments: Image) {
    unsafe { at::<Tell>(to) }.lock().unwrap().unused = Some(arguments.to_vec());
}
extern "C" fn done(to: User, view: *const View) {
    unsafe { at::<Tell>(to) }.lock().unwrap().done = Some(unsafe { ended(view) });
}
extern "C" fn called(to: User, view: *const View, instance: *mut Instance, result: Image) {
    let mut told = unsafe { at::<Tell>(to) }.lock().unwrap();
    told.result = Some(result.to_vec());
    told.done = Some(unsafe { ended(view) });
    told.instance = instance as usize;
}
extern "C" fn instantiated(to: User, view: *const View, instance: *mut Instance) {
    called(to, view, instance, Vec::new().into());
}

/// A world with one executor, and fresh calls in it.
pub struct Caller {
    pub tasks: Loop,
    pub setting: Setting,
    pub tell: Tell,
    /// Outlives the setting.
    _world: Box<World>,
}

impl Default for Caller {
    fn default() -> Self {
        let world = Box::<World>::default();
        Caller {
            tasks: Loop::default(),
            setting: Setting::new(&world),
            _world: world,
            tell: Tell::default(),
        }
    }
}

impl Caller {
    /// Scheduled, not run.
    pub fn start(
        &self,
        pre: Pre,
        func: *const ComponentExportIndex,
        args: &[u8],
        context: User,
    ) -> *const Task {
        self.start_with(pre, func, args.to_vec().into(), context, limits())
    }

    pub fn start_with(
        &self,
        pre: Pre,
        func: *const ComponentExportIndex,
        args: Image,
        context: User,
        limits: Limits,
    ) -> *const Task {
        let sink = CallSink {
            user: user(&self.tell),
            returned,
            unused,
            done,
        };
        let exec = self.tasks.exec();
        unsafe {
            eng_call_fresh(
                pre,
                func,
                args,
                &limits,
                self.setting.0,
                context,
                exec,
                sink,
            )
        }
    }

    pub fn fresh(
        &self,
        pre: Pre,
        func: *const ComponentExportIndex,
        args: &[u8],
    ) -> Result<Vec<u8>, Ended> {
        self.fresh_with(pre, func, args.to_vec().into(), limits())
    }

    pub fn fresh_with(
        &self,
        pre: Pre,
        func: *const ComponentExportIndex,
        args: Image,
        limits: Limits,
    ) -> Result<Vec<u8>, Ended> {
        let task = self.start_with(pre, func, args, User(std::ptr::null_mut()), limits);
        self.tasks.turn(task);
        let told = std::mem::take(&mut *self.tell.lock().unwrap());
        unsafe { eng_task_free(task) };
        told.done.expect("the end").map(|()| told.result.unwrap())
    }

    pub fn instance(&self, pre: Pre, context: User) -> *mut Instance {
        let (exec, to) = (self.tasks.exec(), user(&self.tell));
        let setting = self.setting.0;
        let task =
            unsafe { eng_instance_start(pre, &limits(), setting, context, exec, instantiated, to) };
        self.tasks.turn(task);
        unsafe { eng_task_free(task) };
        let told = std::mem::take(&mut *self.tell.lock().unwrap());
        assert_eq!(told.done, Some(Ok(())));
        told.instance as *mut Instance
    }

    pub fn call(
        &self,
        instance: *mut Instance,
        func: *const ComponentExportIndex,
        args: &[u8],
    ) -> Told {
        let (exec, to) = (self.tasks.exec(), user(&self.tell));
        let task =
            unsafe { eng_call_start(instance, func, args.to_vec().into(), exec, called, to) };
        self.tasks.turn(task);
        unsafe { eng_task_free(task) };
        std::mem::take(&mut *self.tell.lock().unwrap())
    }
}

pub fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// What an import of `front` does: forwards to `echo` in a fresh instance, or something simpler.
struct Forward {
    caller: Caller,
    echo: Pre,
    func: *const ComponentExportIndex,
}

extern "C" fn forward(to: User, call: *const Call, args: Image) {
    let forward = unsafe { at::<Forward>(to) };
    match forward
        .caller
        .fresh_with(forward.echo, forward.func, args, limits())
    {
        Ok(result) => unsafe { eng_call_return(call, result.into()) },
        Err(ended) => unsafe { eng_call_trap(call, ended.message.as_str().into()) },
    }
}

/// `front` with every import forwarded to `echo`.
fn joined(off_fiber: bool) -> Pre {
    let (front, echo) = (component("release/front"), component("release/echo"));
    let (linker, echo_pre) = (linker(), pre(linker(), echo));
    let names = "add bytes text echo-person echo-people echo-shape echo-numbers echo-nested \
                 echo-results wide nothing fail";
    for name in names.split_whitespace() {
        let forwarded = Box::leak(Box::new(Forward {
            caller: Caller::default(),
            echo: echo_pre,
            func: func(echo, API, name),
        }));
        let to = user(forwarded);
        let defined = fine(|fail, u| unsafe {
            let (iface, name) = (API.into(), name.into());
            eng_linker_func(linker, front, iface, name, forward, to, off_fiber, fail, u)
        });
        assert!(defined);
    }
    pre(linker, front)
}

#[test]
fn a_fresh_call_answers_by_image() {
    let echo = component("release/echo");
    let caller = Caller::default();

    let result = caller.fresh(
        pre(linker(), echo),
        func(echo, API, "add"),
        &words(&[2, 40]),
    );

    assert_eq!(result, Ok(words(&[42])));
}

#[test]
fn a_bare_function_is_called_like_any_other() {
    let echo = component("release/echo");

    let result =
        Caller::default().fresh(pre(linker(), echo), func(echo, "", "twice"), &words(&[21]));

    assert_eq!(result, Ok(words(&[42])));
}

#[test]
fn values_of_every_type_cross_two_components() {
    let front = component("release/front");
    for off_fiber in [true, false] {
        let (joined, caller) = (joined(off_fiber), Caller::default());
        let call = |name, args: &[u8]| caller.fresh(joined, func(front, DRIVE, name), args);

        assert_eq!(call("call-add", &words(&[10])), Ok(words(&[45])));
        assert_eq!(call("call-person", &[]), Ok(vec![1]));
        assert_eq!(call("call-people", &words(&[100])), Ok(vec![1]));
        assert_eq!(call("call-shapes", &[]), Ok(vec![1]));
        assert_eq!(call("call-rest", &[]), Ok(vec![1]));
        let bytes = call("call-bytes", &words(&[3, 10_000])).unwrap();
        assert_eq!(bytes, 30_000u64.to_le_bytes());
        // Large enough to be lent.
        let bytes = call("call-bytes", &words(&[3, 1 << 20])).unwrap();
        assert_eq!(bytes, (3u64 << 20).to_le_bytes());
    }
}

#[test]
fn a_trap_of_the_callee_ends_the_caller_with_its_message() {
    let front = component("release/front");
    let mut text = words(&[8, 3]);
    text.extend(b"why");

    let result = Caller::default().fresh(joined(true), func(front, DRIVE, "call-fail"), &text);

    let ended = result.unwrap_err();
    assert_eq!(ended.end, End::Host);
    assert!(ended.message.contains("aborted"), "{ended:?}");
    assert!(!ended.frames.is_empty());
}

#[test]
fn an_image_that_is_no_value_is_an_error() {
    let echo = component("release/echo");
    let echo_pre = pre(linker(), echo);
    let caller = Caller::default();

    for args in [&b""[..], &words(&[8, 100]), &words(&[u32::MAX, u32::MAX])] {
        let ended = caller.fresh(echo_pre, func(echo, API, "bytes"), args);
        assert_eq!(ended.unwrap_err().end, End::Host);
    }
}

#[test]
fn a_kept_instance_serves_many_calls_until_it_traps() {
    let echo = component("release/echo");
    let caller = Caller::default();
    let mut instance = caller.instance(pre(linker(), echo), User(std::ptr::null_mut()));

    for i in 0..100 {
        let told = caller.call(instance, func(echo, API, "add"), &words(&[i, 1]));
        assert_eq!(told.result, Some(words(&[i + 1])));
        instance = told.instance as *mut Instance;
    }
    let mut text = words(&[8, 1]);
    text.push(b'x');
    let told = caller.call(instance, func(echo, API, "fail"), &text);

    assert_eq!(told.done.unwrap().unwrap_err().end, End::Trap);
    assert_eq!(told.instance, 0);
}

/// Answers `add` when the test says so.
type Kept = Mutex<Vec<(usize, usize)>>;

extern "C" fn keep(to: User, call: *const Call, args: Image) {
    let context = unsafe { eng_call_context(call) };
    assert_eq!(args.len(), 8);
    let mut kept = unsafe { at::<Kept>(to) }.lock().unwrap();
    kept.push((call as usize, context.0 as usize));
}

pub fn front_with(import: ImportFn, to: User, off_fiber: bool) -> Pre {
    let front = component("release/front");
    let (linker, mine) = (linker(), API);
    for name in "add bytes text echo-person echo-people echo-shape echo-numbers echo-nested \
                 echo-results wide nothing fail"
        .split_whitespace()
    {
        fine(|fail, u| unsafe {
            let (iface, name) = (mine.into(), name.into());
            eng_linker_func(linker, front, iface, name, import, to, off_fiber, fail, u)
        });
    }
    pre(linker, front)
}

#[test]
fn an_import_is_answered_later_and_from_another_thread() {
    let kept = Kept::default();
    let front = component("release/front");
    let mut contexts = Vec::new();
    for off_fiber in [true, false] {
        let caller = Caller::default();
        let pre = front_with(keep, user(&kept), off_fiber);
        let context = user(&caller);
        let task = caller.start(pre, func(front, DRIVE, "call-add"), &words(&[3]), context);
        caller.tasks.turn(task);

        for sum in [0, 1, 3] {
            let (call, context) = kept.lock().unwrap().pop().expect("a call");
            contexts.push(context == (&raw const caller) as usize);
            let answer = move || unsafe {
                eng_call_return(call as *const Call, words(&[sum]).into());
            };
            std::thread::spawn(answer).join().unwrap();
            caller.tasks.drain();
        }

        let told = caller.tell.lock().unwrap();
        assert_eq!(told.result, Some(words(&[3])));
        assert_eq!(caller.tasks.turns(task), 4, "a start and three answers");
        unsafe { eng_task_free(task) };
    }
    assert_eq!(contexts, [true; 6]);
}

#[test]
fn an_answer_after_the_caller_is_gone_is_ignored() {
    let kept = Kept::default();
    let front = component("release/front");
    let caller = Caller::default();
    let pre = front_with(keep, user(&kept), true);
    let context = User(std::ptr::null_mut());
    let task = caller.start(pre, func(front, DRIVE, "call-add"), &words(&[3]), context);
    caller.tasks.turn(task);

    unsafe { eng_task_free(task) };
    let (call, _) = kept.lock().unwrap().pop().expect("a call");
    unsafe { eng_call_return(call as *const Call, words(&[1]).into()) };

    assert!(caller.tell.lock().unwrap().done.is_none());
}

#[test]
fn a_name_that_is_not_there_is_answered_with_near_ones() {
    let echo = component("release/echo");
    for (iface, name, hint) in [
        (API, "ad", "add"),
        (API, "echo-persons", "echo-person"),
        ("test:demo/ap@0.1.0", "add", API),
        ("", "twise", "twice"),
    ] {
        let (found, message) =
            failing(|fail, to| unsafe { eng_func_find(echo, iface.into(), name.into(), fail, to) });

        assert!(found.is_null());
        assert!(message.contains(hint), "{message}");
    }
}

#[test]
fn an_import_that_nobody_defines_is_named() {
    let front = component("release/front");

    let (made, message) = failing(|fail, to| unsafe { eng_pre_new(linker(), front, fail, to) });

    assert!(made.is_null());
    assert!(message.contains(API), "{message}");
}
