//! The prepared handshake between honest devices: what arrives, in which order, and how often.

mod support;

use quipu::handshake::{PrekeyPacket, prekey_init_length};
use quipu::session::Status;
use quipu::wire::{PacketType, Suite};
use quipu::{CallerError, Device, Event, Kind, PeerError};
use support::devices::{names, receive, refuse, say, sending, state, statuses};
use support::pair::{NOW, Start};
use support::prepared::{
    Forge, Parts, SUITES, begin, device_in, fields_in, meet_prepared, party, prepare, private,
    publish, texts, two, ways,
};
use support::{Exactly, Failing, Seeded, Untouchable, insider};

fn send(from: &mut Device, to: &Device, text: &[u8], now: u64) -> Vec<u8> {
    let rng = &mut Seeded::new(u64::from(text[0]));
    from.send(&to.key(), Kind::DATA, text, now, rng).expect("a session").packet
}

fn reduced(events: &[Event]) -> bool {
    match events {
        [Event::Established { reduced_forward_secrecy, .. }, ..] => *reduced_forward_secrecy,
        other => panic!("{other:?}"),
    }
}

/// Whether the session with the peer is still reduced.
fn still(at: &Device, peer: &Device) -> bool {
    let sessions = at.sessions(&peer.key()).expect("sessions");
    sessions.iter().next().expect("one").reduced_forward_secrecy()
}

// PREP-18, PREP-26, PREP-30, SESSION-05
#[test]
fn first_message_makes_the_session_and_its_receipt_confirms_it() {
    for suite in SUITES {
        for (one_time, kem, _) in ways(suite) {
            let (mut ada, mut bob) = two(suite);
            let events = prepare(&mut ada, &Parts::of(&bob, one_time, kem), NOW, 1);
            assert_eq!((names(&events), statuses(&bob, &ada)), (vec!["established"], vec![]));
            let first = send(&mut ada, &bob, b"1", NOW);
            let received = receive(&mut bob, &ada, &first, NOW);
            assert_eq!(names(&received.events), ["established", "message"]);
            assert_eq!(texts(&received.events), [(0, b"1".to_vec())]);
            let [receipt] = received.replies.as_slice() else { panic!("{:?}", received.replies) };
            let heard = receive(&mut ada, &bob, receipt, NOW);
            assert_eq!(names(&heard.events), ["confirmed", "message"]);
            assert_eq!(statuses(&ada, &bob), [Status::Confirmed]);
            let answer = send(&mut bob, &ada, b"2", NOW);
            assert_eq!(texts(&receive(&mut ada, &bob, &answer, NOW).events).len(), 1);
            assert_eq!(sending(&ada, &bob, NOW), sending(&bob, &ada, NOW));
        }
    }
}

// PREP-18
#[test]
fn handshake_bytes_stand_before_every_message_until_one_is_answered() {
    for suite in SUITES {
        let (mut ada, mut bob) = two(suite);
        let first = begin(&mut ada, &bob, NOW, 1);
        let length = prekey_init_length(suite);
        let receipt = receive(&mut bob, &ada, &first, NOW).replies.remove(0);
        for text in [b"2", b"3", b"4"] {
            let next = send(&mut ada, &bob, text, NOW + 1);
            let packet = PrekeyPacket::decode(&next).expect("a PrekeyInit");
            assert_eq!((packet.handshake, packet.suite), (&first[..length], suite));
            assert_eq!(names(&receive(&mut bob, &ada, &next, NOW).events), ["repeated", "message"]);
        }
        receive(&mut ada, &bob, &receipt, NOW + 1);
        let next = send(&mut ada, &bob, b"5", NOW + 1);
        assert_eq!(PacketType::of(&next), Ok(PacketType::Message));
        assert_eq!(names(&receive(&mut bob, &ada, &next, NOW + 1).events), ["message"]);
    }
}

// PREP-18: a close goes out behind them too, and nothing goes out without a message
#[test]
fn close_of_an_unconfirmed_session_makes_it_at_the_other_side() {
    let (mut ada, mut bob) = two(Suite::X25519);
    prepare(&mut ada, &Parts::of(&bob, Some(0), None), NOW, 1);
    assert!(ada.due(NOW + 20_000).packets.is_empty());
    let close = ada.close(&bob.key(), NOW, &mut Seeded::new(2)).expect("open").packet;
    assert_eq!(names(&receive(&mut bob, &ada, &close, NOW).events), ["established", "message"]);
    assert!(bob.sessions(&ada.key()).expect("one").iter().all(|it| it.peer_closed()));
}

