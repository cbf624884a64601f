//! The response of wasi:http/types 0.2, and bodies that guests write. Every `outgoing-response` has a body of its own; the one that the guest chooses is
//! joined to the exchange.
use crate::exchange::Exchange;
use crate::fields::Fields;
use crate::host::Host;
use crate::http_error::{Failure, code_text};
use crate::http_types::types::{self, ErrorCode};
use crate::sync::lock;
use bytes::Bytes;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::{DynOutputStream, OutputStream, Pollable, StreamError, StreamResult};

pub struct Outparam {
    /// The request was a HEAD: its response has a length but no body.
    pub head_only: bool,
}

pub struct OutgoingResponse {
    status: u16,
    headers: Fields,
    /// Once the guest asked for it.
    body: Option<Arc<Body>>,
}

/// Where a body goes that the guest writes.
pub trait Outgoing: Send + Sync {
    /// As `check-write`.
    fn permit(&self) -> StreamResult<usize>;
    /// Ready once `permit` would not answer 0.
    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<()>;
    fn write(&self, bytes: Bytes) -> StreamResult<()>;
    fn finish(&self, trailers: Fields) -> Result<(), ErrorCode>;
    /// The guest dropped its body without finishing it.
    fn abandon(&self);
}

pub struct OutgoingBody {
    body: Arc<dyn Outgoing>,
    taken: bool,
    finished: bool,
}

impl OutgoingBody {
    pub fn new(body: Arc<dyn Outgoing>) -> OutgoingBody {
        OutgoingBody {
            body,
            taken: false,
            finished: false,
        }
    }
}

/// HTTP/1.1 has trailers only behind chunks (RFC 9112, 7.1.2), and content-length means that there are none.
pub const NO_TRAILERS: &str =
    "a body with content-length has no trailers; leave that header out, and it is sent in chunks";

enum Stage {
    /// Its response has not been chosen (yet): what was written waits here.
    Early(Vec<Bytes>),
    /// Joined to the exchange.
    Live,
    /// Finished before its response was chosen.
    Complete(Vec<Bytes>, Fields),
    /// Nothing more is taken; why the response is worthless, if it is.
    Closed(Option<String>),
}

struct Progress {
    stage: Stage,
    written: u64,
    early: usize,
    /// A HEAD or a 304: its length stands for a body that is not sent.
    bodyless: bool,
}

/// The body of one response.
pub struct Body {
    exchange: Arc<Exchange>,
    /// The content-length that the guest promised.
    expected: Option<u64>,
    progress: Mutex<Progress>,
}

/// The guest's content-length; an error when it makes no sense.
pub fn content_length(headers: &Fields) -> Result<Option<u64>, String> {
    let mut found = None;
    for value in headers.values("content-length") {
        let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        let text = String::from_utf8_lossy(value);
        match text.parse::<u64>() {
            Ok(length) if digits && found.is_none_or(|before| before == length) => {
                found = Some(length);
            }
            _ => return Err(format!("the guest set content-length to {text}")),
        }
    }
    Ok(found)
}

impl Body {
    /// The response is worthless.
    fn break_off(&self, mut progress: MutexGuard<'_, Progress>, why: String) {
        let before = std::mem::replace(&mut progress.stage, Stage::Closed(Some(why.clone())));
        drop(progress);
        if let Stage::Live = before {
            self.exchange.give_up(&why);
        }
    }

    fn new(exchange: Arc<Exchange>, expected: Option<u64>) -> Arc<Body> {
        let progress = Progress {
            stage: Stage::Early(Vec::new()),
            written: 0,
            early: 0,
            bodyless: false,
        };
        Arc::new(Body {
            exchange,
            expected,
            progress: Mutex::new(progress),
        })
    }
}

