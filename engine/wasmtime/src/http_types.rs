//! wasi:http/types 0.2 straight over an [`Exchange`]: header fields and the incoming request. No `http` crate, no boxed
//! bodies, no channels. The response is in [`crate::http_response`], the client side in [`crate::http_client`].
use crate::exchange::Exchange;
use crate::fields::{Fields, Head, cost, forbidden, valid_name, valid_value};
use crate::host::Host;
use crate::http_error::Failure;
use crate::limits::{Held, Refusal};
use bytes::Bytes;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use wasmtime::component::{HasSelf, Linker, Resource};
use wasmtime::{Result, format_err};
use wasmtime_wasi::p2::{
    DynInputStream, DynPollable, InputStream, IoError, Pollable, StreamError, StreamResult,
};

pub mod bindings {
    include!(concat!(env!("OUT_DIR"), "/http_bindings.rs"));
}
pub use bindings::wasi::http::types;
use types::{ErrorCode, HeaderError, Method, Scheme};

pub struct IncomingRequest {
    pub head: Head,
    pub consumed: bool,
}
/// Where a body comes from that the guest reads.
pub trait Incoming: Send + Sync {
    /// Takes at most `limit` bytes. `None`: nothing there now; `Some` empty: the body has ended.
    fn take(&self, limit: usize) -> Option<Result<Bytes, ErrorCode>>;
    /// Ready once `take` would answer `Some`; asks for more when needed.
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()>;
    /// Throws the rest of the body away; ready once it has ended and its trailers are known.
    fn poll_trailers(&self, cx: &mut Context<'_>) -> Poll<()>;
    /// `None` until the body has ended.
    fn take_trailers(&self) -> Option<Result<Option<Fields>, ErrorCode>>;
    /// What came that the host could not hold for the guest.
    fn refused(&self) -> Option<Refusal> {
        None
    }
    /// The guest is going to read.
    fn opened(&self, _: &mut Held) {}
}

pub struct IncomingBody {
    source: Arc<dyn Incoming>,
    taken: bool,
}
pub struct FutureTrailers {
    source: Arc<dyn Incoming>,
    taken: bool,
}

impl IncomingBody {
    pub fn new(source: Arc<dyn Incoming>) -> IncomingBody {
        IncomingBody {
            source,
            taken: false,
        }
    }
}

pub fn add_to_linker(linker: &mut Linker<Host>) -> Result<()> {
    types::add_to_linker::<Host, HasSelf<Host>>(linker, &Default::default(), Host::enter)
}

// ---- fields, counted as memory that the host holds ----

impl Host {
    pub fn exchange(&self) -> Result<Arc<Exchange>> {
        self.exchange
            .clone()
            .ok_or_else(|| format_err!("this instance does not serve an HTTP request"))
    }

    pub fn push_fields(&mut self, fields: Fields) -> Result<Resource<Fields>> {
        self.held.add(fields.bytes())?;
        Ok(self.table.push(fields)?)
    }

    pub fn take_fields(&mut self, fields: Resource<Fields>) -> Result<Fields> {
        let fields = self.table.delete(fields)?;
        self.held.release(fields.bytes());
        Ok(fields)
    }

    fn change(
        &mut self,
        fields: &Resource<Fields>,
        name: &str,
        valid: bool,
        change: impl FnOnce(&mut Fields),
    ) -> Result<Result<(), HeaderError>> {
        let fields = self.table.get_mut(fields)?;
        if fields.immutable {
            return Ok(Err(HeaderError::Immutable));
        }
        if !valid || !valid_name(name) {
            return Ok(Err(HeaderError::InvalidSyntax));
        }
        if forbidden(name) {
            return Ok(Err(HeaderError::Forbidden));
        }
        let before = fields.bytes();
        change(fields);
        let after = fields.bytes();
        fields.check(&self.limits)?;
        self.held.release(before);
        self.held.add(after)?;
        Ok(Ok(()))
    }
}

impl types::Host for Host {
    fn http_error_code(&mut self, error: Resource<IoError>) -> Result<Option<ErrorCode>> {
        let error = self.table.get(&error)?;
        let code = |failure: &Failure| failure.0.clone();
        Ok(error.downcast_ref::<Failure>().map(code))
    }
}

impl types::HostFields for Host {
    fn new(&mut self) -> Result<Resource<Fields>> {
        self.push_fields(Fields::default())
    }