/// Every order of these four.
fn permutations() -> Vec<[usize; 4]> {
    let all = (0..256).map(|it| [it / 64, it / 16 % 4, it / 4 % 4, it % 4]);
    all.filter(|it| (0..4).all(|number| it.contains(&number))).collect()
}

// PREP-26, PREP-28: whichever comes first makes the session, the others follow
#[test]
fn first_messages_arrive_in_every_order() {
    assert_eq!(permutations().len(), 24);
    for (suite, order) in SUITES.iter().flat_map(|it| permutations().into_iter().map(|o| (*it, o)))
    {
        let (mut ada, mut bob) = two(suite);
        prepare(&mut ada, &Parts::of(&bob, Some(0), Some(0)), NOW, 1);
        let packets = [b"0", b"1", b"2", b"3"].map(|text| send(&mut ada, &bob, text, NOW));
        let mut heard = Vec::new();
        for (place, index) in order.into_iter().enumerate() {
            let received = receive(&mut bob, &ada, &packets[index], NOW);
            let begun = if place == 0 { "established" } else { "repeated" };
            assert_eq!(names(&received.events), [begun, "message"]);
            heard.extend(texts(&received.events).into_iter().map(|(number, _)| number));
            assert_eq!(bob.prekeys().one_time()[0], 2);
        }
        assert_eq!(heard, order.map(|it| u32::try_from(it).expect("small")));
        for packet in packets {
            refuse(&mut bob, &ada.key(), &packet, NOW, PeerError::Duplicate);
        }
    }
}

// PREP-26, ENC-08: a relay cannot burn prekeys by damaging the message
#[test]
fn prekeys_are_consumed_when_the_first_message_is_accepted_and_not_before() {
    for suite in SUITES {
        let (mut ada, mut bob) = two(suite);
        let packet = begin(&mut ada, &bob, NOW, 1);
        let kems = if suite == Suite::Hybrid { 3 } else { 0 };
        let length = prekey_init_length(suite);
        for (byte, error) in [(24, PeerError::Authentication), (100, PeerError::Authentication)] {
            let mut damaged = packet.clone();
            damaged[length + byte] ^= 1;
            refuse(&mut bob, &ada.key(), &damaged, NOW, error);
        }
        let other = two(suite).0.key();
        let strange = PrekeyPacket::encode(&packet[..length], &[0; 380]);
        refuse(&mut bob, &other, &strange, NOW, quipu::BytesError::Version);
        let empty = PrekeyPacket::encode(&packet[..length], &[]);
        refuse(&mut bob, &other, &empty, NOW, quipu::BytesError::Length);
        assert_eq!((bob.prekeys().one_time(), bob.prekeys().generation()), ([3, kems], 1));
        receive(&mut bob, &ada, &packet, NOW);
        let left = if suite == Suite::Hybrid { 2 } else { 0 };
        assert_eq!((bob.prekeys().one_time(), bob.prekeys().generation()), ([2, left], 2));
    }
}

// PREP-26, MSG-11: authenticated, and still refused
#[test]
fn first_message_that_breaks_the_rules_consumes_nothing() {
    let (ada, mut bob) = two(Suite::X25519);
    let forge = Forge::of("ada", Suite::X25519, &Parts::of(&bob, Some(0), None));
    let made = forge.seal();
    let start = Start {
        secret: made.secret,
        transcript: made.transcript,
        ra: forge.ratchet,
        rb: private(&bob, &forge.parts.signed),
        initiator: party(&forge.card),
        responder: party(&forge.parts.card),
    };
    let refused = [
        (insider::Insider::initiator(&start).content(5, b""), PeerError::Content),
        (insider::Insider::initiator(&start).message(|_| (), &[7; 256]), PeerError::Padding),
        (insider::Insider::initiator(&start).header(|it| it.number = 10_000), PeerError::TooFar),
    ];
    for (message, error) in refused {
        let packet = PrekeyPacket::encode(&made.handshake, &message);
        refuse(&mut bob, &ada.key(), &packet, NOW, error);
    }
    let honest = insider::Insider::initiator(&start).content(1, b"honest");
    let packet = PrekeyPacket::encode(&made.handshake, &honest);
    let received = receive(&mut bob, &ada, &packet, NOW);
    assert_eq!(texts(&received.events), [(0, b"honest".to_vec())]);
}

