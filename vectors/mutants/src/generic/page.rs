//! `docs/mutation.md`.

use super::record::{Record, Seen};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Least share of the mutants that everything together, and that the public suite alone, has to
/// catch, in percent.
const LEAST: [usize; 2] = [95, 90];

/// How many mutants there are of each kind.
#[derive(Debug, Default, Clone, Copy)]
struct Numbers {
    all: usize,
    refused: usize,
    unplayed: usize,
    left_out: usize,
    suite: usize,
    test: usize,
    survive: usize,
    equivalent: usize,
    hang: usize,
}

impl Numbers {
    fn of<'a>(record: &Record, seen: impl Iterator<Item = (&'a String, &'a Seen)>) -> Self {
        let mut numbers = Self::default();
        for (name, seen) in seen {
            let equivalent = record.reasons.get(name).is_some_and(|it| it.equivalent);
            numbers.all += 1;
            match seen {
                Seen::Refused(_) => numbers.refused += 1,
                Seen::Unplayed(_) => numbers.unplayed += 1,
                Seen::LeftOut => numbers.left_out += 1,
                Seen::Suite(_) => numbers.suite += 1,
                Seen::Test(_) => numbers.test += 1,
                Seen::Survives => {
                    numbers.survive += 1;
                    numbers.equivalent += usize::from(equivalent);
                }
            }
            let (Seen::Suite(by) | Seen::Test(by)) = seen else { continue };
            numbers.hang += usize::from(by.contains("hangs"));
        }
        numbers
    }

    /// Those that can be caught.
    const fn real(&self) -> usize {
        self.all - self.refused - self.unplayed - self.left_out - self.equivalent
    }

    /// Tenths of a percent that are caught: by everything, and by the public suite alone.
    fn scores(&self) -> [usize; 2] {
        [self.suite + self.test, self.suite].map(|caught| caught * 1_000 / self.real().max(1))
    }
}

fn percent(tenths: usize) -> String {
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// The last line of the command.
pub(crate) fn summary(record: &Record) -> String {
    let numbers = Numbers::of(record, record.seen.iter());
    let [all, suite] = numbers.scores().map(percent);
    format!("{} mutants, {all} caught, {suite} by the public suite alone", numbers.real())
}

/// Writes the page, or compares it, and says what is not as it has to be.
pub(crate) fn write(root: &Path, record: &Record, check: bool) -> Result<Vec<String>, String> {
    let numbers = Numbers::of(record, record.seen.iter());
    let mut findings = Vec::new();
    for ((score, least), who) in
        numbers.scores().iter().zip(LEAST).zip(["all tests", "the public suite"])
    {
        if *score < least * 10 {
            findings.push(format!("{who}: {} caught, less than {least} %", percent(*score)));
        }
    }
    let path = root.join("docs/mutation.md");
    let text = markdown(record, &numbers);
    if check {
        if fs::read_to_string(&path).unwrap_or_default() != text {
            findings.push("docs/mutation.md differs: run `.ci/mutation`".to_owned());
        }
    } else {
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(findings)
}

fn markdown(record: &Record, numbers: &Numbers) -> String {
    let Numbers { all, refused, unplayed, left_out, suite, test, survive, equivalent, hang } =
        *numbers;
    let [everything, public] = numbers.scores().map(percent);
    let mut out = format!(
        "# Mutation\n\n\
         Written by `.ci/mutation`.\n\n\
         | | number |\n|---|--:|\n\
         | changes that cargo-mutants knows of `reference/protocol` | {all} |\n\
         | of them do not compile | {refused} |\n\
         | compile, and have not been played | {left_out} |\n\
         | compile, but lie in constants, where no switch can be: not played | {unplayed} |\n\
         | behave as the reference for every caller | {equivalent} |\n\
         | **mutants** | **{}** |\n\
         | caught by a vector or a live case | {suite} |\n\
         | by a test of the workspace only | {test} |\n\
         | survive, without those that behave as the reference | {} |\n\
         | caught because something does not end | {hang} |\n\
         | **caught by all tests**, at least {} % | **{everything}** |\n\
         | **by the public suite alone**, at least {} % | **{public}** |\n\n",
        numbers.real(),
        survive - equivalent,
        LEAST[0],
        LEAST[1],
    );
    out += include_str!("about.md");
    out += "\n## By file\n\n\
            | file | mutants | by the suite | by tests only | survive |\n\
            |---|--:|--:|--:|--:|\n";
    let mut files = BTreeMap::<&str, Vec<(&String, &Seen)>>::new();
    for (name, seen) in &record.seen {
        files.entry(name.split(':').next().unwrap_or_default()).or_default().push((name, seen));
    }
    for (file, seen) in files {
        let it = Numbers::of(record, seen.into_iter());
        let left = it.survive - it.equivalent;
        let cells =
            format_args!("| `{file}` | {} | {} | {} | {left} |", it.real(), it.suite, it.test);
        line(&mut out, cells);
    }
    for (title, wanted) in [("What survives", false), ("What behaves as the reference", true)] {
        line(&mut out, format_args!("\n## {title}\n\n| mutant | why |\n|---|---|"));
        for name in record.seen.iter().filter(|it| *it.1 == Seen::Survives).map(|it| it.0) {
            let reason = record.reasons.get(name);
            if reason.is_some_and(|it| it.equivalent) == wanted {
                let text = reason.map_or("?", |it| it.reason.as_str());
                line(&mut out, format_args!("| `{}` | {text} |", name.replace('|', "\\|")));
            }
        }
    }
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{text}");
}
