//! Stories: what a random walk would not reach.

use super::dice::Failing;
use super::network::Parcel;
use super::side::CLOSE;
use super::world::{CROWD, World};
use quipu::Kind;

impl World {
    /// Two devices with a confirmed session and a chain in each direction.
    fn meet(&mut self) -> Result<(), String> {
        self.connect(0, 1)?;
        self.drain()?;
        for (at, peer) in [(0, 1), (1, 0), (0, 1)] {
            self.say(at, peer)?;
            self.drain()?;
        }
        Ok(())
    }

    /// Sends many messages and takes them from the network.
    fn many(&mut self, at: usize, peer: usize, count: u32) -> Result<Vec<Parcel>, String> {
        let mut parcels = Vec::new();
        for number in 0..count {
            if !self.send(at, peer, 0x01, &number.to_be_bytes())? {
                return Err(format!("message {number} of {count} could not be sent"));
            }
            parcels.extend(self.network.honest());
        }
        Ok(parcels)
    }

    fn shuffle(&mut self, parcels: &mut [Parcel]) {
        for end in (1..parcels.len()).rev() {
            parcels.swap(end, self.dice.below(end + 1));
        }
    }

    fn refused(&mut self, parcel: &Parcel, expected: &str) -> Result<(), String> {
        match self.receive(parcel)? {
            Some(error) if error == expected => Ok(()),
            other => Err(format!("expected {expected}, found {other:?}")),
        }
    }
}

/// A loss of 3,000 messages, then all of them in any order.
pub(super) fn burst(world: &mut World) -> Result<(), String> {
    world.meet()?;
    let mut parcels = world.many(0, 1, 3_000)?;
    let last = parcels.pop().ok_or("nothing was sent")?;
    world.receive(&last)?;
    world.receipt(1, 0)?;
    world.drain()?;
    world.refused(&parcels[10], "expired")?;
    world.shuffle(&mut parcels);
    let (first, second) = parcels.split_at(1_500);
    first.iter().try_for_each(|parcel| world.receive(parcel).map(|_| ()))?;
    world.receipt(1, 0)?;
    world.say(1, 0)?;
    world.drain()?;
    world.say(0, 1)?;
    world.drain()?;
    second.iter().try_for_each(|parcel| world.receive(parcel).map(|_| ()))?;
    world.refused(&last, "expired")?;
    let recent = world.many(0, 1, 1_001)?;
    recent.iter().try_for_each(|parcel| world.receive(parcel).map(|_| ()))?;
    world.refused(&recent[0], "expired")?;
    world.refused(&recent[1], "duplicate")?;
    world.calm(2)
}

/// A chain comes to its end; an answer begins a new one.
pub(super) fn chain_end(world: &mut World) -> Result<(), String> {
    world.meet()?;
    world.say(1, 0)?;
    world.drain()?;
    let parcels = world.many(0, 1, 10_000)?;
    if world.say(0, 1)? {
        return Err("message 10,000 of a chain was sent".to_owned());
    }
    let last = parcels.last().ok_or("nothing was sent")?;
    world.receive(last)?;
    world.refused(last, "duplicate")?;
    world.refused(&parcels[1], "expired")?;
    world.receive(&parcels[9_998])?;
    world.say(1, 0)?;
    world.drain()?;
    world.calm(2)
}

/// The random source fails at each draw of each operation: nothing goes out, nothing changes.
pub(super) fn no_random(world: &mut World) -> Result<(), String> {
    world.meet()?;
    world.connect(1, 0)?;
    let init = world.network.honest().ok_or("no Init")?;
    // The last message went from 0 to 1: 0 is in Ready and draws a salt, 1 in Pending and steps first.
    for (at, peer, draws) in [(0, 1, [1, 1, 1, 2]), (1, 0, [2, 2, 1, 0])] {
        let (key, card, now) = (world.key(peer), world.hosts[peer].card, world.now);
        for (what, count) in draws.into_iter().enumerate() {
            for left in 0..count {
                let (before, source) = (world.state(at), &mut Failing::after(left));
                let device = &mut world.hosts[at].device;
                let made = match what {
                    0 => device.send(&key, Kind::DATA, b"text", now, source).map(|_| ()),
                    1 => device.close(&key, now, source).map(|_| ()),
                    2 => device.connect(&card, now, source).map(|_| ()),
                    _ => device.receive(None, &init.bytes, now, source).map(|_| ()),
                };
                match made {
                    Err(error) if error.name() == "random" => {
                        world.unchanged(at, &before, "random")?;
                    }
                    other => return Err(format!("operation {what}, {left} draws: {other:?}")),
                }
            }
        }
    }
    world.receive(&init)?;
    world.calm(2)
}

