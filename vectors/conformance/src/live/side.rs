//! The oracle's view of one side of one session: which number is where, and nothing about keys.
//!
//! Written from chapters 6 and 8 without a look at the reference's ratchet: numbers only.

use std::collections::{BTreeSet, VecDeque};

/// Epoch and number.
pub(crate) type Place = (u32, u32);
/// Epoch, first number, how many.
pub(crate) type Gap = (u32, u32, u32);

/// Content type of a receipt.
pub(crate) const RECEIPT: u8 = 0x02;
/// Content type of a close.
pub(crate) const CLOSE: u8 = 0x03;
const SKIPPED_KEYS: usize = 2_000;
const DIGESTS: usize = 1_000;
/// Five receiving chains behind the current one; receiving epochs go up by two.
const OLD_EPOCHS: u32 = 10;

/// One side.
#[derive(Debug)]
pub(crate) struct Side {
    sending: Option<Place>,
    newest: Option<u32>,
    next: u32,
    stored: VecDeque<Place>,
    digests: VecDeque<Place>,
    accepted: BTreeSet<u32>,
    greatest_lost: Option<u32>,
    /// SESSION-17: something other than a receipt was accepted since the last receipt was sent.
    owed: bool,
    /// We have closed.
    pub(crate) closed: bool,
    peer_closed: Option<Place>,
}

impl Side {
    pub(crate) fn new(initiator: bool) -> Self {
        Self {
            sending: initiator.then_some((0, 0)),
            newest: (!initiator).then_some(0),
            next: 0,
            stored: VecDeque::new(),
            digests: VecDeque::new(),
            accepted: BTreeSet::new(),
            greatest_lost: None,
            owed: !initiator,
            closed: false,
            peer_closed: None,
        }
    }

    /// How many messages the present sending chain has carried.
    pub(crate) fn count(&self) -> u32 {
        self.sending.map_or(0, |(_, count)| count)
    }

    pub(crate) const fn newest(&self) -> Option<u32> {
        self.newest
    }

    pub(crate) const fn owed(&self) -> bool {
        self.owed
    }

    /// Takes the place of the next message; the lengths of the draws that sealing it makes.
    pub(crate) fn send(&mut self, kind: u8) -> (Place, &'static [usize]) {
        self.owed &= kind != RECEIPT;
        self.closed |= kind == CLOSE;
        let (place, draws): (Place, &'static [usize]) = match self.sending {
            Some(place) => (place, &[16]),
            None => ((self.newest.map_or(0, |epoch| epoch + 1), 0), &[32, 16]),
        };
        self.sending = Some((place.0, place.1 + 1));
        (place, draws)
    }

    /// Whether a genuine message at `place` must be accepted, or with which error it is refused.
    pub(crate) fn judge(&self, place: Place) -> Result<(), &'static str> {
        let Some(newest) = self.newest else { return Ok(()) };
        if place.0 < newest.saturating_sub(OLD_EPOCHS) {
            return Err("unknown_session");
        }
        let ahead = place.0 > newest || (place.0 == newest && place.1 >= self.next);
        if !ahead && !self.stored.contains(&place) {
            return Err(if self.digests.contains(&place) { "duplicate" } else { "expired" });
        }
        if self.peer_closed.is_some_and(|end| place > end) { Err("after_close") } else { Ok(()) }
    }

    /// Notes an accepted message. `former_end` is the final length of the chain that was newest.
    pub(crate) fn accept(&mut self, kind: u8, place: Place, former_end: u32) -> Vec<Gap> {
        let (epoch, number) = place;
        self.owed |= kind != RECEIPT;
        if kind == CLOSE {
            self.peer_closed = self.peer_closed.or(Some(place));
        }
        let mut gap = Vec::new();
        let before = (self.newest, self.next);
        if Some(epoch) > self.newest {
            let kept = epoch.saturating_sub(OLD_EPOCHS);
            self.stored.retain(|it| it.0 >= kept);
            self.digests.retain(|it| it.0 >= kept);
            self.newest = Some(epoch);
            self.next = 0;
            self.accepted.clear();
            self.greatest_lost = None;
            self.sending = None;
            if let (Some(former), next) = before {
                self.skip((former, next), former_end, &mut gap);
            }
        }
        if Some(epoch) == self.newest && number >= self.next {
            self.skip((epoch, self.next), number, &mut gap);
            self.next = number + 1;
        } else {
            self.stored.retain(|it| *it != place);
        }
        self.trim();
        self.digests.push_back(place);
        if self.digests.len() > DIGESTS {
            self.digests.pop_front();
        }
        if Some(epoch) == self.newest {
            self.accepted.insert(number);
        }
        gap
    }

    fn skip(&mut self, (epoch, from): Place, to: u32, gap: &mut Vec<Gap>) {
        if from < to {
            gap.push((epoch, from, to - from));
            self.stored.extend((from..to).map(|number| (epoch, number)));
        }
    }

    fn trim(&mut self) {
        while self.stored.len() > SKIPPED_KEYS {
            if let Some((epoch, number)) = self.stored.pop_front()
                && Some(epoch) == self.newest
            {
                self.greatest_lost = self.greatest_lost.max(Some(number));
            }
        }
    }

    /// The 16 bytes of a receipt that is sent now.
    pub(crate) fn receipt(&self) -> Option<Vec<u8>> {
        let epoch = self.newest?;
        let below = (0..).find(|number| !self.accepted.contains(number))?;
        let known = |number: u32| {
            self.accepted.contains(&number) && self.greatest_lost.is_none_or(|lost| number > lost)
        };
        let bits = (0..64).filter(|bit| known(below + 1 + bit));
        let bitmap = bits.fold(0u64, |map, bit| map | 1 << bit);
        Some([&epoch.to_be_bytes()[..], &below.to_be_bytes(), &bitmap.to_be_bytes()].concat())
    }
}
