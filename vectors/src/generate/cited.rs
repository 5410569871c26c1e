//! What a trace exercises: the requirements that its steps show at work, and its flag.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The requirements that a trace cites, and its flag.
pub(super) fn cited(steps: &[Value]) -> (BTreeSet<&'static str>, &'static str) {
    let mut cited = BTreeSet::new();
    let mut sides = BTreeMap::<&str, Side<'_>>::new();
    let prepared: BTreeSet<&str> = steps
        .iter()
        .filter(|step| step["do"] == "prepare")
        .filter_map(|step| step["events"][0].as_str()?.strip_prefix("established "))
        .collect();
    for step in steps {
        let side = sides.entry(step["as"].as_str().unwrap_or_default()).or_default();
        let it = Step::of(step, &prepared);
        cited.extend(match step["error"].as_str() {
            Some(error) => vec![it.refused(error, side)],
            None => it.accepted(side),
        });
    }
    let refused = |errors: &[&str]| {
        steps.iter().any(|step| step["error"].as_str().is_some_and(|it| errors.contains(&it)))
    };
    let flag = match () {
        () if refused(&["replay", "duplicate"]) => "Replay",
        () if refused(&["time", "window"]) => "Time",
        () => "Order",
    };
    (cited, flag)
}

/// The sessions of a device, by their handshakes.
#[derive(Debug, Default)]
struct Side<'a> {
    kept: BTreeSet<&'a str>,
    given_up: BTreeSet<&'a str>,
}

/// A step, as far as requirements go.
struct Step<'a> {
    what: &'a str,
    /// The parts of the name of the packet that is received or sent.
    packet: Vec<&'a str>,
    events: Vec<&'a str>,
    packets: usize,
    /// Whether the packet is of a prepared handshake.
    prepared: bool,
}

impl<'a> Step<'a> {
    fn of(step: &'a Value, prepared: &BTreeSet<&str>) -> Self {
        let packet = step["packet"].as_str().or_else(|| step["packets"][0].as_str());
        let packet: Vec<&str> = packet.unwrap_or_default().split('-').skip(1).collect();
        let events = step["events"].as_array().into_iter().flatten();
        Self {
            what: step["do"].as_str().unwrap_or_default(),
            events: events.filter_map(Value::as_str).collect(),
            packets: step["packets"].as_array().map_or(0, Vec::len),
            prepared: packet.get(1).is_some_and(|place| prepared.contains(place)),
            packet,
        }
    }

    fn shape(&self) -> &'a str {
        self.packet.first().copied().unwrap_or_default()
    }

    /// The one of two that the handshake of the packet asks for.
    fn by_kind(&self, interactive: &'static str, prepared: &'static str) -> &'static str {
        if self.prepared { prepared } else { interactive }
    }

    /// The requirement that a refusal shows.
    fn refused(&self, error: &str, side: &Side<'_>) -> &'static str {
        let known = self.packet.get(1).is_some_and(|place| side.kept.contains(place));
        match (error, self.shape()) {
            ("no_session", _) => "SESSION-03",
            ("window", _) if self.what == "prepare" => "PREP-16",
            ("window", _) => "HS-05",
            ("replay", "init") => "HS-07",
            ("replay", _) => "PREP-29",
            ("time", "init") => "HS-10",
            ("time", _) => "PREP-22",
            ("unknown_handshake", "response") => "HS-22",
            ("unknown_handshake", _) if known => "HS-34",
            ("unknown_handshake", _) => "HS-27",
            ("authentication", _) => "HS-28",
            ("unknown_prekey", _) => "PREP-21",
            ("unknown_session", _) => "SESSION-12",
            ("duplicate", _) => "RATCHET-14",
            other => panic!("no trace has been refused so before: {other:?}"),
        }
    }

    /// The requirements that what happened shows; notes which sessions there are.
    fn accepted(&self, side: &mut Side<'a>) -> Vec<&'static str> {
        let mut cited = Vec::new();
        match (self.what, self.shape()) {
            ("send", shape) => {
                cited.extend((side.kept.len() > 1).then_some("SESSION-03"));
                cited.extend((shape == "opening").then(|| self.by_kind("HS-36", "PREP-18")));
            }
            ("receive", "init") => cited.push("HS-31"),
            ("receive", "response") => cited.push("HS-35"),
            ("receive", "opening") if self.packets > 0 => {
                cited.push(self.by_kind("HS-38", "PREP-30"));
            }
            ("prepare", _) => cited.push("PREP-33"),
            ("due", _) if self.packets > 0 => cited.push("HS-37"),
            _ => {}
        }
        let begins = self.events.iter().any(|event| event.starts_with("established "));
        for event in &self.events {
            let (name, session) = event.split_once(' ').unwrap_or((event, ""));
            let session = session.split(' ').next().unwrap_or_default();
            match name {
                "established" => drop(side.kept.insert(session)),
                "lesser" => cited.push("SESSION-33"),
                "confirmed" => cited.push("SESSION-05"),
                "message" | "receipt" => {
                    cited.extend(side.given_up.remove(session).then_some("SESSION-08"));
                }
                "repeated" => cited.push(self.by_kind("HS-33", "PREP-28")),
                "refused" => cited.push("HS-32"),
                "given-up" => {
                    side.given_up.insert(session);
                    cited.push(match (begins, self.shape()) {
                        (false, _) => "SESSION-06",
                        (true, "opening") => "SESSION-34",
                        (true, _) => "SESSION-07",
                    });
                }
                // No trace has as many sessions as would leave to make room for others
                "dropped" => {
                    assert!(side.kept.len() <= 2, "{event} of {:?}", side.kept);
                    side.kept.remove(session);
                    side.given_up.remove(session);
                    cited.push("SESSION-10");
                    cited.extend(begins.then_some("SESSION-34"));
                }
                _ => {}
            }
        }
        cited
    }
}
