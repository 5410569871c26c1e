//! A random walk: devices talk over a hostile network, then the network is calm and all must be well.

use super::network::Weather;
use super::side::CLOSE;
use super::world::World;

/// How often each thing is done in a step, in 1000; the rest is the network's.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Habits {
    pub(crate) send: usize,
    pub(crate) receipt: usize,
    pub(crate) connect: usize,
    pub(crate) close: usize,
    pub(crate) due: usize,
    pub(crate) restart: usize,
    pub(crate) restore: usize,
    pub(crate) jump: usize,
}

/// One walk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walk {
    pub(crate) weather: Weather,
    pub(crate) habits: Habits,
    pub(crate) steps: usize,
    /// Greatest jump of the clock, as an index into [`JUMPS`].
    pub(crate) jump: usize,
    /// The devices that talk: the first two, or all three.
    pub(crate) devices: usize,
}

/// How far the clock jumps, in milliseconds.
const JUMPS: [u64; 9] =
    [1_000, 2_000, 6_000, 18_000, 60_000, 300_001, 3_600_000, 86_400_000, 3 * 86_400_000];

impl World {
    /// Runs a walk and the calm after it. On failure the step is in the sentence.
    pub(crate) fn walk(&mut self, walk: &Walk) -> Result<(), String> {
        self.network.weather = walk.weather;
        self.connect(0, 1)?;
        if walk.devices == 3 {
            self.connect(1, 2)?;
            self.connect(2, 0)?;
        }
        for step in 0..walk.steps {
            self.step(walk).map_err(|text| format!("step {step}: {text}"))?;
        }
        self.calm(walk.devices).map_err(|text| format!("calm after {} steps: {text}", walk.steps))
    }

    fn step(&mut self, walk: &Walk) -> Result<(), String> {
        self.now += u64::try_from(self.dice.below(60)).unwrap_or(0);
        let at = self.dice.below(walk.devices);
        let peer = (at + 1 + self.dice.below(walk.devices - 1)) % walk.devices;
        let Habits { send, receipt, connect, close, due, restart, restore, jump } = walk.habits;
        let mut roll = self.dice.below(1000);
        let mut falls = |share: usize| {
            let falls = roll < share;
            roll = if falls { usize::MAX } else { roll - share };
            falls
        };
        if falls(send) {
            self.say(at, peer).map(|_| ())
        } else if falls(receipt) {
            self.receipt(at, peer)
        } else if falls(connect) {
            self.connect(at, peer).map(|_| ())
        } else if falls(close) {
            self.send(at, peer, CLOSE, &[]).map(|_| ())
        } else if falls(due) {
            self.due(at)
        } else if falls(restart) {
            let keep_cache = self.dice.chance(500);
            self.restart(at, keep_cache)
        } else if falls(restore) {
            self.restore(at, peer)
        } else if falls(jump) {
            self.now += JUMPS[self.dice.below(walk.jump + 1)];
            Ok(())
        } else {
            self.network_step()
        }
    }

    /// Sends something that no other message says.
    pub(crate) fn say(&mut self, at: usize, peer: usize) -> Result<bool, String> {
        let kind = if self.dice.chance(850) { 0x01 } else { 0x80 | self.dice.bytes(1)[0] };
        let length = match self.dice.below(100) {
            0 => 4_000 + self.dice.below(3_000),
            1 => 0,
            _ => self.dice.below(300),
        };
        let content = self.dice.bytes(length);
        self.send(at, peer, kind, &content)
    }

    /// The network does one thing; an unknown session is now and then answered with a handshake.
    pub(crate) fn network_step(&mut self) -> Result<(), String> {
        let (what, parcel) = self.network.next(self.hosts.len(), &mut self.dice);
        self.counts.add(&format!("network {what}"));
        let Some(parcel) = parcel else { return Ok(()) };
        let refused = self.receive(&parcel).map_err(|text| format!("{what}: {text}"))?;
        match (refused, parcel.from) {
            (Some("unknown_session"), Some(from)) if from != parcel.to && self.dice.chance(100) => {
                self.reconnect(parcel.to, from)
            }
            _ => Ok(()),
        }
    }

    /// Delivers everything that is under way, in order and unchanged.
    pub(crate) fn drain(&mut self) -> Result<(), String> {
        while let Some(parcel) = self.network.honest() {
            self.counts.add("network deliver");
            self.receive(&parcel)?;
        }
        Ok(())
    }

    /// An honest network and time: afterwards every pair talks in both directions.
    pub(crate) fn calm(&mut self, devices: usize) -> Result<(), String> {
        self.drain()?;
        for wait in [2_001, 6_001, 18_001, 60_001, 700_000] {
            self.now += wait;
            (0..devices).try_for_each(|at| self.due(at))?;
            self.drain()?;
        }
        for at in 0..devices {
            for peer in at + 1..devices {
                self.heal(at, peer)?;
            }
        }
        Ok(())
    }

