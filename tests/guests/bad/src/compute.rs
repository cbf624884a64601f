//! Time, memory and traps.
use std::hint::black_box;
use wasip2::clocks::monotonic_clock;

#[inline(never)]
fn hash(rounds: u64) -> u64 {
    let data: Vec<u8> = (0..4096u32).map(|i| (i * 7) as u8).collect();
    let mut h = 0xcbf2_9ce4_8422_2325u64;
    for _ in 0..rounds {
        for &byte in black_box(&data) {
            h = (h ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
    h
}

/// Many short calls: the worst case for checks at function entries.
#[inline(never)]
fn calls(n: u64) -> u64 {
    if n < 2 {
        n
    } else {
        calls(n - 1).wrapping_add(calls(n - 2))
    }
}

/// Until the stack is full.
#[allow(unconditional_recursion)]
#[inline(never)]
fn recurse(n: u64) -> u64 {
    let data = black_box([n; 64]);
    recurse(n + 1) + data[(n % 64) as usize]
}

/// Through a function pointer of the wrong type: the trap that a stale plugin table gives.
#[inline(never)]
fn bad_call(n: u64) -> u64 {
    let wrong: fn(u64) -> u64 =
        unsafe { std::mem::transmute(black_box(out_of_bounds as fn() -> u8)) };
    black_box(wrong)(n)
}

#[inline(never)]
fn out_of_bounds() -> u8 {
    unsafe { black_box(0xffff_0000usize as *const u8).read_volatile() }
}

pub fn act(name: &str, n: u64) -> Option<String> {
    Some(match name {
        "loop" => loop {
            black_box(n);
        },
        "hash" => hash(n).to_string(),
        "calls" => calls(n).to_string(),
        "bomb" => {
            let mut all: Vec<Vec<u8>> = Vec::new();
            loop {
                all.push(vec![1; 1 << 20]);
            }
        }
        "grow" => (core::arch::wasm32::memory_grow::<0>(n as usize) as isize).to_string(),
        "fill" => {
            let mut data: Vec<u8> = vec![0; (n as usize) << 20];
            for value in 0..4 {
                black_box(&mut data).fill(value);
            }
            data.len().to_string()
        }
        "copy" => {
            let half = (n as usize) << 19;
            let mut data: Vec<u8> = vec![1; half * 2];
            for _ in 0..4 {
                black_box(&mut data).copy_within(..half, half);
            }
            data.len().to_string()
        }
        "unreachable" => core::arch::wasm32::unreachable(),
        "badcall" => bad_call(n).to_string(),
        "oob" => out_of_bounds().to_string(),
        "recurse" => recurse(n).to_string(),
        "panic" => panic!("the guest panics on purpose"),
        "exit" => std::process::exit(n as i32),
        "sleep" => {
            monotonic_clock::subscribe_duration(n * 1_000_000).block();
            "slept\n".to_string()
        }
        // A poll that never waits: a loop through the host.
        "spin" => loop {
            monotonic_clock::subscribe_duration(0).block();
        },
        _ => return None,
    })
}
