//! Adapters that lie, for the tests of the runner: `quipu-false-adapter KIND RUNNER`. Behind each stands
//! the embedded reference (`RUNNER serve`), so that only the lie is wrong.

use quipu_vectors::lint::adapter;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write, stdin, stdout};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let kind = arguments.next().expect("a kind");
    let runner = arguments.next().expect("the runner");
    let mut child = Command::new(runner)
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the runner starts");
    let mut input = child.stdin.take().expect("piped");
    let mut output = BufReader::new(child.stdout.take().expect("piped"));
    let mut before = json!({});
    let mut count = 0u64;
    for line in stdin().lock().lines() {
        let line = line.expect("a request");
        let request: Value = serde_json::from_str(&line).unwrap_or_default();
        writeln!(input, "{line}").expect("the reference reads");
        let mut genuine = String::new();
        output.read_line(&mut genuine).expect("the reference answers");
        let genuine: Value = serde_json::from_str(&genuine).expect("JSON");
        count += 1;
        let lie = lie(&kind, &request, &genuine, &before, count);
        before = genuine;
        // The runner may have gone away: then there is nobody to lie to.
        if writeln!(stdout(), "{lie}").and_then(|()| stdout().flush()).is_err() {
            break;
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    match kind.as_str() {
        "never-ends" => thread::sleep(Duration::from_secs(3_600)),
        "bad-end" => std::process::exit(3),
        _ => {}
    }
}

fn lie(kind: &str, request: &Value, genuine: &Value, before: &Value, count: u64) -> String {
    let id = &request["id"];
    let hello = request["op"] == "hello";
    let mut answer = genuine.clone();
    match kind {
        "version" if hello => answer["ok"]["adapter"] = json!(2),
        "protocol" if hello => answer["ok"]["protocol"] = json!("QuipuV2"),
        "profile" if hello => answer["ok"]["profiles"] = json!(["core", "quantum"]),
        "no-core" if hello => answer["ok"]["profiles"] = json!(["prepared"]),
        "any-version" if hello && answer.get("fault").is_some() => {
            answer = json!({ "id": id, "ok": {} });
        }
        "first-version" if hello && answer.get("ok").is_some() => {
            answer["ok"]["adapter"] = request["adapter"][0].clone();
        }
        "nameless" if hello => answer["ok"]["name"] = Value::Null,
        _ if hello && kind != "by-the-schema" => {}
        "ok" => answer = json!({ "id": id, "ok": {} }),
        "reject" => answer = json!({ "id": id, "reject": "authentication", "drew": [] }),
        "unsupported" => answer = json!({ "id": id, "unsupported": true }),
        "fault" => answer = json!({ "id": id, "fault": "no" }),
        "echo" => {
            answer = before.clone();
            answer["id"] = id.clone();
        }
        "hang" => thread::sleep(Duration::from_secs(3_600)),
        "crash" => std::process::exit(9),
        "crash-later" if count == 40 => std::process::exit(9),
        "chatty" => return format!("{answer}\n{answer}"),
        "noise" => return "padding is 256".to_owned(),
        "wrong-id" => answer["id"] = json!(0),
        "two-kinds" => answer["fault"] = json!("and ok"),
        "no-draws" => answer["drew"] = json!([]),
        "same-state" if request["op"] == "state" => answer["ok"]["digest"] = json!("00".repeat(32)),
        "restless-state" if request["op"] == "state" => {
            answer["ok"]["digest"] = json!(format!("{count:064x}"));
        }
        "knows-everything" if answer.get("unsupported").is_some() => {
            answer = json!({ "id": id, "ok": {} });
        }
        "forgiving" if answer.get("fault").is_some() => {
            answer = json!({ "id": answer["id"], "ok": {} });
        }
        "by-the-schema" => {
            if let Err(text) = by_the_schema(request, genuine) {
                answer = json!({ "id": id, "fault": text });
            }
        }
        "other-error" if answer.get("reject").is_some() => answer["reject"] = json!("protocol"),
        _ => {}
    }
    answer.to_string()
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
