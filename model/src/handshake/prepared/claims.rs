//! What has to hold of the prepared handshake.

use super::view::{Pqk, Slot, Stage, State, View};
use super::{Part, Prepared};
use crate::engine::{Claim, Rule};
use crate::handshake::mechanism::Mechanism as M;
use crate::handshake::world::{CardId, Key, Role, card_of};

/// The claims when what B keeps is seized: secrecy is what the report of reduced sessions says.
pub fn claims_when_seized() -> Vec<Claim<Prepared>> {
    let judged = ["reduced-is-reported", "agreement-responder", "no-replay", "responder-finishes"];
    claims().into_iter().filter(|claim| judged.contains(&claim.name)).collect()
}

/// The claims, under the names that tables use.
pub fn claims() -> Vec<Claim<Prepared>> {
    let claim = |name, sentence, requirements, rule| Claim { name, sentence, requirements, rule };
    vec![
        claim(
            "secrecy",
            "The attacker cannot make the session secret of a run with an honest peer.",
            &["PREP-04", "PREP-23", "PREP-24"],
            Rule::Always(|model, state| model.secret(state, Part::Session)),
        ),
        claim(
            "first-message-secrecy",
            "The attacker cannot make the key of the first chain with an honest peer.",
            &["PREP-17", "PREP-25"],
            Rule::Always(|model, state| model.secret(state, Part::First)),
        ),
        claim(
            "later-secrecy",
            "The attacker cannot make the key of the responder's first answer.",
            &["PREP-24", "RATCHET-01"],
            Rule::Always(Prepared::answer_is_secret),
        ),
        claim(
            "agreement-initiator",
            "An initiator with an answer has a run of its peer with the same identities, \
             devices, suite, prekeys and keys, and no other initiator has that run.",
            &["PREP-18", "SESSION-05"],
            Rule::Always(|model, state| model.agrees(state, Role::Initiator)),
        ),
        claim(
            "agreement-responder",
            "A responder with a session has a run of its peer with the same identities, \
             devices, suite, prekeys and keys, and no other responder has that run.",
            &["PREP-24", "PREP-26", "PREP-29"],
            Rule::Always(|model, state| model.agrees(state, Role::Responder)),
        ),
        claim(
            "one-accept-per-run",
            "No two runs in one role have the same session secret.",
            &["PREP-26", "PREP-29"],
            Rule::Always(|model, state| model.pairs(state, |a, b| a.0 != b.0)),
        ),
        claim(
            "same-key-same-view",
            "Two runs with the same session secret see the same handshake.",
            &["PREP-23"],
            Rule::Always(|model, state| {
                model.pairs(state, |a, b| a.1.handshake() == b.1.handshake())
            }),
        ),
        claim(
            "no-reflection",
            "No run has a session with its own identity key or address.",
            &["PREP-15", "HS-11"],
            Rule::Always(Prepared::no_reflection),
        ),
        claim(
            "pinned-key",
            "A session with a pinned address is one with the pinned key.",
            &["HS-12", "HS-39"],
            Rule::Always(Prepared::pins_hold),
        ),
        claim(
            "suite-not-downgraded",
            "A session with a peer that has the second suite is one in the second suite.",
            &["CARD-12", "CARD-16", "PREP-09"],
            Rule::Always(Prepared::suite_is_kept),
        ),
        claim(
            "initiator-hidden",
            "The attacker does not see who writes to an honest responder.",
            &["PREP-23"],
            Rule::Always(Prepared::initiator_is_hidden),
        ),
        claim(
            "no-replay",
            "No responder makes two sessions of the same handshake bytes.",
            &["PREP-28", "PREP-29"],
            Rule::Always(Prepared::no_replay),
        ),
        claim(
            "one-time-used-once",
            "No two sessions of a responder use the same one-time prekey.",
            &["PREP-11", "PREP-26"],
            Rule::Always(Prepared::one_time_used_once),
        ),
        claim(
            "reduced-is-reported",
            "A first chain that the attacker can read is reported as reduced.",
            &["PREP-33"],
            Rule::Always(Prepared::reduced_is_reported),
        ),
        claim(
            "initiator-finishes",
            "An initiator comes to an answered session that its peer has too.",
            &["PREP-18"],
            Rule::Reached(Prepared::both_finish),
        ),
        claim(
            "responder-finishes",
            "A responder comes to a session with an honest peer.",
            &["PREP-20"],
            Rule::Reached(|model, state| {
                let judged = model.judged(state);
                judged
                    .into_iter()
                    .any(|(role, run)| role == Role::Responder && run.stage == Stage::Done)
            }),
        ),
    ]
}

fn peer_of(role: Role, view: &View) -> CardId {
    match role {
        Role::Initiator => view.card_r,
        Role::Responder => view.card_i,
    }
}

impl Prepared {
    /// The runs that the claims are about: with a session, with an honest peer, and in a
    /// scenario the one that it is about.
    fn judged(&self, state: &State) -> Vec<(Role, Slot)> {
        let chosen = |slot: &u8| self.setup.test.is_none_or(|test| test == *slot);
        self.slots()
            .filter(chosen)
            .map(|slot| (self.slot(slot).1, state.slots[slot as usize]))
            .filter(|(_, run)| run.stage != Stage::Idle)
            .filter(|(role, run)| card_of(peer_of(*role, &run.view)).ik.honest())
            .collect()
    }

    fn secret(&self, state: &State, part: Part) -> bool {
        let judged = self.judged(state);
        judged.into_iter().all(|(_, run)| !self.derives(&state.knowledge, part, run.view))
    }

