//! Running: every item on its own, panics caught, in parallel, reported in order.

use crate::adapter::{Adapter, Failed, Played, play};
use crate::difference::Difference;
use crate::live::Counts;
use crate::options::Options;
use crate::suite::{Item, Suite};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use quipu_vectors::perform::check;
use std::cell::RefCell;
use std::env;
use std::io::{IsTerminal, stderr, stdout};
use std::mem;
use std::num::NonZero;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// What one item gave.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ran {
    /// What differs, as a sentence.
    pub(crate) failure: Option<String>,
    /// The first value that differs, if the failure is one.
    pub(crate) difference: Option<Difference>,
    /// What a live case has seen.
    pub(crate) counts: Option<Counts>,
}

thread_local! {
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Results {
    /// In the order of the items of the suite.
    pub(crate) ran: Vec<Ran>,
    /// It was given up, or nothing but crashes and hangs came of it.
    pub(crate) aborted: bool,
}

/// Runs what is selected. What a run that stops has not begun leaves the suite.
pub(crate) fn run(suite: &mut Suite, options: &Options) -> Results {
    let (mut ran, aborted) = match &options.commands()[..] {
        [] => (run_embedded(suite, options), false),
        commands => run_adapters(suite, commands, options),
    };
    let unplayed = || (!options.fail_fast || aborted).then(|| Ran::failed(ABORTED));
    ran.resize(suite.items.len(), None);
    let ran: Vec<Option<Ran>> = ran.into_iter().map(|ran| ran.or_else(unplayed)).collect();
    let mut begun = ran.iter().map(Option::is_some);
    suite.items.retain(|_| begun.next().unwrap_or_default());
    suite.left_out += ran.len() - suite.items.len();
    Results { ran: ran.into_iter().flatten().collect(), aborted }
}

/// Crashes and hangs in a row after which a run is given up.
const PATIENCE: usize = 3;

/// How a test with an adapter ended.
enum Ended {
    Played(Played),
    /// A line that is no response.
    Nonsense(String),
    /// A crash or a hang, twice.
    Lost(String),
}

/// A worker with its adapter, or with the two of a pair.
struct Worker<'a> {
    commands: &'a [Vec<String>],
    deadline: Duration,
    seed: u64,
    adapters: Vec<Adapter>,
}

impl Worker<'_> {
    /// Plays a test; after a crash or a hang again, alone.
    fn play(&mut self, suite: &Suite, item: Item) -> Ended {
        let mut ended = Ended::Lost(String::new());
        for _ in 0..2 {
            ended = self.once(suite, item);
            if !matches!(ended, Ended::Lost(_)) {
                break;
            }
        }
        ended
    }

    fn once(&mut self, suite: &Suite, item: Item) -> Ended {
        if let (Item::Probe(probe), [command, ..]) = (item, self.commands) {
            return Ended::Played(match probe.play(command, self.deadline, self.seed) {
                Ok(()) => Played::Passed,
                Err(text) => Played::Failed(text),
            });
        }
        let mut adapters = mem::take(&mut self.adapters);
        while let Some(command) = self.commands.get(adapters.len()) {
            match Adapter::start(command, self.deadline) {
                Ok((adapter, _)) => adapters.push(adapter),
                Err(text) => return Ended::Lost(text),
            }
        }
        let played = match (item, &mut adapters[..]) {
            (Item::Vector(file, test), [adapter]) => {
                let (file, test) = suite.test(file, test);
                play(adapter, file, test)
            }
            (Item::Peer(index), adapters) => suite.case(index).play(adapters, self.seed),
            _ => Ok(Played::Failed("not for adapters".to_owned())),
        };
        match played {
            Ok(played) => {
                self.adapters = adapters;
                Ended::Played(played)
            }
            Err(Failed::Nonsense(text)) => Ended::Nonsense(text),
            Err(Failed::Ended(text) | Failed::Silent(text)) => Ended::Lost(text),
        }
    }
}

/// One adapter for each processor, or one pair; whether it was given up.
fn run_adapters(
    suite: &Suite,
    commands: &[Vec<String>],
    options: &Options,
) -> (Vec<Option<Ran>>, bool) {
    let bar = bar(suite.items.len());
    let (next, lost) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results = Mutex::new(vec![None; suite.items.len()]);
    let stop = AtomicBool::new(false);
    let put = |index: usize, ran: Ran| {
        stop.fetch_or(options.fail_fast && ran.failure.is_some(), Ordering::Relaxed);
        if let Ok(mut results) = results.lock() {
            results[index] = Some(ran);
        }
    };
    let work = || {
        let deadline = Duration::from_secs(options.deadline);
        let mut worker = Worker { commands, deadline, seed: options.seed, adapters: Vec::new() };
        let mut last = None;
        while lost.load(Ordering::Relaxed) < PATIENCE && !stop.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = suite.items.get(index) else { break };
            let ended = worker.play(suite, *item);
            if matches!(ended, Ended::Lost(_)) {
                lost.fetch_add(1, Ordering::Relaxed);
            } else {
                lost.store(0, Ordering::Relaxed);
            }
            bar.inc(1);
            put(index, ended.into());
            last = Some(index);
        }
        for mut adapter in worker.adapters {
            if let (Err(text), Some(index)) = (adapter.end(), last) {
                put(index, Ran::failed(format!("fault: {text}")));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(work);
        }
    });
    bar.finish_and_clear();
    let retold = shorten(suite, commands, options, &results);
    if let Some((index, ran)) = retold
        && let Ok(mut results) = results.lock()
    {
        results[index] = Some(ran);
    }
    // A filter may select fewer tests than it takes to lose patience.
    let aborted = lost.into_inner() >= PATIENCE.min(suite.items.len());
    (results.into_inner().unwrap_or_default(), aborted)
}

