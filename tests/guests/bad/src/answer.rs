//! What a guest can do to its response.
use wasip2::clocks::monotonic_clock;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam,
};
use wasip2::io::streams::StreamError;

fn response(fields: &[(&str, &str)]) -> OutgoingResponse {
    let headers = Fields::new();
    for (name, value) in fields {
        headers
            .append(name, value.as_bytes())
            .expect("a valid field");
    }
    OutgoingResponse::new(headers)
}

fn start(out: ResponseOutparam, response: OutgoingResponse) -> OutgoingBody {
    let body = response.body().expect("first use of the body");
    ResponseOutparam::set(out, Ok(response));
    body
}

fn write(body: &OutgoingBody, bytes: &[u8]) -> Result<(), StreamError> {
    let stream = body.write().expect("first use of the stream");
    for chunk in bytes.chunks(4096) {
        stream.blocking_write_and_flush(chunk)?;
    }
    Ok(())
}

/// One way to answer `request`; hands `out` back when the name is none of these.
pub fn act(
    name: &str,
    n: u64,
    request: &IncomingRequest,
    out: ResponseOutparam,
) -> Option<ResponseOutparam> {
    match name {
        // Returns and never answers.
        "silent" => drop(out),
        // Says that it failed.
        "refuse" => {
            ResponseOutparam::set(out, Err(ErrorCode::InternalError(Some("no stock".into()))))
        }
        "timeout" => ResponseOutparam::set(out, Err(ErrorCode::ConnectionTimeout)),
        // Writes a body whose head never comes.
        "headless" => {
            let response = response(&[]);
            let body = response.body().expect("first use of the body");
            write(&body, &vec![b'x'; n as usize]).expect("writing");
            drop(out);
        }
        // Promises n bytes of body and writes five.
        "length" => {
            let body = start(out, response(&[("content-length", &n.to_string())]));
            let _ = write(&body, b"12345");
            let _ = OutgoingBody::finish(body, None);
        }
        // A length without any body.
        "nobody" => {
            ResponseOutparam::set(out, Ok(response(&[("content-length", &n.to_string())])));
        }
        // Two lengths.
        "lengths" => {
            let body = start(
                out,
                response(&[("content-length", "5"), ("content-length", "6")]),
            );
            let _ = write(&body, b"12345");
            let _ = OutgoingBody::finish(body, None);
        }
        // Drops its body in the middle.
        "dropped" => {
            let body = start(out, response(&[]));
            write(&body, b"half").expect("writing");
        }
        // Traps in the middle of its body.
        "midtrap" => {
            let body = start(out, response(&[]));
            write(&body, b"half").expect("writing");
            core::arch::wasm32::unreachable();
        }
        // Writes into one response and sends another.
        "two" => {
            let first = response(&[]);
            let first_body = first.body().expect("first use of the body");
            write(&first_body, b"from the first").expect("writing");
            let body = start(out, response(&[("x-which", "second")]));
            write(&body, b"from the second").expect("writing");
            OutgoingBody::finish(first_body, None).expect("finishing");
            OutgoingBody::finish(body, None).expect("finishing");
        }
        // Headers that belong to the host.
        "hop" => {
            let headers = Fields::new();
            let refused = [
                "connection",
                "transfer-encoding",
                "keep-alive",
                "upgrade",
                "host",
            ]
            .iter()
            .filter(|name| headers.append(name, b"x").is_err())
            .count();
            let split = headers.append("x-split", b"a\r\nset-cookie: b").is_err();
            let body = start(out, OutgoingResponse::new(headers));
            write(&body, format!("{refused} {split}").as_bytes()).expect("writing");
            OutgoingBody::finish(body, None).expect("finishing");
        }
        // A set of headers that grows until the answer is sent with it.
        "manyheaders" => {
            let headers = Fields::new();
            for i in 0..n {
                headers
                    .append(&format!("x-{i}"), b"value")
                    .expect("a valid field");
            }
            let body = start(out, OutgoingResponse::new(headers));
            OutgoingBody::finish(body, None).expect("finishing");
        }
        "status" => {
            let response = response(&[]);
            let code = if response.set_status_code(n as u16).is_err() {
                "refused"
            } else {
                "set"
            };
            let body = start(out, response);
            write(&body, code.as_bytes()).expect("writing");
            OutgoingBody::finish(body, None).expect("finishing");
        }
        // n MiB of body, or without end.
        "stream" => {
            let body = start(out, response(&[]));
            let stream = body.write().expect("first use of the stream");
            let chunk = [b'x'; 4096];
            let mut left = if n == 0 { u64::MAX } else { n * 256 };
            while left > 0 && stream.blocking_write_and_flush(&chunk).is_ok() {
                left -= 1;
            }
            drop(stream);
            let _ = OutgoingBody::finish(body, None);
        }
        // Ten chunks, n ms apart.
        "slow" => {
            let body = start(out, response(&[]));
            let stream = body.write().expect("first use of the stream");
            for i in 0..10 {
                monotonic_clock::subscribe_duration(n * 1_000_000).block();
                let line = format!("chunk {i}\n");
                stream
                    .blocking_write_and_flush(line.as_bytes())
                    .expect("writing");
            }
            drop(stream);
            OutgoingBody::finish(body, None).expect("finishing");
        }
        // Reads the whole request body and tells its length.
        "sink" => {
            let incoming = request.consume().expect("first use of the request body");
            let input = incoming.stream().expect("first use of the stream");
            let mut total = 0;
            while let Ok(chunk) = input.blocking_read(64 << 10) {
                total += chunk.len();
            }
            let body = start(out, response(&[]));
            write(&body, total.to_string().as_bytes()).expect("writing");
            OutgoingBody::finish(body, None).expect("finishing");
        }
        // Begins its answer, then reads the request body.
        "talk" => {
            let incoming = request.consume().expect("first use of the request body");
            let input = incoming.stream().expect("first use of the stream");
            let body = start(out, response(&[]));
            write(&body, b"listening").expect("writing");
            while input.blocking_read(64 << 10).is_ok() {}
            OutgoingBody::finish(body, None).expect("finishing");
        }
        // Answers before it has read the request body.
        "early" => {
            let body = start(out, response(&[]));
            write(&body, b"early").expect("writing");
            OutgoingBody::finish(body, None).expect("finishing");
        }
        _ => return Some(out),
    }
    None
}
