//! Chapter 8.8 Errors: closed enums, sorted by who is to blame.
//!
//! Every name stands in `spec/registry/errors.json`. Names are local: they never travel.

//= spec/01-notation.md#1-4-refusals
//# [ENC-11] What a peer or the network can observe MUST NOT depend on which error a refusal
//# reports.
use core::fmt;

macro_rules! errors {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every variant, in the order of the registry.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in the registry.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl core::error::Error for $name {}
    };
}

errors! {
    /// The bytes are malformed; found before any key was used.
    BytesError {
        /// A length that version, type and suite do not allow.
        Length = "length",
        /// A version other than 1.
        Version = "version",
        /// A packet type that is unknown or not expected here.
        Type = "type",
        /// A suite that is not implemented, not the one both cards give, or less than before.
        Suite = "suite",
        /// A reserved byte or a field outside its range.
        Encoding = "encoding",
        /// A public key that is not canonical or not valid, or an all-zero X25519 output.
        Key = "key",
    }
}

errors! {
    /// The bytes are well-formed and refused. The state is as it was before the call.
    PeerError {
        /// A MAC or a seal does not verify.
        Authentication = "authentication",
        /// A signature does not verify.
        Signature = "signature",
        /// Our own identity, or not the pinned or listed one.
        Identity = "identity",
        /// Outside the window, or a card that is not valid at that time.
        Time = "time",
        /// This Init or `PrekeyInit` has been seen.
        Replay = "replay",
        /// A bound on half-open handshakes or a replay set is reached.
        Busy = "busy",
        /// No open handshake has this id.
        UnknownHandshake = "unknown_handshake",
        /// The private half of a prekey that the `PrekeyInit` names is not here.
        UnknownPrekey = "unknown_prekey",
        /// No session with this device opens the message.
        UnknownSession = "unknown_session",
        /// An authenticated peer did what no honest peer does.
        Protocol = "protocol",
        /// A number or a previous length beyond `CHAIN_MAX`.
        TooFar = "too_far",
        /// This message has been accepted before.
        Duplicate = "duplicate",
        /// The key of this number is gone.
        Expired = "expired",
        /// Two different messages claim one place: a copy of the peer's state is alive.
        CloneSuspected = "clone_suspected",
        /// The body is not padded exactly.
        Padding = "padding",
        /// A reserved content type, or a layout that is not that of its type.
        Content = "content",
        /// A message after the peer's close, or a close before an accepted message.
        AfterClose = "after_close",
        /// A manifest older than the kept one.
        ManifestOld = "manifest_old",
        /// Two manifests with one number, or one that does not follow the kept one.
        ManifestFork = "manifest_fork",
        /// Manifests between this one and the kept one are missing.
        ManifestGap = "manifest_gap",
    }
}

errors! {
    /// The local call cannot be done. The state is as it was before the call.
    CallerError {
        /// We closed our direction of the session.
        Closed = "closed",
        /// Content longer than 65,531 bytes.
        TooLong = "too_long",
        /// The sending chain is at its end.
        ChainLimit = "chain_limit",
        /// There is no session to send on.
        NoSession = "no_session",
        /// `ts_I` would be too far ahead of the present time.
        Window = "window",
        /// Four issued cards are still kept.
        Cards = "cards",
        /// Label or length of an export out of range.
        Export = "export",
        /// The random source failed or repeated itself.
        Random = "random",
        /// A pre-shared secret that is all zero or not known.
        Psk = "psk",
        /// More one-time prekeys than a device keeps.
        Prekeys = "prekeys",
        /// A device or key that is listed already, not listed or revoked already, or a full list.
        Devices = "devices",
    }
}

errors! {
    /// Stored data cannot be used. Nothing was built.
    StorageError {
        /// A generation older than the caller accepts.
        Rollback = "rollback",
        /// Damaged or not canonical.
        Snapshot = "snapshot",
        /// A version that is not known.
        SnapshotVersion = "snapshot_version",
        /// Not a sealed file, or one of another kind.
        FileKind = "file_kind",
        /// A sealed file of a version that is not known.
        FileVersion = "file_version",
        /// A sealed file that ends too early.
        FileTruncated = "file_truncated",
        /// A sealed file that was changed, or holds what no writer writes.
        FileDamaged = "file_damaged",
        /// Argon2id parameters outside the limits.
        FileParameters = "file_parameters",
        /// A wrong or empty passphrase.
        Passphrase = "passphrase",
    }
}

/// Any error, by blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Error {
    /// The bytes.
    Bytes(BytesError),
    /// The peer.
    Peer(PeerError),
    /// The caller.
    Caller(CallerError),
    /// Local storage.
    Storage(StorageError),
}

impl Error {
    /// The name in the registry.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bytes(error) => error.name(),
            Self::Peer(error) => error.name(),
            Self::Caller(error) => error.name(),
            Self::Storage(error) => error.name(),
        }
    }

    /// The blame in the registry.
    pub const fn blame(self) -> &'static str {
        match self {
            Self::Bytes(_) => "bytes",
            Self::Peer(_) => "peer",
            Self::Caller(_) => "caller",
            Self::Storage(_) => "storage",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl core::error::Error for Error {}

impl From<BytesError> for Error {
    fn from(error: BytesError) -> Self {
        Self::Bytes(error)
    }
}

impl From<PeerError> for Error {
    fn from(error: PeerError) -> Self {
        Self::Peer(error)
    }
}

impl From<CallerError> for Error {
    fn from(error: CallerError) -> Self {
        Self::Caller(error)
    }
}

impl From<StorageError> for Error {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}
