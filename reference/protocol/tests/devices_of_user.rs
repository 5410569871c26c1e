//! Manifests on devices: who may begin a session, which sessions end, to whom a message goes.

mod support;

use quipu::account::{Change, Manifest};
use quipu::session::Status;
use quipu::{Device, DeviceId, Event, Kind, PeerError};
use support::devices::{connect, meet, names, open, receive, refuse, say, state, statuses};
use support::pair::NOW;
use support::prepared::{Parts, begin, meet_prepared, prepare, texts};
use support::users::{User, address, card_of, claiming, device_of, key, learn};
use support::{Seeded, Untouchable};

/// Bob's first device, which has learned these manifests.
fn bob(manifests: &[Manifest]) -> Device {
    let mut bob = device_of("bob", 1);
    learn(&mut bob, manifests);
    bob
}

/// Asserts that neither side begins either handshake, as `identity`, and that nothing changes.
#[track_caller]
fn strangers(bob: &mut Device, mut other: Device) {
    let init = connect(&mut other, bob, NOW, 1);
    let packet = begin(&mut other, bob, NOW, 2);
    for packet in [init, packet] {
        refuse(bob, &other.key(), &packet, NOW, PeerError::Identity);
    }
    let before = state(bob, &other.key());
    let refused = bob.connect(&card_of(&other), NOW, &mut Untouchable).err();
    assert_eq!(refused, Some(PeerError::Identity.into()));
    let bundle = Parts::of(&other, Some(0), None).bundle();
    let refused = bob.prepare(&bundle, NOW, &mut Untouchable).err();
    assert_eq!(refused, Some(PeerError::Identity.into()));
    assert_eq!(state(bob, &other.key()), before);
}

/// Both handshakes, both ways; whether the peer counted as pinned.
#[track_caller]
fn meets(bob: &mut Device, mut other: Device, pinned: bool) {
    meet(&mut other, bob, NOW, 3);
    meet_prepared(&mut other, bob, NOW + 1, 4);
    let events = prepare(bob, &Parts::of(&other, Some(0), None), NOW + 2, 5);
    let [Event::Established { pinned: told, .. }, ..] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(*told, pinned);
    let packet = say(bob, &other, NOW + 2, 6);
    assert_eq!(names(&receive(&mut other, bob, &packet, NOW + 2).events)[0], "established");
    meet(bob, &mut other, NOW + 3, 7);
}

// DEV-10: not listed; another's number; another's key; revoked
#[test]
fn unlisted_and_revoked_devices_are_refused_in_both_roles() {
    let mut ada = User::new("ada", &[1, 2]);
    ada.revoke(2);
    for (keys, number) in [("ada3", 3), ("eve", 1), ("ada1", 3), ("ada1", 2), ("ada2", 2)] {
        strangers(&mut bob(&ada.manifests), claiming(keys, "ada", number));
    }
    for (keys, user) in [("ada1", "ada"), ("eve", "eve")] {
        let listed = user == "ada";
        meets(&mut bob(&ada.manifests), claiming(keys, user, 1), listed);
    }
}

// DEV-10, DEV-13: in place of pins, and against them
#[test]
fn manifest_decides_in_place_of_pins() {
    let ada = User::new("ada", &[1]);
    let mut device = bob(&ada.manifests);
    device.pin(address("ada"), DeviceId(1), key("eve", 1));
    meets(&mut device, device_of("ada", 1), true);
    let mut device = bob(&ada.manifests);
    device.pin(address("ada"), DeviceId(2), key("ada", 2));
    strangers(&mut device, device_of("ada", 2));
    let mut device = bob(&[]);
    device.pin(address("ada"), DeviceId(2), key("ada", 2));
    meets(&mut device, device_of("ada", 2), true);
}

// DEV-11
#[test]
fn revocation_ends_the_sessions_with_the_device_and_no_others() {
    let mut user = User::new("ada", &[1, 2]);
    let mut bob = bob(&user.manifests);
    let (mut one, mut two) = (device_of("ada", 1), device_of("ada", 2));
    let mut eve = claiming("eve", "eve", 2);
    for (number, device) in (1..).zip([&mut one, &mut two, &mut eve]) {
        meet(device, &mut bob, NOW, number);
        meet_prepared(device, &mut bob, NOW + 1, 10 + number);
    }
    let late = [say(&mut one, &bob, NOW + 1, 20), say(&mut two, &bob, NOW + 1, 21)];
    let events = learn(&mut bob, &[user.revoke(2)]);
    assert_eq!(names(&events), ["manifest", "dropped", "dropped"]);
    assert_eq!(statuses(&bob, &two), []);
    refuse(&mut bob, &two.key(), &late[1], NOW + 1, PeerError::UnknownSession);
    assert_eq!([statuses(&bob, &one), statuses(&bob, &eve)], [[Status::Confirmed; 2]; 2]);
    assert_eq!(names(&receive(&mut bob, &one, &late[0], NOW + 1).events), ["message"]);
    assert!(learn(&mut bob, &user.manifests[1..]).is_empty());
}

