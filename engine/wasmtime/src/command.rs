//! Programs: wasi:cli/run.
use crate::ffi::{Fail, User, attempt};
use crate::host::Host;
use crate::instance::Start;
use crate::limits::Limits;
use crate::report::{Report, View};
use crate::setting::Setting;
use crate::task::{Exec, Task};
use wasmtime::component::InstancePre;
use wasmtime::error::Context as _;
use wasmtime::{Result, Store};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p2::bindings::CommandPre;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CommandSink {
    pub user: User,
    pub done: extern "C" fn(User, *const View, u32),
}

impl CommandSink {
    fn finish(self, result: Result<u32, Report>) {
        match result {
            Ok(code) => (self.done)(self.user, std::ptr::null(), code),
            Err(report) => report.show(|view| (self.done)(self.user, view, 0)),
        }
    }
}

async fn run(store: &mut Store<Host>, pre: &CommandPre<Host>) -> Result<u32> {
    let command = pre.instantiate_async(&mut *store).await?;
    let ended = command.wasi_cli_run().call_run(store).await;
    match ended {
        Ok(outcome) => Ok(u32::from(outcome.is_err())),
        // `exit` unwinds the guest as an error does.
        Err(error) => match error.downcast_ref::<I32Exit>() {
            Some(exit) => Ok(exit.0 as u32),
            None => Err(error),
        },
    }
}

/// # Safety
/// Every pointer must be valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_command_start(
    pre: *const InstancePre<Host>,
    limits: *const Limits,
    setting: *const Setting,
    context: User,
    exec: Exec,
    sink: CommandSink,
    fail: Fail,
    user: User,
) -> *const Task {
    let start = unsafe { Start::new(pre, limits, setting, context) };
    let command = attempt(fail, user, || {
        CommandPre::new(start.pre.clone()).context("the component is not a program")
    });
    let Some(command) = command else {
        return std::ptr::null();
    };
    let whole = async move {
        let sink = sink;
        let (mut store, _) = start.store();
        let ended = run(&mut store, &command).await;
        let ended = ended.map_err(|error| Report::new(&error, Some(store.data())));
        drop(store);
        sink.finish(ended);
    };
    Task::start(exec, whole, move |report| sink.finish(Err(report)))
}
