//! Incoming wasi:http 0.2 requests: one new store and instance per request.
use crate::exchange::{Exchange, Header, HttpSink};
use crate::ffi::{Fail, Slice, User, array, boxed, entry};
use crate::fields::Head;
use crate::host::Host;
use crate::http_response::Outparam;
use crate::http_types::IncomingRequest;
use crate::http_types::bindings::HttpPre;
use crate::limits::Limits;
use crate::report::Report;
use crate::setting::{Setting, share};
use crate::task::{Exec, Task};
use std::sync::Arc;
use wasmtime::component::InstancePre;
use wasmtime::error::Context as _;
use wasmtime::{Result, Store};

#[repr(C)]
pub struct HttpRequest {
    pub method: Slice,
    pub target: Slice,
    pub scheme: Slice,
    pub authority: Slice,
    pub headers: *const Header,
    pub header_count: usize,
    /// What is already there of the body; more follows unless `body_ended`.
    pub body: Slice,
    pub body_ended: bool,
    pub trailers: *const Header,
    pub trailer_count: usize,
    /// How many bytes of response C++ is ready to take.
    pub credit: usize,
}

impl HttpRequest {
    /// # Safety
    /// Every slice must be readable.
    unsafe fn head(&self) -> Head {
        let line = [self.method, self.target, self.scheme, self.authority];
        unsafe { Head::new(line, array(self.headers, self.header_count)) }
    }

    /// # Safety
    /// Every slice must be readable.
    unsafe fn exchange(&self, sink: HttpSink) -> Arc<Exchange> {
        let (body, trailers) =
            unsafe { (self.body.bytes(), array(self.trailers, self.trailer_count)) };
        Exchange::new(sink, body, self.body_ended, trailers, self.credit)
    }
}

pub struct HttpApp(HttpPre<Host>);

async fn handle(
    app: &HttpApp,
    store: &mut Store<Host>,
    head: Head,
    exchange: &Exchange,
) -> Result<()> {
    let head_only = head.method() == b"HEAD";
    let table = &mut store.data_mut().table;
    let request = table.push(IncomingRequest {
        head,
        consumed: false,
    })?;
    let out = table.push(Outparam { head_only })?;
    let guest = app.0.instantiate_async(&mut *store).await?;
    let handler = guest.wasi_http_incoming_handler();
    // The response travels while this runs: host functions call the sink directly.
    handler.call_handle(store, request, out).await?;
    Ok(exchange.outcome()?)
}

/// # Safety
/// `pre` must be valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_http_new(
    pre: *const InstancePre<Host>,
    fail: Fail,
    user: User,
) -> *const HttpApp {
    let app = boxed(fail, user, || {
        let pre = HttpPre::new(unsafe { &*pre }.clone());
        let pre = pre.context("the component does not serve HTTP")?;
        Ok(Arc::new(HttpApp(pre)))
    });
    if app.is_null() {
        return std::ptr::null();
    }
    Arc::into_raw(*unsafe { Box::from_raw(app) })
}

/// Running requests keep what they need.
///
/// # Safety
/// `app` comes from [`eng_http_new`] and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_http_free(app: *const HttpApp) {
    entry((), || {
        if !app.is_null() {
            drop(unsafe { Arc::from_raw(app) });
        }
    });
}

/// Copies the request. The sink's callbacks run inside `eng_task_run`.
///
/// # Safety
/// Every pointer must be valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_http_start(
    app: *const HttpApp,
    request: *const HttpRequest,
    limits: *const Limits,
    setting: *const Setting,
    context: User,
    exec: Exec,
    sink: HttpSink,
) -> *const Task {
    let (app, setting) = unsafe { (share(app), share(setting)) };
    let (head, exchange) = unsafe { ((*request).head(), (*request).exchange(sink)) };
    let limits = unsafe { *limits };
    let answer = async move {
        let sink = sink;
        let mut store = Host::store(app.0.engine(), &limits, setting, context);
        store.data_mut().exchange = Some(exchange.clone());
        let ended = handle(&app, &mut store, head, &exchange).await;
        let ended = ended.map_err(|error| Report::new(&error, Some(store.data())));
        drop(store);
        sink.finish(ended);
    };
    Task::start(exec, answer, move |report| sink.finish(Err(report)))
}
