//! Both sides start at once, each with either handshake: in every order of delivery, with every
//! single loss, both end on one session, and nothing genuine is refused.

mod support;

use quipu::session::{SessionKey, Status};
use quipu::wire::{PacketType, Suite};
use quipu::{Device, Event};
use support::Seeded;
use support::devices::{DAY, connect, names, receive, say, sending, statuses};
use support::pair::NOW;
use support::prepared::{Parts, device_in, prepare, publish, texts};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    Interactive,
    Prepared,
}

const MIXTURES: [[Start; 2]; 4] = [
    [Start::Interactive, Start::Interactive],
    [Start::Prepared, Start::Prepared],
    [Start::Interactive, Start::Prepared],
    [Start::Prepared, Start::Interactive],
];

/// Two devices, what is under way between them, and what each will deliver last of all.
struct World {
    devices: [Device; 2],
    flying: Vec<(usize, Vec<u8>)>,
    late: Vec<(usize, Vec<u8>)>,
    lost: bool,
    heard: [usize; 2],
    said: [usize; 2],
}

impl World {
    fn new(starts: [Start; 2], clocks: [u64; 2]) -> Self {
        let mut devices = ["ada", "bob"].map(|name| device_in(name, Suite::X25519));
        for (seed, device) in (1..).zip(&mut devices) {
            publish(device, 1, NOW, seed);
        }
        let (mut flying, mut late, mut said) = (Vec::new(), Vec::new(), [0; 2]);
        for side in [0, 1] {
            let [ada, bob] = &mut devices;
            let (from, to) = if side == 0 { (ada, bob) } else { (bob, ada) };
            let seed = 10 + side as u64;
            match starts[side] {
                Start::Interactive => {
                    flying.push((1 - side, connect(from, to, clocks[side], seed)))
                }
                Start::Prepared => {
                    prepare(from, &Parts::of(to, Some(0), None), clocks[side], seed);
                    let mut packet = |number| (1 - side, say(from, to, NOW, seed + number));
                    flying.extend([packet(10), packet(20)]);
                    late.push(packet(30));
                    said[side] = 3;
                }
            }
        }
        Self { devices, flying, late, lost: false, heard: [0; 2], said }
    }

    /// Delivers a packet, which must be accepted, and puts the replies under way.
    fn deliver(&mut self, to: usize, packet: &[u8], now: u64) {
        let from = self.devices[1 - to].key();
        let rng = &mut Seeded::new(u64::from(packet[packet.len() - 1]) << 8 | now & 0xff);
        let received = self.devices[to].receive(Some(&from), packet, now, rng);
        let received = received.unwrap_or_else(|error| panic!("{error}: {:?}", &packet[..4]));
        let unwelcome = ["refused", "given-up", "dropped"];
        assert!(!names(&received.events).iter().any(|it| unwelcome.contains(it)));
        self.heard[to] += texts(&received.events).len();
        self.flying.extend(received.replies.into_iter().map(|reply| (1 - to, reply)));
    }

    fn flush(&mut self, now: u64) {
        while let Some((to, packet)) = self.flying.pop() {
            self.deliver(to, &packet, now);
        }
    }

    /// What follows without loss: repetitions, what was held back, and a conversation.
    fn settle(&mut self, now: u64) {
        for side in [0, 1] {
            let due = self.devices[side].due(now);
            assert!(due.events.is_empty(), "{:?}", due.events);
            self.flying.extend(due.packets.into_iter().map(|(_, packet)| (1 - side, packet)));
        }
        self.flush(now);
        for (to, packet) in core::mem::take(&mut self.late) {
            self.deliver(to, &packet, now);
            self.flush(now);
        }
        for seed in 0..6 {
            let side = seed as usize % 2;
            let [ada, bob] = &mut self.devices;
            let (from, to) = if side == 0 { (ada, bob) } else { (bob, ada) };
            if sending(from, to, now).is_some() {
                let packet = say(from, to, now, 70 + seed);
                self.said[side] += 1;
                self.deliver(1 - side, &packet, now);
                self.flush(now);
            }
        }
    }

    fn confirmed(&self, side: usize) -> Vec<SessionKey> {
        let sessions = self.devices[side].sessions(&self.devices[1 - side].key());
        let all = sessions.into_iter().flat_map(|it| it.iter());
        all.filter(|it| it.status() == Status::Confirmed).map(|it| it.key()).collect()
    }

    /// The greatest session that both sides have confirmed: where both must send.
    fn chosen(&self, now: u64) -> SessionKey {
        let theirs = self.confirmed(1);
        let both = self.confirmed(0).into_iter().filter(|key| theirs.contains(key));
        let greatest = both.max().expect("a session");
        let [ada, bob] = &self.devices;
        let sent = [sending(ada, bob, now), sending(bob, ada, now)];
        assert_eq!(sent, [Some(greatest.id); 2]);
        greatest
    }
}

