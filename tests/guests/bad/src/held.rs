//! What a guest can make the host hold or carry.
use std::io::Write;
use wasip2::clocks::monotonic_clock;
use wasip2::http::types::{Fields, OutgoingResponse};
use wasip2::random::random;

pub fn act(name: &str, n: u64) -> Option<String> {
    Some(match name {
        // Handles that are never dropped.
        "handles" => {
            for _ in 0..n {
                std::mem::forget(Fields::new());
            }
            n.to_string()
        }
        "pollables" => {
            for _ in 0..n {
                std::mem::forget(monotonic_clock::subscribe_duration(u64::MAX));
            }
            n.to_string()
        }
        // One set of headers without end.
        "headers" => {
            let fields = Fields::new();
            for i in 0..n {
                if let Err(error) = fields.append(&format!("x-{i}"), &[b'a'; 1024]) {
                    return Some(format!("refused at {i}: {error:?}"));
                }
            }
            n.to_string()
        }
        // Many sets of headers, each small.
        "fields" => {
            for i in 0..n {
                let list = [(format!("x-{i}"), vec![b'a'; 1024])];
                std::mem::forget(Fields::from_list(&list).expect("valid"));
            }
            n.to_string()
        }
        // Bodies of responses that are never sent.
        "drafts" => {
            let mut kept = 0u64;
            for _ in 0..n {
                let response = OutgoingResponse::new(Fields::new());
                let body = response.body().expect("first use");
                let stream = body.write().expect("first use");
                let room = stream.check_write().expect("open").min(4096);
                stream.write(&vec![b'x'; room as usize]).expect("allowed");
                kept += room;
                std::mem::forget((response, body, stream));
            }
            kept.to_string()
        }
        // One host call with a list of n KiB.
        "bigcall" => {
            let value = vec![b'a'; (n as usize) << 10];
            let accepted = Fields::new().append("x", &value).is_ok();
            accepted.to_string()
        }
        "random" => random::get_random_bytes(n).len().to_string(),
        // n KiB of output, or without end.
        "stdout" | "stderr" => {
            let line = [b'x'; 1024];
            let mut left = if n == 0 { u64::MAX } else { n };
            while left > 0 {
                let _ = match name {
                    "stdout" => std::io::stdout().write_all(&line),
                    _ => std::io::stderr().write_all(&line),
                };
                left -= 1;
            }
            n.to_string()
        }
        _ => return None,
    })
}
