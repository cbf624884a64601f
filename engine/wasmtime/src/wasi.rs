//! WASI 0.2 as a guest sees it: clocks, random numbers and the command line are the embedding's ([`crate::world`]), files come
//! from wasmtime-wasi, sockets are denied.
use crate::ffi::User;
use crate::host::{Host, SharedContext};
use crate::setting::Setting;
use crate::world::Timer;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use wasmtime::component::{HasData, HasSelf, Linker, Resource, ResourceTable};
use wasmtime::{Result, bail};
use wasmtime_wasi::filesystem::WasiFilesystem;
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, io, random, sockets};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::sockets::WasiSockets;

/// Random bytes that one call may ask for.
const MAX_RANDOM: u64 = 1 << 20;

struct HasTable;

impl HasData for HasTable {
    type Data<'a> = &'a mut ResourceTable;
}

pub fn add_to_linker(linker: &mut Linker<Host>) -> Result<()> {
    let l = linker;
    io::error::add_to_linker::<Host, HasTable>(l, |host| &mut host.enter().table)?;
    io::poll::add_to_linker::<Host, HasTable>(l, |host| &mut host.enter().table)?;
    io::streams::add_to_linker::<Host, HasTable>(l, |host| &mut host.enter().table)?;
    clocks::wall_clock::add_to_linker::<Host, HasSelf<Host>>(l, Host::enter)?;
    clocks::monotonic_clock::add_to_linker::<Host, HasSelf<Host>>(l, Host::enter)?;
    random::random::add_to_linker::<Host, HasSelf<Host>>(l, Host::enter)?;
    random::insecure::add_to_linker::<Host, HasSelf<Host>>(l, Host::enter)?;
    random::insecure_seed::add_to_linker::<Host, HasSelf<Host>>(l, Host::enter)?;
    cli::exit::add_to_linker::<Host, HasSelf<Host>>(l, Host::enter)?;
    cli::environment::add_to_linker::<Host, HasSelf<Host>>(l, Host::enter)?;
    cli::stdin::add_to_linker::<Host, HasSelf<Host>>(l, Host::enter)?;
    cli::stdout::add_to_linker::<Host, HasSelf<Host>>(l, Host::enter)?;
    cli::stderr::add_to_linker::<Host, HasSelf<Host>>(l, Host::enter)?;
    cli::terminal_input::add_to_linker::<Host, HasSelf<Host>>(l, Host::enter)?;
    cli::terminal_output::add_to_linker::<Host, HasSelf<Host>>(l, Host::enter)?;
    cli::terminal_stdin::add_to_linker::<Host, HasSelf<Host>>(l, Host::enter)?;
    cli::terminal_stdout::add_to_linker::<Host, HasSelf<Host>>(l, Host::enter)?;
    cli::terminal_stderr::add_to_linker::<Host, HasSelf<Host>>(l, Host::enter)?;
    filesystem::types::add_to_linker::<Host, WasiFilesystem>(l, Host::files)?;
    filesystem::preopens::add_to_linker::<Host, WasiFilesystem>(l, Host::files)?;
    let options = sockets::network::LinkOptions::default();
    sockets::network::add_to_linker::<Host, WasiSockets>(l, &options, Host::sockets)?;
    sockets::instance_network::add_to_linker::<Host, WasiSockets>(l, Host::sockets)?;
    sockets::tcp::add_to_linker::<Host, WasiSockets>(l, Host::sockets)?;
    sockets::tcp_create_socket::add_to_linker::<Host, WasiSockets>(l, Host::sockets)?;
    sockets::udp::add_to_linker::<Host, WasiSockets>(l, Host::sockets)?;
    sockets::udp_create_socket::add_to_linker::<Host, WasiSockets>(l, Host::sockets)?;
    sockets::ip_name_lookup::add_to_linker::<Host, WasiSockets>(l, Host::sockets)
}

// ---- clocks ----

impl clocks::wall_clock::Host for Host {
    fn now(&mut self) -> Result<clocks::wall_clock::Datetime> {
        let (seconds, nanoseconds) = self.setting.world.wall();
        Ok(clocks::wall_clock::Datetime {
            seconds,
            nanoseconds,
        })
    }

    fn resolution(&mut self) -> Result<clocks::wall_clock::Datetime> {
        Ok(clocks::wall_clock::Datetime {
            seconds: 0,
            nanoseconds: 1,
        })
    }
}

/// A pollable time.
struct Sleep {
    timer: Timer,
    setting: Arc<Setting>,
    context: SharedContext,
}

#[wasmtime_wasi::async_trait]
impl Pollable for Sleep {
    async fn ready(&mut self) {
        poll_fn(|cx| {
            let context = User(self.context.load(Relaxed));
            self.timer.poll(&self.setting.world, context, cx)
        })
        .await
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.timer.cancel(&self.setting.world);
    }
}

impl Host {
    fn sleep_until(&mut self, deadline: u64, now: u64) -> Result<Resource<DynPollable>> {
        let sleep = Sleep {
            timer: Timer::new(deadline, now),
            setting: self.setting.clone(),
            context: self.shared_context(),
        };
        let sleep = self.table.push(sleep)?;
        subscribe(&mut self.table, sleep)
    }
}

impl clocks::monotonic_clock::Host for Host {
    fn now(&mut self) -> Result<u64> {
        Ok(self.setting.world.monotonic_ns())
    }

    fn resolution(&mut self) -> Result<u64> {
        Ok(1)
    }

    fn subscribe_instant(&mut self, when: u64) -> Result<Resource<DynPollable>> {
        let now = self.setting.world.monotonic_ns();
        self.sleep_until(when, now)
    }

    fn subscribe_duration(&mut self, duration: u64) -> Result<Resource<DynPollable>> {
        let now = self.setting.world.monotonic_ns();
        self.sleep_until(now.saturating_add(duration), now)
    }
}

// ---- random numbers: all of them as good as the embedding's ----

impl Host {
    fn random_bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        if len > MAX_RANDOM {
            bail!("{len} random bytes at once; at most {MAX_RANDOM} are given");
        }
        let mut bytes = vec![0; len as usize];
        self.setting.world.random(&mut bytes);
        Ok(bytes)
    }

    fn random_u64(&mut self) -> Result<u64> {
        let mut bytes = [0; 8];
        self.setting.world.random(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }
}

impl random::random::Host for Host {
    fn get_random_bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        self.random_bytes(len)
    }

    fn get_random_u64(&mut self) -> Result<u64> {
        self.random_u64()
    }
}

impl random::insecure::Host for Host {
    fn get_insecure_random_bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        self.random_bytes(len)
    }

    fn get_insecure_random_u64(&mut self) -> Result<u64> {
        self.random_u64()
    }
}

impl random::insecure_seed::Host for Host {
    fn insecure_seed(&mut self) -> Result<(u64, u64)> {
        Ok((self.random_u64()?, self.random_u64()?))
    }
}
