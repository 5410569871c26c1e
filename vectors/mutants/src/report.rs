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

/// What a whole run has measured: it stands in `docs/mutants.md` and nowhere else.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    /// By mutant: how many tests fail, how many accept, the share of the positive ones that pass.
    mutants: BTreeMap<String, [String; 3]>,
    /// By group of tests: how many mutants it kills.
    groups: BTreeMap<String, String>,
}

impl Numbers {
    /// Those of a run of the whole suite.
    pub(crate) fn of(rows: &[Row<'_>]) -> Self {
        let numbers = |row: &Row<'_>| {
            let (passed, all) = row.positive();
            let (whole, tenths) = (passed * 100 / all.max(1), passed * 1_000 / all.max(1) % 10);
            [row.failed().to_string(), row.accepted().to_string(), format!("{whole}.{tenths} %")]
        };
        let mutants = rows.iter().map(|row| (row.mutant.id.clone(), numbers(row))).collect();
        let mut killed = BTreeMap::<&str, usize>::new();
        for name in rows.iter().flat_map(Row::groups) {
            *killed.entry(name).or_default() += 1;
        }
        let killed = killed.iter().map(|(name, count)| ((*name).to_owned(), count.to_string()));
        Self { mutants, groups: killed.collect() }
    }

    /// Those that stand in a text that [`markdown`] has written.
    pub(crate) fn read(text: &str) -> Self {
        let mut numbers = Self::default();
        for line in text.lines().filter_map(|it| it.strip_prefix("| ")?.strip_suffix(" |")) {
            let cells: Vec<String> = line.split(" | ").map(str::to_owned).collect();
            match <[String; 7]>::try_from(cells) {
                Ok([id, _, _, failed, accepted, _, share]) => {
                    numbers.mutants.insert(id, [failed, accepted, share]);
                }
                Err(cells) => {
                    if let [name, _, killed] = &cells[..] {
                        let name = name.trim_matches('`').to_owned();
                        numbers.groups.insert(name, killed.clone());
                    }
                }
            }
        }
        numbers
    }
}

/// `docs/mutants.md`, for a list of mutants of which these many are killed.
pub(crate) fn markdown(
    sound: &Report,
    mutants: &[&Mutant],
    killed: usize,
    numbers: &Numbers,
) -> String {
    let negative = sound.tests.iter().filter(|test| test.negative).count();
    let mut out = format!(
        "# Mutants\n\n\
         Written by `cargo run --release -p quipu-mutants`; `--check` fails when a mutant survives a \
         test that is listed here, or when this is not what it has to be; the numbers of a mutant \
         are only measured anew when all of it is written anew.\n\n\
         Each mutant is the reference with one bug, tested through its adapter as any client. \
         {} mutants, {killed} killed. A mutant is killed when every test named here fails by what it \
         asserts; a crash, a hang or a `fault` does not count. Each passes at least {LEAST} % of the \
         tests in which nothing is refused: a client that is broken all over proves nothing about \
         one check. The suite has {} tests, {negative} of them with a refusal; the reference passes \
         all. A client that behaves as the reference does is no mutant, whatever it forgets to do: \
         the two that have been one stand in `vectors/mutants/mutants.json` as retired, with the \
         reason.\n\n\
         - *fail*: tests that fail, for any reason\n\
         - *accepted*: tests in which the mutant accepts what has to be refused\n\
         - *positive*: share of the tests without a refusal that it still passes\n\n\
         | id | it … | requirements | fail | accepted | killed by | positive |\n\
         |---|---|---|--:|--:|---|--:|\n",
        mutants.len(),
        sound.tests.len()
    );
    let unknown = ["?", "?", "?"].map(str::to_owned);
    for Mutant { id, bug, requirements, killed_by, .. } in mutants {
        let killers = killed_by.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
        let (ids, killers) = (requirements.join(" "), killers.join(" "));
        let [failed, accepted, share] = numbers.mutants.get(id).unwrap_or(&unknown);
        line(
            &mut out,
            format_args!("| {id} | {bug} | {ids} | {failed} | {accepted} | {killers} | {share} |"),
        );
    }
    out += "\n## What kills how many\n\n\
            A file of vectors, the questions to the adapter (`adapter`) or the live cases \
            (`live`), and the number of mutants of which at least one of its tests fails by what \
            it asserts.\n\n| tests | number | mutants killed |\n|---|--:|--:|\n";
    for (name, count) in groups(sound) {
        let killed = numbers.groups.get(name).map_or("0", String::as_str);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Test;

    #[test]
    fn numbers_are_read_from_where_they_were_written() {
        let mutant = Mutant {
            id: "M1".into(),
            bug: "is broken".into(),
            requirements: vec!["ENC-01".into(), "ENC-02".into()],
            edits: Vec::new(),
            killed_by: vec!["a/bad".into(), "a/worse".into()],
        };
        let test = Test {
            name: "a/bad".into(),
            negative: true,
            passed: true,
            accepted_invalid: false,
            failure: None,
            difference: None,
        };
        let sound = Report { verdict: "incomplete".into(), tests: vec![test] };
        let three = ["3", "2", "99.1 %"].map(str::to_owned);
        let numbers = Numbers {
            mutants: BTreeMap::from([("M1".to_owned(), three)]),
            groups: BTreeMap::from([("a".to_owned(), "1".to_owned())]),
        };
        let text = markdown(&sound, &[&mutant], 1, &numbers);
        assert!(text.contains("1 mutants, 1 killed."), "{text}");
        assert!(
            text.contains(
                "| M1 | is broken | ENC-01 ENC-02 | 3 | 2 | `a/bad` `a/worse` | 99.1 % |"
            ),
            "{text}"
        );
        let read = Numbers::read(&text);
        assert_eq!(read.mutants["M1"], numbers.mutants["M1"]);
        assert_eq!(markdown(&sound, &[&mutant], 1, &read), text);
        let new = markdown(&sound, &[&mutant], 1, &Numbers::default());
        assert!(new.contains("| ? | ? | `a/bad` `a/worse` | ? |"), "{new}");
    }
}
