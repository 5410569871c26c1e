//! Devices, network, clock and oracle: every operation is done by the reference and compared with
//! what the oracle predicts.

use super::counts::Counts;
use super::dice::Dice;
use super::facts::Init;
use super::host::Host;
use super::network::{Network, Parcel};
use super::oracle::{Model, Oracle};
use quipu::Event;
use quipu::crypto::sign::IdentityKey;
use quipu::wire::Suite;
use quipu_vectors::script::event as describe;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The moment at which every run begins.
pub(crate) const START: u64 = 1_700_000_000_000;
const NAMES: [&str; 3] = ["ada@example.org", "bob@example.org", "carol@example.org"];
/// Who else may come.
pub(crate) const CROWD: [&str; 8] = ["dan", "eve", "fay", "gus", "hal", "ida", "jo", "kim"];

/// Everything that a run consists of.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) hosts: Vec<Host>,
    pub(crate) oracle: Oracle,
    pub(crate) network: Network,
    pub(crate) dice: Dice,
    pub(crate) now: u64,
    pub(crate) counts: Counts,
    /// The suite of every card.
    pub(crate) suite: Suite,
    /// Messages that were handed to an application: session, epoch, number.
    pub(crate) delivered: BTreeSet<([u8; 16], u32, u32)>,
    generations: BTreeMap<(usize, [u8; 16]), (u64, Vec<u8>)>,
}

impl World {
    /// Three devices that have never met. The first has pinned the second, the second the third.
    pub(crate) fn new(seed: u64, suite: Suite) -> Result<Self, String> {
        let mut world = Self {
            hosts: Vec::new(),
            oracle: Oracle::default(),
            network: Network::default(),
            dice: Dice::new(seed),
            now: START,
            counts: Counts::default(),
            suite,
            delivered: BTreeSet::new(),
            generations: BTreeMap::new(),
        };
        NAMES.into_iter().try_for_each(|name| world.join(name))?;
        world.pin(0, 1);
        world.pin(1, 2);
        Ok(world)
    }

    /// One more device.
    pub(crate) fn join(&mut self, name: &'static str) -> Result<(), String> {
        let host = Host::new(name, START, self.suite, &mut self.dice)?;
        let key = hex::encode(host.key.as_bytes());
        self.oracle.suite = self.suite.number();
        self.oracle.models.push(Model { key, ..Model::default() });
        self.hosts.push(host);
        Ok(())
    }

    pub(crate) fn pin(&mut self, at: usize, peer: usize) {
        let card = self.hosts[peer].card;
        self.hosts[at].pin(card);
        self.oracle.models[at].pins.insert(peer);
    }

    pub(crate) fn key(&self, device: usize) -> IdentityKey {
        self.hosts[device].key
    }

    pub(crate) fn hybrid(&self) -> bool {
        self.suite == Suite::Hybrid
    }

    fn keys(&self) -> Vec<IdentityKey> {
        self.hosts.iter().map(|host| host.key).collect()
    }

    pub(crate) fn state(&mut self, at: usize) -> Vec<u8> {
        let (now, keys) = (self.now, self.keys());
        self.oracle.models[at].expire(now);
        self.hosts[at].state(now, &keys)
    }

    /// ENC-08, SESSION-29: a refusal leaves the state and draws nothing.
    pub(crate) fn unchanged(
        &mut self,
        at: usize,
        before: &[u8],
        error: &str,
    ) -> Result<(), String> {
        self.counts.add(&format!("refused {error}"));
        self.counts.add("states compared");
        if self.state(at) != before {
            return Err(format!(
                "{} refused as {error} and changed its state",
                self.hosts[at].name
            ));
        }
        self.draws(at, &[])
    }

    /// SESSION-29: the draws since the last operation.
    pub(crate) fn draws(&mut self, at: usize, expected: &[usize]) -> Result<(), String> {
        let found = self.hosts[at].draws.take();
        if found == expected {
            return Ok(());
        }
        Err(format!("{} drew {found:?} bytes, expected {expected:?}", self.hosts[at].name))
    }

    /// Chapter 8.2: the device has the sessions that the oracle expects.
    pub(crate) fn sessions(&mut self, at: usize) -> Result<(), String> {
        for peer in 0..self.hosts.len() {
            let key = self.key(peer);
            let (found, expected) = (self.hosts[at].sessions(&key), self.oracle.sessions(at, peer));
            if found != expected {
                let name = self.hosts[at].name;
                return Err(format!("{name} has the sessions {found:?}, expected {expected:?}"));
            }
            self.generations(at, &key)?;
        }
        Ok(())
    }

