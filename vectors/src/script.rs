//! Chapter 12.4 and 12.5: scripts, done by the reference.

use crate::draws::Draws;
use crate::file::{Object, Test};
use crate::filled;
use crate::perform::{Fields, Stop, broken, object, plain_content, start_session, unhex};
use crate::slots::Slots;
use crate::trace;
use quipu::crypto::kdf::sha256;
use quipu::crypto::sign::IdentityKey;
use quipu::handshake::{Psk, RatchetStart, ReplayCache};
use quipu::keys::Card;
use quipu::message::Kind;
use quipu::prekeys::Bundle;
use quipu::ratchet::Gap;
use quipu::secret::Secret;
use quipu::session::{Plaintext, Role, Session};
use quipu::wire::Suite;
use quipu::{Address, Device, DeviceId, Event};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub use crate::perform::plain_content as content;

/// The fields of a step that are results, not arguments.
const RESULTS: [&str; 13] = [
    "records", "message", "digest", "epoch", "n", "gap", "type", "content", "okm", "packet",
    "events", "replies", "packets",
];

/// Runs a script against the reference.
///
/// # Errors
/// The step that differs, as a sentence.
pub fn check(operation: &str, test: &Test) -> Result<(), String> {
    let setup = test.setup.as_ref().ok_or("setup is missing")?;
    let steps = test.steps.as_ref().ok_or("steps are missing")?;
    let mut player = Player::new(operation, setup).map_err(|stop| format!("setup: {stop:?}"))?;
    for (index, step) in steps.iter().enumerate() {
        let found = player.play(step, None).map_err(|text| format!("step {index}: {text}"))?;
        if found != *step {
            let (found, step) = (Value::Object(found), Value::Object(step.clone()));
            return Err(format!("step {index}: {found}, expected {step}"));
        }
    }
    Ok(())
}

/// Plays the steps of a script one by one; the generator lets it fill in the results.
#[derive(Debug)]
pub enum Player {
    /// Chapter 12.4.
    Session(Box<SessionPlayer>),
    /// Chapter 12.5.
    Device(Box<DevicePlayer>),
}

impl Player {
    /// Prepares a script.
    ///
    /// # Errors
    /// A malformed setup.
    pub fn new(operation: &str, setup: &Object) -> Result<Self, Stop> {
        match operation {
            "session" => Ok(Self::Session(Box::new(SessionPlayer {
                initiator: session_of(setup, true)?,
                responder: session_of(setup, false)?,
                saved: BTreeMap::new(),
            }))),
            "device" => DevicePlayer::new(setup).map(|player| Self::Device(Box::new(player))),
            _ => Err(broken(format!("operation {operation} has no scripts"))),
        }
    }

    /// Does a step and nothing else: its results, and the draws that were made.
    ///
    /// # Errors
    /// A refusal, a malformed step, or draws that do not fit.
    pub fn act(&mut self, step: &Object) -> (Result<Object, Stop>, Vec<usize>) {
        let get = Fields(step);
        let listed = |list: &Vec<Value>| {
            let draws = list.iter().map(|text| unhex(text.as_str().unwrap_or_default()));
            draws.collect::<Result<Vec<_>, _>>().map(Draws::listed)
        };
        let draws = match step.get("random") {
            Some(Value::Array(list)) => listed(list),
            _ if get.has("seed") => get.array("seed").map(Draws::seeded),
            _ => Ok(Draws::listed(Vec::new())),
        };
        let mut draws = match draws {
            Ok(draws) => draws,
            Err(stop) => return (Err(stop), Vec::new()),
        };
        let outcome = match self {
            Self::Session(player) => player.play(&get, &mut draws),
            Self::Device(player) => player.play(&get, &mut draws),
        };
        let drew = draws.made().iter().map(Vec::len).collect();
        match draws.finish(outcome.is_err()) {
            Ok(()) => (outcome, drew),
            Err(text) => (Err(Stop::Broken(text)), drew),
        }
    }

