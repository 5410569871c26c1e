//! Noise as `snow` has it: no ratchet. XX proves both identities in three messages, as ours does.

use quipu_benches::{Case, timed};
use snow::{Builder, HandshakeState};
use std::time::Duration;

const PARAMETERS: &str = "Noise_XX_25519_AESGCM_SHA256";

fn key() -> Vec<u8> {
    Builder::new(PARAMETERS.parse().expect("known")).generate_keypair().expect("drawn").private
}

fn builder(key: &[u8]) -> Builder<'_> {
    let builder = Builder::new(PARAMETERS.parse().expect("known"));
    builder.local_private_key(key).expect("the first")
}

/// Both sides, the initiator's time first.
fn handshake(ada_key: &[u8], bob_key: &[u8]) -> [Duration; 2] {
    let step = |from: &mut HandshakeState, to: &mut HandshakeState| {
        let (mut message, mut payload) = ([0; 256], [0; 256]);
        let (length, sent) = timed(|| from.write_message(&[], &mut message).expect("our turn"));
        let read = || to.read_message(&message[..length], &mut payload).expect("genuine");
        (sent, timed(read).1)
    };
    let (mut ada, ada_built) = timed(|| builder(ada_key).build_initiator().expect("complete"));
    let (mut bob, bob_built) = timed(|| builder(bob_key).build_responder().expect("complete"));
    let (one, other) = step(&mut ada, &mut bob);
    let (second, first) = step(&mut bob, &mut ada);
    let (third, fourth) = step(&mut ada, &mut bob);
    [ada_built + one + first + third, bob_built + other + second + fourth]
}

/// Its cases, under the names of ours.
pub(crate) fn cases() -> Vec<Case> {
    let side = |at: usize, name: &str| {
        Case::new(format!("snow XX: interactive handshake 0x0001, {name}"), move || {
            let (ada, bob) = (key(), key());
            move |times| (0..times).map(|_| handshake(&ada, &bob)[at]).sum()
        })
    };
    vec![side(0, "initiator"), side(1, "responder")]
}
