//! The tables as Markdown, and the page that holds them.

use quipu_benches::Table;
use std::fmt::Write;
use std::path::Path;

const BEGIN: &str = "<!-- generated:performance -->\n";
const END: &str = "<!-- /generated:performance -->";

/// The targets, ours beside the floors, the peers beside ours.
pub(crate) fn tables(table: &Table, peers: &[String]) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}\n{table}", targets(table));
    let _ = writeln!(out, "| peer: operation | peer / ours |\n|---|---|");
    for name in peers {
        let (_, ours) = name.split_once(": ").expect("peer: operation");
        let [least, median, greatest] = table.ratio(name, ours);
        let _ = writeln!(out, "| {name} | {median:.2} ({least:.2} to {greatest:.2}) |");
    }
    out
}

/// What the project set out to reach, in units that a person asks in.
fn targets(table: &Table) -> String {
    let of = |name: &str| {
        let row = table.rows.iter().find(|it| it.name == name);
        row.map_or(f64::NAN, |it| it.nanoseconds / 1e6)
    };
    let handshake = of("interactive handshake 0x0002, initiator")
        + of("interactive handshake 0x0002, responder");
    let message = of("encrypt 64 KiB");
    let memory = quipu_benches::session_bytes() as f64 / 1e6;
    let mut out = String::from("| target | measured | factor |\n|---|---|---|\n");
    let mut row = |what: &str, target: f64, measured: f64, unit: &str| {
        let factor = (target / measured).round();
        let _ = writeln!(out, "| {what} | {measured:.4} {unit} | {factor} |");
    };
    row("a handshake in less than 500 ms (both sides, hybrid)", 500.0, handshake, "ms");
    row("encryption in less than 10 ms a message (of 64 KiB)", 10.0, message, "ms");
    row("less than 50 MB a connection (a new session)", 50.0, memory, "MB");
    out
}

/// Puts the tables into their place in `docs/performance.md`.
pub(crate) fn record(tables: &str) -> std::io::Result<()> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/performance.md");
    let text = std::fs::read_to_string(&page)?;
    let (before, rest) = text.split_once(BEGIN).expect("the page has a place for the tables");
    let (_, after) = rest.split_once(END).expect("the place has an end");
    std::fs::write(page, format!("{before}{BEGIN}{tables}{END}{after}"))
}
