//! The engine: one configuration of Wasmtime with its pool, ticked while guests run.
use crate::ffi::{Fail, Slice, User, boxed, entry, free};
use crate::limits::or;
use crate::{panics, ticker};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Result,
    WasmBacktraceDetails,
};

/// Regions that one shard of Wasmtime's queue collects before it gives them back to the system in one call; threads
/// are spread over as many shards as there are CPUs, up to 16. Every memory and every table of an instance that ends
/// counts as one, also where nothing is left to give back, so this is about four instances with two tables each. More
/// would save little, and hold more of the memory of guests that grew.
const BATCH: u32 = 12;
const SLOT: u64 = 4 << 30;

#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Options {
    pub pooling: bool,
    pub pool_size: u32,
    /// That run tasks.
    pub threads: u32,
    /// Bytes of each linear memory reset by memset rather than by madvise.
    pub keep_resident: usize,
    /// Time between epoch ticks; 0 leaves epoch checks out of the code.
    pub tick_us: u32,
    /// Address space of each memory; 0 means 4 GiB.
    pub slot: u64,
    /// Most bytes of one memory; 0 means the slot.
    pub max_memory: u64,
    pub memories: u32,
    pub tables: u32,
    pub cores: u32,
    pub table_elements: u32,
}

fn pool(options: &Options) -> PoolingAllocationConfig {
    // Slots that wait in a batch can be had only by giving back one shard after the other, with system calls, while
    // a call that begins waits for them. With this many more a pool whose batches are as full as they get has a slot.
    let size = or(options.pool_size, 1) + BATCH * or(options.threads, 1);
    let slot = or(options.slot, SLOT);
    let (memories, tables) = (or(options.memories, 4), or(options.tables, 8));
    let cores = or(options.cores, 30);
    let keep = options.keep_resident;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(size)
        // A component has one memory and a few tables as a rule: those that need more share what is left.
        .total_core_instances(size.saturating_mul(4).max(cores))
        .total_memories(size.max(memories))
        .total_tables(size.saturating_mul(2).max(tables))
        .total_stacks(size)
        .max_core_instances_per_component(cores)
        .max_memories_per_component(memories)
        .max_tables_per_component(tables)
        .max_memories_per_module(memories)
        .max_tables_per_module(tables)
        .max_component_instance_size(8 << 20)
        .max_core_instance_size(8 << 20)
        .table_elements(or(options.table_elements, 65_536) as usize)
        .max_memory_size(or(options.max_memory, slot).min(slot) as usize)
        .max_unused_warm_slots(size)
        .linear_memory_keep_resident(keep)
        .table_keep_resident(keep.min(64 << 10))
        .async_stack_keep_resident(keep.min(64 << 10))
        .decommit_batch_size(BATCH as usize)
        .pagemap_scan(Enabled::Auto);
    pool
}

pub fn make_engine(options: &Options) -> Result<Engine> {
    panics::install_hook();
    let mut config = Config::new();
    config.epoch_interruption(options.tick_us != 0);
    // Never from the environment, which is the default.
    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config.generate_address_map(true);
    if options.slot != 0 {
        config.memory_reservation(options.slot);
        config.memory_guard_size(64 << 10);
    }
    if options.pooling {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(options)));
    }
    let engine = Engine::new(&config)?;
    if options.tick_us != 0 {
        ticker::add(engine.weak(), Duration::from_micros(options.tick_us.into()))?;
    }
    Ok(engine)
}

/// # Safety
/// `options` must be readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_engine_new(
    options: *const Options,
    fail: Fail,
    user: User,
) -> *mut Engine {
    boxed(fail, user, || make_engine(unsafe { &*options }))
}

/// # Safety
/// `engine` comes from [`eng_engine_new`] and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_engine_free(engine: *mut Engine) {
    unsafe { free(engine) }
}

/// # Safety
/// `engine` must be valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_engine_hash(engine: *const Engine) -> u64 {
    entry(0, || {
        let mut hasher = DefaultHasher::new();
        env!("CARGO_PKG_VERSION").hash(&mut hasher);
        unsafe { &*engine }
            .precompile_compatibility_hash()
            .hash(&mut hasher);
        hasher.finish()
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn eng_version() -> Slice {
    concat!("wasmtime ", "48.0.8").into()
}
