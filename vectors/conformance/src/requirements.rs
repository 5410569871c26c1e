//! From each requirement to its sentence, its lines of code and everything that tests it, as a
//! page of the documentation.

use crate::explain::ids;
use crate::options::{Options, Stop};
use crate::suite::{Item, Suite};
use quipu_vectors::citations::{self, Quote, Tested};
use quipu_vectors::registry::{self, Exceptions, Requirement, Unseen};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The page, below the root of the project.
const PAGE: &str = "docs/requirements.md";

/// Tests that a cell names.
const NAMED: usize = 2;

/// What there is for one requirement.
#[derive(Debug, Default)]
struct Evidence<'a> {
    code: Vec<&'a Quote>,
    vectors: Vec<String>,
    cases: Vec<String>,
    tests: Vec<(String, String)>,
    unseen: Option<&'a Unseen>,
    elsewhere: bool,
}

impl Evidence<'_> {
    fn is_tested(&self) -> bool {
        !(self.vectors.is_empty() && self.cases.is_empty() && self.tests.is_empty())
    }
}

/// Writes the page, or with `check` only compares it. Returns what there is to say and the exit
/// code: 1 when a requirement lacks code or a test, or the page differs.
pub(crate) fn trace(suite: &Suite, options: &Options, check: bool) -> Result<(String, u8), Stop> {
    let root = options.spec.join("..");
    let page = Page::read(suite, options, &root)?;
    let mut findings = page.findings(&root);
    let (path, text) = (root.join(PAGE), page.text());
    if check && fs::read_to_string(&path).ok().as_ref() != Some(&text) {
        findings.push(format!("{PAGE} differs: run `cargo run --release -- requirements`"));
    } else if !check && findings.is_empty() {
        fs::write(&path, &text)
            .map_err(|error| Stop::usage(format!("cannot write {PAGE}: {error}")))?;
    }
    let code = u8::from(!findings.is_empty());
    Ok((findings.join("\n") + if code == 0 { "" } else { "\n" } + &page.summary() + "\n", code))
}

struct Page<'a> {
    suite: &'a Suite,
    quotes: Vec<Quote>,
    tested: Vec<Tested>,
    exceptions: Exceptions,
    named: BTreeMap<String, (Vec<String>, Vec<String>)>,
}

impl<'a> Page<'a> {
    fn read(suite: &'a Suite, options: &Options, root: &Path) -> Result<Self, Stop> {
        let mut named: BTreeMap<String, (Vec<String>, Vec<String>)> = BTreeMap::new();
        // Those that are about the fewest requirements come first: they say most about each.
        let mut items: Vec<_> = suite.items.iter().map(|item| (ids(suite, *item), item)).collect();
        items.sort_by_key(|(ids, _)| ids.len());
        for (ids, item) in items {
            for id in ids {
                let (vectors, cases) = named.entry(id).or_default();
                let list = if matches!(item, Item::Vector(..)) { vectors } else { cases };
                list.push(suite.name(*item));
            }
        }
        Ok(Self {
            suite,
            quotes: citations::quotes(root).map_err(Stop::usage)?,
            tested: citations::tests(root).map_err(Stop::usage)?,
            exceptions: registry::read(&options.spec, "exceptions.json").map_err(Stop::damaged)?,
            named,
        })
    }

