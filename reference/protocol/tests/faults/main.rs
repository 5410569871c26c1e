//! Crashes at every step between a call and its effect on the world, with files on a disk.

mod caller;
mod disk;
#[path = "../support/mod.rs"]
mod support;
mod world;

use caller::{Habit, Life};
use disk::{Disk, Folder};
use quipu::StorageError;
use std::collections::BTreeMap;
use std::env;
use world::{Seen, World};

/// How the dialogue begins.
#[derive(Debug, Clone, Copy)]
enum Start {
    Interactive,
    Prepared,
    /// A prepared handshake meets an interactive one.
    Crossed,
}

/// Of the steps for a second crash one in seven, and with this variable set every one: minutes.
const EVERY_PAIR: &str = "QUIPU_EVERY_PAIR";

const STARTS: [Start; 3] = [Start::Interactive, Start::Prepared, Start::Crossed];

fn world(start: Start, habit: Habit, sealed: bool, crashes: &[usize]) -> World {
    let life = |prepared| Life { habit, prepared, sealed };
    let (lives, of_bob): (_, &[&str]) = match start {
        Start::Interactive => ([life(false); 2], &[]),
        Start::Prepared => ([life(true); 2], &[]),
        Start::Crossed => ([life(true), life(false)], &["b3"]),
    };
    let disk = || if sealed { Disk::Folder(Folder::new()) } else { Disk::Memory(BTreeMap::new()) };
    World::new(lives, [&["a0", "a1"], of_bob], [disk(), disk()], crashes)
}

fn run(start: Start, habit: Habit, sealed: bool, crashes: &[usize]) -> Seen {
    world(start, habit, sealed, crashes).run()
}

/// What went wrong in runs that crash once, at each step in turn.
fn once(start: Start, habit: Habit, sealed: bool) -> (usize, BTreeMap<String, usize>) {
    let steps = run(start, habit, sealed, &[]).steps;
    let mut wrong = BTreeMap::new();
    for seen in (0..steps).map(|at| run(start, habit, sealed, &[at])) {
        assert!(seen.crashed);
        seen.wrong.into_iter().for_each(|it| *wrong.entry(it).or_default() += 1);
    }
    (steps, wrong)
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
    let stride = if env::var_os(EVERY_PAIR).is_some() { 1 } else { 7 };
    for start in STARTS {
        let steps = run(start, Habit::Right, false, &[]).steps;
        let mut runs = 0;
        for first in 0..steps {
            for after in (first % stride..).step_by(stride) {
                let seen = run(start, Habit::Right, false, &[first, after]);
                assert_eq!(seen.wrong, [""; 0], "{start:?}: {first}, {after} later");
                if !seen.crashed {
                    break;
                }
                runs += 1;
            }
        }
        println!("{start:?}: {steps} steps, {runs} pairs of crashes");
    }
}

// MSG-04: whoever sends before the state is durable uses a message key twice
#[test]
fn caller_who_sends_first_is_found_out() {
    let (_, wrong) = once(Start::Interactive, Habit::SendsFirst, false);
    println!("{wrong:?}");
    assert!(wrong.contains_key("two texts under one message key"));
    assert!(wrong.contains_key("refused as clone_suspected"));
}

// SEC-03, SESSION-15: whoever acknowledges before plaintext and state are durable loses messages
#[test]
fn caller_who_acknowledges_first_is_found_out() {
    for start in STARTS {
        let (_, wrong) = once(start, Habit::AcknowledgesFirst, false);
        println!("{start:?}: {wrong:?}");
        assert!(wrong.keys().any(|it| it.starts_with("arrived")), "{start:?}");
    }
}

// PREP-32: whoever stores the prekeys before the session loses its first message
#[test]
fn caller_who_stores_prekeys_first_is_found_out() {
    let (_, wrong) = once(Start::Prepared, Habit::PrekeysFirst, false);
    println!("{wrong:?}");
    assert!(wrong.keys().any(|it| it.starts_with("arrived")));
}

/// The devices after a whole dialogue, before anything is damaged.
fn settled(start: Start) -> World {
    let mut world = world(start, Habit::Right, true, &[]);
    world.work();
    world
}

// STORE-03, SESSION-25: a write that was cut, or that mixed two files, is an error with a name
#[test]
fn torn_files_are_refused_at_every_length() {
    let mut world = settled(Start::Prepared);
    let [_, bob] = &mut world.around.disks;
    let new = bob.read("state").expect("a file");
    let old = settled(Start::Interactive).around.disks[1].read("state").expect("a file");
    let refusal = |disk: &Disk| caller::open_state(disk).err();
    for length in 0..new.len() {
        bob.damage("state", &new[..length]);
        let error = if length < 8 { StorageError::FileKind } else { StorageError::FileTruncated };
        assert_eq!(refusal(bob), Some(error), "{length} bytes");
    }
    let shared = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    for length in shared + 1..new.len() {
        let mut mixed = [&new[..length], old.get(length..).unwrap_or_default()].concat();
        if mixed.len() < new.len() {
            mixed.resize(new.len(), 0);
        }
        bob.damage("state", &mixed);
        let refused = refusal(bob);
        assert_eq!(refused, Some(StorageError::FileDamaged), "{length} bytes of the new file");
    }
    bob.damage("state", &new);
    assert_eq!(world.callers[1].again(bob).err(), None);
}

// SESSION-24, PREP-31: an older file beside newer generations
#[test]
fn rolled_back_files_are_refused_by_their_generation() {
    for name in ["state", "prekeys"] {
        let mut world = world(Start::Prepared, Habit::Right, true, &[]);
        let old = world.around.disks[1].read(name).expect("stored at the start");
        world.step_until_session();
        let early = world.around.disks[1].read(name).expect("a file");
        world.work();
        let [_, bob] = &mut world.around.disks;
        assert_eq!(world.callers[1].again(bob).err(), None);
        bob.damage(name, if name == "state" { &early } else { &old });
        assert_eq!(world.callers[1].again(bob).err(), Some(StorageError::Rollback), "{name}");
    }
}

// RATCHET-14, SESSION-24: when the generations are rolled back too, the peer notices
#[test]
fn whole_store_rolled_back_raises_clone_suspected_at_the_peer() {
    let mut world = world(Start::Prepared, Habit::Right, false, &[]);
    world.step_until_session();
    let names = ["state", "prekeys", "least"];
    let old = names.map(|name| world.around.disks[0].read(name));
    world.work();
    assert_eq!(world.wrong(), [""; 0]);
    for (name, bytes) in names.into_iter().zip(old) {
        world.around.disks[0].damage(name, &bytes.expect("a file"));
    }
    world.restart(0);
    world.callers[0].wish("after");
    world.work();
    assert!(world.wrong().contains(&"refused as clone_suspected"), "{:?}", world.wrong());
}
