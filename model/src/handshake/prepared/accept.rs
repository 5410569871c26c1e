//! What bundles an initiator takes, what PrekeyInits a responder accepts, and what answers.

use super::view::{Action, Pqk, Stage, State, View};
use super::{Part, Prepared};
use crate::handshake::interactive::ATTACKER;
use crate::handshake::mechanism::Mechanism as M;
use crate::handshake::world::{CardId, Key, Party, Prekey, Role, Secret, card_of};

const SIGNED: Key = Key::Prekey(Prekey::Signed);
const EXPIRED: Key = Key::Prekey(Prekey::Expired);
const ONE_TIME: Key = Key::Prekey(Prekey::OneTime);

impl Prepared {
    /// How an initiator can begin: the relay chooses among the bundles that verify.
    pub(super) fn offers(&self, state: &State, slot: u8, actions: &mut Vec<Action>) {
        let (party, _) = self.slot(slot);
        let setup = &self.setup;
        let own = setup.own_cards(party)[0];
        for peer in setup.peers.iter().copied().filter(|peer| setup.may_be(party, *peer)) {
            let suite = setup.highest(peer).min(setup.highest(own));
            let to_a = card_of(peer).ik == Party::A;
            if setup.forgot(peer, suite) || to_a || !self.exists(state, peer) {
                continue;
            }
            let fresh = setup.fresh(slot);
            for (spk, opk, pqk) in self.bundles(state, peer, suite) {
                let view = View {
                    card_r: peer,
                    card_i: own,
                    suite,
                    psk: setup.shares(party, peer),
                    spk,
                    opk,
                    pqk,
                    ek_i: Key::Ephemeral(fresh),
                    ciphertext: if suite == 2 { fresh + 1 } else { 0 },
                    ra: Key::Ratchet(fresh),
                    rb: Key::None,
                };
                actions.push(Action::Start(slot, view));
            }
        }
    }

    fn exists(&self, state: &State, card: CardId) -> bool {
        self.setup.exists(&mut self.book().terms, &state.knowledge, card)
    }

    /// The prekeys that an initiator takes with a card.
    fn bundles(&self, state: &State, peer: CardId, suite: u8) -> Vec<(Key, Key, Pqk)> {
        let honest = card_of(peer).ik.honest();
        let (mut spks, mut opks, mut pqks) = if honest {
            (vec![SIGNED], vec![Key::None, ONE_TIME], vec![Pqk::OneTime, Pqk::Last])
        } else {
            (vec![Key::Attackers], vec![Key::None], vec![Pqk::Attackers])
        };
        let lacks = |mechanism| honest && !self.setup.has(mechanism);
        let forges = |mechanism| {
            let terms = &mut self.book().terms;
            honest && self.setup.signs(terms, &state.knowledge, card_of(peer).ik, mechanism)
        };
        if forges(M::PrekeySignature) {
            spks.push(Key::Attackers);
        }
        if lacks(M::PrekeyExpiry) {
            spks.push(EXPIRED);
        }
        if forges(M::OneTimeSignature) {
            opks.push(Key::AttackersOther);
            pqks.push(Pqk::Attackers);
        }
        if lacks(M::PrekeyType) {
            opks.push(SIGNED);
            pqks.push(Pqk::LastAsOneTime);
        }
        self.combined(&spks, &opks, &pqks, suite)
    }

    /// Every combination that the setup allows.
    fn combined(
        &self,
        spks: &[Key],
        opks: &[Key],
        pqks: &[Pqk],
        suite: u8,
    ) -> Vec<(Key, Key, Pqk)> {
        let none = [Pqk::None];
        let pqks = if suite == 2 { pqks } else { &none };
        let mut all = Vec::new();
        for spk in spks {
            for opk in opks {
                for pqk in pqks {
                    let insider = *spk == Key::Attackers;
                    let one_time =
                        self.setup.one_time.is_none_or(|used| used == (*opk != Key::None));
                    let last =
                        self.setup.last_resort.is_none_or(|last| last == (*pqk == Pqk::Last));
                    if insider || one_time && (last || *pqk == Pqk::None) {
                        all.push((*spk, *opk, *pqk));
                    }
                }
            }
        }
        all
    }