    /// Lets two devices talk until both hear each other on one session; four attempts.
    fn heal(&mut self, at: usize, peer: usize) -> Result<(), String> {
        for _ in 0..4 {
            if self.hear(at, peer)?
                && self.hear(peer, at)?
                && self.hear(at, peer)?
                && self.agreed(at, peer)?
            {
                return Ok(());
            }
            self.now += 700_000;
            self.due(at)?;
            self.due(peer)?;
            self.drain()?;
        }
        let names = [self.hosts[at].name, self.hosts[peer].name];
        Err(format!("{} and {} cannot talk on an honest network", names[0], names[1]))
    }

    /// One message over an honest network; a device that cannot send or receive starts a handshake.
    fn hear(&mut self, at: usize, peer: usize) -> Result<bool, String> {
        if !self.say(at, peer)? {
            self.connect(at, peer)?;
            self.drain()?;
            return Ok(false);
        }
        let before = self.delivered.len();
        while let Some(parcel) = self.network.honest() {
            if self.receive(&parcel)? == Some("unknown_session") {
                self.reconnect(parcel.to, at)?;
            }
        }
        Ok(self.delivered.len() > before)
    }

    /// Both send on one session, derive one secret from it, and neither has anything unconfirmed above.
    fn agreed(&mut self, at: usize, peer: usize) -> Result<bool, String> {
        let now = self.now;
        let mut views = Vec::new();
        for (our, their) in [(at, peer), (peer, at)] {
            let key = self.key(their);
            let sessions = self.hosts[our].device.sessions(&key).ok_or("there are no sessions")?;
            let session = sessions.sending(now).ok_or("there is no session to send on")?;
            let secret =
                session.export(b"conformance", b"live", 32).map_err(|error| error.to_string())?;
            views.push((session.key(), secret.expose().to_vec()));
        }
        if views[0].0 != views[1].0 {
            return Ok(false);
        }
        if views[0].1 != views[1].1 {
            return Err("one session gives two secrets".to_owned());
        }
        self.counts.add("pairs agreed");
        Ok(true)
    }

    /// A new process on a device: handshakes under way are lost, sessions are not.
    pub(crate) fn restart(&mut self, at: usize, keep_cache: bool) -> Result<(), String> {
        self.state(at);
        let keys: Vec<_> = self.hosts.iter().map(|host| host.key).collect();
        self.hosts[at].restart(keep_cache, &keys)?;
        let model = &mut self.oracle.models[at];
        model.starts.clear();
        model.half_open.clear();
        if !keep_cache {
            model.cache.clear();
        }
        self.counts.add(if keep_cache { "restarts" } else { "restarts without replay cache" });
        self.sessions(at)
    }

    /// Stores and restores the sessions with a peer; refuses what is too old or damaged.
    pub(crate) fn restore(&mut self, at: usize, peer: usize) -> Result<(), String> {
        let (before, key) = (self.state(at), self.key(peer));
        let host = &mut self.hosts[at];
        let Some(stored) = host.device.snapshot(&key).map(|it| it.expose().to_vec()) else {
            return Ok(());
        };
        let sessions = host.device.sessions(&key).into_iter().flat_map(|it| it.iter());
        let generations: Vec<_> = sessions.map(|it| (it.key(), it.generation())).collect();
        let least = |more: u64| {
            let generations = generations.clone();
            move |key: &quipu::session::SessionKey| {
                generations.iter().find(|it| it.0 == *key).map_or(0, |it| it.1 + more)
            }
        };
        let now = host.device.restore(&key, &stored, least(0));
        now.map_err(|error| format!("restore of the present state: {error}"))?;
        let old = host.device.restore(&key, &stored, least(1)).err().map(|error| error.name());
        if !generations.is_empty() && old != Some("rollback") {
            return Err(format!("a snapshot that is too old was restored: {old:?}"));
        }
        let mut damaged = stored.clone();
        if self.dice.chance(300) {
            damaged.truncate(self.dice.below(stored.len()));
        } else {
            damaged[self.dice.below(stored.len())] ^= 1 << self.dice.below(8);
        }
        let wrong = damaged.first().is_some_and(|version| *version != stored[0]);
        let expected = if wrong { "snapshot_version" } else { "snapshot" };
        let damage = self.hosts[at].device.restore(&key, &damaged, |_| 0);
        if damage.map_err(quipu::StorageError::name) != Err(expected) {
            let length = damaged.len();
            return Err(format!("a damaged snapshot of {length} bytes gave {damage:?}"));
        }
        self.counts.add("restores");
        self.counts.add("states compared");
        if self.state(at) != before {
            return Err("restoring changed the state".to_owned());
        }
        self.sessions(at)
    }
}
