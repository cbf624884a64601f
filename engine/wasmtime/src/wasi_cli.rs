//! wasi:cli: environment, exit, and standard streams that keep nothing.
use crate::ffi::User;
use crate::host::{Host, SharedContext};
use crate::setting::Setting;
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use wasmtime::component::Resource;
use wasmtime::{Error, Result};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::cli::StdinStream;
use wasmtime_wasi::p2::bindings::cli::{
    environment, exit, stderr, stdin, stdout, terminal_input, terminal_output, terminal_stderr,
    terminal_stdin, terminal_stdout,
};
use wasmtime_wasi::p2::pipe::ClosedInputStream;
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, OutputStream, Pollable, StreamError, StreamResult,
};

/// Bytes that a guest may write to its standard output or error at once.
const CHUNK: usize = 64 << 10;

impl environment::Host for Host {
    fn get_environment(&mut self) -> Result<Vec<(String, String)>> {
        Ok(self.setting.env.clone())
    }

    fn get_arguments(&mut self) -> Result<Vec<String>> {
        Ok(self.setting.args.clone())
    }

    fn initial_cwd(&mut self) -> Result<Option<String>> {
        Ok(None)
    }
}

impl exit::Host for Host {
    fn exit(&mut self, status: Result<(), ()>) -> Result<()> {
        Err(I32Exit(i32::from(status.is_err())).into())
    }

    fn exit_with_code(&mut self, code: u8) -> Result<()> {
        Err(I32Exit(i32::from(code)).into())
    }
}

/// Standard output or error: what is written goes to the embedding at once.
struct Output {
    fd: u32,
    setting: Arc<Setting>,
    context: SharedContext,
}

#[wasmtime_wasi::async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {}
}

#[wasmtime_wasi::async_trait]
impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > CHUNK {
            return Err(StreamError::trap("write exceeds what check-write allowed"));
        }
        let context = User(self.context.load(Relaxed));
        self.setting.world.write(context, self.fd, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(CHUNK)
    }
}

impl Host {
    fn output(&mut self, fd: u32) -> Result<Resource<DynOutputStream>> {
        let stream: DynOutputStream = Box::new(Output {
            fd,
            setting: self.setting.clone(),
            context: self.shared_context(),
        });
        Ok(self.table.push(stream)?)
    }
}

impl stdin::Host for Host {
    fn get_stdin(&mut self) -> Result<Resource<DynInputStream>, Error> {
        let stream: DynInputStream = match self.setting.stdin_inherit {
            true => wasmtime_wasi::cli::stdin().p2_stream(),
            false => Box::new(ClosedInputStream),
        };
        Ok(self.table.push(stream)?)
    }
}

impl stdout::Host for Host {
    fn get_stdout(&mut self) -> Result<Resource<DynOutputStream>, Error> {
        self.output(1)
    }
}

impl stderr::Host for Host {
    fn get_stderr(&mut self) -> Result<Resource<DynOutputStream>, Error> {
        self.output(2)
    }
}

use terminal_input::TerminalInput;
use terminal_output::TerminalOutput;

impl terminal_input::Host for Host {}
impl terminal_input::HostTerminalInput for Host {
    fn drop(&mut self, terminal: Resource<TerminalInput>) -> Result<()> {
        self.table.delete(terminal)?;
        Ok(())
    }
}

impl terminal_output::Host for Host {}
impl terminal_output::HostTerminalOutput for Host {
    fn drop(&mut self, terminal: Resource<TerminalOutput>) -> Result<()> {
        self.table.delete(terminal)?;
        Ok(())
    }
}

impl terminal_stdin::Host for Host {
    fn get_terminal_stdin(&mut self) -> Result<Option<Resource<TerminalInput>>> {
        match self.setting.terminal[0] {
            true => Ok(Some(self.table.push(TerminalInput)?)),
            false => Ok(None),
        }
    }
}

impl Host {
    fn terminal(&mut self, fd: usize) -> Result<Option<Resource<TerminalOutput>>> {
        match self.setting.terminal[fd] {
            true => Ok(Some(self.table.push(TerminalOutput)?)),
            false => Ok(None),
        }
    }
}

impl terminal_stdout::Host for Host {
    fn get_terminal_stdout(&mut self) -> Result<Option<Resource<TerminalOutput>>> {
        self.terminal(1)
    }
}

impl terminal_stderr::Host for Host {
    fn get_terminal_stderr(&mut self) -> Result<Option<Resource<TerminalOutput>>> {
        self.terminal(2)
    }
}
