//! What needs a process of its own: the environment, and a moment in which nothing runs.
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
    println!("the ticker sleeps and wakes, errors carry no backtrace");
}