/// Plays every order of delivery and, if asked, every loss of one packet; gives how many.
fn every_order(lossy: bool, new: impl Fn() -> World, check: impl Fn(World, &[usize])) -> usize {
    let (mut path, mut count) = (Vec::<usize>::new(), 0);
    loop {
        let (mut world, mut taken) = (new(), Vec::new());
        while !world.flying.is_empty() {
            let flying = world.flying.len();
            let options = if lossy && !world.lost { 2 * flying } else { flying };
            let choice = path.get(taken.len()).copied().unwrap_or(0);
            taken.push((choice, options));
            let (to, packet) = world.flying.remove(choice % flying);
            if choice < flying {
                world.deliver(to, &packet, NOW + 1);
            } else {
                world.lost = true;
                world.said[1 - to] -= usize::from(carries_text(&packet));
            }
        }
        path = taken.iter().map(|(choice, _)| *choice).collect();
        check(world, &path);
        count += 1;
        while taken.last().is_some_and(|(choice, options)| choice + 1 == *options) {
            taken.pop();
        }
        path.truncate(taken.len());
        match path.last_mut() {
            Some(last) => *last += 1,
            None => return count,
        }
    }
}

fn carries_text(packet: &[u8]) -> bool {
    PacketType::of(packet) == Ok(PacketType::PrekeyInit)
}

/// Both agree, everything that was not lost was heard, and in 7 days one session is left.
fn ends_well(mut world: World, path: &[usize]) -> SessionKey {
    let now = NOW + 2_002;
    world.settle(now);
    let chosen = world.chosen(now);
    assert_eq!(world.heard, [world.said[1], world.said[0]], "{path:?}");
    let [ada, bob] = &mut world.devices;
    if !world.lost {
        for all in [statuses(ada, bob), statuses(bob, ada)] {
            assert_eq!(all, [Status::Confirmed; 2], "{path:?}");
        }
    }
    let keys = [bob.key(), ada.key()];
    for (at, peer) in [ada, bob].into_iter().zip(keys) {
        let before = at.sessions(&peer).expect("sessions").iter().count();
        assert!(at.due(NOW + 7 * DAY).events.iter().all(|it| matches!(it, Event::GivenUp { .. })));
        assert_eq!(at.sessions(&peer).expect("sessions").iter().count(), before);
        let gone = at.due(now + 7 * DAY).events;
        let dropped = gone.iter().filter(|it| matches!(it, Event::Dropped { .. })).count();
        let left: Vec<_> = at.sessions(&peer).expect("one").iter().map(|it| it.key()).collect();
        assert_eq!((dropped, left), (before - 1, vec![chosen]), "{path:?}");
    }
    chosen
}

// SESSION-03, SESSION-05, SESSION-08, SESSION-10, PREP-28
#[test]
fn crossed_starts_end_on_the_greatest_session_in_every_order() {
    for (starts, orders) in MIXTURES.into_iter().zip([70, 320, 140, 140]) {
        for clocks in [[NOW, NOW], [NOW, NOW + 1], [NOW + 1, NOW]] {
            let played = every_order(
                false,
                || World::new(starts, clocks),
                |world, path| {
                    let chosen = ends_well(world, path);
                    assert_eq!(chosen.ts_i, clocks[0].max(clocks[1]));
                },
            );
            assert_eq!(played, orders, "{starts:?}");
        }
    }
}

// SESSION-03, SESSION-05, PREP-18, HS-36: any one packet lost
#[test]
fn crossed_starts_end_on_one_session_whatever_single_packet_is_lost() {
    for (starts, orders) in MIXTURES.into_iter().zip([320, 1_920, 766, 766]) {
        let played = every_order(
            true,
            || World::new(starts, [NOW, NOW + 1]),
            |world, path| {
                ends_well(world, path);
            },
        );
        assert_eq!(played, orders, "{starts:?}");
    }
}

// SESSION-03: of two starts in one millisecond the greater session id decides, on both sides
#[test]
fn session_id_decides_in_one_millisecond() {
    let (mut ada, mut bob) = (device_in("ada", Suite::X25519), device_in("bob", Suite::X25519));
    publish(&mut ada, 9, NOW, 1);
    publish(&mut bob, 9, NOW, 2);
    let mut wins = [0; 2];
    for round in 0..8 {
        let index = Some(0);
        prepare(&mut ada, &Parts::of(&bob, index, None), NOW + round, 30 + round);
        prepare(&mut bob, &Parts::of(&ada, index, None), NOW + round, 60 + round);
        let own = [sending(&ada, &bob, NOW), sending(&bob, &ada, NOW)];
        let [there, back] = [say(&mut ada, &bob, NOW, 3), say(&mut bob, &ada, NOW, 4)];
        let receipts = [receive(&mut bob, &ada, &there, NOW), receive(&mut ada, &bob, &back, NOW)];
        let [to_ada, to_bob] = receipts.map(|mut it| it.replies.remove(0));
        receive(&mut ada, &bob, &to_ada, NOW);
        receive(&mut bob, &ada, &to_bob, NOW);
        let chosen = sending(&ada, &bob, NOW);
        assert_eq!((chosen, sending(&bob, &ada, NOW)), (own[0].max(own[1]), chosen));
        wins[usize::from(chosen == own[1])] += 1;
    }
    assert!(wins[0] > 0 && wins[1] > 0, "{wins:?}");
}
