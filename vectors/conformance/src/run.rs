//! Running: every item on its own, panics caught, in parallel, reported in order.

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
