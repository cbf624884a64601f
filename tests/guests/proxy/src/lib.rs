//! An HTTP component that passes requests on: `/ACTION/AUTHORITY/PATH`. `to` forwards method, headers, body and trailers and
//! streams the answer back; `many-N` opens N such requests and takes their answers when all are there; the other actions break
//! off in one way each.
//! Headers choose more: `x-scheme`, and `x-connect-ms`, `x-first-ms`, `x-between-ms` for the time-outs. A request that fails
//! is answered with 502 and the error code.
mod pipe;

use pipe::{Pipe, Step};
use wasip2::clocks::monotonic_clock;
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, FutureTrailers, IncomingBody, IncomingRequest,
    IncomingResponse, Method, OutgoingBody, OutgoingRequest, OutgoingResponse, RequestOptions,
    ResponseOutparam, Scheme,
};
use wasip2::io::poll::poll;

struct Proxy;

/// What a request asks of this component.
struct Job {
    action: String,
    authority: String,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
}

impl Job {
    fn new(request: &IncomingRequest) -> Job {
        let path = request.path_with_query().unwrap_or_default();
        let mut parts = path.splitn(4, '/').skip(1).map(str::to_string);
        let mut part = || parts.next().unwrap_or_default();
        Job {
            action: part(),
            authority: part(),
            target: format!("/{}", part()),
            headers: request.headers().entries(),
        }
    }

    fn header(&self, name: &str) -> Option<String> {
        let found = self.headers.iter().find(|(n, _)| n == name)?;
        String::from_utf8(found.1.clone()).ok()
    }

    fn options(&self) -> RequestOptions {
        let options = RequestOptions::new();
        let ns = |name| Some(self.header(name)?.parse::<u64>().ok()? * 1_000_000);
        options
            .set_connect_timeout(ns("x-connect-ms"))
            .expect("taken");
        options
            .set_first_byte_timeout(ns("x-first-ms"))
            .expect("taken");
        options
            .set_between_bytes_timeout(ns("x-between-ms"))
            .expect("taken");
        options
    }

    /// With the headers that came, but for those that choose, and `more`.
    fn request(
        &self,
        method: &Method,
        more: &[(&str, &str)],
    ) -> Result<OutgoingRequest, ErrorCode> {
        let choosing = |name: &str| name.starts_with("x-") && name != "x-test";
        let mut entries: Vec<_> = self
            .headers
            .iter()
            .filter(|(n, _)| !choosing(n))
            .cloned()
            .collect();
        entries.extend(
            more.iter()
                .map(|(n, v)| (n.to_string(), v.as_bytes().to_vec())),
        );
        let request = OutgoingRequest::new(Fields::from_list(&entries).expect("valid fields"));
        let scheme = match self.header("x-scheme").as_deref() {
            Some("https") => Scheme::Https,
            _ => Scheme::Http,
        };
        let bad = |()| ErrorCode::HttpRequestUriInvalid;
        request.set_method(method).map_err(bad)?;
        request.set_scheme(Some(&scheme)).map_err(bad)?;
        request.set_authority(Some(&self.authority)).map_err(bad)?;
        request
            .set_path_with_query(Some(&self.target))
            .map_err(bad)?;
        Ok(request)
    }
}

/// Answers with text.
fn say(out: ResponseOutparam, status: u16, text: &str) {
    let response = OutgoingResponse::new(Fields::new());
    response.set_status_code(status).expect("a status");
    let body = response.body().expect("first use of the body");
    ResponseOutparam::set(out, Ok(response));
    let stream = body.write().expect("first use of the stream");
    for chunk in text.as_bytes().chunks(4096) {
        stream.blocking_write_and_flush(chunk).expect("writing");
    }
    drop(stream);
    OutgoingBody::finish(body, None).expect("finishing the body");
}

fn trailers_of(future: &FutureTrailers) -> Result<Option<Fields>, ErrorCode> {
    future.subscribe().block();
    let fields = future.get().expect("ready").expect("first use")?;
    Ok(fields.map(|fields| Fields::from_list(&fields.entries()).expect("valid trailers")))
}

/// A body on its way from one side to the other.
struct Transfer {
    pipe: Option<Pipe>,
    from: Option<IncomingBody>,
    to: Option<OutgoingBody>,
}

impl Transfer {
    fn new(from: IncomingBody, to: OutgoingBody) -> Transfer {
        let input = from.stream().expect("first use of the stream");
        let output = to.write().expect("first use of the stream");
        Transfer {
            pipe: Some(Pipe::new(input, output)),
            from: Some(from),
            to: Some(to),
        }
    }

    /// None once all is there.
    fn step(&mut self) -> Result<Option<wasip2::io::poll::Pollable>, ErrorCode> {
        let Some(pipe) = &mut self.pipe else {
            return Ok(None);
        };
        match pipe.step()? {
            Step::Wait(what) => Ok(Some(what)),
            Step::Done => {
                self.pipe = None;
                let from = self.from.take().expect("not finished");
                let trailers = trailers_of(&IncomingBody::finish(from))?;
                OutgoingBody::finish(self.to.take().expect("not finished"), trailers)?;
                Ok(None)
            }
            Step::Closed => {
                self.pipe = None;
                self.to = None;
                self.from = None;
                Ok(None)
            }
        }
    }
}

