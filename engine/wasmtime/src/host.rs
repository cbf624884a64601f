//! The state of one store, and how stores are made.
use crate::exchange::Exchange;
use crate::ffi::User;
use crate::limits::{Held, Limiter, Limits};
use crate::setting::Setting;
use crate::{cpu, ticker};
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};
use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store};
use wasmtime_wasi::WasiCtx;
use wasmtime_wasi::filesystem::{WasiFilesystemCtx, WasiFilesystemCtxView};
use wasmtime_wasi::sockets::WasiSocketsCtxView;

/// The embedding's data of the running call, as streams and timers of the guest see it.
pub type SharedContext = Arc<AtomicPtr<c_void>>;

pub struct Host {
    pub table: ResourceTable,
    pub setting: Arc<Setting>,
    pub limits: Limits,
    pub limiter: Limiter,
    pub held: Held,
    /// The embedding's own data of the running call: deadline, trace, source.
    context: User,
    shared: Option<SharedContext>,
    files: Option<Box<WasiFilesystemCtx>>,
    sockets: Option<Box<WasiCtx>>,
    /// The request that a wasi:http instance serves.
    pub exchange: Option<Arc<Exchange>>,
    /// Whether the guest has called a host function.
    entered: bool,
}

impl Host {
    pub fn store(
        engine: &Engine,
        limits: &Limits,
        setting: Arc<Setting>,
        context: User,
    ) -> Store<Host> {
        let mut table = ResourceTable::new();
        if limits.host_objects != 0 {
            table.set_max_capacity(limits.host_objects as usize);
        }
        let host = Host {
            table,
            setting,
            limits: *limits,
            limiter: Limiter::new(limits),
            held: Held::new(limits),
            context,
            shared: None,
            files: None,
            sockets: None,
            exchange: None,
            entered: false,
        };
        let mut store = Store::new(engine, host);
        store.limiter(|host| &mut host.limiter);
        ticker::touch();
        store.set_epoch_deadline(1);
        // Captures nothing, so it is not allocated.
        store.epoch_deadline_callback(|store| cpu::tick(store.data().limits.cpu()));
        if limits.hostcall_bytes != 0 {
            store.set_hostcall_fuel(limits.hostcall_bytes as usize);
        }
        if limits.host_objects != 0 {
            store.set_max_component_handles(limits.host_objects as usize);
        }
        store
    }

    /// What every host function gets its host by.
    pub fn enter(&mut self) -> &mut Host {
        self.entered = true;
        self
    }

    pub fn entered(&self) -> bool {
        self.entered
    }

    pub fn context(&self) -> User {
        self.context
    }

    pub fn set_context(&mut self, context: User) {
        self.context = context;
        if let Some(shared) = &self.shared {
            shared.store(context.0, Relaxed);
        }
    }

    /// The context as objects see it that outlive a call.
    pub fn shared_context(&mut self) -> SharedContext {
        let context = self.context.0;
        self.shared
            .get_or_insert_with(|| Arc::new(AtomicPtr::new(context)))
            .clone()
    }

    pub fn files(&mut self) -> WasiFilesystemCtxView<'_> {
        self.entered = true;
        let setting = &self.setting;
        WasiFilesystemCtxView {
            ctx: self
                .files
                .get_or_insert_with(|| Box::new(setting.files.clone())),
            table: &mut self.table,
        }
    }

    /// Nothing is allowed there.
    pub fn sockets(&mut self) -> WasiSocketsCtxView<'_> {
        self.entered = true;
        let deny = || {
            let mut builder = WasiCtx::builder();
            let builder = builder.allow_tcp(false).allow_udp(false);
            Box::new(builder.allow_ip_name_lookup(false).build())
        };
        WasiSocketsCtxView {
            ctx: self.sockets.get_or_insert_with(deny).sockets(),
            table: &mut self.table,
        }
    }
}
