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

impl Mechanism {
    /// Every mechanism with the requirement, or the section, that it models.
    pub const ALL: [(Self, &'static str); 54] = [
        (Self::InitSignature, "HS-16"),
        (Self::ResponseSignature, "HS-24"),
        (Self::CompleteSignature, "HS-29"),
        (Self::ResponseMac, "HS-23"),
        (Self::CompleteMac, "HS-28"),
        (Self::InitSeal, "HS-09"),
        (Self::ResponseSeal, "HS-23"),
        (Self::CompleteSeal, "HS-28"),
        (Self::InitiatorInTranscript, "4.1"),
        (Self::ResponderInTranscript, "4.1"),
        (Self::DeviceInTranscript, "4.1"),
        (Self::SuiteInTranscript, "4.1"),
        (Self::KemInTranscript, "PRIM-20"),
        (Self::EphemeralsInTranscript, "4.1"),
        (Self::RatchetKeysInTranscript, "4.1"),
        (Self::OwnEphemeralSigned, "4.1"),
        (Self::PeerEphemeralSigned, "4.1"),
        (Self::IdentitiesSigned, "4.1"),
        (Self::TranscriptInKeys, "4.1"),
        (Self::TranscriptInSeals, "4.1"),
        (Self::TranscriptInMacs, "4.1"),
        (Self::PurposesDiffer, "PRIM-09"),
        (Self::ShareEe, "4.1"),
        (Self::ShareEs, "4.1"),
        (Self::ShareSe, "4.1"),
        (Self::PskInKeys, "4.1"),
        (Self::KemInKeys, "PRIM-20"),
        (Self::HighestSuite, "HS-15"),
        (Self::SuiteMemory, "CARD-16"),
        (Self::CardSignature, "CARD-08"),
        (Self::Pin, "HS-12"),
        (Self::SelfCheck, "HS-11"),
        (Self::LowOrder, "PRIM-02"),
        (Self::Canonical, "PRIM-01"),
        (Self::FreshEphemerals, "HS-21"),
        (Self::Erasure, "HS-26"),
        (Self::TimeInTranscript, "4.1"),
        (Self::ReplayCache, "HS-07"),
        (Self::Window, "HS-10"),
        (Self::Silence, "HS-31"),
        (Self::PreparedSignature, "PREP-24"),
        (Self::PrekeySignature, "PREP-04"),
        (Self::OneTimeSignature, "PREP-04"),
        (Self::PrekeyType, "PREP-21"),
        (Self::OneTimeErased, "PREP-26"),
        (Self::ReplaySet, "PREP-29"),
        (Self::ReplaySetDurable, "PREP-29"),
        (Self::IdentitySeal, "PREP-23"),
        (Self::SignatureSeal, "PREP-23"),
        (Self::ShareEo, "5.4"),
        (Self::PrekeysInTranscript, "5.4"),
        (Self::PrekeyExpiry, "PREP-08"),
        (Self::ReducedReport, "PREP-33"),
        (Self::PrekeyErased, "PREP-11"),
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
