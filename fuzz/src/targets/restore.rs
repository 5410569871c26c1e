//! Snapshots: what is restored is the same when taken again, and can be used.

use crate::edit::{choose, edited};
use crate::stage::{PLACES, Stage};
use crate::story::{NOW, SUITES, device, draws};
use arbitrary::{Arbitrary, Unstructured};
use quipu::crypto::kdf::sha256;
use quipu::handshake::ReplayCache;
use quipu::prekeys::Prekeys;
use quipu::session::Session;
use quipu::sessions::Sessions;
use quipu::{Kind, StorageError};
use std::sync::LazyLock;

struct Genuine {
    session: Vec<Vec<u8>>,
    sessions: Vec<Vec<u8>>,
    prekeys: Vec<Vec<u8>>,
    cache: Vec<Vec<u8>>,
}

static GENUINE: LazyLock<Genuine> = LazyLock::new(|| {
    let (mut session, mut sessions, mut prekeys, mut cache) = (vec![], vec![], vec![], vec![]);
    for (suite, place) in SUITES.into_iter().flat_map(|it| PLACES.iter().map(move |at| (it, at))) {
        let stage = Stage::new(place, suite);
        let (device, peer) = stage.device();
        let of_peer = device.sessions(peer).into_iter().flat_map(Sessions::iter);
        session.extend(of_peer.map(|it| it.snapshot().expose().to_vec()));
        sessions.extend(device.snapshot(peer).map(|it| it.expose().to_vec()));
        prekeys.push(device.prekeys().snapshot().expose().to_vec());
        cache.push(device.replay_cache().snapshot());
    }
    for list in [&mut session, &mut sessions, &mut prekeys, &mut cache] {
        list.sort_unstable_by_key(|it| (it.len(), it.clone()));
        list.dedup();
    }
    Genuine { session, sessions, prekeys, cache }
});

#[derive(Debug, Clone, Copy, Arbitrary)]
enum What {
    Session,
    Sessions,
    Prekeys,
    Cache,
    /// Sessions put together from sessions.
    Composed,
}

/// What is restored, and how it was made.
#[derive(Debug, Arbitrary)]
struct Case<'a> {
    what: What,
    which: u8,
    raw: bool,
    /// Whether the digest at the end is made anew.
    whole: bool,
    least: u8,
    pieces: [(u8, u8, [u8; 8]); 3],
    edits: &'a [u8],
}

/// The same bytes with the right digest at their end.
fn with_digest(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(length) = bytes.len().checked_sub(32) {
        let digest = sha256(&[&bytes[..length]]);
        bytes[length..].copy_from_slice(&digest);
    }
    bytes
}

/// Sessions with one device, each with an address, in the layout of a snapshot.
fn composed(case: &Case<'_>) -> Vec<u8> {
    let mut bytes = GENUINE.sessions[0][..10].to_vec();
    for (which, address, edits) in case.pieces.iter().take(usize::from(case.which % 4)) {
        let session = choose(&GENUINE.session, *which);
        let session = with_digest(edited(session, edits));
        bytes.push(address % 3);
        bytes.extend(&b"ab"[..usize::from(address % 3)]);
        bytes.extend(u32::try_from(session.len()).expect("short").to_be_bytes());
        bytes.extend(session);
    }
    bytes.extend([0; 32]);
    bytes
}

