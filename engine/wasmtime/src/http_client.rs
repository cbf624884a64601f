//! The client side of wasi:http/types 0.2, and wasi:http/outgoing-handler, whose requests leave through a [`ClientSink`].
use crate::client::{Client, ClientSink, Order};
use crate::fields::{Fields, valid_name};
use crate::host::Host;
use crate::http_error::Failure;
use crate::http_response::{Outgoing, OutgoingBody, content_length};
use crate::http_types::types::{self, ErrorCode, Method, Scheme};
use crate::http_types::{Incoming, IncomingBody};
use crate::limits::{Held, Refusal};
use bytes::Bytes;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use wasmtime::Result;
use wasmtime::component::{LinkerInstance, Resource};
use wasmtime_wasi::p2::{DynPollable, Pollable, StreamError, StreamResult, subscribe};

pub struct OutgoingRequest {
    method: Method,
    target: Option<String>,
    scheme: Option<Scheme>,
    authority: Option<String>,
    headers: Fields,
    /// Once the guest asked for its body.
    client: Option<Arc<Client>>,
}

#[derive(Default)]
pub struct Options {
    connect: Option<u64>,
    first_byte: Option<u64>,
    between_bytes: Option<u64>,
}

/// A response that somebody waits for or reads: when the last one is dropped too early, the request is cancelled.
struct Receiver(Arc<Client>);

impl Drop for Receiver {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

pub struct FutureResponse {
    /// None once the response was taken.
    receiver: Option<Arc<Receiver>>,
}

pub struct IncomingResponse {
    status: u16,
    headers: Fields,
    /// None once the body was.
    receiver: Option<Arc<Receiver>>,
}

// ---- checks of what guests set ----

/// Bytes of a request's target: what servers take at least (RFC 9110, 4.1).
const LONGEST_TARGET: usize = 8000;
/// Bytes of a method, a scheme or an authority: a name of DNS has 253 at most.
const LONGEST_NAME: usize = 300;

/// The words of a request are kept without being counted: they are short.
fn short_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME && valid_name(name)
}

/// What a target may consist of: printable, and nothing that ends or confuses a request line.
fn valid_target(target: &str) -> bool {
    if target.len() > LONGEST_TARGET {
        return false;
    }
    let plain = |b: u8| b.is_ascii_graphic() && !b"#\"<>\\".contains(&b);
    (target.starts_with(['/', '?']) || target == "*") && target.bytes().all(plain)
}

/// `host [":" port]`, without user information.
fn valid_authority(authority: &str) -> bool {
    if authority.len() > LONGEST_NAME {
        return false;
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (authority, ""),
    };
    let name = |b: u8| b.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&b);
    let valid = match host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(name),
    };
    valid && (port.is_empty() || port.parse::<u16>().is_ok())
}

fn method_text(method: &Method) -> &str {
    match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
        Method::Connect => "CONNECT",
        Method::Options => "OPTIONS",
        Method::Trace => "TRACE",
        Method::Patch => "PATCH",
        Method::Other(other) => other,
    }
}

impl OutgoingRequest {
    /// Nobody will send it: its body takes nothing more.
    fn abandon_body(&self) {
        if let Some(client) = &self.client {
            client.abandon_body();
        }
    }

    /// The parts that a request needs; an error code when it has them not.
    fn order(self, sink: ClientSink, host: &Host, options: &Options) -> Result<Order, ErrorCode> {
        let scheme = match self.scheme {
            None | Some(Scheme::Https) => "https",
            Some(Scheme::Http) => "http",
            Some(Scheme::Other(_)) => return Err(ErrorCode::HttpProtocolError),
        };
        if method_text(&self.method).eq_ignore_ascii_case("CONNECT") {
            return Err(ErrorCode::HttpRequestMethodInvalid);
        }
        let target = match self.target {
            None => "/".to_string(),
            Some(target) if target.starts_with('?') => format!("/{target}"),
            Some(target) => target,
        };
        // 0 stands for none.
        let ns = |time: Option<u64>| time.map_or(0, |ns| ns.max(1));
        Ok(Order {
            sink,
            context: host.context(),
            method: method_text(&self.method).to_string(),
            target,
            scheme: scheme.to_string(),
            authority: self.authority.ok_or(ErrorCode::HttpRequestUriInvalid)?,
            headers: self.headers,
            connect_timeout: ns(options.connect),
            first_byte_timeout: ns(options.first_byte),
            between_bytes_timeout: ns(options.between_bytes),
        })
    }
}

type Handled = Result<Resource<FutureResponse>, ErrorCode>;

