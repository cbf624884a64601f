//! Requests of guests on their way out, through the C entry points.
use crate::http::{Ask, Client as Caller};
use crate::support::*;
use engine::client::*;
use engine::ffi::{Pair, Slice, User};
use engine::http::{HttpApp, eng_http_new};
use engine::limits::Limits;
use engine::linker::*;
use std::sync::Mutex;

/// What the sink was told of one request.
#[derive(Default)]
struct Told {
    line: String,
    body_ended: bool,
    times: [u64; 3],
    credit: usize,
    body: Vec<u8>,
    ended: bool,
    trailers: usize,
    cancelled: bool,
    client: usize,
}

/// All requests of one component.
#[derive(Default)]
struct Server {
    #[expect(clippy::vec_box, reason = "C keeps their addresses")]
    all: Mutex<Vec<Box<Mutex<Told>>>>,
}

fn text(slice: Slice) -> String {
    unsafe { slice.text() }.unwrap().to_string()
}

extern "C" fn start(
    server: User,
    _: User,
    client: *const Client,
    request: *const ClientRequest,
) -> User {
    let request = unsafe { &*request };
    let told = Box::new(Mutex::new(Told {
        line: format!(
            "{} {}://{}{}",
            text(request.method),
            text(request.scheme),
            text(request.authority),
            text(request.target)
        ),
        body_ended: request.body_ended,
        times: [
            request.connect_timeout,
            request.first_byte_timeout,
            request.between_bytes_timeout,
        ],
        credit: request.credit,
        client: client as usize,
        ..Told::default()
    }));
    let told_user = user(&*told);
    unsafe { at::<Server>(server) }
        .all
        .lock()
        .unwrap()
        .push(told);
    told_user
}
extern "C" fn push(told: User, chunk: Slice, end: bool, _: *const Pair, trailers: usize) {
    let mut told = unsafe { at::<Mutex<Told>>(told) }.lock().unwrap();
    told.body.extend_from_slice(unsafe { chunk.bytes() });
    told.ended = end;
    told.trailers = trailers;
}
extern "C" fn credit(told: User, bytes: usize) {
    unsafe { at::<Mutex<Told>>(told) }.lock().unwrap().credit += bytes;
}
extern "C" fn cancel(told: User) {
    unsafe { at::<Mutex<Told>>(told) }.lock().unwrap().cancelled = true;
}

impl Server {
    fn app(&self) -> *const HttpApp {
        let component = component("release/proxy");
        let description = text_of_imports(component);
        let at = description
            .find("wasi:http/outgoing-handler@")
            .expect("imported");
        let iface = description[at..].split('"').next().unwrap().to_string();
        let linker = linker();
        let sink = ClientSink {
            user: user(self),
            start,
            push,
            credit,
            cancel,
        };
        let made = fine(|fail, to| unsafe {
            eng_linker_http(linker, iface.as_str().into(), sink, fail, to)
        });
        assert!(made);
        let pre = pre(linker, component);
        fine(|fail, to| unsafe { eng_http_new(pre, fail, to) })
    }

    fn told<R>(&self, index: usize, see: impl FnOnce(&mut Told) -> R) -> R {
        let all = self.all.lock().unwrap();
        let mut told = all[index].lock().unwrap();
        see(&mut told)
    }

    fn client(&self, index: usize) -> *const Client {
        self.told(index, |told| told.client as *const Client)
    }

    fn requests(&self) -> usize {
        self.all.lock().unwrap().len()
    }

    fn free(&self, index: usize) {
        let client = self.client(index);
        self.told(index, |told| told.client = 0);
        unsafe { eng_client_free(client) };
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for index in 0..self.requests() {
            self.free(index);
        }
    }
}

fn text_of_imports(component: &wasmtime::component::Component) -> String {
    crate::support::text(|sink, to| {
        fine(|fail, u| unsafe {
            engine::describe::eng_component_describe(component, sink, to, fail, u)
        });
    })
}

