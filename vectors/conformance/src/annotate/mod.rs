//! Bytes with the names of their fields, alone or beside other bytes of the same kind.
//!
//! This module knows nothing about vectors or reports.

mod command;
mod layouts;
mod read;
mod show;

use clap::ValueEnum;
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;

pub(crate) use command::Arguments;
pub(crate) use layouts::{annotate, guess};

/// What bytes can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Card,
    Init,
    Response,
    Complete,
    PrekeyInit,
    Message,
    Record,
    Bundle,
    Manifest,
    File,
    Receipt,
    Close,
    Announcement,
    Code,
}

impl Kind {
    /// The name, and the chapter of the specification with the layout.
    pub(crate) const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Card => ("card", "3.2"),
            Self::Init => ("Init", "4.2"),
            Self::Response => ("Response", "4.2"),
            Self::Complete => ("Complete", "4.2"),
            Self::PrekeyInit => ("PrekeyInit", "5.5"),
            Self::Message => ("message", "7.1"),
            Self::Record => ("prekey record", "5.1"),
            Self::Bundle => ("bundle", "5.2"),
            Self::Manifest => ("manifest", "9.1"),
            Self::File => ("sealed file", "10.1"),
            Self::Receipt => ("receipt", "7.6"),
            Self::Close => ("close", "7.6"),
            Self::Announcement => ("announcement", "9.4"),
            Self::Code => ("scannable code", "9.5"),
        }
    }

    /// The kind of a value of a vector, by its label (chapter 12.3) and, where a label stands for
    /// any packet, by its bytes.
    pub(crate) fn of_value(label: &str, bytes: &[u8]) -> Option<Self> {
        let name = label.rsplit('.').next().unwrap_or(label);
        let name = name.split('[').next().unwrap_or(name);
        match name {
            "card" | "card_i" | "card_r" | "cards" => Some(Self::Card),
            "init" => Some(Self::Init),
            "response" => Some(Self::Response),
            "complete" => Some(Self::Complete),
            "handshake" => Some(Self::PrekeyInit),
            "message" | "messages" => Some(Self::Message),
            "record" | "records" => Some(Self::Record),
            "bundle" => Some(Self::Bundle),
            "manifest" => Some(Self::Manifest),
            "file" => Some(Self::File),
            "scannable" => Some(Self::Code),
            "packet" | "packets" | "replies" => guess(bytes),
            _ => None,
        }
    }
}

/// One field as it stands in the bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Field {
    pub(crate) offset: usize,
    /// How long the layout makes it; `bytes` are fewer when the input ends too soon.
    pub(crate) length: usize,
    pub(crate) name: String,
    #[serde(serialize_with = "as_hex")]
    pub(crate) bytes: Vec<u8>,
    /// What the bytes say, where that is more than bytes.
    pub(crate) value: String,
}

fn as_hex<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&hex::encode(bytes))
}

/// Annotated bytes.
#[derive(Debug, Clone)]
pub(crate) struct Annotated {
    pub(crate) kind: Kind,
    pub(crate) length: usize,
    pub(crate) fields: Vec<Field>,
    /// What is missing, too much or not as it has to be.
    pub(crate) troubles: Vec<String>,
}

/// A field of two byte strings of one kind.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Pair {
    pub(crate) name: String,
    pub(crate) offset: usize,
    pub(crate) length: usize,
    pub(crate) differs: bool,
    /// The field where both differ; `None` also where one lacks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expected: Option<Field>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) found: Option<Field>,
}

/// Two byte strings of one kind, aligned by the names of their fields: a field that is longer or
/// missing does not shift those behind it.
pub(crate) fn align(expected: &Annotated, found: &Annotated) -> Vec<Pair> {
    let names: BTreeSet<&str> = expected.fields.iter().map(|it| it.name.as_str()).collect();
    let mut pairs: Vec<Pair> = Vec::new();
    let mut rest = found.fields.iter().peekable();
    for field in &expected.fields {
        // What only the other one has stands where it has it.
        while let Some(other) = rest.next_if(|it| !names.contains(it.name.as_str())) {
            pairs.push(pair(None, Some(other)));
        }
        let other = found.fields.iter().find(|it| it.name == field.name);
        if other.is_some() {
            while rest
                .next_if(|it| it.name != field.name && names.contains(it.name.as_str()))
                .is_some()
            {}
            rest.next_if(|it| it.name == field.name);
        }
        pairs.push(pair(Some(field), other));
    }
    pairs
        .extend(rest.filter(|it| !names.contains(it.name.as_str())).map(|it| pair(None, Some(it))));
    pairs
}

fn pair(expected: Option<&Field>, found: Option<&Field>) -> Pair {
    let (name, offset, length) = expected
        .or(found)
        .map_or((String::new(), 0, 0), |it| (it.name.clone(), it.offset, it.length));
    let bytes = |of: Option<&Field>| of.map(|it| it.bytes.clone());
    let differs = bytes(expected) != bytes(found);
    let kept = |of: Option<&Field>| of.filter(|_| differs).cloned();
    Pair { name, offset, length, differs, expected: kept(expected), found: kept(found) }
}

#[cfg(test)]
mod tests;
