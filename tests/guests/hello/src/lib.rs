//! A well-behaved HTTP component. `/` answers "hello world", `/sleep/MS` after a pause, `/echo` streams the request body back with
//! its trailers, `/head` tells what it saw of the request.
use std::io::Write;
use wasip2::clocks::monotonic_clock;
use wasip2::http::types::{
    Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam,
};
use wasip2::io::streams::{OutputStream, StreamError};

struct Hello;

fn echo(request: &IncomingRequest, output: &mut OutputStream) -> Option<Fields> {
    let incoming = request.consume().expect("first use of the request body");
    let input = incoming.stream().expect("first use of the stream");
    loop {
        match input.blocking_read(64 * 1024) {
            Ok(chunk) => output.write_all(&chunk).expect("writing the response body"),
            Err(StreamError::Closed) => break,
            Err(e) => panic!("reading the request body: {e}"),
        }
    }
    drop(input);
    let trailers = wasip2::http::types::IncomingBody::finish(incoming);
    trailers.subscribe().block();
    let trailers = trailers
        .get()
        .expect("ready")
        .expect("first use")
        .expect("trailers");
    trailers.map(|fields| Fields::from_list(&fields.entries()).expect("valid trailers"))
}

fn describe(request: &IncomingRequest) -> String {
    let mut text = format!(
        "{:?} {:?} {:?} {:?}\n",
        request.method(),
        request.scheme(),
        request.authority(),
        request.path_with_query(),
    );
    for (name, value) in request.headers().entries() {
        text += &format!("{name}: {}\n", String::from_utf8_lossy(&value));
    }
    text
}

impl wasip2::exports::http::incoming_handler::Guest for Hello {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let path = request.path_with_query().unwrap_or_default();
        if let Some(ms) = path.strip_prefix("/sleep/") {
            let ms: u64 = ms.parse().unwrap_or(100);
            monotonic_clock::subscribe_duration(ms * 1_000_000).block();
        }
        let fields = Fields::new();
        fields
            .append("content-type", b"text/plain")
            .expect("a valid field");
        let response = OutgoingResponse::new(fields);
        let body = response.body().expect("first use of the body");
        ResponseOutparam::set(out, Ok(response));
        let mut stream = body.write().expect("first use of the stream");
        let trailers = match path.as_str() {
            "/echo" => echo(&request, &mut stream),
            "/head" => {
                let text = describe(&request);
                stream
                    .write_all(text.as_bytes())
                    .expect("writing the response body");
                None
            }
            _ => {
                stream
                    .write_all(b"hello world\n")
                    .expect("writing the response body");
                None
            }
        };
        drop(stream);
        OutgoingBody::finish(body, trailers).expect("finishing the body");
    }
}

wasip2::http::proxy::export!(Hello);