fn response_of(future: &FutureIncomingResponse) -> Option<Result<IncomingResponse, ErrorCode>> {
    future.get().map(|taken| taken.expect("first use"))
}

fn forward(request: &IncomingRequest, job: &Job, out: ResponseOutparam) {
    let mut out = Some(out);
    if let Err(code) = transfer(request, job, &mut out)
        && let Some(out) = out
    {
        say(out, 502, &format!("{code:?}"));
    }
}

fn transfer(
    request: &IncomingRequest,
    job: &Job,
    out: &mut Option<ResponseOutparam>,
) -> Result<(), ErrorCode> {
    let method = request.method();
    let sent = job.request(&method, &[])?;
    let bodyless = matches!(method, Method::Get | Method::Head | Method::Delete);
    let mut up = None;
    if !bodyless {
        let body = sent.body().expect("first use of the body");
        up = Some(Transfer::new(request.consume().expect("first use"), body));
    }
    let future = outgoing_handler::handle(sent, Some(job.options()))?;
    let mut down: Option<Transfer> = None;
    let mut taken = None;
    loop {
        let mut waits = Vec::new();
        if let Some(transfer) = &mut up {
            waits.extend(transfer.step()?);
        }
        if taken.is_none() {
            match response_of(&future) {
                None => waits.push(future.subscribe()),
                Some(response) => {
                    let response = response?;
                    down = Some(answer(&response, out.take().expect("one answer")));
                    taken = Some(response);
                }
            }
        }
        if let Some(transfer) = &mut down {
            match transfer.step()? {
                Some(wait) => waits.push(wait),
                None => return Ok(()),
            }
        }
        if !waits.is_empty() {
            poll(&waits.iter().collect::<Vec<_>>());
        }
    }
}

fn answer(response: &IncomingResponse, out: ResponseOutparam) -> Transfer {
    let fields = Fields::from_list(&response.headers().entries()).expect("valid fields");
    let sent = OutgoingResponse::new(fields);
    sent.set_status_code(response.status()).expect("a status");
    let body = sent.body().expect("first use of the body");
    ResponseOutparam::set(out, Ok(sent));
    Transfer::new(response.consume().expect("first use of the body"), body)
}

/// Requests leave when their guest waits for something.
fn let_them_leave() {
    monotonic_clock::subscribe_duration(1_000_000).block();
}

fn many(n: u32, job: &Job) -> Result<String, ErrorCode> {
    let mut held = Vec::new();
    for i in 1..=n {
        if i % 100 == 0 {
            let_them_leave();
        }
        held.push(outgoing_handler::handle(
            job.request(&Method::Get, &[])?,
            None,
        )?);
    }
    for future in &held {
        future.subscribe().block();
    }
    let answers: Vec<_> = held.iter().filter_map(response_of).collect();
    Ok(format!("{} held", answers.len()))
}

/// Sends five bytes of body and ends it as the action says.
fn write(job: &Job, headers: &[(&str, &str)], end: bool) -> Result<String, ErrorCode> {
    let request = job.request(&Method::Post, headers)?;
    let body = request.body().expect("first use of the body");
    let future = outgoing_handler::handle(request, None)?;
    let_them_leave();
    let stream = body.write().expect("first use of the stream");
    let written = stream.blocking_write_and_flush(b"12345");
    drop(stream);
    let mut text = format!("{:?}", written.is_ok());
    if end {
        text += &format!(" {:?}", OutgoingBody::finish(body, None));
    } else {
        drop(body);
    }
    future.subscribe().block();
    let answer = response_of(&future).expect("ready");
    Ok(text + &format!(" {:?}", answer.map(|response| response.status())))
}

/// Takes the head of the answer and drops the rest.
fn head(job: &Job) -> Result<String, ErrorCode> {
    let future = outgoing_handler::handle(job.request(&Method::Get, &[])?, Some(job.options()))?;
    future.subscribe().block();
    let response = response_of(&future).expect("ready")?;
    Ok(format!("head {}", response.status()))
}

impl wasip2::exports::http::incoming_handler::Guest for Proxy {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let job = Job::new(&request);
        let (action, n) = job.action.split_once('-').unwrap_or((&job.action, "0"));
        let said = match action {
            "to" => return forward(&request, &job, out),
            "many" => many(n.parse().unwrap_or(0), &job),
            "half" => write(&job, &[], false),
            "length" => write(&job, &[("content-length", n)], true),
            "head" => head(&job),
            // Sends and forgets.
            "drop" => job
                .request(&Method::Get, &[])
                .and_then(|request| outgoing_handler::handle(request, None))
                .map(|_| "dropped".to_string()),
            other => Ok(format!("no action {other}")),
        };
        match said {
            Ok(text) => say(out, 200, &text),
            Err(code) => say(out, 502, &format!("{code:?}")),
        }
    }
}

wasip2::http::proxy::export!(Proxy);
