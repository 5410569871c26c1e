//! What the handshakes rest on, one bit each. Taking one away is a seeded bug; taking several
//! away shows which one stands behind which.

/// A part of a handshake that could be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mechanism {
    /// `sig_I1` is in Init and is verified.
    InitSignature,
    /// `sig_R` is in Response and is verified.
    ResponseSignature,
    /// `sig_I2` is in Complete and is verified.
    CompleteSignature,
    /// `MAC_R`.
    ResponseMac,
    /// `MAC_I`.
    CompleteMac,
    /// What Init says of the initiator is sealed under `es`.
    InitSeal,
    /// `RB` and `sig_R` are sealed under `hs`.
    ResponseSeal,
    /// `RA` and `sig_I2` are sealed under `hs`.
    CompleteSeal,
    /// `card_I` is in the transcript.
    InitiatorInTranscript,
    /// `card_R` is in the transcript.
    ResponderInTranscript,
    /// The transcript tells devices of one identity apart.
    DeviceInTranscript,
    /// The suite is in the transcript.
    SuiteInTranscript,
    /// Encapsulation key and ciphertext are in the transcript.
    KemInTranscript,
    /// `EK_I` and `EK_R` are in the transcript.
    EphemeralsInTranscript,
    /// `RB` and `RA` are in the transcript.
    RatchetKeysInTranscript,
    /// What a side signs covers its own ephemeral.
    OwnEphemeralSigned,
    /// What a side signs covers the ephemeral of its peer.
    PeerEphemeralSigned,
    /// What a side signs covers both identities.
    IdentitiesSigned,
    /// Every key is derived with the transcript.
    TranscriptInKeys,
    /// Every seal has the transcript as associated data.
    TranscriptInSeals,
    /// Every MAC is over the transcript.
    TranscriptInMacs,
    /// Labels and purposes tell roles and messages apart.
    PurposesDiffer,
    /// `ee` is in `hs`.
    ShareEe,
    /// `es` is in `hs`.
    ShareEs,
    /// `se` is in `hs`.
    ShareSe,
    /// The pre-shared secret is in `hs`.
    PskInKeys,
    /// The ML-KEM secret is in `hs`.
    KemInKeys,
    /// A responder takes the highest suite of both cards and no other.
    HighestSuite,
    /// A device remembers the suite that a peer has had.
    SuiteMemory,
    /// Cards are signed and the signature is verified.
    CardSignature,
    /// A pinned address keeps its key.
    Pin,
    /// Nobody speaks with its own key.
    SelfCheck,
    /// Agreements that are zero are refused.
    LowOrder,
    /// Keys in another encoding are refused.
    Canonical,
    /// Each handshake has ephemerals of its own.
    FreshEphemerals,
    /// Ephemerals are erased when the handshake is over.
    Erasure,
    /// `ts_I` is in the transcript.
    TimeInTranscript,
    /// A responder remembers the Inits that it has accepted.
    ReplayCache,
    /// An Init outside the window is refused.
    Window,
    /// A responder sends nothing of the session before Complete has verified.
    Silence,
    /// `sig_I` is in PrekeyInit and is verified.
    PreparedSignature,
    /// The signed prekey is signed.
    PrekeySignature,
    /// One-time prekeys are signed.
    OneTimeSignature,
    /// The type byte of a prekey record is signed and checked.
    PrekeyType,
    /// A one-time prekey is erased when it was used.
    OneTimeErased,
    /// The responder remembers the PrekeyInits that it has accepted.
    ReplaySet,
    /// What it remembers survives a restart.
    ReplaySetDurable,
    /// `card_I` and what goes with it are sealed under `k_id`.
    IdentitySeal,
    /// `sig_I` is sealed under `hs`.
    SignatureSeal,
    /// `eo` is in the keys.
    ShareEo,
    /// The prekey records are in the transcript.
    PrekeysInTranscript,
    /// A prekey record past its time is refused.
    PrekeyExpiry,
    /// A session that used no one-time prekey is reported.
    ReducedReport,
    /// The private half of a prekey is erased when its retention is over.
    PrekeyErased,
}

