//! Olm as `vodozemac` has it: AES-256-CBC with a truncated HMAC, clear headers.

use quipu_benches::{Case, timed};
use vodozemac::olm::{Account, OlmMessage, Session, SessionConfig};

fn pair() -> (Session, Session) {
    let (ada, mut bob) = accounts();
    let (mut ours, mut theirs) = meet(&ada, &mut bob);
    turn(&mut ours, &mut theirs, b"second");
    (ours, theirs)
}

fn accounts() -> (Account, Account) {
    let (ada, mut bob) = (Account::new(), Account::new());
    bob.generate_one_time_keys(1);
    (ada, bob)
}

/// A session, a text there and an answer back. No signature is checked.
fn meet(ada: &Account, bob: &mut Account) -> (Session, Session) {
    let key = *bob.one_time_keys().values().next().expect("one");
    let config = SessionConfig::version_1();
    let mut ours = ada.create_outbound_session(config, bob.curve25519_key(), key).expect("keys");
    let OlmMessage::PreKey(first) = ours.encrypt("first").expect("sent") else {
        panic!("the first message has the prekeys");
    };
    let created = bob.create_inbound_session(config, ada.curve25519_key(), &first);
    let mut theirs = created.expect("genuine").session;
    turn(&mut theirs, &mut ours, b"answer");
    (ours, theirs)
}

fn turn(from: &mut Session, to: &mut Session, content: &[u8]) {
    let message = from.encrypt(content).expect("sent");
    assert_eq!(to.decrypt(&message).expect("genuine"), content);
}

/// Its cases, under the names of ours.
pub(crate) fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    for (size, name) in crate::SIZES {
        all.push(Case::plain(crate::named("vodozemac", "encrypt", name), move || {
            let (mut ada, content) = (pair().0, vec![5; size]);
            move || ada.encrypt(&content).expect("sent")
        }));
        all.push(Case::new(crate::named("vodozemac", "decrypt", name), move || {
            let ((mut ada, mut bob), content) = (pair(), vec![5; size]);
            move |times| {
                let send = |_| ada.encrypt(&content).expect("sent");
                let sealed: Vec<_> = (0..times).map(send).collect();
                let open = || {
                    for message in &sealed {
                        std::hint::black_box(bob.decrypt(message).expect("genuine"));
                    }
                };
                timed(open).1
            }
        }));
    }
    all.push(Case::plain(crate::turning("vodozemac"), || {
        let (mut ada, mut bob) = pair();
        std::mem::swap(&mut ada, &mut bob);
        move || {
            turn(&mut ada, &mut bob, &[5; 32]);
            std::mem::swap(&mut ada, &mut bob);
        }
    }));
    all.push(Case::new(format!("vodozemac: {}", crate::FIRST_REPLY), || {
        let once = || {
            let (ada, mut bob) = accounts();
            timed(|| meet(&ada, &mut bob)).1
        };
        move |times| (0..times).map(|_| once()).sum()
    }));
    all
}
