//! The crate through its C entry points, with the guests of `tests/guests` and a clock that the tests turn.
//!
//! `WEFT_GUESTS` names the folder that holds `release/*.wasm` and, for traps with lines, `lines/*.wasm`: Cargo's target folder of
//! the guests, plus `wasm32-wasip2`.
mod answers;
mod artifacts;
mod calls;
mod client;
mod http;
mod lent;
mod limits;
mod panics;
mod programs;
mod resources;
mod support;
