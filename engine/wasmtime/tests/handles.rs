//! Handles of the embedding's resources in every position of an image, against `Val`.
use engine::{DynArgs, DynRet};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use wasmtime::component::{
    Component, Instance, Linker, ResourceDynamic, ResourceType, TypedFunc, Val,
};
use wasmtime::{Engine, Result, Store, StoreContextMut};

/// Passes its handles on to its import: an own one, some in a list, a borrowed one. Answers what that answers.
const GUEST: &str = r#"
(component
  (import "thing" (type $thing (sub resource)))
  (import "there" (func $there
    (param "a" (own $thing)) (param "b" (list (own $thing))) (param "c" (borrow $thing))
    (result (result (own $thing) (error (list (own $thing)))))))
  (core module $heap
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $top (i32.add (global.get $top) (i32.const 64)))
      (global.get $top)))
  (core instance $heap (instantiate $heap))
  (core func $lowered (canon lower (func $there)
    (memory (core memory $heap "memory")) (realloc (core func $heap "realloc"))))
  (core func $drop (canon resource.drop $thing))
  (core module $core
    (import "" "there" (func $there (param i32 i32 i32 i32 i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "here") (param i32 i32 i32 i32) (result i32)
      (call $there (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i32.const 16))
      (call $drop (local.get 3))
      (i32.const 16))
    (func (export "drop") (param i32) (call $drop (local.get 0))))
  (core instance $core (instantiate $core (with "" (instance
    (export "there" (func $lowered)) (export "drop" (func $drop))))))
  (func (export "here")
    (param "a" (own $thing)) (param "b" (list (own $thing))) (param "c" (borrow $thing))
    (result (result (own $thing) (error (list (own $thing)))))
    (canon lift (core func $core "here") (memory (core memory $heap "memory")) (realloc (core func $heap "realloc"))))
  (func (export "drop") (param "a" (own $thing)) (canon lift (core func $core "drop"))))
"#;

/// Which of the embedding's resource types `thing` is.
const THING: u32 = 5;

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("no guest of these tests waits"),
    }
}

/// Numbers of handles that the guest dropped.
type Dropped = Vec<u32>;
type Shared<T> = Arc<Mutex<T>>;

struct Running {
    store: Store<Dropped>,
    instance: Instance,
}

fn linker(engine: &Engine) -> Linker<Dropped> {
    let mut linker = Linker::new(engine);
    let ty = ResourceType::host_dynamic(THING);
    let dropped = |mut store: StoreContextMut<'_, Dropped>, rep| {
        store.data_mut().push(rep);
        Ok(())
    };
    linker.root().resource("thing", ty, dropped).unwrap();
    linker
}

