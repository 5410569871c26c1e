//! Seeded bugs of replay protection, of what is kept, and of suites.

use super::{Bug, both_roles, bug, in_setup};
use crate::handshake::mechanism::Mechanism::*;
use crate::handshake::upkeep::{self, Keep};
use crate::handshake::world::{Secret, Setup, When};
use crate::handshake::{met_setup, replay_setup, restart_setup};

/// Replays, floods, wrong and repeated packets.
pub(super) const REPLAYS: [Bug; 13] = [
    bug(12, "time-not-hashed", "ts_I neither sealed nor in the transcript", "no-replay", || {
        in_setup(replay_setup(), &[TimeInTranscript, InitSeal])
    }),
    bug(13, "no-cache", "window without a cache", "no-replay", || {
        in_setup(replay_setup(), &[ReplayCache])
    }),
    bug(14, "cache-before-checks", "garbage enters the cache", "contacts-get-in", || {
        upkeep::without("bug", &[Keep::CacheAfterChecks], true)
    }),
    bug(15, "cache-purged-early", "an entry goes inside the window", "no-replay", || {
        upkeep::without("bug", &[Keep::CacheLivesWindow], true)
    }),
    bug(
        16,
        "restart-reuses-keys",
        "lost cache and ephemerals used again",
        "one-accept-per-run",
        || in_setup(restart_setup(), &[FreshEphemerals]),
    ),
    bug(17, "cache-evicts", "a full cache drops a live entry", "no-replay", || {
        upkeep::without("bug", &[Keep::NothingEvicted, Keep::StrangersBounded], true)
    }),
    bug(
        18,
        "wrong-complete-destroys",
        "a wrong Complete ends the wait",
        "refusal-changes-nothing",
        || upkeep::without("bug", &[Keep::WrongCompleteChangesNothing], true),
    ),
    bug(19, "half-open-stays", "half-open handshakes never end", "half-open-ends", || {
        upkeep::without("bug", &[Keep::HalfOpenExpires], true)
    }),
    bug(20, "repetition-refused", "a repeated Complete is an error", "no-wedge", || {
        upkeep::without("bug", &[Keep::RepetitionAccepted], false)
    }),
    bug(21, "complete-not-repeated", "a lost Complete is lost", "no-wedge", || {
        upkeep::without("bug", &[Keep::CompleteRepeated], false)
    }),
    bug(73, "half-open-over-restart", "a half-open handshake survives", "half-open-ends", || {
        upkeep::without("bug", &[Keep::HalfOpenDropped], true)
    }),
    bug(74, "strangers-unbounded", "strangers fill the table", "contacts-get-in", || {
        upkeep::without("bug", &[Keep::StrangersBounded], true)
    }),
    bug(
        75,
        "window-forgotten",
        "the cache forgets, nothing looks at the time",
        "no-replay",
        || in_setup(replay_setup(), &[Window]),
    ),
];

/// Suites, encodings and the KEM.
pub(super) const SUITES_AND_KEYS: [Bug; 6] = [
    bug(
        22,
        "any-common-suite",
        "a responder takes any suite of both cards",
        "suite-not-downgraded",
        || {
            in_setup(
                Setup::small().hybrid(),
                &[HighestSuite, SuiteInTranscript, InitSignature, CompleteSignature, CardSignature],
            )
        },
    ),
    bug(
        23,
        "suite-forgotten",
        "an older card brings back the first suite",
        "suite-not-downgraded",
        || in_setup(met_setup(), &[SuiteMemory]),
    ),
    bug(28, "low-order-accepted", "an agreement may be zero", "keys-contribute", || {
        both_roles(&[LowOrder])
    }),
    bug(
        29,
        "two-encodings",
        "a second encoding of a key, keys not hashed",
        "agreement-initiator",
        || both_roles(&[Canonical, EphemeralsInTranscript]),
    ),
    bug(
        30,
        "kem-not-hashed",
        "encapsulation key and ciphertext not in the transcript",
        "agreement-initiator",
        || {
            in_setup(
                Setup::small().hybrid().leaking(Secret::EveryX25519, When::Before),
                &[KemInTranscript],
            )
        },
    ),
    bug(76, "kem-not-in-keys", "the KEM secret is agreed on and not used", "secrecy", || {
        in_setup(Setup::small().hybrid().leaking(Secret::EveryX25519, When::After), &[KemInKeys])
    }),
];