/// A snapshot of each kind: raw, edited, or edited with the right digest.
pub(crate) fn restore(data: &[u8]) {
    let Ok(case) = Case::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let (base, genuine) = match case.what {
        What::Session => (choose(&GENUINE.session, case.which).clone(), &GENUINE.session),
        What::Prekeys => (choose(&GENUINE.prekeys, case.which).clone(), &GENUINE.prekeys),
        What::Cache => (choose(&GENUINE.cache, case.which).clone(), &GENUINE.cache),
        What::Sessions => (choose(&GENUINE.sessions, case.which).clone(), &GENUINE.sessions),
        What::Composed => (composed(&case), &GENUINE.sessions),
    };
    let bytes = if case.raw { case.edits.to_vec() } else { edited(&base, case.edits) };
    let whole = case.whole || matches!(case.what, What::Composed);
    let bytes = if whole { with_digest(bytes) } else { bytes };
    let least = u64::from(case.least);
    let again = match case.what {
        What::Session => Session::restore(&bytes, least).map(|mut session| {
            assert!(session.generation() >= least, "SESSION-24");
            let again = session.snapshot().expose().to_vec();
            use_session(&mut session);
            again
        }),
        What::Prekeys => restore_prekeys(&bytes, least),
        What::Cache => ReplayCache::restore(&bytes).map(|it| it.snapshot()),
        What::Sessions | What::Composed => {
            Sessions::restore(&bytes, |_| least).map(|mut sessions| {
                let again = sessions.snapshot().expose().to_vec();
                use_sessions(&mut sessions);
                again
            })
        }
    };
    match again {
        Ok(again) => {
            assert!(again == bytes, "restored from other bytes than it gives");
            assert!(whole || genuine.contains(&bytes), "restored what is damaged");
        }
        Err(StorageError::Snapshot | StorageError::SnapshotVersion) => {
            assert!(!genuine.contains(&bytes), "a genuine snapshot was refused");
        }
        Err(error) => assert!(error == StorageError::Rollback && least > 0, "{error}"),
    }
}

fn restore_prekeys(bytes: &[u8], least: u64) -> Result<Vec<u8>, StorageError> {
    let [one, other] = OWNERS.each_ref().map(|owner| Prekeys::restore(bytes, owner, least));
    let mut prekeys = match (one, other) {
        (Err(StorageError::Snapshot), other) => other?,
        (one, _) => one?,
    };
    assert!(prekeys.generation() >= least, "PREP-31");
    let again = prekeys.snapshot().expose().to_vec();
    prekeys.expire(NOW);
    prekeys.records();
    Ok(again)
}

static OWNERS: LazyLock<[quipu::keys::Party; 2]> = LazyLock::new(|| {
    ["ada", "bob"].map(|name| device(name, SUITES[1]).card().expect("a card").party())
});

/// A restored session may be nonsense; it must not be a reason to panic.
fn use_session(session: &mut Session) {
    let _ = session.receipt(&mut draws(1));
    if let Ok(message) = session.send(Kind::DATA, b"on", &mut draws(2)) {
        assert!(session.open(&message).is_err(), "opened what it sent");
    }
    let _ = session.repeat(NOW);
    let _ = session.close(&mut draws(3));
}

fn use_sessions(sessions: &mut Sessions) {
    sessions.settle(NOW);
    sessions.floor(NOW);
    // The list may hold both ends of a session.
    if let Ok(packet) = sessions.send(Kind::DATA, b"on", NOW, &mut draws(4)) {
        let _ = sessions.open(&packet, NOW);
    }
    sessions.settle(u64::MAX);
}

/// Seeds: every genuine snapshot of every kind, and a list of one session twice.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let case = |what: u8, which: u8, whole: u8| {
        // An enum of five is chosen by the high bits of four bytes.
        let what = (u32::MAX / 5 * u32::from(what) + 9).to_le_bytes();
        [&what[..], &[which, 0, whole, 0], &[0; 30]].concat()
    };
    let all = (0..5).flat_map(|what| (0..12).map(move |which| case(what, which, which % 2)));
    // Two sessions with one id, the first of them later and with another address.
    let twice: [&[u8]; 4] = [
        &[0xff; 4],
        &[2, 0, 1, 0],
        &[0, 1, 1, 0, 12, 9, 0, 0, 0, 0],
        &[0, 2, 0, 0, 0, 0, 0, 0, 0, 0],
    ];
    all.chain([[&twice.concat()[..], &[0; 10]].concat()]).collect()
}
