//! Narrow C boundary over Wasmtime for a C++ component host. `engine.h` is the contract.
#![allow(clippy::too_many_arguments)]
pub mod binary;
pub mod command;
pub mod completion;
pub mod component;
pub mod cpu;
pub mod describe;
pub mod dynabi;
pub mod engine;
pub mod exchange;
pub mod ffi;
pub mod fields;
pub mod host;
pub mod http;
pub mod http_client;
pub mod http_response;
pub mod http_types;
pub mod image;
pub mod instance;
pub mod limits;
pub mod linker;
pub mod outbox;
pub mod panics;
pub mod report;
pub mod setting;
pub mod steps;
pub mod symbols;
pub mod sync;
pub mod task;
pub mod ticker;
pub mod wasi;
pub mod wasi_cli;
pub mod wave;
pub mod wave_text;
pub mod world;

pub use dynabi::{DynArgs, DynRet};
pub use engine::{Options, make_engine};
