//! How a call ended, in plain words and with the guest's stack, for C++.
use crate::cpu;
use crate::ffi::{Slice, chain};
use crate::host::Host;
use crate::limits::{LimitKind, Limiter, Refusal, or};
use std::fmt;
use wasmtime::component::ResourceTableError;
use wasmtime::{Error, PoolConcurrencyLimitError, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The guest did something that WebAssembly or the component model forbids.
    Trap = 1,
    Cpu = 2,
    /// As `Trap`, after a growth of memory or table had been refused.
    Memory = 3,
    /// No free slot in the pool, and the guest had called no host function: the call may be tried again.
    Busy = 4,
    /// A defect of the engine or of this library: the store is gone, the process goes on.
    Panic = 5,
    /// A host function or the embedding refused.
    Host = 6,
    /// The guest returned without keeping its contract.
    Guest = 7,
    /// As `Busy`, but the guest had called a host function while it was instantiated: a second try would do so twice.
    Halfway = 8,
}

/// The error behind [`End::Guest`].
#[derive(Debug)]
pub struct Broken(pub String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for Broken {}

#[repr(C)]
pub struct Frame {
    /// Core module within the component, as named in its binary.
    pub module: Slice,
    pub function: Slice,
    /// Empty without DWARF in the artifact: then `offset` is for the caller to look up.
    pub file: Slice,
    pub line: u32,
    pub column: u32,
    /// In the component's binary as it was compiled.
    pub offset: usize,
}

/// Valid during the callback that passes it.
#[repr(C)]
pub struct View {
    pub end: End,
    pub limit_kind: LimitKind,
    pub limit: u64,
    pub wanted: u64,
    pub message: Slice,
    pub frames: *const Frame,
    pub frame_count: usize,
    pub cpu_ns: u64,
    pub memory: u64,
}

struct OwnedFrame {
    module: String,
    function: String,
    offset: usize,
}

pub struct Report {
    pub end: End,
    pub refusal: Option<Refusal>,
    pub message: String,
    frames: Vec<OwnedFrame>,
    cpu_ns: u64,
    memory: u64,
}

/// What Rust's or C++'s compiler made of a name.
pub fn demangled(raw: &str) -> String {
    rustc_demangle::try_demangle(raw)
        .map(|name| format!("{name:#}"))
        .ok()
        .or_else(|| cpp_demangle::Symbol::new(raw).ok()?.demangle().ok())
        .unwrap_or_else(|| raw.to_string())
}

fn words(trap: Trap) -> String {
    // Rust's abort and panic, C++'s std::abort and a failed assertion all compile to `unreachable`.
    match trap {
        Trap::UnreachableCodeReached => "the guest aborted (unreachable)".into(),
        Trap::MemoryOutOfBounds => {
            // A Rust or C++ stack lies at the bottom of memory: it overflows into nothing.
            "out of bounds memory access (a wild pointer, or the guest's stack overflowed)".into()
        }
        other => {
            let text = other.to_string();
            text.strip_prefix("wasm trap: ")
                .unwrap_or(&text)
                .to_string()
        }
    }
}

fn frames(error: &Error) -> Vec<OwnedFrame> {
    let Some(trace) = error.downcast_ref::<WasmBacktrace>() else {
        return Vec::new();
    };
    let frame = |frame: &wasmtime::FrameInfo| OwnedFrame {
        module: frame.module().name().unwrap_or_default().to_string(),
        function: match frame.func_name() {
            Some(name) => demangled(name),
            None => format!("function {}", frame.func_index()),
        },
        offset: frame.module_offset().unwrap_or(0),
    };
    trace.frames().iter().map(frame).collect()
}

/// Which limit of the guest an error of Wasmtime's means.
fn host_limit(error: &Error, host: &Host) -> Option<Refusal> {
    if let Some(refusal) = error.downcast_ref::<Refusal>() {
        return Some(*refusal);
    }
    let objects = or(u64::from(host.limits.host_objects), 1_000_000);
    let full = Refusal {
        kind: LimitKind::HostObjects,
        limit: objects,
        wanted: objects + 1,
    };
    if let Some(ResourceTableError::Full) = error.downcast_ref::<ResourceTableError>() {
        return Some(full);
    }
    // These have no public type.
    let text = error.root_cause().to_string();
    if text.contains("store handle limit exceeded") {
        return Some(full);
    }
    if text.contains("fuel allocated for hostcalls") {
        return Some(Refusal {
            kind: LimitKind::HostcallBytes,
            limit: or(host.limits.hostcall_bytes, 128 << 20),
            wanted: 0,
        });
    }
    let count = text.strip_prefix("resource limit exceeded: instance count too high at ")?;
    Some(Refusal {
        kind: LimitKind::Instances,
        limit: u64::from(host.limits.instances),
        wanted: count.trim().parse().unwrap_or(0),
    })
}

impl Report {
    pub fn new(error: &Error, host: Option<&Host>) -> Report {
        let limiter = host.map(|host| &host.limiter);
        let refused = limiter.and_then(Limiter::refused);
        let frames = frames(error);
        let (end, refusal, message) = if let Some(limit) = host.and_then(|h| host_limit(error, h)) {
            let end = match limit.kind {
                LimitKind::Cpu => End::Cpu,
                LimitKind::Instances => End::Memory,
                _ => End::Host,
            };
            (end, Some(limit), limit.to_string())
        } else if let Some(broken) = error.downcast_ref::<Broken>() {
            (End::Guest, None, broken.to_string())
        } else if let Some(busy) = error.downcast_ref::<PoolConcurrencyLimitError>() {
            let end = match host.is_some_and(Host::entered) {
                false => End::Busy,
                true => End::Halfway,
            };
            (end, None, busy.to_string())
        } else if let Some(exit) = error.downcast_ref::<I32Exit>() {
            (
                End::Guest,
                None,
                format!("the guest called exit({})", exit.0),
            )
        } else if let Some(trap) = error.downcast_ref::<Trap>() {
            match refused {
                Some(refused) => (
                    End::Memory,
                    Some(refused),
                    format!("{refused}; then {}", words(*trap)),
                ),
                None => (End::Trap, None, words(*trap)),
            }
        } else if let Some(refused) = refused.filter(|_| frames.is_empty()) {
            let cause = error.root_cause();
            (End::Memory, Some(refused), format!("{refused}; {cause}"))
        } else if frames.is_empty() {
            (End::Host, None, chain(error))
        } else {
            (End::Host, None, error.root_cause().to_string())
        };
        Report {
            end,
            refusal,
            message,
            frames,
            cpu_ns: cpu::used().as_nanos() as u64,
            memory: limiter.map_or(0, Limiter::memory_used),
        }
    }

    pub fn panic(text: &str) -> Report {
        Report {
            end: End::Panic,
            refusal: None,
            message: format!("panic: {text}"),
            frames: Vec::new(),
            cpu_ns: cpu::used().as_nanos() as u64,
            memory: 0,
        }
    }

    pub fn show<R>(&self, show: impl FnOnce(&View) -> R) -> R {
        let frames: Vec<Frame> = self
            .frames
            .iter()
            .map(|frame| Frame {
                module: frame.module.as_str().into(),
                function: frame.function.as_str().into(),
                file: "".into(),
                line: 0,
                column: 0,
                offset: frame.offset,
            })
            .collect();
        let refusal = self.refusal.unwrap_or(Refusal {
            kind: LimitKind::None,
            limit: 0,
            wanted: 0,
        });
        show(&View {
            end: self.end,
            limit_kind: refusal.kind,
            limit: refusal.limit,
            wanted: refusal.wanted,
            message: self.message.as_str().into(),
            frames: frames.as_ptr(),
            frame_count: frames.len(),
            cpu_ns: self.cpu_ns,
            memory: self.memory,
        })
    }
}
