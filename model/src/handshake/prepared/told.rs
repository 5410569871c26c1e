//! Steps of the prepared handshake for people.

use super::view::{Action, State, View};
use super::{Part, Prepared};
use crate::handshake::interactive::key;
use crate::handshake::world::{Key, Role, card_of};

impl Prepared {
    pub(super) fn told(&self, before: &State, action: &Action, after: &State) -> Vec<String> {
        match action {
            Action::Restart => vec!["B restarts; its sessions are gone".to_owned()],
            Action::Start(slot, view) => {
                let opk = match view.opk {
                    Key::None => "no one-time prekey".to_owned(),
                    opk => key(opk),
                };
                let to = card_of(view.card_r).name;
                vec![
                    format!(
                        "relay -> {}   bundle of {to}: {}, {opk}",
                        self.run(*slot),
                        key(view.spk)
                    ),
                    format!("PrekeyInit to {to}: {}, suite {}", key(view.ek_i), view.suite),
                ]
            }
            Action::Accept(slot, view) => {
                self.received(before, after, *slot, *view, Part::PrekeyInit)
            }
            Action::Answer(slot, view) => self.received(before, after, *slot, *view, Part::Answer),
        }
    }

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
        let (party, role) = self.slot(slot);
        let message = if part == Part::PrekeyInit { view.handshake() } else { view };
        let genuine = before.slots.iter().enumerate().any(|(at, run)| {
            let seen = if part == Part::PrekeyInit { run.view.handshake() } else { run.view };
            at != slot as usize && seen == message
        });
        let peer = match role {
            Role::Initiator => card_of(view.card_r).name,
            Role::Responder => card_of(view.card_i).name,
        };
        let mark = if genuine { "" } else { "    FORGED" };
        let mut lines = vec![format!("network -> {}   {part:?} of {peer}{mark}", self.run(slot))];
        lines.push(format!(
            "{party:?} believes: peer is {peer}, {}, {}, suite {}",
            key(view.ek_i),
            key(view.ra),
            view.suite
        ));
        let mut book = self.book();
        if !genuine {
            let term = book.part(&self.setup, part, message);
            for (row, line) in before.knowledge.why(&book.terms, term).into_iter().enumerate() {
                lines.push(format!("{}{line}", if row == 0 { "how: " } else { "     " }));
            }
        }
        let session = book.part(&self.setup, Part::Session, view.handshake());
        for (row, line) in after.knowledge.why(&book.terms, session).into_iter().enumerate() {
            lines.push(format!("{}{line}", if row == 0 { "the attacker has " } else { "  " }));
        }
        lines
    }
}
