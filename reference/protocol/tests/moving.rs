//! Backups and moves of whole devices (chapter 10.3).

mod support;

use quipu::account::{Account, Change};
use quipu::handshake::Psk;
use quipu::keys::Identity;
use quipu::prekeys::Bundle;
use quipu::secret::Secret;
use quipu::storage::{Import, Kind, Parameters, Vault, backup, depart, import, open};
use quipu::{Device, DeviceId, Error, Kind as Content, PeerError};
use support::Seeded;
use support::devices::{DAY, device, fields, identity, meet, names, pin, receive, say};
use support::pair::NOW;

const LEAST: Parameters = Parameters { memory: 19_456, passes: 2, lanes: 1 };

fn through_a_file(kind: Kind, contents: &[u8], created: u64, now: u64) -> Import {
    let rng = &mut Seeded::new(77);
    let vault = Vault::create(b"passphrase", LEAST, rng).expect("a vault");
    let file = vault.seal(kind, created, contents, rng).expect("sealed");
    let opened = open(b"passphrase", kind, &file).expect("opens");
    import(kind, &opened, now).expect("imports")
}

fn bundle_of(at: &Device, records: &[Vec<u8>]) -> Bundle {
    let card = at.card().expect("a card").as_bytes();
    let one_time = records.get(1).map(Vec::as_slice);
    Bundle::verify(&Bundle::encode(card, &records[0], one_time, None)).expect("genuine")
}

fn busy_device() -> (Device, Account) {
    let mut bob = device("bob");
    pin(&mut bob, "ada");
    let psk = Psk::new(Secret::new([7; 32])).expect("not zero");
    let id = bob.contacts_mut().add_psk(psk);
    bob.contacts_mut().expect_psk(identity("carol").key(), Some(id)).expect("known");
    let address = fields("bob").address;
    let mut account = Account::generate(address, &mut Seeded::new(5)).expect("draws");
    let add = Change::Add { device: DeviceId(1), key: bob.key(), now: NOW };
    let manifest = account.issue(&[add]).expect("issued").as_bytes().to_vec();
    assert_eq!(names(&bob.learn([manifest.as_slice()], false)), ["manifest"]);
    (bob, account)
}

// KEY-01
#[test]
fn an_identity_is_its_two_draws() {
    let (mut drawn, mut again) = (Seeded::new(3), Seeded::new(3));
    let identity = Identity::generate(&mut drawn).expect("draws");
    assert_eq!(drawn.draws, [32, 32]);
    let (seed, private) = identity.secrets();
    assert_eq!(*seed.expose(), again.array::<32>());
    assert_eq!(*private.expose(), again.array::<32>());
}

// STORE-09, STORE-13
#[test]
fn backup_restores_who_one_is_and_no_session_and_no_prekey() {
    let (mut bob, account) = busy_device();
    let mut ada = device("ada");
    let records = bob.publish(1, NOW, &mut Seeded::new(1)).expect("draws");
    meet(&mut ada, &mut bob, NOW, 2);
    let contents = backup(&bob, Some(&account));
    let snapshot = bob.snapshot(&ada.key()).expect("a session");
    let restored = through_a_file(Kind::Backup, contents.expose(), NOW, NOW + 900 * DAY);
    assert_eq!(restored.contacts().counts(), bob.contacts().counts());
    assert_eq!(restored.account().map(Secret::expose), Some(account.seed().expose()));
    let secrets_of_session = &snapshot.expose()[100..132];
    assert!(!contents.expose().windows(32).any(|window| window == secrets_of_session));

    let mut bob = restored.into_device();
    assert_eq!(bob.key(), identity("bob").key());
    assert!(bob.sessions(&ada.key()).is_none());
    let late = say(&mut ada, &bob, NOW, 3);
    let refused = bob.receive(Some(&ada.key()), &late, NOW, &mut Seeded::new(4));
    assert_eq!(refused.map(|it| names(&it.events)), Err(PeerError::UnknownSession.into()));

    let mut carol = device("dave");
    carol.prepare(&bundle_of(&bob, &records), NOW, &mut Seeded::new(5)).expect("starts");
    let first = say(&mut carol, &bob, NOW, 6);
    let refused = bob.receive(None, &first, NOW, &mut Seeded::new(7));
    assert_eq!(refused.map(|it| names(&it.events)), Err(PeerError::UnknownPrekey.into()));

    let records = bob.publish(1, NOW, &mut Seeded::new(8)).expect("draws");
    assert_eq!(records.len(), 2, "a new signed prekey and a one-time prekey");
    carol.prepare(&bundle_of(&bob, &records), NOW, &mut Seeded::new(9)).expect("starts");
    let first = say(&mut carol, &bob, NOW, 10);
    assert_eq!(
        names(&receive(&mut bob, &carol, &first, NOW).events),
        ["established", "views", "message"]
    );
}

// STORE-12, PREP-29
#[test]
fn moved_device_takes_what_was_under_way_and_refuses_what_was_replayed() {
    for (late, expected) in [(DAY, None), (DAY + 1, Some(PeerError::UnknownPrekey))] {
        let mut bob = device("bob");
        let records = bob.publish(1, NOW, &mut Seeded::new(1)).expect("draws");
        let bundle = bundle_of(&bob, &records);
        let (mut ada, mut carol) = (device("ada"), device("carol"));
        ada.prepare(&bundle, NOW, &mut Seeded::new(2)).expect("starts");
        let seen = say(&mut ada, &bob, NOW, 3);
        receive(&mut bob, &ada, &seen, NOW);
        let alone = Bundle::encode(bundle.card().as_bytes(), &records[0], None, None);
        let alone = Bundle::verify(&alone).expect("genuine");
        carol.prepare(&alone, NOW, &mut Seeded::new(4)).expect("starts");
        let under_way = say(&mut carol, &bob, NOW, 5);

        let contents = depart(bob, None);
        let now = NOW + late;
        let mut bob = through_a_file(Kind::Move, contents.expose(), NOW, now).into_device();
        let outcome = bob.receive(None, &under_way, now, &mut Seeded::new(6));
        match expected {
            None => {
                assert_eq!(outcome.map(|it| names(&it.events)), Ok(vec!["established", "message"]))
            }
            Some(error) => {
                assert_eq!(outcome.map(|it| names(&it.events)), Err(Error::from(error)));
            }
        }
        let replayed = bob.receive(None, &seen, now, &mut Seeded::new(7));
        let error = expected.unwrap_or(PeerError::Replay);
        assert_eq!(replayed.map(|it| names(&it.events)), Err(error.into()));
    }
}

// STORE-09
#[test]
fn sessions_begin_anew_after_a_move_and_the_new_one_is_used() {
    let (mut ada, mut bob) = (device("ada"), device("bob"));
    meet(&mut ada, &mut bob, NOW, 1);
    let before = support::devices::sending(&ada, &bob, NOW);
    let contents = depart(bob, None);
    let mut bob = through_a_file(Kind::Move, contents.expose(), NOW, NOW).into_device();
    meet(&mut bob, &mut ada, NOW + 1, 2);
    let after = support::devices::sending(&ada, &bob, NOW + 1);
    assert!(after.is_some() && after != before);
    let message = say(&mut ada, &bob, NOW + 2, 3);
    assert_eq!(names(&receive(&mut bob, &ada, &message, NOW + 2).events), ["message"]);
    let sent = bob.send(&ada.key(), Content::DATA, b"back", NOW + 3, &mut Seeded::new(4));
    let sent = sent.expect("a session").packet;
    assert_eq!(names(&receive(&mut ada, &bob, &sent, NOW + 3).events), ["message"]);
}
