//! Images of every kind of type in every position, against `Val`, wasmtime's own dynamic representation.
//! The guest `kinds` passes what it is given on to its import and answers what that answers, so a value
//! is lowered and lifted four times per call.
mod values;

use engine::steps::Validator;
use engine::wave::Wave;
use engine::{DynArgs, DynRet};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, LazyLock, Mutex};
use std::task::{Context, Poll, Waker};
use values::{Random, encode, flat_count, tuple_layout};
use wasmtime::component::types::{ComponentFunc, ComponentInstance, ComponentItem, Type};
use wasmtime::component::{Component, Instance, Linker, LinkerInstance, TypedFunc, Val};
use wasmtime::{Engine, Result, Store};

const HERE: &str = "weft:kinds/here";
const THERE: &str = "weft:kinds/there";

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("no guest of these tests waits"),
    }
}

/// The folder of the built guests: `WEFT_GUESTS`, else where the build puts them.
fn guest(name: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let folders = [
        PathBuf::from(std::env::var("WEFT_GUESTS").unwrap_or_default()).join("release"),
        root.join("../../build/guests"),
        root.join("../../tests/guests/target/wasm32-wasip2/release"),
        root.join("../guests/target/wasm32-wasip2/release"),
    ];
    let file = format!("{name}.wasm");
    let found = folders
        .iter()
        .map(|f: &PathBuf| f.join(&file))
        .find(|f| f.is_file());
    found.unwrap_or_else(|| panic!("{file} is not built; WEFT_GUESTS names its folder"))
}

/// How the import of the guest is answered: with its own arguments, which are also recorded.
#[derive(Clone)]
enum Answer {
    Image(Arc<Mutex<Vec<u8>>>),
    Val(Arc<Mutex<Vec<Val>>>),
}

fn import<const N: usize, const M: usize>(
    linker: &mut LinkerInstance<'_, ()>,
    name: &str,
    seen: Arc<Mutex<Vec<u8>>>,
) -> Result<()> {
    linker.func_wrap_async(name, move |_, DynArgs::<N>(args)| {
        let args = args.into_image();
        *seen.lock().unwrap() = args.to_vec();
        Box::new(async move { Ok(DynRet::<M>(args.into())) })
    })
}

fn define(
    linker: &mut LinkerInstance<'_, ()>,
    name: &str,
    ty: &ComponentFunc,
    answer: &Answer,
) -> Result<()> {
    let seen = match answer {
        Answer::Image(seen) => seen.clone(),
        Answer::Val(seen) => {
            let seen = seen.clone();
            return linker.func_new(name, move |_, _, params, results| {
                *seen.lock().unwrap() = params.to_vec();
                match results {
                    [] => {}
                    [result] if params.len() == 1 => *result = params[0].clone(),
                    _ => results[0] = Val::Tuple(params.to_vec()),
                }
                Ok(())
            });
        }
    };
    let params: usize = ty.params().map(|(_, ty)| flat_count(&ty)).sum();
    let results: usize = ty.results().map(|ty| flat_count(&ty)).sum();
    macro_rules! shapes {
        ($($n:literal)*) => {
            match (if params <= 16 { params } else { 0 }, results) {
                $(($n, 1) => import::<$n, 1>(linker, name, seen),
                  ($n, _) => import::<$n, 0>(linker, name, seen),)*
                _ => unreachable!("at most 16 flat parameters"),
            }
        };
    }
    shapes!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
}

struct Kinds {
    component: Component,
    linker: Linker<()>,
    store: Store<()>,
    instance: Instance,
}

struct Func {
    name: String,
    types: Vec<Type>,
    result: Vec<Type>,
}

fn interface(items: impl Iterator<Item = ComponentItem>) -> ComponentInstance {
    let mut found = items.filter_map(|item| match item {
        ComponentItem::ComponentInstance(instance) => Some(instance),
        _ => None,
    });
    found.next().expect("the interface")
}

impl Kinds {
    fn new(answer: &Answer) -> Kinds {
        static COMPONENT: LazyLock<Component> =
            LazyLock::new(|| Component::from_file(&Engine::default(), guest("kinds")).unwrap());
        let component = COMPONENT.clone();
        let engine = component.engine().clone();
        let mut linker = Linker::new(&engine);
        let ty = component.component_type();
        let there = interface(
            ty.get_import(&engine, THERE)
                .map(|item| item.ty)
                .into_iter(),
        );
        let mut instance = linker.instance(THERE).unwrap();
        for (name, item) in there.exports(&engine) {
            if let ComponentItem::ComponentFunc(func) = item.ty {
                define(&mut instance, name, &func, answer).unwrap();
            }
        }
        linker.define_unknown_imports_as_traps(&component).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = now(linker.instantiate_async(&mut store, &component)).unwrap();
        Kinds {
            component,
            linker,
            store,
            instance,
        }
    }

