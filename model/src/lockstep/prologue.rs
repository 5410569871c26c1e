//! What happens before a bound is explored, on both sides: the way to limits that are too far to
//! be reached by exploring.

use super::{Lockstep, Pair};
use crate::session::{Action, Flying, Kind, Spent};

/// What happens before a bound is explored.
pub(super) type Prologue = fn(&Lockstep, Pair) -> Pair;

/// Nothing.
pub(super) fn none(_: &Lockstep, pair: Pair) -> Pair {
    pair
}

/// Both sides have a session that carried a message each way, as the model begins it.
pub(super) fn acquaint(lockstep: &Lockstep, pair: Pair) -> Pair {
    let mut pair = begin(lockstep, pair, 0);
    for _ in 0..2 {
        pair = arrive(lockstep, pair, |_| true);
        pair = step(lockstep, &pair, Action::Send(0));
    }
    unspent(arrive(lockstep, pair, |_| true))
}

/// Each side has begun two sessions, all of them confirmed on both sides; a copy of the first
/// packet of all is still under way.
pub(super) fn four(lockstep: &Lockstep, mut pair: Pair) -> Pair {
    pair.world.ranks = [3, 4, 5, 6].into_iter().chain(pair.world.ranks).collect();
    let mut copy = None;
    for side in [0, 1, 0, 1] {
        pair.world.now += 1_000;
        pair = begin(lockstep, pair, side);
        if pair.divergence.is_some() {
            break;
        }
        let first = pair.world.network.iter().find(|it| Some(**it) != copy).copied();
        let first = first.expect("a text is under way");
        pair = step(lockstep, &pair, Action::Replay(first));
        let copy = *copy.get_or_insert(first);
        pair = arrive(lockstep, pair, |it| it != copy);
        pair = step(lockstep, &pair, Action::Send(side));
        pair = arrive(lockstep, pair, |it| it != copy);
    }
    unspent(pair)
}

/// The first side has sent 98 texts on a prepared session; the last is under way, the others are
/// lost.
pub(super) fn hundred(lockstep: &Lockstep, mut pair: Pair) -> Pair {
    pair = step(lockstep, &pair, Action::Start(0, Kind::Prepared));
    for _ in 0..98 {
        pair = lose(lockstep, pair);
        pair = step(lockstep, &pair, Action::Send(0));
    }
    unspent(pair)
}

/// The first side has begun a session whose opening the second has answered 15 times; the
/// answers are lost, the opening is still under way.
pub(super) fn answered(lockstep: &Lockstep, mut pair: Pair) -> Pair {
    pair = step(lockstep, &pair, Action::Start(0, Kind::Interactive));
    for _ in 0..2 {
        if pair.divergence.is_some() {
            return pair;
        }
        let flying = pair.world.network[0];
        pair = step(lockstep, &pair, Action::Deliver(flying));
    }
    if pair.divergence.is_some() {
        return pair;
    }
    let opening = pair.world.network[0];
    for _ in 0..15 {
        pair = step(lockstep, &pair, Action::Replay(opening));
        if pair.divergence.is_some() {
            break;
        }
        let answer = pair.world.network.iter().find(|it| it.to == 0).copied();
        pair = step(lockstep, &pair, Action::Lose(answer.expect("it was answered")));
        pair.world.now += 1_000;
    }
    unspent(pair)
}

/// A side starts a prepared handshake and sends a text.
fn begin(lockstep: &Lockstep, pair: Pair, side: usize) -> Pair {
    let pair = step(lockstep, &pair, Action::Start(side, Kind::Prepared));
    step(lockstep, &pair, Action::Send(side))
}

/// Everything under way that should arrive arrives, the last first.
fn arrive(lockstep: &Lockstep, mut pair: Pair, arrives: impl Fn(Flying) -> bool) -> Pair {
    while let Some(flying) = pair.world.network.iter().rev().copied().find(|it| arrives(*it)) {
        if pair.divergence.is_some() {
            break;
        }
        pair = step(lockstep, &pair, Action::Deliver(flying));
    }
    pair
}

fn lose(lockstep: &Lockstep, mut pair: Pair) -> Pair {
    while let Some(flying) = pair.world.network.last().copied() {
        if pair.divergence.is_some() {
            break;
        }
        pair = step(lockstep, &pair, Action::Lose(flying));
    }
    pair
}

/// A step that is possible. After a divergence nothing happens any more.
fn step(lockstep: &Lockstep, pair: &Pair, action: Action) -> Pair {
    if pair.divergence.is_some() {
        return pair.clone();
    }
    lockstep.step(pair, &action).expect("a prologue is possible")
}

/// What a prologue did does not count against the bounds.
fn unspent(mut pair: Pair) -> Pair {
    pair.world.spent = Spent::default();
    pair
}
