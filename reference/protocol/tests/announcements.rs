//! Views in the handshakes, and manifests that come in messages.

mod support;

use quipu::account::Manifest;
use quipu::crypto::labels::Purpose;
use quipu::crypto::sign::SigningSecret;
use quipu::message::announce;
use quipu::secret::Secret;
use quipu::{Device, DeviceId, Error, Event, PeerError};
use support::Seeded;
use support::devices::{connect, meet, names, receive, refuse, say, state, statuses};
use support::pair::NOW;
use support::prepared::{Parts, begin, prepare};
use support::users::{User, address, device_of, learn};

/// What a device tells of the views of its peer.
fn told(events: &[Event]) -> [bool; 2] {
    let views = events.iter().filter_map(|event| match event {
        Event::Views { theirs, ours, .. } => Some([*theirs, *ours]),
        _ => None,
    });
    let all: Vec<_> = views.collect();
    assert!(all.len() <= 1 && all.iter().all(|it| it.contains(&true)));
    all.first().copied().unwrap_or_default()
}

/// Device 1 of a user, with the first `own` manifests of the user and `other` of the peer.
fn with(user: &User, own: usize, peer: &User, other: usize) -> Device {
    let mut device = device_of(user.name, 1);
    learn(&mut device, &user.manifests[..own]);
    learn(&mut device, &peer.manifests[..other]);
    device
}

// DEV-15, DEV-16: Init tells the responder, Response the initiator, PrekeyInit the responder
#[test]
fn differing_views_are_told_by_all_three_packets() {
    let (mut ada, mut bob) = (User::new("ada", &[1]), User::new("bob", &[1]));
    ada.add(2);
    bob.add(2);
    for case in 0..81 {
        let [own, of_bob, bobs, of_ada] = [case / 27, case / 9 % 3, case / 3 % 3, case % 3];
        let mut left = with(&ada, own, &bob, of_bob);
        let mut right = with(&bob, bobs, &ada, of_ada);
        let at_bob = [own != of_ada, of_bob != bobs];
        let at_ada = [bobs != of_bob, of_ada != own];
        let init = connect(&mut left, &right, NOW, 1);
        let received = receive(&mut right, &left, &init, NOW);
        assert_eq!(told(&received.events), at_bob, "{case}");
        let accepted = receive(&mut left, &right, &received.replies[0], NOW);
        assert_eq!(told(&accepted.events), at_ada, "{case}");
        receive(&mut right, &left, &accepted.replies[0], NOW);
        let packet = begin(&mut left, &right, NOW + 1, 2);
        assert_eq!(told(&receive(&mut right, &left, &packet, NOW + 1).events), at_bob, "{case}");
    }
}

/// Ada's first device and Bob, who have met; Bob keeps the first `kept` manifests of Ada.
fn met(user: &User, kept: usize) -> (Device, Device) {
    let (mut ada, mut bob) = (device_of("ada", 1), device_of("bob", 1));
    pin_ada(&mut bob);
    learn(&mut bob, &user.manifests[..kept]);
    meet(&mut ada, &mut bob, NOW, 1);
    (ada, bob)
}

fn announced(from: &mut Device, to: &Device, manifests: &[Vec<u8>]) -> Vec<u8> {
    let manifests = manifests.iter().map(Vec::as_slice);
    let rng = &mut Seeded::new(5);
    from.announce(&to.key(), manifests, NOW, rng).expect("a session").packet
}

fn bytes(manifests: &[Manifest]) -> Vec<Vec<u8>> {
    manifests.iter().map(|it| it.as_bytes().to_vec()).collect()
}

/// What became of an announcement, and the number that is kept afterwards.
fn outcome(user: &User, kept: usize, manifests: &[Vec<u8>]) -> (Vec<String>, Option<u64>) {
    let (mut ada, mut bob) = met(user, kept);
    let packet = announced(&mut ada, &bob, manifests);
    let received = receive(&mut bob, &ada, &packet, NOW);
    let [Event::Message { .. }, learned @ ..] = received.events.as_slice() else {
        panic!("{:?}", received.events)
    };
    let tell = |event: &Event| match event {
        Event::Manifest { number, .. } => number.to_string(),
        Event::ManifestRefused { error } => error.name().to_owned(),
        other => panic!("{other:?}"),
    };
    let next = say(&mut ada, &bob, NOW, 6);
    assert_eq!(names(&receive(&mut bob, &ada, &next, NOW).events), ["message"]);
    let number = bob.contacts().manifest(&address("ada")).map(Manifest::number);
    (learned.iter().map(tell).collect(), number)
}

