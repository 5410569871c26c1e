//! The table at which clients and the runner's own devices sit. Every step of a client is done by
//! the reference too, with the same draws: the results have to be equal.

use crate::adapter::{Adapter, Played, Stop, failed, judge, one_step};
use crate::live::Dice;
use quipu::crypto::kdf::sha256;
use quipu::wire::Suite;
use quipu_vectors::draws::Draws;
use quipu_vectors::file::Object;
use quipu_vectors::perform;
use quipu_vectors::script::Player;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The moment at which every case begins.
pub(crate) const START: u64 = 1_767_225_600_000;

const YEAR: u64 = 366 * 86_400_000;

/// Name, whose address, device id, and whose card the device shows.
const DEVICES: [(&str, &str, u32, &str); 9] = [
    ("ada", "ada", 1, "ada"),
    ("ada2", "ada", 2, "ada2"),
    ("bob", "bob", 1, "bob"),
    ("bob2", "bob", 2, "bob2"),
    ("carol", "carol", 1, "carol"),
    // Claims to be bob, with keys of his own.
    ("mallory", "bob", 1, "mallory"),
    // Shows bob's card and knows his agreement key, not his identity key.
    ("thief", "bob", 1, "bob"),
    // Shows bob's card and knows none of his keys.
    ("poser", "bob", 1, "bob"),
    // Claims to be ada, with keys of his own.
    ("double", "ada", 1, "double"),
];

/// Why a case does not go on.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The case cannot be played as it is written, or the reference does not do what it says.
    Case(String),
    /// The client.
    Client(Stop),
}

impl From<Stop> for Trouble {
    fn from(stop: Stop) -> Self {
        Self::Client(stop)
    }
}

/// A sentence about what is wrong with the case.
pub(crate) fn case(text: impl Into<String>) -> Trouble {
    Trouble::Case(text.into())
}

/// A device and its secrets.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// Whose address it shows.
    pub(crate) user: &'static str,
    /// Whose account it belongs to.
    pub(crate) account: &'static str,
    pub(crate) device: u32,
    pub(crate) seed: [u8; 32],
    pub(crate) private: [u8; 32],
    pub(crate) ik: String,
    pub(crate) card: String,
}

/// A client with the names of the devices that it plays.
pub(crate) struct Seat<'a> {
    pub(crate) adapter: &'a mut Adapter,
    pub(crate) names: &'static [&'static str],
}

/// Clients, the reference, the clock.
pub(crate) struct Table<'t, 'a> {
    mirror: Player,
    seats: &'t mut [Seat<'a>],
    pub(crate) people: BTreeMap<&'static str, Person>,
    pub(crate) now: u64,
    pub(crate) suite: u16,
    pub(crate) dice: Dice,
    /// Everything that was done, with its results: a script of chapter 12.5.
    pub(crate) setup: Object,
    pub(crate) steps: Vec<Object>,
}

/// The address of a user.
pub(crate) fn address(user: &str) -> String {
    hex::encode(format!("{user}@example.org"))
}

/// A stateless operation of the reference: its output.
pub(crate) fn reference(operation: &str, input: &Value) -> Result<Object, Stop> {
    let input = input.as_object().cloned().unwrap_or_default();
    let done = perform::perform(operation, Suite::X25519, &input, &mut Draws::listed(Vec::new()));
    done.map(|done| done.output).map_err(|stop| failed(format!("{operation}: {stop:?}")))
}

