//! Seeded bugs of the ratchet, of sessions and of delivery.

use super::Bug;
use crate::delivery::{self, Flaw as Delivery};
use crate::engine::Subject;
use crate::ratchet::{self, Flaw as Ratchet};
use crate::session::{self, Flaw as Session, Flaws};

macro_rules! bugs {
    ($($number:literal $name:literal $claim:literal $build:expr, $what:literal;)*) => {
        &[$(Bug {
            number: $number, name: $name, what: $what, claim: $claim, build: || $build,
        },)*]
    };
}

fn ratchet(model: &str, flaw: Ratchet) -> Box<dyn Subject> {
    ratchet::subject_of(model, 1 << flaw as u8).expect("a model of that name")
}

fn session(model: &str, flaw: Session) -> Box<dyn Subject> {
    session::subject_of(model, Flaws::one(flaw)).expect("a model of that name")
}

fn delivery(flaw: Delivery) -> Box<dyn Subject> {
    delivery::subject_of(1 << flaw as u8)
}

/// The bugs of these models.
pub(super) const BUGS: &[Bug] = bugs![
    31 "old-chain-kept" "past-bodies" ratchet("ratchet-stolen", Ratchet::OldChainKept),
        "the first key of a sending chain stays after the chain has ended";
    32 "old-root-kept" "past-bodies" ratchet("ratchet-stolen", Ratchet::OldRootKept),
        "root and private key of a step stay after it";
    33 "message-key-kept" "past-bodies" ratchet("ratchet-stolen", Ratchet::MessageKeyKept),
        "a message key stays after its message was accepted";
    34 "skipped-key-kept" "past-bodies" ratchet("ratchet-stolen", Ratchet::SkippedKept),
        "a skipped key stays after its message was accepted";
    35 "no-agreement" "bodies-heal" ratchet("ratchet-stolen", Ratchet::NoAgreement),
        "a step adds no X25519 output";
    36 "no-skip-bound" "bounded" ratchet("ratchet-order", Ratchet::SkippedUnbounded),
        "any number of skipped keys is stored";
    37 "previous-ignored" "taken" ratchet("ratchet-order", Ratchet::PreviousIgnored),
        "the rest of a chain is not skipped when the next one begins";
    38 "changed-before-body" "refusals-change-nothing"
        ratchet("ratchet-order", Ratchet::AdvancedBeforeBody),
        "the chain stays advanced when the body does not open";
    39 "sent-before-durable" "one-key-one-text"
        ratchet("ratchet-order", Ratchet::SentBeforeDurable),
        "a message leaves before the state that sealed it is durable";
    40 "old-chain-derived" "once" ratchet("ratchet-order", Ratchet::OldChainDerived),
        "a number of an old chain is derived although its key was skipped and stored";
    41 "chains-kept" "old-headers" ratchet("ratchet-stolen", Ratchet::ChainsKept),
        "chains never leave, with their header keys and skipped keys";
    42 "header-key-static" "headers-heal" ratchet("ratchet-stolen", Ratchet::HeaderKeyStatic),
        "one header key for the whole session";
    43 "other-key-ignored" "copies-noticed" ratchet("ratchet-copied", Ratchet::OtherKeyIgnored),
        "another ratchet key inside a known chain is not looked at";
    44 "digests-forgotten" "copies-noticed" ratchet("ratchet-copied", Ratchet::DigestsForgotten),
        "what was accepted under a number is not remembered";
    45 "eager" "bodies-heal" ratchet("ratchet-stolen", Ratchet::Eager),
        "the new ratchet key is drawn on receive, so that it can be stolen before it is used";
    87 "responder-early" "known-to-both" session("session-crossed", Session::ResponderEarly),
        "the responder has the session before Complete has verified";
    48 "last-wins" "heals" session("session-given-up-crossed", Session::LastWins),
        "a device sends on the session that came last";
    49 "own-wins" "same-when-quiet" session("session-crossed", Session::OwnWins),
        "a device prefers the sessions that it began";
    50 "loser-deleted" "not-stranded" session("session-superseded", Session::LoserDeleted),
        "a lesser session is deleted as soon as a greater one is confirmed";
    51 "ack-before-store" "nothing-vanishes" delivery(Delivery::AckBeforeStore),
        "the receiver acknowledges before state and plaintext are durable";
    52 "no-duplicates" "once-to-the-application" delivery(Delivery::NoDuplicates),
        "the receiver hands over whatever comes";
    53 "deleted-on-push" "nothing-vanishes" delivery(Delivery::DeletedOnPush),
        "the relay deletes what it pushed";
    54 "volatile-mailbox" "nothing-vanishes" delivery(Delivery::VolatileMailbox),
        "the relay forgets its mailbox when it stops";
    55 "cleared-on-send" "nothing-vanishes" delivery(Delivery::ClearedOnSend),
        "the sender forgets what it sent before the relay has it";
    56 "volatile-state" "once-to-the-application" delivery(Delivery::VolatileState),
        "the receiver forgets what it accepted when it stops";
    57 "no-retry" "all-delivered" delivery(Delivery::NoRetry),
        "the sender sends once";
    58 "no-order" "order-reported" delivery(Delivery::NoOrder),
        "the receiver hands over without numbers";
    59 "silent-expiry" "nothing-vanishes" delivery(Delivery::SilentExpiry),
        "the relay drops what has expired and tells nobody";
    60 "two-commits" "nothing-vanishes" delivery(Delivery::TwoCommits),
        "state and plaintext become durable one after the other";
    88 "duplicate-unacknowledged" "all-delivered" delivery(Delivery::DuplicateUnacknowledged),
        "a duplicate is not acknowledged again";
    89 "reading-relay" "relay-blind" delivery(Delivery::ReadingRelay),
        "the relay keeps more than sealed bytes and their place";
    90 "unproven-supersedes" "not-stranded"
        session("session-superseded", Session::UnprovenSupersedes),
        "a session ages below one that its initiator may give up";
    91 "lesser-unanswered" "heals" session("session-reinstalled", Session::LesserUnanswered),
        "a lesser session of a peer that has lost the greater one is not answered";
    92 "given-up-deaf" "not-stranded" session("session-superseded", Session::GivenUpDeaf),
        "a session that was given up receives no more";
    93 "given-up-silent" "not-stranded"
        session("session-given-up-crossed", Session::GivenUpSilent),
        "giving up is not reported";
    94 "never-given-up" "heals" session("session-reinstalled", Session::NeverGivenUp),
        "an unconfirmed session is never given up";
    95 "repeat-refused" "not-stranded" session("session-crossed", Session::RepeatRefused),
        "a repeated opening is an error, and the message behind it is lost";
    96 "opening-once" "not-stranded" session("session-superseded", Session::OpeningOnce),
        "the opening goes before the first message only";
    97 "before-dropped" "not-stranded" session("session-clock", Session::BeforeDropped),
        "a new unconfirmed session replaces the one before it without a word";
];