impl Outgoing for Body {
    fn permit(&self) -> StreamResult<usize> {
        match lock(&self.progress).stage {
            Stage::Early(_) => Ok(self.exchange.early()),
            Stage::Live => Ok(self.exchange.credit()),
            Stage::Complete(..) | Stage::Closed(_) => Err(StreamError::Closed),
        }
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<()> {
        match lock(&self.progress).stage {
            Stage::Live => self.exchange.poll_writable(cx),
            // Room for early bytes comes from the guest itself only.
            Stage::Early(_) if self.exchange.early() == 0 => Poll::Pending,
            _ => Poll::Ready(()),
        }
    }

    fn write(&self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > self.permit()? {
            return Err(StreamError::trap("write exceeds what check-write allowed"));
        }
        let mut progress = lock(&self.progress);
        let written = progress.written + bytes.len() as u64;
        if self.expected.is_some_and(|expected| written > expected) {
            let was_live = matches!(progress.stage, Stage::Live);
            let why = format!(
                "the guest's response is broken: {written} bytes of body are more than its content-length"
            );
            progress.stage = Stage::Closed(Some(why.clone()));
            drop(progress);
            if was_live {
                self.exchange.give_up(&why);
            }
            let code = ErrorCode::HttpResponseBodySize(Some(written));
            return Err(StreamError::LastOperationFailed(Failure(code).into()));
        }
        progress.written = written;
        if let Stage::Early(chunks) = &mut progress.stage {
            self.exchange.use_early(bytes.len());
            chunks.push(bytes.clone());
            progress.early += bytes.len();
            return Ok(());
        }
        drop(progress);
        self.exchange.write(&bytes);
        Ok(())
    }

    fn finish(&self, trailers: Fields) -> Result<(), ErrorCode> {
        let mut progress = lock(&self.progress);
        if let Stage::Closed(_) = progress.stage {
            let code = ErrorCode::HttpResponseBodySize(Some(progress.written));
            return Err(code);
        }
        let (written, expected) = (progress.written, self.expected.unwrap_or(0));
        // Before the response is chosen nobody knows whether it may do without: `join` looks again.
        let empty =
            written == 0 && (progress.bodyless || matches!(progress.stage, Stage::Early(_)));
        if self.expected.is_some_and(|e| e != written) && !empty {
            let why = format!(
                "the guest's response is broken: content-length is {expected}, its body has {written} bytes"
            );
            self.break_off(progress, why);
            return Err(ErrorCode::HttpResponseBodySize(Some(written)));
        }
        if self.expected.is_some() && !trailers.entries().is_empty() {
            let why = format!("the guest's response is broken: {NO_TRAILERS}");
            self.break_off(progress, why);
            return Err(ErrorCode::InternalError(Some(NO_TRAILERS.into())));
        }
        match std::mem::replace(&mut progress.stage, Stage::Closed(None)) {
            Stage::Early(chunks) => progress.stage = Stage::Complete(chunks, trailers),
            _ => {
                drop(progress);
                self.exchange.end(&trailers.views());
            }
        }
        Ok(())
    }

    fn abandon(&self) {
        let mut progress = lock(&self.progress);
        let why = "the guest dropped its response body without finishing it";
        match std::mem::replace(&mut progress.stage, Stage::Closed(Some(why.into()))) {
            Stage::Live => {
                drop(progress);
                self.exchange.give_up(why);
            }
            Stage::Early(_) => {}
            before => progress.stage = before,
        }
    }
}

impl Body {
    /// The response was chosen: sends its head, what is there of its body, and its end if that is known.
    fn join(&self, status: u16, headers: &Fields, bodyless: bool) {
        let mut progress = lock(&self.progress);
        let written = progress.written;
        let before = std::mem::replace(&mut progress.stage, Stage::Live);
        progress.bodyless = bodyless;
        drop(progress);
        let lacking = self.expected.is_some_and(|e| e != written) && !bodyless;
        let (chunks, trailers) = match before {
            Stage::Early(chunks) => (chunks, None),
            Stage::Complete(..) if lacking => {
                let why = "the guest's response is broken: it has a content-length, but no body";
                return self.exchange.give_up(why);
            }
            Stage::Complete(chunks, trailers) => (chunks, Some(trailers)),
            Stage::Closed(Some(why)) => return self.exchange.give_up(&why),
            Stage::Live | Stage::Closed(None) => return,
        };
        self.exchange.head(status, &headers.views());
        for chunk in chunks {
            self.exchange.write(&chunk);
        }
        if let Some(trailers) = trailers {
            lock(&self.progress).stage = Stage::Closed(None);
            self.exchange.end(&trailers.views());
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        let early = lock(&self.progress).early;
        self.exchange.free_early(early);
    }
}

struct BodyStream(Arc<dyn Outgoing>);

#[wasmtime_wasi::async_trait]
impl Pollable for BodyStream {
    async fn ready(&mut self) {
        poll_fn(|cx| self.0.poll_writable(cx)).await
    }
}

#[wasmtime_wasi::async_trait]
impl OutputStream for BodyStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(()) // C++ sends whatever it has when the guest waits
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.0.permit()
    }
}

impl types::HostResponseOutparam for Host {
    fn send_informational(
        &mut self,
        _: Resource<Outparam>,
        _: u16,
        _: Resource<Fields>,
    ) -> Result<Result<(), ErrorCode>> {
        let text = "informational responses are not sent";
        Ok(Err(ErrorCode::InternalError(Some(text.into()))))
    }