    fn evidence(&self, id: &str) -> Evidence<'_> {
        let (vectors, cases) = self.named.get(id).cloned().unwrap_or_default();
        let unseen = self.exceptions.unseen.iter().find(|it| it.id == id);
        let cited = self.tested.iter().filter(|it| it.id == id);
        let mut tests: Vec<(String, String)> =
            cited.map(|it| (it.test.clone(), format!("{}#L{}", it.path, it.line))).collect();
        for test in unseen.iter().flat_map(|it| &it.tests) {
            let (path, name) = test.split_once(' ').unwrap_or((test, ""));
            if tests.iter().all(|(known, _)| known != name) {
                tests.push((name.to_owned(), path.to_owned()));
            }
        }
        Evidence {
            code: self.quotes.iter().filter(|it| it.id == id).collect(),
            vectors,
            cases,
            tests,
            unseen,
            elsewhere: self.exceptions.elsewhere.iter().any(|it| it == id),
        }
    }

    /// What is missing or wrong.
    fn findings(&self, root: &Path) -> Vec<String> {
        let mut findings = Vec::new();
        let known = |id: &str| self.suite.chapters.of_requirement(id).is_some();
        let cited = self.quotes.iter().map(|it| (&it.id, &it.path, it.line));
        let cited = cited.chain(self.tested.iter().map(|it| (&it.id, &it.path, it.line)));
        for (id, path, line) in cited.filter(|(id, _, _)| !known(id)) {
            findings.push(format!("{path}:{line}: {id} is not in the specification"));
        }
        for it in &self.suite.chapters.requirements {
            let evidence = self.evidence(&it.id);
            for quote in evidence.code.iter().filter(|quote| quote.text != it.text) {
                findings
                    .push(format!("{}:{}: the quote of {} drifted", quote.path, quote.line, it.id));
            }
            if it.is_must() && evidence.code.is_empty() && !evidence.elsewhere {
                findings.push(format!("{} has no line of code", it.id));
            }
            if it.is_must() && !evidence.is_tested() && evidence.unseen.is_none() {
                findings.push(format!("{} has no test", it.id));
            }
            if evidence.unseen.is_some()
                && !(evidence.vectors.is_empty() && evidence.cases.is_empty())
            {
                findings.push(format!(
                    "exceptions.json: {}: not unseen, vectors or cases cite it",
                    it.id
                ));
            }
        }
        for it in &self.exceptions.unseen {
            for test in &it.tests {
                let found = test.split_once(' ').is_some_and(|(path, name)| {
                    let text = fs::read_to_string(root.join(path)).unwrap_or_default();
                    text.contains(&format!("fn {name}("))
                });
                if !found {
                    findings.push(format!("exceptions.json: {}: no test {test:?}", it.id));
                }
            }
            if !known(&it.id)
                || it.reason.is_empty()
                || it.tests.is_empty() == it.evidence.is_empty()
            {
                findings.push(format!(
                    "exceptions.json: {}: an id of the specification, a reason, and tests or else \
                     other evidence are needed",
                    it.id
                ));
            }
        }
        let (musts, untested) = self.untested();
        if untested.len() * 20 > musts {
            findings.push(format!("more than a twentieth of {musts} MUSTs has no test"));
        }
        findings
    }

    /// The number of MUSTs, and those without any test.
    fn untested(&self) -> (usize, Vec<&Requirement>) {
        let musts = self.suite.chapters.requirements.iter().filter(|it| it.is_must());
        let untested = musts.clone().filter(|it| !self.evidence(&it.id).is_tested());
        (musts.count(), untested.collect())
    }

    fn summary(&self) -> String {
        let (musts, untested) = self.untested();
        format!(
            "{} requirements, {musts} with MUST; {} of those have no test ({:.1} %), each with a \
             reason and other evidence",
            self.suite.chapters.requirements.len(),
            untested.len(),
            100.0 * untested.len() as f64 / musts as f64
        )
    }

    fn text(&self) -> String {
        let mut out = String::from(
            "# Requirements\n\nWritten by `cargo run --release -- requirements`; with `--check` it \
             fails when a quote has drifted, an id is unknown, or a MUST has no code or no test. A \
             cell names two tests at most; `cargo run --release -- explain ID` lists the others.\n",
        );
        let _ = write!(out, "\n{}.\n", self.summary());
        for (number, title) in &self.suite.chapters.titles {
            let _ = write!(
                out,
                "\n## {title}\n\n| id | the requirement | code | vectors | live cases and probes | \
                 tests of the crates |\n|---|---|---|---|---|---|\n"
            );
            let here = self.suite.chapters.requirements.iter().filter(|it| it.chapter == *number);
            here.for_each(|it| self.row(it, &mut out));
        }
        out
    }

    fn row(&self, it: &Requirement, out: &mut String) {
        let evidence = self.evidence(&it.id);
        let quotes = evidence.code.iter().map(|quote| {
            let file = quote.path.rsplit('/').next().unwrap_or_default();
            link(&format!("{file}:{}", quote.line), &format!("{}#L{}", quote.path, quote.line))
        });
        let code = if evidence.elsewhere && evidence.code.is_empty() {
            "the caller's".to_owned()
        } else {
            quotes.collect::<Vec<_>>().join(" ")
        };
        let mut tests = some(evidence.tests.iter().map(|(name, place)| link(name, place)));
        if let Some(unseen) = evidence.unseen {
            let evidence = if unseen.evidence.is_empty() {
                String::new()
            } else {
                format!("; {}", unseen.evidence)
            };
            let _ = write!(tests, " No packet shows it: {}{evidence}.", unseen.reason);
        }
        let names = |list: &[String]| some(list.iter().map(|name| format!("`{name}`")));
        let _ = writeln!(
            out,
            "| {} | {} | {code} | {} | {} | {} |",
            link(&it.id, &format!("spec/{}", it.file)),
            it.text.replace('|', "\\|"),
            names(&evidence.vectors),
            names(&evidence.cases),
            tests.trim()
        );
    }
}

fn link(text: &str, place: &str) -> String {
    format!("[{text}](../{place})")
}

/// The first names, and how many more there are.
fn some(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let mut out = names.take(NAMED).collect::<Vec<_>>().join(" ");
    if more > 0 {
        let _ = write!(out, " +{more}");
    }
    out
}
