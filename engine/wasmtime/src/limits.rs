//! Limits of one call or one instance, and the note of what was refused: a guest that runs into its memory limit mostly
//! dies of an `unreachable` of its own, and only the note tells why.
use crate::panics::{Place, point};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use wasmtime::{ResourceLimiter, Result};

/// 0 means: no limit but the engine's own.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Limits {
    /// CPU time inside the guest and its inline host calls, not wall time.
    pub cpu_ns: u64,
    /// Bytes of all linear memories together.
    pub memory: u64,
    /// Elements of all tables together.
    pub table_elements: u64,
    pub instances: u32,
    /// Host objects (streams, requests, fields…) that the guest may hold at once.
    pub host_objects: u32,
    /// Fields of one set of HTTP headers.
    pub header_count: u32,
    /// Bytes of one set of HTTP headers as held in memory.
    pub header_bytes: u64,
    /// Bytes that one call may hand from the guest to the host.
    pub hostcall_bytes: u64,
    /// Bytes that the host holds for this guest.
    pub host_bytes: u64,
}

pub fn or<T: PartialEq + Default>(limit: T, default: T) -> T {
    if limit == T::default() {
        default
    } else {
        limit
    }
}

impl Limits {
    pub fn cpu(&self) -> Duration {
        Duration::from_nanos(or(self.cpu_ns, u64::MAX))
    }
}

#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LimitKind {
    None = 0,
    Cpu = 1,
    Memory = 2,
    Tables = 3,
    Instances = 4,
    HostObjects = 5,
    HeaderBytes = 6,
    HostcallBytes = 7,
    HostMemory = 8,
    HeaderCount = 9,
}

/// A limit that was reached, in numbers. Where it is an error, it ended the call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refusal {
    pub kind: LimitKind,
    pub limit: u64,
    pub wanted: u64,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refusal { limit, wanted, .. } = self;
        match self.kind {
            LimitKind::None => write!(f, "no limit"),
            LimitKind::Cpu => {
                let (limit, wanted) = (limit / 1_000_000, wanted / 1_000_000);
                write!(f, "CPU budget of {limit} ms spent ({wanted} ms used)")
            }
            LimitKind::Memory => write!(f, "memory limit of {limit} bytes, {wanted} wanted"),
            LimitKind::Tables => write!(f, "limit of {limit} table elements, {wanted} wanted"),
            LimitKind::Instances => write!(f, "limit of {limit} core instances, {wanted} wanted"),
            LimitKind::HostObjects => write!(
                f,
                "limit of {limit} host objects held at once, {wanted} wanted"
            ),
            LimitKind::HeaderBytes => write!(
                f,
                "limit of {limit} bytes for one set of headers, {wanted} wanted"
            ),
            LimitKind::HeaderCount => write!(
                f,
                "limit of {limit} fields in one set of headers, {wanted} wanted"
            ),
            LimitKind::HostcallBytes => write!(
                f,
                "limit of {limit} bytes handed to the host in one call, more wanted"
            ),
            LimitKind::HostMemory => write!(
                f,
                "limit of {limit} bytes held by the host, {wanted} wanted"
            ),
        }
    }
}
impl std::error::Error for Refusal {}

/// Bytes that the host holds on behalf of one guest.
pub struct Held {
    limit: u64,
    now: u64,
    /// What is given back when something outside the store ends; made when there is such a thing.
    reserved: Option<Arc<AtomicU64>>,
}

/// Bytes of a [`Held`], given back when this is dropped.
pub struct Reserved {
    all: Arc<AtomicU64>,
    bytes: u64,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Relaxed);
    }
}

impl Held {
    pub fn new(limits: &Limits) -> Held {
        Held {
            limit: or(limits.host_bytes, u64::MAX),
            now: 0,
            reserved: None,
        }
    }

    /// Whether `more` would fit beside what is held.
    pub fn fits(&self, more: u64) -> Result<(), Refusal> {
        let reserved = self.reserved.as_ref().map_or(0, |all| all.load(Relaxed));
        let wanted = self.now.saturating_add(reserved).saturating_add(more);
        if wanted <= self.limit {
            return Ok(());
        }
        Err(Refusal {
            kind: LimitKind::HostMemory,
            limit: self.limit,
            wanted,
        })
    }

    pub fn add(&mut self, bytes: u64) -> Result<(), Refusal> {
        self.fits(bytes)?;
        self.now += bytes;
        Ok(())
    }

    /// For what may outlive the host function that makes it.
    pub fn reserve(&mut self, bytes: u64) -> Result<Reserved, Refusal> {
        self.fits(bytes)?;
        let all = self.reserved.get_or_insert_default().clone();
        all.fetch_add(bytes, Relaxed);
        Ok(Reserved { all, bytes })
    }

    pub fn release(&mut self, bytes: u64) {
        self.now = self.now.saturating_sub(bytes);
    }
}

/// Counts what an instance holds of memories and tables.
pub struct Limiter {
    memory: u64,
    table: u64,
    instances: usize,
    memory_used: u64,
    table_used: u64,
    /// What the last permitted growth added, to take back if it fails.
    last: u64,
    refused: Option<Refusal>,
}

impl Limiter {
    pub fn new(limits: &Limits) -> Limiter {
        Limiter {
            memory: or(limits.memory, u64::MAX),
            table: or(limits.table_elements, u64::MAX),
            instances: or(limits.instances as usize, 10_000),
            memory_used: 0,
            table_used: 0,
            last: 0,
            refused: None,
        }
    }

    /// The latest refused growth. The guest may have coped with it: only an error makes it a cause.
    pub fn refused(&self) -> Option<Refusal> {
        self.refused
    }

    pub fn memory_used(&self) -> u64 {
        self.memory_used
    }

    fn grow(
        &mut self,
        kind: LimitKind,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> bool {
        if current > 0 {
            point(Place::Fiber);
        }
        let (used, limit) = match kind {
            LimitKind::Memory => (&mut self.memory_used, self.memory),
            _ => (&mut self.table_used, self.table),
        };
        let added = (desired - current) as u64;
        let wanted = *used + added;
        // The slot of the pool may be smaller than the limit: then the slot is what refuses.
        let limit = limit.min(maximum.map_or(u64::MAX, |max| *used - current as u64 + max as u64));
        if wanted > limit {
            self.refused = Some(Refusal {
                kind,
                limit,
                wanted,
            });
            return false;
        }
        *used = wanted;
        self.last = added;
        true
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, now: usize, then: usize, max: Option<usize>) -> Result<bool> {
        Ok(self.grow(LimitKind::Memory, now, then, max))
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> Result<()> {
        self.memory_used -= std::mem::take(&mut self.last);
        Ok(())
    }

    fn table_growing(&mut self, now: usize, then: usize, max: Option<usize>) -> Result<bool> {
        Ok(self.grow(LimitKind::Tables, now, then, max))
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> Result<()> {
        self.table_used -= std::mem::take(&mut self.last);
        Ok(())
    }

    fn instances(&self) -> usize {
        self.instances
    }
}