fn ask(server: &Server, target: &str, body: Option<&[u8]>, limits: Limits) -> Box<Caller> {
    let method = if body == Some(&[]) { "GET" } else { "POST" };
    let ask = Ask {
        target,
        method,
        body,
        limits,
        ..Ask::default()
    };
    let caller = Caller::start_with(&ask, server.app());
    caller.run();
    caller
}

fn get(server: &Server, target: &str) -> Box<Caller> {
    ask(server, target, Some(&[]), limits())
}

#[test]
fn a_request_leaves_whole_and_its_response_comes_back() {
    let server = Server::default();

    let caller = get(&server, "/to/shop.example:81/a?b=c");
    assert_eq!(server.requests(), 1);
    server.told(0, |told| {
        assert_eq!(told.line, "GET http://shop.example:81/a?b=c");
        assert!(told.body_ended);
        assert_eq!(told.times, [0; 3]);
    });
    let client = server.client(0);
    let fields = [pair("x-one", "1"), pair("connection", "close")];
    unsafe {
        eng_client_head(client, 201, fields.as_ptr(), fields.len());
        eng_client_body(client, "from afar".into());
        eng_client_end(client, fields.as_ptr(), 1);
    }
    caller.tasks.drain();

    let seen = caller.seen.lock().unwrap();
    assert_eq!((seen.status, seen.text().as_str()), (201, "from afar"));
    assert_eq!(seen.headers, [("x-one".into(), "1".into())]);
    assert_eq!(seen.trailers, [("x-one".into(), "1".into())]);
    assert_eq!(seen.done, Some(Ok(())));
    assert!(!server.told(0, |told| told.cancelled));
}

#[test]
fn the_body_of_a_request_is_pulled_in_pieces_of_the_size_that_is_wanted() {
    let server = Server::default();
    let caller = ask(&server, "/to/a.example/", None, limits());
    assert!(!server.told(0, |told| told.body_ended));

    caller.push(b"one two three", false, &[]);
    assert_eq!(server.told(0, |told| told.body.len()), 0);
    unsafe { eng_client_want(server.client(0), 7) };
    assert_eq!(server.told(0, |told| told.body.clone()), b"one two");
    unsafe { eng_client_want(server.client(0), 100) };
    assert_eq!(server.told(0, |told| told.body.clone()), b"one two three");
    unsafe { eng_client_want(server.client(0), 100) };
    assert!(!server.told(0, |told| told.ended));
    caller.push(b"", true, &[("x-sum", "42")]);

    server.told(0, |told| {
        assert!(told.ended);
        assert_eq!((told.body.len(), told.trailers), (13, 1));
    });
}

#[test]
fn credit_grows_when_the_guest_reads_and_comes_back_with_every_byte() {
    let server = Server::default();
    let caller = get(&server, "/to/a.example/");
    let first = server.told(0, |told| told.credit);
    assert_eq!(first, 16 << 10);

    let client = server.client(0);
    unsafe { eng_client_head(client, 200, std::ptr::null(), 0) };
    caller.tasks.drain();
    let window = server.told(0, |told| told.credit);
    assert_eq!(window, 128 << 10);
    unsafe { eng_client_body(client, vec![b'x'; 10_000].as_slice().into()) };
    caller.tasks.drain();

    assert_eq!(server.told(0, |told| told.credit), window + 10_000);
    assert_eq!(caller.seen.lock().unwrap().body.len(), 10_000);
}

#[test]
fn a_failure_is_told_by_its_code() {
    for (code, detail, said) in [
        ("connection-refused", "", "ErrorCode::ConnectionRefused"),
        (
            "TLS-certificate-error",
            "",
            "ErrorCode::TlsCertificateError",
        ),
        (
            "internal-error",
            "why",
            "ErrorCode::InternalError(Some(\"why\"))",
        ),
        (
            "nonsense",
            "why",
            "ErrorCode::InternalError(Some(\"nonsense why\"))",
        ),
    ] {
        let server = Server::default();
        let caller = get(&server, "/to/a.example/");

        unsafe { eng_client_fail(server.client(0), code.into(), detail.into()) };
        caller.tasks.drain();

        assert_eq!(caller.seen.lock().unwrap().text(), said);
    }
}

