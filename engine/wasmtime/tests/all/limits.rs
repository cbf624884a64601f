//! Every limit, met by a guest that wants more: named, in numbers, and paid for by that call alone.
use crate::http::{Ask, Client};
use crate::support::*;
use engine::limits::{LimitKind, Limits};
use engine::report::End;
use engine::task::eng_task_cpu;

/// Runs `target` of the guest `bad`, and hello after it, more often than the pool has slots.
fn attack(target: &str, limits: Limits) -> Ended {
    let mut last = None;
    for _ in 0..2 {
        let client = Client::start(&Ask {
            guest: "release/bad",
            target,
            limits,
            ..Ask::default()
        });
        client.run();
        last = Some(client.seen.lock().unwrap().failure());
    }
    let hello = Client::get(&Ask::default());
    assert_eq!(hello.seen.lock().unwrap().done, Some(Ok(())));
    last.unwrap()
}

fn limit(target: &str, limits: Limits, end: End, kind: LimitKind, value: u64) -> Ended {
    let failure = attack(target, limits);
    let found = (failure.end, failure.kind, failure.limit);
    assert_eq!(found, (end, kind, value), "{target}: {failure:?}");
    assert!(failure.wanted > value || failure.wanted == 0, "{failure:?}");
    failure
}

#[test]
fn cpu_time_is_limited() {
    let cpu = |ms: u64| Limits {
        cpu_ns: ms * 1_000_000,
        ..Limits::default()
    };
    for target in ["/loop", "/spin"] {
        limit(target, cpu(30), End::Cpu, LimitKind::Cpu, 30_000_000);
    }
}

#[test]
fn a_computing_guest_gives_way_at_ticks() {
    let client = Client::start(&Ask {
        guest: "release/bad",
        target: "/loop",
        limits: Limits {
            cpu_ns: 50_000_000,
            ..Limits::default()
        },
        ..Ask::default()
    });
    client.run();

    assert!(*client.tasks.slices.lock().unwrap() >= 3);
    assert!(unsafe { eng_task_cpu(client.task) } >= 50_000_000);
}

#[test]
fn memory_is_limited() {
    let limits = Limits {
        memory: 16 << 20,
        ..limits()
    };
    let failure = limit("/bomb", limits, End::Memory, LimitKind::Memory, 16 << 20);
    assert!(failure.message.contains("aborted"), "{failure:?}");
}

#[test]
fn a_refused_growth_alone_ends_nothing() {
    let client = Client::get(&Ask {
        guest: "release/bad",
        target: "/grow/100000",
        limits: Limits {
            memory: 16 << 20,
            ..limits()
        },
        ..Ask::default()
    });

    let seen = client.seen.lock().unwrap();
    assert_eq!(
        (seen.text().as_str(), seen.done.clone()),
        ("-1", Some(Ok(())))
    );
}

#[test]
fn initial_memory_and_core_instances_are_limited() {
    let memory = Limits {
        memory: 1 << 16,
        ..limits()
    };
    limit("/", memory, End::Memory, LimitKind::Memory, 1 << 16);
    let instances = Limits {
        instances: 1,
        ..limits()
    };
    limit("/", instances, End::Memory, LimitKind::Instances, 1);
    let tables = Limits {
        table_elements: 3,
        ..limits()
    };
    limit("/", tables, End::Memory, LimitKind::Tables, 3);
}

#[test]
fn host_objects_are_limited() {
    let limits = Limits {
        host_objects: 500,
        ..limits()
    };
    for target in ["/handles/100000", "/pollables/100000"] {
        limit(target, limits, End::Host, LimitKind::HostObjects, 500);
    }
}

#[test]
fn header_sets_are_limited() {
    let bytes = Limits {
        header_bytes: 16 << 10,
        ..limits()
    };
    limit(
        "/headers/1000",
        bytes,
        End::Host,
        LimitKind::HeaderBytes,
        16 << 10,
    );
    let count = Limits {
        header_count: 100,
        ..limits()
    };
    limit(
        "/manyheaders/1000",
        count,
        End::Host,
        LimitKind::HeaderCount,
        100,
    );
}

#[test]
fn what_the_host_holds_is_limited_in_total() {
    let limits = Limits {
        host_bytes: 1 << 20,
        ..limits()
    };
    limit(
        "/fields/100000",
        limits,
        End::Host,
        LimitKind::HostMemory,
        1 << 20,
    );
    limit(
        "/headers/100000",
        limits,
        End::Host,
        LimitKind::HostMemory,
        1 << 20,
    );
}

#[test]
fn bodies_before_a_response_is_chosen_are_bounded() {
    let client = Client::get(&Ask {
        guest: "release/bad",
        target: "/drafts/100",
        ..Ask::default()
    });

    let seen = client.seen.lock().unwrap();
    assert_eq!(seen.done, Some(Ok(())));
    assert_eq!(seen.text(), (64 << 10).to_string());
}

#[test]
fn one_call_to_the_host_is_limited() {
    let limits = Limits {
        hostcall_bytes: 100 << 10,
        ..limits()
    };
    let kind = LimitKind::HostcallBytes;
    limit("/bigcall/1000", limits, End::Host, kind, 100 << 10);
}

#[test]
fn random_bytes_are_bounded() {
    let failure = attack("/random/100000000", limits());

    assert_eq!(failure.end, End::Host);
    assert!(failure.message.contains("random"), "{failure:?}");
}

#[test]
fn a_flood_of_output_costs_cpu_time_only() {
    let cpu = Limits {
        cpu_ns: 20_000_000,
        ..Limits::default()
    };
    for target in ["/stdout", "/stderr"] {
        limit(target, cpu, End::Cpu, LimitKind::Cpu, 20_000_000);
    }
}

#[test]
fn traps_are_told_in_plain_words() {
    for (target, words) in [
        ("/unreachable", "the guest aborted"),
        ("/panic", "the guest aborted"),
        ("/oob", "out of bounds memory access"),
        ("/badcall", "indirect call type mismatch"),
        ("/recurse", "out of bounds memory access"),
    ] {
        let failure = attack(target, limits());

        assert_eq!(failure.end, End::Trap, "{failure:?}");
        assert!(failure.message.contains(words), "{failure:?}");
        assert!(!failure.frames.is_empty());
    }
}

#[test]
fn a_panicking_guest_says_why_on_stderr() {
    let client = Client::get(&Ask {
        guest: "release/bad",
        target: "/panic",
        ..Ask::default()
    });

    let said = client.world.output(2);
    assert!(said.contains("the guest panics on purpose"), "{said}");
}
