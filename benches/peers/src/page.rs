//! The tables as Markdown, and the page that holds them.

use quipu_benches::{Table, floor_of};
use std::env::consts::ARCH;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// The targets, ours beside the floors, the peers beside ours.
pub(crate) fn tables(table: &Table, peers: &[String], processes: usize) -> String {
    let (with, on) = (compiler(), processor());
    let mut out = format!("Recorded in {processes} processes with {with}, on {on}.\n\n");
    let _ = writeln!(out, "{}\n{table}", targets(table));
    let _ = writeln!(out, "| peer: operation | peer / ours | peer / our floor |\n|---|---|---|");
    for name in peers {
        let (_, ours) = name.split_once(": ").expect("peer: operation");
        let ratio = table.ratio(name, ours);
        let floor = table.ratio(name, &floor_of(ours));
        let _ = writeln!(out, "| {name} | {ratio} | {floor} |");
    }
    out
}

fn compiler() -> String {
    let said = Command::new("rustc").arg("--version").output();
    said.map_or_else(|_| "rustc".into(), |it| String::from_utf8_lossy(&it.stdout).trim().into())
}

/// As Linux names it; elsewhere no more than its kind.
fn processor() -> String {
    let all = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = all.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or(ARCH, |(_, name)| name).to_owned()
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

/// The few lines of the front page.
pub(crate) fn summary(table: &Table, peers: &[String]) -> String {
    let beside = ["vodozemac", "double-ratchet-2", "openmls"];
    let mut out = format!("| | µs | / floor | {} |\n", beside.join(" | "));
    let _ = writeln!(out, "|---|---|---|{}", "---|".repeat(beside.len()));
    let shown = ["encrypt 1 KiB", "decrypt 1 KiB", crate::TURN];
    for row in table.rows.iter().filter(|row| shown.contains(&row.name.as_str())) {
        let floor = row.ratio.map_or(f64::NAN, |[_, median, _]| median);
        let _ = write!(out, "| {} | {:.1} | {floor:.2} |", row.name, row.nanoseconds / 1e3);
        for peer in beside {
            let name = format!("{peer}: {}", row.name);
            let times = peers.contains(&name).then(|| table.ratio(&name, &row.name));
            let median = times.as_deref().and_then(|it| it.split(' ').next()).unwrap_or("-");
            let _ = write!(out, " {median} |");
        }
        out.push('\n');
    }
    out
}

/// Puts a table into its place on a page.
pub(crate) fn record(page: &str, name: &str, table: &str) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(page);
    let text = std::fs::read_to_string(&page).expect("the page can be read");
    let (begin, end) =
        (format!("<!-- generated:{name} -->\n"), format!("<!-- /generated:{name} -->"));
    let (before, rest) = text.split_once(&begin).expect("the page has a place for the table");
    let (_, after) = rest.split_once(&end).expect("the place has an end");
    let whole = format!("{before}{begin}{table}{end}{after}");
    std::fs::write(page, whole).expect("the page can be written");
}