    fn from_list(
        &mut self,
        entries: Vec<(String, Vec<u8>)>,
    ) -> Result<Result<Resource<Fields>, HeaderError>> {
        if entries
            .iter()
            .any(|(n, v)| !valid_name(n) || !valid_value(v))
        {
            return Ok(Err(HeaderError::InvalidSyntax));
        }
        if entries.iter().any(|(n, _)| forbidden(n)) {
            return Ok(Err(HeaderError::Forbidden));
        }
        let fields = Fields::from(entries);
        fields.check(&self.limits)?;
        Ok(Ok(self.push_fields(fields)?))
    }

    fn get(&mut self, fields: Resource<Fields>, name: String) -> Result<Vec<Vec<u8>>> {
        let fields = self.table.get(&fields)?;
        Ok(fields.values(&name).map(<[u8]>::to_vec).collect())
    }

    fn has(&mut self, fields: Resource<Fields>, name: String) -> Result<bool> {
        Ok(self.table.get(&fields)?.values(&name).next().is_some())
    }

    fn set(
        &mut self,
        fields: Resource<Fields>,
        name: String,
        values: Vec<Vec<u8>>,
    ) -> Result<Result<(), HeaderError>> {
        let valid = values.iter().all(|v| valid_value(v));
        self.change(&fields, &name, valid, |fields| {
            fields.change(|list| {
                list.retain(|(n, _)| !n.eq_ignore_ascii_case(&name));
                list.extend(values.into_iter().map(|value| (name.clone(), value)));
            });
        })
    }

    fn delete(
        &mut self,
        fields: Resource<Fields>,
        name: String,
    ) -> Result<Result<(), HeaderError>> {
        self.change(&fields, &name, true, |fields| {
            fields.change(|list| list.retain(|(n, _)| !n.eq_ignore_ascii_case(&name)));
        })
    }

    fn append(
        &mut self,
        fields: Resource<Fields>,
        name: String,
        value: Vec<u8>,
    ) -> Result<Result<(), HeaderError>> {
        let valid = valid_value(&value);
        // Before anything grows.
        self.held.fits(cost(&name, &value))?;
        self.change(&fields, &name, valid, |fields| {
            fields.append(name.clone(), value)
        })
    }

    fn entries(&mut self, fields: Resource<Fields>) -> Result<Vec<(String, Vec<u8>)>> {
        Ok(self.table.get(&fields)?.entries().to_vec())
    }

    fn clone(&mut self, fields: Resource<Fields>) -> Result<Resource<Fields>> {
        let mut fields = self.table.get(&fields)?.clone();
        fields.immutable = false;
        self.push_fields(fields)
    }

