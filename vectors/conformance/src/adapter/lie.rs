//! Adapters that lie, for tests of the runner. Behind each stands the embedded reference, so that only
//! the lie is wrong.

use super::serve::Server;
use clap::ValueEnum;
use quipu_vectors::lint::adapter;
use serde_json::{Value, json};
use std::io::{self, BufRead, Write};
use std::thread::sleep;
use std::time::Duration;

/// What is wrong with a false adapter; of the first five nothing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lie {
    /// nothing wrong: the embedded reference
    Honest,
    /// nothing wrong: each answer comes late
    Slow,
    /// nothing wrong: each line comes in two pieces
    SplitLine,
    /// nothing wrong: writes much to standard error
    LoudOnStderr,
    /// nothing wrong: holds every line against the schema of chapter 13
    ByTheSchema,
    /// says ok to everything
    Ok,
    /// refuses everything
    Reject,
    /// says unsupported to everything
    Unsupported,
    /// says fault to everything
    Fault,
    /// gives the answer to the request before
    Echo,
    /// answers hello and nothing after it
    Hang,
    /// does not even answer hello
    Silent,
    /// answers when its input has ended
    Buffered,
    /// ends with exit code 9 after hello
    Crash,
    /// ends with exit code 9 at its 40th request
    CrashLater,
    /// ends with exit code 0 after hello
    EndsEarly,
    /// writes each answer twice
    Chatty,
    /// writes a line of a log before each answer
    Log,
    /// writes text that is not JSON
    Noise,
    /// writes JSON over several lines
    Pretty,
    /// writes a line of 17 MiB
    HugeLine,
    /// gives each answer the id 0
    WrongId,
    /// gives each answer the id of the request before
    SwappedIds,
    /// gives ids as text
    TextId,
    /// gives no ids
    NoId,
    /// says ok and fault in one answer
    TwoKinds,
    /// speaks version 2 of chapter 13
    Version,
    /// says ok to a hello without a version that it speaks
    AnyVersion,
    /// chooses the first version that is offered
    FirstVersion,
    /// speaks QuipuV2
    Protocol,
    /// claims a profile that does not exist
    Profile,
    /// does not claim core
    NoCore,
    /// has no name
    Nameless,
    /// does not report its draws
    NoDraws,
    /// draws from a source of its own
    OwnDraws,
    /// draws the same whatever the request lists
    FixedDraws,
    /// has one digest for every state
    SameState,
    /// has a new digest whenever it is asked
    RestlessState,
    /// changes its state when it refuses
    LeakyState,
    /// says ok where unsupported is due
    KnowsEverything,
    /// says ok where fault is due
    Forgiving,
    /// says fault where unsupported is due
    Strict,
    /// refuses with another error
    OtherError,
    /// writes hex in upper case
    UpperCase,
    /// writes numbers as text
    NumbersAsText,
    /// writes times as numbers
    TimesAsNumbers,
    /// goes on after the end of its input
    NeverEnds,
    /// ends with exit code 3 at the end of its input
    BadEnd,
}

/// Longer than any deadline.
const FOREVER: Duration = Duration::from_secs(3_600);

/// Answers requests until the input ends, and lies. The exit code.
///
/// # Errors
/// Input or output that cannot be used.
pub(crate) fn lie(kind: Lie, input: impl BufRead, mut output: impl Write) -> io::Result<u8> {
    let mut server = Server::default();
    let mut before = json!({ "id": 0 });
    let mut late = String::new();
    for (count, line) in (1u64..).zip(input.lines()) {
        let line = line?;
        let request: Value = serde_json::from_str(&line).unwrap_or_default();
        let hello = request["op"] == "hello";
        let genuine = match kind {
            Lie::OwnDraws => server.respond(&other_draws(&request, count).to_string()),
            Lie::FixedDraws => server.respond(&other_draws(&request, 17).to_string()),
            _ => server.respond(&line),
        };
        if kind == Lie::LeakyState && genuine.get("reject").is_some() {
            let sends = json!({
                "as": request["step"]["as"], "do": "send", "type": 1, "content": "",
                "seed": "00".repeat(32),
            });
            server.respond(&json!({ "id": 0, "op": "step", "step": sends }).to_string());
        }
        match kind {
            Lie::Silent => sleep(FOREVER),
            Lie::Hang if !hello => sleep(FOREVER),
            Lie::Crash if !hello => return Ok(9),
            Lie::CrashLater if count == 40 => return Ok(9),
            Lie::EndsEarly if !hello => return Ok(0),
            Lie::Slow => sleep(Duration::from_millis(100)),
            Lie::LoudOnStderr => writeln!(io::stderr(), "{}", "noise ".repeat(20_000))?,
            _ => {}
        }
        let text = told(kind, &request, &genuine, &before, count);
        before = genuine;
        if kind == Lie::Buffered {
            late += &(text + "\n");
            continue;
        }
        let half = if kind == Lie::SplitLine { text.len() / 2 } else { 0 };
        let (first, second) = text.split_at_checked(half).unwrap_or(("", &text));
        // The runner may have gone away: then there is nobody to lie to.
        let written = write!(output, "{first}").and_then(|()| output.flush());
        if half > 0 {
            sleep(Duration::from_millis(5));
        }
        if written
            .and_then(|()| writeln!(output, "{second}"))
            .and_then(|()| output.flush())
            .is_err()
        {
            break;
        }
    }
    write!(output, "{late}")?;
    output.flush()?;
    match kind {
        Lie::NeverEnds => sleep(FOREVER),
        Lie::BadEnd => return Ok(3),
        _ => {}
    }
    Ok(0)
}

