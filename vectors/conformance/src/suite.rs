//! What is to be run: the vector files, checked against their manifest and chapter 12, and the live
//! cases.

use crate::adapter::{Hello, PROBES, Probe};
use crate::chapters::{Chapters, of_operation};
use crate::live;
use crate::options::{Client, Options, Stop};
use crate::peer::{self, Case};
use quipu_vectors::file::{self, File, LoadError, Named, Retired, Test};
use quipu_vectors::lint::schema;
use std::collections::BTreeSet;
use std::path::Path;

/// The suite of one run.
#[derive(Debug)]
pub(crate) struct Suite {
    /// The specification.
    pub(crate) chapters: Chapters,
    /// The files.
    files: Vec<Named>,
    /// The cases in which the runner is the peer.
    cases: Vec<Case>,
    /// What the filter selects, in order.
    pub(crate) items: Vec<Item>,
    /// How many tests and live cases the filter leaves out.
    pub(crate) left_out: usize,
    /// How many tests are of profiles that the client does not claim.
    pub(crate) unclaimed: usize,
}

/// One thing to run: a test by file and place, or a live case.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Item {
    /// Index of the file and of the test.
    Vector(usize, usize),
    /// A question to the adapter.
    Probe(&'static Probe),
    /// A case in which the runner is the peer and the network, by its index.
    Peer(usize),
    /// The reference over a hostile network.
    Live(&'static live::Case),
}

impl Suite {
    /// Loads everything that the clients claim, for none the embedded reference, and applies the
    /// filter.
    pub(crate) fn load(options: &Options, clients: &[Hello]) -> Result<Self, Stop> {
        let chapters = Chapters::load(&options.spec)?;
        let files = file::load(&options.vectors).map_err(stop)?;
        check(&files, &options.vectors, &chapters)?;
        let claimed = |file: &File| clients.iter().all(|client| claims(client, file));
        let tests = files.iter().enumerate().filter(|(_, named)| claimed(&named.file));
        let tests = tests
            .flat_map(|(f, named)| (0..named.file.tests.len()).map(move |t| Item::Vector(f, t)));
        let live = live::CASES.iter().filter(|_| clients.is_empty()).map(Item::Live);
        let probes = PROBES.iter().map(Item::Probe);
        let cases = peer::cases(options.seed)?;
        for case in &cases {
            let unknown = |id: &&String| chapters.of_requirement(id).is_none();
            if let Some(id) = case.requirements.iter().find(unknown) {
                let text = format!("case {}: {id} is not in the specification", case.name);
                return Err(Stop::damaged(text));
            }
        }
        let ours = |case: &Case| clients.iter().all(|it| it.claims_all(&case.profiles));
        let peer = cases.iter().enumerate().filter(|(_, case)| ours(case));
        let peer = peer.map(|(index, _)| Item::Peer(index));
        let all: Vec<Item> = match options.client {
            Some(Client::Pair { .. }) => peer.filter(|it| pairs(&cases, *it)).collect(),
            _ => tests.chain(probes).chain(peer).chain(live).collect(),
        };
        let count = all.len();
        let names = || all.iter().map(|item| name(&files, &cases, *item));
        if let Some(unknown) = options.test.iter().find(|it| names().all(|name| name != **it)) {
            let text = format!("there is no test {unknown:?}; --list shows all names");
            return Err(Stop::usage(text));
        }
        let unclaimed = files.iter().filter(|named| !claimed(&named.file));
        let unclaimed: usize = unclaimed.map(|named| named.file.tests.len()).sum();
        let unclaimed = unclaimed + cases.iter().filter(|case| !ours(case)).count();
        let mut suite = Self { chapters, files, cases, items: Vec::new(), left_out: 0, unclaimed };
        suite.items = all.into_iter().filter(|item| options.selects(&suite.name(*item))).collect();
        suite.left_out = count - suite.items.len();
        if suite.items.is_empty() {
            let filter = options.filter.as_deref().unwrap_or_default();
            return Err(Stop::usage(format!(
                "the filter {filter:?} selects nothing; --list shows all names"
            )));
        }
        Ok(suite)
    }

    /// File and test of a vector.
    pub(crate) fn test(&self, file: usize, test: usize) -> (&File, &Test) {
        let file = &self.files[file].file;
        (file, &file.tests[test])
    }

    /// `file/id` or the name of a live case.
    pub(crate) fn name(&self, item: Item) -> String {
        name(&self.files, &self.cases, item)
    }

    /// A case in which the runner is the peer.
    pub(crate) fn case(&self, index: usize) -> &Case {
        &self.cases[index]
    }

    /// The selected names, one a line.
    pub(crate) fn list(&self) -> String {
        self.items.iter().map(|item| self.name(*item) + "\n").collect()
    }
}

fn name(files: &[Named], cases: &[Case], item: Item) -> String {
    match item {
        Item::Vector(file, test) => {
            let named = &files[file];
            let stem = named.name.strip_suffix(".json").unwrap_or(&named.name);
            format!("{stem}/{}", named.file.tests[test].id)
        }
        Item::Probe(probe) => probe.name.to_owned(),
        Item::Peer(index) => cases[index].name.clone(),
        Item::Live(case) => case.name.to_owned(),
    }
}

fn pairs(cases: &[Case], item: Item) -> bool {
    matches!(item, Item::Peer(index) if cases[index].pairs())
}

fn stop(error: LoadError) -> Stop {
    match error {
        LoadError::Unreadable(text) => Stop::usage(text),
        LoadError::Damaged(text) => Stop::damaged(text),
    }
}

/// VEC-03 and chapter 12.2: what the types of the files do not say.
fn check(files: &[Named], folder: &Path, chapters: &Chapters) -> Result<(), Stop> {
    let mut ids = BTreeSet::new();
    let retired = folder.join("retired.json");
    if retired.exists() {
        let (retired, _) = file::read::<Retired>(&retired).map_err(stop)?;
        ids.extend(retired.ids);
    }
    for named in files {
        let path = folder.join(&named.name).display().to_string();
        check_file(named).map_err(|text| Stop::damaged(format!("{path}: {text}")))?;
        for test in &named.file.tests {
            let within = |text: String| Stop::damaged(format!("{path}: test {}: {text}", test.id));
            check_test(test, &named.file, chapters).map_err(within)?;
            if !ids.insert(test.id.clone()) {
                return Err(within("field id: it is used twice or retired".to_owned()));
            }
        }
    }
    if files.iter().all(|named| named.file.tests.is_empty()) {
        return Err(Stop::damaged(format!("{} holds no test", folder.display())));
    }
    Ok(())
}

fn check_file(named: &Named) -> Result<(), String> {
    schema(named)?;
    if of_operation(&named.file.operation).is_none() {
        let operation = &named.file.operation;
        return Err(format!("field operation: {operation:?} is not one of chapter 12.3"));
    }
    Ok(())
}

fn check_test(test: &Test, file: &File, chapters: &Chapters) -> Result<(), String> {
    if let Some(flag) = test.flags.iter().find(|flag| !file.flags.contains_key(*flag)) {
        return Err(format!("field flags: {flag:?} is not a flag of the file"));
    }
    let unknown = |id: &&String| chapters.of_requirement(id).is_none();
    if let Some(id) = test.requirements.iter().find(unknown) {
        return Err(format!("field requirements: {id} is not in the specification"));
    }
    if let Some(twin) = &test.twin
        && !file.tests.iter().any(|other| other.id == *twin && other.error.is_none())
    {
        return Err(format!("field twin: {twin:?} is not a test of the file that succeeds"));
    }
    let script = matches!(file.operation.as_str(), "session" | "device");
    if script != test.steps.is_some() {
        return Err(format!(
            "field steps: {} has {}",
            file.operation,
            if script { "only scripts" } else { "no scripts" }
        ));
    }
    Ok(())
}

/// Whether a client claims all that a file needs.
fn claims(client: &Hello, file: &File) -> bool {
    let begins = ["prepared", "prekey", "bundle", "device"];
    let prepared = begins.iter().any(|it| file.operation.starts_with(it));
    let needs =
        [Some(file.profile.as_str()), (file.profile == "hybrid" && prepared).then_some("prepared")];
    needs.into_iter().flatten().all(|profile| client.profiles.iter().any(|it| it == profile))
}
