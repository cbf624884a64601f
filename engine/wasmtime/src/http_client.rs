//! The client side of wasi:http/types 0.2: there because guests import the types as a whole. What sends a request,
//! wasi:http/outgoing-handler, comes from a link and brings its own.
use crate::fields::Fields;
use crate::host::Host;
use crate::http_response::OutgoingBody;
use crate::http_types::IncomingBody;
use crate::http_types::types::{self, ErrorCode, Method, Scheme};
use wasmtime::component::Resource;
use wasmtime::{Result, bail};
use wasmtime_wasi::p2::DynPollable;

const DENIED: &str = "this instance cannot send HTTP requests";

pub struct OutgoingRequest;
pub struct Options;
pub struct IncomingResponse;
pub struct FutureResponse;

impl types::HostOutgoingRequest for Host {
    fn new(&mut self, headers: Resource<Fields>) -> Result<Resource<OutgoingRequest>> {
        self.take_fields(headers)?;
        Ok(self.table.push(OutgoingRequest)?)
    }
    fn body(&mut self, _: Resource<OutgoingRequest>) -> Result<Result<Resource<OutgoingBody>, ()>> {
        Ok(Err(()))
    }
    fn method(&mut self, _: Resource<OutgoingRequest>) -> Result<Method> {
        Ok(Method::Get)
    }
    fn set_method(&mut self, _: Resource<OutgoingRequest>, _: Method) -> Result<Result<(), ()>> {
        Ok(Ok(()))
    }
    fn path_with_query(&mut self, _: Resource<OutgoingRequest>) -> Result<Option<String>> {
        Ok(None)
    }
    fn set_path_with_query(
        &mut self,
        _: Resource<OutgoingRequest>,
        _: Option<String>,
    ) -> Result<Result<(), ()>> {
        Ok(Ok(()))
    }
    fn scheme(&mut self, _: Resource<OutgoingRequest>) -> Result<Option<Scheme>> {
        Ok(None)
    }
    fn set_scheme(
        &mut self,
        _: Resource<OutgoingRequest>,
        _: Option<Scheme>,
    ) -> Result<Result<(), ()>> {
        Ok(Ok(()))
    }
    fn authority(&mut self, _: Resource<OutgoingRequest>) -> Result<Option<String>> {
        Ok(None)
    }
    fn set_authority(
        &mut self,
        _: Resource<OutgoingRequest>,
        _: Option<String>,
    ) -> Result<Result<(), ()>> {
        Ok(Ok(()))
    }
    fn headers(&mut self, _: Resource<OutgoingRequest>) -> Result<Resource<Fields>> {
        self.push_fields(Fields::default())
    }
    fn drop(&mut self, request: Resource<OutgoingRequest>) -> Result<()> {
        self.table.delete(request)?;
        Ok(())
    }
}

impl types::HostRequestOptions for Host {
    fn new(&mut self) -> Result<Resource<Options>> {
        Ok(self.table.push(Options)?)
    }
    fn connect_timeout(&mut self, _: Resource<Options>) -> Result<Option<u64>> {
        Ok(None)
    }
    fn set_connect_timeout(
        &mut self,
        _: Resource<Options>,
        _: Option<u64>,
    ) -> Result<Result<(), ()>> {
        Ok(Err(()))
    }
    fn first_byte_timeout(&mut self, _: Resource<Options>) -> Result<Option<u64>> {
        Ok(None)
    }
    fn set_first_byte_timeout(
        &mut self,
        _: Resource<Options>,
        _: Option<u64>,
    ) -> Result<Result<(), ()>> {
        Ok(Err(()))
    }
    fn between_bytes_timeout(&mut self, _: Resource<Options>) -> Result<Option<u64>> {
        Ok(None)
    }
    fn set_between_bytes_timeout(
        &mut self,
        _: Resource<Options>,
        _: Option<u64>,
    ) -> Result<Result<(), ()>> {
        Ok(Err(()))
    }
    fn drop(&mut self, options: Resource<Options>) -> Result<()> {
        self.table.delete(options)?;
        Ok(())
    }
}

impl types::HostIncomingResponse for Host {
    fn status(&mut self, _: Resource<IncomingResponse>) -> Result<u16> {
        bail!("{DENIED}")
    }
    fn headers(&mut self, _: Resource<IncomingResponse>) -> Result<Resource<Fields>> {
        bail!("{DENIED}")
    }
    fn consume(
        &mut self,
        _: Resource<IncomingResponse>,
    ) -> Result<Result<Resource<IncomingBody>, ()>> {
        bail!("{DENIED}")
    }
    fn drop(&mut self, response: Resource<IncomingResponse>) -> Result<()> {
        self.table.delete(response)?;
        Ok(())
    }
}

impl types::HostFutureIncomingResponse for Host {
    fn subscribe(&mut self, _: Resource<FutureResponse>) -> Result<Resource<DynPollable>> {
        bail!("{DENIED}")
    }
    fn get(
        &mut self,
        _: Resource<FutureResponse>,
    ) -> Result<Option<Result<Result<Resource<IncomingResponse>, ErrorCode>, ()>>> {
        bail!("{DENIED}")
    }
    fn drop(&mut self, future: Resource<FutureResponse>) -> Result<()> {
        self.table.delete(future)?;
        Ok(())
    }
}