/// The same request with other draws, as many and as long.
fn other_draws(request: &Value, byte: u64) -> Value {
    let mut request = request.clone();
    let byte = format!("{:02x}", byte % 256);
    for place in ["/random", "/step/random"] {
        for draw in request.pointer_mut(place).and_then(Value::as_array_mut).into_iter().flatten() {
            *draw = byte.repeat(draw.as_str().map_or(0, str::len) / 2).into();
        }
    }
    request
}

/// What is written instead of the genuine answer.
fn told(kind: Lie, request: &Value, genuine: &Value, before: &Value, count: u64) -> String {
    let id = &request["id"];
    let hello = request["op"] == "hello";
    let state = request["op"] == "state" && genuine.get("ok").is_some();
    let mut answer = genuine.clone();
    match kind {
        Lie::Version if hello => answer["ok"]["adapter"] = json!(2),
        Lie::AnyVersion if hello && genuine.get("fault").is_some() => {
            answer = json!({ "id": id, "ok": {} });
        }
        Lie::FirstVersion if hello && genuine.get("ok").is_some() => {
            answer["ok"]["adapter"] = request["adapter"][0].clone();
        }
        Lie::Protocol if hello => answer["ok"]["protocol"] = json!("QuipuV2"),
        Lie::Profile if hello => answer["ok"]["profiles"] = json!(["core", "quantum"]),
        Lie::NoCore if hello => answer["ok"]["profiles"] = json!(["prepared"]),
        Lie::Nameless if hello => answer["ok"]["name"] = Value::Null,
        Lie::Log => return format!("answering request {count}\n{answer}"),
        Lie::Pretty => return format!("{answer:#}"),
        Lie::TextId => answer["id"] = json!(id.to_string()),
        Lie::NoId => answer["id"] = Value::Null,
        Lie::ByTheSchema => {
            if let Err(text) = by_the_schema(request, genuine) {
                answer = json!({ "id": id, "fault": text });
            }
        }
        _ if hello => {}
        Lie::Ok => answer = json!({ "id": id, "ok": {} }),
        Lie::Reject => answer = json!({ "id": id, "reject": "authentication", "drew": [] }),
        Lie::Unsupported => answer = json!({ "id": id, "unsupported": true }),
        Lie::Fault => answer = json!({ "id": id, "fault": "no" }),
        Lie::Echo => {
            answer = before.clone();
            answer["id"] = id.clone();
        }
        Lie::Chatty => return format!("{answer}\n{answer}"),
        Lie::Noise => return "padding is 256".to_owned(),
        Lie::HugeLine => answer["ok"]["output"]["more"] = json!("0".repeat(17 << 20)),
        Lie::WrongId => answer["id"] = json!(0),
        Lie::SwappedIds => answer["id"] = before["id"].clone(),
        Lie::TwoKinds => answer["fault"] = json!("and ok"),
        Lie::NoDraws => answer["drew"] = json!([]),
        Lie::SameState if state => answer["ok"]["digest"] = json!("00".repeat(32)),
        Lie::RestlessState if state => answer["ok"]["digest"] = json!(format!("{count:064x}")),
        Lie::KnowsEverything if answer.get("unsupported").is_some() => {
            answer = json!({ "id": id, "ok": {} });
        }
        Lie::Forgiving if answer.get("fault").is_some() => {
            answer = json!({ "id": answer["id"], "ok": {} });
        }
        Lie::Strict if answer.get("unsupported").is_some() => {
            answer = json!({ "id": id, "fault": "not known" });
        }
        Lie::OtherError if answer.get("reject").is_some() => answer["reject"] = json!("protocol"),
        Lie::UpperCase | Lie::NumbersAsText | Lie::TimesAsNumbers => {
            if let Some(output) = answer.pointer_mut("/ok/output").and_then(Value::as_object_mut) {
                output.values_mut().for_each(|value| rewrite(kind, value));
            }
        }
        _ => {}
    }
    answer.to_string()
}

/// A result in another notation.
fn rewrite(kind: Lie, value: &mut Value) {
    let digits = |text: &str| text.parse::<u64>().ok().filter(|_| text.len() < 17);
    *value = match (kind, &*value) {
        (Lie::UpperCase, Value::String(text)) => text.to_uppercase().into(),
        (Lie::NumbersAsText, Value::Number(number)) => number.to_string().into(),
        (Lie::TimesAsNumbers, Value::String(text)) => match digits(text) {
            Some(number) => number.into(),
            None => return,
        },
        _ => return,
    };
}

/// No lie: both lines are held against the schema of chapter 13.
fn by_the_schema(request: &Value, genuine: &Value) -> Result<(), String> {
    // What is asked to be refused is not as in the schema.
    if genuine.get("fault").is_none() && genuine.get("unsupported").is_none() {
        adapter("request", request)?;
    }
    adapter("response", genuine)?;
    let Some(results) = genuine.get("ok") else { return Ok(()) };
    match request["op"].as_str() {
        Some("hello") => adapter("hello-answer", results),
        Some("vector") => adapter("vector-answer", results),
        Some("state") => adapter("state-answer", results),
        _ => Ok(()),
    }
}
