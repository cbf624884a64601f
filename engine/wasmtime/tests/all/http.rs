//! HTTP requests: a client that keeps what the sink tells, and what a well-behaved guest answers.
use crate::support::*;
use engine::exchange::*;
use engine::ffi::{Slice, User, array};
use engine::http::*;
use engine::limits::Limits;
use engine::report::View;
use engine::task::*;
use std::sync::Mutex;

#[derive(Default)]
pub struct Seen {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub ended: bool,
    pub trailers: Vec<(String, String)>,
    pub refused: Option<String>,
    pub wants: u32,
    pub done: Option<Result<(), Ended>>,
    exchange: usize,
}

impl Seen {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn failure(&self) -> Ended {
        self.done.clone().expect("the end").expect_err("a report")
    }
}

/// One exchange from the client's side.
pub struct Client {
    pub seen: Mutex<Seen>,
    pub tasks: Loop,
    pub task: *const Task,
    pub setting: Setting,
    /// Outlives the setting.
    pub world: Box<World>,
}

fn pairs(headers: *const Header, count: usize) -> Vec<(String, String)> {
    let text = |slice: Slice| unsafe { slice.text() }.unwrap().to_string();
    let headers = unsafe { array(headers, count) };
    let pair = |h: &Header| (text(h.name), text(h.value));
    headers.iter().map(pair).collect()
}

fn seen<R>(user: User, change: impl FnOnce(&mut Seen) -> R) -> R {
    change(&mut unsafe { at::<Client>(user) }.seen.lock().unwrap())
}

extern "C" fn head(to: User, ex: *const Exchange, status: u16, all: *const Header, count: usize) {
    seen(to, |seen| {
        assert_eq!(seen.status, 0, "one head");
        seen.status = status;
        seen.headers = pairs(all, count);
        seen.exchange = ex as usize;
    });
}
extern "C" fn body(to: User, chunk: Slice) {
    seen(to, |seen| {
        assert!(seen.status != 0 && !seen.ended, "between head and end");
        seen.body.extend_from_slice(unsafe { chunk.bytes() });
    });
}
extern "C" fn end(to: User, all: *const Header, count: usize) {
    seen(to, |seen| {
        seen.ended = true;
        seen.trailers = pairs(all, count);
    });
}
extern "C" fn refused(to: User, code: Slice) {
    let code = unsafe { code.text() }.unwrap().to_string();
    seen(to, |seen| seen.refused = Some(code));
}
extern "C" fn want(to: User, ex: *const Exchange, _: usize) {
    seen(to, |seen| {
        seen.wants += 1;
        seen.exchange = ex as usize;
    });
}
extern "C" fn done(to: User, view: *const View) {
    seen(to, |seen| seen.done = Some(unsafe { ended(view) }));
}

pub struct Ask<'a> {
    pub guest: &'a str,
    pub method: &'a str,
    pub target: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: Option<&'a [u8]>,
    pub credit: usize,
    pub limits: Limits,
}

impl Default for Ask<'_> {
    fn default() -> Self {
        Ask {
            guest: "release/hello",
            method: "GET",
            target: "/",
            headers: &[],
            body: Some(&[]),
            credit: 1 << 20,
            limits: limits(),
        }
    }
}

impl Client {
    /// Starts the request; the task has not run yet.
    pub fn start(ask: &Ask<'_>) -> Box<Client> {
        Client::start_with(ask, app(ask.guest))
    }

    /// The same with an application of the test's own, which it takes over.
    pub fn start_with(ask: &Ask<'_>, app: *const HttpApp) -> Box<Client> {
        let world = Box::<World>::default();
        let setting = Setting::new(&world);
        let mut client = Box::new(Client {
            seen: Mutex::default(),
            tasks: Loop::default(),
            task: std::ptr::null(),
            setting,
            world,
        });
        let headers: Vec<Header> = ask.headers.iter().map(|(n, v)| pair(n, v)).collect();
        let request = HttpRequest {
            method: ask.method.into(),
            target: ask.target.into(),
            scheme: "http".into(),
            authority: "shop.example".into(),
            headers: headers.as_ptr(),
            header_count: headers.len(),
            body: ask.body.unwrap_or_default().into(),
            body_ended: ask.body.is_some(),
            trailers: std::ptr::null(),
            trailer_count: 0,
            credit: ask.credit,
        };
        let sink = HttpSink {
            user: user(&*client),
            head,
            body,
            end,
            refused,
            want,
            done,
        };
        client.task = unsafe {
            let setting = client.setting.0;
            let exec = client.tasks.exec();
            let here = sink.user;
            eng_http_start(app, &request, &ask.limits, setting, here, exec, sink)
        };
        unsafe { eng_http_free(app) };
        client
    }

    /// The whole request at once.
    pub fn get(ask: &Ask<'_>) -> Box<Client> {
        let client = Client::start(ask);
        client.run();
        client
    }

    pub fn run(&self) {
        self.tasks.turn(self.task);
    }

    pub fn push(&self, chunk: &[u8], end: bool, trailers: &[(&str, &str)]) {
        let trailers: Vec<Header> = trailers.iter().map(|(n, v)| pair(n, v)).collect();
        let exchange = self.seen.lock().unwrap().exchange as *const Exchange;
        unsafe {
            eng_http_push(
                exchange,
                chunk.into(),
                end,
                trailers.as_ptr(),
                trailers.len(),
            );
        }
        self.tasks.drain();
    }

    pub fn credit(&self, bytes: usize) {
        let exchange = self.seen.lock().unwrap().exchange as *const Exchange;
        unsafe { eng_http_credit(exchange, bytes) };
        self.tasks.drain();
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        unsafe { eng_task_free(self.task) };
        self.tasks.drain();
    }
}

