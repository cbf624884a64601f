//! An HTTP component that misuses its host, one way per path: `/NAME/NUMBER`. `compute.rs` has what happens inside the guest,
//! `held.rs` what it makes the host hold, `answer.rs` what it does to its response. Any other path answers "hello world".
mod answer;
mod compute;
mod held;

use wasip2::http::types::{
    Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam,
};

struct Bad;

impl wasip2::exports::http::incoming_handler::Guest for Bad {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let path = request.path_with_query().unwrap_or_default();
        let mut parts = path.split('/').skip(1);
        let name = parts.next().unwrap_or_default();
        let n = parts.next().and_then(|n| n.parse().ok()).unwrap_or(0);
        let Some(out) = answer::act(name, n, &request, out) else {
            return;
        };
        let text = compute::act(name, n)
            .or_else(|| held::act(name, n))
            .unwrap_or_else(|| "hello world\n".to_string());
        let response = OutgoingResponse::new(Fields::new());
        let body = response.body().expect("first use of the body");
        ResponseOutparam::set(out, Ok(response));
        let stream = body.write().expect("first use of the stream");
        for chunk in text.as_bytes().chunks(4096) {
            stream.blocking_write_and_flush(chunk).expect("writing");
        }
        drop(stream);
        OutgoingBody::finish(body, None).expect("finishing the body");
    }
}

wasip2::http::proxy::export!(Bad);
