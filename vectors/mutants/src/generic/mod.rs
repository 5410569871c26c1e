//! Generic mutants: every change of cargo-mutants to the protocol crate, woven into one copy.
//! `docs/mutation.md` tells what became of them.

mod judge;
mod list;
mod nodes;
mod page;
mod process;
mod record;
mod settle;
mod weave;

use judge::{Judge, Verdict};
use list::Mutant;
use record::{Record, Seen};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many mutants are played at a time. The runner has threads of its own.
const AT_ONCE: usize = 2;

/// What to do.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) list: PathBuf,
    pub(crate) check: bool,
    pub(crate) every: usize,
}

/// Plays the mutants and writes the record and its page; with `check` plays every so many again and
/// compares.
pub(crate) fn run(
    root: &Path,
    task: &Task,
    bar: impl Fn(usize) -> indicatif::ProgressBar,
) -> Result<Vec<String>, String> {
    let mutants = list::read(root, &task.list)?;
    let mut record = Record::read(root)?;
    let mut findings = Vec::new();
    if task.check {
        findings.extend(strangers(&mutants, &record));
    }
    let settled = settle::settle(root, &mutants)?;
    println!("{} of {} changes do not compile", settled.refused.len(), mutants.len());
    settled.refused.iter().for_each(|(n,w)| println!("  {} | {w:?}", mutants[*n].name));
    let played = |it: &usize| !settled.refused.contains_key(it);
    let numbers: Vec<usize> = (0..mutants.len()).filter(played).step_by(task.every).collect();
    let judge = Judge::new(root, &settled.tree, !task.check)?;
    for name in judge.skipped() {
        println!("{name} judges nothing: it fails in the copy without a mutant");
    }
    let names: Vec<&str> = mutants.iter().map(|it| it.name.as_str()).collect();
    let bar = bar(numbers.len());
    let found = Mutex::new(record.clone());
    let play = |number: usize| {
        let name = names[number];
        let former = record.seen.get(name).and_then(Seen::verdict);
        let verdict = match former.map(|it| judge.again(number, &it)).transpose()? {
            Some(verdict) if task.check || verdict != Verdict::Survives => verdict,
            _ => judge.verdict(number)?,
        };
        bar.inc(1);
        let mut found = found.lock().map_err(|_| "a thread died".to_owned())?;
        found.seen.insert(name.to_owned(), verdict.into());
        if task.check { Ok(()) } else { found.write() }
    };
    in_parallel(&numbers, play)?;
    bar.finish_and_clear();
    let mut found = found.into_inner().map_err(|_| "a thread died".to_owned())?;
    if task.check {
        let other = |name: &&&str| record.seen.get(**name) != found.seen.get(**name);
        let of = |name: &&str| format!("{:?}, recorded is {:?}: {name}", found.seen.get(*name), record.seen.get(*name));
        findings.extend(names.iter().filter(other).map(of));
    } else {
        let refused = |(number, seen): (usize, Seen)| (mutants[number].name.clone(), seen);
        found.seen.extend(settled.refused.into_iter().map(refused));
        found.seen.retain(|name, _| names.contains(&name.as_str()));
        found.write()?;
        record = found;
    }
    findings.extend(record.findings());
    findings.extend(page::write(root, &record, task.check)?);
    println!("{} played; {}", numbers.len(), page::summary(&record));
    Ok(findings)
}

/// What stands in the list but not in the record, and the other way round.
fn strangers(mutants: &[Mutant], record: &Record) -> Vec<String> {
    let unknown = mutants.iter().filter(|it| !record.seen.contains_key(&it.name));
    let unknown = unknown.map(|it| format!("not in the record: {}:{} {}", it.file, it.line, it.name));
    let gone = record.seen.keys().filter(|name| !mutants.iter().any(|it| it.name == **name));
    unknown.chain(gone.map(|name| format!("recorded, but no mutant: {name}"))).collect()
}

/// Two at a time, until all are done or one fails.
fn in_parallel(
    numbers: &[usize],
    act: impl Fn(usize) -> Result<(), String> + Sync,
) -> Result<(), String> {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
            act(*number).inspect_err(|_| next.store(numbers.len(), Ordering::Relaxed))?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        let join = |it: thread::ScopedJoinHandle<'_, _>| it.join().map_err(|_| "a thread died".to_owned())?;
        workers.into_iter().try_for_each(join)
    })
}
