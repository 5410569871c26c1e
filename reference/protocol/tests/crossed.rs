//! Two handshakes that cross: whatever is delivered or lost, both sides end on one session.

mod support;

use quipu::session::{SessionId, Status};
use quipu::{Device, PeerError};
use support::devices::{connect, device, meet, receive, refuse, say, sending, statuses};
use support::pair::NOW;

/// All orders in which `left` packets of one handshake and `right` of the other can arrive.
fn orders(left: usize, right: usize) -> Vec<Vec<usize>> {
    let mut all = Vec::new();
    let longer = |order: Vec<usize>, next: usize| [order.as_slice(), &[next]].concat();
    match (left, right) {
        (0, 0) => all.push(Vec::new()),
        _ => {
            if left > 0 {
                all.extend(orders(left - 1, right).into_iter().map(|it| longer(it, 0)));
            }
            if right > 0 {
                all.extend(orders(left, right - 1).into_iter().map(|it| longer(it, 1)));
            }
        }
    }
    all
}

/// Delivers one packet of each handshake in this order; what comes after is lost.
fn play(order: &[usize], clocks: [u64; 2]) -> [Device; 2] {
    let mut devices = [device("ada"), device("bob")];
    let [ada, bob] = &mut devices;
    let mut under_way = [connect(ada, bob, clocks[0], 1), connect(bob, ada, clocks[1], 2)];
    let mut to = [1, 0];
    for &handshake in order {
        let packet = core::mem::take(&mut under_way[handshake]);
        let [ada, bob] = &mut devices;
        let (at, from) = if to[handshake] == 1 { (bob, ada) } else { (ada, bob) };
        if let Some(reply) = receive(at, from, &packet, NOW).replies.pop() {
            under_way[handshake] = reply;
        }
        to[handshake] = 1 - to[handshake];
    }
    devices
}

/// Both talk for a moment, without loss, and agree on where they send.
fn settled([mut ada, mut bob]: [Device; 2]) -> Option<SessionId> {
    for seed in 10..13 {
        for forth in [true, false] {
            let (from, at) = if forth { (&mut ada, &mut bob) } else { (&mut bob, &mut ada) };
            if sending(from, at, NOW).is_some() {
                let packet = say(from, at, NOW, seed * 2 + u64::from(forth));
                for reply in receive(at, from, &packet, NOW).replies {
                    receive(from, at, &reply, NOW);
                }
            }
        }
    }
    let (one, other) = (sending(&ada, &bob, NOW), sending(&bob, &ada, NOW));
    assert_eq!(one, other);
    assert!(!statuses(&ada, &bob).contains(&Status::Unconfirmed));
    one
}

// SESSION-03, SESSION-05, SESSION-07
#[test]
fn crossed_handshakes_end_on_one_session_in_every_order() {
    for order in orders(4, 4) {
        for clocks in [[NOW, NOW], [NOW, NOW + 1]] {
            let chosen = settled(play(&order, clocks));
            assert!(chosen.is_some(), "{order:?}");
        }
    }
}

// SESSION-03, HS-36
#[test]
fn crossed_handshakes_end_on_one_session_whatever_is_lost() {
    for (left, right) in (0..5).flat_map(|left| (0..5).map(move |right| (left, right))) {
        for order in orders(left, right).into_iter().step_by(3) {
            let chosen = settled(play(&order, [NOW, NOW]));
            assert_eq!(chosen.is_some(), left.max(right) >= 2, "{order:?}");
        }
    }
}

// SESSION-03: the choice is that of (ts_I, session id)
#[test]
fn later_start_wins_in_every_order() {
    for order in orders(4, 4).into_iter().step_by(7) {
        let [ada, bob] = play(&order, [NOW, NOW + 1]);
        let greatest =
            bob.sessions(&ada.key()).and_then(|all| all.iter().next().map(|it| it.key()));
        assert_eq!(greatest.map(|key| key.ts_i), Some(NOW + 1));
        assert_eq!(settled([ada, bob]), greatest.map(|key| key.id));
    }
}

// SESSION-08
#[test]
fn lesser_session_still_receives_what_was_under_way() {
    let (mut ada, mut bob) = (device("ada"), device("bob"));
    meet(&mut ada, &mut bob, NOW, 1);
    let late = say(&mut ada, &bob, NOW, 2);
    meet(&mut bob, &mut ada, NOW + 1, 3);
    assert_eq!(receive(&mut bob, &ada, &late, NOW + 2).events.len(), 1);
    refuse(&mut bob, &ada.key(), &late, NOW + 2, PeerError::Duplicate);
}

// HS-05
#[test]
fn next_handshake_exceeds_the_greatest_confirmed_session() {
    let (mut ada, mut bob) = (device("ada"), device("bob"));
    meet(&mut ada, &mut bob, NOW + 100, 1);
    meet(&mut ada, &mut bob, NOW, 2);
    let times = ada.sessions(&bob.key()).map(|all| all.iter().map(|it| it.key().ts_i).collect());
    assert_eq!(times, Some(vec![NOW + 101, NOW + 100]));
    let card = *bob.card().expect("a card");
    let early = ada.connect(&card, NOW + 101 - 300_000, &mut support::Untouchable);
    assert_eq!(early, Err(quipu::CallerError::Window.into()));
}
