//! Visits every state and compares with what is on record.

use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use quipu_model::engine::{Limits, Outcome, Subject, Verdict};
use quipu_model::{Bug, Kind, Model, bugs, models};

use super::golden::{self, short};
use super::{Exit, settle};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only the models and bugs whose name contains one of these
    names: Vec<String>,

    /// Prints the names and bounds of the models and checks nothing
    #[arg(long)]
    list: bool,

    /// Gives up at this number of states of a model
    #[arg(long, default_value_t = 20_000_000, value_name = "N")]
    states: usize,

    /// Gives up after this time for a model
    #[arg(long, default_value_t = 600, value_name = "SECONDS")]
    seconds: u64,

    /// Writes the numbers down as those on record
    #[arg(long, conflicts_with_all = ["names", "states", "seconds"])]
    record: bool,
}

/// What one run found, as lines to print and how it ends.
struct Finding {
    order: usize,
    exit: Exit,
    lines: Vec<String>,
    record: String,
    states: usize,
}

enum Job {
    Model(Model),
    Bug(Bug),
}

impl Job {
    fn name(&self) -> String {
        match self {
            Self::Model(model) => model.subject.name().to_owned(),
            Self::Bug(bug) => bug.label(),
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<Exit, String> {
    let wanted = |name: &str| {
        options.names.is_empty() || options.names.iter().any(|part| name.contains(part.as_str()))
    };
    let jobs: Vec<Job> =
        models().into_iter().map(Job::Model).chain(bugs().into_iter().map(Job::Bug)).collect();
    let jobs: Vec<Job> = jobs.into_iter().filter(|job| wanted(&job.name())).collect();
    if jobs.is_empty() {
        return Err("no model has such a name; --list has them".to_owned());
    }
    if options.list {
        jobs.iter().for_each(list);
        return Ok(Exit::Holds);
    }
    let (models, bugs) = (read(&golden::models())?, read(&golden::bugs())?);
    let limits = Limits { states: options.states, time: Duration::from_secs(options.seconds) };
    let judge = |job: &Job, tick: &dyn Fn(usize)| match job {
        Job::Model(model) => of_model(model, limits, &models, options.record, tick),
        Job::Bug(bug) => of_bug(bug, limits, &bugs, options.record, tick),
    };
    let findings = all(&jobs, judge);
    if options.record {
        write(&jobs, &findings)?;
    }
    Ok(sum_up(&jobs, &findings))
}

fn list(job: &Job) {
    match job {
        Job::Model(model) => println!("{:<32} {}", model.subject.name(), model.subject.bound()),
        Job::Bug(bug) => println!("{:<32} {}", bug.label(), bug.what),
    }
}

fn read(path: &std::path::Path) -> Result<String, String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(_) if !path.exists() => Ok(String::new()),
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
    }
}

/// Runs every job, one on each processor, and prints what each found as soon as it is known.
fn all(jobs: &[Job], judge: impl Fn(&Job, &dyn Fn(usize)) -> Finding + Sync) -> Vec<Finding> {
    let bar = ProgressBar::new(jobs.len() as u64);
    let style = "{bar:30} {pos} of {len}  {msg}";
    bar.set_style(ProgressStyle::with_template(style).expect("the template is right"));
    let next = AtomicUsize::new(0);
    let findings = Mutex::new(Vec::new());
    let work = || {
        while let Some((order, job)) = {
            let order = next.fetch_add(1, Ordering::Relaxed);
            jobs.get(order).map(|job| (order, job))
        } {
            let name = job.name();
            let mut finding =
                judge(job, &|states| bar.set_message(format!("{name}: {states} states")));
            finding.order = order;
            bar.suspend(|| finding.lines.iter().for_each(|line| println!("{line}")));
            bar.inc(1);
            findings.lock().expect("no worker panics").push(finding);
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    std::thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(work))));
    bar.finish_and_clear();
    let mut findings = findings.into_inner().expect("no worker panics");
    findings.sort_by_key(|finding| finding.order);
    findings
}

fn of_model(
    model: &Model,
    limits: Limits,
    record: &str,
    recording: bool,
    tick: &dyn Fn(usize),
) -> Finding {
    let subject = model.subject.as_ref();
    let outcome = subject.check(limits, true, tick);
    let name = subject.name();
    let always: Vec<_> = subject.claims().into_iter().filter(|claim| claim.3).collect();
    let agree = outcome.engines_agree(|name| always.iter().any(|claim| claim.0 == name));
    let found = golden::record(name, &outcome);
    let violated = outcome.claims.iter().any(|(_, verdict)| verdict.is_violated());
    let (exit, word) = if !outcome.complete {
        (Exit::Incomplete, "INCOMPLETE")
    } else if violated && model.kind == Kind::Ours {
        (Exit::Violated, "VIOLATED")
    } else if !agree {
        (Exit::Drift, "THE ENGINES DISAGREE")
    } else if !recording && golden::part(record, name) != found {
        (Exit::Drift, "NOT AS RECORDED")
    } else if model.kind == Kind::Earlier {
        (Exit::Holds, "attacks found")
    } else {
        (Exit::Holds, "holds")
    };
    let mut lines = vec![line(name, &outcome, word)];
    lines.push(format!("    {}", subject.bound()));
    if exit != Exit::Holds {
        lines.extend(explain(subject, &outcome, &golden::part(record, name), exit));
    }
    Finding { order: 0, exit, lines, record: found, states: outcome.states }
}

