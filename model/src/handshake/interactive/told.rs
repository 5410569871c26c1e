//! Steps of the interactive handshake for people.

use super::view::{Action, State, View, peer_of};
use super::{Interactive, Part};
use crate::handshake::world::{Key, Role, card_of};

/// A key for people.
pub(in crate::handshake) fn key(key: Key) -> String {
    match key {
        Key::None => "none".to_owned(),
        Key::Ephemeral(slot) => format!("EK{}", slot + 1),
        Key::Ratchet(slot) => format!("ratchet key {}", slot + 1),
        Key::Prekey(prekey) => format!("{prekey:?} prekey of B"),
        Key::Attackers => "X_E".to_owned(),
        Key::AttackersOther => "Y_E".to_owned(),
        Key::Low => "a low-order key".to_owned(),
        Key::Odd(slot) => format!("EK{} in another encoding", slot + 1),
    }
}

impl Interactive {
    pub(super) fn told(&self, before: &State, action: &Action, after: &State) -> Vec<String> {
        match action {
            Action::Tick => vec!["time passes, longer than the window".to_owned()],
            Action::Restart => vec!["B restarts without its replay cache".to_owned()],
            Action::Start(slot, view) => {
                let line = format!(
                    "{} -> {}   Init: {}, suite {}",
                    self.run(*slot),
                    card_of(view.card_r).name,
                    key(view.ek_i),
                    view.suite
                );
                vec![line]
            }
            Action::Init(slot, view) => self.received(before, after, *slot, *view, Part::Init),
            Action::Response(slot, view) => {
                self.received(before, after, *slot, *view, Part::Response)
            }
            Action::Complete(slot, view) => {
                self.received(before, after, *slot, *view, Part::Complete)
            }
        }
    }

    /// A run for people: the party and the number of the run.
    fn run(&self, slot: u8) -> String {
        format!("{:?}{}", self.slot(slot).0, slot + 1)
    }

    fn received(
        &self,
        before: &State,
        after: &State,
        slot: u8,
        view: View,
        part: Part,
    ) -> Vec<String> {
        let message = match part {
            Part::Init => View { psk: view.psk, ..view }.up_to_init(),
            Part::Response => view.up_to_response(),
            _ => view,
        };
        let genuine = before.slots.iter().enumerate().any(|(at, run)| {
            let same = match part {
                Part::Init => run.view.up_to_init() == message,
                Part::Response => run.view.up_to_response() == message,
                _ => run.view == message,
            };
            at != slot as usize && same
        });
        let mut lines = vec![format!(
            "network -> {}   {part:?} of {}{}",
            self.run(slot),
            card_of(peer_of(self.slot(slot).1, &view)).name,
            if genuine { "" } else { "    FORGED" }
        )];
        let carries = match part {
            Part::Init => format!("{}, suite {}", key(view.ek_i), view.suite),
            Part::Response => format!("{}, {}", key(view.ek_r), key(view.rb)),
            _ => key(view.ra),
        };
        lines.push(format!("it carries {carries}; {:?} accepts", self.slot(slot).0));
        if !genuine {
            let mut book = self.book();
            let term = book.part(&self.setup, part, message);
            for (row, line) in before.knowledge.why(&book.terms, term).into_iter().enumerate() {
                lines.push(format!("{}{line}", if row == 0 { "how: " } else { "     " }));
            }
        }
        if part != Part::Init {
            lines.extend(self.result(after, slot, view));
        }
        lines
    }

    /// Who believes what, and whether the attacker has the key.
    fn result(&self, after: &State, slot: u8, view: View) -> Vec<String> {
        let (party, role) = self.slot(slot);
        let peer = card_of(peer_of(role, &view)).name;
        let mut lines = vec![format!(
            "{party:?} believes: peer is {peer}, {} with {}, suite {}",
            if role == Role::Initiator { "initiator" } else { "responder" },
            key(if role == Role::Initiator { view.ek_i } else { view.ek_r }),
            view.suite
        )];
        let mut book = self.book();
        let session = book.part(&self.setup, Part::Session, view);
        for (row, line) in after.knowledge.why(&book.terms, session).into_iter().enumerate() {
            lines.push(format!("{}{line}", if row == 0 { "the attacker has " } else { "  " }));
        }
        lines
    }
}