    /// The prekeys that B still has.
    fn held(&self, state: &State, suite: u8) -> Vec<(Key, Key, Pqk)> {
        let mut spks = vec![SIGNED];
        if !self.setup.has(M::PrekeyErased) || !self.setup.has(M::PrekeyExpiry) {
            spks.push(EXPIRED);
        }
        let mut opks = vec![Key::None];
        if !self.erased(state, Secret::OneTimePrekey) {
            opks.push(ONE_TIME);
        }
        let mut pqks = vec![Pqk::Last];
        if !self.erased(state, Secret::KemPrekey) {
            pqks.push(Pqk::OneTime);
        }
        if !self.setup.has(M::PrekeyType) {
            opks.push(SIGNED);
            pqks.push(Pqk::LastAsOneTime);
        }
        self.combined(&spks, &opks, &pqks, suite)
    }

    /// The PrekeyInits that a responder accepts.
    pub(super) fn arrivals(&self, state: &State, slot: u8, actions: &mut Vec<Action>) {
        let (party, _) = self.slot(slot);
        let setup = &self.setup;
        for card_r in setup.own_cards(party) {
            for card_i in setup.claims.iter().copied() {
                if !setup.may_be(party, card_i) || !self.exists(state, card_i) {
                    continue;
                }
                for suite in setup.suites(card_r, card_i) {
                    for (spk, opk, pqk) in self.held(state, suite) {
                        let view = View { card_r, card_i, suite, spk, opk, pqk, ..View::EMPTY };
                        self.with_keys(state, slot, view, actions);
                    }
                }
            }
        }
    }

    fn with_keys(&self, state: &State, slot: u8, view: View, actions: &mut Vec<Action>) {
        let (party, _) = self.slot(slot);
        let psks = match card_of(view.card_i).ik {
            _ if !self.setup.psk => vec![false],
            Party::E => vec![false, true],
            _ => vec![self.setup.shares(party, view.card_i)],
        };
        let runs: Vec<u8> =
            self.slots().filter(|slot| self.slot(*slot).1 == Role::Initiator).collect();
        let ciphertexts: Vec<u8> = match view.suite {
            2 => runs.iter().map(|run| run + 1).chain([ATTACKER]).collect(),
            _ => vec![0],
        };
        let ratchets: Vec<Key> =
            runs.iter().copied().map(Key::Ratchet).chain([Key::AttackersOther]).collect();
        for ek_i in self.ephemerals() {
            for (ciphertext, ra) in
                ciphertexts.iter().flat_map(|text| ratchets.iter().map(move |ra| (*text, *ra)))
            {
                for psk in psks.iter().copied() {
                    let view = View { ek_i, ciphertext, ra, psk, ..view };
                    if !self.replayed(state, slot, &view)
                        && self.derives(&state.knowledge, Part::PrekeyInit, view)
                    {
                        actions.push(Action::Accept(slot, View { rb: Key::Ratchet(slot), ..view }));
                    }
                }
            }
        }
    }

    fn ephemerals(&self) -> Vec<Key> {
        let initiators = self.slots().filter(|slot| self.slot(*slot).1 == Role::Initiator);
        let mut keys: Vec<Key> = initiators.clone().map(Key::Ephemeral).collect();
        keys.push(Key::Attackers);
        if !self.setup.has(M::LowOrder) {
            keys.push(Key::Low);
        }
        if !self.setup.has(M::Canonical) {
            keys.extend(initiators.map(Key::Odd));
        }
        keys
    }

    /// Whether the replay set holds these handshake bytes.
    fn replayed(&self, state: &State, slot: u8, view: &View) -> bool {
        self.setup.has(M::ReplaySet)
            && self.slots().any(|other| {
                let run = &state.slots[other as usize];
                self.slot(other) == self.slot(slot)
                    && run.stage == Stage::Done
                    && !run.forgotten
                    && run.view.handshake() == *view
            })
    }

    /// The answers that an initiator accepts.
    pub(super) fn answers(&self, state: &State, slot: u8, actions: &mut Vec<Action>) {
        let sent = state.slots[slot as usize].view;
        let responders = self.slots().filter(|slot| self.slot(*slot).1 == Role::Responder);
        for rb in responders.map(Key::Ratchet).chain([Key::AttackersOther]) {
            let view = View { rb, ..sent };
            if self.derives(&state.knowledge, Part::Answer, view) {
                actions.push(Action::Answer(slot, view));
            }
        }
    }
}
