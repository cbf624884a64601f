//! Writes the bindings of wasi:http for `bindgen!`, with the WIT of the crate `wasip2`: the project keeps no copy of WASI's own
//! interfaces.
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const SOURCE: &str = "wasip2";

/// Where Cargo keeps the sources of the package `name`.
fn package_dir(name: &str) -> PathBuf {
    let output = Command::new(env::var("CARGO").expect("Cargo runs this"))
        .args(["metadata", "--format-version=1", "--locked"])
        .args(["--filter-platform", &env::var("TARGET").expect("set")])
        .arg("--manifest-path")
        .arg(Path::new(&env::var("CARGO_MANIFEST_DIR").expect("set")).join("Cargo.toml"))
        .output()
        .expect("running cargo metadata");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo metadata: {errors}");
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("cargo metadata speaks JSON");
    let package = metadata["packages"]
        .as_array()
        .and_then(|all| all.iter().find(|package| package["name"] == name))
        .expect("the package is among the build dependencies");
    let manifest = package["manifest_path"].as_str().expect("a path");
    Path::new(manifest)
        .parent()
        .expect("a folder")
        .to_path_buf()
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=Cargo.lock");
    let wit = package_dir(SOURCE).join("wit");
    let http = fs::read_to_string(wit.join("deps/http.wit")).expect("the WIT of wasi:http");
    let version = http
        .lines()
        .find_map(|line| line.strip_prefix("package wasi:http@")?.strip_suffix(';'))
        .expect("a package line with a version");
    let resources: String = [
        ("fields", "fields::Fields"),
        ("incoming-request", "http_types::IncomingRequest"),
        ("incoming-body", "http_types::IncomingBody"),
        ("future-trailers", "http_types::FutureTrailers"),
        ("response-outparam", "http_response::Outparam"),
        ("outgoing-response", "http_response::OutgoingResponse"),
        ("outgoing-body", "http_response::OutgoingBody"),
        ("outgoing-request", "http_request::OutgoingRequest"),
        ("request-options", "http_request::Options"),
        ("incoming-response", "http_client::IncomingResponse"),
        ("future-incoming-response", "http_client::FutureResponse"),
    ]
    .iter()
    .map(|(wit, rust)| format!("\"wasi:http/types.{wit}\": crate::{rust},\n"))
    .collect();
    let bindings = format!(
        r#"wasmtime::component::bindgen!({{
    path: {wit:?},
    inline: "package weft:engine;
        world http {{
            import wasi:http/types@{version};
            export wasi:http/incoming-handler@{version};
        }}",
    world: "weft:engine/http",
    imports: {{ default: trappable }},
    exports: {{ default: async }},
    require_store_data_send: true,
    with: {{
        "wasi:io": wasmtime_wasi::p2::bindings::io,
        "wasi:clocks": wasmtime_wasi::p2::bindings::clocks,
        {resources}
    }},
}});
"#
    );
    let out = Path::new(&env::var("OUT_DIR").expect("set")).join("http_bindings.rs");
    fs::write(out, bindings).expect("writing the bindings");
}