pub fn app(guest: &str) -> *const HttpApp {
    let pre = pre(linker(), component(guest));
    fine(|fail, to| unsafe { eng_http_new(pre, fail, to) })
}

#[test]
fn hello_is_answered_in_one_poll() {
    let client = Client::get(&Ask::default());

    let seen = client.seen.lock().unwrap();
    assert_eq!((seen.status, seen.text().as_str()), (200, "hello world\n"));
    assert_eq!(seen.headers, [("content-type".into(), "text/plain".into())]);
    assert!(seen.ended);
    assert_eq!(seen.done, Some(Ok(())));
    assert_eq!(client.tasks.turns(client.task), 1);
}

#[test]
fn the_guest_sees_the_request_without_connection_headers() {
    let headers = [("X-One", "1"), ("Connection", "close"), ("Host", "other")];
    let ask = Ask {
        method: "PATCH",
        target: "/head",
        headers: &headers,
        ..Ask::default()
    };

    let client = Client::get(&ask);

    let text = client.seen.lock().unwrap().text();
    assert!(
        text.contains("Patch Some(Scheme::Http) Some(\"shop.example\") Some(\"/head\")"),
        "{text}"
    );
    assert!(text.contains("x-one: 1"), "{text}");
    assert!(
        !text.contains("connection") && !text.contains("other"),
        "{text}"
    );
}

#[test]
fn bodies_and_trailers_stream_both_ways() {
    let ask = Ask {
        target: "/echo",
        body: None,
        ..Ask::default()
    };

    let client = Client::get(&ask);
    assert_eq!(client.seen.lock().unwrap().wants, 1);
    client.push(b"one ", false, &[]);
    client.push(b"", false, &[]);
    client.push(b"two", true, &[("x-sum", "42")]);

    let seen = client.seen.lock().unwrap();
    assert_eq!(seen.text(), "one two");
    assert_eq!(seen.trailers, [("x-sum".into(), "42".into())]);
    assert!(seen.ended);
    assert_eq!(seen.done, Some(Ok(())));
}

#[test]
fn a_slow_client_stops_the_guest() {
    let ask = Ask {
        guest: "release/bad",
        target: "/stream/1",
        credit: 10_000,
        ..Ask::default()
    };

    let client = Client::get(&ask);
    let first = client.seen.lock().unwrap().body.len();
    assert!(first <= 10_000, "{first}");
    client.run_nothing();
    assert_eq!(client.seen.lock().unwrap().body.len(), first);
    while client.seen.lock().unwrap().done.is_none() {
        client.credit(200_000);
    }

    let seen = client.seen.lock().unwrap();
    assert_eq!(seen.body.len(), 1 << 20);
    assert_eq!(seen.done, Some(Ok(())));
}

impl Client {
    fn run_nothing(&self) {
        self.tasks.drain();
    }
}

#[test]
fn a_sleeping_guest_waits_for_our_clock() {
    let ask = Ask {
        target: "/sleep/1500",
        ..Ask::default()
    };

    let client = Client::get(&ask);
    assert_eq!(client.seen.lock().unwrap().status, 0);
    assert_eq!(client.world.timers(), 1);
    client.world.wait();
    client.tasks.drain();

    assert_eq!(client.seen.lock().unwrap().done, Some(Ok(())));
    assert_eq!(*client.world.now.lock().unwrap(), 1_500_000_000);
    assert_eq!(client.tasks.turns(client.task), 2);
    assert_eq!(*client.world.cancelled.lock().unwrap(), 0);
}

#[test]
fn a_cancelled_guest_stops_its_timer_and_frees_its_slot() {
    let ask = Ask {
        target: "/sleep/1500",
        ..Ask::default()
    };

    // More often than the pool has slots.
    for _ in 0..100 {
        let mut client = Client::get(&ask);
        unsafe { eng_task_free(std::mem::replace(&mut client.task, std::ptr::null())) };
        assert_eq!(*client.world.cancelled.lock().unwrap(), 1);
        assert_eq!(client.world.timers(), 0);
        assert!(client.seen.lock().unwrap().done.is_none());
    }
}

#[test]
fn a_guest_that_is_freed_while_a_run_is_due_is_gone_at_once() {
    let ask = Ask {
        target: "/sleep/1500",
        ..Ask::default()
    };
    let mut client = Client::get(&ask);
    client.world.wait();
    unsafe { engine::setting::eng_setting_free(client.setting.0) };
    client.setting.0 = std::ptr::null();
    assert_eq!(*client.world.released.lock().unwrap(), 0);

    unsafe { eng_task_free(std::mem::replace(&mut client.task, std::ptr::null())) };

    assert_eq!(*client.world.released.lock().unwrap(), 1);
    client.tasks.drain();
    assert!(client.seen.lock().unwrap().done.is_none());
}

#[test]
fn a_setting_is_released_after_its_last_call() {
    let ask = Ask {
        target: "/sleep/1",
        ..Ask::default()
    };
    let mut client = Client::get(&ask);

    unsafe { engine::setting::eng_setting_free(client.setting.0) };
    client.setting.0 = std::ptr::null();
    assert_eq!(*client.world.released.lock().unwrap(), 0);
    client.world.wait();
    client.tasks.drain();

    assert_eq!(client.seen.lock().unwrap().done, Some(Ok(())));
    assert_eq!(*client.world.released.lock().unwrap(), 1);
}

#[test]
fn a_component_without_a_handler_is_refused() {
    let tool = pre(linker(), component("release/tool"));

    let (app, message) = failing(|fail, to| unsafe { eng_http_new(tool, fail, to) });

    assert!(app.is_null());
    assert!(message.contains("does not serve HTTP"), "{message}");
}
