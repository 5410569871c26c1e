//! A device sends: where the message stands, how it is wrapped, how long it is, what was drawn.

use super::book::{Entry, Standing};
use super::facts::Letter;
use super::network::Parcel;
use super::side::{CLOSE, RECEIPT};
use super::world::World;
use quipu::Kind;

const CHAIN_MAX: u32 = 10_000;

impl World {
    /// Why a send is refused now, if it is.
    fn refusal(&mut self, at: usize, peer: usize) -> Option<&'static str> {
        let now = self.now;
        match self.oracle.models[at].book(peer).sending(now) {
            None => Some("no_session"),
            Some(entry) if entry.side.closed => Some("closed"),
            Some(entry) if entry.side.count() >= CHAIN_MAX => Some("chain_limit"),
            Some(_) => None,
        }
    }

    /// Sends application content (kind 0x01 or from 0x80) or, with kind CLOSE, a close.
    /// Returns whether it went out.
    pub(crate) fn send(
        &mut self,
        at: usize,
        peer: usize,
        kind: u8,
        content: &[u8],
    ) -> Result<bool, String> {
        let before = self.state(at);
        let (now, key, refusal) = (self.now, self.key(peer), self.refusal(at, peer));
        let host = &mut self.hosts[at];
        let made = match kind {
            0x01 => host.device.send(&key, Kind::DATA, content, now, &mut host.draws),
            CLOSE => host.device.close(&key, now, &mut host.draws),
            other => {
                host.device.send(&key, Kind::application(other), content, now, &mut host.draws)
            }
        };
        let name = host.name;
        match (made, refusal) {
            (Err(error), Some(expected)) if error.name() == expected => {
                self.unchanged(at, &before, expected)?;
                Ok(false)
            }
            (Err(error), _) => {
                Err(format!("{name} refused to send as {error}, expected {refusal:?}"))
            }
            (Ok(_), Some(expected)) => Err(format!("{name} sent, expected refusal as {expected}")),
            (Ok(made), None) => {
                let book = self.oracle.models[at].book(peer);
                let id = book.sending(now).map(|entry| entry.key.1).unwrap_or_default();
                self.sealed(at, peer, &id, &made.packet, kind, content)?;
                let expected = self.oracle.models[at].book(peer).settle(now);
                self.events(at, &made.events, &expected)?;
                self.sessions(at)?;
                Ok(true)
            }
        }
    }

    /// SESSION-04, SESSION-32: asks for a receipt on any session.
    pub(crate) fn receipt(&mut self, at: usize, peer: usize) -> Result<(), String> {
        let before = self.state(at);
        let (now, key) = (self.now, self.key(peer));
        let entries = &self.oracle.models[at].book(peer).entries;
        let Some(entry) = entries.get(self.dice.below(entries.len())) else { return Ok(()) };
        let (id, owed) = (entry.key.1, entry.side.owed());
        let content = owed.then(|| entry.side.receipt()).flatten();
        let refusal = match entry {
            entry if entry.outlived(now) => Some("no_session"),
            _ if content.is_none() => None,
            entry if entry.side.closed => Some("closed"),
            entry => (entry.side.count() >= CHAIN_MAX).then_some("chain_limit"),
        };
        let host = &mut self.hosts[at];
        let made = host.device.receipt(&key, &id, now, &mut host.draws);
        match (made, content, refusal) {
            (Ok(None), None, None) => self.draws(at, &[]),
            (Err(error), _, Some(expected)) if error.name() == expected => {
                self.unchanged(at, &before, expected)
            }
            (Ok(Some(packet)), Some(content), None) => {
                self.sealed(at, peer, &id, &packet, RECEIPT, &content)?;
                self.sessions(at)
            }
            (found, _, _) => Err(format!("a receipt gave {found:?}, expected {refusal:?}")),
        }
    }

    /// Notes a sealed message and gives it to the network.
    pub(crate) fn sealed(
        &mut self,
        at: usize,
        peer: usize,
        id: &[u8; 16],
        packet: &[u8],
        kind: u8,
        content: &[u8],
    ) -> Result<(), String> {
        let entry = self.oracle.models[at].book(peer).get(id).ok_or("the oracle lost a session")?;
        let (place, draws) = entry.side.send(kind);
        let message = unwrap(entry, packet)?.to_vec();
        let content = if kind == CLOSE {
            [place.0, place.1 + 1].map(u32::to_be_bytes).concat()
        } else {
            content.to_vec()
        };
        if message.len() != 124 + padded(5 + content.len()) {
            return Err(format!(
                "{} bytes of content gave a message of {}",
                content.len(),
                message.len()
            ));
        }
        self.draws(at, draws)?;
        *self.oracle.facts.lengths.entry((*id, place.0)).or_default() += 1;
        let letter = Letter { session: *id, from: at, to: peer, place, kind, content };
        if self.oracle.facts.letters.insert(message, letter).is_some() {
            return Err("two messages are the same bytes".to_owned());
        }
        self.counts.add(match kind {
            RECEIPT => "sent receipt",
            CLOSE => "sent close",
            _ => "sent message",
        });
        self.network.post(Parcel { from: Some(at), to: peer, bytes: packet.to_vec() });
        Ok(())
    }
}

/// HS-36: the message of a packet, behind its Complete exactly while the session is unconfirmed.
fn unwrap<'a>(entry: &Entry, packet: &'a [u8]) -> Result<&'a [u8], String> {
    if entry.standing == Standing::Confirmed {
        let plain = packet.get(1) == Some(&0x10);
        return plain
            .then_some(packet)
            .ok_or_else(|| "a Complete on a confirmed session".to_owned());
    }
    let rest =
        packet.strip_prefix(entry.complete.as_slice()).ok_or("a message without its Complete")?;
    super::facts::behind(rest)
        .ok_or_else(|| "a message behind Complete has another length".to_owned())
}

/// Chapter 7.5.
fn padded(length: usize) -> usize {
    let exponent = length.ilog2();
    let step = 1 << exponent.saturating_sub(exponent.max(1).ilog2() + 1);
    length.next_multiple_of(step).max(256)
}