    /// A field that a step of an adapter (13.2) does not have.
    pub fn unknown_field<'a>(&self, step: &'a Object) -> Option<&'a str> {
        let device = matches!(self, Self::Device(_));
        let known = known(device, step)?;
        let all = |name: &str| {
            ["as", "do", "random", "seed"].contains(&name)
                || (device && name == "now")
                || known.contains(&name)
        };
        step.keys().map(String::as_str).find(|name| !all(name))
    }

    /// A digest of everything that a side or device would store at a time.
    ///
    /// # Errors
    /// A malformed request.
    pub fn digest(&mut self, request: &Object) -> Result<[u8; 32], Stop> {
        let get = Fields(request);
        let state = match self {
            Self::Session(player) => player.side(&get)?.snapshot().expose().to_vec(),
            Self::Device(player) => player.state(&get, get.u64("now")?)?,
        };
        Ok(sha256(&[&state]))
    }

    /// Plays a step: returns it with the results that the reference gives, `error` included.
    /// With a `seed`, a step without draws gets them from it, and they are listed.
    ///
    /// # Errors
    /// A malformed step, wrong draws, or a refusal that changed state.
    pub fn play(&mut self, step: &Object, seed: Option<[u8; 32]>) -> Result<Object, String> {
        let get = Fields(step);
        let recording = seed.filter(|_| !get.has("random") && !get.has("seed"));
        let mut draws = match step.get("random") {
            Some(Value::Array(list)) => Draws::listed(
                list.iter()
                    .map(|text| unhex(text.as_str().unwrap_or_default()))
                    .collect::<Result<_, _>>()
                    .map_err(|stop| format!("{stop:?}"))?,
            ),
            _ if get.has("seed") => {
                Draws::seeded(get.array("seed").map_err(|stop| format!("{stop:?}"))?)
            }
            _ => recording.map_or_else(|| Draws::listed(Vec::new()), Draws::seeded),
        };
        let outcome = match self {
            Self::Session(player) => player.play(&get, &mut draws),
            Self::Device(player) => player.play(&get, &mut draws),
        };
        draws.finish(outcome.is_err())?;
        let mut step = step.clone();
        match outcome {
            Ok(mut results) => {
                results.remove("messages");
                step.remove("error");
                let given = step.clone();
                step.retain(|name, _| {
                    !RESULTS.contains(&name.as_str()) || is_argument(&given, name)
                });
                step.extend(results);
            }
            Err(Stop::Refused(name)) => {
                let given = step.clone();
                step.retain(|field, _| {
                    !RESULTS.contains(&field.as_str()) || is_argument(&given, field)
                });
                step.remove("save");
                step.insert("error".to_owned(), name.into());
            }
            Err(Stop::Broken(text) | Stop::Unknown(text)) => return Err(text),
        }
        if recording.is_some() && !draws.made().is_empty() {
            step.insert("random".to_owned(), draws.made().iter().map(hex::encode).collect());
        }
        Ok(step)
    }
}

/// The arguments of a step beside `as`, `do`, `now` and its draws, as chapters 12.4 and 12.5 list
/// them; `None` for a step that is not known.
fn known(device: bool, step: &Object) -> Option<&'static [&'static str]> {
    Some(match (device, step.get("do").and_then(Value::as_str)?) {
        (false, "send") => &["type", "content"],
        (false, "send-many") => &["count"],
        (false, "receive") => &["message"],
        (false, "receipt" | "close" | "restore") | (true, "due") => &[],
        (false, "export") => &["label", "context", "length"],
        (true, "pin") => &["address", "device", "ik"],
        (true, "card" | "initiate") => &["card"],
        (true, "receive") => &["from", "packet"],
        (true, "send") => &["to", "type", "content"],
        (true, "close") => &["to"],
        (true, "psk") => &["psk", "peer"],
        (true, "least") => &["peer", "suite"],
        (true, "prekeys") => &["one_time"],
        (true, "prepare") => &["bundle"],
        (true, "manifest") => &["manifests", "replace"],
        (true, "send-all") => &["address", "type", "content"],
        (true, "receipt") => &["to", "session"],
        (true, "restart") => &["cache", "filled"],
        (true, "store") => &["of", "slot"],
        (true, "restore") => &["slot", "damage", "counter"],
        _ => return None,
    })
}

/// A step without its results and without the names under which packets are saved.
pub fn arguments(step: &Object) -> Object {
    let mut arguments = step.clone();
    arguments.retain(|name, _| {
        let saved = ["save", "saved", "index", "error"].contains(&name.as_str());
        !saved && (!RESULTS.contains(&name.as_str()) || is_argument(step, name))
    });
    arguments
}

