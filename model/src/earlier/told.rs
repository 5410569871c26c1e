//! Steps of an exchange for people.

use super::Kind;
use super::exchange::{Exchange, State, Step, Who};
use crate::term::Terms;

impl Exchange {
    pub(super) fn told(&self, before: &State, step: Step, after: &State) -> Vec<String> {
        let mut lines = vec![self.headline(before, step)];
        let keyed = match step {
            Step::ToA(peer) => Some((Who::A, peer)),
            Step::ToB(_) | Step::Accept => after.b.keyed().map(|peer| (Who::B, peer)),
            _ => None,
        };
        if let Some((side, peer)) = keyed {
            let mut terms = self.terms();
            lines.push(believes(side, peer));
            let key = Self::key(&mut terms, side, peer);
            if after.knowledge.derives(&terms, key) {
                lines.push(format!("the relay has this key: {}", self.why(&terms, after, key)));
            }
        }
        if step == Step::Say {
            let mut terms = self.terms();
            let message = Self::message(&mut terms, Who::A);
            if after.knowledge.derives(&terms, message) {
                lines.push("the relay opens it with its key with A and reads it".to_owned());
            }
        }
        lines
    }

    /// The proof of a term on one line.
    fn why(&self, terms: &Terms, state: &State, term: crate::term::Term) -> String {
        let lines = state.knowledge.why(terms, term);
        lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join("; ")
    }

    fn headline(&self, before: &State, step: Step) -> String {
        let (offer, answer) = match self.kind {
            Kind::InviteCode => ("code", "code"),
            Kind::ConsentSwap => ("request from A", "answer of B"),
            Kind::RoomKeys => ("key of A", "key of B"),
        };
        let forged = |honest: Who, key: Who| if key == honest { "" } else { "    FORGED" };
        match step {
            Step::Offer => format!("A -> relay   {offer}, {}", public(Who::A)),
            Step::Join => format!("B -> relay   {answer}, {}", public(Who::B)),
            Step::ToB(key) => {
                let sends = match self.kind {
                    Kind::InviteCode => format!(", and back {}", public(Who::B)),
                    _ => String::new(),
                };
                let mark = forged(Who::A, key);
                format!("relay -> B   {offer}, {}{sends}{mark}", public(key))
            }
            Step::Accept => format!(
                "B -> relay   {answer}, {}; the user of B accepts A, a name without a key",
                public(Who::B)
            ),
            Step::Reject => "the user of B rejects".to_owned(),
            Step::ToA(key) => {
                format!("relay -> A   {answer}, {}{}", public(key), forged(Who::B, key))
            }
            Step::Say => "A -> relay   message under its key".to_owned(),
            Step::Read(author) => {
                let same = before.a == super::exchange::Side::Keyed(Who::B)
                    && before.b == super::exchange::Side::Keyed(Who::A);
                let how = match author {
                    Who::A if same => "the message of A",
                    Who::A => "the message of A, sealed again    FORGED",
                    _ => "a message of its own    FORGED",
                };
                format!("relay -> B   {how}; B takes it for one of A")
            }
        }
    }
}

fn public(who: Who) -> &'static str {
    match who {
        Who::A => "pub(a)",
        Who::B => "pub(b)",
        Who::Relay => "pub(e)",
    }
}

fn believes(side: Who, peer: Who) -> String {
    let (name, other) = if side == Who::A { ("A", "B") } else { ("B", "A") };
    let truth = if peer == Who::Relay { ", in truth with the relay" } else { "" };
    let private = name.to_lowercase();
    format!("{name} believes: this is {other}, key from DH({private}, {}){truth}", public(peer))
}
