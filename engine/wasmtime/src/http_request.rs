//! Requests of wasi:http/types 0.2 as a guest puts them together, and their options.
use crate::client::{Client, ClientSink, Order};
use crate::fields::{Fields, valid_name};
use crate::host::Host;
use crate::http_error::Failure;
use crate::http_response::{Outgoing, OutgoingBody, content_length};
use crate::http_types::types::{self, ErrorCode, Method, Scheme};
use bytes::Bytes;
use std::sync::Arc;
use std::task::{Context, Poll};
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::{StreamError, StreamResult};

pub struct OutgoingRequest {
    method: Method,
    target: Option<String>,
    scheme: Option<Scheme>,
    authority: Option<String>,
    pub headers: Fields,
    /// Once the guest asked for its body.
    pub client: Option<Arc<Client>>,
}

#[derive(Default)]
pub struct Options {
    connect: Option<u64>,
    first_byte: Option<u64>,
    between_bytes: Option<u64>,
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
    pub fn abandon_body(&self) {
        if let Some(client) = &self.client {
            client.abandon_body();
        }
    }

    /// The parts that a request needs; an error code when it has them not.
    pub fn order(
        self,
        sink: ClientSink,
        host: &Host,
        options: &Options,
    ) -> Result<Order, ErrorCode> {
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
