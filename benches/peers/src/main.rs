//! Quipu beside its peers, in one run: `cargo run --release --manifest-path benches/peers/Cargo.toml`.
//!
//! Every process measures ours, the primitives and the peers interleaved; ratios are taken within a
//! process. `--record` writes the tables into `docs/performance.md`; `--processes 3` sets their
//! number.

mod double_ratchet_2;
mod noise;
mod olm;
mod page;

use quipu_benches::{Case, Table, collect, operations, process};

const ROUNDS: usize = 15;
const SIZES: [(usize, &str); 3] = [(32, "32 B"), (1024, "1 KiB"), (65_531, "64 KiB")];
const TURN: &str = "a message that begins a chain, encrypt and decrypt, 32 B";

fn named(peer: &str, what: &str, size: &str) -> String {
    format!("{peer}: {what} {size}")
}

fn turning(peer: &str) -> String {
    format!("{peer}: {TURN}")
}

fn peers() -> Vec<Case> {
    [double_ratchet_2::cases(), olm::cases(), noise::cases()].into_iter().flatten().collect()
}

fn measured(processes: usize) -> Table {
    collect(&operations(), processes, &["--process"])
}

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|it| it == "--process") {
        process(operations(), peers(), ROUNDS);
        return Ok(());
    }
    let place = arguments.iter().position(|it| it == "--processes");
    let processes = place.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(5);
    let names: Vec<String> = peers().into_iter().map(|it| it.name).collect();
    let tables = page::tables(&measured(processes), &names);
    print!("{tables}");
    if arguments.iter().any(|it| it == "--record") {
        page::record(&tables)?;
    }
    Ok(())
}