fn line(name: &str, outcome: &Outcome, word: &str) -> String {
    format!(
        "{name:<32} {:>9} states {:>10} steps {:>6.1} s  {word}",
        outcome.states,
        outcome.transitions,
        outcome.time.as_secs_f64()
    )
}

/// What went wrong, for people.
fn explain(subject: &dyn Subject, outcome: &Outcome, record: &str, exit: Exit) -> Vec<String> {
    let mut lines = Vec::new();
    if exit == Exit::Incomplete {
        lines.push("    a limit was reached; --states and --seconds raise it".to_owned());
        return lines;
    }
    for (claim, sentence, requirements, _) in subject.claims() {
        let Some(verdict) = outcome.verdict(claim) else { continue };
        lines.push(format!("    {claim}: {}", short(verdict)));
        if let Verdict::Violated { told, .. } = verdict
            && exit == Exit::Violated
        {
            lines.push(format!("      {sentence} ({})", requirements.join(", ")));
            lines.extend(told.iter().map(|line| format!("    {line}")));
        }
    }
    if let Some(second) = outcome.second {
        lines.push(format!("    stateright: {} states, holds: {}", second.states, second.holds));
    }
    if exit == Exit::Drift {
        lines.push("    on record (`check --record` writes what was found):".to_owned());
        lines.extend(record.lines().map(|line| format!("      {line}")));
    }
    lines
}

fn of_bug(
    bug: &Bug,
    limits: Limits,
    record: &str,
    recording: bool,
    tick: &dyn Fn(usize),
) -> Finding {
    let subject = (bug.build)();
    let outcome = subject.check(limits, false, tick);
    let verdict = outcome.verdict(bug.claim).cloned();
    let found = match &verdict {
        Some(verdict) => format!("{}: {} {}\n", bug.label(), bug.claim, short(verdict)),
        None => format!("{}: {} is no claim of {}\n", bug.label(), bug.claim, subject.name()),
    };
    let (exit, word) = match verdict {
        Some(Verdict::Incomplete) => (Exit::Incomplete, "INCOMPLETE".to_owned()),
        Some(ref verdict @ Verdict::Violated { .. }) => {
            match !recording && golden::part(record, &bug.label()) != found {
                true => (Exit::Drift, format!("{} NOT AS RECORDED", short(verdict))),
                false => (Exit::Holds, format!("caught: {} {}", bug.claim, short(verdict))),
            }
        }
        Some(Verdict::Holds) | None => (Exit::Drift, format!("NOT CAUGHT BY {}", bug.claim)),
    };
    let lines = vec![format!("{:<58} {word}", bug.label())];
    Finding { order: 0, exit, lines, record: found, states: outcome.states }
}

fn write(jobs: &[Job], findings: &[Finding]) -> Result<(), String> {
    let text = |bugs: bool| {
        let of_kind = |(job, _): &(&Job, &Finding)| matches!(job, Job::Bug(_)) == bugs;
        let records = jobs.iter().zip(findings).filter(of_kind);
        records.map(|(_, finding)| finding.record.as_str()).collect::<String>()
    };
    settle(&golden::models(), &text(false), false)?;
    settle(&golden::bugs(), &text(true), false)?;
    Ok(())
}

/// The last line, and the worst end of all.
fn sum_up(jobs: &[Job], findings: &[Finding]) -> Exit {
    let number = |exit: Exit| findings.iter().filter(|finding| finding.exit == exit).count();
    let bugs = jobs.iter().filter(|job| matches!(job, Job::Bug(_))).count();
    let states: usize = findings.iter().map(|finding| finding.states).sum();
    println!(
        "\n{} models and {bugs} seeded bugs, {states} states: {} as they should be, {} violated, \
         {} incomplete, {} not as recorded",
        jobs.len().saturating_sub(bugs),
        number(Exit::Holds),
        number(Exit::Violated),
        number(Exit::Incomplete),
        number(Exit::Drift),
    );
    [Exit::Violated, Exit::Incomplete, Exit::Drift]
        .into_iter()
        .find(|exit| number(*exit) > 0)
        .unwrap_or(Exit::Holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bug, taken for the protocol.
    #[test]
    fn a_violated_claim_of_ours_is_told_and_ends_with_1() {
        let bug = bugs().into_iter().find(|bug| bug.number == 1).expect("the first bug");
        let model = Model { kind: Kind::Ours, subject: (bug.build)() };
        let limits = Limits { states: 1_000_000, time: Duration::from_secs(60) };
        let finding = of_model(&model, limits, "", false, &|_| ());
        assert_eq!(finding.exit, Exit::Violated);
        let told = finding.lines.join("\n");
        assert!(told.contains("VIOLATED") && told.contains("agreement-initiator"), "{told}");
        assert!(told.contains("  1  "), "{told}");
        let model = Model { kind: Kind::Earlier, subject: (bug.build)() };
        let finding = of_model(&model, limits, "", false, &|_| ());
        assert_eq!(finding.exit, Exit::Drift, "it is on no record");
    }

    #[test]
    fn the_worst_end_counts() {
        let finding =
            |exit| Finding { order: 0, exit, lines: Vec::new(), record: String::new(), states: 1 };
        let all = [Exit::Holds, Exit::Drift, Exit::Incomplete, Exit::Violated].map(finding);
        assert_eq!(sum_up(&[], &all), Exit::Violated);
        assert_eq!(sum_up(&[], &all[..3]), Exit::Incomplete);
        assert_eq!(sum_up(&[], &all[..2]), Exit::Drift);
        assert_eq!(sum_up(&[], &all[..1]), Exit::Holds);
    }
}
