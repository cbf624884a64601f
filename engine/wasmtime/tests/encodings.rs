//! Guests that do not keep their text in UTF-8, against `Val`, wasmtime's own dynamic representation. Rust makes none, so
//! they are written as text.
#[allow(dead_code)]
mod values;

use engine::{DynArgs, DynRet};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use values::{Random, encode};
use wasmtime::component::types::{ComponentItem, Type};
use wasmtime::component::{Component, Func, Instance, Linker, TypedFunc, Val};
use wasmtime::{Engine, Result, Store};

const ENCODINGS: [&str; 3] = ["utf8", "utf16", "latin1+utf16"];

/// Passes what it is given on to its import, and answers what that answers. `lone` answers half of a surrogate pair, `far`
/// text beyond the memory, `odd` text at an odd address.
const GUEST: &str = r#"
(component
  (import "there" (func $there
    (param "a" string) (param "b" (list string)) (param "c" (option string))
    (result (tuple string (list string) (option string)))))
  (core module $heap
    (memory (export "memory") 1)
    (data (i32.const 16) "\30\00\00\00\02\00\00\00" "\fe\ff\ff\ff\02\00\00\00" "\33\00\00\00\02\00\00\00")
    ;; Two units of UTF-16: 0xd800, which nothing completes, and `a`.
    (data (i32.const 48) "\00\d8a\00")
    (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param $old i32) (param $had i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and
        (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $top (i32.add (local.get $at) (local.get $size)))
      (memory.copy (local.get $at) (local.get $old)
        (select (local.get $had) (local.get $size) (i32.lt_u (local.get $had) (local.get $size))))
      (local.get $at)))
  (core instance $heap (instantiate $heap))
  (core func $lowered (canon lower (func $there)
    (memory (core memory $heap "memory")) (realloc (core func $heap "realloc")) string-encoding=ENCODING))
  (core module $core
    (import "" "there" (func $there (param i32 i32 i32 i32 i32 i32 i32 i32)))
    (import "" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
    (func (export "here") (param i32 i32 i32 i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 28)))
      (call $there (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)
        (local.get 5) (local.get 6) (local.get $at))
      (local.get $at))
    (func (export "lone") (result i32) (i32.const 16))
    (func (export "far") (result i32) (i32.const 24))
    (func (export "odd") (result i32) (i32.const 32)))
  (core instance $core (instantiate $core (with "" (instance
    (export "there" (func $lowered))
    (export "realloc" (func $heap "realloc"))))))
  (func (export "here")
    (param "a" string) (param "b" (list string)) (param "c" (option string))
    (result (tuple string (list string) (option string)))
    (canon lift (core func $core "here")
      (memory (core memory $heap "memory")) (realloc (core func $heap "realloc")) string-encoding=ENCODING))
  (func (export "lone") (result string)
    (canon lift (core func $core "lone") (memory (core memory $heap "memory")) string-encoding=ENCODING))
  (func (export "far") (result string)
    (canon lift (core func $core "far") (memory (core memory $heap "memory")) string-encoding=ENCODING))
  (func (export "odd") (result string)
    (canon lift (core func $core "odd") (memory (core memory $heap "memory")) string-encoding=ENCODING)))
"#;

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("no guest of these tests waits"),
    }
}

/// How the import is answered: with its own arguments, which are also recorded.
#[derive(Clone)]
enum Answer {
    Image(Arc<Mutex<Vec<u8>>>),
    Val(Arc<Mutex<Vec<Val>>>),
}

struct Guest {
    linker: Linker<()>,
    component: Component,
    types: Vec<Type>,
}

struct Running {
    store: Store<()>,
    instance: Instance,
}

impl Guest {
    fn new(encoding: &str, answer: &Answer) -> Guest {
        let engine = Engine::default();
        let wasm = wat::parse_str(GUEST.replace("ENCODING", encoding)).unwrap();
        let component = Component::new(&engine, wasm).unwrap();
        let mut linker = Linker::new(&engine);
        match answer.clone() {
            Answer::Image(seen) => {
                linker
                    .root()
                    .func_wrap_async("there", move |_, DynArgs::<7>(args)| {
                        let args = args.into_image();
                        *seen.lock().unwrap() = args.to_vec();
                        Box::new(async move { Ok(DynRet::<0>(args.into())) })
                    })
            }
            Answer::Val(seen) => linker
                .root()
                .func_new("there", move |_, _, params, results| {
                    *seen.lock().unwrap() = params.to_vec();
                    results[0] = Val::Tuple(params.to_vec());
                    Ok(())
                }),
        }
        .unwrap();
        let ty = component.component_type();
        let here = ty.get_export(&engine, "here").unwrap();
        let ComponentItem::ComponentFunc(here) = here.ty else {
            panic!("a function")
        };
        Guest {
            linker,
            types: here.params().map(|(_, ty)| ty).collect(),
            component,
        }
    }