// DEV-11: a device that the first manifest of its address does not list
#[test]
fn first_manifest_ends_the_sessions_with_devices_that_it_does_not_list() {
    let user = User::new("ada", &[1]);
    let mut bob = bob(&[]);
    let (mut one, mut other) = (device_of("ada", 1), claiming("eve", "ada", 7));
    meet(&mut one, &mut bob, NOW, 1);
    meet(&mut other, &mut bob, NOW, 2);
    assert_eq!(names(&learn(&mut bob, &user.manifests)), ["manifest", "dropped"]);
    assert_eq!([statuses(&bob, &one).len(), statuses(&bob, &other).len()], [1, 0]);
}

// DEV-11: also when the device has since begun a session under another address
#[test]
fn revoked_device_does_not_keep_its_sessions_by_claiming_another_address() {
    let mut user = User::new("ada", &[1, 2]);
    let mut bob = bob(&user.manifests);
    let (mut honest, mut elsewhere) = (device_of("ada", 2), claiming("ada2", "mallory", 1));
    meet(&mut honest, &mut bob, NOW, 1);
    meet(&mut elsewhere, &mut bob, NOW + 1, 2);
    let late = say(&mut honest, &bob, NOW + 1, 3);
    assert_eq!(names(&learn(&mut bob, &[user.revoke(2)])), ["manifest", "dropped", "dropped"]);
    refuse(&mut bob, &honest.key(), &late, NOW + 1, PeerError::UnknownSession);
    let other = say(&mut elsewhere, &bob, NOW + 1, 4);
    refuse(&mut bob, &elsewhere.key(), &other, NOW + 1, PeerError::UnknownSession);
    let again = connect(&mut elsewhere, &bob, NOW + 2, 5);
    refuse(&mut bob, &elsewhere.key(), &again, NOW + 2, PeerError::Identity);
}

// DEV-11: over a restart as well
#[test]
fn restored_sessions_know_the_addresses_of_their_cards() {
    let mut user = User::new("ada", &[1, 2]);
    let mut bob = bob(&user.manifests);
    let (mut honest, mut elsewhere) = (device_of("ada", 2), claiming("ada2", "mallory", 1));
    meet(&mut honest, &mut bob, NOW, 1);
    meet(&mut elsewhere, &mut bob, NOW + 1, 2);
    let snapshot = bob.snapshot(&honest.key()).expect("sessions");
    bob.restore(&honest.key(), snapshot.expose(), |_| 0).expect("own snapshot");
    assert_eq!(bob.snapshot(&honest.key()).expect("the same").expose(), snapshot.expose());
    assert_eq!(names(&learn(&mut bob, &[user.revoke(2)])), ["manifest", "dropped", "dropped"]);
    assert_eq!(statuses(&bob, &elsewhere).len(), 0);
    // DEV-25: they do not come back from storage
    bob.restore(&honest.key(), snapshot.expose(), |_| 0).expect("own snapshot");
    assert_eq!(statuses(&bob, &elsewhere).len(), 0);
}

// DEV-10, DEV-11: a handshake under way does not outlive the revocation, in neither role
#[test]
fn revoked_device_does_not_finish_a_handshake() {
    let mut user = User::new("ada", &[1, 2]);
    let (mut one, mut two) = (device_of("ada", 1), device_of("ada", 2));
    let mut bob = bob(&user.manifests);
    let complete = open(&mut two, &mut bob, NOW, 1).complete;
    let kept = open(&mut one, &mut bob, NOW, 2).complete;
    let [init, other] = [connect(&mut bob, &two, NOW, 3), connect(&mut bob, &one, NOW, 4)];
    let response = receive(&mut two, &bob, &init, NOW).replies.remove(0);
    let answered = receive(&mut one, &bob, &other, NOW).replies.remove(0);
    assert_eq!(names(&learn(&mut bob, &[user.revoke(2)])), ["manifest"]);
    for packet in [complete, response] {
        refuse(&mut bob, &two.key(), &packet, NOW, PeerError::UnknownHandshake);
    }
    assert_eq!(names(&receive(&mut bob, &one, &kept, NOW).events), ["established"]);
    assert_eq!(names(&receive(&mut bob, &one, &answered, NOW).events)[0], "established");
}