// PREP-21, PREP-26
#[test]
fn one_time_prekey_serves_one_handshake() {
    for suite in SUITES {
        let (mut ada, mut bob) = two(suite);
        let mut eve = device_in("eve", suite);
        let late = begin(&mut eve, &bob, NOW, 2);
        let packet = begin(&mut ada, &bob, NOW, 1);
        receive(&mut bob, &ada, &packet, NOW);
        refuse(&mut bob, &eve.key(), &late, NOW, PeerError::UnknownPrekey);
        let last_resort = Parts::of(&bob, None, None);
        for (name, seed) in [("eve", 3), ("carol", 4)] {
            let mut from = device_in(name, suite);
            prepare(&mut from, &last_resort, NOW, seed);
            let packet = say(&mut from, &bob, NOW, seed);
            assert_eq!(names(&receive(&mut bob, &from, &packet, NOW).events)[0], "established");
        }
    }
}

// PREP-21, PREP-26: each of the two one-time prekeys by itself
#[test]
fn either_used_one_time_prekey_refuses_a_second_handshake() {
    for (one_time, kem) in [(Some(0), Some(1)), (Some(1), Some(0))] {
        let (mut ada, mut bob) = two(Suite::Hybrid);
        let mut eve = device_in("eve", Suite::Hybrid);
        prepare(&mut eve, &Parts::of(&bob, one_time, kem), NOW, 2);
        let late = say(&mut eve, &bob, NOW, 3);
        let packet = begin(&mut ada, &bob, NOW, 1);
        receive(&mut bob, &ada, &packet, NOW);
        refuse(&mut bob, &eve.key(), &late, NOW, PeerError::UnknownPrekey);
    }
}

// PREP-33: in all six ways; for the initiator until a message, for the responder until a new chain
#[test]
fn reduced_forward_secrecy_is_told_and_ends_with_the_first_step() {
    for suite in SUITES {
        for (one_time, kem, expected) in ways(suite) {
            let (mut ada, mut bob) = two(suite);
            let events = prepare(&mut ada, &Parts::of(&bob, one_time, kem), NOW, 1);
            assert_eq!((reduced(&events), still(&ada, &bob)), (expected, expected));
            let packet = send(&mut ada, &bob, b"1", NOW);
            let received = receive(&mut bob, &ada, &packet, NOW);
            assert_eq!((reduced(&received.events), still(&bob, &ada)), (expected, expected));
            let same_chain = send(&mut ada, &bob, b"2", NOW);
            receive(&mut bob, &ada, &same_chain, NOW);
            receive(&mut ada, &bob, &received.replies[0], NOW);
            assert_eq!((still(&ada, &bob), still(&bob, &ada)), (false, expected));
            let next_chain = send(&mut ada, &bob, b"3", NOW);
            receive(&mut bob, &ada, &next_chain, NOW);
            assert_eq!((still(&ada, &bob), still(&bob, &ada)), (false, false));
        }
    }
}

// PREP-33, SESSION-26
#[test]
fn reduced_forward_secrecy_outlives_a_restart() {
    let (mut ada, mut bob) = two(Suite::Hybrid);
    prepare(&mut ada, &Parts::of(&bob, None, None), NOW, 1);
    let packet = say(&mut ada, &bob, NOW, 2);
    receive(&mut bob, &ada, &packet, NOW);
    for (at, peer) in [(&mut ada, bob.key()), (&mut bob, device_in("ada", Suite::Hybrid).key())] {
        let snapshot = at.snapshot(&peer).expect("sessions");
        at.restore(&peer, snapshot.expose(), |_| 0).expect("own snapshot");
        let sessions = at.sessions(&peer).expect("sessions");
        assert!(sessions.iter().all(|it| it.reduced_forward_secrecy()));
        assert_eq!(at.snapshot(&peer).expect("the same").expose(), snapshot.expose());
    }
}