impl Host {
    fn handle(
        &mut self,
        sink: ClientSink,
        request: Resource<OutgoingRequest>,
        options: Option<Resource<Options>>,
    ) -> Result<Handled> {
        let mut request = self.table.delete(request)?;
        self.held.release(request.headers.bytes());
        let options = match options {
            Some(options) => self.table.delete(options)?,
            None => Options::default(),
        };
        let expected = match content_length(&request.headers) {
            Ok(expected) => expected,
            Err(why) => {
                request.abandon_body();
                return Ok(Err(ErrorCode::InternalError(Some(why))));
            }
        };
        let client = match request.client.take() {
            Some(client) => client,
            None if expected.unwrap_or(0) > 0 => {
                return Ok(Err(ErrorCode::HttpRequestBodySize(Some(0))));
            }
            None => {
                let client = Client::new(self.limits, expected);
                client.without_body();
                client
            }
        };
        let order = match request.order(sink, self, &options) {
            Ok(order) => order,
            Err(code) => {
                client.abandon_body();
                return Ok(Err(code));
            }
        };
        client.send(order, &mut self.held)?;
        let receiver = Some(Arc::new(Receiver(client)));
        Ok(Ok(self.table.push(FutureResponse { receiver })?))
    }
}

/// Defines `wasi:http/outgoing-handler` in `place`.
pub fn define_handler(place: &mut LinkerInstance<'_, Host>, sink: ClientSink) -> Result<()> {
    type Params = (Resource<OutgoingRequest>, Option<Resource<Options>>);
    place.func_wrap("handle", move |mut store, (request, options): Params| {
        let host = store.data_mut().enter();
        Ok((host.handle(sink, request, options)?,))
    })
}

// ---- the request ----

impl types::HostOutgoingRequest for Host {
    fn new(&mut self, headers: Resource<Fields>) -> Result<Resource<OutgoingRequest>> {
        let mut headers = self.take_fields(headers)?;
        headers.immutable = true;
        self.held.add(headers.bytes())?;
        Ok(self.table.push(OutgoingRequest {
            method: Method::Get,
            target: None,
            scheme: None,
            authority: None,
            headers,
            client: None,
        })?)
    }

    fn body(
        &mut self,
        request: Resource<OutgoingRequest>,
    ) -> Result<Result<Resource<OutgoingBody>, ()>> {
        let limits = self.limits;
        let request = self.table.get_mut(&request)?;
        if request.client.is_some() {
            return Ok(Err(()));
        }
        // What makes no sense is told when the request is sent.
        let expected = content_length(&request.headers).unwrap_or(None);
        let client = Client::new(limits, expected);
        request.client = Some(client.clone());
        client.open_body(&mut self.held)?;
        let body = OutgoingBody::new(Arc::new(RequestBody(client)));
        Ok(Ok(self.table.push(body)?))
    }

    fn method(&mut self, request: Resource<OutgoingRequest>) -> Result<Method> {
        Ok(self.table.get(&request)?.method.clone())
    }

    fn set_method(
        &mut self,
        request: Resource<OutgoingRequest>,
        method: Method,
    ) -> Result<Result<(), ()>> {
        if !short_name(method_text(&method)) {
            return Ok(Err(()));
        }
        self.table.get_mut(&request)?.method = method;
        Ok(Ok(()))
    }

    fn path_with_query(&mut self, request: Resource<OutgoingRequest>) -> Result<Option<String>> {
        Ok(self.table.get(&request)?.target.clone())
    }

    fn set_path_with_query(
        &mut self,
        request: Resource<OutgoingRequest>,
        target: Option<String>,
    ) -> Result<Result<(), ()>> {
        let target = target.filter(|target| !target.is_empty());
        if target
            .as_deref()
            .is_some_and(|target| !valid_target(target))
        {
            return Ok(Err(()));
        }
        self.table.get_mut(&request)?.target = target;
        Ok(Ok(()))
    }

    fn scheme(&mut self, request: Resource<OutgoingRequest>) -> Result<Option<Scheme>> {
        Ok(self.table.get(&request)?.scheme.clone())
    }

    fn set_scheme(
        &mut self,
        request: Resource<OutgoingRequest>,
        scheme: Option<Scheme>,
    ) -> Result<Result<(), ()>> {
        if let Some(Scheme::Other(other)) = &scheme
            && !short_name(other)
        {
            return Ok(Err(()));
        }
        self.table.get_mut(&request)?.scheme = scheme;
        Ok(Ok(()))
    }

    fn authority(&mut self, request: Resource<OutgoingRequest>) -> Result<Option<String>> {
        Ok(self.table.get(&request)?.authority.clone())
    }

    fn set_authority(
        &mut self,
        request: Resource<OutgoingRequest>,
        authority: Option<String>,
    ) -> Result<Result<(), ()>> {
        if authority
            .as_deref()
            .is_some_and(|text| !valid_authority(text))
        {
            return Ok(Err(()));
        }
        self.table.get_mut(&request)?.authority = authority;
        Ok(Ok(()))
    }

    fn headers(&mut self, request: Resource<OutgoingRequest>) -> Result<Resource<Fields>> {
        let headers = self.table.get(&request)?.headers.clone();
        self.push_fields(headers)
    }

    fn drop(&mut self, request: Resource<OutgoingRequest>) -> Result<()> {
        let request = self.table.delete(request)?;
        self.held.release(request.headers.bytes());
        request.abandon_body();
        Ok(())
    }
}

struct RequestBody(Arc<Client>);

impl Outgoing for RequestBody {
    fn permit(&self) -> StreamResult<usize> {
        self.0.room().ok_or(StreamError::Closed)
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_writable(cx)
    }

