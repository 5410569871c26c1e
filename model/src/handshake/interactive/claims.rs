//! What has to hold of the interactive handshake.

use super::view::{Slot, Stage, State, View, peer_is_honest, peer_of};
use super::{Interactive, Part};
use crate::engine::{Claim, Rule};
use crate::handshake::mechanism::Mechanism as M;
use crate::handshake::world::{Key, Party, Role, Secret, Setup, When, card_of};

/// The claims about a setup: those about every state, that it can finish, and those that only
/// such a setup is about. What the specification gives up in a setup is not claimed there.
pub fn claims(setup: &Setup) -> Vec<Claim<Interactive>> {
    let mut all = always();
    all.extend(reached());
    let ephemeral = |leak: &(Secret, When)| matches!(leak.0, Secret::Ephemeral(_));
    if setup.test.is_none() && setup.leaks.iter().any(ephemeral) {
        // The seal of Init opens with `EK_I`.
        all.retain(|claim| claim.name != "initiator-hidden");
        all.push(Claim {
            name: "no-impersonation-after-ephemeral-leak",
            sentence: "Whoever has the ephemeral of a run still finishes nothing in its name.",
            requirements: &["HS-29"],
            rule: Rule::Always(|model, state| {
                model.agrees(state, Role::Initiator) && model.agrees(state, Role::Responder)
            }),
        });
    }
    if setup.restart {
        // 4.4: a cache that is lost costs a Response and a half-open entry, never a session.
        all.retain(|claim| claim.name != "no-replay");
    }
    let of = |party, role| setup.slots.contains(&(party, role));
    if of(Party::B, Role::Initiator) && of(Party::A, Role::Responder) && setup.test.is_none() {
        all.push(Claim {
            name: "crossed-finish",
            sentence: "When both sides start at once, both handshakes come to their sessions.",
            requirements: &["SESSION-03"],
            rule: Rule::Reached(|model, state| {
                let judged = model.judged(state);
                let done = judged.iter().filter(|(_, run)| run.stage == Stage::Done);
                done.count() == state.slots.len()
            }),
        });
    }
    all
}

fn always() -> Vec<Claim<Interactive>> {
    let claim = |name, sentence, requirements, rule| Claim { name, sentence, requirements, rule };
    vec![
        claim(
            "secrecy",
            "The attacker cannot make the session secret of a run with an honest peer.",
            &["HS-16", "HS-23", "HS-24", "HS-28", "HS-29"],
            Rule::Always(|model, state| model.secret(state, Part::Session)),
        ),
        claim(
            "first-message-secrecy",
            "The attacker cannot make the key of the first message to or from an honest peer.",
            &["HS-25", "HS-30", "RATCHET-01"],
            Rule::Always(|model, state| model.secret(state, Part::First)),
        ),
        claim(
            "agreement-initiator",
            "An initiator with a session has a run of its peer with the same identities, \
             devices, suite and keys, and no other initiator has that run.",
            &["HS-23", "HS-24"],
            Rule::Always(|model, state| model.agrees(state, Role::Initiator)),
        ),
        claim(
            "agreement-responder",
            "A responder with a session has a run of its peer with the same identities, \
             devices, suite and keys, and no other responder has that run.",
            &["HS-16", "HS-28", "HS-29"],
            Rule::Always(|model, state| model.agrees(state, Role::Responder)),
        ),
        claim(
            "one-accept-per-run",
            "No two runs in one role have the same session secret.",
            &["HS-07", "HS-21", "HS-34"],
            Rule::Always(|model, state| model.pairs(state, |a, b| a.0 != b.0)),
        ),
        claim(
            "same-key-same-view",
            "Two runs with the same session secret see the same handshake.",
            &["HS-23", "HS-28"],
            Rule::Always(|model, state| model.pairs(state, |a, b| a.1 == b.1)),
        ),
        claim(
            "no-reflection",
            "No run has a session with its own identity key or address.",
            &["HS-03", "HS-11"],
            Rule::Always(Interactive::no_reflection),
        ),
        claim(
            "pinned-key",
            "A session with a pinned address is one with the pinned key.",
            &["HS-12", "HS-39"],
            Rule::Always(Interactive::pins_hold),
        ),
        claim(
            "suite-not-downgraded",
            "A session with a peer that has the second suite is one in the second suite.",
            &["CARD-12", "CARD-16", "HS-15"],
            Rule::Always(Interactive::suite_is_kept),
        ),
        claim(
            "initiator-hidden",
            "The attacker does not see who calls an honest responder.",
            &["HS-09"],
            Rule::Always(Interactive::initiator_is_hidden),
        ),
        claim(
            "keys-contribute",
            "No session rests on an agreement that is zero.",
            &["PRIM-02"],
            Rule::Always(|_, state: &State| {
                let low = |run: &Slot| run.view.ek_i == Key::Low || run.view.ek_r == Key::Low;
                !state.slots.iter().any(|run| run.stage == Stage::Done && low(run))
            }),
        ),
        claim(
            "no-replay",
            "No responder accepts an Init of an honest peer twice, under whatever date.",
            &["HS-07", "HS-10", "HS-19"],
            Rule::Always(Interactive::no_replay),
        ),
    ]
}