    /// Fresh for each call: its heap only grows.
    fn start(&self) -> Running {
        let mut store = Store::new(self.component.engine(), ());
        let instance = now(self.linker.instantiate_async(&mut store, &self.component)).unwrap();
        Running { store, instance }
    }
}

impl Running {
    fn func(&mut self, name: &str) -> Func {
        self.instance.get_func(&mut self.store, name).unwrap()
    }

    fn by_image(mut self, name: &str, args: &[u8]) -> Result<Vec<u8>> {
        let func = self.func(name);
        // Sound for every function: both sides go by the guest's own types.
        let func = unsafe { TypedFunc::<DynArgs<16>, DynRet<1>>::new_unchecked(func) };
        let args = DynArgs(args.to_vec().into());
        let answer = now(func.call_async(&mut self.store, args))?;
        Ok(answer.0.into_image().to_vec())
    }

    fn by_val(mut self, name: &str, args: &[Val]) -> Result<Val> {
        let func = self.func(name);
        let mut results = [Val::Bool(false)];
        now(func.call_async(&mut self.store, args, &mut results))?;
        let [result] = results;
        Ok(result)
    }
}

/// Text of every width, alone and mixed, short and long.
fn arguments(types: &[Type], seed: u64) -> Vec<Val> {
    const TEXTS: [&str; 8] = [
        "",
        "plain",
        "caf\u{e9} \u{ff}",
        "\u{100}",
        "\u{6f22}\u{5b57}",
        "\u{1f980}",
        "a\u{e9}\u{6f22}\u{1f980}\0",
        "\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}",
    ];
    let mut random = Random(seed);
    let mut args: Vec<Val> = types.iter().map(|ty| random.value(ty)).collect();
    let text = TEXTS[random.below(TEXTS.len())];
    match random.below(3) {
        0 => args[0] = Val::String(text.into()),
        1 => args[0] = Val::String(text.repeat(200)),
        // Latin-1 for so long that a guest of either width has to widen what it has.
        _ => args[0] = Val::String("\u{e9}".repeat(100) + text),
    }
    args
}

#[test]
fn text_arrives_as_val_sees_it() {
    for encoding in ENCODINGS {
        let seen: Arc<Mutex<Vec<Val>>> = Default::default();
        let guest = Guest::new(encoding, &Answer::Val(seen.clone()));
        for seed in 0..60 {
            let args = arguments(&guest.types, seed);
            let image = encode(&guest.types, &args);

            let answer = guest.start().by_image("here", &image).unwrap();

            assert_eq!(*seen.lock().unwrap(), args, "{encoding}");
            assert_eq!(answer, image, "{encoding}: {args:?}");
        }
    }
}

#[test]
fn text_leaves_as_val_means_it() {
    for encoding in ENCODINGS {
        let seen: Arc<Mutex<Vec<u8>>> = Default::default();
        let guest = Guest::new(encoding, &Answer::Image(seen.clone()));
        for seed in 0..60 {
            let args = arguments(&guest.types, seed);

            let answer = guest.start().by_val("here", &args).unwrap();

            assert_eq!(answer, Val::Tuple(args.clone()), "{encoding}");
            let image = encode(&guest.types, &args);
            assert_eq!(*seen.lock().unwrap(), image, "{encoding}: {args:?}");
        }
    }
}

#[test]
fn text_that_is_none_is_an_error_exactly_where_val_finds_one() {
    for encoding in ENCODINGS {
        let guest = Guest::new(encoding, &Answer::Image(Default::default()));
        for name in ["lone", "far", "odd"] {
            let (val, image) = (
                guest.start().by_val(name, &[]),
                guest.start().by_image(name, &[]),
            );

            assert_eq!(
                val.is_err(),
                image.is_err(),
                "{encoding} {name}: {val:?} {image:?}"
            );
            match (encoding, name) {
                ("utf16", _) | (_, "far") => assert!(image.is_err(), "{encoding} {name}"),
                _ => {}
            }
        }
    }
}