/// The results of a step.
pub fn results(step: &Object) -> Object {
    let mut results = step.clone();
    results.retain(|name, _| RESULTS.contains(&name.as_str()) && !is_argument(step, name));
    results
}

/// Some names are an argument of one step and a result of another.
fn is_argument(step: &Object, name: &str) -> bool {
    match step.get("do").and_then(Value::as_str) {
        Some("send" | "send-all") => matches!(name, "type" | "content"),
        Some("receive") => matches!(name, "message" | "packet"),
        _ => false,
    }
}

/// One side of the session of a setup.
///
/// # Errors
/// A malformed setup.
pub fn session_of(setup: &Object, initiator: bool) -> Result<Session, Stop> {
    let get = Fields(setup);
    let (ra, rb) = if get.has("ra_private") {
        (trace::pair(&get.array("ra_private")?), trace::pair(&get.array("rb_private")?))
    } else {
        (trace::pair(&[1; 32]), trace::pair(&[2; 32]))
    };
    let ratchet = if initiator {
        let (theirs, shared) = (rb.public(), ra.agree(&rb.public())?);
        RatchetStart::Initiator { ours: ra, theirs, shared }
    } else {
        let shared = rb.agree(&ra.public())?;
        RatchetStart::Responder { ours: rb.public(), theirs: ra.public(), shared }
    };
    start_session(&get, initiator, ratchet)
}

/// A pin of a test.
///
/// # Errors
/// A malformed pin.
pub fn pin(value: &Value) -> Result<(Address, DeviceId, IdentityKey), Stop> {
    let get = value.as_object().ok_or_else(|| broken("a pin is not an object"))?;
    let get = Fields(get);
    let address = Address::new(&get.bytes("address")?)?;
    Ok((address, DeviceId(get.u32("device")?), IdentityKey::new(get.array("ik")?)))
}

/// Both sides of one session.
#[derive(Debug)]
pub struct SessionPlayer {
    initiator: Session,
    responder: Session,
    saved: BTreeMap<String, Vec<Vec<u8>>>,
}

impl SessionPlayer {
    fn side(&mut self, get: &Fields<'_>) -> Result<&mut Session, Stop> {
        match get.text("as")? {
            "initiator" => Ok(&mut self.initiator),
            "responder" => Ok(&mut self.responder),
            other => Err(broken(format!("as {other:?}"))),
        }
    }

    //= spec/12-vectors.md#12-2-a-test
    //# [VEC-04] After a refusal a reader MUST compare its state with the state before the call,
    //# byte for byte, and fail the test when they differ.
    fn play(&mut self, get: &Fields<'_>, draws: &mut Draws) -> Result<Object, Stop> {
        let before = self.side(get)?.snapshot();
        let outcome = self.step(get, draws);
        if matches!(outcome, Err(Stop::Refused(_)))
            && self.side(get)?.snapshot().expose() != before.expose()
        {
            return Err(broken("a refusal changed the state"));
        }
        outcome
    }

    fn step(&mut self, get: &Fields<'_>, draws: &mut Draws) -> Result<Object, Stop> {
        match get.text("do")? {
            "send" => {
                let (kind, content) = (kind(get)?, get.bytes("content")?);
                let message = self.side(get)?.send(kind, &content, draws)?;
                self.keep(get, message)
            }
            "send-many" => {
                let mut all = Vec::new();
                for number in 0..get.u32("count")? {
                    all.push(self.side(get)?.send(Kind::DATA, &number.to_be_bytes(), draws)?);
                }
                let parts: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
                let digest = hex::encode(sha256(&parts));
                let messages: Vec<String> = all.iter().map(hex::encode).collect();
                if get.has("save") {
                    self.saved.insert(get.text("save")?.to_owned(), all);
                }
                Ok(object(json!({ "digest": digest, "messages": messages })))
            }
            "receive" => {
                let message = self.message(get)?;
                let side = self.side(get)?;
                let (advance, plaintext) = side.open(&message)?;
                side.commit(advance, 0);
                Ok(opened(&plaintext))
            }
            "receipt" => match self.side(get)?.receipt(draws)? {
                Some(message) => self.keep(get, message),
                None => Ok(Object::new()),
            },
            "close" => {
                let message = self.side(get)?.close(draws)?;
                self.keep(get, message)
            }
            "export" => {
                let (label, context) = (get.text("label")?, get.bytes("context")?);
                let okm =
                    self.side(get)?.export(label.as_bytes(), &context, get.usize("length")?)?;
                Ok(object(json!({ "okm": hex::encode(okm.expose()) })))
            }
            "restore" => {
                let side = self.side(get)?;
                let snapshot = side.snapshot();
                *side = Session::restore(snapshot.expose(), side.generation())?;
                if side.snapshot().expose() != snapshot.expose() {
                    return Err(broken("a restored session has another snapshot"));
                }
                Ok(Object::new())
            }
            other => Err(Stop::Unknown(format!("do {other:?}"))),
        }
    }

