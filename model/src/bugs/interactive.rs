//! Seeded bugs of the interactive handshake.

use super::{Bug, EK, IDKS, both_roles, bug, in_setup, with_leak};
use crate::handshake::mechanism::Mechanism::*;
use crate::handshake::shared_setup;
use crate::handshake::world::{Party, Secret, Setup, When};

/// Signatures and what they cover.
pub(super) const AUTHENTICATION: [Bug; 15] = [
    bug(1, "no-signatures", "no signature anywhere, IDKs known", "agreement-initiator", || {
        with_leak(IDKS, &[InitSignature, ResponseSignature, CompleteSignature])
    }),
    bug(
        2,
        "identities-unsigned",
        "identities neither signed nor bound by ephemerals",
        "secrecy",
        || both_roles(&[IdentitiesSigned, EphemeralsInTranscript, ShareEs]),
    ),
    bug(3, "self-session", "no check against oneself", "no-reflection", || {
        both_roles(&[SelfCheck])
    }),
    bug(4, "own-ephemeral-unsigned", "sig_R omits EK_R, EK_I leaked", "secrecy", || {
        with_leak(EK, &[OwnEphemeralSigned, ResponseSeal])
    }),
    bug(
        5,
        "peer-ephemeral-unsigned",
        "signatures omit both ephemerals",
        "agreement-initiator",
        || with_leak(IDKS, &[OwnEphemeralSigned, PeerEphemeralSigned]),
    ),
    bug(
        6,
        "keys-without-transcript",
        "transcript not in the keys, ee forgotten",
        "same-key-same-view",
        || with_leak(IDKS, &[TranscriptInKeys, ShareEe]),
    ),
    bug(
        7,
        "no-mac-no-seal",
        "Response neither sealed nor under a MAC nor signed",
        "agreement-initiator",
        || both_roles(&[ResponseMac, ResponseSeal, ResponseSignature]),
    ),
    bug(
        8,
        "responder-not-named",
        "card_R not in the transcript, no signature of R",
        "agreement-responder",
        || both_roles(&[ResponderInTranscript, ResponseSignature]),
    ),
    bug(
        9,
        "no-second-signature",
        "no sig_I2, ephemeral and IDK_I leaked",
        "agreement-responder",
        || with_leak(&[Secret::Ephemeral(0), Secret::Idk(Party::A)], &[CompleteSignature]),
    ),
    bug(
        10,
        "initiator-not-named",
        "card_I not in the transcript, Init not sealed",
        "agreement-initiator",
        || both_roles(&[InitiatorInTranscript, InitSeal]),
    ),
    bug(11, "devices-alike", "device id not in the transcript", "agreement-initiator", || {
        let mut setup = Setup::small();
        setup.peers.push(7);
        in_setup(setup, &[DeviceInTranscript])
    }),
    bug(47, "speaks-too-early", "R sends before Complete", "agreement-responder", || {
        both_roles(&[Silence])
    }),
    bug(61, "no-init-signature", "no sig_I1 and no sig_I2", "agreement-responder", || {
        with_leak(IDKS, &[InitSignature, CompleteSignature])
    }),
    bug(62, "no-response-signature", "no sig_R, IDK_R leaked", "agreement-initiator", || {
        with_leak(&[Secret::Idk(Party::B)], &[ResponseSignature])
    }),
    bug(63, "init-not-sealed", "Init says who calls", "initiator-hidden", || {
        both_roles(&[InitSeal])
    }),
];

/// Transcripts, shares and erasure.
pub(super) const TRANSCRIPTS: [Bug; 9] = [
    bug(
        64,
        "ephemerals-not-hashed",
        "ephemerals not in the transcript",
        "agreement-initiator",
        || with_leak(IDKS, &[EphemeralsInTranscript]),
    ),
    bug(
        65,
        "ratchet-keys-not-hashed",
        "RB neither sealed nor in the transcript",
        "agreement-initiator",
        || both_roles(&[RatchetKeysInTranscript, ResponseSeal]),
    ),
    bug(
        66,
        "ra-not-hashed",
        "RA neither sealed nor in the transcript",
        "agreement-responder",
        || both_roles(&[RatchetKeysInTranscript, CompleteSeal]),
    ),
    bug(67, "no-ee", "no ephemeral agreement, IDKs known", "secrecy", || {
        with_leak(IDKS, &[ShareEe])
    }),
    bug(68, "no-se", "IDK_I not in the keys, EK_I leaked", "secrecy", || with_leak(EK, &[ShareSe])),
    bug(69, "psk-not-in-keys", "the shared secret is named and not used", "secrecy", || {
        let mut setup = shared_setup();
        setup.leaks = [Secret::Ik(Party::A), Secret::Idk(Party::A), Secret::Ik(Party::B)]
            .map(|secret| (secret, When::Before))
            .to_vec();
        in_setup(setup, &[PskInKeys])
    }),
    bug(70, "cards-unsigned", "cards without a signature, no sig_R", "secrecy", || {
        both_roles(&[CardSignature, ResponseSignature])
    }),
    bug(71, "pins-ignored", "another key under a pinned address", "pinned-key", || {
        both_roles(&[Pin])
    }),
    bug(
        72,
        "ephemeral-kept",
        "EK_I kept after the Response, device seized later",
        "secrecy",
        || {
            let mut setup = Setup::small();
            setup.test = Some(0);
            let keys = [Secret::Idk(Party::A), Secret::Ik(Party::A)];
            setup.leaks = keys.map(|secret| (secret, When::After)).to_vec();
            in_setup(setup, &[Erasure])
        },
    ),
];
