//! The seeds of the corpora: genuine bytes, and tests of the published vectors.

use crate::targets::{conversation, insider, receive, restore, signed, storage};
use quipu::crypto::kdf::sha256;
use quipu_vectors::file::{File, Named, Test, load};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// By target, the seeds.
pub type Seeds = BTreeMap<&'static str, BTreeSet<Vec<u8>>>;

/// The longest line or file that becomes a seed.
const LONGEST: usize = 6_000;

/// The name of an input in a corpus.
pub fn name(input: &[u8]) -> String {
    hex::encode(&sha256(&[input])[..10])
}

/// Makes all seeds from the vectors in a folder.
///
/// # Errors
/// A folder that cannot be read, or is not as its manifest says.
pub fn seeds(vectors: &Path) -> Result<Seeds, String> {
    let files = load(vectors).map_err(|error| error.to_string())?;
    let mut seeds = Seeds::new();
    let mut add = |target, list: Vec<Vec<u8>>| seeds.entry(target).or_default().extend(list);
    signed::seeds().into_iter().for_each(|(target, list)| add(target, list));
    receive::seeds().into_iter().for_each(|(target, list)| add(target, list));
    add("conversation", conversation::seeds());
    add("insider", insider::seeds());
    add("restore", restore::seeds());
    add("storage", storage::seeds());
    for Named { file, .. } in &files {
        let tests = few(file);
        add("vectors", tests.iter().filter_map(|test| alone(file, test)).collect());
        if file.operation == "card-verify" {
            add("vectors", tests.iter().flat_map(|test| without(file, test)).collect());
        }
        add("frames", tests.iter().filter_map(|test| lines(file, test)).collect());
        let Some((target, field, front)) = bytes_of(&file.operation) else { continue };
        let hex = |test: &Test| test.input.as_ref()?.get(field)?.as_str().map(hex::decode);
        let found = file.tests.iter().filter_map(hex).flatten();
        let found = found.filter(|it| it.len() <= LONGEST).take(24);
        add(target, found.map(|bytes| [front, &bytes].concat()).collect());
    }
    let content = files.iter().filter(|it| it.file.operation == "message-seal");
    let content = content.flat_map(|it| &it.file.tests).filter_map(content_of);
    add("content", content.filter(|it| it.len() <= LONGEST).collect());
    Ok(seeds)
}

/// The target for the bytes of an operation, the field, and what goes in front.
fn bytes_of(operation: &str) -> Option<(&'static str, &'static str, &'static [u8])> {
    Some(match operation {
        "card-verify" => ("card", "card", &[0]),
        "bundle-verify" => ("bundle", "bundle", &[0]),
        "manifest-verify" => ("manifest", "manifest", &[0]),
        "handshake-respond" => ("packet", "init", &[]),
        "handshake-finish" => ("packet", "response", &[]),
        "handshake-complete" => ("packet", "complete", &[]),
        "message-open" => ("packet", "message", &[]),
        "prepared-respond" => ("packet", "handshake", &[]),
        _ => return None,
    })
}

/// Type and content of a message that is sealed.
fn content_of(test: &Test) -> Option<Vec<u8>> {
    let input = test.input.as_ref()?;
    let kind = u8::try_from(input.get("type")?.as_u64()?).ok()?;
    let content = hex::decode(input.get("content")?.as_str()?).ok()?;
    Some([&[kind], content.as_slice()].concat())
}

/// The shortest test of a file that succeeds, and the shortest that does not.
fn few(file: &File) -> Vec<&Test> {
    let length = |test: &&Test| serde_json::to_string(test).map_or(usize::MAX, |text| text.len());
    let shortest =
        |negative| file.tests.iter().filter(|it| it.is_negative() == negative).min_by_key(length);
    [false, true].into_iter().filter_map(shortest).collect()
}

/// A vector file with one test.
fn alone(file: &File, test: &Test) -> Option<Vec<u8>> {
    let file = File { tests: vec![test.clone()], flags: BTreeMap::new(), ..file.clone() };
    serde_json::to_vec(&file).ok().filter(|text| text.len() <= LONGEST)
}

/// A vector file with one test that lacks a field, for each field.
fn without(file: &File, test: &Test) -> Vec<Vec<u8>> {
    let whole = alone(file, test).and_then(|text| serde_json::from_slice::<Value>(&text).ok());
    let whole = whole.unwrap_or_default();
    let fields = whole["tests"][0].as_object().into_iter().flat_map(|it| it.keys());
    let lacking = fields.map(|field| {
        let mut lacking = whole.clone();
        lacking["tests"][0].as_object_mut().map(|test| test.remove(field));
        lacking.to_string().into_bytes()
    });
    lacking.collect()
}

/// The requests with which a runner plays a test.
fn lines(file: &File, test: &Test) -> Option<Vec<u8>> {
    let mut requests = vec![json!({ "op": "hello", "adapter": [1], "protocol": file.protocol })];
    match &test.steps {
        None => requests.push(json!({
            "op": "vector", "operation": file.operation, "suite": file.suite,
            "input": test.input, "random": test.random.clone().unwrap_or_default(),
        })),
        Some(steps) => {
            requests.push(json!({
                "op": "begin", "operation": file.operation, "suite": file.suite,
                "setup": test.setup,
            }));
            let step =
                |step| json!({ "op": "step", "step": quipu_vectors::script::arguments(step) });
            requests.extend(steps.iter().map(step));
        }
    }
    let numbered = (0_u64..).zip(&mut requests);
    numbered.for_each(|(number, request)| request["id"] = Value::from(number));
    let text = requests.iter().map(|request| format!("{request}\n")).collect::<String>();
    (text.len() <= LONGEST).then(|| text.into_bytes())
}
