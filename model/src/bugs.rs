//! Seeded bugs of the handshake models: each is the protocol with something forgotten, and the
//! claim that has to notice. A claim that never fails says nothing.

use crate::engine::Subject;
use crate::handshake::mechanism::Mechanism::{self, *};
use crate::handshake::upkeep::{self, Keep};
use crate::handshake::world::{Party, Secret, Setup, When};
use crate::handshake::{
    interactive, met_setup, prepared, prepared_setup, replay_setup, restart_setup, seized,
    seized_setup, shared_setup,
};

/// A seeded bug.
#[derive(Clone, Copy, Debug)]
pub struct Bug {
    /// Its number in the list of all seeded bugs.
    pub number: u16,
    /// Its name on the command line.
    pub name: &'static str,
    /// What was forgotten.
    pub what: &'static str,
    /// The claim that notices.
    pub claim: &'static str,
    /// The broken model.
    pub build: fn() -> Box<dyn Subject>,
}

const fn bug(
    number: u16,
    name: &'static str,
    what: &'static str,
    claim: &'static str,
    build: fn() -> Box<dyn Subject>,
) -> Bug {
    Bug { number, name, what, claim, build }
}

/// A in both roles and B as a responder, with an insider.
fn three_runs(missing: &[Mechanism]) -> Setup {
    let mut setup = Setup::crossed().with_insider().without(missing);
    setup.slots.truncate(3);
    setup
}

fn both_roles(missing: &[Mechanism]) -> Box<dyn Subject> {
    interactive("bug", "A in both roles, B responds", three_runs(missing))
}

fn with_leak(leaks: &[Secret], missing: &[Mechanism]) -> Box<dyn Subject> {
    let mut setup = three_runs(missing);
    setup.leaks = leaks.iter().map(|secret| (*secret, When::Before)).collect();
    interactive("bug", "A in both roles, something leaks", setup)
}

fn in_setup(setup: Setup, missing: &[Mechanism]) -> Box<dyn Subject> {
    interactive("bug", "a setup of its own", setup.without(missing))
}

fn written(missing: &[Mechanism]) -> Box<dyn Subject> {
    prepared("bug", "one run of A, two of B", prepared_setup().without(missing))
}

fn written_with_leak(leaks: &[Secret], missing: &[Mechanism]) -> Box<dyn Subject> {
    let mut setup = prepared_setup().without(missing);
    setup.leaks = leaks.iter().map(|secret| (*secret, When::Before)).collect();
    setup.one_time = Some(true);
    prepared("bug", "one run of A, two of B, something leaks", setup)
}

const IDKS: &[Secret] = &[Secret::Idk(Party::A), Secret::Idk(Party::B)];
const EK: &[Secret] = &[Secret::Ephemeral(0)];
const IDK_SPK: &[Secret] = &[Secret::Idk(Party::B), Secret::SignedPrekey];

/// The seeded bugs of the handshake models.
pub fn bugs() -> Vec<Bug> {
    [authentication(), transcripts(), replays(), suites_and_keys(), prepared_bugs()].concat()
}

fn authentication() -> Vec<Bug> {
    vec![
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
    ]
}

fn transcripts() -> Vec<Bug> {
    vec![
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
        bug(68, "no-se", "IDK_I not in the keys, EK_I leaked", "secrecy", || {
            with_leak(EK, &[ShareSe])
        }),
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
    ]
}

fn replays() -> Vec<Bug> {
    vec![
        bug(
            12,
            "time-not-hashed",
            "ts_I neither sealed nor in the transcript",
            "no-replay",
            || in_setup(replay_setup(), &[TimeInTranscript, InitSeal]),
        ),
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
        bug(
            73,
            "half-open-over-restart",
            "a half-open handshake survives",
            "half-open-ends",
            || upkeep::without("bug", &[Keep::HalfOpenDropped], true),
        ),
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
    ]
}

fn suites_and_keys() -> Vec<Bug> {
    vec![
        bug(
            22,
            "any-common-suite",
            "a responder takes any suite of both cards",
            "suite-not-downgraded",
            || {
                in_setup(
                    Setup::small().hybrid(),
                    &[
                        HighestSuite,
                        SuiteInTranscript,
                        InitSignature,
                        CompleteSignature,
                        CardSignature,
                    ],
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
            in_setup(
                Setup::small().hybrid().leaking(Secret::EveryX25519, When::After),
                &[KemInKeys],
            )
        }),
    ]
}

fn prepared_bugs() -> Vec<Bug> {
    vec![
        bug(
            24,
            "prekey-type-unsigned",
            "a kept prekey stands for a one-time one",
            "reduced-is-reported",
            || {
                seized(
                    "bug",
                    "B seized",
                    seized_setup().without(&[PrekeyType, PrekeysInTranscript]),
                )
            },
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
        bug(
            27,
            "expired-prekey-used",
            "an old signed prekey, leaked",
            "first-message-secrecy",
            || {
                let setup = prepared_setup().leaking(Secret::ExpiredPrekey, When::Before);
                let setup = setup.leaking(Secret::Idk(Party::B), When::Before);
                prepared("bug", "an old prekey leaked", setup.without(&[PrekeyExpiry]))
            },
        ),
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
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::bugs;
    use crate::engine::{Limits, Verdict};

    #[test]
    fn every_bug_is_noticed_by_its_claim() {
        let limits = Limits { states: 2_000_000, time: Duration::from_secs(60) };
        let mut missed = Vec::new();
        for bug in bugs() {
            let outcome = (bug.build)().check(limits, false, &|_| ());
            match outcome.verdict(bug.claim) {
                Some(Verdict::Violated { length, .. }) => {
                    println!("{:>3} {} {} in {length}", bug.number, bug.name, bug.claim);
                }
                other => missed.push((bug.number, bug.name, bug.claim, other.cloned())),
            }
        }
        assert!(missed.is_empty(), "{missed:#?}");
    }

    #[test]
    fn bugs_have_numbers_and_names_of_their_own() {
        let all = bugs();
        let numbers: BTreeSet<u16> = all.iter().map(|bug| bug.number).collect();
        let names: BTreeSet<&str> = all.iter().map(|bug| bug.name).collect();
        assert_eq!((numbers.len(), names.len()), (all.len(), all.len()));
        assert!(all.len() >= 35);
    }
}
