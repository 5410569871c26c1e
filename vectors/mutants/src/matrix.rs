//! The matrix: each mutant is a client that the runner tests; which tests fail is read from its
//! report.

use crate::list::Mutant;
use crate::tree::bounded;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Two runs at a time: each has threads of its own.
const AT_ONCE: usize = 2;
/// Least share of the tests without a refusal that a mutant has to pass, in percent: a client that
/// is broken all over proves nothing about one check.
pub(crate) const LEAST: usize = 90;

/// What is read of a report of the runner.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Report {
    pub(crate) verdict: String,
    pub(crate) tests: Vec<Test>,
}

/// What is read of one test of it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Test {
    pub(crate) name: String,
    pub(crate) negative: bool,
    pub(crate) passed: bool,
    /// What has to be refused was accepted.
    pub(crate) accepted_invalid: bool,
    pub(crate) failure: Option<String>,
    /// The first value that differs.
    #[serde(default)]
    pub(crate) difference: Option<Difference>,
}

/// What is read of a value that differs.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Difference {
    expected: Value,
    found: Value,
}

impl Test {
    /// Whether it failed because of what it asserts, and not because the client broke down.
    pub(crate) fn kills(&self) -> bool {
        let broke = |text: &String| text.starts_with("fault: ") || text.starts_with("not played");
        !self.passed && !self.failure.as_ref().is_some_and(broke)
    }

    /// Whether what differs is what the client says, and not only the bytes in which it says it.
    pub(crate) fn says(&self) -> bool {
        let Some(Difference { expected, found }) = &self.difference else { return true };
        let bytes = |it: &Value| it.as_str().and_then(|text| hex::decode(text).ok());
        !matches!((bytes(expected), bytes(found)), (Some(one), Some(other)) if one.len() == other.len())
    }
}

/// One row: what the runner found with a mutant.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) mutant: &'a Mutant,
    pub(crate) report: Report,
    /// Whether it was the whole suite, and not only the tests that are listed.
    all: bool,
}

impl Row<'_> {
    pub(crate) fn failed(&self) -> usize {
        self.report.tests.iter().filter(|test| !test.passed).count()
    }

    pub(crate) fn accepted(&self) -> usize {
        self.report.tests.iter().filter(|test| test.accepted_invalid).count()
    }

    /// Vectors without a refusal: how many pass, of how many. A live case is a whole conversation, in
    /// which nearly every bug comes up.
    pub(crate) fn positive(&self) -> (usize, usize) {
        let counts = |test: &&Test| !test.negative && !test.name.starts_with("live/");
        let positive = || self.report.tests.iter().filter(counts);
        (positive().filter(|test| test.passed).count(), positive().count())
    }

    /// Names of the files, or of the kinds of live cases, of which a test kills the mutant.
    pub(crate) fn groups(&self) -> BTreeSet<&str> {
        let killers = self.report.tests.iter().filter(|test| test.kills());
        killers.map(|test| group(&test.name)).collect()
    }

    /// Whether each listed test fails by what it asserts.
    pub(crate) fn killed(&self) -> bool {
        let kills =
            |name: &String| self.report.tests.iter().any(|it| it.name == *name && it.kills());
        self.mutant.killed_by.iter().all(kills)
    }

    /// What is not as the list says, as sentences.
    pub(crate) fn findings(&self) -> Vec<String> {
        let Mutant { id, killed_by, .. } = self.mutant;
        let mut findings = Vec::new();
        if !["incomplete", "not conformant"].contains(&self.report.verdict.as_str()) {
            findings.push(format!("{id}: the run was {}", self.report.verdict));
        }
        for name in killed_by {
            match self.report.tests.iter().find(|test| test.name == *name) {
                None => findings.push(format!("{id}: there is no test {name}")),
                Some(test) if test.passed => {
                    findings.push(format!("{id} survives {name}, which has to kill it"));
                }
                Some(test) if !test.kills() => {
                    let text = test.failure.as_deref().unwrap_or_default();
                    findings
                        .push(format!("{id}: {name} fails, but not by what it asserts: {text}"));
                }
                Some(_) => {}
            }
        }
        let (passed, all) = self.positive();
        if self.all && passed * 100 < all * LEAST {
            findings.push(format!(
                "{id} passes {passed} of {all} tests without a refusal, less than {LEAST} %"
            ));
        }
        findings
    }
}

/// `file` of `file/id`; what stands before the second hyphen of any other name.
pub(crate) fn group(name: &str) -> &str {
    match name.split_once('/') {
        Some((file, _)) => file,
        None => name.split_once('-').map_or(name, |(kind, _)| kind),
    }
}

