//! What needs a process of its own: the environment, and a moment in which nothing runs.
#[allow(dead_code, unused_imports)]
#[path = "all/calls.rs"]
mod calls;
#[allow(dead_code, unused_imports)]
#[path = "all/http.rs"]
mod http;
#[allow(dead_code, unused_imports)]
#[path = "all/support.rs"]
mod support;

use http::{Ask, Client};
use std::time::{Duration, Instant};

/// Waits for what another thread does on its own.
fn soon(what: impl Fn() -> bool) -> bool {
    let patience = Instant::now() + Duration::from_secs(20);
    while !what() && Instant::now() < patience {
        std::thread::yield_now();
    }
    what()
}

fn looping() -> Ask<'static> {
    Ask {
        guest: "release/bad",
        target: "/loop",
        limits: engine::limits::Limits {
            cpu_ns: 20_000_000,
            ..Default::default()
        },
        ..Ask::default()
    }
}

/// The pool has some slots more than calls; all of them come back.
fn a_full_pool_says_so_and_recovers() {
    let ask = Ask {
        target: "/sleep/1000",
        ..Ask::default()
    };
    let mut waiting = Vec::new();
    let busy = loop {
        let client = Client::get(&ask);
        if let Some(done) = client.seen.lock().unwrap().done.clone() {
            break done.expect_err("no slot");
        }
        waiting.push(client);
        assert!(waiting.len() < 200, "the pool has an end");
    };
    assert_eq!(busy.end, engine::report::End::Busy);
    assert!(waiting.len() >= support::POOL as usize);
    drop(waiting);

    let hello = Client::get(&Ask::default());
    assert_eq!(hello.seen.lock().unwrap().done, Some(Ok(())));
}

/// Two modules with a memory each. The first may call the host as it starts.
fn halves(start: &str) -> String {
    format!(
        r#"(component
          (import "wasi:random/random@0.2.0" (instance (export "get-random-u64" (func (result u64)))))
          (alias export 0 "get-random-u64" (func))
          (core func (canon lower (func 0)))
          (core module
            (import "" "draw" (func (result i64)))
            (memory 1)
            (func (drop (call 0)))
            {start})
          (core module (memory 1) (func (export "run")))
          (core instance (export "draw" (func 0)))
          (core instance (instantiate 0 (with "" (instance 0))))
          (core instance (instantiate 1))
          (alias core export 2 "run" (core func))
          (func (canon lift (core func 1)))
          (export "run" (func 1)))"#
    )
}

fn run(text: &str) -> Result<Vec<u8>, support::Ended> {
    let bytes = wat::parse_str(text).unwrap();
    let component = wasmtime::component::Component::new(support::engine(), bytes).unwrap();
    let linker = engine::linker::new_linker(support::engine()).unwrap();
    let mut pre = linker.linker.instantiate_pre(&component).unwrap();
    let func = calls::func(&component, "", "run");
    calls::Caller::default().fresh(&mut pre, func, &[])
}

/// With one slot left there is none for the second module.
fn a_guest_is_not_to_be_tried_again_if_it_called_the_host_before_the_pool_was_full() {
    let ask = Ask {
        target: "/sleep/1000",
        ..Ask::default()
    };
    let mut waiting = Vec::new();
    loop {
        let client = Client::get(&ask);
        if client.seen.lock().unwrap().done.is_some() {
            break;
        }
        waiting.push(client);
        assert!(waiting.len() < 200, "the pool has an end");
    }
    waiting.pop();

    let quiet = run(&halves("")).expect_err("no slot");
    assert_eq!(quiet.end, engine::report::End::Busy);
    let called = run(&halves("(start 1)")).expect_err("no slot");
    assert_eq!(called.end, engine::report::End::Halfway);

    waiting.pop();
    assert!(run(&halves("(start 1)")).is_ok());
}

fn main() {
    // Before any other thread is there. Errors must not care: a backtrace costs more than most calls.
    unsafe { std::env::set_var("RUST_BACKTRACE", "1") };
    let engine = support::engine();
    let error = wasmtime::component::Component::new(engine, b"nonsense").unwrap_err();
    let text = format!("{error:?}");
    assert!(!text.to_lowercase().contains("backtrace"), "{text}");

    for _ in 0..3 {
        assert!(
            soon(engine::ticker::parked),
            "the ticker sleeps while nothing runs"
        );
        let client = Client::get(&looping());
        let failure = client.seen.lock().unwrap().failure();
        assert_eq!(
            failure.end,
            engine::report::End::Cpu,
            "and wakes: {failure:?}"
        );
    }
    a_full_pool_says_so_and_recovers();
    a_guest_is_not_to_be_tried_again_if_it_called_the_host_before_the_pool_was_full();
    println!("the ticker sleeps and wakes, errors carry no backtrace");
}
