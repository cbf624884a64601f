//! Arguments of imports whose large list stays in the memory of the guest that calls.
use crate::calls::*;
use crate::support::*;
use engine::completion::*;
use engine::ffi::User;
use engine::image::{Image, eng_image_whole};
use engine::limits::{LimitKind, Limits};
use engine::report::End;
use engine::task::*;
use std::sync::Mutex;

const LARGE: usize = 100_000;

/// Calls of imports, unanswered.
type Kept = Mutex<Vec<(usize, Image)>>;

extern "C" fn keep(to: User, call: *const Call, args: Image) {
    let mut kept = unsafe { at::<Kept>(to) }.lock().unwrap();
    kept.push((call as usize, args));
}

/// A guest that has called `bytes` with `size` times 7 and waits.
struct Waiting {
    /// The task knows where it is.
    caller: Box<Caller>,
    task: *const Task,
    call: *const Call,
    args: Image,
    /// Where its imports are told.
    _kept: Box<Kept>,
}

fn waiting(size: usize) -> Waiting {
    let (kept, caller) = (Box::<Kept>::default(), Box::<Caller>::default());
    let func = func(component("release/front"), DRIVE, "call-bytes");
    let context = User(std::ptr::null_mut());
    let pre = front_with(keep, user(&*kept), true);
    let task = caller.start(pre, func, &words(&[1, size as u32]), context);
    caller.tasks.turn(task);
    let (call, args) = kept.lock().unwrap().pop().expect("a call");
    Waiting {
        caller,
        task,
        call: call as *const Call,
        args,
        _kept: kept,
    }
}

fn image(size: usize) -> Vec<u8> {
    let mut image = words(&[8, size as u32]);
    image.resize(8 + size, 7);
    image
}

fn echo(args: Image) -> Result<Vec<u8>, Ended> {
    let echo = component("release/echo");
    Caller::default().fresh_with(
        pre(linker(), echo),
        func(echo, API, "bytes"),
        args,
        limits(),
    )
}

impl Waiting {
    /// Answers with an empty list and sees the guest end.
    fn answer(&self) {
        unsafe { eng_call_return(self.call, words(&[8, 0]).into()) };
        self.caller.tasks.drain();
        let told = self.caller.tell.lock().unwrap();
        assert_eq!(told.result, Some(vec![0; 8]));
    }
}

#[test]
fn a_large_list_is_lent_and_a_small_one_is_not() {
    for (size, here) in [(10_000, 10_008), (LARGE, 8)] {
        let waiting = waiting(size);

        assert_eq!(waiting.args.len(), here);
        assert_eq!(waiting.args.whole_len(), 8 + size);
        waiting.answer();
        unsafe { eng_task_free(waiting.task) };
    }
}

#[test]
fn a_lent_image_can_be_made_whole_from_any_thread_while_its_guest_waits() {
    let mut waiting = waiting(LARGE);
    let mut args = std::mem::replace(&mut waiting.args, Vec::new().into());

    let (whole, args) = std::thread::spawn(move || {
        let whole = unsafe { eng_image_whole(&mut args) };
        (whole, args)
    })
    .join()
    .unwrap();

    assert!(whole);
    assert_eq!(args.to_vec(), image(LARGE));
    assert!(args.tail().is_none());
    waiting.answer();
    unsafe { eng_task_free(waiting.task) };
}

#[test]
fn a_callee_gets_what_its_caller_lends() {
    let mut waiting = waiting(LARGE);
    let args = std::mem::replace(&mut waiting.args, Vec::new().into());

    assert_eq!(echo(args), Ok(image(LARGE)));

    waiting.answer();
    unsafe { eng_task_free(waiting.task) };
}

#[test]
fn nothing_is_lent_any_more_once_the_call_is_answered_or_its_guest_gone() {
    for answered in [true, false] {
        let [mut made_whole, mut passed_on] = [waiting(LARGE), waiting(LARGE)];
        for waiting in [&made_whole, &passed_on] {
            if answered {
                waiting.answer();
            }
            unsafe { eng_task_free(waiting.task) };
        }

        assert!(!unsafe { eng_image_whole(&mut made_whole.args) });
        assert_eq!(made_whole.args.to_vec(), image(LARGE)[..8]);
        let args = std::mem::replace(&mut passed_on.args, Vec::new().into());
        let ended = echo(args).unwrap_err();
        assert_eq!(ended.end, End::Host);
        assert!(ended.message.contains("went away"), "{ended:?}");
        if !answered {
            for waiting in [made_whole, passed_on] {
                unsafe { eng_call_trap(waiting.call, "late".into()) };
            }
        }
    }
}

#[test]
fn what_is_lent_counts_against_the_limits_of_the_guest() {
    let kept = Kept::default();
    let front = component("release/front");
    let call = func(front, DRIVE, "call-bytes");
    let small = |limits: Limits| {
        let args = words(&[1, LARGE as u32]).into();
        let pre = front_with(keep, user(&kept), true);
        Caller::default().fresh_with(pre, call, args, limits)
    };

    let held = small(Limits {
        host_bytes: LARGE as u64,
        ..limits()
    });
    let handed = small(Limits {
        hostcall_bytes: LARGE as u64 - 1,
        ..limits()
    });

    assert_eq!(held.unwrap_err().kind, LimitKind::HostMemory);
    assert_eq!(handed.unwrap_err().kind, LimitKind::HostcallBytes);
    assert!(kept.lock().unwrap().is_empty());
}
