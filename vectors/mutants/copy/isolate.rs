//! For every refusal of the published vectors: which places of the reference refuse it. One JSON
//! line for each, on standard output.

use quipu::switch::{Site, without};
use quipu::wire::Suite;
use quipu_vectors::draws::Draws;
use quipu_vectors::file::{self, File, Object, Test};
use quipu_vectors::perform::{Stop, perform, unhex};
use quipu_vectors::script::Player;
use serde_json::{Value, json};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One refusal of a test: of the test itself, of a step, or an event of a step.
#[derive(Clone, Copy)]
struct Case<'a> {
    file: &'a File,
    test: &'a Test,
    step: Option<usize>,
    /// How many events of the step carry an error, when it is one of them.
    events: Option<usize>,
}

thread_local! {
    /// Whether the last panic was in the formulas of the vectors, which come behind the reference.
    static PANICKED: Cell<bool> = const { Cell::new(false) };
}

/// How a case ended.
enum End {
    Accepted,
    Refused,
    Broken(String),
}

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_default();
    let files = file::load(Path::new(&folder)).unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(2);
    });
    std::panic::set_hook(Box::new(|info| {
        PANICKED.set(info.location().map_or("", |at| at.file()).starts_with("vectors/src/"));
    }));
    // A trace is refused where the model says so, not by a check that somebody chose.
    let chosen = files.iter().filter(|it| !it.is_traces());
    let all: Vec<Case<'_>> =
        chosen.flat_map(|it| it.file.tests.iter().flat_map(|test| cases(&it.file, test))).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(case) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // Two lines for each: a process that asks for too much memory dies between them.
                    println!("{}", json!({ "begins": name(*case) }));
                    println!("{}", isolate(*case));
                }
            });
        }
    });
}

fn cases<'a>(file: &'a File, test: &'a Test) -> Vec<Case<'a>> {
    let case = Case { file, test, step: None, events: None };
    let mut all = Vec::from_iter(test.error.as_ref().map(|_| case));
    for (index, step) in test.steps.iter().flatten().enumerate() {
        let case = Case { step: Some(index), ..case };
        if step.contains_key("error") {
            all.push(case);
        }
        if errors(step) > 0 {
            all.push(Case { events: Some(errors(step)), ..case });
        }
    }
    all
}

/// How many events of a step or of its result carry an error.
fn errors(step: &Object) -> usize {
    let events = step.get("events").and_then(Value::as_array);
    events.into_iter().flatten().filter(|event| event.get("error").is_some()).count()
}

fn name(case: Case<'_>) -> String {
    let step = case.step.map(|step| format!(" step {step}")).unwrap_or_default();
    let event = if case.events.is_some() { " event" } else { "" };
    format!("{}{step}{event}", case.test.id)
}

/// Switches off the place that refuses, and the next one, until nothing refuses any more.
fn isolate(case: Case<'_>) -> Value {
    let mut off: Vec<Site> = Vec::new();
    let (end, hard) = loop {
        let (end, seen) = once(case, &off);
        match (end, seen.last()) {
            (End::Accepted, _) => break ("accepted".to_owned(), None),
            (End::Broken(text), _) => break (format!("broken: {text}"), None),
            (End::Refused, None) => break ("refused at no known place".to_owned(), None),
            (End::Refused, Some(site)) if !site.soft => break ("stuck".to_owned(), Some(*site)),
            (End::Refused, Some(site)) if off.contains(site) => {
                break ("refused though its last place is off".to_owned(), Some(*site));
            }
            (End::Refused, Some(site)) => off.push(*site),
        }
    };
    let accepts = |off: &[Site]| matches!(once(case, off).0, End::Accepted);
    while end == "accepted" && off.len() > 1 {
        let without = |index| {
            let mut fewer = off.clone();
            fewer.remove(index);
            fewer
        };
        match (0..off.len()).map(without).find(|fewer| accepts(fewer)) {
            Some(fewer) => off = fewer,
            None => break,
        }
    }
    let shown = |site: &Site| json!([site.file, site.line, site.what]);
    json!({
        "name": name(case),
        "end": end,
        "sites": off.iter().map(shown).collect::<Vec<_>>(),
        "hard": hard.as_ref().map(shown),
    })
}

fn once(case: Case<'_>, off: &[Site]) -> (End, Vec<Site>) {
    let caught = catch_unwind(AssertUnwindSafe(|| match case.step {
        None => stateless(case, off),
        Some(step) => scripted(case, step, off),
    }));
    caught.unwrap_or_else(|_| match PANICKED.get() {
        true => (End::Accepted, Vec::new()),
        false => (End::Broken("panicked".to_owned()), Vec::new()),
    })
}

fn ended<T>(outcome: Result<T, Stop>, accepted: impl Fn(&T) -> bool) -> End {
    match outcome {
        Ok(done) if accepted(&done) => End::Accepted,
        Ok(_) | Err(Stop::Refused(_)) => End::Refused,
        // the reference has accepted what its formulas, written a second time, do not follow
        Err(Stop::Broken(text)) if text.contains("that the trace cannot open") => End::Accepted,
        Err(Stop::Broken(text) | Stop::Unknown(text)) => End::Broken(text),
    }
}

fn stateless(case: Case<'_>, off: &[Site]) -> (End, Vec<Site>) {
    let Case { file, test, .. } = case;
    let (Ok(suite), Some(input)) = (Suite::from_number(file.suite), &test.input) else {
        return (End::Broken("no suite or no input".to_owned()), Vec::new());
    };
    let listed = test.random.iter().flatten().filter_map(|draw| unhex(draw).ok());
    let mut draws = Draws::listed(listed.collect());
    let (outcome, seen) = without(off, || perform(&file.operation, suite, input, &mut draws));
    (ended(outcome, |_| true), seen)
}

fn scripted(case: Case<'_>, at: usize, off: &[Site]) -> (End, Vec<Site>) {
    let Case { file, test, events, .. } = case;
    let (Some(setup), Some(steps)) = (&test.setup, &test.steps) else {
        return (End::Broken("no setup or no steps".to_owned()), Vec::new());
    };
    let mut player = match Player::new(&file.operation, setup) {
        Ok(player) => player,
        Err(stop) => return (ended(Err::<(), _>(stop), |_| true), Vec::new()),
    };
    for step in &steps[..at] {
        let expected = step.contains_key("error");
        if player.act(step).0.is_err() != expected {
            return (End::Broken("an earlier step does not do what it did".to_owned()), Vec::new());
        }
    }
    let (outcome, seen) = without(off, || player.act(&steps[at]).0);
    (ended(outcome, |done| events.is_none_or(|count| errors(done) < count)), seen)
}
