//! What an honest run accepts: for each message every assignment of its free variables that
//! passes the checks of chapter 4 and that the attacker can make.

use super::view::{ATTACKER, Action, Stage, State, View};
use super::{Interactive, Part};
use crate::handshake::mechanism::Mechanism as M;
use crate::handshake::world::{CardId, Key, Party, Role, card_of};

impl Interactive {
    /// How a run can begin.
    pub(super) fn offers(&self, state: &State, slot: u8, actions: &mut Vec<Action>) {
        let (party, _) = self.slot(slot);
        let own = self.setup.own_cards(party)[0];
        for peer in self.setup.peers.iter().copied().filter(|peer| self.setup.may_be(party, *peer))
        {
            let suite = self.setup.highest(peer).min(self.setup.highest(own));
            if self.setup.forgot(peer, suite) || !self.exists(state, peer) {
                continue;
            }
            let fresh = self.setup.fresh(slot);
            let view = View {
                card_r: peer,
                card_i: own,
                suite,
                time: state.clock,
                psk: self.setup.shares(party, peer),
                ek_i: Key::Ephemeral(fresh),
                kem: if suite == 2 { fresh + 1 } else { 0 },
                ..View::EMPTY
            };
            actions.push(Action::Start(slot, view));
        }
    }

    fn exists(&self, state: &State, card: CardId) -> bool {
        self.setup.exists(&mut self.book().terms, &state.knowledge, card)
    }

    /// Ephemerals that a message may carry.
    fn ephemerals(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = self.slots().map(Key::Ephemeral).collect();
        keys.push(Key::Attackers);
        if !self.setup.has(M::LowOrder) {
            keys.push(Key::Low);
        }
        if !self.setup.has(M::Canonical) {
            keys.extend(self.slots().map(Key::Odd));
        }
        keys
    }

    /// Encapsulation keys or encapsulated secrets that a message may carry.
    fn encapsulations(&self, suite: u8, role: Role) -> Vec<u8> {
        if suite < 2 {
            return vec![0];
        }
        let runs = self.slots().filter(|slot| self.slot(*slot).1 == role).map(|slot| slot + 1);
        runs.chain([ATTACKER]).collect()
    }

    /// The Inits that a responder accepts.
    pub(super) fn inits(&self, state: &State, slot: u8, actions: &mut Vec<Action>) {
        let (party, _) = self.slot(slot);
        for card_r in self.setup.own_cards(party) {
            for card_i in self.setup.claims.iter().copied() {
                if !self.setup.may_be(party, card_i) || !self.exists(state, card_i) {
                    continue;
                }
                for suite in self.setup.suites(card_r, card_i) {
                    for kem in self.encapsulations(suite, Role::Initiator) {
                        for time in self.times(state) {
                            let view = View { card_r, card_i, suite, time, kem, ..View::EMPTY };
                            self.init_with_keys(state, slot, view, actions);
                        }
                    }
                }
            }
        }
    }

    fn times(&self, state: &State) -> std::ops::RangeInclusive<u8> {
        let from = if self.setup.has(M::Window) { state.clock } else { 0 };
        from..=state.clock
    }

    fn init_with_keys(&self, state: &State, slot: u8, view: View, actions: &mut Vec<Action>) {
        let (party, _) = self.slot(slot);
        let psks = match card_of(view.card_i).ik {
            _ if !self.setup.psk => vec![false],
            Party::E => vec![false, true],
            _ => vec![self.setup.shares(party, view.card_i)],
        };
        for ek_i in self.ephemerals() {
            for psk in psks.iter().copied() {
                let received = View { ek_i, psk, ..view };
                if self.replayed(state, slot, &received)
                    || !self.derives(&state.knowledge, Part::Init, received)
                {
                    continue;
                }
                let fresh = self.setup.fresh(slot);
                let answer = View {
                    ek_r: Key::Ephemeral(fresh),
                    ciphertext: if view.suite == 2 { fresh + 1 } else { 0 },
                    rb: Key::Ratchet(fresh),
                    ..received
                };
                actions.push(Action::Init(slot, answer));
            }
        }
    }

    /// Whether the replay cache holds this Init. An entry lives as long as the window; after
    /// that the Init is refused for its time.
    fn replayed(&self, state: &State, slot: u8, init: &View) -> bool {
        self.setup.has(M::ReplayCache)
            && self.slots().any(|other| {
                let run = &state.slots[other as usize];
                self.slot(other) == self.slot(slot)
                    && run.stage != Stage::Idle
                    && !run.forgotten
                    && run.view.time == state.clock
                    && run.view.up_to_init() == *init
            })
    }

    /// The Responses that an initiator accepts.
    pub(super) fn responses(&self, state: &State, slot: u8, actions: &mut Vec<Action>) {
        let sent = state.slots[slot as usize].view;
        let ratchets: Vec<Key> = self
            .slots()
            .filter(|other| self.slot(*other).1 == Role::Responder)
            .map(Key::Ratchet)
            .chain([Key::AttackersOther])
            .collect();
        for ek_r in self.ephemerals().into_iter().filter(|ek_r| *ek_r != sent.ek_i) {
            for ciphertext in self.encapsulations(sent.suite, Role::Responder) {
                for rb in ratchets.iter().copied() {
                    let view = View { ek_r, ciphertext, rb, ..sent };
                    if self.derives(&state.knowledge, Part::Response, view) {
                        let ra = Key::Ratchet(self.setup.fresh(slot));
                        actions.push(Action::Response(slot, View { ra, ..view }));
                    }
                }
            }
        }
    }

    /// The Completes that a responder accepts.
    pub(super) fn completes(&self, state: &State, slot: u8, actions: &mut Vec<Action>) {
        let answered = state.slots[slot as usize].view;
        let ratchets = self
            .slots()
            .filter(|other| self.slot(*other).1 == Role::Initiator)
            .map(Key::Ratchet)
            .chain([Key::AttackersOther]);
        for ra in ratchets {
            let view = View { ra, ..answered };
            if self.derives(&state.knowledge, Part::Complete, view) {
                actions.push(Action::Complete(slot, view));
            }
        }
    }
}
