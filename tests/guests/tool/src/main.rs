//! A program: `tool COMMAND [ARGUMENT…]`.
use std::io::{Read, Write};
use std::time::{Duration, Instant, SystemTime};

fn main() -> Result<(), String> {
    let args: Vec<String> = std::env::args().collect();
    let word = |i: usize| args.get(i).map_or("", String::as_str);
    let text = |error: std::io::Error| error.to_string();
    match word(1) {
        "args" => println!("{}", args[2..].join(",")),
        "env" => println!("{}", std::env::var(word(2)).unwrap_or("unset".into())),
        "exit" => std::process::exit(word(2).parse().unwrap_or(0)),
        "fail" => return Err("failing as asked".into()),
        "cat" => {
            let mut input = Vec::new();
            std::io::stdin().read_to_end(&mut input).map_err(text)?;
            std::io::stdout().write_all(&input).map_err(text)?;
        }
        "read" => print!("{}", std::fs::read_to_string(word(2)).map_err(text)?),
        "write" => std::fs::write(word(2), word(3)).map_err(text)?,
        "list" => {
            let entries = std::fs::read_dir(word(2)).map_err(text)?;
            let mut names: Vec<String> = entries
                .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                .collect();
            names.sort();
            println!("{}", names.join(","));
        }
        "sleep" => {
            let started = Instant::now();
            let wanted = Duration::from_millis(word(2).parse().unwrap_or(0));
            std::thread::sleep(wanted);
            println!("{}", started.elapsed().as_millis());
        }
        "clock" => {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            println!("{}", now.map_or(0, |now| now.as_nanos()));
        }
        "connect" => {
            let error = std::net::TcpStream::connect(word(2)).err();
            println!("{}", error.map_or("connected".into(), text));
        }
        "flood" => loop {
            println!("{}", "x".repeat(1000));
        },
        "stderr" => eprintln!("{}", word(2)),
        "panic" => panic!("the tool panics on purpose"),
        other => return Err(format!("unknown command {other:?}")),
    }
    Ok(())
}