    /// SESSION-23: what changed has a greater generation.
    fn generations(&mut self, at: usize, peer: &IdentityKey) -> Result<(), String> {
        let sessions = self.hosts[at].device.sessions(peer).into_iter().flat_map(|it| it.iter());
        for session in sessions {
            let found = (session.generation(), session.snapshot().expose().to_vec());
            let before = self.generations.get(&(at, session.key().id));
            if before.is_some_and(|before| before.1 != found.1 && before.0 >= found.0) {
                return Err(format!("a commit left the generation at {}", found.0));
            }
            self.generations.insert((at, session.key().id), found);
        }
        Ok(())
    }

    /// Compares events with a prediction; an error that is null in it stands for any.
    pub(crate) fn events(
        &mut self,
        at: usize,
        found: &[Event],
        expected: &[Value],
    ) -> Result<(), String> {
        let found: Vec<Value> = found.iter().map(describe).collect();
        for event in &found {
            self.counts.add(&format!("event {}", event["event"].as_str().unwrap_or_default()));
        }
        let same = |(found, expected): (&Value, &Value)| {
            found == expected
                || (expected["error"].is_null()
                    && [found, expected].iter().all(|it| it["event"] == "refused"))
        };
        if found.len() == expected.len() && found.iter().zip(expected).all(same) {
            return Ok(());
        }
        let (found, expected) = (Value::from(found), Value::from(expected.to_vec()));
        Err(format!("{} reported {found}, expected {expected}", self.hosts[at].name))
    }

    /// Starts a handshake.
    pub(crate) fn connect(&mut self, at: usize, peer: usize) -> Result<bool, String> {
        let before = self.state(at);
        let (now, card) = (self.now, self.hosts[peer].card);
        let host = &mut self.hosts[at];
        let made = host.device.connect(&card, now, &mut host.draws);
        self.started(at, peer, made.map(Some), &before).map(|made| made.is_some())
    }

    /// Answers `unknown_session` with a handshake, at most once in 10 minutes.
    pub(crate) fn reconnect(&mut self, at: usize, peer: usize) -> Result<(), String> {
        let before = self.state(at);
        let (now, card) = (self.now, self.hosts[peer].card);
        let expected = self.oracle.models[at].book(peer).reconnects(now);
        let host = &mut self.hosts[at];
        let made = host.device.reconnect(&card, now, &mut host.draws);
        match (&made, expected) {
            (Ok(Some(_)), false) => {
                return Err(format!("{} reconnected within 10 minutes", host.name));
            }
            (Ok(None), true) => return Err(format!("{} did not reconnect", host.name)),
            (Ok(None), false) => return self.draws(at, &[]),
            _ => self.counts.add("reconnects"),
        }
        self.started(at, peer, made, &before).map(|_| ())
    }

    fn started(
        &mut self,
        at: usize,
        peer: usize,
        made: Result<Option<Vec<u8>>, quipu::Error>,
        before: &[u8],
    ) -> Result<Option<()>, String> {
        let now = self.now;
        let ts = self.oracle.models[at].book(peer).floor().map_or(now, |floor| now.max(floor + 1));
        match made {
            Err(error) if ts > now + 300_000 && error.name() == "window" => {
                self.unchanged(at, before, error.name())?;
                Ok(None)
            }
            Err(error) => {
                Err(format!("{} could not start a handshake: {error}", self.hosts[at].name))
            }
            Ok(None) => Ok(None),
            Ok(Some(init)) => {
                let draws: &[usize] = if self.hybrid() { &[32, 64] } else { &[32] };
                self.draws(at, draws)?;
                self.counts.add("sent init");
                self.oracle.models[at].starts.insert(init.clone(), now);
                self.oracle.facts.inits.insert(init.clone(), Init { from: at, to: peer, ts });
                self.network.post(Parcel { from: Some(at), to: peer, bytes: init });
                Ok(Some(()))
            }
        }
    }

    /// Does what time demands.
    pub(crate) fn due(&mut self, at: usize) -> Result<(), String> {
        let now = self.now;
        let due = self.hosts[at].device.due(now);
        self.oracle.models[at].expire(now);
        let mut order: Vec<usize> = (0..self.hosts.len()).collect();
        order.sort_by_key(|peer| self.key(*peer));
        let (mut events, mut packets) = (Vec::new(), Vec::new());
        for peer in order {
            let book = self.oracle.models[at].book(peer);
            events.extend(book.settle(now));
            packets.extend(book.repeats(now).into_iter().map(|packet| (peer, packet)));
        }
        self.events(at, &due.events, &events)?;
        let same = due.packets.len() == packets.len()
            && due
                .packets
                .iter()
                .zip(&packets)
                .all(|(it, (peer, packet))| it.0 == self.key(*peer) && it.1 == *packet);
        if !same {
            return Err(format!(
                "{} repeated {} Completes, expected {}",
                self.hosts[at].name,
                due.packets.len(),
                packets.len()
            ));
        }
        for (to, bytes) in packets {
            self.counts.add("sent complete again");
            self.network.post(Parcel { from: Some(at), to, bytes });
        }
        self.draws(at, &[])?;
        self.sessions(at)
    }
}