fn text(object: &Object, name: &str) -> String {
    object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A card of a device.
pub(crate) fn card(
    person: &Person,
    suite: u16,
    created: u64,
    expires: u64,
) -> Result<String, Stop> {
    let card = reference(
        "card-issue",
        &json!({
            "ik_seed": hex::encode(person.seed), "idk_private": hex::encode(person.private),
            "suites": if suite == 2 { 3 } else { 1 }, "address": address(person.user),
            "device": person.device, "created": created.to_string(),
            "expires": expires.to_string(),
        }),
    )?;
    Ok(text(&card, "card"))
}

impl<'t, 'a> Table<'t, 'a> {
    /// Everybody sits down; nobody has met.
    pub(crate) fn new(seed: [u8; 32], suite: u16, seats: &'t mut [Seat<'a>]) -> Result<Self, Stop> {
        let mut people: BTreeMap<&'static str, Person> = BTreeMap::new();
        for (name, user, device, _) in DEVICES {
            let secret = |what: &str| sha256(&[&seed, what.as_bytes(), name.as_bytes()]);
            let (ik_seed, private) = (secret("identity"), secret("agreement"));
            let mut person = Person {
                user,
                account: if name.starts_with(user) { user } else { name },
                device,
                seed: ik_seed,
                private,
                ik: String::new(),
                card: String::new(),
            };
            if name == "thief" {
                person.private = sha256(&[&seed, b"agreement", b"bob"]);
            }
            let ik = json!({ "seed": hex::encode(ik_seed), "purpose": "card",
                "hash": hex::encode([0; 32]) });
            person.ik = text(&reference("ed25519-sign", &ik)?, "public");
            person.card = card(&person, suite, START, START + YEAR)?;
            people.insert(name, person);
        }
        for (name, _, _, shows) in DEVICES {
            let shown = people[shows].card.clone();
            if let Some(person) = people.get_mut(name) {
                person.card = shown;
            }
        }
        let device = |name: &str| {
            let it = &people[name];
            json!({ "name": name, "ik_seed": hex::encode(it.seed),
                "idk_private": hex::encode(it.private), "card": it.card })
        };
        let peer = |name: &str| json!({ "name": name, "ik": people[name].ik });
        let all: Vec<&str> = people.keys().copied().collect();
        let setup = |ours: &dyn Fn(&str) -> bool| {
            let devices: Vec<Value> =
                all.iter().filter(|it| ours(it)).map(|it| device(it)).collect();
            let peers: Vec<Value> = all.iter().filter(|it| !ours(it)).map(|it| peer(it)).collect();
            json!({ "devices": devices, "peers": peers })
        };
        let whole = setup(&|_| true).as_object().cloned().unwrap_or_default();
        let mirror = Player::new("device", &whole)
            .map_err(|stop| failed(format!("the reference: {stop:?}")))?;
        for seat in seats.iter_mut() {
            let begin = json!({ "op": "begin", "operation": "device", "suite": suite,
                "setup": setup(&|name| seat.names.contains(&name)) });
            let answer = seat.adapter.ask(&begin).map_err(Stop::Failed)?;
            judge(answer, None, &[], "setup: ")?;
        }
        let seed = u64::from_be_bytes(
            sha256(&[&seed, b"dice"]).first_chunk().copied().unwrap_or_default(),
        );
        Ok(Self {
            mirror,
            seats,
            people,
            now: START,
            suite,
            dice: Dice::new(seed),
            setup: whole,
            steps: Vec::new(),
        })
    }

    /// The names of devices.
    pub(crate) fn person(&self, name: &str) -> Result<&Person, Trouble> {
        self.people.get(name).ok_or_else(|| case(format!("nobody is called {name:?}")))
    }

    /// One step of one device at a time of its own clock: by the reference, and by the client whose
    /// device it is. The step with its results.
    pub(crate) fn act(
        &mut self,
        who: &str,
        what: &str,
        now: u64,
        more: &Value,
    ) -> Result<Object, Stop> {
        let mut step = json!({ "as": who, "do": what, "now": now.to_string() });
        if let (Value::Object(step), Value::Object(more)) = (&mut step, more) {
            step.extend(more.clone());
        }
        let step = step.as_object().cloned().unwrap_or_default();
        let seed = self.dice.key();
        let known = self.mirror.play(&step, Some(seed));
        let known = known.map_err(|text| failed(format!("{who} {what}: the reference: {text}")))?;
        let at = format!("step {}: {who} {what}: ", self.steps.len());
        self.steps.push(known.clone());
        if let Some(seat) = self.seats.iter_mut().find(|seat| seat.names.contains(&who)) {
            one_step(seat.adapter, &known, &mut BTreeMap::new(), &at)?;
            if let Some(line) = seat.adapter.unasked() {
                let text = format!("{at}a line that nobody asked for: {line}");
                return Err(Stop::Played(Played::Fault(text)));
            }
        }
        Ok(known)
    }

    /// What was done, as a script: the devices that took part, and the steps.
    pub(crate) fn script(self) -> (Object, Vec<Object>) {
        let named = |step: &Object, name: &str| {
            ["as", "from", "to"].iter().any(|field| step.get(*field) == Some(&json!(name)))
        };
        let mut setup = self.setup;
        if let Some(Value::Array(devices)) = setup.get_mut("devices") {
            devices.retain(|device| {
                let name = device["name"].as_str().unwrap_or_default();
                self.steps.iter().any(|step| named(step, name))
            });
        }
        setup.remove("peers");
        (setup, self.steps)
    }
}
