//! Calls of exports by image: in a new instance each, or in one that is kept.
use crate::dynabi::{DynArgs, DynRet};
use crate::ffi::{User, free};
use crate::host::Host;
use crate::image::Image;
use crate::limits::Limits;
use crate::report::{End, Report, View};
use crate::setting::{Setting, share};
use crate::task::{Exec, Task};
use std::sync::Arc;
use wasmtime::component::{ComponentExportIndex, Instance as Guest, InstancePre, TypedFunc};
use wasmtime::{Result, Store, format_err};

pub struct Instance {
    store: Store<Host>,
    guest: Guest,
}

/// What every start function gets about its guest.
pub struct Start {
    pub pre: InstancePre<Host>,
    pub limits: Limits,
    pub setting: Arc<Setting>,
    pub context: User,
}

impl Start {
    /// # Safety
    /// All must be valid.
    pub unsafe fn new(
        pre: *const InstancePre<Host>,
        limits: *const Limits,
        setting: *const Setting,
        context: User,
    ) -> Start {
        unsafe {
            Start {
                pre: (*pre).clone(),
                limits: *limits,
                setting: share(setting),
                context,
            }
        }
    }

    pub fn store(self) -> (Store<Host>, InstancePre<Host>) {
        let store = Host::store(self.pre.engine(), &self.limits, self.setting, self.context);
        (store, self.pre)
    }
}

impl Instance {
    async fn new(start: Start) -> Result<Instance, Report> {
        let (mut store, pre) = start.store();
        match pre.instantiate_async(&mut store).await {
            Ok(guest) => Ok(Instance { store, guest }),
            Err(error) => Err(Report::new(&error, Some(store.data()))),
        }
    }

    async fn call(&mut self, func: &ComponentExportIndex, args: Image) -> Result<Image, Report> {
        let called = async {
            let func = self
                .guest
                .get_func(&mut self.store, func)
                .ok_or_else(|| format_err!("no such function"))?;
            // Sound for every sync-lifted function: both sides walk the guest's own type (see `dynabi`).
            let func = unsafe { TypedFunc::<DynArgs<16>, DynRet<1>>::new_unchecked(func) };
            let called = func.call_async(&mut self.store, DynArgs(args.into()));
            Ok(called.await?.0.into_image())
        };
        let result: Result<Image> = called.await;
        result.map_err(|error| Report::new(&error, Some(self.store.data())))
    }
}

/// How a fresh call tells its end: `returned` before the instance is torn down, `done` last. Before that, of a call that found
/// no place: `unused`, with its arguments.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CallSink {
    pub user: User,
    pub returned: extern "C" fn(User, Image),
    pub unused: extern "C" fn(User, Image),
    pub done: extern "C" fn(User, *const View),
}

impl CallSink {
    fn finish(self, result: Result<(), Report>) {
        match result {
            Ok(()) => (self.done)(self.user, std::ptr::null()),
            Err(report) => report.show(|view| (self.done)(self.user, view)),
        }
    }
}

/// # Safety
/// Every pointer must be valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_call_fresh(
    pre: *const InstancePre<Host>,
    func: *const ComponentExportIndex,
    args: Image,
    limits: *const Limits,
    setting: *const Setting,
    context: User,
    exec: Exec,
    sink: CallSink,
) -> *const Task {
    let start = unsafe { Start::new(pre, limits, setting, context) };
    let func = unsafe { *func };
    let call = async move {
        let sink = sink;
        let whole = async {
            let mut instance = match Instance::new(start).await {
                Ok(instance) => instance,
                Err(report) => {
                    if report.end == End::Busy {
                        (sink.unused)(sink.user, args);
                    }
                    return Err(report);
                }
            };
            let result = instance.call(&func, args).await?;
            (sink.returned)(sink.user, result);
            Ok(())
        };
        let ended = whole.await;
        sink.finish(ended);
    };
    Task::start(exec, call, move |report| sink.finish(Err(report)))
}

/// Finishes an instantiation: `instance` is owned, or null and `report` says why.
pub type Instantiated = extern "C" fn(user: User, report: *const View, instance: *mut Instance);
/// Finishes a call: on success hands back the instance and an image of the result tuple; after an error the
/// instance is gone (a trapped store is never reused) and the image is empty.
pub type Called =
    extern "C" fn(user: User, report: *const View, instance: *mut Instance, result: Image);

/// # Safety
/// Every pointer must be valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_instance_start(
    pre: *const InstancePre<Host>,
    limits: *const Limits,
    setting: *const Setting,
    context: User,
    exec: Exec,
    done: Instantiated,
    user: User,
) -> *const Task {
    let start = unsafe { Start::new(pre, limits, setting, context) };
    let failed = move |report: Report| {
        let user = user;
        report.show(|view| done(user, view, std::ptr::null_mut()))
    };
    let start = async move {
        let user = user;
        match Instance::new(start).await {
            Ok(instance) => done(user, std::ptr::null(), Box::into_raw(Box::new(instance))),
            Err(report) => failed(report),
        }
    };
    Task::start(exec, start, failed)
}

/// Attaches the embedding's data to the next call of the instance.
///
/// # Safety
/// `instance` must be valid and idle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_instance_context(instance: *mut Instance, context: User) {
    unsafe { &mut *instance }
        .store
        .data_mut()
        .set_context(context);
}

/// # Safety
/// `instance` is owned by the caller and idle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_instance_free(instance: *mut Instance) {
    unsafe { free(instance) }
}

/// Calls `func` with an image of its parameter tuple. Takes over the instance and the image; `done` hands the
/// instance back.
///
/// # Safety
/// Every pointer must be valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_call_start(
    instance: *mut Instance,
    func: *const ComponentExportIndex,
    args: Image,
    exec: Exec,
    done: Called,
    user: User,
) -> *const Task {
    let mut instance = unsafe { Box::from_raw(instance) };
    let func = unsafe { *func };
    let failed = move |report: Report| {
        let user = user;
        report.show(|view| done(user, view, std::ptr::null_mut(), Vec::new().into()))
    };
    let call = async move {
        let user = user;
        match instance.call(&func, args).await {
            Ok(result) => done(user, std::ptr::null(), Box::into_raw(instance), result),
            Err(report) => {
                drop(instance);
                failed(report);
            }
        }
    };
    Task::start(exec, call, failed)
}