    /// A trapped store must not be used again.
    fn restart(&mut self) {
        self.store = Store::new(self.component.engine(), ());
        let instance = self
            .linker
            .instantiate_async(&mut self.store, &self.component);
        self.instance = now(instance).unwrap();
    }

    fn funcs(&self) -> Vec<Func> {
        let engine = self.component.engine();
        let ty = self.component.component_type();
        let here = interface(ty.get_export(engine, HERE).map(|item| item.ty).into_iter());
        let funcs = here
            .exports(engine)
            .filter_map(|(name, item)| match item.ty {
                ComponentItem::ComponentFunc(func) => Some(Func {
                    name: name.to_string(),
                    types: func.params().map(|(_, ty)| ty).collect(),
                    result: func.results().collect(),
                }),
                _ => None,
            });
        funcs.collect()
    }

    fn func(&mut self, name: &str) -> wasmtime::component::Func {
        let iface = self.component.get_export_index(None, HERE).unwrap();
        let index = self.component.get_export_index(Some(&iface), name).unwrap();
        self.instance.get_func(&mut self.store, index).unwrap()
    }

    fn by_image(&mut self, name: &str, args: &[u8]) -> Result<Vec<u8>> {
        let func = self.func(name);
        // Sound for every function: both sides go by the guest's own types.
        let func = unsafe { TypedFunc::<DynArgs<16>, DynRet<1>>::new_unchecked(func) };
        let args = DynArgs(args.to_vec().into());
        Ok(now(func.call_async(&mut self.store, args))?
            .0
            .into_image()
            .to_vec())
    }

    fn by_val(&mut self, func: &Func, args: &[Val]) -> Vec<Val> {
        let mut results = vec![Val::Bool(false); func.result.len()];
        let callee = self.func(&func.name);
        now(callee.call_async(&mut self.store, args, &mut results)).unwrap();
        match &results[..] {
            [Val::Tuple(values)] if args.len() > 1 => values.clone(),
            _ => results,
        }
    }
}

/// Runs `each` with every function of the guest and some arguments for it.
fn with_random_arguments(rounds: u64, mut each: impl FnMut(&Func, &[Val], &mut Random)) {
    let kinds = Kinds::new(&Answer::Image(Default::default()));
    for func in kinds.funcs() {
        for seed in 0..rounds {
            let mut random = Random(seed);
            let args: Vec<Val> = func.types.iter().map(|ty| random.value(ty)).collect();
            each(&func, &args, &mut random);
        }
    }
}

#[test]
fn the_guest_has_every_kind() {
    let funcs = Kinds::new(&Answer::Image(Default::default())).funcs();
    assert!(funcs.len() > 50, "{} functions", funcs.len());
    let flat = |f: &Func| f.types.iter().map(flat_count).sum::<usize>();
    assert!(funcs.iter().any(|f| flat(f) == 16) && funcs.iter().any(|f| flat(f) > 16));
    assert!(funcs.iter().any(|f| f.result.is_empty()));
}

/// Lowered by image, the import sees through `Val` what was meant; lifted by image, an answer given
/// through `Val` is the image made without the engine.
#[test]
fn images_agree_with_val_at_the_import() {
    let seen: Arc<Mutex<Vec<Val>>> = Default::default();
    let mut kinds = Kinds::new(&Answer::Val(seen.clone()));
    with_random_arguments(40, |func, args, _| {
        let image = encode(&func.types, args);
        let answer = kinds.by_image(&func.name, &image).unwrap();
        assert_eq!(&*seen.lock().unwrap(), args, "{}", func.name);
        assert_eq!(answer, image, "{}: {args:?}", func.name);
    });
}

/// The other way round: the export by `Val`, its import by image.
#[test]
fn images_agree_with_val_at_the_export() {
    let seen: Arc<Mutex<Vec<u8>>> = Default::default();
    let mut kinds = Kinds::new(&Answer::Image(seen.clone()));
    with_random_arguments(40, |func, args, _| {
        let answer = kinds.by_val(func, args);
        assert_eq!(answer, args, "{}", func.name);
        assert_eq!(
            *seen.lock().unwrap(),
            encode(&func.types, args),
            "{}",
            func.name
        );
    });
}

