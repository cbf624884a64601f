//! What the guests of one deployment find around them; shared by all of its calls.
use crate::ffi::{Fail, Pair, Slice, User, array, boxed, entry};
use crate::world::{RawWorld, World};
use std::sync::Arc;
use wasmtime::error::Context as _;
use wasmtime::{Result, bail};
use wasmtime_wasi::filesystem::WasiFilesystemCtx;
use wasmtime_wasi::{FsPerms, WasiCtx};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct RawDir {
    pub host: Slice,
    pub guest: Slice,
    pub writable: bool,
}

#[repr(C)]
pub struct RawSetting {
    pub env: *const Pair,
    pub env_count: usize,
    pub args: *const Slice,
    pub arg_count: usize,
    pub dirs: *const RawDir,
    pub dir_count: usize,
    pub stdin_inherit: bool,
    pub terminal: [bool; 3],
    pub world: RawWorld,
}

pub struct Setting {
    pub env: Vec<(String, String)>,
    pub args: Vec<String>,
    /// The preopened directories.
    pub files: WasiFilesystemCtx,
    pub stdin_inherit: bool,
    pub terminal: [bool; 3],
    pub world: World,
}

impl Setting {
    /// # Safety
    /// Every slice must be readable.
    unsafe fn new(raw: &RawSetting) -> Result<Setting> {
        let (env, args, dirs) = unsafe {
            (
                array(raw.env, raw.env_count),
                array(raw.args, raw.arg_count),
                array(raw.dirs, raw.dir_count),
            )
        };
        let owned = |slice: Slice| unsafe { slice.text() }.map(str::to_string);
        let mut builder = WasiCtx::builder();
        for dir in dirs {
            let (host, guest) = (owned(dir.host)?, owned(dir.guest)?);
            let perms = match dir.writable {
                true => FsPerms::ReadWrite,
                false => FsPerms::ReadOnly,
            };
            if !std::fs::metadata(&host)
                .with_context(|| host.clone())?
                .is_dir()
            {
                bail!("{host} is not a directory");
            }
            builder
                .preopened_dir(&host, guest, perms)
                .with_context(|| host.clone())?;
        }
        let pair = |pair: &Pair| Ok((owned(pair.name)?, owned(pair.value)?));
        Ok(Setting {
            env: env.iter().map(pair).collect::<Result<_>>()?,
            args: args.iter().map(|arg| owned(*arg)).collect::<Result<_>>()?,
            files: builder.build().filesystem().clone(),
            stdin_inherit: raw.stdin_inherit,
            terminal: raw.terminal,
            // Last: its drop tells the embedding that it was in use.
            world: World::new(&raw.world)?,
        })
    }
}

/// # Safety
/// `options` and all it points to must be readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_setting_new(
    options: *const RawSetting,
    fail: Fail,
    user: User,
) -> *const Setting {
    let setting = boxed(fail, user, || {
        Ok(Arc::new(unsafe { Setting::new(&*options) }?))
    });
    if setting.is_null() {
        return std::ptr::null();
    }
    Arc::into_raw(*unsafe { Box::from_raw(setting) })
}

/// # Safety
/// `setting` comes from [`eng_setting_new`] and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eng_setting_free(setting: *const Setting) {
    entry((), || {
        if !setting.is_null() {
            drop(unsafe { Arc::from_raw(setting) });
        }
    });
}

/// One more owner of what C++ holds.
///
/// # Safety
/// `ptr` must come from `Arc::into_raw` and be alive.
pub unsafe fn share<T>(ptr: *const T) -> Arc<T> {
    unsafe {
        Arc::increment_strong_count(ptr);
        Arc::from_raw(ptr)
    }
}
