//! What is published of a matrix: `docs/mutants.md` and one HTML file.

use crate::list::Mutant;
use crate::matrix::{LEAST, Report, Row, group};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The groups of the tests of a report, with their numbers of tests, in the order of the report.
fn groups(report: &Report) -> Vec<(&str, usize)> {
    let mut groups: Vec<(&str, usize)> = Vec::new();
    for test in &report.tests {
        match groups.iter_mut().find(|(name, _)| *name == group(&test.name)) {
            Some((_, count)) => *count += 1,
            None => groups.push((group(&test.name), 1)),
        }
    }
    groups
}

/// How many mutants the tests of each group kill.
fn killed<'a>(rows: &'a [Row<'_>]) -> BTreeMap<&'a str, usize> {
    let mut killed = BTreeMap::new();
    for name in rows.iter().flat_map(Row::groups) {
        *killed.entry(name).or_default() += 1;
    }
    killed
}

fn share(row: &Row<'_>) -> String {
    let (passed, all) = row.positive();
    format!("{}.{} %", passed * 100 / all.max(1), passed * 1_000 / all.max(1) % 10)
}

/// `docs/mutants.md`.
pub(crate) fn markdown(sound: &Report, rows: &[Row<'_>]) -> String {
    let survivors = rows.iter().filter(|row| row.mutant.survives.is_some()).count();
    let negative = sound.tests.iter().filter(|test| test.negative).count();
    let mut out = format!(
        "# Mutants\n\n\
         Written by `cargo run --release -p quipu-mutants`; `--check` fails when a run gives \
         something else.\n\n\
         Each mutant is the reference with one bug, tested through its adapter as any client. \
         {} mutants, {} killed, {survivors} survive. A mutant is killed when every test named \
         here fails by what it asserts; a crash, a hang or a `fault` does not count. Each passes \
         at least {LEAST} % of the tests in which nothing is refused: a client that is broken \
         all over proves nothing about one check. The suite has {} tests, {negative} of them \
         with a refusal; the reference passes all.\n\n\
         - *fail*: tests that fail, for any reason\n\
         - *accepted*: tests in which the mutant accepts what has to be refused\n\
         - *positive*: share of the tests without a refusal that it still passes\n\n\
         | id | it … | requirements | fail | accepted | killed by | positive |\n\
         |---|---|---|--:|--:|---|--:|\n",
        rows.len(),
        rows.len() - survivors,
        sound.tests.len()
    );
    for row in rows {
        let Mutant { id, bug, requirements, killed_by, survives, .. } = row.mutant;
        let killers = killed_by.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
        let killers = match survives {
            Some(reason) => format!("**survives**: {reason}"),
            None => killers.join(" "),
        };
        let (ids, share) = (requirements.join(" "), share(row));
        let (failed, accepted) = (row.failed(), row.accepted());
        line(
            &mut out,
            format_args!("| {id} | {bug} | {ids} | {failed} | {accepted} | {killers} | {share} |"),
        );
    }
    out += "\n## What kills how many\n\n\
            A file of vectors, the questions to the adapter (`adapter`) or the live cases \
            (`live`), and the number of mutants of which at least one of its tests fails by what \
            it asserts.\n\n| tests | number | mutants killed |\n|---|--:|--:|\n";
    let killed = killed(rows);
    for (name, count) in groups(sound) {
        let killed = killed.get(name).copied().unwrap_or_default();
        line(&mut out, format_args!("| `{name}` | {count} | {killed} |"));
    }
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{text}");
}

const STYLE: &str = "
:root { color-scheme: light dark; --line: #ccc; --bad: #b00020; --good: #1b6e3c; --soft: #888; }
@media (prefers-color-scheme: dark) { :root { --line: #444; --bad: #ff8a80; --good: #7fd6a0; } }
body { font: 14px/1.4 system-ui, sans-serif; margin: 2rem; }
table { border-collapse: collapse; }
th, td { padding: .1rem .35rem; border: 1px solid var(--line); text-align: right; }
th:first-child, td:first-child { text-align: left; white-space: nowrap; }
thead th { position: sticky; top: 0; background: Canvas; }
thead th span { writing-mode: vertical-rl; }
.accepted { color: var(--bad); font-weight: 600; } .failed { color: var(--good); }
.none { color: var(--soft); }
";

/// The matrix mutant x group of tests as one HTML file: how many tests of the group kill it.
pub(crate) fn html(sound: &Report, rows: &[Row<'_>]) -> String {
    let groups = groups(sound);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Quipu mutants</title>\n\
         <style>{STYLE}</style>\n<h1>Quipu mutants</h1>\n<p>{} mutants. A number says how many \
         tests of the column fail by what they assert; it is \
         <span class=\"accepted\">marked</span> when the mutant accepted what has to be \
         refused.</p>\n<table>\n<thead><tr><th>mutant</th>",
        rows.len()
    );
    for (name, _) in &groups {
        out += &format!("<th><span>{}</span></th>", escape(name));
    }
    out += "</tr></thead>\n<tbody>\n";
    for row in rows {
        let Mutant { id, bug, .. } = row.mutant;
        out += &format!("<tr><td title=\"{}\">{id} {}</td>", escape(bug), escape(bug));
        for (name, _) in &groups {
            let tests = || row.report.tests.iter().filter(|test| group(&test.name) == *name);
            let killers = tests().filter(|test| test.kills());
            let names = killers.clone().map(|test| test.name.as_str()).collect::<Vec<_>>();
            let class = match names.len() {
                0 => "none",
                _ if tests().any(|test| test.accepted_invalid) => "accepted",
                _ => "failed",
            };
            let cell = if names.is_empty() { "·".to_owned() } else { names.len().to_string() };
            let names = escape(&names.join(" "));
            out += &format!("<td class=\"{class}\" title=\"{names}\">{cell}</td>");
        }
        out += "</tr>\n";
    }
    out + "</tbody>\n</table>\n</html>\n"
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
