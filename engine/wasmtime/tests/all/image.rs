//! The image against `Val`, Wasmtime's own dynamic representation.
use crate::support::*;
use engine::ffi::User;
use engine::host::Host;
use engine::limits::Limits;
use engine::linker::new_linker;
use engine::setting::share;
use engine::{DynArgs, DynRet, Options};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use wasmtime::component::types::Type;
use wasmtime::component::{Component, Func, Instance, TypedFunc, Val};
use wasmtime::{Engine, Result, Store};

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("no guest of these tests waits"),
    }
}

fn store(engine: &Engine) -> Store<Host> {
    let world = Box::leak(Box::<World>::default());
    let setting = Setting::new(world);
    let nobody = User(std::ptr::null_mut());
    let shared = unsafe { share(setting.0) };
    Host::store(engine, &Limits::default(), shared, nobody)
}

struct Guest {
    component: Component,
    iface: &'static str,
    store: Store<Host>,
    instance: Instance,
}

impl Guest {
    fn new(engine: &Engine, name: &str, iface: &'static str) -> Guest {
        let component = Component::new(engine, bytes(&format!("release/{name}"))).unwrap();
        let mut store = store(engine);
        let instance = instantiate(&component, &mut store);
        Guest {
            component,
            iface,
            store,
            instance,
        }
    }

    /// A trapped store must not be used again.
    fn restart(&mut self) {
        self.store = store(self.component.engine());
        self.instance = instantiate(&self.component, &mut self.store);
    }

    fn func(&mut self, name: &str) -> Func {
        let iface = self.component.get_export_index(None, self.iface).unwrap();
        let index = self.component.get_export_index(Some(&iface), name).unwrap();
        self.instance.get_func(&mut self.store, index).unwrap()
    }

    fn by_image(&mut self, name: &str, args: &[u8]) -> Result<Vec<u8>> {
        let func = self.func(name);
        let func = unsafe { TypedFunc::<DynArgs<16>, DynRet<1>>::new_unchecked(func) };
        let args = DynArgs(args.to_vec().into());
        Ok(now(func.call_async(&mut self.store, args))?.0.to_vec())
    }

    fn by_val(&mut self, name: &str, args: &[Val]) -> Result<Val> {
        let func = self.func(name);
        let mut results = [Val::Bool(false)];
        now(func.call_async(&mut self.store, args, &mut results))?;
        let [result] = results;
        Ok(result)
    }

    fn result_type(&mut self, name: &str) -> Type {
        let func = self.func(name);
        func.ty(&self.store).results().next().unwrap()
    }
}

fn instantiate(component: &Component, store: &mut Store<Host>) -> Instance {
    let mut linker = new_linker(component.engine()).unwrap().linker;
    linker.define_unknown_imports_as_traps(component).unwrap();
    now(linker.instantiate_async(store, component)).unwrap()
}

fn engine() -> &'static Engine {
    new_engine(&Options::default())
}

/// (size, alignment) of a type in the canonical ABI.
fn layout(ty: &Type) -> (usize, usize) {
    let record = |fields: Vec<Type>| {
        let (mut size, mut align) = (0usize, 1);
        for field in fields {
            let (s, a) = layout(&field);
            size = size.next_multiple_of(a) + s;
            align = align.max(a);
        }
        (size.next_multiple_of(align), align)
    };
    match ty {
        Type::Bool | Type::U8 | Type::S8 => (1, 1),
        Type::U16 | Type::S16 => (2, 2),
        Type::U32 | Type::S32 | Type::Float32 | Type::Char => (4, 4),
        Type::U64 | Type::S64 | Type::Float64 => (8, 8),
        Type::String | Type::List(_) => (8, 4),
        Type::Enum(_) => (1, 1),
        Type::Flags(_) => (1, 1),
        Type::Record(r) => record(r.fields().map(|f| f.ty).collect()),
        Type::Tuple(t) => record(t.types().collect()),
        Type::Variant(_) | Type::Option(_) | Type::Result(_) => {
            let payloads: Vec<_> = cases(ty).into_iter().filter_map(|(_, p)| p).collect();
            let align = payloads.iter().map(|p| layout(p).1).max().unwrap_or(1);
            let size = payloads.iter().map(|p| layout(p).0).max().unwrap_or(0);
            ((align + size).next_multiple_of(align), align)
        }
        other => panic!("not in these tests: {other:?}"),
    }
}