/// So an image can be forwarded unread, and can be compared or hashed.
#[test]
fn equal_values_have_equal_images() {
    let mut kinds = Kinds::new(&Answer::Image(Default::default()));
    with_random_arguments(40, |func, args, _| {
        let image = encode(&func.types, args);
        let answer = kinds.by_image(&func.name, &image).unwrap();
        assert_eq!(answer, image, "{}: {args:?}", func.name);
    });
}

/// One change to an image: the end cut off, a byte, a word, or something appended.
fn break_image(image: &[u8], random: &mut Random) -> Vec<u8> {
    let mut broken = image.to_vec();
    if broken.is_empty() {
        return vec![0; 1 + random.below(9)];
    }
    match random.below(8) {
        0 => broken.truncate(random.below(image.len())),
        1 => broken.extend((0..=random.below(9)).map(|i| i as u8)),
        2..=4 => broken[random.below(image.len())] = random.bits() as u8,
        _ => {
            let at = random.below(image.len().div_ceil(4)) * 4;
            let small = random.below(2 * image.len()) as u32;
            let word = [small, random.bits() as u32][random.below(2)].to_le_bytes();
            let len = word.len().min(image.len() - at);
            broken[at..at + len].copy_from_slice(&word[..len]);
        }
    }
    broken
}

/// Whatever an image holds, the answer is a result or an error; and what the validator accepts is a
/// value, which survives the trip and can be printed.
#[test]
fn broken_images_are_errors() {
    let mut kinds = Kinds::new(&Answer::Image(Default::default()));
    let (mut tried, mut refused, mut failed) = (0, 0, 0);
    with_random_arguments(80, |func, args, random| {
        let image = break_image(&encode(&func.types, args), random);
        let validator = Validator::new(func.types.iter().cloned()).unwrap();
        let wave = Wave::new(func.types.iter().cloned()).unwrap();
        let (valid, answer) = (validator.check(&image), kinds.by_image(&func.name, &image));
        tried += 1;
        refused += u32::from(valid.is_err());
        failed += u32::from(answer.is_err());
        match (&valid, &answer) {
            (Ok(()), Err(error)) => panic!("{}: valid, but {error:?}", func.name),
            (Ok(()), Ok(_)) => drop(wave.print(&image).unwrap()),
            (Err(_), _) => assert!(wave.print(&image).is_err()),
        }
        if answer.is_err() {
            kinds.restart();
        }
    });
    assert!(tried >= 4000, "{tried} images");
    assert!(
        failed > 500 && refused > failed,
        "{failed} failed, {refused} refused"
    );
}

fn types(name: &str) -> Vec<Type> {
    let funcs = Kinds::new(&Answer::Image(Default::default())).funcs();
    funcs.into_iter().find(|f| f.name == name).unwrap().types
}

