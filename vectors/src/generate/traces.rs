//! The traces of `vectors/traces`, played: ways through the model of chapter 8.2, written by the
//! model with what every device has to say. A device that says something else stops the
//! generator.

use super::cited::cited;
use super::keys::{NOW, Person};
use super::{About, Book, key};
use crate::file::{Object, TRACES as STEM};
use crate::perform::object;
use crate::script::Player;
use quipu::limits::DAY;
use quipu::prekeys::Bundle;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const TRACES: &str = include_str!("../../traces/session.jsonl");

/// Profiles, each with the number of its files, which keeps them below 2 MB. The name of a trace
/// says in which it stands, so its id stays when other traces come and go.
const FILES: [(&str, u8); 2] = [("core", 3), ("prepared", 7)];

/// The moment at which the time of the traces is 0.
const EPOCH: u64 = NOW - 2 * DAY;

pub(super) fn books() -> Vec<Book> {
    let traces = TRACES.lines().map(|line| serde_json::from_str(line).expect("a trace a line"));
    let (prepared, core): (Vec<Value>, Vec<Value>) =
        traces.partition(|trace| steps(trace).iter().any(|step| step["do"] == "prepare"));
    let mut books = Vec::new();
    for ((profile, files), traces) in FILES.into_iter().zip([core, prepared]) {
        for number in 0..files {
            let mut book = Book::only(profile, "device", "ways through the model of chapter 8.2");
            book.stem = format!("{STEM}{profile}-{}", number + 1);
            let here = traces.iter().filter(|trace| digest(trace) % files == number);
            here.for_each(|trace| put(&mut book, trace));
            books.push(book);
        }
    }
    books
}

/// The first byte of the digest at the end of the name of a trace.
fn digest(trace: &Value) -> u8 {
    let name = trace["name"].as_str().and_then(|name| name.rsplit('-').next());
    name.and_then(|digest| u8::from_str_radix(digest.get(..2)?, 16).ok()).expect("a digest")
}

fn steps(trace: &Value) -> &[Value] {
    trace["steps"].as_array().expect("a trace has steps")
}

fn setup() -> Value {
    let device = |name: &str| {
        let it = Person::new(name);
        json!({
            "name": name, "ik_seed": hex::encode(it.seed),
            "idk_private": hex::encode(it.private), "card": hex::encode(it.card),
        })
    };
    json!({ "devices": [device("ada"), device("bob")] })
}

fn other(name: &str) -> &'static str {
    if name == "ada" { "bob" } else { "ada" }
}

/// The step in which a device makes its prekeys.
fn prekeys(name: &str) -> Value {
    let private = key(&format!("{name} prekey of the traces"));
    let random = [hex::encode(&private[..4]), hex::encode(private)];
    json!({ "as": name, "do": "prekeys", "now": NOW.to_string(), "one_time": 0, "random": random })
}

/// The bundle that follows from it.
fn bundle(name: &str) -> String {
    let mut player = Player::new("device", &object(setup())).expect("the setup is good");
    let step = player.play(&object(prekeys(name)), None).expect("there is room");
    let record = hex::decode(step["records"][0].as_str().expect("hex")).expect("hex");
    hex::encode(Bundle::encode(&Person::new(name).card, &record, None, None))
}

fn put(book: &mut Book, trace: &Value) {
    let name = trace["name"].as_str().expect("a name");
    let mut played = Vec::new();
    for side in ["ada", "bob"] {
        if steps(trace).iter().any(|it| it["do"] == "prepare" && it["as"] == other(side)) {
            played.push(prekeys(side));
        }
    }
    let first = played.len();
    played.extend(steps(trace).iter().map(script));
    let comment = match steps(trace).iter().filter(|it| it.get("error").is_some()).count() {
        0 => "every step is accepted".to_owned(),
        1 => "1 step is refused".to_owned(),
        count => format!("{count} steps are refused"),
    };
    let (requirements, flag) = cited(steps(trace));
    let requirements: Vec<&str> = requirements.into_iter().collect();
    let about = About { id: name, comment: &comment, requirements: &requirements };
    book.script(about, flag, &setup(), &played);
    let test = book.file.tests.last().and_then(|test| test.steps.as_ref()).expect("just put");
    let mut sessions = BTreeMap::new();
    for (index, (step, found)) in steps(trace).iter().zip(&test[first..]).enumerate() {
        let said = said(found, &mut sessions, step);
        let expected = step.get("events").cloned().unwrap_or_else(|| json!([]));
        let packets = step["packets"].as_array().map_or(0, Vec::len);
        assert!(
            expected == said && packets == made(found),
            "{name} step {index}: the model says {step}, the reference {said}"
        );
    }
}