/// DEV-22: a first manifest needs the word of a pinned device.
fn pin_ada(at: &mut Device) {
    at.pin(address("ada"), DeviceId(1), support::users::key("ada", 1));
}

/// Ada with three manifests.
fn three() -> User {
    let mut user = User::new("ada", &[1]);
    user.add(2);
    user.add(3);
    user
}

/// A second manifest with number 2, of the same account key.
fn fork() -> Vec<u8> {
    let mut other = User::new("ada", &[1]);
    other.add(7).as_bytes().to_vec()
}

// DEV-18, DEV-04 to DEV-09: good, again, older, with a gap, forked
#[test]
fn announced_manifests_are_judged_one_by_one() {
    let user = three();
    let [one, two, three] = <[Vec<u8>; 3]>::try_from(bytes(&user.manifests)).expect("three");
    let fork = fork();
    type Case<'a> = (usize, &'a [&'a Vec<u8>], &'a [&'a str], u64);
    let cases: [Case<'_>; 8] = [
        (0, &[&one], &["1"], 1),
        (0, &[&one, &two, &three], &["1", "2", "3"], 3),
        (2, &[&two], &[], 2),
        (1, &[&one, &two, &two, &three], &["2", "3"], 3),
        (2, &[&one], &["manifest_old"], 2),
        (1, &[&three], &["manifest_gap"], 1),
        (2, &[&fork], &["manifest_fork"], 2),
        (1, &[&two, &fork, &three], &["2", "manifest_fork"], 2),
    ];
    for (kept, list, told, number) in cases {
        let list: Vec<Vec<u8>> = list.iter().map(|it| it.to_vec()).collect();
        let told = told.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(outcome(&user, kept, &list), (told, Some(number)));
    }
}

// DEV-18: of another address, of another account key, with a wrong signature
#[test]
fn manifests_that_are_not_the_senders_are_refused() {
    let user = three();
    let foreign = bytes(&User::new("bob", &[1]).manifests);
    let refused = |error: Error| vec![error.name().to_owned()];
    let identity = refused(PeerError::Identity.into());
    assert_eq!(outcome(&user, 0, &foreign), (identity.clone(), None));
    assert_eq!(outcome(&user, 2, &foreign), (identity.clone(), Some(2)));
    let thief = SigningSecret::new(&Secret::new([9; 32]));
    let listed = user.manifests[0].devices();
    let other = Manifest::issue(&thief, address("ada"), 1, [0; 32], listed).expect("rules");
    assert_eq!(outcome(&user, 1, &bytes(&[other])), (identity, Some(1)));
    let mut unsigned = bytes(&user.manifests[1..2]);
    *unsigned[0].last_mut().expect("not empty") ^= 1;
    let signature = refused(PeerError::Signature.into());
    assert_eq!(outcome(&user, 1, &unsigned), (signature, Some(1)));
    let purpose = thief.sign(Purpose::MANIFEST, &user.manifests[1].hash());
    let body = unsigned[0].len() - 64;
    unsigned[0][body..].copy_from_slice(&purpose);
    let signature = refused(PeerError::Signature.into());
    assert_eq!(outcome(&user, 1, &unsigned), (signature, Some(1)));
}

/// Content that is not an announcement.
fn malformed() -> Vec<Vec<Vec<u8>>> {
    let good = bytes(&three().manifests);
    let edit = |place: usize, byte: u8| {
        let mut bytes = good[1].clone();
        bytes[place] = byte;
        vec![good[0].clone(), bytes]
    };
    let short = good[0][..good[0].len() - 1].to_vec();
    vec![
        vec![],
        vec![vec![]],
        vec![short.clone()],
        vec![good[0].clone(), short],
        edit(0, 2),
        edit(1, 0),
        edit(105, 0),
        edit(138, 0),
        edit(138, 65),
        edit(138, 3),
        edit(142, 2),
    ]
}

// DEV-17, MSG-11, PREP-26: in a message and as the first one of a PrekeyInit
#[test]
fn malformed_announcements_are_refused_as_content() {
    let user = three();
    for manifests in malformed() {
        let (mut ada, mut bob) = met(&user, 1);
        let packet = announced(&mut ada, &bob, &manifests);
        refuse(&mut bob, &ada.key(), &packet, NOW, PeerError::Content);
        let mut ada = device_of("ada", 1);
        prepare(&mut ada, &Parts::of(&bob, Some(0), None), NOW + 1, 2);
        let packet = announced(&mut ada, &bob, &manifests);
        refuse(&mut bob, &ada.key(), &packet, NOW, PeerError::Content);
    }
    assert_eq!(announce([[1].as_slice(), &[]]), [0, 0, 0, 1, 1, 0, 0, 0, 0]);
}

// DEV-18, PREP-26: the manifest is refused, the message and the session stay accepted
#[test]
fn first_message_may_be_an_announcement() {
    let user = three();
    for (kept, told) in [(0, "manifest"), (2, "manifest-refused")] {
        let (mut ada, mut bob) = (device_of("ada", 1), device_of("bob", 1));
        pin_ada(&mut bob);
        learn(&mut bob, &user.manifests[..kept]);
        let before = bob.prekeys().one_time();
        prepare(&mut ada, &Parts::of(&bob, Some(0), None), NOW, 2);
        let packet = announced(&mut ada, &bob, &bytes(&user.manifests[..1]));
        let received = receive(&mut bob, &ada, &packet, NOW);
        let mut expected = vec!["established", "message", told];
        if kept == 2 {
            expected.insert(1, "views");
        }
        assert_eq!((names(&received.events), received.replies.len()), (expected, 1));
        assert_eq!((before, bob.prekeys().one_time()), ([2, 0], [1, 0]));
    }
}

// DEV-11, 9.4: the session ends on which the announcement came
#[test]
fn announcement_that_revokes_its_sender_ends_the_session() {
    let mut user = User::new("ada", &[1, 2]);
    user.revoke(1);
    let (mut ada, mut bob) = met(&user, 1);
    let packet = announced(&mut ada, &bob, &bytes(&user.manifests[1..]));
    let next = say(&mut ada, &bob, NOW, 6);
    let received = receive(&mut bob, &ada, &packet, NOW);
    assert_eq!(names(&received.events), ["message", "manifest", "dropped"]);
    assert_eq!(statuses(&bob, &ada), []);
    refuse(&mut bob, &ada.key(), &next, NOW, PeerError::UnknownSession);

    let (mut ada, mut bob) = (device_of("ada", 1), device_of("bob", 1));
    pin_ada(&mut bob);
    prepare(&mut ada, &Parts::of(&bob, Some(0), None), NOW, 2);
    let packet = announced(&mut ada, &bob, &bytes(&user.manifests));
    let received = receive(&mut bob, &ada, &packet, NOW);
    let expected = ["established", "message", "manifest", "manifest", "dropped"];
    assert_eq!((names(&received.events), received.replies.len()), (expected.to_vec(), 0));
    refuse(&mut bob, &ada.key(), &packet, NOW, PeerError::Replay);
}

// DEV-18: whose address counts is that of the card of the session on which it came
#[test]
fn announcement_is_judged_by_the_card_of_its_session() {
    let user = three();
    let mut bob = device_of("bob", 1);
    pin_ada(&mut bob);
    let mut ada = device_of("ada", 1);
    let mut elsewhere = support::users::claiming("ada1", "mallory", 1);
    meet(&mut ada, &mut bob, NOW, 1);
    meet(&mut elsewhere, &mut bob, NOW + 1, 2);
    let packet = announced(&mut elsewhere, &bob, &bytes(&user.manifests[..1]));
    let before = state(&bob, &bob.key()).4;
    let received = receive(&mut bob, &ada, &packet, NOW + 1);
    assert_eq!(names(&received.events), ["message", "manifest-refused"]);
    assert_eq!(state(&bob, &bob.key()).4, before);
    let packet = announced(&mut ada, &bob, &bytes(&user.manifests[..1]));
    let received = receive(&mut bob, &ada, &packet, NOW + 1);
    assert_eq!(names(&received.events), ["message", "manifest"]);
}

// DEV-19: of one's own account, from another device of it
#[test]
fn own_account_is_learned_from_an_own_device() {
    let mut own = User::new("bob", &[1, 2]);
    let (mut one, mut two) = (device_of("bob", 1), device_of("bob", 2));
    learn(&mut one, &own.manifests);
    learn(&mut two, &own.manifests);
    meet(&mut one, &mut two, NOW, 1);
    let next = own.add(3);
    let packet = announced(&mut one, &two, &bytes(core::slice::from_ref(&next)));
    assert_eq!(names(&receive(&mut two, &one, &packet, NOW).events), ["message", "manifest"]);
    assert_eq!(two.contacts().manifest(&address("bob")), Some(&next));
}
