//! Chapter 13: the embedded reference as an adapter on standard input and output.

use super::{PROFILES, VERSION};
use quipu::wire::Suite;
use quipu_vectors::draws::Draws;
use quipu_vectors::file::{Object, PROTOCOL};
use quipu_vectors::perform::{Stop, arguments, perform, unhex};
use quipu_vectors::script::Player;
use serde_json::{Value, json};
use std::io::{BufRead, Write};

/// Answers requests until the input ends.
///
/// # Errors
/// Input or output that cannot be used.
pub fn serve(input: impl BufRead, mut output: impl Write) -> std::io::Result<()> {
    let mut server = Server::default();
    for line in input.lines() {
        writeln!(output, "{}", server.respond(&line?))?;
        output.flush()?;
    }
    Ok(())
}

/// The embedded reference, request by request.
#[derive(Debug, Default)]
pub(super) struct Server {
    player: Option<Player>,
}

/// What a request came to: a field of the response and its value, and the draws.
type Outcome = (&'static str, Value, Option<Vec<usize>>);

fn fault(text: impl Into<String>) -> Outcome {
    ("fault", Value::String(text.into()), None)
}

/// A field that the operation does not have.
fn unknown<'a>(op: &str, request: &'a Object) -> Option<&'a String> {
    let known: &[&str] = match op {
        "hello" => &["adapter", "protocol"],
        "vector" => &["operation", "suite", "input", "random"],
        "begin" => &["operation", "suite", "setup"],
        "step" => &["step"],
        "state" => &["as", "now"],
        _ => return None,
    };
    let known = |name: &str| ["id", "op"].contains(&name) || known.contains(&name);
    request.keys().find(|name| !known(name))
}

fn outcome(result: Result<Object, Stop>, drew: Option<Vec<usize>>) -> Outcome {
    match result {
        Ok(results) => ("ok", Value::Object(results), drew),
        Err(Stop::Refused(name)) => ("reject", name.into(), drew),
        Err(Stop::Broken(text)) => fault(text),
        Err(Stop::Unknown(_)) => ("unsupported", true.into(), None),
    }
}

impl Server {
    /// The response to a line.
    pub(super) fn respond(&mut self, line: &str) -> Value {
        match serde_json::from_str::<Value>(line) {
            Ok(Value::Object(request)) => self.answer(&request),
            Ok(_) => json!({ "id": null, "fault": "a request is not an object" }),
            Err(error) => json!({ "id": null, "fault": format!("a request is not JSON: {error}") }),
        }
    }

    fn answer(&mut self, request: &Object) -> Value {
        let (kind, value, drew) = match request.get("op").and_then(Value::as_str) {
            Some(op) if let Some(name) = unknown(op, request) => {
                fault(format!("{op}: unknown field {name}"))
            }
            Some("hello") => hello(request),
            Some("vector") => vector(request),
            Some("begin") => self.begin(request),
            Some("step") => self.step(request),
            Some("state") => match &mut self.player {
                None => fault("nothing has begun"),
                Some(player) => {
                    let digest = player.digest(request).map(hex::encode);
                    let digest = digest.map(|it| [("digest".to_owned(), it.into())].into_iter());
                    outcome(digest.map(Iterator::collect), None)
                }
            },
            //= spec/13-adapter.md#13-1-lines
            //# [ADAPT-03] An adapter MUST answer with `unsupported` an operation, vector operation,
            //# step or suite that it does not know, and MUST NOT answer so to anything that belongs
            //# to a profile that it claims.
            Some(_) => ("unsupported", true.into(), None),
            None => fault("op is missing"),
        };
        let id = request.get("id").cloned().unwrap_or_default();
        let mut response = json!({ "id": id, kind: value });
        if let Some(drew) = drew {
            response["drew"] = json!(drew);
        }
        response
    }

    fn begin(&mut self, request: &Object) -> Outcome {
        self.player = None;
        let operation = request.get("operation").and_then(Value::as_str).unwrap_or_default();
        let Some(Value::Object(setup)) = request.get("setup") else {
            return fault("setup is missing");
        };
        if !["session", "device"].contains(&operation) {
            return ("unsupported", true.into(), None);
        }
        match Player::new(operation, setup) {
            Ok(player) => {
                self.player = Some(player);
                ("ok", json!({}), None)
            }
            Err(stop) => outcome(Err(stop), None),
        }
    }

    fn step(&mut self, request: &Object) -> Outcome {
        let Some(Value::Object(step)) = request.get("step") else {
            return fault("step is missing");
        };
        match &mut self.player {
            None => fault("nothing has begun"),
            Some(player) => {
                let outcome = if let Some(name) = player.unknown_field(step) {
                    fault(format!("step: unknown field {name}"))
                } else {
                    let (result, drew) = player.act(step);
                    outcome(result, Some(drew))
                };
                if outcome.0 == "fault" {
                    self.player = None;
                }
                outcome
            }
        }
    }
}

//= spec/13-adapter.md#13-2-operations
//# [ADAPT-05] An adapter MUST choose one of the offered versions, and answer `fault` when it speaks
//# none of them.
//= spec/13-adapter.md#13-2-operations
//# [ADAPT-06] An adapter MUST claim `core`, and of the other profiles those that the client
//# implements completely.
fn hello(request: &Object) -> Outcome {
    let versions = request.get("adapter").and_then(Value::as_array);
    if !versions.is_some_and(|list| list.iter().any(|it| it.as_u64() == Some(VERSION))) {
        return fault(format!("this adapter speaks version {VERSION} of chapter 13"));
    }
    let hello = json!({
        "adapter": VERSION, "protocol": PROTOCOL, "name": "quipu",
        "version": env!("CARGO_PKG_VERSION"), "language": "rust", "profiles": PROFILES,
    });
    ("ok", hello, None)
}

fn vector(request: &Object) -> Outcome {
    let operation = request.get("operation").and_then(Value::as_str).unwrap_or_default();
    let suite = request.get("suite").and_then(Value::as_u64).and_then(|it| u16::try_from(it).ok());
    let Some(suite) = suite.and_then(|number| Suite::from_number(number).ok()) else {
        return ("unsupported", true.into(), None);
    };
    if arguments(operation).is_empty() {
        return ("unsupported", true.into(), None);
    }
    let Some(Value::Object(input)) = request.get("input") else {
        return fault("input is missing");
    };
    let known = arguments(operation);
    if let Some(name) = input.keys().find(|name| !known.contains(&name.as_str())) {
        return fault(format!("{operation}: unknown field {name}"));
    }
    let listed = request.get("random").and_then(Value::as_array).cloned().unwrap_or_default();
    let listed = listed.iter().map(|it| unhex(it.as_str().unwrap_or_default()));
    let mut draws = match listed.collect::<Result<Vec<_>, _>>() {
        Ok(list) => Draws::listed(list),
        Err(stop) => return outcome(Err(stop), None),
    };
    let done = perform(operation, suite, input, &mut draws);
    let drew = Some(draws.made().iter().map(Vec::len).collect());
    if let Err(text) = draws.finish(done.is_err()) {
        return fault(text);
    }
    let results = done.map(|done| {
        let fields = [
            ("output".to_owned(), Value::Object(done.output)),
            ("intermediate".to_owned(), json!(done.intermediate)),
        ];
        fields.into_iter().collect()
    });
    outcome(results, drew)
}
