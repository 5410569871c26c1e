//! Generic mutants: every change of cargo-mutants to the protocol crate, woven into one copy.
//! `docs/mutation.md` tells what became of them.

mod judge;
mod list;
mod nodes;
mod page;
mod process;
mod record;
mod settle;
mod tests;
mod weave;

use judge::{Judge, Verdict};
use list::Mutant;
use record::{Record, Seen};
use settle::Settled;
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
    pub(crate) survivors: bool,
    pub(crate) every: usize,
}

/// Plays the mutants of which nothing is on record, and writes the record and its page; with `check`
/// plays again what is recorded to have caught one, and writes nothing.
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
    if task.check {
        findings.extend(others_compile(&mutants, &record, &settled));
    }
    let known = |number: &usize| record.seen.get(&mutants[*number].name).and_then(Seen::verdict);
    let numbers = (0..mutants.len()).filter(|it| !settled.refused.contains_key(it));
    let numbers: Vec<usize> = if task.check {
        let caught = |it: &usize| known(it).is_some_and(|it| it != Verdict::Survives);
        numbers.filter(caught).step_by(task.every).collect()
    } else {
        let same = |name: &String| record.reasons.get(name).is_some_and(|it| it.equivalent);
        let open = |(at, it): &(usize, usize)| match known(it) {
            None => at.is_multiple_of(task.every),
            Some(Verdict::Survives) => task.survivors && !same(&mutants[*it].name),
            Some(_) => false,
        };
        numbers.enumerate().filter(open).map(|(_, it)| it).collect()
    };
    let pieces = if numbers.is_empty() || task.check { 1 } else { judge::ALL };
    let judge = Judge::new(root, settled.tree, pieces)?;
    if task.check {
        let test = |it: &usize| record.seen.get(&mutants[*it].name).and_then(Seen::test);
        judge.sound(&numbers.iter().filter_map(test).collect())?;
    }
    let bar = bar(numbers.len());
    let found = Mutex::new(record.clone());
    let lock = || found.lock().map_err(|_| "a thread died".to_owned());
    let play = |number: usize| {
        let name = &mutants[number].name;
        let likely = lock()?.likely(name.split(':').next().unwrap_or_default());
        let verdict = match known(&number).filter(|_| task.check) {
            Some(former) => judge.again(number, &former)?,
            None => judge.verdict(number, &likely)?,
        };
        bar.inc(1);
        let mut found = lock()?;
        found.seen.insert(name.clone(), verdict.into());
        if task.check { Ok(()) } else { found.write() }
    };
    in_parallel(&numbers, play)?;
    bar.finish_and_clear();
    let mut found = found.into_inner().map_err(|_| "a thread died".to_owned())?;
    if task.check {
        let survives = |it: &&usize| found.seen.get(&mutants[**it].name) == Some(&Seen::Survives);
        let of = |it: &usize| format!("no longer caught: {}", mutants[*it].name);
        findings.extend(numbers.iter().filter(survives).map(of));
    } else {
        let refused = settled.refused.into_iter();
        found.seen.extend(refused.map(|(number, seen)| (mutants[number].name.clone(), seen)));
        found.seen.retain(|name, _| mutants.iter().any(|it| it.name == *name));
        for mutant in &mutants {
            found.seen.entry(mutant.name.clone()).or_insert(Seen::LeftOut);
        }
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
    let unknown =
        unknown.map(|it| format!("not in the record: {}:{} {}", it.file, it.line, it.name));
    let gone = record.seen.keys().filter(|name| !mutants.iter().any(|it| it.name == **name));
    unknown.chain(gone.map(|name| format!("recorded, but no mutant: {name}"))).collect()
}

/// What compiles today and not on record, and the other way round: it would change the shares.
fn others_compile(mutants: &[Mutant], record: &Record, settled: &Settled) -> Vec<String> {
    let out = |seen: &Seen| matches!(seen, Seen::Refused(_) | Seen::Unplayed(_));
    let finding = |(number, mutant): (usize, &Mutant)| {
        let (now, then) =
            (settled.refused.contains_key(&number), out(record.seen.get(&mutant.name)?));
        let text = if now { "no longer compiles" } else { "compiles now" };
        (now != then).then(|| format!("{text}: {}", mutant.name))
    };
    mutants.iter().enumerate().filter_map(finding).collect()
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
        let join = |it: thread::ScopedJoinHandle<'_, _>| {
            it.join().map_err(|_| "a thread died".to_owned())?
        };
        workers.into_iter().try_for_each(join)
    })
}
