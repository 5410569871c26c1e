//! All devices of the crate that were met, each once, and what each said to each input.
//!
//! A device is a function of its state, the packet, the time and the randomness, all of which
//! are in its identity and the input. So the crate is asked once for each pair of them.

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use quipu::session::SessionId;
use quipu::sessions::Sessions;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::draws::Purpose;
use super::facts::{Fact, ours, status};
use super::party::{Call, Input, Output, Party, PartyKey, moment};
use crate::session::{Status, Time};

/// The name of a device here.
pub type PartyId = u32;

/// The name of a packet here.
pub type PacketId = u32;

/// What a device shows of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// Its id.
    pub id: SessionId,
    /// `ts_I`.
    pub ts: u64,
    /// Where it stands.
    pub status: Status,
    /// Whether the device is the initiator.
    pub ours: bool,
    /// A secret that both sides can export.
    pub export: [u8; 8],
}

/// What a device shows at a time: its sessions, the greatest first, and the one it sends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// The sessions.
    pub sessions: Vec<Shown>,
    /// The sending session.
    pub sending: Option<SessionId>,
}

/// What a device says to an input.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    /// The device afterwards.
    pub after: PartyId,
    /// What it says.
    pub said: Arc<Result<Output, quipu::Error>>,
    /// The packets that it sends.
    pub packets: Vec<PacketId>,
    /// Whether what is durable and the handshakes under way stayed as they were, what time has
    /// ended apart.
    pub unchanged: bool,
}

/// The devices, the packets and what is known of them.
#[derive(Debug, Default)]
pub(super) struct Real {
    parties: IndexMap<PartyKey, Party, FxBuildHasher>,
    packets: IndexSet<Arc<[u8]>, FxBuildHasher>,
    replies: FxHashMap<(PartyId, u8, Input), Reply>,
    seen: FxHashMap<(PartyId, Time), Arc<Seen>>,
    /// How often the crate was asked.
    pub asked: usize,
}

/// Session ids are drawn until their first bits are their rank.
const RANK_BITS: u32 = 3;

impl Real {
    /// The number of devices.
    pub(super) fn parties(&self) -> usize {
        self.parties.len()
    }

    /// Names a device.
    pub(super) fn party(&mut self, party: Party) -> PartyId {
        let entry = self.parties.entry(party.key());
        let at = entry.index();
        entry.or_insert(party);
        name(at)
    }

    /// A device by its name.
    pub(super) fn get(&self, id: PartyId) -> &Party {
        &self.parties[id as usize]
    }

    /// Names a packet.
    pub(super) fn packet(&mut self, bytes: &[u8]) -> PacketId {
        match self.packets.get_index_of(bytes) {
            Some(at) => name(at),
            None => name(self.packets.insert_full(bytes.into()).0),
        }
    }

    /// A packet by its name.
    pub(super) fn bytes(&self, id: PacketId) -> Arc<[u8]> {
        Arc::clone(&self.packets[id as usize])
    }

    /// What a device says to a call. A session of its own that begins has an id of this rank.
    pub(super) fn ask(
        &mut self,
        id: PartyId,
        call: Call,
        now: Time,
        purpose: Purpose,
        rank: u8,
    ) -> Reply {
        let input = Input { call, now, purpose };
        if let Some(reply) = self.replies.get(&(id, rank, input.clone())) {
            return reply.clone();
        }
        let before = self.get(id).clone();
        let (mut after, mut said) = before.after(&input);
        self.asked += 1;
        let mut attempt = input.clone();
        while said.as_ref().is_ok_and(|output| !ranked(output, rank)) {
            attempt.purpose.attempt += 1;
            (after, said) = before.after(&attempt);
            self.asked += 1;
        }
        let unchanged = before.lasting(now) == after.lasting(now);
        let packets = said.iter().flat_map(|output| &output.packets);
        let packets = packets.map(|bytes| self.packet(bytes)).collect();
        let after = self.party(after);
        let reply = Reply { after, said: Arc::new(said), packets, unchanged };
        self.replies.insert((id, rank, input), reply.clone());
        reply
    }

    /// What a device shows at a time.
    pub(super) fn seen(&mut self, id: PartyId, now: Time) -> Arc<Seen> {
        if let Some(seen) = self.seen.get(&(id, now)) {
            return Arc::clone(seen);
        }
        let kept = self.get(id).kept.sessions.clone();
        let seen = Arc::new(kept.map_or_else(Seen::default, |bytes| show(&bytes, now)));
        self.seen.insert((id, now), Arc::clone(&seen));
        seen
    }
}

/// What a device shows whose sessions have this snapshot.
pub(super) fn show(bytes: &[u8], now: Time) -> Seen {
    let sessions = Sessions::restore(bytes, |_| 0).expect("its own snapshot");
    let shown = sessions.iter().map(|session| {
        let export = session.export(b"lockstep", &[], 8).expect("in range");
        Shown {
            id: session.key().id,
            ts: session.key().ts_i,
            status: status(session.status()),
            ours: ours(session.role()),
            export: *export.expose().first_chunk().expect("8 bytes"),
        }
    });
    let sending = sessions.sending(moment(now)).map(|session| session.key().id);
    Seen { sessions: shown.collect(), sending }
}

fn ranked(output: &Output, rank: u8) -> bool {
    output.facts.iter().all(|fact| match fact {
        Fact::Established(id, true) => id[0] >> (8 - RANK_BITS) == rank,
        _ => true,
    })
}

fn name(at: usize) -> u32 {
    u32::try_from(at).expect("fewer than 2^32 fit into memory")
}