    fn keep(&mut self, get: &Fields<'_>, message: Vec<u8>) -> Result<Object, Stop> {
        let result = object(json!({ "message": hex::encode(&message) }));
        if get.has("save") {
            self.saved.insert(get.text("save")?.to_owned(), vec![message]);
        }
        Ok(result)
    }

    fn message(&self, get: &Fields<'_>) -> Result<Vec<u8>, Stop> {
        if get.has("message") {
            return get.bytes("message");
        }
        let index = if get.has("index") { get.usize("index")? } else { 0 };
        let name = get.text("saved")?;
        let found = self.saved.get(name).and_then(|list| list.get(index));
        found.cloned().ok_or_else(|| broken(format!("nothing saved as {name}[{index}]")))
    }
}

fn kind(get: &Fields<'_>) -> Result<Kind, Stop> {
    match get.byte("type")? {
        0x01 => Ok(Kind::DATA),
        kind @ 0x80.. => Ok(Kind::application(kind)),
        other => Err(broken(format!("type {other} is not the application's"))),
    }
}

fn opened(plaintext: &Plaintext) -> Object {
    let gap: Vec<Value> = plaintext
        .gap
        .iter()
        .map(|Gap { epoch, first, count }| json!([epoch, first, count]))
        .collect();
    let (kind, bytes) = plain_content(&plaintext.content);
    object(json!({
        "epoch": plaintext.epoch,
        "n": plaintext.number,
        "gap": gap,
        "type": kind,
        "content": hex::encode(bytes),
    }))
}

/// Several devices.
#[derive(Debug)]
pub struct DevicePlayer {
    devices: BTreeMap<String, Owned>,
    peers: BTreeMap<String, IdentityKey>,
    saved: BTreeMap<String, Vec<u8>>,
}

#[derive(Debug)]
struct Owned {
    device: Device,
    secrets: ([u8; 32], [u8; 32]),
    cards: Vec<Card>,
    slots: Slots,
}

impl DevicePlayer {
    fn new(setup: &Object) -> Result<Self, Stop> {
        let mut devices = BTreeMap::new();
        for entry in Fields(setup).list("devices")? {
            let get = Fields(entry.as_object().ok_or_else(|| broken("a device is not an object"))?);
            let cards = vec![Card::verify(&get.bytes("card")?)?];
            let secrets = (get.array("ik_seed")?, get.array("idk_private")?);
            let device = Device::with_cards(get.identity()?, cards.clone(), ReplayCache::default());
            let owned = Owned { device, secrets, cards, slots: Slots::default() };
            devices.insert(get.text("name")?.to_owned(), owned);
        }
        let mut peers = BTreeMap::new();
        if setup.contains_key("peers") {
            for entry in Fields(setup).list("peers")? {
                let get = entry.as_object().ok_or_else(|| broken("a peer is not an object"))?;
                let get = Fields(get);
                peers.insert(get.text("name")?.to_owned(), IdentityKey::new(get.array("ik")?));
            }
        }
        Ok(Self { devices, peers, saved: BTreeMap::new() })
    }

    /// Every device and peer by its name.
    fn keys(&self) -> Vec<(&String, IdentityKey)> {
        let devices = self.devices.iter().map(|(name, owned)| (name, owned.device.key()));
        devices.chain(self.peers.iter().map(|(name, key)| (name, *key))).collect()
    }

    fn key_of(&self, name: &str) -> Result<IdentityKey, Stop> {
        let found = self.keys().into_iter().find(|(known, _)| *known == name);
        found.map(|(_, key)| key).ok_or_else(|| broken(format!("no device {name}")))
    }

    fn name_of(&self, key: &IdentityKey) -> String {
        let found = self.keys().into_iter().find(|(_, known)| known == key);
        found.map_or_else(|| hex::encode(key.as_bytes()), |(name, _)| name.clone())
    }

