//! What a run gave, ready to be reported: by test, by chapter, by requirement.

use crate::adapter::{Hello, PROFILES, VERSION};
use crate::annotate::{Kind, Pair, align, annotate};
use crate::difference::Difference;
use crate::expect::Expected;
use crate::hints::{self, Hint};
use crate::options::{Client, Options};
use crate::run::{Ran, Results};
use crate::suite::{Item, Suite};
use quipu::crypto::kdf::sha256;
use quipu_vectors::file::Object;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// A run.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    pub(crate) runner: &'static str,
    pub(crate) version: &'static str,
    pub(crate) protocol: &'static str,
    /// The version of chapter 13.
    pub(crate) adapter: u64,
    /// SHA-256 of the manifest of the vectors.
    pub(crate) manifest: String,
    pub(crate) implementation: String,
    /// The command of the adapter.
    #[serde(skip)]
    pub(crate) command: Vec<String>,
    /// The profiles that count.
    pub(crate) profiles: Vec<String>,
    /// A decimal string: a JSON number loses digits.
    pub(crate) seed: String,
    pub(crate) filter: Option<String>,
    /// `conformant`, `not conformant`, `stale`, `incomplete` or `aborted`; of a pair
    /// `interoperable` or `not interoperable`.
    pub(crate) verdict: &'static str,
    /// Everything of the claimed profiles, whether it ran or not.
    pub(crate) total: usize,
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    /// Failures that were expected.
    pub(crate) expected: usize,
    /// Expectations that are stale, as sentences.
    pub(crate) stale: Vec<String>,
    pub(crate) left_out: usize,
    /// Tests of profiles that the client does not claim.
    pub(crate) unclaimed: usize,
    /// MUST and MUST NOT ids of which a test or live case has run and passed.
    pub(crate) must_covered: usize,
    pub(crate) must_total: usize,
    /// MUST ids without such a test of which the specification says why none can exist.
    pub(crate) must_untestable: usize,
    pub(crate) chapters: Vec<Chapter>,
    pub(crate) requirements: Vec<Requirement>,
    pub(crate) tests: Vec<Result>,
}

/// One chapter.
#[derive(Debug, Serialize)]
pub(crate) struct Chapter {
    pub(crate) number: u8,
    pub(crate) title: String,
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) covered: usize,
    pub(crate) requirements: usize,
}

/// One requirement.
#[derive(Debug, Serialize)]
pub(crate) struct Requirement {
    pub(crate) id: String,
    pub(crate) chapter: u8,
    pub(crate) must: bool,
    /// The specification says why no test can exist.
    pub(crate) untestable: bool,
    /// Tests that cite it.
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    #[serde(skip)]
    pub(crate) text: String,
}

/// One test or live case.
#[derive(Debug, Serialize)]
pub(crate) struct Result {
    pub(crate) name: String,
    /// `vector`, `adapter` or `live`.
    pub(crate) kind: &'static str,
    pub(crate) chapter: u8,
    pub(crate) comment: String,
    pub(crate) requirements: Vec<String>,
    pub(crate) negative: bool,
    pub(crate) passed: bool,
    /// The failure was expected.
    pub(crate) expected: bool,
    /// Something invalid was accepted: a vulnerability by itself.
    pub(crate) accepted_invalid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<String>,
    /// The first value that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) difference: Option<Difference>,
    /// The fields of both values, when they are bytes of a known kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fields: Option<Vec<Pair>>,
    /// Mistakes that give exactly the value that was found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) hints: Vec<Hint>,
    /// The file and the arguments of a vector; the report for people shows them.
    #[serde(skip)]
    pub(crate) input: Option<Object>,
    /// What has to be refused: the error, and what was changed in the twin.
    #[serde(skip)]
    pub(crate) refusal: Option<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) counts: Option<BTreeMap<String, u64>>,
}

