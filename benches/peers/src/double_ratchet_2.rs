//! `double-ratchet-2` with encrypted headers: AES-256-GCM-SIV, no MAC over the message.

use double_ratchet_2::ratchet::RatchetEncHeader;
use quipu_benches::{Case, timed};
use x25519_dalek::StaticSecret;

type Ratchet = RatchetEncHeader<StaticSecret>;

const AD: &[u8] = b"associated data";

fn pair() -> (Ratchet, Ratchet) {
    let (mut bob, public) = Ratchet::init_bob([1; 32], [2; 32], [3; 32]);
    let mut ada = Ratchet::init_alice([1; 32], public, [2; 32], [3; 32]);
    turn(&mut ada, &mut bob, b"first");
    turn(&mut bob, &mut ada, b"answer");
    turn(&mut ada, &mut bob, b"second");
    (ada, bob)
}

fn turn(from: &mut Ratchet, to: &mut Ratchet, content: &[u8]) {
    let (header, sealed, nonce) = from.ratchet_encrypt(content, AD);
    assert_eq!(to.ratchet_decrypt(&header, &sealed, &nonce, AD), content);
}

/// Its cases, under the names of ours.
pub(crate) fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    for (size, name) in crate::SIZES {
        all.push(Case::plain(crate::named("double-ratchet-2", "encrypt", name), move || {
            let (mut ada, content) = (pair().0, vec![5; size]);
            move || ada.ratchet_encrypt(&content, AD)
        }));
        all.push(Case::new(crate::named("double-ratchet-2", "decrypt", name), move || {
            let ((mut ada, mut bob), content) = (pair(), vec![5; size]);
            move |times| {
                let sealed: Vec<_> =
                    (0..times).map(|_| ada.ratchet_encrypt(&content, AD)).collect();
                let open = || {
                    for (header, sealed, nonce) in &sealed {
                        std::hint::black_box(bob.ratchet_decrypt(header, sealed, nonce, AD));
                    }
                };
                timed(open).1
            }
        }));
    }
    all.push(Case::plain(crate::turning("double-ratchet-2"), || {
        let (mut ada, mut bob) = pair();
        std::mem::swap(&mut ada, &mut bob);
        move || {
            turn(&mut ada, &mut bob, &[5; 32]);
            std::mem::swap(&mut ada, &mut bob);
        }
    }));
    all
}
