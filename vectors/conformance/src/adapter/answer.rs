//! Chapter 13.1: what a response may look like.

use super::{PROFILES, VERSION};
use quipu_vectors::file::{Object, PROTOCOL};
use serde_json::Value;

/// A response.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Done: the results and the lengths of the draws.
    Ok(Object, Vec<u64>),
    /// Refused by the client, and the lengths of the draws.
    Reject(String, Vec<u64>),
    /// Not implemented.
    Unsupported,
    /// Anything else that the adapter says of itself.
    Fault(String),
}

impl Answer {
    /// Reads a line that answers the request `id`; a line that is no request has none.
    ///
    /// # Errors
    /// What is wrong with the line.
    pub fn read(line: &str, id: Option<u64>) -> Result<Self, String> {
        let shown: String = line.chars().take(200).collect();
        let value: Value =
            serde_json::from_str(line).map_err(|error| format!("no JSON ({error}): {shown}"))?;
        let object = value.as_object().ok_or_else(|| format!("not an object: {shown}"))?;
        let due = id.map_or(Value::Null, Value::from);
        if object.get("id") != Some(&due) {
            return Err(format!("the answer to request {due} has id {}", value["id"]));
        }
        let kinds = ["ok", "reject", "unsupported", "fault"];
        let found: Vec<&str> =
            kinds.into_iter().filter(|kind| object.contains_key(*kind)).collect();
        let [kind] = found.as_slice() else {
            return Err(format!("exactly one of {kinds:?} is due, found {found:?}: {shown}"));
        };
        let drew = drew(object)?;
        let text = || value[*kind].as_str().map(str::to_owned);
        match *kind {
            "ok" => match &value["ok"] {
                Value::Object(results) => Ok(Self::Ok(results.clone(), drew)),
                _ => Err(format!("ok is not an object: {shown}")),
            },
            "reject" => {
                let name = text().ok_or_else(|| format!("reject is not a text: {shown}"))?;
                Ok(Self::Reject(name, drew))
            }
            "unsupported" if value["unsupported"] == Value::Bool(true) => Ok(Self::Unsupported),
            "fault" => Ok(Self::Fault(text().unwrap_or_else(|| value["fault"].to_string()))),
            _ => Err(format!("unsupported is not true: {shown}")),
        }
    }
}

fn drew(object: &Object) -> Result<Vec<u64>, String> {
    let Some(value) = object.get("drew") else { return Ok(Vec::new()) };
    let list = value.as_array().ok_or("drew is not a list")?;
    list.iter().map(|it| it.as_u64().ok_or_else(|| format!("drew has {it}"))).collect()
}

/// Who answers.
#[derive(Debug, Clone)]
pub(crate) struct Hello {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) language: String,
    pub(crate) profiles: Vec<String>,
}

impl Hello {
    /// Name, version and language in a line.
    pub(crate) fn shown(&self) -> String {
        format!("{} {} ({})", self.name, self.version, self.language)
    }

    /// Whether the client claims all these profiles.
    pub(crate) fn claims_all(&self, profiles: &[String]) -> bool {
        profiles.iter().all(|profile| self.profiles.contains(profile))
    }

    /// Reads the answer to `hello`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(answer: &Answer) -> Result<Self, String> {
        let Answer::Ok(fields, _) = answer else {
            return Err(format!("hello was answered with {answer:?}"));
        };
        let text = |name: &str| {
            let value = fields.get(name).and_then(Value::as_str);
            value.map(str::to_owned).ok_or_else(|| format!("hello lacks the text {name}"))
        };
        if fields.get("adapter").and_then(Value::as_u64) != Some(VERSION) {
            let found = fields.get("adapter").cloned().unwrap_or_default();
            return Err(format!("the adapter speaks version {found} of chapter 13, not {VERSION}"));
        }
        if text("protocol")? != PROTOCOL {
            return Err(format!("the adapter is for {}, not {PROTOCOL}", text("protocol")?));
        }
        let profiles = fields.get("profiles").and_then(Value::as_array).cloned();
        let profiles: Vec<String> = profiles
            .ok_or("hello lacks the list profiles")?
            .iter()
            .map(|it| it.as_str().map(str::to_owned).ok_or_else(|| format!("profile {it}")))
            .collect::<Result<_, _>>()?;
        if let Some(unknown) = profiles.iter().find(|it| !PROFILES.contains(&it.as_str())) {
            return Err(format!("the profile {unknown:?} is not known; there are {PROFILES:?}"));
        }
        if !profiles.iter().any(|it| it == "core") {
            return Err("a client without the profile core cannot be tested".to_owned());
        }
        Ok(Self {
            name: text("name")?,
            version: text("version")?,
            language: text("language")?,
            profiles,
        })
    }
}
