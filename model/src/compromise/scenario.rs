//! What leaks in each scenario, and what chapter 11.2 says of it.

use crate::handshake::world::Party::{A, B};
use crate::handshake::world::Secret::{
    self, Ephemeral, EveryX25519, Idk, Ik, KemPrekey, KemSeed, LastKemPrekey, OneTimePrekey, Psk,
    Ratchet, SignedPrekey,
};
use crate::handshake::world::When::{self, After, Before};

/// What the specification says of a property in a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// It holds.
    Holds,
    /// It does not hold.
    Falls,
    /// Nothing.
    Nothing,
}

/// What leaks, and what is said of it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What leaks, in words; I is the initiator, R the responder.
    pub name: &'static str,
    /// What leaks when.
    pub leaks: Vec<(Secret, When)>,
    /// Whether the two share a secret beforehand.
    pub psk: bool,
    /// Whether the bundle has a one-time prekey; none where there is no bundle.
    pub one_time: Option<bool>,
    /// Properties that hold, by the specification.
    pub holds: &'static [&'static str],
    /// Properties that do not hold, by the specification.
    pub falls: &'static [&'static str],
}

impl Scenario {
    /// What the specification says of a property.
    pub fn says(&self, property: &str, role: &str) -> Says {
        let named = |list: &[&str]| {
            list.iter().any(|entry| match entry.split_once(" of ") {
                Some((name, of)) => name == property && of == role,
                None => *entry == property || *entry == "*",
            })
        };
        // What falls is named; what holds may be everything else.
        match (named(self.falls), named(self.holds)) {
            (true, _) => Says::Falls,
            (false, true) => Says::Holds,
            (false, false) => Says::Nothing,
        }
    }
}

fn scenario(
    name: &'static str,
    leaks: &[(Secret, When)],
    holds: &'static [&'static str],
    falls: &'static [&'static str],
) -> Scenario {
    Scenario { name, leaks: leaks.to_vec(), psk: false, one_time: None, holds, falls }
}

/// Who runs what in a scenario: A initiates in run 0, B responds in run 1.
const INITIATOR: u8 = 0;
const RESPONDER: u8 = 1;

const SECRET: &[&str] = &["secrecy", "first-message-secrecy"];
const AGREED: &[&str] = &["agreement", "one-accept-per-run", "no-reflection", "no-impersonation"];
const AGREED_AND_BODIES: &[&str] = &[
    "agreement",
    "one-accept-per-run",
    "no-reflection",
    "no-impersonation",
    "first-message-secrecy",
];
const EVERYTHING: &[&str] = &["*"];
const ALL_BUT_HIDING: &[&str] = &[
    "secrecy",
    "first-message-secrecy",
    "later-secrecy",
    "agreement",
    "one-accept-per-run",
    "same-key-same-view",
];

/// The scenarios of the interactive handshake in a suite.
pub(super) fn interactive(hybrid: bool) -> Vec<Scenario> {
    let mut all = identity_keys();
    all.extend(ephemeral_keys(hybrid));
    all.extend(curves(hybrid));
    all.extend(shared_secret(hybrid));
    all
}

fn identity_keys() -> Vec<Scenario> {
    let (both_i, both_r) =
        ([(Ik(A), Before), (Idk(A), Before)], [(Ik(B), Before), (Idk(B), Before)]);
    let after = [Ik(A), Idk(A), Ik(B), Idk(B)].map(|key| (key, After));
    let everyone = [Ik(A), Idk(A), Ik(B), Idk(B)].map(|key| (key, Before));
    vec![
        scenario("nothing", &[], EVERYTHING, &[]),
        scenario("IK_I before", &[(Ik(A), Before)], &["agreement of initiator"], &[]),
        scenario("IDK_I before", &[(Idk(A), Before)], &[], &[]),
        scenario("IK_I and IDK_I before", &both_i, &["agreement of initiator"], &[]),
        scenario("IK_R before", &[(Ik(B), Before)], &["agreement of responder"], &[]),
        scenario("IDK_R before", &[(Idk(B), Before)], &[], &["initiator-hidden"]),
        scenario(
            "IK_R and IDK_R before",
            &both_r,
            &["agreement of responder"],
            &["agreement of initiator", "initiator-hidden"],
        ),
        scenario("all long-term keys before", &everyone, &[], &[]),
        scenario("IK_I and IDK_I after", &both_i.map(|(key, _)| (key, After)), ALL_BUT_HIDING, &[]),
        scenario(
            "IK_R and IDK_R after",
            &both_r.map(|(key, _)| (key, After)),
            ALL_BUT_HIDING,
            &["initiator-hidden"],
        ),
        scenario("all long-term keys after", &after, ALL_BUT_HIDING, &["initiator-hidden"]),
    ]
}

