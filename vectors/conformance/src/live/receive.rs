//! A packet arrives: the reference does what the oracle says, or the run has failed.

use super::facts::{COMPLETE, Complete, Packet, Response, behind};
use super::network::Parcel;
use super::oracle::Verdict;
use super::side::RECEIPT;
use super::world::World;
use quipu::{Event, Received};

impl World {
    /// Delivers a packet. Returns the error when it was refused, as it had to be.
    pub(crate) fn receive(&mut self, parcel: &Parcel) -> Result<Option<&'static str>, String> {
        let at = parcel.to;
        let before = self.state(at);
        let verdict = self.oracle.judge(at, parcel.from, &parcel.bytes, self.now);
        let from = parcel.from.map(|from| self.key(from));
        let (now, host) = (self.now, &mut self.hosts[at]);
        let outcome = host.device.receive(from.as_ref(), &parcel.bytes, now, &mut host.draws);
        let what =
            format!("{}, {} bytes to {}", kind(&parcel.bytes), parcel.bytes.len(), host.name);
        match (outcome, verdict) {
            (Ok(_), Verdict::Foreign) => Err(format!("ACCEPTED: {what}, which nobody has sent")),
            (Ok(_), Verdict::Refuse(error)) => Err(format!("ACCEPTED: {what}, expected {error}")),
            (Err(error), Verdict::Accept) => Err(format!("{what}: refused as {error}, genuine")),
            (Err(error), Verdict::Refuse(expected)) if error.name() != expected => {
                Err(format!("{what}: refused as {error}, expected {expected}"))
            }
            (Err(error), _) => {
                let name = error.name();
                if matches!(error.blame(), "caller" | "storage") {
                    return Err(format!(
                        "{what}: refused as {name}, which is not the packet's fault"
                    ));
                }
                self.unchanged(at, &before, name).map_err(|text| format!("{what}: {text}"))?;
                Ok(Some(name))
            }
            (Ok(received), Verdict::Accept) => {
                self.counts.add("accepted packets");
                self.accepted(parcel, &received).map_err(|text| format!("{what}: {text}"))?;
                Ok(None)
            }
        }
    }

    fn accepted(&mut self, parcel: &Parcel, received: &Received) -> Result<(), String> {
        let (at, now) = (parcel.to, self.now);
        let peer = self.sender(&parcel.bytes).ok_or("the oracle lost a packet")?;
        for event in &received.events {
            self.note(peer, event)?;
        }
        let id = received.events.iter().find_map(|event| match event {
            Event::Established { session, .. } => Some(*session),
            _ => None,
        });
        let expected = self.oracle.accept(at, &parcel.bytes, id, now);
        self.events(at, &received.events, &expected)?;
        self.replies(parcel, received, peer)?;
        self.sessions(at)
    }

    /// At most once, and from the right device.
    fn note(&mut self, from: usize, event: &Event) -> Result<(), String> {
        let Event::Message { peer, session, plaintext } = event else { return Ok(()) };
        if !self.delivered.insert((*session, plaintext.epoch, plaintext.number)) {
            let (epoch, number) = (plaintext.epoch, plaintext.number);
            return Err(format!("delivered twice: epoch {epoch}, number {number}"));
        }
        if *peer != self.key(from) {
            return Err("a message was attributed to a device that did not send it".to_owned());
        }
        Ok(())
    }

    /// The device that made a genuine packet.
    fn sender(&self, bytes: &[u8]) -> Option<usize> {
        let facts = &self.oracle.facts;
        match facts.classify(bytes) {
            Packet::Init(init) => Some(init.from),
            Packet::Response(response) => facts.inits.get(&response.init).map(|init| init.to),
            Packet::Complete(complete, _) => Some(complete.from),
            Packet::Letter(letter) => Some(letter.from),
            Packet::Foreign => None,
        }
    }

    /// ENC-09 and chapter 4: exactly the packets that the protocol sends back.
    fn replies(&mut self, parcel: &Parcel, received: &Received, peer: usize) -> Result<(), String> {
        let (at, now, replies) = (parcel.to, self.now, &received.replies);
        match self.oracle.facts.classify(&parcel.bytes) {
            Packet::Init(_) => {
                let reply = single(replies)?;
                let (init, made) = (parcel.bytes.clone(), (reply.clone(), now));
                self.oracle.models[at].half_open.insert(init.clone(), made);
                self.oracle.facts.responses.insert(reply.clone(), Response { init });
                let draws: &[usize] = if self.hybrid() { &[32, 32, 32] } else { &[32, 32] };
                self.draws(at, draws)?;
                self.counts.add("sent response");
                self.network.post(Parcel { from: Some(at), to: peer, bytes: reply.clone() });
                Ok(())
            }
            Packet::Response(response) => {
                let init = response.init.clone();
                self.completes(parcel, &init, received, peer)
            }
            Packet::Complete(complete, _) => {
                let id = complete.key.1;
                self.answers(at, peer, &id, replies)
            }
            _ if replies.is_empty() => self.draws(at, &[]),
            _ => Err("a message was answered".to_owned()),
        }
    }

    /// HS-35: the Complete that ends the initiator's handshake.
    fn completes(
        &mut self,
        parcel: &Parcel,
        init: &[u8],
        received: &Received,
        peer: usize,
    ) -> Result<(), String> {
        let at = parcel.to;
        let reply = single(&received.replies)?;
        let (head, rest) = reply.split_at_checked(COMPLETE).ok_or("a Complete is too short")?;
        if behind(rest) != Some(&[]) {
            return Err("the first Complete carries something".to_owned());
        }
        let entries = &mut self.oracle.models[at].book(peer).entries;
        let entry = entries.iter_mut().find(|entry| entry.complete.is_empty());
        let entry = entry.ok_or("an accepted Response began no session")?;
        entry.complete = head.to_vec();
        let (key, response) = (entry.key, parcel.bytes.clone());
        let fact = Complete { init: init.to_vec(), response, from: at, key };
        self.oracle.facts.completes.insert(head.to_vec(), fact);
        self.draws(at, &[32])?;
        self.counts.add("sent complete");
        self.network.post(Parcel { from: Some(at), to: peer, bytes: reply.clone() });
        Ok(())
    }

    /// HS-38: the receipt that answers a Complete.
    fn answers(
        &mut self,
        at: usize,
        peer: usize,
        id: &[u8; 16],
        replies: &[Vec<u8>],
    ) -> Result<(), String> {
        let now = self.now;
        let entry = self.oracle.models[at].book(peer).get(id);
        let content =
            entry.and_then(|entry| entry.answers(now).then(|| entry.side.receipt()).flatten());
        match (content, replies) {
            (None, []) => self.draws(at, &[]),
            (Some(content), [reply]) => self.sealed(at, peer, id, reply, RECEIPT, &content),
            (content, replies) => Err(format!(
                "answered with {} packets, a receipt was due: {}",
                replies.len(),
                content.is_some()
            )),
        }
    }
}

fn single(replies: &[Vec<u8>]) -> Result<&Vec<u8>, String> {
    match replies {
        [reply] => Ok(reply),
        _ => Err(format!("{} replies, expected 1", replies.len())),
    }
}

/// What a packet says it is.
pub(crate) fn kind(bytes: &[u8]) -> &'static str {
    match bytes.get(1) {
        Some(0x01) => "Init",
        Some(0x02) => "Response",
        Some(0x03) => "Complete",
        Some(0x10) => "message",
        _ => "packet of no type",
    }
}
