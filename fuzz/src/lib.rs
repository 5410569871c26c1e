//! What any input must leave true: targets for a fuzzer, each a function of bytes that panics when
//! the protocol breaks a promise. On stable they run over the corpora; `fuzz/libfuzzer` runs them
//! for as long as one likes.

mod edit;
pub mod seed;
mod stage;
mod story;
mod targets;

/// A property of the protocol that any input is to leave true.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name of the target, of its corpus and of its program in `fuzz/libfuzzer`.
    pub name: &'static str,
    /// What is checked, in a sentence.
    pub checks: &'static str,
    /// Panics when it is not true of these bytes.
    pub run: fn(&[u8]),
}

macro_rules! targets {
    ($($name:ident $run:path: $checks:literal;)*) => {
        /// Every target.
        pub const TARGETS: &[Target] = &[
            $(Target { name: stringify!($name), checks: $checks, run: run::$name },)*
        ];

        /// Each target by itself: a program that names one holds no other.
        pub mod run {
            use super::targets;

            $(
                #[doc = $checks]
                pub fn $name(data: &[u8]) {
                    $run(data);
                }
            )*
        }
    };
}

targets! {
    packet targets::decode::packet: "a packet that is taken apart is the same when put together";
    content targets::decode::content: "content that is read is the same when written";
    card targets::signed::card: "a card that verifies is the one that its owner would sign";
    bundle targets::signed::bundle: "a bundle that verifies is one of a relay that changed nothing";
    manifest targets::signed::manifest: "a manifest that verifies is the one that its owner would sign";
    init targets::receive::init: "only a genuine Init is accepted, and a refusal changes nothing";
    response targets::receive::response: "only a genuine Response is accepted, and a refusal changes nothing";
    complete targets::receive::complete: "only a genuine Complete is accepted, and a refusal changes nothing";
    prekey_init targets::receive::prekey_init: "only a genuine PrekeyInit is accepted, and a refusal changes nothing";
    message targets::receive::message: "only a genuine message is accepted, and a refusal changes nothing";
    insider targets::insider::insider: "a message under the right keys is accepted when the rules allow it";
    restore targets::restore::restore: "a snapshot that is restored is the same when taken again";
    storage targets::storage::storage: "a file that opens or is imported is one that its owner sealed";
    frames targets::frames::frames: "every line of an adapter has one answer that a runner can read";
    vectors targets::vectors::vectors: "a vector file is refused or reads the same when written";
    conversation targets::conversation::conversation: "each message is read once at most, and one handshake repairs anything";
}

/// The target of a name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
