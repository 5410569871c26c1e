//! Sessions that do nothing, as many as asked for, and the memory of the process that holds them:
//! `cargo bench --bench memory -- 1000000`. Linux alone tells what a process has; elsewhere, and
//! for what is no number, the exit code is 2.

use quipu::session::Session;
use quipu_benches::idle;
use std::process::ExitCode;

/// The memory of this process that is there and not only promised, in bytes.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|it| it * 1024)
}

fn main() -> ExitCode {
    let number = std::env::args().skip(1).find(|it| it != "--bench");
    let Ok(count) = number.as_deref().unwrap_or("10000").parse::<usize>() else {
        eprintln!("not a number of sessions: {}", number.unwrap_or_default());
        return ExitCode::from(2);
    };
    let Some(before) = resident() else {
        eprintln!("missing: /proc/self/status (Linux says there what a process has)");
        return ExitCode::from(2);
    };
    println!("| idle sessions | resident | each |\n|---|---|---|");
    for (name, turns) in [("new", 0), ("after 200 turns", 200)] {
        let snapshot = idle(turns).snapshot();
        let restored = |_| Session::restore(snapshot.expose(), 0).expect("our own");
        let sessions: Vec<Session> = (0..count).map(restored).collect();
        let used = resident().unwrap_or(before).saturating_sub(before);
        let each = used / sessions.len().max(1) as u64;
        println!("| {count} {name} | {} MB | {each} bytes |", used / 1_000_000);
    }
    ExitCode::SUCCESS
}
