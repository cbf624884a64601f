//! The client side of wasi:http/types 0.2, and wasi:http/outgoing-handler, whose requests leave through a [`ClientSink`].
use crate::client::{Client, ClientSink};
use crate::fields::Fields;
use crate::host::Host;
use crate::http_request::{Options, OutgoingRequest};
use crate::http_response::content_length;
use crate::http_types::types::{self, ErrorCode};
use crate::http_types::{Incoming, IncomingBody};
use crate::limits::{Held, Refusal};
use bytes::Bytes;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use wasmtime::Result;
use wasmtime::component::{LinkerInstance, Resource};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
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