    fn state(&mut self, get: &Fields<'_>, now: u64) -> Result<Vec<u8>, Stop> {
        let keys: Vec<IdentityKey> = self.keys().into_iter().map(|(_, key)| key).collect();
        let device = &mut self.owned(get)?.device;
        device.expire(now);
        let mut state = device.replay_cache().snapshot();
        state.extend_from_slice(device.prekeys().snapshot().expose());
        state.extend(format!("{:?}", device.contacts()).into_bytes());
        state.extend(device.handshakes().map(|id| id.to_vec()).collect::<Vec<_>>().concat());
        for key in keys {
            if let Some(snapshot) = device.snapshot(&key) {
                state.extend_from_slice(snapshot.expose());
            }
        }
        Ok(state)
    }

    fn owned(&mut self, get: &Fields<'_>) -> Result<&mut Owned, Stop> {
        let name = get.text("as")?;
        self.devices.get_mut(name).ok_or_else(|| broken(format!("no device {name}")))
    }

    fn play(&mut self, get: &Fields<'_>, draws: &mut Draws) -> Result<Object, Stop> {
        let now = get.u64("now")?;
        let before = self.state(get, now)?;
        let outcome = self.step(get, now, draws);
        if matches!(outcome, Err(Stop::Refused(_))) && self.state(get, now)? != before {
            return Err(broken("a refusal changed the state"));
        }
        outcome
    }

    fn step(&mut self, get: &Fields<'_>, now: u64, draws: &mut Draws) -> Result<Object, Stop> {
        match get.text("do")? {
            "pin" => {
                let (address, device, key) = pin(&Value::Object(get.0.clone()))?;
                let owned = self.owned(get)?;
                owned.device.pin(address, device, key);
                Ok(Object::new())
            }
            "card" => {
                let card = Card::verify(&get.bytes("card")?)?;
                let owned = self.owned(get)?;
                owned.device.issue_card(*card.fields(), now)?;
                if owned.device.card().map(Card::as_bytes) != Some(card.as_bytes()) {
                    return Err(broken("the reference issued another card"));
                }
                owned.cards.push(card);
                Ok(Object::new())
            }
            "initiate" => {
                let card = Card::verify(&get.bytes("card")?)?;
                let packet = self.owned(get)?.device.connect(&card, now, draws)?;
                self.keep(get, packet, None)
            }
            "receive" => self.receive(get, now, draws),
            "send" => {
                let to = self.key_of(get.text("to")?)?;
                let content = get.bytes("content")?;
                let device = &mut self.owned(get)?.device;
                let sent = if get.byte("type")? == 0x04 {
                    device.announce(&to, split(&content)?, now, draws)?
                } else {
                    device.send(&to, kind(get)?, &content, now, draws)?
                };
                self.keep(get, sent.packet, Some(&sent.events))
            }
            "send-all" => self.send_all(get, now, draws),
            "psk" => {
                let psk = Psk::new(Secret::new(get.array("psk")?))?;
                let contacts = self.owned(get)?.device.contacts_mut();
                let id = contacts.add_psk(psk);
                if get.has("peer") {
                    contacts.expect_psk(IdentityKey::new(get.array("peer")?), Some(id))?;
                }
                Ok(Object::new())
            }
            "least" => {
                let suite = get.suite("suite")?.ok_or_else(|| broken("suite is missing"))?;
                let peer = IdentityKey::new(get.array("peer")?);
                self.owned(get)?.device.contacts_mut().set_least(peer, suite);
                Ok(Object::new())
            }
            "prekeys" => {
                let count = get.usize("one_time")?;
                let records = self.owned(get)?.device.publish(count, now, draws)?;
                let records: Vec<String> = records.iter().map(hex::encode).collect();
                Ok(object(json!({ "records": records })))
            }
            "prepare" => {
                let bundle = Bundle::verify(&get.bytes("bundle")?)?;
                let events = self.owned(get)?.device.prepare(&bundle, now, draws)?;
                let events: Vec<Value> = events.iter().map(event).collect();
                Ok(object(json!({ "events": events })))
            }
            "manifest" => {
                let manifests = get
                    .list("manifests")?
                    .iter()
                    .map(|text| unhex(text.as_str().unwrap_or_default()))
                    .collect::<Result<Vec<_>, _>>()?;
                let replace = get.0.get("replace").and_then(Value::as_bool).unwrap_or_default();
                let list = manifests.iter().map(Vec::as_slice);
                let events = self.owned(get)?.device.learn(list, replace);
                let events: Vec<Value> = events.iter().map(event).collect();
                Ok(object(json!({ "events": events })))
            }
            "close" => {
                let to = self.key_of(get.text("to")?)?;
                let sent = self.owned(get)?.device.close(&to, now, draws)?;
                self.keep(get, sent.packet, Some(&sent.events))
            }
            "receipt" => {
                let (to, session) = (self.key_of(get.text("to")?)?, get.array("session")?);
                match self.owned(get)?.device.receipt(&to, &session, now, draws)? {
                    Some(packet) => self.keep(get, packet, None),
                    None => Ok(Object::new()),
                }
            }
            "due" => {
                let due = self.owned(get)?.device.due(now);
                let packets: Vec<Value> = due
                    .packets
                    .iter()
                    .map(|(to, packet)| json!([self.name_of(to), hex::encode(packet)]))
                    .collect();
                let events: Vec<Value> = due.events.iter().map(event).collect();
                Ok(object(json!({ "events": events, "packets": packets })))
            }
            "restart" => self.restart(get, now),
            "store" => {
                let of = if get.has("of") { Some(self.key_of(get.text("of")?)?) } else { None };
                let Owned { device, slots, .. } = self.owned(get)?;
                slots.store(get.text("slot")?, device, of).map(|()| Object::new())
            }
            "restore" => {
                let damage = get.has("damage").then(|| get.text("damage")).transpose()?;
                let counter = get.0.get("counter").and_then(Value::as_bool).unwrap_or_default();
                let Owned { device, slots, .. } = self.owned(get)?;
                slots.restore(get.text("slot")?, device, damage, counter).map(|()| Object::new())
            }
            other => Err(Stop::Unknown(format!("do {other:?}"))),
        }
    }

