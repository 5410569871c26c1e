//! Seeded bugs of the prepared handshake.

use super::{Bug, IDK_SPK, bug, written, written_with_leak};
use crate::handshake::mechanism::Mechanism::*;
use crate::handshake::world::{Party, Secret, Setup, When};
use crate::handshake::{prepared, prepared_setup, seized, seized_setup};

/// The prepared handshake.
pub(super) const PREPARED: [Bug; 15] = [
    bug(
        24,
        "prekey-type-unsigned",
        "a kept prekey stands for a one-time one",
        "reduced-is-reported",
        || seized("bug", "B seized", seized_setup().without(&[PrekeyType, PrekeysInTranscript])),
    ),
    bug(25, "one-time-unsigned", "the relay's one-time prekey", "secrecy", || {
        written_with_leak(IDK_SPK, &[OneTimeSignature])
    }),
    bug(
        26,
        "reduced-not-reported",
        "no word about missing one-time prekeys",
        "reduced-is-reported",
        || seized("bug", "B seized", seized_setup().without(&[ReducedReport])),
    ),
    bug(27, "expired-prekey-used", "an old signed prekey, leaked", "first-message-secrecy", || {
        let setup = prepared_setup().leaking(Secret::ExpiredPrekey, When::Before);
        let setup = setup.leaking(Secret::Idk(Party::B), When::Before);
        prepared("bug", "an old prekey leaked", setup.without(&[PrekeyExpiry]))
    }),
    bug(
        46,
        "first-chain-without-ee",
        "the first chain from long-term keys alone",
        "secrecy",
        || {
            let setup = prepared_setup().leaking(Secret::Idk(Party::A), When::Before);
            let setup = Setup { one_time: Some(false), ..setup };
            prepared("bug", "IDK_I leaked", setup.without(&[ShareEe, ShareEs]))
        },
    ),
    bug(
        77,
        "no-prepared-signature",
        "no sig_I, the responder's keys leaked",
        "agreement-responder",
        || written_with_leak(IDK_SPK, &[PreparedSignature]),
    ),
    bug(78, "signed-prekey-unsigned", "the relay's signed prekey", "secrecy", || {
        written_with_leak(&[Secret::Idk(Party::B)], &[PrekeySignature])
    }),
    bug(79, "one-time-kept", "a one-time prekey is used twice", "one-time-used-once", || {
        written(&[OneTimeErased])
    }),
    bug(80, "no-replay-set", "handshake bytes make two sessions", "no-replay", || {
        written(&[ReplaySet])
    }),
    bug(
        81,
        "replay-set-volatile",
        "a restart forgets the replay set",
        "one-accept-per-run",
        || {
            let setup = Setup { restart: true, ..prepared_setup() };
            prepared("bug", "B restarts", setup.without(&[ReplaySetDurable]))
        },
    ),
    bug(82, "identity-not-sealed", "PrekeyInit says who writes", "initiator-hidden", || {
        written(&[IdentitySeal])
    }),
    bug(83, "no-eo", "the one-time prekey is named and not used", "secrecy", || {
        written_with_leak(IDK_SPK, &[ShareEo])
    }),
    bug(84, "ra-not-signed", "RA is not signed, ephemerals neither", "later-secrecy", || {
        written_with_leak(
            IDK_SPK,
            &[SignatureSeal, EphemeralsInTranscript, RatchetKeysInTranscript],
        )
    }),
    bug(
        85,
        "prekeys-not-hashed",
        "the prekeys are not in the transcript",
        "same-key-same-view",
        || written(&[PrekeysInTranscript, ShareEo]),
    ),
    bug(
        86,
        "one-time-kept-seized",
        "a used one-time prekey is kept, B seized",
        "reduced-is-reported",
        || seized("bug", "B seized", seized_setup().without(&[OneTimeErased])),
    ),
];
