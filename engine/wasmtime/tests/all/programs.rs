//! Commands: arguments, environment, files, exit codes, standard streams, our clock.
use crate::support::*;
use engine::command::*;
use engine::ffi::User;
use engine::report::View;
use engine::setting::RawDir;
use engine::task::*;
use std::sync::Mutex;

type Told = Mutex<Option<(Result<(), Ended>, u32)>>;

extern "C" fn done(to: User, view: *const View, code: u32) {
    *unsafe { at::<Told>(to) }.lock().unwrap() = Some((unsafe { ended(view) }, code));
}

struct Run {
    world: Box<World>,
    ended: Result<(), Ended>,
    code: u32,
}

fn run(args: &[&str], env: &[(&str, &str)], dirs: &[RawDir]) -> Run {
    let world = Box::<World>::default();
    let mut all = vec!["tool"];
    all.extend(args);
    let setting = Setting::with(&world, env, &all, dirs);
    let (tasks, told) = (Loop::default(), Told::default());
    let tool = pre(linker(), component("release/tool"));
    let sink = CommandSink {
        user: user(&told),
        done,
    };
    let nobody = User(std::ptr::null_mut());
    let task = fine(|fail, to| unsafe {
        let exec = tasks.exec();
        eng_command_start(tool, &limits(), setting.0, nobody, exec, sink, fail, to)
    });
    tasks.turn(task);
    while told.lock().unwrap().is_none() && world.timers() > 0 {
        world.wait();
        tasks.drain();
    }
    // Files are read on threads of their own.
    tasks.until(|| told.lock().unwrap().is_some());
    unsafe { eng_task_free(task) };
    let (ended, code) = told.lock().unwrap().take().unwrap();
    Run { world, ended, code }
}

fn said(args: &[&str]) -> String {
    let run = run(args, &[], &[]);
    assert_eq!((run.ended, run.code), (Ok(()), 0));
    run.world.output(1)
}

#[test]
fn a_program_gets_its_arguments_and_environment() {
    assert_eq!(said(&["args", "one", "two three"]), "one,two three\n");
    let with = run(&["env", "GREETING"], &[("GREETING", "hi")], &[]);
    assert_eq!(with.world.output(1), "hi\n");
    assert_eq!(said(&["env", "PATH"]), "unset\n");
}

#[test]
fn exit_codes_are_the_programs() {
    assert_eq!(run(&["fail"], &[], &[]).code, 1);
    let exit = run(&["exit", "0"], &[], &[]);
    assert_eq!((exit.ended, exit.code), (Ok(()), 0));
    let exit = run(&["exit", "3"], &[], &[]);
    assert_eq!(
        (exit.ended, exit.code),
        (Ok(()), 1),
        "wasi:cli/exit tells success or failure"
    );
}

#[test]
fn a_panic_is_a_trap_with_its_text_on_stderr() {
    let run = run(&["panic"], &[], &[]);
    assert_eq!(
        run.ended.unwrap_err().message,
        "the guest aborted (unreachable)"
    );
    assert!(run.world.output(2).contains("on purpose"));
}

#[test]
fn standard_input_is_at_its_end() {
    assert_eq!(said(&["cat"]), "");
}

#[test]
fn time_is_ours() {
    assert_eq!(said(&["sleep", "1234"]), "1234\n");
    assert_eq!(said(&["clock"]), "1000000000000\n");
}

#[test]
fn sockets_are_denied() {
    let said = said(&["connect", "127.0.0.1:1"]);
    assert_ne!(said, "connected\n");
}

#[test]
fn only_preopened_directories_are_there() {
    let folder = std::env::temp_dir().join(format!("weft-engine-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("note"), "from the host").unwrap();
    let host = folder.to_str().unwrap();
    let dir = |writable| RawDir {
        host: host.into(),
        guest: "/data".into(),
        writable,
    };

    let read = run(&["read", "/data/note"], &[], &[dir(false)]);
    let denied = run(&["write", "/data/new", "text"], &[], &[dir(false)]);
    let written = run(&["write", "/data/new", "text"], &[], &[dir(true)]);
    let listed = run(&["list", "/data"], &[], &[dir(false)]);
    let outside = run(&["read", "/data/../../etc/passwd"], &[], &[dir(false)]);
    let none = run(&["read", "/data/note"], &[], &[]);
    let new = std::fs::read_to_string(folder.join("new"));
    std::fs::remove_dir_all(&folder).unwrap();

    assert_eq!(read.world.output(1), "from the host");
    assert_eq!((denied.code, written.code), (1, 0));
    assert_eq!(new.unwrap(), "text");
    assert_eq!(listed.world.output(1), "new,note\n");
    assert_eq!((outside.code, none.code), (1, 1));
}

#[test]
fn a_directory_that_is_not_there_is_an_error() {
    let world = World::default();
    let raw = engine::setting::RawSetting {
        env: std::ptr::null(),
        env_count: 0,
        args: std::ptr::null(),
        arg_count: 0,
        dirs: &RawDir {
            host: "/no/such/folder".into(),
            guest: "/".into(),
            writable: false,
        },
        dir_count: 1,
        stdin_inherit: false,
        terminal: [false; 3],
        world: world.raw(),
    };

    let (setting, message) =
        failing(|fail, to| unsafe { engine::setting::eng_setting_new(&raw, fail, to) });

    assert!(setting.is_null());
    assert!(message.contains("/no/such/folder"), "{message}");
    assert_eq!(*world.released.lock().unwrap(), 0);
}

#[test]
fn a_component_that_is_no_program_is_refused() {
    let (world, tasks, told) = (World::default(), Loop::default(), Told::default());
    let setting = Setting::new(&world);
    let hello = pre(linker(), component("release/hello"));
    let sink = CommandSink {
        user: user(&told),
        done,
    };

    let nobody = User(std::ptr::null_mut());
    let (task, message) = failing(|fail, to| unsafe {
        let exec = tasks.exec();
        eng_command_start(hello, &limits(), setting.0, nobody, exec, sink, fail, to)
    });

    assert!(task.is_null());
    assert!(message.contains("not a program"), "{message}");
}