fn ephemeral_keys(hybrid: bool) -> Vec<Scenario> {
    let (ek_i, ek_r) = ((Ephemeral(INITIATOR), Before), (Ephemeral(RESPONDER), Before));
    let mut all = vec![
        scenario("EK_I before", &[ek_i], ALL_BUT_HIDING, &["initiator-hidden"]),
        scenario("EK_R before", &[ek_r], ALL_BUT_HIDING, &[]),
        scenario("EK_I and EK_R before", &[ek_i, ek_r], &[], &[]),
        scenario(
            "EK_I and IDK_I before",
            &[ek_i, (Idk(A), Before)],
            AGREED_AND_BODIES,
            if hybrid { &[] } else { &["secrecy"] },
        ),
        scenario("EK_R and IDK_R before", &[ek_r, (Idk(B), Before)], &[], &[]),
        scenario("RA before", &[(Ratchet(INITIATOR), Before)], SECRET, &[]),
        scenario("RB before", &[(Ratchet(RESPONDER), Before)], SECRET, &[]),
    ];
    let other = [Ephemeral(2), Ephemeral(3), Ratchet(2), Ratchet(3)].map(|key| (key, Before));
    all.push(scenario("all ephemerals of other runs", &other, ALL_BUT_HIDING, &[]));
    all.push(scenario(
        "EK_I, IDK_I and RA before",
        &[ek_i, (Idk(A), Before), (Ratchet(INITIATOR), Before)],
        AGREED,
        &["secrecy", "first-message-secrecy"],
    ));
    all.push(scenario("EK_I and IK_I before", &[ek_i, (Ik(A), Before)], &[], &[]));
    all
}

fn curves(hybrid: bool) -> Vec<Scenario> {
    let seed = (KemSeed(INITIATOR), Before);
    if !hybrid {
        return vec![
            scenario("every X25519 key after", &[(EveryX25519, After)], &[], SECRET),
            scenario("every X25519 key before", &[(EveryX25519, Before)], &[], SECRET),
        ];
    }
    vec![
        scenario("every X25519 key after", &[(EveryX25519, After)], SECRET, &["initiator-hidden"]),
        scenario(
            "every X25519 key before",
            &[(EveryX25519, Before)],
            SECRET,
            &["initiator-hidden"],
        ),
        scenario("the KEM seed before", &[seed], ALL_BUT_HIDING, &[]),
        scenario("every X25519 key and the KEM seed", &[(EveryX25519, Before), seed], &[], SECRET),
    ]
}

fn shared_secret(hybrid: bool) -> Vec<Scenario> {
    let keys = [Ik(A), Idk(A), Ik(B), Idk(B)].map(|key| (key, Before));
    let mut broken = keys.to_vec();
    broken.push((EveryX25519, Before));
    let with = |scenario: Scenario| Scenario { psk: true, ..scenario };
    let mut all = vec![
        with(scenario("a shared secret, nothing leaks", &[], EVERYTHING, &[])),
        with(scenario("the shared secret before", &[(Psk, Before)], EVERYTHING, &[])),
        with(scenario("all long-term keys, not the shared secret", &keys, SECRET, &[])),
        with(scenario(
            "all long-term and X25519 keys, not the shared secret",
            &broken,
            SECRET,
            &[],
        )),
    ];
    if hybrid {
        all.retain(|scenario| scenario.leaks.len() != 5);
    }
    all
}

/// The scenarios of the prepared handshake in a suite.
pub(super) fn prepared(hybrid: bool) -> Vec<Scenario> {
    let with = |one_time: bool| {
        move |scenario: Scenario| Scenario { one_time: Some(one_time), ..scenario }
    };
    let mut all: Vec<Scenario> = prekeys(hybrid).into_iter().map(with(true)).collect();
    all.extend(without_one_time(hybrid).into_iter().map(with(false)));
    all
}

