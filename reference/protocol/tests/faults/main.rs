//! Crashes at every step between a call and its effect on the world, with files on a disk.

mod caller;
mod disk;
mod files;
mod sources;
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

/// Of the steps for a second crash one in 16, and with this variable set every one: minutes.
const EVERY_PAIR: &str = "QUIPU_EVERY_PAIR";

const STARTS: [Start; 3] = [Start::Interactive, Start::Prepared, Start::Crossed];

/// Where the files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Store {
    Memory,
    Files,
    Sealed,
}

fn world(start: Start, habit: Habit, store: Store, crashes: &[usize]) -> World {
    let life = |prepared| Life { habit, prepared, sealed: store == Store::Sealed };
    let (lives, of_bob): (_, &[&str]) = match start {
        Start::Interactive => ([life(false); 2], &[]),
        Start::Prepared => ([life(true); 2], &[]),
        Start::Crossed => ([life(true), life(false)], &["b3"]),
    };
    let disk = || match store {
        Store::Memory => Disk::Memory(BTreeMap::new()),
        Store::Files | Store::Sealed => Disk::Folder(Folder::new(store == Store::Sealed)),
    };
    World::new(lives, [&["a0", "a1"], of_bob], [disk(), disk()], crashes)
}

fn run(start: Start, habit: Habit, store: Store, crashes: &[usize]) -> Seen {
    world(start, habit, store, crashes).run()
}

/// What went wrong in runs that crash once, at each step in turn.
fn once(start: Start, habit: Habit) -> BTreeMap<String, usize> {
    let steps = run(start, habit, Store::Memory, &[]).steps;
    let mut wrong = BTreeMap::new();
    for seen in (0..steps).map(|at| run(start, habit, Store::Memory, &[at])) {
        assert!(seen.crashed);
        seen.wrong.into_iter().for_each(|it| *wrong.entry(it).or_default() += 1);
    }
    wrong
}

// MSG-04, SEC-03, SESSION-15, PREP-32: each step of writing a file included; one run in
// nine has its files sealed, for opening one takes Argon2id
#[test]
fn one_crash_at_any_step_loses_nothing_and_repeats_nothing() {
    for start in STARTS {
        let steps = run(start, Habit::Right, Store::Files, &[]).steps;
        for at in 0..steps {
            let store = if at % 9 == 4 { Store::Sealed } else { Store::Files };
            let seen = run(start, Habit::Right, store, &[at]);
            assert!(seen.crashed);
            assert_eq!(seen.wrong, [""; 0], "{start:?}: {at}");
        }
        println!("{start:?}: {steps} steps, a crash at each");
    }
}

// MSG-04, SEC-03, SESSION-15, PREP-32
#[test]
fn two_crashes_at_any_two_steps_lose_nothing_and_repeat_nothing() {
    let stride = if env::var_os(EVERY_PAIR).is_some() { 1 } else { 16 };
    for start in STARTS {
        let steps = run(start, Habit::Right, Store::Memory, &[]).steps;
        let mut runs = 0;
        for first in 0..steps {
            for after in (first % stride..).step_by(stride) {
                let seen = run(start, Habit::Right, Store::Memory, &[first, after]);
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
    let wrong = once(Start::Interactive, Habit::SendsFirst);
    println!("{wrong:?}");
    assert!(wrong.contains_key("two texts under one message key"));
    assert!(wrong.contains_key("refused as clone_suspected"));
}

// SEC-03, SESSION-15: whoever acknowledges before plaintext and state are durable loses messages
#[test]
fn caller_who_acknowledges_first_is_found_out() {
    for start in STARTS {
        let wrong = once(start, Habit::AcknowledgesFirst);
        println!("{start:?}: {wrong:?}");
        assert!(wrong.keys().any(|it| it.starts_with("arrived")), "{start:?}");
    }
}

// PREP-32: whoever stores the prekeys before the session loses its first message
#[test]
fn caller_who_stores_prekeys_first_is_found_out() {
    let wrong = once(Start::Prepared, Habit::PrekeysFirst);
    println!("{wrong:?}");
    assert!(wrong.keys().any(|it| it.starts_with("arrived")));
}

/// The devices after a whole dialogue, before anything is damaged.
fn settled(start: Start) -> World {
    let mut world = world(start, Habit::Right, Store::Sealed, &[]);
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
    let refusal = |disk: &Disk| files::open_state(disk).err();
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
        let mut world = world(Start::Prepared, Habit::Right, Store::Sealed, &[]);
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
    let mut world = world(Start::Prepared, Habit::Right, Store::Memory, &[]);
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

// HS-02, PREP-22, SESSION-06, SESSION-31: minutes, days and years, forward and back
#[test]
fn clock_that_jumps_at_any_step_loses_nothing_unseen_and_uses_no_key_twice() {
    const MINUTE: i64 = 60_000;
    const DAY: i64 = 24 * 60 * MINUTE;
    for start in STARTS {
        let steps = run(start, Habit::Right, Store::Memory, &[]).steps;
        for at in 0..steps {
            for by in [6 * MINUTE, 8 * DAY, 3 * 365 * DAY].into_iter().flat_map(|by| [by, -by]) {
                let mut world = world(start, Habit::Right, Store::Memory, &[]);
                world.around.jump = Some((at, by));
                let seen = world.run();
                assert_eq!(seen.wrong, [""; 0], "{start:?}: {by} ms at step {at}");
            }
        }
        println!("{start:?}: {} jumps", 6 * steps);
    }
}