// DEV-24: ended under one address, listed under another
#[test]
fn handshake_with_an_ended_device_goes_on_where_a_manifest_lists_it() {
    let (mut user, mut work) = (User::new("ada", &[1, 2]), User::new("work", &[1]));
    work.issue(&[Change::Add { device: DeviceId(7), key: key("ada", 2), now: NOW }]);
    let mut bob = bob(&user.manifests);
    learn(&mut bob, &work.manifests);
    meet(&mut device_of("ada", 2), &mut bob, NOW, 1);
    assert_eq!(names(&learn(&mut bob, &[user.revoke(2)])), ["manifest", "dropped"]);

    let mut there = claiming("ada2", "work", 7);
    let complete = open(&mut there, &mut bob, NOW, 2).complete;
    let init = connect(&mut bob, &there, NOW, 3);
    let response = receive(&mut there, &bob, &init, NOW).replies.remove(0);
    assert_eq!(names(&learn(&mut bob, &[user.add(3)])), ["manifest"]);
    for packet in [complete, response] {
        assert_eq!(names(&receive(&mut bob, &there, &packet, NOW).events)[0], "established");
    }
}

/// The devices to which a message went, and those for which a handshake is due.
fn sent(from: &mut Device, user: &str) -> (Vec<u32>, Vec<u32>) {
    let all = from.send_all(&address(user), Kind::DATA, b"all", NOW, &mut Seeded::new(9));
    let all = all.expect("a manifest");
    let number = |it: &quipu::crypto::sign::IdentityKey| {
        (1..9).find(|number| key(user, *number) == *it).expect("a device of the user")
    };
    let missing = |it: &quipu::Error| assert_eq!(*it, quipu::CallerError::NoSession.into());
    all.iter().for_each(|(_, outcome)| outcome.as_ref().err().iter().for_each(|it| missing(it)));
    let (with, without): (Vec<_>, Vec<_>) = all.iter().partition(|(_, it)| it.is_ok());
    (
        with.iter().map(|(key, _)| number(key)).collect(),
        without.iter().map(|(key, _)| number(key)).collect(),
    )
}

// DEV-12
#[test]
fn message_to_a_user_goes_to_the_listed_devices_and_to_nobody_else() {
    let (mut user, mut own) = (User::new("ada", &[1, 2, 3]), User::new("bob", &[1, 2, 4]));
    let mut bob = device_of("bob", 1);
    let none = bob.send_all(&address("ada"), Kind::DATA, b"all", NOW, &mut Seeded::new(9));
    assert_eq!(none.err(), Some(quipu::CallerError::NoSession));
    learn(&mut bob, &user.manifests);
    learn(&mut bob, &own.manifests);
    assert_eq!(sent(&mut bob, "ada"), (vec![], vec![1, 2, 3]));
    for number in [1, 3] {
        meet(&mut device_of("ada", number), &mut bob, NOW, number.into());
    }
    meet_prepared(&mut device_of("bob", 2), &mut bob, NOW, 7);
    meet_prepared(&mut device_of("eve", 1), &mut bob, NOW, 8);
    assert_eq!(sent(&mut bob, "ada"), (vec![1, 3], vec![2]));
    assert_eq!(sent(&mut bob, "bob"), (vec![2], vec![4]));
    let revoked = [user.revoke(3), own.revoke(4)];
    learn(&mut bob, &revoked);
    assert_eq!(sent(&mut bob, "ada"), (vec![1], vec![2]));
    assert_eq!(sent(&mut bob, "bob"), (vec![2], vec![]));
}

// DEV-12: each copy opens at its device
#[test]
fn copies_for_all_devices_arrive() {
    let user = User::new("ada", &[1, 2]);
    let mut bob = bob(&user.manifests);
    let mut devices = [device_of("ada", 1), device_of("ada", 2)];
    for (seed, device) in (1..).zip(&mut devices) {
        meet(device, &mut bob, NOW, seed);
    }
    let all = bob.send_all(&address("ada"), Kind::DATA, b"all", NOW, &mut Seeded::new(9));
    let all = all.expect("a manifest");
    for ((to, outgoing), device) in all.into_iter().zip(&mut devices) {
        let packet = outgoing.expect("a session").packet;
        assert_eq!(to, device.key());
        let heard = texts(&receive(device, &bob, &packet, NOW).events);
        assert_eq!(heard, [(heard[0].0, b"all".to_vec())]);
    }
}

// HS-11, DEV-12: devices of one account have sessions like any others
#[test]
fn own_other_device_is_a_peer_and_this_very_device_is_not() {
    let own = User::new("bob", &[1, 2]);
    let mut first = bob(&own.manifests);
    meets(&mut first, device_of("bob", 2), true);
    strangers(&mut first, claiming("eve", "bob", 1));
}