/// The message with which the validator refuses an image of the function's arguments.
fn refusal(name: &str, image: &[u8]) -> String {
    let validator = Validator::new(types(name)).unwrap();
    match validator.check(image) {
        Ok(()) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_validator_accepts_what_lifting_makes() {
    with_random_arguments(40, |func, args, _| {
        let validator = Validator::new(func.types.iter().cloned()).unwrap();
        let checked = validator.check(&encode(&func.types, args));
        assert!(checked.is_ok(), "{}: {checked:?} {args:?}", func.name);
    });
}

#[test]
fn the_validator_accepts_parts_in_any_order() {
    // Two strings, the second one's text first.
    let words = [8u32, 2, 26, 3, 24, 2];
    let mut image: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    image.extend_from_slice(b"yzabc");
    assert_eq!(refusal("list-string", &image), "");
}

#[test]
fn the_validator_refuses_what_is_not_canonical() {
    let cases: [(&str, &[u8], &str); 12] = [
        ("one-u32", &[1, 2, 3], "too short"),
        ("one-u32", &[1, 2, 3, 4, 5], "goes on after its last value"),
        ("one-bool", &[2], "the bool at 0 is 2"),
        ("one-char", &[0, 0xd8, 0, 0], "invalid char 0xd800"),
        ("result-flat", &[2; 24], "invalid variant discriminant 2"),
        (
            "flags-all",
            &[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            "unused bits",
        ),
        ("tuples", &[0, 1], "too short"),
        ("one-string", &[8, 0, 0, 0, 1, 0, 0, 0, 0xff], "not UTF-8"),
        (
            "one-string",
            &[8, 0, 0, 0, 2, 0, 0, 0, b'a'],
            "end beyond the image",
        ),
        (
            "one-string",
            &[0, 0, 0, 0, 1, 0, 0, 0, b'a'],
            "values overlap",
        ),
        (
            "one-string",
            &[9, 0, 0, 0, 1, 0, 0, 0, 1, b'a'],
            "belong to no value",
        ),
        (
            "list-u32",
            &[9, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1],
            "not aligned to 4",
        ),
    ];
    for (name, image, reason) in cases {
        let refusal = refusal(name, image);
        assert!(refusal.contains(reason), "{name} {image:?}: {refusal:?}");
    }
}

#[test]
fn the_validator_refuses_padding_and_unused_payloads() {
    let padded = types("padded-list");
    let mut random = Random(3);
    let Type::List(list) = &padded[0] else {
        panic!("a list")
    };
    let image = encode(&padded, &[Val::List(vec![random.value(&list.ty())])]);
    for byte in [9, 15, 25, 29, 31] {
        let mut image = image.clone();
        image[byte] = 1;
        let refusal = refusal("padded-list", &image);
        assert!(refusal.contains("unused bits"), "byte {byte}: {refusal:?}");
    }
    // option<u8>, option<option<string>>, option<scalars>: all none, then one byte of a payload.
    let size = tuple_layout(&types("options")).0;
    assert_eq!(refusal("options", &vec![0; size]), "");
    for byte in [1, 8, 12, size - 1] {
        let mut image = vec![0; size];
        image[byte] = 1;
        let refusal = refusal("options", &image);
        assert!(
            refusal.contains("unused") || refusal.contains("belong"),
            "{byte}: {refusal:?}"
        );
    }
}

/// Three levels of lists that all share their elements: 10^9 strings from 12 KB, unless noticed.
#[test]
fn shared_elements_are_refused_in_time() {
    let mut image = vec![0; 8];
    for level in 0..3u32 {
        let (at, next) = (8 + level * 8000, 8 + (level + 1) * 8000);
        if level == 0 {
            image[..8].copy_from_slice(&[at.to_le_bytes(), 1000u32.to_le_bytes()].concat());
        }
        let count = if level == 2 { 0u32 } else { 1000 };
        for _ in 0..1000 {
            image.extend(next.to_le_bytes());
            image.extend(count.to_le_bytes());
        }
    }
    assert!(refusal("nested", &image).contains("values overlap"));
    let mut kinds = Kinds::new(&Answer::Image(Default::default()));
    let error = kinds.by_image("nested", &image).unwrap_err();
    assert!(format!("{error:?}").contains("values overlap"), "{error:?}");
}

#[test]
fn text_and_image_say_the_same() {
    with_random_arguments(40, |func, args, _| {
        let wave = Wave::new(func.types.iter().cloned()).unwrap();
        let image = encode(&func.types, args);
        let text = wave.print(&image).unwrap();
        let parsed = wave.parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
        assert_eq!(*parsed, *image, "{}: {text}", func.name);
    });
}

#[test]
fn text_reads_as_expected() {
    let wave = Wave::new(types("options")).unwrap();
    let text = "(some(7), some(some(\"hé\")), none)";
    assert_eq!(wave.print(&wave.parse(text).unwrap()).unwrap(), text);
    let nothing = Wave::new([]).unwrap();
    assert_eq!(
        nothing.print(&nothing.parse(" ( ) ").unwrap()).unwrap(),
        "()"
    );
    let sixteen = Wave::new(types("tuples")).unwrap();
    let text = "((1, 2, 3, 4.5, true), (\"a\", ('b', (5))))";
    assert_eq!(sixteen.print(&sixteen.parse(text).unwrap()).unwrap(), text);
}

#[test]
fn errors_in_text_have_a_position() {
    let wave = Wave::new(types("options")).unwrap();
    let cases = [
        ("(none, none, none", 1, 18),
        ("(none,\n some(\"é\", none), none)", 2, 10),
        ("(some(300), none, none)", 1, 7),
        ("(some(\"x\"), none, none)", 1, 7),
        ("(none, none)", 1, 1),
        ("(none, none, none) x", 1, 20),
    ];
    for (text, line, column) in cases {
        let error = match wave.parse(text) {
            Ok(_) => panic!("{text} was accepted"),
            Err(error) => error,
        };
        assert_eq!(
            (error.line, error.column),
            (line, column),
            "{text:?}: {error}"
        );
    }
}
