//! Quipu beside its peers, in one run: `cargo run --release --manifest-path benches/peers/Cargo.toml`.
//!
//! Every process measures ours, the primitives and the peers interleaved; ratios are taken within a
//! process. `--record` writes the tables into `docs/performance.md` and `README.md`;
//! `--processes 3` sets their number.

mod double_ratchet_2;
mod mls;
mod noise;
mod olm;
mod page;

use quipu_benches::{Case, Options, collect, operations, process};
use std::process::ExitCode;

const ROUNDS: usize = 15;
const SIZES: [(usize, &str); 3] = [(32, "32 B"), (1024, "1 KiB"), (65_531, "64 KiB")];
const FIRST_REPLY: &str = "from a bundle to the first reply, prepared 0x0002, both sides";
const TURN: &str = "a message that begins a chain, encrypt and decrypt, 32 B";

fn named(peer: &str, what: &str, size: &str) -> String {
    format!("{peer}: {what} {size}")
}

fn turning(peer: &str) -> String {
    format!("{peer}: {TURN}")
}

fn peers() -> Vec<Case> {
    let all = [double_ratchet_2::cases(), olm::cases(), mls::cases(), noise::cases()];
    all.into_iter().flatten().collect()
}

fn main() -> ExitCode {
    let options = match Options::read(&["--process", "--record"]) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    if options.has("--process") {
        process(operations(), peers(), ROUNDS);
        return ExitCode::SUCCESS;
    }
    let names: Vec<String> = peers().into_iter().map(|it| it.name).collect();
    let measured = collect(&operations(), options.processes, &["--process"]);
    let tables = page::tables(&measured, &names, options.processes);
    print!("{tables}");
    if options.has("--record") {
        page::record("docs/performance.md", "performance", &tables);
        page::record("README.md", "speed", &page::summary(&measured, &names));
    }
    ExitCode::SUCCESS
}