#[test]
fn a_client_that_is_freed_without_an_end_is_an_incomplete_response() {
    let server = Server::default();
    let caller = get(&server, "/to/a.example/");

    server.free(0);
    caller.tasks.drain();

    let text = caller.seen.lock().unwrap().text();
    assert_eq!(text, "ErrorCode::HttpResponseIncomplete");
}

#[test]
fn a_response_that_is_dropped_cancels_its_request() {
    let server = Server::default();
    let caller = get(&server, "/head/a.example/");

    unsafe { eng_client_head(server.client(0), 200, std::ptr::null(), 0) };
    caller.tasks.drain();

    assert!(server.told(0, |told| told.cancelled));
    assert_eq!(caller.seen.lock().unwrap().done, Some(Ok(())));
}

#[test]
fn a_task_that_is_freed_tells_nothing() {
    let server = Server::default();
    let mut caller = get(&server, "/to/a.example/");

    unsafe { engine::task::eng_task_free(std::mem::replace(&mut caller.task, std::ptr::null())) };
    caller.tasks.drain();

    assert!(!server.told(0, |told| told.cancelled));
    unsafe { eng_client_body(server.client(0), "too late".into()) };
}

#[test]
fn requests_are_counted_as_memory_that_the_host_holds() {
    let server = Server::default();
    let small = Limits {
        host_bytes: 200_000,
        ..limits()
    };

    let caller = ask(&server, "/many-100/a.example/", Some(&[]), small);

    let failure = caller.seen.lock().unwrap().failure();
    assert_eq!(failure.kind, engine::limits::LimitKind::HostMemory);
    // Told at the end of the poll, in which they were cancelled again.
    assert_eq!(server.requests(), 0);
}

#[test]
fn heads_that_wait_for_the_guest_are_counted_as_memory_that_the_host_holds() {
    let server = Server::default();
    let room = Limits {
        host_bytes: 600_000,
        ..limits()
    };
    let caller = ask(&server, "/many-20/a.example/", Some(&[]), room);
    assert_eq!(server.requests(), 20);

    let value = "v".repeat(30_000);
    let fields = [pair("x-large", &value)];
    // The guest does not run in between.
    for index in 0..20 {
        unsafe { eng_client_head(server.client(index), 200, fields.as_ptr(), 1) };
    }
    caller.tasks.drain();

    let failure = caller.seen.lock().unwrap().failure();
    assert_eq!(failure.kind, engine::limits::LimitKind::HostMemory);
}

/// `/to/` with a content-length of 5 in the request, and a body of that.
fn with_length<'a>(headers: &'a [(&'a str, &'a str)]) -> Ask<'a> {
    Ask {
        method: "POST",
        target: "/to/a.example/",
        headers,
        body: None,
        ..Ask::default()
    }
}

#[test]
fn trailers_of_a_request_with_a_length_are_an_error_not_lost() {
    let server = Server::default();
    let caller = Caller::start_with(&with_length(&[("content-length", "5")]), server.app());
    caller.run();

    caller.push(b"12345", true, &[("x-sum", "42")]);

    let text = caller.seen.lock().unwrap().text();
    assert!(
        text.contains("has no trailers; leave that header out"),
        "{text}"
    );
    assert!(server.told(0, |told| told.cancelled));
}

#[test]
fn trailers_of_a_response_with_a_length_break_it_and_are_not_lost() {
    let server = Server::default();
    let caller = get(&server, "/to/a.example/");

    let (client, fields) = (server.client(0), [pair("content-length", "5")]);
    unsafe {
        eng_client_head(client, 200, fields.as_ptr(), 1);
        eng_client_body(client, "12345".into());
        eng_client_end(client, [pair("x-sum", "42")].as_ptr(), 1);
    }
    caller.tasks.drain();

    let failure = caller.seen.lock().unwrap().failure();
    assert!(failure.message.contains("has no trailers"), "{failure:?}");
}
