//! Operations beside their floors as a Markdown table: `cargo bench --bench table`.
//!
//! `-- --check` fails when a ratio is above its bound; `-- --processes 3` sets their number.

use quipu_benches::{collect, operations, process};

const ROUNDS: usize = 15;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|it| it == "--process") {
        return process(operations(), Vec::new(), ROUNDS);
    }
    let place = arguments.iter().position(|it| it == "--processes");
    let processes = place.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(5);
    let table = collect(&operations(), processes, &["--process"]);
    print!("{table}");
    let beyond: Vec<_> = table.beyond().map(|it| it.name.as_str()).collect();
    if !beyond.is_empty() {
        eprintln!("above the bound: {}", beyond.join("; "));
        if arguments.iter().any(|it| it == "--check") {
            std::process::exit(1);
        }
    }
}