fn cases(ty: &Type) -> Vec<(String, Option<Type>)> {
    match ty {
        Type::Variant(v) => v.cases().map(|c| (c.name.to_string(), c.ty)).collect(),
        Type::Option(o) => vec![("none".into(), None), ("some".into(), Some(o.ty()))],
        Type::Result(r) => vec![("ok".into(), r.ok()), ("error".into(), r.err())],
        other => panic!("no cases: {other:?}"),
    }
}

fn word(image: &[u8], at: usize) -> usize {
    u32::from_le_bytes(image[at..at + 4].try_into().unwrap()) as usize
}

/// Reads an image independently of the code under test.
fn decode(ty: &Type, image: &[u8], at: usize) -> Val {
    let fields = |types: Vec<Type>| {
        let mut next = at;
        types.into_iter().map(move |ty| {
            let (size, align) = layout(&ty);
            let here = next.next_multiple_of(align);
            next = here + size;
            decode(&ty, image, here)
        })
    };
    match ty {
        Type::Bool => Val::Bool(image[at] == 1),
        Type::U8 => Val::U8(image[at]),
        Type::U32 => Val::U32(word(image, at) as u32),
        Type::S32 => Val::S32(word(image, at) as i32),
        Type::U64 => Val::U64(u64::from_le_bytes(image[at..at + 8].try_into().unwrap())),
        Type::Float32 => Val::Float32(f32::from_bits(word(image, at) as u32)),
        Type::Float64 => Val::Float64(f64::from_le_bytes(image[at..at + 8].try_into().unwrap())),
        Type::Char => Val::Char(char::from_u32(word(image, at) as u32).unwrap()),
        Type::String => {
            let (ptr, len) = (word(image, at), word(image, at + 4));
            Val::String(String::from_utf8(image[ptr..ptr + len].to_vec()).unwrap())
        }
        Type::List(l) => {
            let (ptr, count) = (word(image, at), word(image, at + 4));
            let size = layout(&l.ty()).0;
            Val::List(
                (0..count)
                    .map(|i| decode(&l.ty(), image, ptr + i * size))
                    .collect(),
            )
        }
        Type::Record(r) => {
            let names = r.fields().map(|f| f.name.to_string()).collect::<Vec<_>>();
            let values = fields(r.fields().map(|f| f.ty).collect());
            Val::Record(names.into_iter().zip(values).collect())
        }
        Type::Tuple(t) => Val::Tuple(fields(t.types().collect()).collect()),
        Type::Enum(e) => Val::Enum(e.names().nth(image[at] as usize).unwrap().to_string()),
        Type::Flags(f) => {
            let set = f
                .names()
                .enumerate()
                .filter(|(i, _)| image[at] & (1 << i) != 0);
            Val::Flags(set.map(|(_, name)| name.to_string()).collect())
        }
        Type::Variant(_) | Type::Option(_) | Type::Result(_) => {
            let align = layout(ty).1;
            let case = image[at] as usize;
            let (name, payload) = cases(ty).swap_remove(case);
            let payload = payload.map(|p| Box::new(decode(&p, image, at + align)));
            match ty {
                Type::Variant(_) => Val::Variant(name, payload),
                Type::Option(_) => Val::Option(payload),
                _ if case == 0 => Val::Result(Ok(payload)),
                _ => Val::Result(Err(payload)),
            }
        }
        other => panic!("not in these tests: {other:?}"),
    }
}