fn prekeys(hybrid: bool) -> Vec<Scenario> {
    let before = |keys: &[Secret]| keys.iter().map(|key| (*key, Before)).collect::<Vec<_>>();
    let after = |keys: &[Secret]| keys.iter().map(|key| (*key, After)).collect::<Vec<_>>();
    let mut prekeys = vec![SignedPrekey, OneTimePrekey];
    let mut all_prekeys = vec![SignedPrekey, OneTimePrekey, Idk(B)];
    if hybrid {
        prekeys.extend([KemPrekey, LastKemPrekey]);
        all_prekeys.extend([KemPrekey, LastKemPrekey]);
    }
    let seized = [Ik(B), Idk(B), SignedPrekey, OneTimePrekey, KemPrekey, LastKemPrekey];
    vec![
        scenario("nothing", &[], EVERYTHING, &[]),
        scenario("IK_I before", &before(&[Ik(A)]), &["agreement of initiator"], &[]),
        scenario("IDK_I before", &before(&[Idk(A)]), &[], &[]),
        scenario(
            "IK_I and IDK_I before",
            &before(&[Ik(A), Idk(A)]),
            &["agreement of initiator"],
            &[],
        ),
        scenario("IK_R before", &before(&[Ik(B)]), &["agreement of responder"], &[]),
        scenario("IDK_R before", &before(&[Idk(B)]), &["agreement of responder"], &[]),
        scenario(
            "IK_R and IDK_R before",
            &before(&[Ik(B), Idk(B)]),
            &["agreement of responder"],
            &[],
        ),
        scenario("all long-term keys after", &after(&[Ik(A), Idk(A), Ik(B), Idk(B)]), SECRET, &[]),
        scenario("EK_I before", &before(&[Ephemeral(0)]), ALL_BUT_HIDING, &[]),
        scenario("EK_I and IDK_I before", &before(&[Ephemeral(0), Idk(A)]), AGREED, &[]),
        scenario("RA before", &before(&[Ratchet(0)]), SECRET, &[]),
        scenario("the signed prekey before", &before(&[SignedPrekey]), &[], &[]),
        scenario("the one-time prekey before", &before(&[OneTimePrekey]), &[], &[]),
        scenario("all prekeys before", &before(&prekeys), &["agreement of responder"], &[]),
        scenario(
            "all prekeys and IDK_R before",
            &before(&all_prekeys),
            &["agreement of responder"],
            &["secrecy", "first-message-secrecy", "agreement of initiator"],
        ),
        scenario("the signed prekey after", &after(&[SignedPrekey]), SECRET, &[]),
        scenario("the signed prekey and IDK_R after", &after(&[SignedPrekey, Idk(B)]), SECRET, &[]),
        scenario("B's device seized after", &after(&seized), SECRET, &[]),
        broken(hybrid, After),
        broken(hybrid, Before),
    ]
}

fn broken(hybrid: bool, when: When) -> Scenario {
    let name = match when {
        Before => "every X25519 key before",
        After => "every X25519 key after",
    };
    let leaks = [(EveryX25519, when)];
    if hybrid {
        const STAYS: &[&str] = &["secrecy", "first-message-secrecy", "initiator-hidden"];
        scenario(name, &leaks, STAYS, &[])
    } else {
        scenario(name, &leaks, &[], SECRET)
    }
}

fn without_one_time(hybrid: bool) -> Vec<Scenario> {
    let after = |keys: &[Secret]| keys.iter().map(|key| (*key, After)).collect::<Vec<_>>();
    let mut seized = vec![SignedPrekey, Idk(B)];
    if hybrid {
        seized.push(LastKemPrekey);
    }
    vec![
        scenario("no one-time prekeys; nothing", &[], EVERYTHING, &[]),
        scenario("no one-time prekeys; the signed prekey after", &after(&[SignedPrekey]), &[], &[]),
        scenario("no one-time prekeys; IDK_R after", &after(&[Idk(B)]), &[], &[]),
        scenario(
            "no one-time prekeys; every kept prekey and IDK_R after",
            &after(&seized),
            &["agreement", "later-secrecy"],
            SECRET,
        ),
        scenario(
            "no one-time prekeys; the last-resort prekey and every X25519 key after",
            &after(&[LastKemPrekey, EveryX25519]),
            &[],
            SECRET,
        ),
        scenario(
            "no one-time prekeys; the signed prekey before",
            &[(SignedPrekey, Before)],
            &[],
            &[],
        ),
    ]
}
