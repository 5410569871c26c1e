//! Operations beside their floors as a Markdown table: `cargo bench --bench table`.
//!
//! `-- --processes 3` sets the number of processes; with `-- --check` the exit code is 1 when a ratio
//! is above its bound. Exit code 2: unknown arguments.

use quipu_benches::{Options, collect, operations, process};
use std::process::ExitCode;

const ROUNDS: usize = 15;

fn main() -> ExitCode {
    let options = match Options::read(&["--process", "--check"]) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    if options.has("--process") {
        process(operations(), Vec::new(), ROUNDS);
        return ExitCode::SUCCESS;
    }
    let table = collect(&operations(), options.processes, &["--process"]);
    print!("{table}");
    let beyond: Vec<_> = table.beyond().map(|it| it.name.as_str()).collect();
    if !beyond.is_empty() {
        eprintln!("above the bound: {}", beyond.join("; "));
    }
    ExitCode::from(u8::from(options.has("--check") && !beyond.is_empty()))
}