    fn receive(&mut self, get: &Fields<'_>, now: u64, draws: &mut Draws) -> Result<Object, Stop> {
        let from = if get.has("from") { Some(self.key_of(get.text("from")?)?) } else { None };
        let packet = if get.has("packet") {
            get.bytes("packet")?
        } else {
            let name = get.text("saved")?;
            let saved = self.saved.get(name).cloned();
            saved.ok_or_else(|| broken(format!("nothing saved as {name}")))?
        };
        let received = self.owned(get)?.device.receive(from.as_ref(), &packet, now, draws)?;
        if get.has("save") {
            for (name, reply) in get.list("save")?.iter().zip(&received.replies) {
                self.saved.insert(name.as_str().unwrap_or_default().to_owned(), reply.clone());
            }
        }
        let replies: Vec<String> = received.replies.iter().map(hex::encode).collect();
        let events: Vec<Value> = received.events.iter().map(event).collect();
        Ok(object(json!({ "events": events, "replies": replies })))
    }

    fn send_all(&mut self, get: &Fields<'_>, now: u64, draws: &mut Draws) -> Result<Object, Stop> {
        let (address, kind) = (Address::new(&get.bytes("address")?)?, kind(get)?);
        let content = get.bytes("content")?;
        let sent = self.owned(get)?.device.send_all(&address, kind, &content, now, draws)?;
        let packets: Vec<Value> = sent
            .iter()
            .map(|(to, outcome)| match outcome {
                Ok(sent) => json!([self.name_of(to), hex::encode(&sent.packet)]),
                Err(error) => json!([self.name_of(to), { "error": error.name() }]),
            })
            .collect();
        Ok(object(json!({ "packets": packets })))
    }