impl Ran {
    fn failed(text: impl Into<String>) -> Self {
        Self { failure: Some(text.into()), ..Self::default() }
    }
}

impl From<Ended> for Ran {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Played(Played::Passed) => Self::default(),
            Ended::Played(Played::Accepted(text) | Played::Failed(text)) => Self::failed(text),
            Ended::Played(Played::Differs(difference)) => {
                let failed = Self::failed(difference.text.as_str());
                Self { difference: Some(*difference), ..failed }
            }
            Ended::Played(Played::Unsupported(text)) => {
                Self::failed(format!("{text}, though its profile is claimed"))
            }
            Ended::Played(Played::Fault(text)) | Ended::Nonsense(text) | Ended::Lost(text) => {
                Self::failed(format!("fault: {text}"))
            }
        }
    }
}

/// The first failing walk of a run, told with as few lines as possible.
fn shorten(
    suite: &Suite,
    commands: &[Vec<String>],
    options: &Options,
    results: &Mutex<Vec<Option<Ran>>>,
) -> Option<(usize, Ran)> {
    let failed = |index: usize| {
        let results = results.lock().ok()?;
        Some(results[index].as_ref()?.failure.is_some())
    };
    let walk = |item: &Item| matches!(item, Item::Peer(index) if suite.case(*index).walk);
    let first = suite.items.iter().enumerate();
    let mut first = first.filter(|(index, item)| walk(item) && failed(*index) == Some(true));
    let (index, Item::Peer(case)) = first.next()? else {
        return None;
    };
    let deadline = Duration::from_secs(options.deadline);
    let start = |command: &Vec<String>| Adapter::start(command, deadline).map(|it| it.0).ok();
    let mut adapters = commands.iter().map(start).collect::<Option<Vec<Adapter>>>()?;
    let played = suite.case(*case).retell(&mut adapters, options.seed).ok()??;
    Some((index, Ended::Played(played).into()))
}

/// What stands at a test that was not played any more.
pub(crate) const ABORTED: &str = "not played: the adapter crashed or hung three times in a row";

fn run_embedded(suite: &Suite, options: &Options) -> Vec<Option<Ran>> {
    let former = panic::take_hook();
    panic::set_hook(Box::new(|info| PANIC.set(Some(info.to_string().replace('\n', " ")))));
    let bar = bar(suite.items.len());
    // The live cases take longest, so they begin first.
    let mut order: Vec<usize> = (0..suite.items.len()).collect();
    order.sort_by_key(|index| matches!(suite.items[*index], Item::Vector(..)));
    let (next, results) = (AtomicUsize::new(0), Mutex::new(vec![None; suite.items.len()]));
    let stop = AtomicBool::new(false);
    let commands: Vec<Vec<String>> = myself().into_iter().collect();
    let work = || {
        let deadline = Duration::from_secs(options.deadline);
        let (commands, adapters) = (&commands[..], Vec::new());
        let mut worker = Worker { commands, deadline, seed: options.seed, adapters };
        while !stop.load(Ordering::Relaxed)
            && let Some(index) = order.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let ran = run_one(suite, suite.items[*index], options.seed, &mut worker);
            bar.inc(1);
            stop.fetch_or(options.fail_fast && ran.failure.is_some(), Ordering::Relaxed);
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
    results.into_inner().unwrap_or_default()
}

fn run_one(suite: &Suite, item: Item, seed: u64, worker: &mut Worker<'_>) -> Ran {
    let caught = panic::catch_unwind(AssertUnwindSafe(|| match item {
        Item::Vector(file, test) => {
            let (file, test) = suite.test(file, test);
            let failure = check(&file.operation, file.suite, test).err();
            let difference = failure.as_ref().and_then(|_| Difference::of_embedded(file, test));
            Ran { failure, difference, counts: None }
        }
        Item::Probe(_) | Item::Peer(_) => worker.play(suite, item).into(),
        Item::Live(case) => {
            let played = case.play(seed);
            Ran { failure: played.outcome.err(), counts: Some(played.counts), ..Ran::default() }
        }
    }));
    caught.unwrap_or_else(|_| {
        let what = PANIC.take().unwrap_or_else(|| "without a message".to_owned());
        let seed =
            if matches!(item, Item::Live(_)) { format!("seed {seed}: ") } else { String::new() };
        Ran::failed(format!("{seed}panicked: {what}"))
    })
}

/// The command of the embedded reference as an adapter: this program.
pub(crate) fn myself() -> Result<Vec<String>, String> {
    let path = env::current_exe().map_err(|error| format!("where this program is: {error}"))?;
    let path = path.into_os_string().into_string();
    Ok(vec![path.map_err(|path| format!("{} is not UTF-8", path.display()))?, "serve".to_owned()])
}

/// A progress bar on a terminal, nothing anywhere else.
pub(crate) fn bar(length: usize) -> ProgressBar {
    if !stdout().is_terminal() || !stderr().is_terminal() {
        return ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    }
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX));
    match ProgressStyle::with_template("{bar:40} {pos} of {len} tests, {elapsed}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