    fn write(&self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > self.permit()? {
            return Err(StreamError::trap("write exceeds what check-write allowed"));
        }
        let overrun = |written| Failure(ErrorCode::HttpRequestBodySize(Some(written)));
        let written = self.0.write(bytes);
        written.map_err(|written| StreamError::LastOperationFailed(overrun(written).into()))
    }

    fn finish(&self, trailers: Fields) -> Result<(), ErrorCode> {
        self.0.finish(trailers)
    }

    fn abandon(&self) {
        self.0.abandon_body();
    }
}

// ---- its options ----

impl types::HostRequestOptions for Host {
    fn new(&mut self) -> Result<Resource<Options>> {
        Ok(self.table.push(Options::default())?)
    }

    fn connect_timeout(&mut self, options: Resource<Options>) -> Result<Option<u64>> {
        Ok(self.table.get(&options)?.connect)
    }

    fn set_connect_timeout(
        &mut self,
        options: Resource<Options>,
        ns: Option<u64>,
    ) -> Result<Result<(), ()>> {
        self.table.get_mut(&options)?.connect = ns;
        Ok(Ok(()))
    }

    fn first_byte_timeout(&mut self, options: Resource<Options>) -> Result<Option<u64>> {
        Ok(self.table.get(&options)?.first_byte)
    }

    fn set_first_byte_timeout(
        &mut self,
        options: Resource<Options>,
        ns: Option<u64>,
    ) -> Result<Result<(), ()>> {
        self.table.get_mut(&options)?.first_byte = ns;
        Ok(Ok(()))
    }

    fn between_bytes_timeout(&mut self, options: Resource<Options>) -> Result<Option<u64>> {
        Ok(self.table.get(&options)?.between_bytes)
    }

    fn set_between_bytes_timeout(
        &mut self,
        options: Resource<Options>,
        ns: Option<u64>,
    ) -> Result<Result<(), ()>> {
        self.table.get_mut(&options)?.between_bytes = ns;
        Ok(Ok(()))
    }

    fn drop(&mut self, options: Resource<Options>) -> Result<()> {
        self.table.delete(options)?;
        Ok(())
    }
}

// ---- the response ----

#[wasmtime_wasi::async_trait]
impl Pollable for FutureResponse {
    async fn ready(&mut self) {
        if let Some(receiver) = &self.receiver {
            poll_fn(|cx| receiver.0.poll_head(cx)).await
        }
    }
}

impl types::HostFutureIncomingResponse for Host {
    fn subscribe(&mut self, future: Resource<FutureResponse>) -> Result<Resource<DynPollable>> {
        subscribe(&mut self.table, future)
    }

    fn get(
        &mut self,
        future: Resource<FutureResponse>,
    ) -> Result<Option<Result<Result<Resource<IncomingResponse>, ErrorCode>, ()>>> {
        let future = self.table.get_mut(&future)?;
        let Some(receiver) = &future.receiver else {
            return Ok(Some(Err(())));
        };
        if let Some(refusal) = receiver.0.refused() {
            return Err(refusal.into());
        }
        let Some(head) = receiver.0.take_head() else {
            return Ok(None);
        };
        let receiver = future.receiver.take();
        Ok(Some(Ok(match head {
            Err(code) => Err(code),
            Ok((status, headers)) => {
                self.held.add(headers.bytes())?;
                Ok(self.table.push(IncomingResponse {
                    status,
                    headers,
                    receiver,
                })?)
            }
        })))
    }

    fn drop(&mut self, future: Resource<FutureResponse>) -> Result<()> {
        self.table.delete(future)?;
        Ok(())
    }
}

impl types::HostIncomingResponse for Host {
    fn status(&mut self, response: Resource<IncomingResponse>) -> Result<u16> {
        Ok(self.table.get(&response)?.status)
    }

    fn headers(&mut self, response: Resource<IncomingResponse>) -> Result<Resource<Fields>> {
        let headers = self.table.get(&response)?.headers.clone();
        self.push_fields(headers)
    }

    fn consume(
        &mut self,
        response: Resource<IncomingResponse>,
    ) -> Result<Result<Resource<IncomingBody>, ()>> {
        let Some(receiver) = self.table.get_mut(&response)?.receiver.take() else {
            return Ok(Err(()));
        };
        Ok(Ok(self.table.push(IncomingBody::new(receiver))?))
    }

    fn drop(&mut self, response: Resource<IncomingResponse>) -> Result<()> {
        let response = self.table.delete(response)?;
        self.held.release(response.headers.bytes());
        Ok(())
    }
}

impl Incoming for Receiver {
    fn take(&self, limit: usize) -> Option<Result<Bytes, ErrorCode>> {
        self.0.take(limit)
    }

    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_readable(cx)
    }

    fn poll_trailers(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_trailers(cx)
    }

    fn take_trailers(&self) -> Option<Result<Option<Fields>, ErrorCode>> {
        self.0.take_trailers()
    }

    fn refused(&self) -> Option<Refusal> {
        self.0.refused()
    }

    fn opened(&self, held: &mut Held) {
        self.0.grow(held);
    }
}