use Mechanism as M;

impl Mechanism {
    /// Every mechanism with the requirement, or the section, that it models.
    pub const ALL: [(Self, &'static str); 54] = [
        (M::InitSignature, "HS-16"),
        (M::ResponseSignature, "HS-24"),
        (M::CompleteSignature, "HS-29"),
        (M::ResponseMac, "HS-23"),
        (M::CompleteMac, "HS-28"),
        (M::InitSeal, "HS-09"),
        (M::ResponseSeal, "HS-23"),
        (M::CompleteSeal, "HS-28"),
        (M::InitiatorInTranscript, "4.1"),
        (M::ResponderInTranscript, "4.1"),
        (M::DeviceInTranscript, "4.1"),
        (M::SuiteInTranscript, "4.1"),
        (M::KemInTranscript, "PRIM-20"),
        (M::EphemeralsInTranscript, "4.1"),
        (M::RatchetKeysInTranscript, "4.1"),
        (M::OwnEphemeralSigned, "4.1"),
        (M::PeerEphemeralSigned, "4.1"),
        (M::IdentitiesSigned, "4.1"),
        (M::TranscriptInKeys, "4.1"),
        (M::TranscriptInSeals, "4.1"),
        (M::TranscriptInMacs, "4.1"),
        (M::PurposesDiffer, "PRIM-09"),
        (M::ShareEe, "4.1"),
        (M::ShareEs, "4.1"),
        (M::ShareSe, "4.1"),
        (M::PskInKeys, "4.1"),
        (M::KemInKeys, "PRIM-20"),
        (M::HighestSuite, "HS-15"),
        (M::SuiteMemory, "CARD-16"),
        (M::CardSignature, "CARD-08"),
        (M::Pin, "HS-12"),
        (M::SelfCheck, "HS-11"),
        (M::LowOrder, "PRIM-02"),
        (M::Canonical, "PRIM-01"),
        (M::FreshEphemerals, "HS-21"),
        (M::Erasure, "HS-26"),
        (M::TimeInTranscript, "4.1"),
        (M::ReplayCache, "HS-07"),
        (M::Window, "HS-10"),
        (M::Silence, "HS-31"),
        (M::PreparedSignature, "PREP-24"),
        (M::PrekeySignature, "PREP-04"),
        (M::OneTimeSignature, "PREP-04"),
        (M::PrekeyType, "PREP-21"),
        (M::OneTimeErased, "PREP-26"),
        (M::ReplaySet, "PREP-29"),
        (M::ReplaySetDurable, "PREP-29"),
        (M::IdentitySeal, "PREP-23"),
        (M::SignatureSeal, "PREP-23"),
        (M::ShareEo, "5.4"),
        (M::PrekeysInTranscript, "5.4"),
        (M::PrekeyExpiry, "PREP-08"),
        (M::ReducedReport, "PREP-33"),
        (M::PrekeyErased, "PREP-11"),
    ];

    /// The requirement, or the section of the specification, that it models.
    pub fn requirement(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// Its name in tables: words with hyphens.
    pub fn name(self) -> String {
        let mut name = String::new();
        for (at, letter) in format!("{self:?}").chars().enumerate() {
            if letter.is_uppercase() && at > 0 {
                name.push('-');
            }
            name.extend(letter.to_lowercase());
        }
        name
    }
}

/// The mechanisms that are in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mechanisms(u64);

impl Mechanisms {
    /// The protocol as it is written.
    pub fn all() -> Self {
        Self(u64::MAX)
    }

    /// The protocol without some of them.
    pub fn without(missing: &[Mechanism]) -> Self {
        Self(missing.iter().fold(u64::MAX, |bits, mechanism| bits & !(1 << *mechanism as u64)))
    }

    /// Whether a mechanism is in place.
    pub fn has(self, mechanism: Mechanism) -> bool {
        self.0 >> (mechanism as u64) & 1 == 1
    }
}