    fn drop(&mut self, fields: Resource<Fields>) -> Result<()> {
        self.take_fields(fields)?;
        Ok(())
    }
}

// ---- the incoming request ----

struct BodyStream(Arc<dyn Incoming>);

#[wasmtime_wasi::async_trait]
impl Pollable for BodyStream {
    async fn ready(&mut self) {
        poll_fn(|cx| self.0.poll_readable(cx)).await
    }
}

#[wasmtime_wasi::async_trait]
impl InputStream for BodyStream {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        match self.0.take(size) {
            None => Ok(Bytes::new()),
            Some(Ok(chunk)) if chunk.is_empty() && size > 0 => Err(StreamError::Closed),
            Some(Ok(chunk)) => Ok(chunk),
            Some(Err(code)) => Err(StreamError::LastOperationFailed(Failure(code).into())),
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl types::HostIncomingRequest for Host {
    fn method(&mut self, request: Resource<IncomingRequest>) -> Result<Method> {
        Ok(match self.table.get(&request)?.head.method() {
            b"GET" => Method::Get,
            b"HEAD" => Method::Head,
            b"POST" => Method::Post,
            b"PUT" => Method::Put,
            b"DELETE" => Method::Delete,
            b"CONNECT" => Method::Connect,
            b"OPTIONS" => Method::Options,
            b"TRACE" => Method::Trace,
            b"PATCH" => Method::Patch,
            other => Method::Other(text(other)),
        })
    }

    fn path_with_query(&mut self, request: Resource<IncomingRequest>) -> Result<Option<String>> {
        Ok(Some(text(self.table.get(&request)?.head.target())))
    }

    fn scheme(&mut self, request: Resource<IncomingRequest>) -> Result<Option<Scheme>> {
        Ok(Some(match self.table.get(&request)?.head.scheme() {
            b"http" | b"" => Scheme::Http,
            b"https" => Scheme::Https,
            other => Scheme::Other(text(other)),
        }))
    }

    fn authority(&mut self, request: Resource<IncomingRequest>) -> Result<Option<String>> {
        Ok(Some(text(self.table.get(&request)?.head.authority())))
    }

    fn headers(&mut self, request: Resource<IncomingRequest>) -> Result<Resource<Fields>> {
        let fields = self.table.get(&request)?.head.fields();
        self.push_fields(fields)
    }

    fn consume(
        &mut self,
        request: Resource<IncomingRequest>,
    ) -> Result<Result<Resource<IncomingBody>, ()>> {
        if std::mem::replace(&mut self.table.get_mut(&request)?.consumed, true) {
            return Ok(Err(()));
        }
        let source = self.exchange()?;
        Ok(Ok(self.table.push(IncomingBody::new(source))?))
    }

    fn drop(&mut self, request: Resource<IncomingRequest>) -> Result<()> {
        self.table.delete(request)?;
        Ok(())
    }
}

impl types::HostIncomingBody for Host {
    fn stream(
        &mut self,
        body: Resource<IncomingBody>,
    ) -> Result<Result<Resource<DynInputStream>, ()>> {
        let incoming = self.table.get_mut(&body)?;
        if std::mem::replace(&mut incoming.taken, true) {
            return Ok(Err(()));
        }
        incoming.source.opened(&mut self.held);
        let stream: DynInputStream = Box::new(BodyStream(incoming.source.clone()));
        Ok(Ok(self.table.push_child(stream, &body)?))
    }

    fn finish(&mut self, body: Resource<IncomingBody>) -> Result<Resource<FutureTrailers>> {
        let trailers = FutureTrailers {
            source: self.table.delete(body)?.source,
            taken: false,
        };
        Ok(self.table.push(trailers)?)
    }

    fn drop(&mut self, body: Resource<IncomingBody>) -> Result<()> {
        self.table.delete(body)?;
        Ok(())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for FutureTrailers {
    async fn ready(&mut self) {
        poll_fn(|cx| self.source.poll_trailers(cx)).await
    }
}

impl types::HostFutureTrailers for Host {
    fn subscribe(&mut self, trailers: Resource<FutureTrailers>) -> Result<Resource<DynPollable>> {
        wasmtime_wasi::p2::subscribe(&mut self.table, trailers)
    }

    fn get(
        &mut self,
        trailers: Resource<FutureTrailers>,
    ) -> Result<Option<Result<Result<Option<Resource<Fields>>, ErrorCode>, ()>>> {
        let future = self.table.get_mut(&trailers)?;
        if future.taken {
            return Ok(Some(Err(())));
        }
        if let Some(refusal) = future.source.refused() {
            return Err(refusal.into());
        }
        let Some(fields) = future.source.take_trailers() else {
            return Ok(None);
        };
        future.taken = true;
        let fields = match fields {
            Err(code) => return Ok(Some(Ok(Err(code)))),
            Ok(None) => None,
            Ok(Some(fields)) => {
                fields.check(&self.limits)?;
                Some(self.push_fields(fields)?)
            }
        };
        Ok(Some(Ok(Ok(fields))))
    }

    fn drop(&mut self, trailers: Resource<FutureTrailers>) -> Result<()> {
        self.table.delete(trailers)?;
        Ok(())
    }
}
