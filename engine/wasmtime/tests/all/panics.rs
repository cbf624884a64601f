//! A defect of the library ends one call, silently and with a report.
use crate::http::{Ask, Client};
use crate::support::*;
use engine::panics::*;
use engine::report::End;

fn hello_works() {
    let hello = Client::get(&Ask::default());
    assert_eq!(hello.seen.lock().unwrap().done, Some(Ok(())));
}

#[test]
fn a_panic_while_polling_is_a_report() {
    for (place, guest, target) in [
        (Place::Poll, "release/hello", "/"),
        // On the guest's fiber: its memory grows.
        (Place::Fiber, "release/bad", "/grow/10"),
    ] {
        let client = Client::start(&Ask {
            guest,
            target,
            ..Ask::default()
        });
        panic_at(place);
        client.run();

        let failure = client.seen.lock().unwrap().failure();
        assert_eq!(failure.end, End::Panic);
        assert!(
            failure
                .message
                .contains("asked for by a test, at src/panics.rs"),
            "{failure:?}"
        );
        hello_works();
    }
}

#[test]
fn a_panic_in_a_free_function_stays_there() {
    let before = eng_panics(None, User(std::ptr::null_mut()));
    let linker = linker();
    panic_at(Place::Free);
    unsafe { engine::linker::eng_linker_free(linker) };

    assert!(eng_panics(None, User(std::ptr::null_mut())) > before);
    let newest = text(|take, to| {
        eng_panics(Some(take), to);
    });
    assert!(newest.contains("asked for by a test"), "{newest}");
    hello_works();
}

use engine::ffi::User;