impl Outcome {
    /// Puts the results of a run together.
    pub(crate) fn new(
        Results { ran, aborted }: Results,
        suite: &Suite,
        options: &Options,
        clients: &[Hello],
        expected: &Expected,
    ) -> Self {
        let results = suite.items.iter().zip(ran).map(|(item, ran)| result(suite, *item, ran));
        let mut tests: Vec<Result> = results.collect();
        tests.iter_mut().for_each(|it| it.expected = !it.passed && expected.excuses(&it.name));
        let excused = tests.iter().filter(|test| test.expected).count();
        let failed = tests.iter().filter(|test| !test.passed && !test.expected).count();
        let passed = tests.iter().filter(|test| test.passed).count();
        let stale = expected
            .stale(|name| tests.iter().find(|test| test.name == name).map(|test| test.passed));
        let requirements = requirements(suite, &tests);
        let must = requirements.iter().filter(|it| it.must);
        let pair = matches!(options.client, Some(Client::Pair { .. }));
        let verdict = match (failed, suite.left_out + excused) {
            _ if aborted => "aborted",
            (1.., _) if pair => "not interoperable",
            (1.., _) => "not conformant",
            _ if !stale.is_empty() => "stale",
            (0, 0) if pair => "interoperable",
            (0, 0) => "conformant",
            (0, _) => "incomplete",
        };
        let shown: Vec<String> = clients.iter().map(Hello::shown).collect();
        let implementation = match &shown[..] {
            [] => "quipu, the embedded reference".to_owned(),
            shown => shown.join(" with "),
        };
        let claimed =
            |it: &&str| clients.iter().all(|client| client.claims_all(&[(*it).to_owned()]));
        let profiles = PROFILES.iter().copied().filter(claimed).map(str::to_owned).collect();
        Self {
            runner: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            protocol: quipu_vectors::file::PROTOCOL,
            adapter: VERSION,
            manifest: fs::read(options.vectors.join("manifest.json"))
                .map_or_else(|_| String::new(), |bytes| hex::encode(sha256(&[&bytes]))),
            implementation,
            command: options.shown(),
            profiles,
            seed: options.seed.to_string(),
            filter: options.filter.clone(),
            verdict,
            total: tests.len() + suite.left_out,
            passed,
            failed,
            expected: excused,
            stale,
            left_out: suite.left_out,
            unclaimed: suite.unclaimed,
            must_covered: must.clone().filter(|it| it.passed > 0).count(),
            must_untestable: must.clone().filter(|it| it.passed == 0 && it.untestable).count(),
            must_total: must.count(),
            chapters: chapters(suite, &tests, &requirements),
            requirements,
            tests,
        }
    }

    /// Chapter 13.5.
    //= spec/13-adapter.md#13-4-what-a-run-proves
    //# [ADAPT-10] A runner MUST NOT call a client conformant unless every test of every profile
    //# that it claims, `core` among them, has passed in one run with nothing left out.
    //= spec/12-vectors.md#12-6-runners
    //# [VEC-05] A runner MUST NOT report success when a test was left out.
    pub(crate) fn code(&self) -> u8 {
        match self.verdict {
            "conformant" | "interoperable" => 0,
            "incomplete" => 5,
            "stale" => 4,
            "aborted" => 7,
            _ => 1,
        }
    }

    /// The failures, what was accepted and should not have been first.
    pub(crate) fn failures(&self) -> Vec<&Result> {
        let failed = self.tests.iter().filter(|test| !test.passed && !test.expected);
        let mut failures: Vec<&Result> = failed.collect();
        failures.sort_by_key(|test| !test.accepted_invalid);
        failures
    }
}

