//! An HTTP component that shows what its host gives it without any link. `/config/KEY`, `/runtime/KEY` and `/rc/KEY` answer a value
//! by one spelling of wasi:config each, `/env/KEY` by the environment, `/all` every pair; `/twice/KEY/MS` answers a value before and
//! after a pause. `/log/LEVEL/CONTEXT/MESSAGE` logs, `/flood/N` logs N lines and `/endless` until it is stopped. `/secret/NAME`
//! reveals a secret.
use wasip2::clocks::monotonic_clock;
use wasip2::http::types::{
    Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam,
};

wit_bindgen::generate!({
    path: [
        "../../../contracts/wit/wasi-config-0.2.0-draft",
        "../../../contracts/wit/wasi-config-0.2.0-rc.1",
        "../../../contracts/wit/wasi-logging-0.1.0-draft",
        "../../../contracts/wit/wasmcloud-secrets-0.1.0-draft",
    ],
    inline: "
        package test:settings;
        world settings {
            import wasi:config/store@0.2.0-draft;
            import wasi:config/runtime@0.2.0-draft;
            import wasi:config/store@0.2.0-rc.1;
            import wasi:logging/logging@0.1.0-draft;
            import wasmcloud:secrets/store@0.1.0-draft;
            import wasmcloud:secrets/reveal@0.1.0-draft;
        }
    ",
    world: "test:settings/settings",
    generate_all,
});

use wasi::config0_2_0_draft::{runtime, store};
use wasi::config0_2_0_rc_1::store as rc;
use wasi::logging::logging::{Level, log};
use wasmcloud::secrets::reveal::reveal;
use wasmcloud::secrets::store::{SecretValue, SecretsError, get as get_secret};

struct Settings;

fn shown<E: std::fmt::Debug>(value: Result<Option<String>, E>) -> String {
    match value {
        Ok(Some(text)) => text,
        Ok(None) => "none".into(),
        Err(error) => format!("error {error:?}"),
    }
}

fn level(word: &str) -> Level {
    match word {
        "trace" => Level::Trace,
        "debug" => Level::Debug,
        "info" => Level::Info,
        "warn" => Level::Warn,
        "error" => Level::Error,
        _ => Level::Critical,
    }
}

fn secret(name: &str) -> String {
    match get_secret(name) {
        Ok(secret) => match reveal(&secret) {
            SecretValue::String(text) => format!("text {text}"),
            SecretValue::Bytes(bytes) => format!("bytes {bytes:?}"),
        },
        Err(SecretsError::NotFound) => "not found".into(),
        Err(error) => format!("error {error:?}"),
    }
}

fn answer(words: &[&str]) -> String {
    match words {
        ["config", key] => shown(store::get(key)),
        ["runtime", key] => shown(runtime::get(key)),
        ["rc", key] => shown(rc::get(key)),
        ["env", key] => std::env::var(key).unwrap_or("none".into()),
        ["all"] => {
            let pairs = store::get_all().expect("the configuration");
            let pairs: Vec<String> = pairs
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            pairs.join(",")
        }
        ["twice", key, ms] => {
            let before = shown(store::get(key));
            let ms: u64 = ms.parse().unwrap_or(100);
            monotonic_clock::subscribe_duration(ms * 1_000_000).block();
            format!("{before} {}", shown(store::get(key)))
        }
        ["log", word, context, message] => {
            log(level(word), context, message);
            "logged".into()
        }
        ["flood", n] => {
            let n: u32 = n.parse().unwrap_or(0);
            for i in 0..n {
                log(Level::Info, "flood", &format!("line {i}"));
            }
            "flooded".into()
        }
        ["endless"] => loop {
            log(Level::Info, "flood", &"x".repeat(10_000));
        },
        ["secret", name] => secret(name),
        _ => "hello world".into(),
    }
}

impl wasip2::exports::http::incoming_handler::Guest for Settings {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let path = request.path_with_query().unwrap_or_default();
        let words: Vec<&str> = path.split('/').skip(1).collect();
        let text = answer(&words);
        let response = OutgoingResponse::new(Fields::new());
        let body = response.body().expect("first use of the body");
        ResponseOutparam::set(out, Ok(response));
        let stream = body.write().expect("first use of the stream");
        for chunk in text.as_bytes().chunks(4096) {
            stream.blocking_write_and_flush(chunk).expect("writing");
        }
        drop(stream);
        OutgoingBody::finish(body, None).expect("finishing the body");
    }
}

wasip2::http::proxy::export!(Settings);
