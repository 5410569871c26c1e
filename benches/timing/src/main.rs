//! Whether secrets decide where the reference branches, what it reads, and how long it takes.
//!
//! `quipu-timing` runs itself under valgrind: memcheck with every secret marked as undefined,
//! callgrind to count instructions; and at last it times forgeries. Exit code 0: nothing found;
//! 1: a secret decides something that no exception allows, or a deliberate leak was not found;
//! 2: a wrong argument; 3: valgrind is missing; 101: what is played does not end as it should.

mod counts;
mod marked;
mod scene;
mod statistics;
mod valgrind;

use std::env;
use std::io::ErrorKind;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let fine = match words[..] {
        [] => marked::check()
            .and_then(|it| Ok(counts::check()? & it))
            .map(|it| statistics::check() & it),
        ["marked"] => marked::check(),
        ["counts"] => counts::check(),
        ["statistics"] => Ok(statistics::check()),
        // What runs under valgrind.
        ["marked", path] => return marked::play(path),
        ["counts", "play"] => return counts::play(),
        _ => {
            eprintln!("usage: quipu-timing [marked | counts | statistics]");
            return ExitCode::from(2);
        }
    };
    match fine {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("missing: valgrind ({error})");
            ExitCode::from(3)
        }
        Err(error) => {
            eprintln!("valgrind cannot be run or read: {error}");
            ExitCode::FAILURE
        }
    }
}