/// One device asks for more handshakes than it may.
pub(super) fn flood(world: &mut World) -> Result<(), String> {
    let mut opened = 0;
    for round in 0..3 {
        for _ in 0..40 {
            world.now += 1;
            world.connect(0, 1)?;
            let Some(init) = world.network.honest() else { continue };
            match world.receive(&init)? {
                None => opened += 1,
                Some("busy") => {}
                Some(other) => return Err(format!("an Init was refused as {other}")),
            }
            while world.network.honest().is_some() {}
        }
        let expected = [32, 64, 64][round];
        if opened != expected {
            return Err(format!("{opened} handshakes were opened, expected {expected}"));
        }
        // Someone else is not affected.
        if round == 0 {
            world.connect(2, 1)?;
            world.drain()?;
        }
        world.now += 60_000;
    }
    world.now += 300_001;
    world.calm(2)
}

/// Two handshakes in one millisecond, then clocks that go back: `ts_I` grows all the same, until it
/// would be too far ahead.
pub(super) fn clock_back(world: &mut World) -> Result<(), String> {
    world.meet()?;
    world.meet()?;
    world.now -= 200_000;
    world.meet()?;
    world.now -= 100_000;
    if world.connect(0, 1)? {
        return Err("a handshake began more than 5 minutes ahead of the clock".to_owned());
    }
    world.now += 100_000;
    world.calm(2)
}

/// Strangers fill half of the table of half-open handshakes, contacts the rest, and nobody more.
pub(super) fn crowd(world: &mut World) -> Result<(), String> {
    CROWD.into_iter().try_for_each(|name| world.join(name))?;
    let (contacts, strangers) = ([2, 3, 4, 5], [0, 6, 7, 8]);
    contacts[1..].iter().for_each(|peer| world.pin(1, *peer));
    for from in strangers.into_iter().chain(contacts) {
        for _ in 0..32 {
            world.connect(from, 1)?;
            let init = world.network.honest().ok_or("nothing was sent")?;
            if let Some(error) = world.receive(&init)? {
                return Err(format!("a handshake with room left was refused as {error}"));
            }
            world.network.honest();
        }
        if [8, 5].contains(&from) {
            world.connect(9, 1)?;
            let init = world.network.honest().ok_or("nothing was sent")?;
            world.refused(&init, "busy")?;
        }
    }
    // Before any public-key operation: what does not even open is refused as busy too.
    world.connect(9, 1)?;
    let mut init = world.network.honest().ok_or("nothing was sent")?;
    init.bytes[400] ^= 1;
    world.refused(&init, "busy")?;
    world.now += 60_000;
    world.calm(2)
}

/// A copy of a device's state is alive: the peer notices, and a caller that counts refuses it.
pub(super) fn clone(world: &mut World) -> Result<(), String> {
    for pending in [false, true] {
        let mut fresh = World::new(world.dice.next(), world.suite)?;
        fresh.meet()?;
        if pending {
            fresh.say(1, 0)?;
            fresh.drain()?;
        }
        twice(&mut fresh, pending)?;
        world.counts.merge(fresh.counts);
    }
    Ok(())
}

/// Restores a snapshot from before a message that has arrived, and sends again. A copy that was in
/// Pending draws another ratchet key, so that its second message is under a number not yet used.
fn twice(world: &mut World, pending: bool) -> Result<(), String> {
    let bob = world.key(1);
    let stored = world.hosts[0].device.snapshot(&bob).ok_or("there is no snapshot")?;
    world.say(0, 1)?;
    world.drain()?;
    let sessions = world.hosts[0].device.sessions(&bob).into_iter().flat_map(|it| it.iter());
    let least = sessions.map(quipu::session::Session::generation).max().unwrap_or(0);
    let host = &mut world.hosts[0];
    let late = host.device.restore(&bob, stored.expose(), |_| least);
    if late.map_err(quipu::StorageError::name) != Err("rollback") {
        return Err(format!("a snapshot before generation {least} gave {late:?}"));
    }
    let copy = host.device.restore(&bob, stored.expose(), |_| 0);
    copy.map_err(|error| error.to_string())?;
    for _ in 0..if pending { 2 } else { 1 } {
        cloned(world, "clone_suspected")?;
    }
    Ok(())
}

