//! The network of the attacker: it holds every packet and decides what arrives.

use super::dice::Dice;

/// A packet on its way.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    /// The device that the transport names as its sender.
    pub(crate) from: Option<usize>,
    /// Where it goes.
    pub(crate) to: usize,
    /// The packet.
    pub(crate) bytes: Vec<u8>,
}

/// How often each thing happens to a packet, in 1000.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Weather {
    pub(crate) drop: usize,
    pub(crate) duplicate: usize,
    pub(crate) reorder: usize,
    pub(crate) flip: usize,
    pub(crate) truncate: usize,
    pub(crate) extend: usize,
    pub(crate) splice: usize,
    pub(crate) invent: usize,
    pub(crate) reflect: usize,
    pub(crate) replay: usize,
    pub(crate) redirect: usize,
    pub(crate) rename: usize,
}

/// The packets under way and everything that was ever sent.
#[derive(Debug, Default)]
pub(crate) struct Network {
    pub(crate) weather: Weather,
    pool: Vec<Parcel>,
    history: Vec<Parcel>,
}

const HISTORY: usize = 400;

impl Network {
    pub(crate) fn post(&mut self, parcel: Parcel) {
        if self.history.len() >= HISTORY {
            self.history.remove(self.pool.len() % HISTORY);
        }
        self.history.push(parcel.clone());
        self.pool.push(parcel);
    }

    /// The oldest packet, untouched.
    pub(crate) fn honest(&mut self) -> Option<Parcel> {
        (!self.pool.is_empty()).then(|| self.pool.remove(0))
    }

    /// Does one thing to one packet. What was altered goes out first; the original stays under way.
    pub(crate) fn next(
        &mut self,
        devices: usize,
        dice: &mut Dice,
    ) -> (&'static str, Option<Parcel>) {
        let weather = self.weather;
        if !self.history.is_empty() && dice.chance(weather.replay) {
            return ("replay", self.history.get(dice.below(self.history.len())).cloned());
        }
        let reorder = self.pool.len() > 1 && dice.chance(weather.reorder);
        let index = if reorder { dice.below(self.pool.len()) } else { 0 };
        let Some(parcel) = self.pool.get(index).cloned() else { return ("idle", None) };
        if let Some((name, altered)) = self.alter(&parcel, devices, dice) {
            return (name, Some(altered));
        }
        if !dice.chance(weather.duplicate) {
            self.pool.remove(index);
        } else {
            return ("duplicate", Some(parcel));
        }
        match dice.chance(weather.drop) {
            true => ("drop", None),
            false => (if index > 0 { "reorder" } else { "deliver" }, Some(parcel)),
        }
    }

    fn alter(
        &self,
        parcel: &Parcel,
        devices: usize,
        dice: &mut Dice,
    ) -> Option<(&'static str, Parcel)> {
        let weather = self.weather;
        let mut altered = parcel.clone();
        let bytes = &mut altered.bytes;
        let name = if dice.chance(weather.flip) {
            let end = if dice.chance(150) { 4 } else { bytes.len() };
            let at = dice.below(end);
            bytes[at] ^= 1 << dice.below(8);
            "flip"
        } else if dice.chance(weather.truncate) {
            let length = bytes.len();
            bytes.truncate(if dice.chance(500) { length - 1 } else { dice.below(length) });
            "truncate"
        } else if dice.chance(weather.extend) {
            let more = 1 + dice.below(40);
            bytes.extend(dice.bytes(more));
            "extend"
        } else if dice.chance(weather.splice) {
            *bytes = self.splice(bytes, dice)?;
            "splice"
        } else if dice.chance(weather.invent) {
            let keep = 4.min(bytes.len());
            let noise = dice.bytes(bytes.len() - keep);
            bytes.splice(keep.., noise);
            "invent"
        } else if dice.chance(weather.reflect) {
            altered.to = parcel.from?;
            altered.from = Some(parcel.to);
            "reflect"
        } else if dice.chance(weather.redirect) {
            altered.to = (parcel.to + 1 + dice.below(devices - 1)) % devices;
            "redirect"
        } else if dice.chance(weather.rename) {
            let other = dice.below(devices + 1);
            altered.from = (other < devices).then_some(other);
            "rename"
        } else {
            return None;
        };
        Some((name, altered))
    }

    /// The front of one packet and the tail of another.
    fn splice(&self, front: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
        let tail = &self.history.get(dice.below(self.history.len()))?.bytes;
        let cuts = [4, 20, 36, 52, 76, 92, 132, 164, 168, 236, dice.below(front.len())];
        let cut = cuts[dice.below(cuts.len())].min(front.len());
        Some([&front[..cut], tail.get(cut..)?].concat())
    }
}
