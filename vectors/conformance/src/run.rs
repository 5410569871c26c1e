//! Running: every item on its own, panics caught, in parallel, reported in order.

use crate::adapter::{Adapter, Played, play};
use crate::live::Counts;
use crate::options::Options;
use crate::suite::{Item, Suite};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use quipu_vectors::perform::check;
use std::cell::RefCell;
use std::io::{IsTerminal, stderr, stdout};
use std::num::NonZero;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// What one item gave.
#[derive(Debug, Clone)]
pub(crate) struct Ran {
    /// What differs, as a sentence.
    pub(crate) failure: Option<String>,
    /// What a live case has seen.
    pub(crate) counts: Option<Counts>,
}

thread_local! {
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs what is selected; the results stand in the order of the items.
pub(crate) fn run(suite: &Suite, options: &Options) -> Vec<Ran> {
    match options.command() {
        Some(command) => run_adapter(suite, command, options),
        None => run_embedded(suite, options),
    }
}

/// Crashes and hangs in a row after which a run is given up.
const PATIENCE: usize = 3;

/// One adapter for each processor; a test whose adapter failed is played again, alone.
fn run_adapter(suite: &Suite, command: &[String], options: &Options) -> Vec<Ran> {
    let bar = bar(suite.items.len());
    let (next, failures) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results = Mutex::new(vec![None; suite.items.len()]);
    let deadline = Duration::from_secs(options.deadline);
    let work = || {
        let mut adapter = None;
        while failures.load(Ordering::Relaxed) < PATIENCE {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(Item::Vector(file, test)) = suite.items.get(index).copied() else { break };
            let (file, test) = suite.test(file, test);
            let mut trouble = None;
            let mut played = None;
            for _ in 0..2 {
                if adapter.is_none() {
                    match Adapter::start(command, deadline) {
                        Ok((started, _)) => adapter = Some(started),
                        Err(text) => trouble = Some(text),
                    }
                }
                let Some(running) = &mut adapter else { break };
                match play(running, file, test) {
                    Ok(outcome) => {
                        played = Some(outcome);
                        break;
                    }
                    Err(failed) => {
                        trouble = Some(failed.to_string());
                        adapter = None;
                    }
                }
            }
            let failure = match (played, trouble) {
                (Some(Played::Passed), _) => None,
                (Some(Played::Accepted(text) | Played::Failed(text)), _) => Some(text),
                (Some(Played::Unsupported(text)), _) => {
                    Some(format!("{text}, though its profile is claimed"))
                }
                (Some(Played::Fault(text)), _) => Some(format!("fault: {text}")),
                (None, trouble) => {
                    failures.fetch_add(1, Ordering::Relaxed);
                    Some(format!("fault: {}", trouble.unwrap_or_default()))
                }
            };
            if !failure.as_ref().is_some_and(|text| text.starts_with("fault: ")) {
                failures.store(0, Ordering::Relaxed);
            }
            bar.inc(1);
            if let Ok(mut results) = results.lock() {
                results[index] = Some(Ran { failure, counts: None });
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(work);
        }
    });
    bar.finish_and_clear();
    let aborted = Ran { failure: Some(ABORTED.to_owned()), counts: None };
    let results = results.into_inner().unwrap_or_default();
    results.into_iter().map(|ran| ran.unwrap_or_else(|| aborted.clone())).collect()
}

/// What stands at a test that was not played any more.
pub(crate) const ABORTED: &str = "not played: the adapter crashed or hung three times in a row";

fn run_embedded(suite: &Suite, options: &Options) -> Vec<Ran> {
    let former = panic::take_hook();
    panic::set_hook(Box::new(|info| PANIC.set(Some(info.to_string().replace('\n', " ")))));
    let bar = bar(suite.items.len());
    // The live cases take longest, so they begin first.
    let mut order: Vec<usize> = (0..suite.items.len()).collect();
    order.sort_by_key(|index| matches!(suite.items[*index], Item::Vector(..)));
    let (next, results) = (AtomicUsize::new(0), Mutex::new(vec![None; suite.items.len()]));
    let work = || {
        while let Some(index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let ran = run_one(suite, suite.items[*index], options.seed);
            bar.inc(1);
            if let Ok(mut results) = results.lock() {
                results[*index] = Some(ran);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(work);
        }
    });
    bar.finish_and_clear();
    panic::set_hook(former);
    let lost = Ran { failure: Some("it was not run".to_owned()), counts: None };
    let results = results.into_inner().unwrap_or_default();
    let mut results: Vec<Ran> =
        results.into_iter().map(|ran| ran.unwrap_or_else(|| lost.clone())).collect();
    results.resize(suite.items.len(), lost);
    results
}

fn run_one(suite: &Suite, item: Item, seed: u64) -> Ran {
    let caught = panic::catch_unwind(AssertUnwindSafe(|| match item {
        Item::Vector(file, test) => {
            let (file, test) = suite.test(file, test);
            Ran { failure: check(&file.operation, file.suite, test).err(), counts: None }
        }
        Item::Live(case) => {
            let played = case.play(seed);
            Ran { failure: played.outcome.err(), counts: Some(played.counts) }
        }
    }));
    caught.unwrap_or_else(|_| {
        let what = PANIC.take().unwrap_or_else(|| "without a message".to_owned());
        let seed =
            if matches!(item, Item::Live(_)) { format!("seed {seed}: ") } else { String::new() };
        Ran { failure: Some(format!("{seed}panicked: {what}")), counts: None }
    })
}

/// A progress bar on a terminal, nothing anywhere else.
fn bar(length: usize) -> ProgressBar {
    if !stdout().is_terminal() || !stderr().is_terminal() {
        return ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    }
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX));
    match ProgressStyle::with_template("{bar:40} {pos} of {len} tests, {elapsed}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