/// A device closes; a copy from before the close sends two messages.
pub(super) fn after_close(world: &mut World) -> Result<(), String> {
    world.meet()?;
    let (ada, bob) = (world.key(0), world.key(1));
    let closed = |world: &World| {
        let sessions = world.hosts[1].device.sessions(&ada).into_iter().flat_map(|it| it.iter());
        sessions.filter(|session| session.peer_closed()).count()
    };
    let stored = world.hosts[0].device.snapshot(&bob).ok_or("there is no snapshot")?;
    world.send(0, 1, CLOSE, &[])?;
    if closed(world) != 0 {
        return Err("a session was closed by a close that has not arrived".to_owned());
    }
    world.drain()?;
    if closed(world) != 1 {
        return Err("an accepted close did not close its session".to_owned());
    }
    let copy = world.hosts[0].device.restore(&bob, stored.expose(), |_| 0);
    copy.map_err(|error| error.to_string())?;
    cloned(world, "clone_suspected")?;
    cloned(world, "after_close")
}

/// The first device is a copy: what it sends is refused.
fn cloned(world: &mut World, expected: &str) -> Result<(), String> {
    let (now, ada, bob, before) = (world.now, world.key(0), world.key(1), world.state(1));
    let host = &mut world.hosts[0];
    let message = host.device.send(&bob, Kind::DATA, b"the copy", now, &mut host.draws);
    let packet = message.map_err(|error| error.to_string())?.packet;
    let peer = &mut world.hosts[1];
    match peer.device.receive(Some(&ada), &packet, now, &mut peer.draws) {
        Err(error) if error.name() == expected => world.unchanged(1, &before, expected),
        Err(error) => Err(format!("a copy was refused as {error}, expected {expected}")),
        Ok(_) => Err(format!("ACCEPTED: a message of a copy, expected {expected}")),
    }
}

/// A superseded session lasts 7 days; then its Complete and its messages are unknown.
pub(super) fn outlived(world: &mut World) -> Result<(), String> {
    world.connect(0, 1)?;
    let mut parcels = Vec::new();
    while let Some(parcel) = world.network.honest() {
        world.receive(&parcel)?;
        parcels.push(parcel);
    }
    let [_, _, complete, _] = &parcels[..] else {
        return Err(format!("a handshake took {} packets, expected 4", parcels.len()));
    };
    world.say(0, 1)?;
    let late = world.network.honest().ok_or("nothing was sent")?;
    world.now += 1;
    world.meet()?;
    world.say(0, 1)?;
    world.drain()?;
    world.now += 7 * 86_400_000 - 1;
    if let Some(error) = world.receive(complete)? {
        return Err(format!("a Complete within 7 days was refused as {error}"));
    }
    world.drain()?;
    world.now += 1;
    world.refused(complete, "unknown_handshake")?;
    world.refused(&late, "unknown_session")?;
    world.calm(2)
}

/// `unknown_session` is answered with a handshake at most once in 10 minutes, and heals.
pub(super) fn forgotten(world: &mut World) -> Result<(), String> {
    world.meet()?;
    let ada = world.key(0);
    world.hosts[1].device.forget(&ada);
    world.oracle.models[1].books.remove(&0);
    for (wait, starts) in [(0, true), (599_999, false), (1, true)] {
        world.now += wait;
        world.say(0, 1)?;
        let parcel = world.network.honest().ok_or("nothing was sent")?;
        world.refused(&parcel, "unknown_session")?;
        world.reconnect(1, 0)?;
        let started = world.network.honest().is_some();
        if started != starts {
            return Err(format!("after {wait} ms: handshake {started}, expected {starts}"));
        }
    }
    world.calm(2)?;
    expired(world)
}

/// A handshake that is refused is no handshake: the next one need not wait.
fn expired(world: &mut World) -> Result<(), String> {
    let late = world.now + 20 * 365 * 86_400_000;
    world.now = late;
    let (before, card) = (world.state(1), world.hosts[2].card);
    let host = &mut world.hosts[1];
    match host.device.reconnect(&card, late, &mut host.draws) {
        Err(error) if error.name() == "time" => world.unchanged(1, &before, "time"),
        other => Err(format!("a handshake towards an expired card gave {other:?}, expected time")),
    }
}