/// Runs the suite against the client without a bug: everything has to pass.
pub(crate) fn sound(runner: &Path, client: &Path) -> Result<Report, String> {
    let report = run(runner, client, "", &[])?;
    let failed = report.tests.iter().find(|test| !test.passed);
    match failed {
        None if report.verdict == "incomplete" && !report.tests.is_empty() => Ok(report),
        None => Err(format!("the copy without a bug is {}", report.verdict)),
        Some(test) => Err(format!(
            "the copy without a bug fails {}: {}",
            test.name,
            test.failure.as_deref().unwrap_or_default()
        )),
    }
}

/// Runs the whole suite against every mutant, or only the tests that have to kill it.
pub(crate) fn rows<'a>(
    runner: &Path,
    client: &Path,
    mutants: &[&'a Mutant],
    all: bool,
    done: impl Fn() + Sync,
) -> Result<Vec<Row<'a>>, String> {
    let rows = each(mutants, |mutant| {
        let tests = if all { &[][..] } else { &mutant.killed_by };
        let report = run(runner, client, &mutant.id, tests);
        done();
        Ok(Row { mutant, report: report?, all })
    });
    rows.into_iter().collect()
}

/// Does the same with each, a few at a time. The results are in the order of the items.
pub(crate) fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    let result = work(item);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// What takes long and finds what other tests find too.
const LEFT_OUT: [&str; 3] = ["conversations/", "live/walk", "/suite-2"];

/// Runs the suite, or these tests of it.
fn run(runner: &Path, client: &Path, bug: &str, tests: &[String]) -> Result<Report, String> {
    let left_out = LEFT_OUT.iter().filter(|_| tests.is_empty());
    let left_out = left_out.flat_map(|it| ["--without", it]);
    let which: Vec<&str> =
        left_out.chain(tests.iter().flat_map(|it| ["--test", it.as_str()])).collect();
    report(runner, client, bug, &which)
}

/// Runs what these options of the runner select.
pub(crate) fn report(
    runner: &Path,
    client: &Path,
    bug: &str,
    which: &[&str],
) -> Result<Report, String> {
    let ran = bounded(runner)
        .args(which)
        .args(["--json", "-", "--"])
        .arg(client)
        .arg("serve")
        .env("QUIPU_BUG", bug)
        .output()
        .map_err(|error| format!("cannot run {}: {error}", runner.display()))?;
    serde_json::from_slice(&ran.stdout).map_err(|error| {
        let text = String::from_utf8_lossy(&ran.stderr);
        format!("{bug}: the runner gave no report ({error}): {text}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(killed_by: &[&str]) -> Mutant {
        Mutant {
            id: "M1".into(),
            bug: "is broken".into(),
            requirements: Vec::new(),
            edits: Vec::new(),
            killed_by: killed_by.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    /// A report of `a/bad`, a refusal, and twenty others, each with what went wrong.
    fn findings(mutant: &Mutant, bad: Option<&str>, others: [Option<&str>; 20]) -> Vec<String> {
        let test = |name: String, negative: bool, failure: Option<&str>| Test {
            name,
            negative,
            passed: failure.is_none(),
            accepted_invalid: false,
            failure: failure.map(str::to_owned),
            difference: None,
        };
        let good = others.into_iter().enumerate();
        let good = good.map(|(at, failure)| test(format!("a/good-{at}"), false, failure));
        let tests = core::iter::once(test("a/bad".into(), true, bad)).chain(good).collect();
        let report = Report { verdict: "not conformant".into(), tests };
        let row = Row { mutant, report, all: true };
        assert_eq!(row.killed(), bad.is_some_and(|it| it == "ACCEPTED"));
        row.findings()
    }

    const FINE: [Option<&str>; 20] = [None; 20];

    #[test]
    fn a_listed_test_that_fails_by_what_it_asserts_kills() {
        assert!(findings(&mutant(&["a/bad"]), Some("ACCEPTED"), FINE).is_empty());
    }

    #[test]
    fn a_listed_test_that_passes_is_a_finding() {
        let found = findings(&mutant(&["a/bad"]), None, FINE);
        assert_eq!(found, ["M1 survives a/bad, which has to kill it"]);
        let found = findings(&mutant(&["a/worse"]), None, FINE);
        assert_eq!(found, ["M1: there is no test a/worse"]);
    }

    #[test]
    fn a_crash_kills_nothing() {
        for text in ["fault: step 3: panicked", "not played: the adapter crashed"] {
            let found = findings(&mutant(&["a/bad"]), Some(text), FINE);
            let expected = format!("M1: a/bad fails, but not by what it asserts: {text}");
            assert_eq!(found, [expected]);
        }
    }

    #[test]
    fn a_client_that_is_broken_all_over_is_a_finding() {
        let mut others = FINE;
        others[..2].fill(Some("differs"));
        assert!(findings(&mutant(&["a/bad"]), Some("ACCEPTED"), others).is_empty());
        others[2] = Some("differs");
        let found = findings(&mutant(&["a/bad"]), Some("ACCEPTED"), others);
        assert_eq!(found, ["M1 passes 17 of 20 tests without a refusal, less than 90 %"]);
    }
}
