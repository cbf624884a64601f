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
    /// Counts instead of `now` as soon as something outside the store does.
    shared: Option<Arc<Shared>>,
}

struct Shared {
    limit: u64,
    now: AtomicU64,
}

/// Bytes of a [`Held`], given back when this is dropped.
pub struct Reserved {
    shared: Arc<Shared>,
    bytes: u64,
}

fn within(limit: u64, now: u64, more: u64) -> Result<(), Refusal> {
    let wanted = now.saturating_add(more);
    if wanted <= limit {
        return Ok(());
    }
    Err(Refusal {
        kind: LimitKind::HostMemory,
        limit,
        wanted,
    })
}

impl Shared {
    fn reserve(self: &Arc<Self>, bytes: u64) -> Result<Reserved, Refusal> {
        within(self.limit, self.now.load(Relaxed), bytes)?;
        self.now.fetch_add(bytes, Relaxed);
        let shared = self.clone();
        Ok(Reserved { shared, bytes })
    }
}

impl Reserved {
    /// As many bytes again, of the same guest.
    pub fn more(&self, bytes: u64) -> Result<Reserved, Refusal> {
        self.shared.reserve(bytes)
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.shared.now.fetch_sub(self.bytes, Relaxed);
    }
}

impl Held {
    pub fn new(limits: &Limits) -> Held {
        Held {
            limit: or(limits.host_bytes, u64::MAX),
            now: 0,
            shared: None,
        }
    }

    /// Whether `more` would fit beside what is held.
    pub fn fits(&self, more: u64) -> Result<(), Refusal> {
        let shared = self.shared.as_ref().map(|all| all.now.load(Relaxed));
        within(self.limit, shared.unwrap_or(self.now), more)
    }

    pub fn add(&mut self, bytes: u64) -> Result<(), Refusal> {
        self.fits(bytes)?;
        match &self.shared {
            Some(all) => _ = all.now.fetch_add(bytes, Relaxed),
            None => self.now += bytes,
        }
        Ok(())
    }

    /// For what may outlive the host function that makes it.
    pub fn reserve(&mut self, bytes: u64) -> Result<Reserved, Refusal> {
        let (limit, now) = (self.limit, AtomicU64::new(self.now));
        let made = || Arc::new(Shared { limit, now });
        self.shared.get_or_insert_with(made).reserve(bytes)
    }

    pub fn release(&mut self, bytes: u64) {
        match &self.shared {
            Some(all) => _ = all.now.fetch_sub(bytes, Relaxed),
            None => self.now -= bytes,
        }
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