// SESSION-29
#[test]
fn prepared_handshake_draws_what_the_table_says() {
    for (suite, wanted) in
        [(Suite::X25519, vec![32, 32, 16]), (Suite::Hybrid, vec![32, 32, 32, 16])]
    {
        let (mut ada, mut bob) = two(suite);
        let (one, other) = (&mut Seeded::new(1), &mut Seeded::new(2));
        let bundle = Parts::of(&bob, Some(0), Some(0)).bundle();
        ada.prepare(&bundle, NOW, one).expect("may start");
        let sent = ada.send(&bob.key(), Kind::DATA, b"", NOW, one).expect("a session").packet;
        bob.receive(None, &sent, NOW, other).expect("genuine");
        assert_eq!((one.draws.as_slice(), other.draws.as_slice()), (&wanted[..], &[32, 16][..]));
        let mut carol = device_in("carol", suite);
        let made = &mut Seeded::new(3);
        carol.publish(2, NOW, made).expect("room");
        let curves = [4, 32, 4, 32, 4, 32].as_slice();
        let both = [4, 32, 4, 64, 4, 32, 4, 32, 4, 64, 4, 64].as_slice();
        assert_eq!(made.draws, if suite == Suite::Hybrid { both } else { curves });
    }
}

// PRIM-16, ENC-08
#[test]
fn failing_random_source_stops_every_step_unchanged() {
    let (mut ada, mut bob) = two(Suite::Hybrid);
    let bundle = Parts::of(&bob, Some(0), Some(0)).bundle();
    let random = Some(CallerError::Random.into());
    let before = (state(&ada, &bob.key()), state(&bob, &ada.key()));
    for left in 0..3 {
        let failed = ada.prepare(&bundle, NOW, &mut Failing::after(left));
        assert_eq!((failed.err(), &state(&ada, &bob.key())), (random, &before.0));
    }
    for left in 0..4 {
        let failed = bob.publish(1, NOW, &mut Failing::after(left));
        assert_eq!((failed.err(), &state(&bob, &ada.key())), (random, &before.1));
    }
    let packet = begin(&mut ada, &bob, NOW, 1);
    let received = bob.receive(None, &packet, NOW, &mut Failing::after(0)).expect("genuine");
    assert_eq!((names(&received.events)[0], received.replies.len()), ("established", 0));
}

// PREP-17, PRIM-17
#[test]
fn drawn_ratchet_key_that_repeats_a_key_of_the_exchange_is_refused() {
    let (mut ada, bob) = two(Suite::X25519);
    let parts = Parts::of(&bob, Some(0), None);
    let one_time = private(&bob, parts.one_time.as_ref().expect("one"));
    let before = state(&ada, &bob.key());
    for repeated in [[0x65; 32], private(&bob, &parts.signed), one_time] {
        let draws = &mut Exactly(vec![[0x65; 32], repeated]);
        let refused = ada.prepare(&parts.bundle(), NOW, draws).err();
        assert_eq!(refused, Some(CallerError::Random.into()));
        assert_eq!(state(&ada, &bob.key()), before);
    }
    let draws = &mut Exactly(vec![[0x65; 32], [0x72; 32]]);
    assert!(ada.prepare(&parts.bundle(), NOW, draws).is_ok());
}

// PREP-15, HS-39, HS-03: refused before anything is drawn
#[test]
fn initiator_refuses_contradicted_and_own_identities() {
    let (mut ada, bob) = two(Suite::X25519);
    let bundle = Parts::of(&bob, Some(0), None).bundle();
    let fields = fields_in("bob", Suite::X25519);
    ada.pin(fields.address, fields.device, device_in("eve", Suite::X25519).key());
    let mut same = device_in("bob", Suite::X25519);
    publish(&mut same, 1, NOW, 9);
    for at in [&mut ada, &mut same] {
        let before = state(at, &bob.key());
        let refused = at.prepare(&bundle, NOW, &mut Untouchable).err();
        assert_eq!(refused, Some(PeerError::Identity.into()));
        assert_eq!(state(at, &bob.key()), before);
    }
}

// PREP-28, SESSION-08: the bytes of a lesser session are known as well
#[test]
fn handshake_bytes_of_every_kept_session_are_known() {
    let (mut ada, mut bob) = two(Suite::X25519);
    let first = meet_prepared(&mut ada, &mut bob, NOW, 1);
    meet_prepared(&mut ada, &mut bob, NOW + 1, 2);
    assert_eq!(statuses(&bob, &ada).len(), 2);
    refuse(&mut bob, &ada.key(), &first, NOW + 1, PeerError::Duplicate);
}
