//! Bytes from one stream to another, as far as they go without blocking.
use wasip2::http::types::{ErrorCode, http_error_code};
use wasip2::io::poll::Pollable;
use wasip2::io::streams::{InputStream, OutputStream, StreamError};

pub struct Pipe {
    from: InputStream,
    to: OutputStream,
    held: Vec<u8>,
    at: usize,
}

pub enum Step {
    /// Nothing can be done before this is ready.
    Wait(Pollable),
    Done,
    /// Nobody takes the rest.
    Closed,
}

fn code_of(error: StreamError) -> Option<ErrorCode> {
    match error {
        StreamError::Closed => None,
        StreamError::LastOperationFailed(error) => Some(
            http_error_code(&error)
                .unwrap_or_else(|| ErrorCode::InternalError(Some(error.to_debug_string()))),
        ),
    }
}

impl Pipe {
    pub fn new(from: InputStream, to: OutputStream) -> Pipe {
        Pipe {
            from,
            to,
            held: Vec::new(),
            at: 0,
        }
    }

    pub fn step(&mut self) -> Result<Step, ErrorCode> {
        loop {
            if self.at == self.held.len() {
                self.at = 0;
                self.held.clear();
                self.held = match self.from.read(64 * 1024) {
                    Ok(chunk) if chunk.is_empty() => return Ok(Step::Wait(self.from.subscribe())),
                    Ok(chunk) => chunk,
                    Err(error) => return code_of(error).map_or(Ok(Step::Done), Err),
                };
            }
            let room = match self.to.check_write() {
                Ok(0) => return Ok(Step::Wait(self.to.subscribe())),
                Ok(room) => room as usize,
                Err(error) => return code_of(error).map_or(Ok(Step::Closed), Err),
            };
            let end = self.held.len().min(self.at + room);
            if let Err(error) = self.to.write(&self.held[self.at..end]) {
                return code_of(error).map_or(Ok(Step::Closed), Err);
            }
            self.at = end;
        }
    }
}