    /// The answer is secret for a responder, and for an initiator that has taken an answer.
    fn answer_is_secret(&self, state: &State) -> bool {
        self.judged(state)
            .into_iter()
            .filter(|(_, run)| run.stage == Stage::Done)
            .all(|(_, run)| !self.derives(&state.knowledge, Part::Later, run.view))
    }

    fn agrees(&self, state: &State, role: Role) -> bool {
        let judged = self.judged(state).into_iter();
        let done = judged.filter(|(of, run)| *of == role && run.stage == Stage::Done);
        done.into_iter().all(|(_, run)| {
            let seen = |run: &Slot| match role {
                Role::Initiator => run.view,
                Role::Responder => run.view.handshake(),
            };
            let view = seen(&run);
            let count = |of: Role, begun: Stage| {
                let runs = self.slots().filter(|slot| self.slot(*slot).1 == of);
                runs.filter(|slot| {
                    let other = &state.slots[*slot as usize];
                    let right =
                        of == role || self.slot(*slot).0 == card_of(peer_of(role, &view)).ik;
                    other.stage >= begun && right && seen(other) == view
                })
                .count()
            };
            match role {
                Role::Initiator => {
                    count(Role::Initiator, Stage::Done) <= count(Role::Responder, Stage::Done)
                }
                Role::Responder => {
                    count(Role::Responder, Stage::Done) <= count(Role::Initiator, Stage::Open)
                }
            }
        })
    }

    /// Whether something holds of every two runs with the same session secret.
    fn pairs(&self, state: &State, holds: impl Fn((Role, View), (Role, View)) -> bool) -> bool {
        let mut book = self.book();
        let mut with_keys = Vec::new();
        for slot in self.slots() {
            let run = state.slots[slot as usize];
            if run.stage != Stage::Idle {
                let key = book.part(&self.setup, Part::Session, run.view);
                with_keys.push((key, (self.slot(slot).1, run.view)));
            }
        }
        with_keys.iter().enumerate().all(|(at, one)| {
            with_keys[..at].iter().all(|other| one.0 != other.0 || holds(one.1, other.1))
        })
    }

    fn no_reflection(&self, state: &State) -> bool {
        self.slots().all(|slot| {
            let ((party, role), run) = (self.slot(slot), state.slots[slot as usize]);
            let peer = card_of(peer_of(role, &run.view));
            run.stage == Stage::Idle || peer.ik != party && peer.address != party
        })
    }

    fn pins_hold(&self, state: &State) -> bool {
        self.slots().all(|slot| {
            let (role, run) = (self.slot(slot).1, state.slots[slot as usize]);
            let peer = card_of(peer_of(role, &run.view));
            let contradicts = peer.address.honest() && peer.ik != peer.address;
            run.stage == Stage::Idle || !self.setup.pinned || !contradicts
        })
    }

    fn suite_is_kept(&self, state: &State) -> bool {
        !self.setup.hybrid || self.judged(state).into_iter().all(|(_, run)| run.view.suite == 2)
    }

    fn initiator_is_hidden(&self, state: &State) -> bool {
        // A scenario is about the first run, which is that of an initiator.
        let chosen = |slot: &u8| self.setup.test.is_none() || *slot == 0;
        let initiators = self.slots().filter(|slot| self.slot(*slot).1 == Role::Initiator);
        initiators.filter(chosen).all(|slot| {
            let run = state.slots[slot as usize];
            let card = card_of(run.view.card_r);
            run.stage == Stage::Idle
                || !card.ik.honest()
                || !card.idk.honest()
                || !self.derives(&state.knowledge, Part::Contact, run.view)
        })
    }

    fn responders(&self, state: &State) -> Vec<View> {
        self.slots()
            .filter(|slot| self.slot(*slot).1 == Role::Responder)
            .map(|slot| state.slots[slot as usize])
            .filter(|run| run.stage == Stage::Done)
            .map(|run| run.view)
            .collect()
    }

    fn no_replay(&self, state: &State) -> bool {
        let views = self.responders(state);
        views
            .iter()
            .enumerate()
            .all(|(at, one)| views[..at].iter().all(|other| one.handshake() != other.handshake()))
    }

    fn one_time_used_once(&self, state: &State) -> bool {
        let views = self.responders(state);
        let with = |uses: &dyn Fn(&View) -> bool| views.iter().filter(|view| uses(view)).count();
        with(&|view| view.opk != Key::None) <= 1 && with(&|view| view.pqk == Pqk::OneTime) <= 1
    }

    fn reduced_is_reported(&self, state: &State) -> bool {
        let reported = |view: &View| {
            self.setup.has(M::ReducedReport)
                && (view.opk == Key::None || view.suite == 2 && view.pqk == Pqk::Last)
        };
        let done = self.judged(state).into_iter().filter(|(_, run)| run.stage == Stage::Done);
        done.into_iter().all(|(_, run)| {
            reported(&run.view) || !self.derives(&state.knowledge, Part::First, run.view)
        })
    }

    fn both_finish(&self, state: &State) -> bool {
        let runs: Vec<Slot> =
            state.slots.iter().copied().filter(|run| run.stage == Stage::Done).collect();
        let judged = self.judged(state).into_iter().filter(|(_, run)| run.stage == Stage::Done);
        judged
            .into_iter()
            .any(|(_, run)| runs.iter().filter(|other| other.view == run.view).count() > 1)
    }
}