    fn restart(&mut self, get: &Fields<'_>, now: u64) -> Result<Object, Stop> {
        let filled = if get.has("filled") { get.list("filled")?.as_slice() } else { &[] };
        let filled = filled.iter().map(|it| it.as_object().map(Fields));
        let filled: Option<Vec<Fields<'_>>> = filled.collect();
        let filled = filled.ok_or_else(|| broken("filled is a list of objects"))?;
        let keys: Vec<IdentityKey> = self.keys().into_iter().map(|(_, key)| key).collect();
        let with_cache = get.0.get("cache").and_then(Value::as_bool).unwrap_or_default();
        let owned = self.owned(get)?;
        let cache = if with_cache {
            ReplayCache::restore(&owned.device.replay_cache().snapshot())?
        } else {
            ReplayCache::default()
        };
        let cache = filled::cache(&cache, &filled, now)?;
        let (seed, private) = owned.secrets;
        let identity = quipu::Identity::new(&Secret::new(seed), Secret::new(private));
        let mut device = Device::with_cards(identity, owned.cards.clone(), cache);
        *device.contacts_mut() = core::mem::take(owned.device.contacts_mut());
        let card = owned.cards.last().ok_or_else(|| broken("no card"))?;
        let prekeys = filled::prekeys(owned.device.prekeys(), &card.party(), &filled)?;
        device.restore_prekeys(prekeys.snapshot().expose(), prekeys.generation())?;
        for key in keys {
            if let Some(snapshot) = owned.device.snapshot(&key) {
                device.restore(&key, snapshot.expose(), |_| 0)?;
            }
        }
        owned.device = device;
        Ok(Object::new())
    }

    fn keep(
        &mut self,
        get: &Fields<'_>,
        packet: Vec<u8>,
        events: Option<&[Event]>,
    ) -> Result<Object, Stop> {
        let mut result = object(json!({ "packet": hex::encode(&packet) }));
        if let Some(events) = events {
            result.insert("events".to_owned(), events.iter().map(event).collect());
        }
        if get.has("save") {
            self.saved.insert(get.text("save")?.to_owned(), packet);
        }
        Ok(result)
    }
}

/// The manifests of an announcement.
fn split(mut content: &[u8]) -> Result<Vec<&[u8]>, Stop> {
    let mut manifests = Vec::new();
    while let Some((length, rest)) = content.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let (manifest, rest) =
            rest.split_at_checked(length).ok_or_else(|| broken("an announcement is cut"))?;
        manifests.push(manifest);
        content = rest;
    }
    Ok(manifests)
}

/// An event as chapter 12.5 writes it.
pub fn event(event: &Event) -> Value {
    let id = |session: &[u8; 16]| hex::encode(session);
    match event {
        Event::ResponseSent { peer } => {
            json!({ "event": "response-sent", "peer": hex::encode(peer.key().as_bytes()) })
        }
        Event::Established { .. } => established(event),
        Event::Lesser { session } => json!({ "event": "lesser", "session": id(session) }),
        Event::Confirmed { session } => json!({ "event": "confirmed", "session": id(session) }),
        Event::Message { session, plaintext, .. } => {
            let mut fields = opened(plaintext);
            fields.insert("event".to_owned(), "message".into());
            fields.insert("session".to_owned(), id(session).into());
            Value::Object(fields)
        }
        Event::Refused { error } => json!({ "event": "refused", "error": error.name() }),
        Event::Repeated { session } => json!({ "event": "repeated", "session": id(session) }),
        Event::GivenUp { session, sent } => {
            json!({ "event": "given-up", "session": id(session), "sent": sent })
        }
        Event::Dropped { session } => json!({ "event": "dropped", "session": id(session) }),
        Event::Views { peer, theirs, ours } => {
            let peer = hex::encode(peer.as_bytes());
            json!({ "event": "views", "peer": peer, "theirs": theirs, "ours": ours })
        }
        Event::Manifest { address, number } => {
            let address = hex::encode(address.as_bytes());
            json!({ "event": "manifest", "address": address, "number": number.to_string() })
        }
        Event::ManifestRefused { error } => {
            json!({ "event": "manifest-refused", "error": error.name() })
        }
    }
}

/// The fields of a new session; those with their usual values are left out.
fn established(event: &Event) -> Value {
    let Event::Established { peer, session, role, pinned, suite, psk_id, reduced_forward_secrecy } =
        event
    else {
        return Value::Null;
    };
    let role = match role {
        Role::Initiator => "initiator",
        Role::Responder => "responder",
    };
    let peer = hex::encode(peer.key().as_bytes());
    let mut value = json!({
        "event": "established", "peer": peer, "session": hex::encode(session), "role": role,
        "pinned": pinned,
    });
    if *suite != Suite::X25519 {
        value["suite"] = json!(suite.number());
    }
    if *psk_id != [0; 16] {
        value["psk_id"] = json!(hex::encode(psk_id));
    }
    if *reduced_forward_secrecy {
        value["reduced"] = json!(true);
    }
    value
}
