//! The subcommand `annotate`.

use super::layouts::{annotate, guess};
use super::{Kind, show};
use crate::options::Stop;
use clap::{Args, ValueEnum};
use std::io::{Read, stdin};

/// Bytes and what they are.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The bytes in hex, spaces and line breaks allowed; `-` reads them from standard input
    #[arg(value_name = "HEX")]
    bytes: String,

    /// What the bytes are, where their beginning does not say it
    #[arg(long, value_enum)]
    kind: Option<Kind>,

    /// Other bytes of the same kind: shows the fields that differ
    #[arg(long, value_name = "HEX")]
    against: Option<String>,
}

impl Arguments {
    /// The annotated bytes as text.
    pub(crate) fn run(&self) -> Result<String, Stop> {
        let bytes = match self.bytes.as_str() {
            "-" => {
                let mut text = String::new();
                let read = stdin().read_to_string(&mut text);
                read.map_err(|error| Stop::usage(format!("cannot read the bytes: {error}")))?;
                unhex(&text, "the bytes")?
            }
            text => unhex(text, "the bytes")?,
        };
        let kind = self.kind.or_else(|| guess(&bytes)).ok_or_else(|| {
            let all = Kind::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            let all: Vec<String> = all.map(|it| it.get_name().to_owned()).collect();
            let all = all.join(", ");
            Stop::usage(format!(
                "{} bytes whose beginning does not say what they are; add --kind, one of {all}",
                bytes.len()
            ))
        })?;
        let first = annotate(kind, &bytes);
        match &self.against {
            None => Ok(show::alone(&first)),
            Some(text) => Ok(show::against(&first, &annotate(kind, &unhex(text, "--against")?))),
        }
    }
}

/// Bytes of hex; white space does not count.
fn unhex(text: &str, of: &str) -> Result<Vec<u8>, Stop> {
    let digits: String = text.split_whitespace().collect();
    if digits.is_empty() {
        return Err(Stop::usage(format!("{of}: there is nothing; write hex digits")));
    }
    if let Some((place, letter)) =
        digits.chars().enumerate().find(|(_, it)| !it.is_ascii_hexdigit())
    {
        let place = place + 1;
        return Err(Stop::usage(format!("{of}: character {place} is {letter:?}, no hex digit")));
    }
    hex::decode(&digits).map_err(|_| {
        let count = digits.len();
        Stop::usage(format!("{of}: {count} hex digits, an odd number; two make a byte"))
    })
}