/// An image of a one-element tuple holding `people[index]` or all of them, from the front guest.
fn people(engine: &Engine, count: u32) -> (Vec<u8>, Val, Type) {
    let mut front = Guest::new(engine, "front", "test:demo/drive@0.1.0");
    let image = front.by_image("make-people", &count.to_le_bytes()).unwrap();
    let val = front.by_val("make-people", &[Val::U32(count)]).unwrap();
    (image, val, front.result_type("make-people"))
}

#[test]
fn lifting_agrees_with_val() {
    let (image, val, ty) = people(engine(), 60);
    assert_eq!(decode(&ty, &image, 0), val);
}

#[test]
fn lowering_agrees_with_val() {
    let engine = engine();
    let (image, val, ty) = people(engine, 60);
    let mut echo = Guest::new(engine, "echo", "test:demo/api@0.1.0");
    let by_val = echo.by_val("echo-people", std::slice::from_ref(&val));
    assert_eq!(by_val.unwrap(), val);
    let echoed = echo.by_image("echo-people", &image).unwrap();
    assert_eq!(decode(&ty, &echoed, 0), val);
    assert_eq!(echoed, image, "equal values have equal images");
}

/// `echo-person` has more than 16 flat parameters; `echo-shape` passes a variant flat.
#[test]
fn wide_and_flat_parameters() {
    let engine = engine();
    let (image, val, ty) = people(engine, 60);
    let Val::List(people) = val else {
        panic!("a list of people")
    };
    let Type::List(list) = &ty else {
        panic!("a list of people")
    };
    let person = list.ty();
    let (size, _) = layout(&person);
    let mut echo = Guest::new(engine, "echo", "test:demo/api@0.1.0");
    for (i, expected) in people.iter().enumerate() {
        // The rest of the image stays in place, so offsets into it keep their meaning.
        let mut one = image.clone();
        let at = word(&image, 0) + i * size;
        one.copy_within(at..at + size, 0);
        let echoed = echo.by_image("echo-person", &one).unwrap();
        assert_eq!(&decode(&person, &echoed, 0), expected);

        let Type::Record(record) = &person else {
            panic!("a record")
        };
        let field = record.fields().position(|f| f.name == "shape").unwrap();
        let mut offset = 0;
        for f in record.fields().take(field) {
            let (s, a) = layout(&f.ty);
            offset = usize::next_multiple_of(offset, a) + s;
        }
        let shape = record.fields().nth(field).unwrap().ty;
        let (shape_size, align) = layout(&shape);
        let at = at + offset.next_multiple_of(align);
        let mut one = image.clone();
        one.copy_within(at..at + shape_size, 0);
        let echoed = echo.by_image("echo-shape", &one).unwrap();
        assert_eq!(decode(&shape, &echoed, 0), decode(&shape, &image, at));
    }
}

/// Whatever C++ puts into an image, the answer is a result or an error.
#[test]
fn broken_images_are_errors() {
    let engine = engine();
    let (image, ..) = people(engine, 20);
    let mut echo = Guest::new(engine, "echo", "test:demo/api@0.1.0");
    let mut seed = 1u64;
    let mut random = |below: usize| {
        seed = seed
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (seed >> 33) as usize % below
    };
    let mut errors = 0;
    for _ in 0..3000 {
        let mut broken = image.clone();
        match random(3) {
            0 => broken.truncate(random(image.len())),
            1 => broken[random(image.len())] = random(256) as u8,
            _ => {
                let at = random(image.len() / 4) * 4;
                broken[at..at + 4].copy_from_slice(&(random(1 << 31) as u32).to_le_bytes());
            }
        }
        let name = ["echo-people", "echo-person", "echo-shape", "bytes"][random(4)];
        if echo.by_image(name, &broken).is_err() {
            errors += 1;
            echo.restart();
        }
    }
    assert!(errors > 100, "the mutations hit something");
}
