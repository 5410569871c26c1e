//! Crashes at every step between a call and its effect on the world, with files on a disk.

mod caller;
mod disk;
#[path = "../support/mod.rs"]
mod support;
mod world;

use caller::{Habit, Life};
use disk::{Disk, Folder};
use std::collections::BTreeMap;
use world::{Seen, World};

/// How the dialogue begins.
#[derive(Debug, Clone, Copy)]
enum Start {
    Interactive,
    Prepared,
    /// A prepared handshake meets an interactive one.
    Crossed,
}

const STARTS: [Start; 3] = [Start::Interactive, Start::Prepared, Start::Crossed];

fn run(start: Start, habit: Habit, sealed: bool, crashes: &[usize]) -> Seen {
    let life = |prepared| Life { habit, prepared, sealed };
    let (lives, of_bob): (_, &[&str]) = match start {
        Start::Interactive => ([life(false); 2], &[]),
        Start::Prepared => ([life(true); 2], &[]),
        Start::Crossed => ([life(true), life(false)], &["b3"]),
    };
    let disk = || if sealed { Disk::Folder(Folder::new()) } else { Disk::Memory(BTreeMap::new()) };
    World::new(lives, [&["a0", "a1"], of_bob], [disk(), disk()], crashes).run()
}

/// What went wrong in runs that crash once, at each step in turn.
fn once(start: Start, habit: Habit, sealed: bool) -> (usize, Vec<(usize, Vec<String>)>) {
    let steps = run(start, habit, sealed, &[]).steps;
    let runs = (0..steps).map(|at| (at, run(start, habit, sealed, &[at])));
    (steps, runs.filter(|(_, seen)| !seen.wrong.is_empty()).map(|(at, it)| (at, it.wrong)).collect())
}

#[test]
fn dialogue_ends_without_crashes() {
    for start in STARTS {
        let seen = run(start, Habit::Right, true, &[]);
        println!("{start:?}: {} steps", seen.steps);
        assert_eq!(seen.wrong, [""; 0], "{start:?}");
    }
}

// MSG-04, SEC-03, SESSION-15, PREP-32, PREP-34: sealed files, each step of writing them included
#[test]
fn one_crash_at_any_step_loses_nothing_and_repeats_nothing() {
    for start in STARTS {
        let (steps, wrong) = once(start, Habit::Right, true);
        println!("{start:?}: {steps} steps, a crash at each");
        assert!(wrong.is_empty(), "{start:?}: {wrong:?}");
    }
}

// MSG-04, SEC-03, SESSION-15, PREP-32, PREP-34
#[test]
fn two_crashes_at_any_two_steps_lose_nothing_and_repeat_nothing() {
    for start in STARTS {
        let steps = run(start, Habit::Right, false, &[]).steps;
        let mut runs = 0;
        let began = std::time::Instant::now();
        for first in 0..steps {
            for after in 0.. {
                let seen = run(start, Habit::Right, false, &[first, after]);
                assert_eq!(seen.wrong, [""; 0], "{start:?}: {first}, {after} later");
                if !seen.crashed {
                    break;
                }
                runs += 1;
            }
        }
        println!("{start:?}: {steps} steps, {runs} pairs of crashes {:?}", began.elapsed());
    }
}