fn result(suite: &Suite, item: Item, ran: Ran) -> Result {
    let (kind, chapter, comment, requirements, negative) = match item {
        Item::Vector(file, test) => {
            let (file, test) = suite.test(file, test);
            let chapter = suite.chapters.of_test(&test.requirements, &file.operation);
            ("vector", chapter, test.comment.clone(), test.requirements.clone(), test.is_negative())
        }
        Item::Probe(probe) => {
            let ids: Vec<String> = probe.requirements.iter().map(|id| (*id).to_owned()).collect();
            ("adapter", suite.chapters.of_test(&ids, ""), probe.comment.to_owned(), ids, true)
        }
        Item::Peer(index) => {
            let case = suite.case(index);
            let chapter = suite.chapters.of_test(&case.requirements, "");
            let negative = case.lines.iter().any(|line| line.contains(" ! "));
            ("live", chapter, case.comment.clone(), case.requirements.clone(), negative)
        }
        Item::Live(case) => {
            let ids = case.requirements();
            ("live", suite.chapters.of_test(&ids, ""), case.comment.to_owned(), ids, false)
        }
    };
    let failure = ran.failure;
    let mut hints = Vec::new();
    if let (Some(difference), Item::Vector(file, test)) = (&ran.difference, item) {
        let (file, test) = suite.test(file, test);
        hints = hints::hints(file, test, difference);
    }
    let (mut input, mut refusal) = (None, None);
    if let (Some(_), Item::Vector(file, test)) = (&failure, item) {
        let (_, test) = suite.test(file, test);
        input = test.input.clone();
        let delta = || test.delta.clone().unwrap_or_default();
        refusal = test.error.clone().map(|error| (error, delta()));
    }
    Result {
        name: suite.name(item),
        kind,
        chapter,
        comment,
        requirements,
        negative,
        passed: failure.is_none(),
        expected: false,
        accepted_invalid: failure.as_ref().is_some_and(|text| text.contains("ACCEPTED")),
        failure,
        fields: ran.difference.as_ref().and_then(fields),
        difference: ran.difference,
        hints,
        input,
        refusal,
        counts: ran.counts.map(|counts| counts.0),
    }
}

/// Both values with the names of their fields, when they are bytes of a known kind.
fn fields(difference: &Difference) -> Option<Vec<Pair>> {
    let bytes = |value: &Value| hex::decode(value.as_str()?).ok();
    let (expected, found) = (bytes(&difference.expected)?, bytes(&difference.found)?);
    let kind = Kind::of_value(&difference.label, &expected)?;
    Some(align(&annotate(kind, &expected), &annotate(kind, &found)))
}

fn requirements(suite: &Suite, tests: &[Result]) -> Vec<Requirement> {
    let mut cited: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for test in tests {
        let ids: BTreeSet<&str> = test.requirements.iter().map(String::as_str).collect();
        for id in ids {
            let (passed, failed) = cited.entry(id).or_default();
            *(if test.passed { passed } else { failed }) += 1;
        }
    }
    let all = suite.chapters.requirements.iter().map(|it| {
        let (passed, failed) = cited.get(it.id.as_str()).copied().unwrap_or_default();
        let (id, text) = (it.id.clone(), it.text.clone());
        let untestable = suite.chapters.untestable.contains(&id);
        Requirement {
            id,
            chapter: it.chapter,
            must: it.is_must(),
            untestable,
            passed,
            failed,
            text,
        }
    });
    all.collect()
}

fn chapters(suite: &Suite, tests: &[Result], requirements: &[Requirement]) -> Vec<Chapter> {
    let numbers: BTreeSet<u8> = suite
        .chapters
        .titles
        .keys()
        .copied()
        .chain(tests.iter().map(|test| test.chapter))
        .collect();
    let all = numbers.into_iter().map(|number| {
        let of_chapter = || tests.iter().filter(|test| test.chapter == number);
        let ids = || requirements.iter().filter(|it| it.chapter == number);
        Chapter {
            number,
            title: suite.chapters.title(number),
            passed: of_chapter().filter(|test| test.passed).count(),
            failed: of_chapter().filter(|test| !test.passed).count(),
            covered: ids().filter(|it| it.passed > 0).count(),
            requirements: ids().count(),
        }
    });
    all.collect()
}