/// A step of the trace as a step of a script.
fn script(step: &Value) -> Value {
    let text = |field: &str| step[field].as_str().expect("text");
    let peer = other(text("as"));
    let now = EPOCH + step["now"].as_u64().expect("a time");
    let mut script = json!({ "as": step["as"], "do": step["do"], "now": now.to_string() });
    let more = match text("do") {
        "initiate" => json!({ "card": hex::encode(Person::new(peer).card) }),
        "prepare" => json!({ "bundle": bundle(peer) }),
        "receive" => json!({ "from": peer, "saved": step["packet"] }),
        "send" => json!({ "to": peer, "type": 1, "content": content(step) }),
        "restart" => json!({ "cache": false }),
        _ => json!({}),
    };
    let packets = step["packets"].as_array().filter(|packets| !packets.is_empty());
    let saves = ["initiate", "send", "receive"].contains(&text("do"));
    let error = step.get("error").map(|error| ("error", error.clone()));
    let save = packets.filter(|_| saves).map(|packets| match text("do") {
        "receive" => ("save", json!(packets)),
        _ => ("save", packets[0].clone()),
    });
    let fields = script.as_object_mut().expect("an object");
    fields.extend(object(more));
    fields.extend(error.into_iter().chain(save).map(|(name, value)| (name.to_owned(), value)));
    script
}

/// The content of a text: the name of its packet.
fn content(step: &Value) -> String {
    hex::encode(step["packets"][0].as_str().unwrap_or("nothing"))
}

/// What a device said, in the words of the trace: sessions by the number of their handshake,
/// which an `established` of the trace gives.
fn said(found: &Object, sessions: &mut BTreeMap<String, String>, step: &Value) -> Value {
    let none = Vec::new();
    let events = found.get("events").and_then(Value::as_array).unwrap_or(&none);
    let told = step["events"].as_array().unwrap_or(&none);
    let mut said = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let name = event["event"].as_str().unwrap_or_default();
        let id = event["session"].as_str().unwrap_or_default();
        let place = told.get(index).and_then(Value::as_str).and_then(|it| it.split(' ').nth(1));
        if let ("established", Some(place)) = (name, place)
            && sessions.values().all(|known| known != place)
        {
            sessions.insert(id.to_owned(), place.to_owned());
        }
        let session = sessions.get(id).map_or("?", String::as_str);
        said.push(match name {
            "response-sent" => name.to_owned(),
            "refused" => format!("refused {}", event["error"].as_str().unwrap_or_default()),
            "given-up" => format!("given-up {session} {}", event["sent"]),
            "message" if event["type"] == 2 => format!("receipt {session}"),
            "message" => format!("message {session} {}", numbered(&event["content"])),
            _ => format!("{name} {session}"),
        });
    }
    json!(said)
}

/// Which text it is: the content of a text is the name of its packet.
fn numbered(content: &Value) -> String {
    let name = hex::decode(content.as_str().unwrap_or_default()).unwrap_or_default();
    String::from_utf8_lossy(&name).rsplit('-').next().unwrap_or("?").to_owned()
}

/// How many packets a step has made.
fn made(found: &Object) -> usize {
    let lists = ["replies", "packets"].iter().filter_map(|name| found.get(*name)?.as_array());
    lists.map(Vec::len).sum::<usize>() + usize::from(found.contains_key("packet"))
}