fn reached() -> Vec<Claim<Interactive>> {
    let claim = |name, sentence, requirements, rule| Claim { name, sentence, requirements, rule };
    vec![
        claim(
            "initiator-finishes",
            "An initiator comes to a session with an honest peer that has the same one.",
            &["HS-35"],
            Rule::Reached(|model, state| model.both_finish(state)),
        ),
        claim(
            "responder-finishes",
            "A responder comes to a session with an honest peer.",
            &["HS-06"],
            Rule::Reached(|model, state| {
                let judged = model.judged(state);
                judged
                    .into_iter()
                    .any(|(role, run)| role == Role::Responder && run.stage == Stage::Done)
            }),
        ),
    ]
}

impl Interactive {
    /// The runs that the claims are about: finished, with an honest peer, and in a scenario the
    /// one that it is about.
    fn judged(&self, state: &State) -> Vec<(Role, Slot)> {
        let chosen = |slot: &u8| self.setup.test.is_none_or(|test| test == *slot);
        self.slots()
            .filter(chosen)
            .map(|slot| (self.slot(slot).1, state.slots[slot as usize]))
            .filter(|(role, run)| self.finished(*role, run) && peer_is_honest(*role, &run.view))
            .collect()
    }

    /// Whether a run uses its session: once it has one, or before when it does not wait.
    fn finished(&self, role: Role, run: &Slot) -> bool {
        let early = role == Role::Responder && !self.setup.has(M::Silence);
        run.stage == Stage::Done || early && run.stage == Stage::Open
    }

    fn secret(&self, state: &State, part: Part) -> bool {
        self.judged(state).into_iter().all(|(_, run)| {
            let part = if run.stage == Stage::Open { Part::Early } else { part };
            !self.derives(&state.knowledge, part, run.view)
        })
    }

    fn agrees(&self, state: &State, role: Role) -> bool {
        self.judged(state).into_iter().filter(|(of, _)| *of == role).all(|(_, run)| {
            let seen = |run: &Slot| match role {
                Role::Initiator => run.view.up_to_response(),
                Role::Responder => run.view,
            };
            let view = seen(&run);
            let ours = self
                .count(state, role, |_, other| self.finished(role, other) && seen(other) == view);
            let theirs = self.count(state, other(role), |party, other| {
                let begun = match role {
                    Role::Initiator => other.stage >= Stage::Open || other.forgotten,
                    Role::Responder => other.stage == Stage::Done,
                };
                begun && seen(other) == view && party == card_of(peer_of(role, &view)).ik
            });
            ours <= theirs
        })
    }

    fn count(&self, state: &State, role: Role, holds: impl Fn(Party, &Slot) -> bool) -> usize {
        self.slots()
            .filter(|slot| self.slot(*slot).1 == role)
            .filter(|slot| holds(self.slot(*slot).0, &state.slots[*slot as usize]))
            .count()
    }

    /// Whether something holds of every two runs with the same session secret.
    fn pairs(&self, state: &State, holds: impl Fn((Role, View), (Role, View)) -> bool) -> bool {
        let mut book = self.book();
        let mut with_keys = Vec::new();
        for slot in self.slots() {
            let run = state.slots[slot as usize];
            if run.stage == Stage::Done {
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
            run.stage != Stage::Done || peer.ik != party && peer.address != party
        })
    }

    fn pins_hold(&self, state: &State) -> bool {
        self.slots().all(|slot| {
            let (role, run) = (self.slot(slot).1, state.slots[slot as usize]);
            let peer = card_of(peer_of(role, &run.view));
            let contradicts = peer.address.honest() && peer.ik != peer.address;
            run.stage != Stage::Done || !self.setup.pinned || !contradicts
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
            run.stage <= Stage::Dropped
                || !card.ik.honest()
                || !card.idk.honest()
                || !self.derives(&state.knowledge, Part::Contact, run.view)
        })
    }

    fn no_replay(&self, state: &State) -> bool {
        let accepted = |slot: &u8| {
            let run = &state.slots[*slot as usize];
            self.slot(*slot).1 == Role::Responder
                && run.stage != Stage::Idle
                && peer_is_honest(Role::Responder, &run.view)
        };
        // The same Init under another date is the same Init.
        let undated = |view: View| View { time: 0, ..view.up_to_init() };
        let init = |slot: u8| (self.slot(slot), undated(state.slots[slot as usize].view));
        let slots: Vec<u8> = self.slots().filter(accepted).collect();
        slots
            .iter()
            .enumerate()
            .all(|(at, one)| slots[..at].iter().all(|other| init(*one) != init(*other)))
    }

    fn both_finish(&self, state: &State) -> bool {
        let done: Vec<(Role, Slot)> =
            self.judged(state).into_iter().filter(|(_, run)| run.stage == Stage::Done).collect();
        let all: Vec<Slot> =
            state.slots.iter().copied().filter(|run| run.stage == Stage::Done).collect();
        done.iter().any(|(_, run)| all.iter().filter(|other| other.view == run.view).count() > 1)
    }
}

fn other(role: Role) -> Role {
    match role {
        Role::Initiator => Role::Responder,
        Role::Responder => Role::Initiator,
    }
}
