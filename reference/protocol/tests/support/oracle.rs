//! An independent model of what a receiver must say, in plain sets.

use quipu::PeerError;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub(crate) type Place = (u32, u32);

/// A message as its sender meant it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) place: Place,
    /// Length of the sender's chain before.
    pub(crate) before: u32,
}

/// What the receiving side has seen.
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    /// For each kept chain the number after the highest that is accounted for.
    next: BTreeMap<u32, u32>,
    skipped: VecDeque<Place>,
    digests: VecDeque<Place>,
    pub(crate) accepted: BTreeSet<Place>,
}

impl Oracle {
    /// The responder knows chain 0 from the start, the initiator none.
    pub(crate) fn new(responder: bool) -> Self {
        let next = responder.then_some((0, 0)).into_iter().collect();
        Self { next, ..Self::default() }
    }

    /// The gap, as single numbers, of a genuine message; or why it must be refused.
    pub(crate) fn judge(&self, mark: Mark) -> Result<Vec<Place>, PeerError> {
        let (epoch, number) = mark.place;
        match self.next.get(&epoch) {
            Some(next) if number >= *next => Ok((*next..number).map(|it| (epoch, it)).collect()),
            Some(_) if self.skipped.contains(&mark.place) => Ok(Vec::new()),
            Some(_) if self.digests.contains(&mark.place) => Err(PeerError::Duplicate),
            Some(_) => Err(PeerError::Expired),
            None if self.next.keys().next_back() > Some(&epoch) => Err(PeerError::Authentication),
            None => Ok(self.rest(mark.before).chain((0..number).map(|it| (epoch, it))).collect()),
        }
    }

    fn rest(&self, end: u32) -> impl Iterator<Item = Place> {
        let newest = self.next.last_key_value().map(|(epoch, next)| (*epoch, *next));
        newest.into_iter().flat_map(move |(epoch, next)| (next..end).map(move |it| (epoch, it)))
    }

    /// Takes in a message that `judge` has let pass.
    pub(crate) fn accept(&mut self, mark: Mark, gap: &[Place]) {
        let (epoch, number) = mark.place;
        if !self.next.contains_key(&epoch) {
            if let Some(mut newest) = self.next.last_entry() {
                newest.insert(mark.before);
            }
            self.next.insert(epoch, 0);
            while self.next.len() > 6 {
                self.next.pop_first();
            }
            let oldest = *self.next.first_key_value().expect("one was just added").0;
            self.skipped.retain(|place| place.0 >= oldest);
            self.digests.retain(|place| place.0 >= oldest);
        }
        self.skipped.retain(|place| *place != mark.place);
        self.skipped.extend(gap);
        self.skipped.drain(..self.skipped.len().saturating_sub(2_000));
        self.digests.push_back(mark.place);
        self.digests.drain(..self.digests.len().saturating_sub(1_000));
        let next = self.next.entry(epoch).or_default();
        *next = (*next).max(number + 1);
        assert!(self.accepted.insert(mark.place), "accepted twice: {:?}", mark.place);
    }

    pub(crate) fn stored(&self) -> usize {
        self.skipped.len()
    }

    /// Epoch, below and bitmap of the receipt that may be sent now.
    pub(crate) fn receipt(&self) -> Option<(u32, u32, u64)> {
        let (epoch, next) = self.next.last_key_value().map(|(epoch, next)| (*epoch, *next))?;
        let has = |number: u32| self.accepted.contains(&(epoch, number));
        let below = (0..next).find(|number| !has(*number)).unwrap_or(next);
        let lost = (0..next).rfind(|it| !has(*it) && !self.skipped.contains(&(epoch, *it)));
        let bitmap = (0..64)
            .filter(|bit| has(below + 1 + bit) && lost.is_none_or(|lost| below + 1 + bit > lost))
            .fold(0, |bits, bit| bits | 1 << bit);
        Some((epoch, below, bitmap))
    }
}

/// What the sending side does, in plain numbers.
#[derive(Debug)]
pub(crate) struct Sender {
    chain: Option<Place>,
    heard: Option<u32>,
    before: u32,
}

impl Sender {
    pub(crate) fn new(responder: bool) -> Self {
        let (chain, heard) = if responder { (None, Some(0)) } else { (Some((0, 0)), None) };
        Self { chain, heard, before: 0 }
    }

    /// The place of the next message.
    pub(crate) fn send(&mut self) -> Mark {
        let begun = (self.heard.map_or(0, |epoch| epoch + 1), 0);
        let place = self.chain.unwrap_or(begun);
        self.chain = Some((place.0, place.1 + 1));
        Mark { place, before: self.before }
    }

    /// A message of chain `epoch` was accepted.
    pub(crate) fn hear(&mut self, epoch: u32) {
        if self.heard.is_none_or(|heard| heard < epoch) {
            self.heard = Some(epoch);
            self.before = self.chain.take().map_or(self.before, |(_, count)| count);
        }
    }
}
