//! What a guest can do wrong with its response.
use crate::http::{Ask, Client};
use engine::report::End;

fn bad(target: &str) -> Box<Client> {
    Client::get(&Ask {
        guest: "release/bad",
        target,
        ..Ask::default()
    })
}

/// The response was not completed, and the report says why.
fn incomplete(target: &str, status: u16, why: &str) {
    let client = bad(target);
    let seen = client.seen.lock().unwrap();
    let failure = seen.failure();
    assert_eq!(failure.end, End::Guest, "{target}: {failure:?}");
    assert!(failure.message.contains(why), "{target}: {failure:?}");
    assert_eq!(seen.status, status, "{target}");
    assert!(!seen.ended, "{target}");
}

#[test]
fn a_guest_that_never_answers_is_reported() {
    incomplete("/silent", 0, "without setting a response");
    incomplete("/headless/5000", 0, "without setting a response");
}

#[test]
fn a_content_length_must_be_true() {
    incomplete("/length/9", 200, "content-length is 9");
    incomplete("/length/3", 200, "more than its content-length");
    incomplete("/nobody/5", 0, "but no body");
    incomplete("/lengths", 0, "content-length");
}

#[test]
fn a_true_content_length_passes() {
    let client = bad("/length/5");

    let seen = client.seen.lock().unwrap();
    assert_eq!(seen.done, Some(Ok(())));
    assert_eq!(seen.text(), "12345");
    assert_eq!(seen.headers, [("content-length".into(), "5".into())]);
}

#[test]
fn an_answer_to_head_may_have_a_length_and_no_body() {
    let client = Client::get(&Ask {
        guest: "release/bad",
        method: "HEAD",
        target: "/nobody/5",
        ..Ask::default()
    });

    let seen = client.seen.lock().unwrap();
    assert_eq!(seen.done, Some(Ok(())));
    assert!(seen.ended && seen.body.is_empty());
}

#[test]
fn a_body_must_be_finished() {
    incomplete("/dropped", 200, "without finishing");
}

#[test]
fn a_trap_in_the_middle_of_a_body_is_a_trap() {
    let client = bad("/midtrap");

    let seen = client.seen.lock().unwrap();
    assert_eq!(seen.failure().end, End::Trap);
    assert_eq!((seen.status, seen.text().as_str()), (200, "half"));
    assert!(!seen.ended);
}

#[test]
fn an_error_code_is_an_answer_of_its_own() {
    for (target, code) in [
        ("/refuse", "internal-error(\"no stock\")"),
        ("/timeout", "connection-timeout"),
    ] {
        let client = bad(target);

        let seen = client.seen.lock().unwrap();
        assert_eq!(seen.refused.as_deref(), Some(code));
        assert_eq!(seen.status, 0);
        assert_eq!(seen.done, Some(Ok(())));
    }
}

#[test]
fn two_responses_share_nothing() {
    let client = bad("/two");

    let seen = client.seen.lock().unwrap();
    assert_eq!(seen.text(), "from the second");
    assert_eq!(seen.headers, [("x-which".into(), "second".into())]);
    assert_eq!(seen.done, Some(Ok(())));
}

#[test]
fn headers_of_the_connection_are_refused() {
    let client = bad("/hop");

    let seen = client.seen.lock().unwrap();
    assert_eq!(seen.text(), "5 true");
    assert!(seen.headers.is_empty());
}

#[test]
fn only_final_statuses_are_taken() {
    for (target, status, said) in [
        ("/status/404", 404, "set"),
        ("/status/101", 200, "refused"),
        ("/status/1000", 200, "refused"),
    ] {
        let client = bad(target);

        let seen = client.seen.lock().unwrap();
        assert_eq!((seen.status, seen.text().as_str()), (status, said));
    }
}

#[test]
fn an_answer_may_come_before_the_request_was_read() {
    let client = Client::get(&Ask {
        guest: "release/bad",
        target: "/early",
        body: None,
        ..Ask::default()
    });

    let seen = client.seen.lock().unwrap();
    assert_eq!(seen.text(), "early");
    assert_eq!((seen.wants, seen.done.clone()), (0, Some(Ok(()))));
}

#[test]
fn exit_in_a_handler_is_the_guests_fault() {
    let client = bad("/exit/3");

    let failure = client.seen.lock().unwrap().failure();
    assert_eq!(failure.end, End::Guest);
    assert!(failure.message.contains("exit("), "{failure:?}");
}