fn start(define: impl FnOnce(&mut Linker<Dropped>) -> Result<()>) -> Running {
    let engine = Engine::default();
    let component = Component::new(&engine, wat::parse_str(GUEST).unwrap()).unwrap();
    let mut linker = linker(&engine);
    define(&mut linker).unwrap();
    let mut store = Store::new(&engine, Vec::new());
    let instance = now(linker.instantiate_async(&mut store, &component)).unwrap();
    Running { store, instance }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn own(store: &mut Store<Dropped>, rep: u32) -> Val {
    let handle = ResourceDynamic::new_own(rep, THING);
    Val::Resource(handle.try_into_resource_any(store).unwrap())
}

/// The numbers behind handles.
fn reps(store: &mut StoreContextMut<'_, Dropped>, values: &[Val]) -> Vec<(u32, bool)> {
    let rep = |value: &Val| match value {
        Val::Resource(handle) => {
            let owned = handle.owned();
            let handle = handle.try_into_resource_dynamic(&mut *store).unwrap();
            (handle.rep(), owned)
        }
        other => panic!("no handle: {other:?}"),
    };
    values.iter().map(rep).collect()
}

impl Running {
    fn by_image(&mut self, name: &str, args: &[u8]) -> Result<Vec<u8>> {
        let func = self.instance.get_func(&mut self.store, name).unwrap();
        // Sound for every function: both sides go by the guest's own types.
        let func = unsafe { TypedFunc::<DynArgs<16>, DynRet<1>>::new_unchecked(func) };
        let args = DynArgs(args.to_vec().into());
        let answer = now(func.call_async(&mut self.store, args))?;
        Ok(answer.0.into_image().to_vec())
    }
}

/// The import answers `answer` by image; what it was given is kept.
fn by_image_there(answer: &[u8]) -> (Running, Shared<Vec<u8>>) {
    let seen = Shared::<Vec<u8>>::default();
    let (kept, answer) = (seen.clone(), answer.to_vec());
    let running = start(|linker| {
        linker
            .root()
            .func_wrap_async("there", move |_, DynArgs::<4>(args)| {
                *kept.lock().unwrap() = args.into_image().to_vec();
                let answer = answer.clone();
                Box::new(async move { Ok(DynRet::<0>(answer.into())) })
            })
    });
    (running, seen)
}

/// own 11, a list of 12 and 13, borrow 14.
fn image() -> Vec<u8> {
    words(&[11, 16, 2, 14, 12, 13])
}

#[test]
fn handles_given_by_val_are_the_embeddings_numbers_in_an_image() {
    for (answer, expected) in [
        (words(&[0, 21, 0]), vec![(21, true)]),
        (words(&[1, 12, 2, 22, 23]), vec![(22, true), (23, true)]),
    ] {
        let (mut guest, seen) = by_image_there(&answer);
        let store = &mut guest.store;
        let list = Val::List(vec![own(store, 12), own(store, 13)]);
        let args = [own(store, 11), list, own(store, 14)];
        let func = guest.instance.get_func(&mut guest.store, "here").unwrap();
        let mut results = [Val::Bool(false)];

        now(func.call_async(&mut guest.store, &args, &mut results)).unwrap();

        assert_eq!(*seen.lock().unwrap(), image());
        let given = match &results[0] {
            Val::Result(Ok(Some(value))) => vec![(**value).clone()],
            Val::Result(Err(Some(list))) => match &**list {
                Val::List(values) => values.clone(),
                other => panic!("no list: {other:?}"),
            },
            other => panic!("no result: {other:?}"),
        };
        use wasmtime::AsContextMut;
        assert_eq!(reps(&mut guest.store.as_context_mut(), &given), expected);
    }
}

#[test]
fn handles_given_by_image_are_what_val_sees() {
    let seen = Shared::<Vec<(u32, bool)>>::default();
    let kept = seen.clone();
    let mut guest = start(|linker| {
        linker
            .root()
            .func_new("there", move |mut store, _, params, results| {
                let [a, Val::List(list), c] = params else {
                    panic!("own, list, borrow: {params:?}")
                };
                let all = [std::slice::from_ref(a), &list[..], std::slice::from_ref(c)].concat();
                *kept.lock().unwrap() = reps(&mut store, &all);
                let handle = ResourceDynamic::new_own(21, THING);
                let handle = Val::Resource(handle.try_into_resource_any(&mut store)?);
                results[0] = Val::Result(Ok(Some(Box::new(handle))));
                Ok(())
            })
    });

    let answer = guest.by_image("here", &image()).unwrap();

    assert_eq!(answer, words(&[0, 21, 0]));
    let expected = [(11, true), (12, true), (13, true), (14, false)];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[test]
fn handles_pass_by_image_alone_and_are_dropped_by_number() {
    let (mut guest, seen) = by_image_there(&words(&[1, 12, 2, 22, 23]));

    let answer = guest.by_image("here", &image()).unwrap();
    guest.by_image("drop", &words(&[31])).unwrap();

    assert_eq!(*seen.lock().unwrap(), image());
    assert_eq!(answer, words(&[1, 12, 2, 22, 23]));
    // A borrowed handle that goes away drops nothing.
    assert_eq!(*guest.store.data(), [31]);
}
