//! Binaries and artifacts: what they are, what they say of themselves, where a trap was.
use crate::calls::*;
use crate::http::{Ask, Client};
use crate::support::*;
use engine::binary::*;
use engine::component::*;
use engine::describe::*;
use engine::engine::*;
use engine::symbols::Symbols;
use engine::wave_text::*;

const ASYNC: &str = r#"(component
    (type $f (func async (result u32)))
    (import "f" (func (type $f))))"#;

#[test]
fn a_file_is_told_for_what_it_is() {
    let component = bytes("release/hello");
    let module = wat::parse_str("(module (memory 1))").unwrap();
    let asynchronous = wat::parse_str(ASYNC).unwrap();
    let broken = &component[..component.len() / 2];
    for (wasm, expected) in [
        (&component[..], Kind::Component),
        (&module, Kind::Module),
        (b"  ;; text\n (module)", Kind::Text),
        (b"(component)", Kind::Text),
        (b"", Kind::Empty),
        (b"#!/bin/sh", Kind::Other),
        (b"(* pascal *)", Kind::Other),
        (broken, Kind::Broken),
        (b"\0as", Kind::Broken),
        (b"\0asm\x09\0\0\0", Kind::Broken),
        (&asynchronous, Kind::Async),
    ] {
        let (found, detail) = kind(wasm);

        assert_eq!(found, expected, "{detail}");
        let explained = matches!(expected, Kind::Broken | Kind::Async);
        assert_eq!(explained, !detail.is_empty(), "{expected:?}: {detail}");
    }
}