    fn set(
        &mut self,
        out: Resource<Outparam>,
        response: Result<Resource<OutgoingResponse>, ErrorCode>,
    ) -> Result<()> {
        let out = self.table.delete(out)?;
        let exchange = self.exchange()?;
        let response = match response {
            Ok(response) => self.take_response(response)?,
            Err(code) => {
                exchange.refuse(&code_text(&code));
                return Ok(());
            }
        };
        let expected = match content_length(&response.headers) {
            Ok(expected) => expected,
            Err(why) => {
                exchange.give_up(&why);
                return Ok(());
            }
        };
        let bodyless = out.head_only || response.status == 304;
        let body = response.body.unwrap_or_else(|| {
            // No body was asked for, and none can be any more.
            let body = Body::new(exchange, expected);
            lock(&body.progress).stage = Stage::Complete(Vec::new(), Fields::default());
            body
        });
        body.join(response.status, &response.headers, bodyless);
        Ok(())
    }

    fn drop(&mut self, out: Resource<Outparam>) -> Result<()> {
        self.table.delete(out)?;
        Ok(())
    }
}

impl Host {
    fn take_response(&mut self, response: Resource<OutgoingResponse>) -> Result<OutgoingResponse> {
        let response = self.table.delete(response)?;
        self.held.release(response.headers.bytes());
        Ok(response)
    }
}

impl types::HostOutgoingResponse for Host {
    fn new(&mut self, headers: Resource<Fields>) -> Result<Resource<OutgoingResponse>> {
        let mut headers = self.take_fields(headers)?;
        headers.immutable = true;
        self.held.add(headers.bytes())?;
        Ok(self.table.push(OutgoingResponse {
            status: 200,
            headers,
            body: None,
        })?)
    }

    fn status_code(&mut self, response: Resource<OutgoingResponse>) -> Result<u16> {
        Ok(self.table.get(&response)?.status)
    }

    fn set_status_code(
        &mut self,
        response: Resource<OutgoingResponse>,
        status: u16,
    ) -> Result<Result<(), ()>> {
        // 1xx would not be an answer, and 101 would change the protocol.
        if !(200..1000).contains(&status) {
            return Ok(Err(()));
        }
        self.table.get_mut(&response)?.status = status;
        Ok(Ok(()))
    }

    fn headers(&mut self, response: Resource<OutgoingResponse>) -> Result<Resource<Fields>> {
        let headers = self.table.get(&response)?.headers.clone();
        self.push_fields(headers)
    }

    fn body(
        &mut self,
        response: Resource<OutgoingResponse>,
    ) -> Result<Result<Resource<OutgoingBody>, ()>> {
        let exchange = self.exchange()?;
        let response = self.table.get_mut(&response)?;
        if response.body.is_some() {
            return Ok(Err(()));
        }
        // What makes no sense is told when the response is set.
        let expected = content_length(&response.headers).unwrap_or(None);
        let body = Body::new(exchange, expected);
        response.body = Some(body.clone());
        Ok(Ok(self.table.push(OutgoingBody::new(body))?))
    }

    fn drop(&mut self, response: Resource<OutgoingResponse>) -> Result<()> {
        self.take_response(response)?;
        Ok(())
    }
}

impl types::HostOutgoingBody for Host {
    fn write(
        &mut self,
        body: Resource<OutgoingBody>,
    ) -> Result<Result<Resource<DynOutputStream>, ()>> {
        let outgoing = self.table.get_mut(&body)?;
        if std::mem::replace(&mut outgoing.taken, true) {
            return Ok(Err(()));
        }
        let stream: DynOutputStream = Box::new(BodyStream(outgoing.body.clone()));
        Ok(Ok(self.table.push_child(stream, &body)?))
    }

    fn finish(
        &mut self,
        body: Resource<OutgoingBody>,
        trailers: Option<Resource<Fields>>,
    ) -> Result<Result<(), ErrorCode>> {
        let mut outgoing = self.table.delete(body)?;
        outgoing.finished = true;
        let trailers = match trailers {
            Some(trailers) => self.take_fields(trailers)?,
            None => Fields::default(),
        };
        Ok(outgoing.body.finish(trailers))
    }

    fn drop(&mut self, body: Resource<OutgoingBody>) -> Result<()> {
        self.table.delete(body)?;
        Ok(())
    }
}

impl Drop for OutgoingBody {
    fn drop(&mut self) {
        if !self.finished {
            self.body.abandon();
        }
    }
}
