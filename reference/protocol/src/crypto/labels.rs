//! Chapter 2.4: every label, once. A test compares this list with `spec/registry/labels.json`.

//= spec/02-primitives.md#2-4-key-derivation
//# [PRIM-11] An implementation MUST NOT use a label outside `registry/labels.json`, nor a label in
//# a second place; labels of applications (chapter 8.1) begin with `app:`, labels of the registry
//# never do.
/// A label of `LExtract`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extract(&'static [u8]);

/// A label of `LExpand`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expand(&'static [u8]);

/// What a signature is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purpose(&'static [u8]);

/// What a plain SHA-256 or SHA-512 begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start(&'static [u8]);

/// What associated data begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ad(&'static [u8]);

macro_rules! labels {
    ($kind:ident, $all:ident: $($name:ident = $label:literal,)*) => {
        impl $kind {
            $(#[doc = concat!("`", $label, "`")] pub const $name: Self = Self($label.as_bytes());)*

            /// Every label of this kind.
            pub const $all: &'static [Self] = &[$(Self::$name,)*];

            /// The bytes.
            pub const fn label(self) -> &'static [u8] {
                self.0
            }
        }
    };
}

labels! { Start, ALL:
    INTERACTIVE = "interactive",
    PREPARED = "prepared",
    AD = "ad",
    FINGERPRINT = "fingerprint",
}

labels! { Purpose, ALL:
    CARD = "card",
    PREKEY = "prekey",
    INIT = "init",
    RESPONSE = "response",
    COMPLETE = "complete",
    PREPARED = "prepared",
    MANIFEST = "manifest",
}

labels! { Extract, ALL:
    INIT = "init",
    INTERACTIVE = "interactive",
    PREPARED = "prepared",
    PREPARED_IDENTITY = "prepared identity",
    RATCHET = "ratchet",
}

labels! { Expand, ALL:
    PSK_ID = "psk id",
    INIT_SEAL = "init seal",
    HANDSHAKE_ID = "handshake id",
    RESPONSE_SEAL = "response seal",
    RESPONSE_MAC = "response mac",
    COMPLETE_SEAL = "complete seal",
    COMPLETE_MAC = "complete mac",
    IDENTITY_SEAL = "identity seal",
    SIGNATURE_SEAL = "signature seal",
    SESSION = "session",
    ROOT = "root",
    HEADER_INITIATOR = "header initiator",
    HEADER_RESPONDER = "header responder",
    SESSION_ID = "session id",
    EXPORTER = "exporter",
    SEALED_FILE = "sealed file",
    RATCHET_KEYS = "ratchet keys",
    SALT = "salt",
    HEADER = "header",
    BODY = "body",
    MAC = "mac",
}

labels! { Ad, ALL:
    HEADER = "header",
    BODY = "body",
}