#[test]
fn what_cannot_be_compiled_is_told_for_what_it_is() {
    for (wasm, words) in [
        (&wat::parse_str("(module)").unwrap()[..], "core module"),
        (&wat::parse_str(ASYNC).unwrap(), "needs WASI 0.3"),
        (b"", "empty"),
        (b"\x7fELF", "not WebAssembly"),
        (&bytes("release/hello")[..1000], "truncated"),
    ] {
        let (made, message) =
            failing(|fail, to| unsafe { eng_component_new(engine(), wasm.into(), fail, to) });

        assert!(made.is_null());
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn an_artifact_is_mapped_again() {
    let path = std::env::temp_dir().join(format!("weft-engine-{}.art", std::process::id()));
    extern "C" fn save(path: engine::ffi::User, bytes: engine::ffi::Slice) {
        let path = unsafe { at::<std::path::PathBuf>(path) };
        std::fs::write(path, unsafe { bytes.bytes() }).unwrap();
    }
    let echo = component("release/echo");
    fine(|fail, to| unsafe { eng_component_save(echo, save, user(&path), fail, to) });

    let name = path.to_str().unwrap();
    let opened = fine(|fail, to| unsafe { eng_component_open(engine(), name.into(), fail, to) });
    std::fs::remove_file(&path).unwrap();
    let opened = unsafe { &*opened };
    let add = func(opened, API, "add");
    let result = Caller::default().fresh(pre(linker(), opened), add, &words(&[1, 2]));

    assert_eq!(result, Ok(words(&[3])));
    let (missing, message) =
        failing(|fail, to| unsafe { eng_component_open(engine(), name.into(), fail, to) });
    assert!(missing.is_null() && message.contains(name), "{message}");
}

#[test]
fn the_hash_tells_settings_apart() {
    let hash = |options: &Options| unsafe { eng_engine_hash(new_engine(options)) };
    let plain = Options::default();

    assert_eq!(hash(&plain), hash(&plain));
    assert_ne!(
        hash(&plain),
        hash(&Options {
            tick_us: 1_000,
            ..plain
        })
    );
    assert_ne!(
        hash(&plain),
        hash(&Options {
            slot: 64 << 20,
            ..plain
        })
    );
}

#[test]
fn a_component_describes_itself() {
    let json: serde_json::Value =
        serde_json::from_str(&describe(component("release/holder")).unwrap()).unwrap();

    let find = |side: &str, name: &str| {
        let items = json[side].as_array().unwrap();
        items
            .iter()
            .find(|item| item["interface"] == name)
            .cloned()
            .expect(name)
    };
    let vault = find("imports", "test:demo/vault@0.1.0");
    assert_eq!(vault["resources"], serde_json::json!(["item"]));
    let signature = |item: &serde_json::Value, name: &str| {
        let all = item["functions"].as_array().unwrap();
        let found = all.iter().find(|f| f["name"] == name).expect(name);
        found["signature"].as_str().unwrap().to_string()
    };
    let join = signature(&vault, "[static]item.join");
    assert_eq!(join, "func(a: borrow<item>, b: own<item>) -> own<item>");
    assert_eq!(
        signature(&vault, "find"),
        "func(name: string) -> option<own<item>>"
    );
    let more = find("imports", "test:demo/vault-more@0.1.0");
    assert_eq!(
        signature(&more, "weigh"),
        "func(what: list<borrow<item>>) -> u64"
    );
    assert_eq!(
        signature(&find("imports", ""), "note"),
        "func(text: string)"
    );
    assert_eq!(
        signature(&find("exports", "test:demo/keep@0.1.0"), "hold"),
        "func(n: u32)"
    );
    assert_eq!(json["needs_async"], false);
    assert_eq!(json["resources_required"]["memories"], 1);

    let echo = describe(component("release/echo")).unwrap();
    let person = "record{name: string, age: option<u8>, tags: list<string>, \
        home: option<record{x: s32, y: f64}>, shape: variant{nothing, circle(f32), \
        poly(list<record{x: s32, y: f64}>), named(string), big(u64)}, color: enum{red, green, blue}, \
        perms: flags{read, write, exec}, id: u64, ok: bool, initial: char, \
        outcome: result<string, u32>, pair: tuple<u8, u64>}";
    assert!(echo.contains(person), "{echo}");
    assert!(
        echo.contains("tuple<result, result<u64>, result<_, string>>"),
        "{echo}"
    );
}

#[test]
fn the_wit_of_a_component_is_text() {
    let wit = wit_text(&bytes("release/holder")).unwrap();

    for line in [
        "import note: func(text: string);",
        "resource item {",
        "export test:demo/keep@0.1.0;",
    ] {
        assert!(wit.contains(line), "{line} in {wit}");
    }
    assert!(wit_text(b"nothing").is_err());
}

#[test]
fn a_trap_has_function_file_and_line() {
    let symbols = Symbols::new(&bytes("lines/bad")).unwrap();
    let client = Client::get(&Ask {
        guest: "lines/bad",
        target: "/oob",
        ..Ask::default()
    });

    let failure = client.seen.lock().unwrap().failure();
    let places: Vec<_> = failure
        .frames
        .iter()
        .flat_map(|(_, at)| symbols.find(*at))
        .collect();
    let lines: Vec<String> = places
        .iter()
        .map(|place| format!("{} {}:{}", place.function, place.file, place.line))
        .collect();
    let found = |function: &str, file: &str| {
        let fits = |place: &engine::symbols::Place| {
            place.function.ends_with(function) && place.file.ends_with(file) && place.line > 0
        };
        assert!(places.iter().any(fits), "{function} in {lines:#?}");
    };
    found("out_of_bounds", "src/compute.rs");
    found("act", "src/compute.rs");
    found(
        "Bad as wasip2::proxy::exports::wasi::http::incoming_handler::Guest>::handle",
        "src/lib.rs",
    );
    assert!(symbols.find(0).is_empty());
}

#[test]
fn a_stripped_component_has_offsets_only() {
    let symbols = Symbols::new(&bytes("release/bad")).unwrap();
    let client = Client::get(&Ask {
        guest: "release/bad",
        target: "/oob",
        ..Ask::default()
    });

    let failure = client.seen.lock().unwrap().failure();
    let places = symbols.find(failure.frames[0].1);
    assert!(places[0].function.starts_with("function "), "{places:?}");
    assert_eq!((places[0].file.as_str(), places[0].line), ("", 0));
}

#[test]
fn values_are_text_both_ways() {
    let echo = component("release/echo");
    let both = |name: &str, side: Side, text: &str| {
        let image = parse(echo, API, name, side, text).unwrap();
        assert_eq!(print(echo, API, name, side, &image).unwrap(), text);
    };
    both("add", Side::Params, "(1, 2)");
    both("add", Side::Result, "3");
    both("nothing", Side::Params, "()");
    both("nothing", Side::Result, "");
    both("echo-shape", Side::Result, "poly([{x: -1, y: 0.5}])");
    let error = |side, text| match parse(echo, API, "add", side, text) {
        Ok(_) => panic!("{text} is no value"),
        Err(error) => error.to_string(),
    };
    assert!(error(Side::Params, "(1, x)").starts_with("line 1, column 5"));
    assert!(error(Side::Result, "x").starts_with("line 1, column 1"));
}

#[test]
fn types_that_no_image_carries_are_refused_when_compiling() {
    for (ty, words) in [
        ("(list u8 4)", "fixed"),
        ("(map string u32)", "map"),
        ("error-context", "error-context"),
    ] {
        let text = format!(r#"(component (import "f" (func (param "a" {ty}))))"#);
        let wasm = wat::parse_str(text).unwrap();

        let (made, message) = failing(|fail, to| unsafe {
            eng_component_new(engine(), wasm.as_slice().into(), fail, to)
        });

        assert!(made.is_null());
        assert!(message.contains(words), "{message}");
    }
}
