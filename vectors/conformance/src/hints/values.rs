//! Mistakes that show in the value itself: its form, its unit, its place.

use super::Hint;
use quipu_vectors::file::Test;
use serde_json::Value;

/// What is wrong with the form of a value, and whose value it is if it is another's.
pub(super) fn hints(test: &Test, label: &str, expected: &Value, found: &Value) -> Vec<Hint> {
    let mut out = Vec::new();
    let mut add = |id, text: String| out.push(Hint { id, text });
    match (expected, found) {
        (Value::String(due), Value::Number(number)) if number.to_string() == *due => {
            add(
                "form-number",
                format!(
                    "`{label}` is a JSON number; times and 64-bit numbers are decimal strings (chapter 12.1)"
                ),
            );
        }
        (Value::Number(due), Value::String(text)) if *text == due.to_string() => {
            add(
                "form-string",
                format!("`{label}` is a string; this field is a JSON number (chapter 12.1)"),
            );
        }
        (Value::String(due), Value::String(text)) => {
            if let Some((id, how)) = form(due, text) {
                add(id, format!("`{label}` {how}"));
            }
        }
        _ => {}
    }
    for (other, value) in named(test) {
        let long = value.as_str().is_some_and(|it| it.len() >= 16);
        if other != label && long && value == *found && value != *expected {
            add("other-value", format!("`{label}` has the value of `{other}`"));
            break;
        }
    }
    out
}

/// The form of a text that says the right thing wrongly.
fn form(due: &str, text: &str) -> Option<(&'static str, String)> {
    if let (Ok(due), Ok(found)) = (due.parse::<u64>(), text.parse::<u64>())
        && due >= 1_000_000
    {
        let unit = match found {
            _ if found == due / 1_000 => "seconds",
            _ if found / 1_000 == due => "microseconds",
            _ if due.swap_bytes() == found => {
                return Some(("little-endian", "is read little-endian".to_owned()));
            }
            _ => return None,
        };
        return Some((unit, format!("is in {unit}, not milliseconds")));
    }
    let bytes = hex::decode(due).ok().filter(|it| !it.is_empty())?;
    if text.len() == due.len() && text.eq_ignore_ascii_case(due) && text != due {
        return Some(("form-upper-case", "is upper-case hex; hex is lower case".to_owned()));
    }
    if text.strip_prefix("0x") == Some(due) {
        return Some(("form-prefix", "begins with 0x; hex has no prefix".to_owned()));
    }
    let plain = base64(&bytes);
    let text_url = text.replace('-', "+").replace('_', "/");
    if text_url.trim_end_matches('=') == plain {
        return Some(("form-base64", "is base64; bytes are lower-case hex".to_owned()));
    }
    if text == hex::encode(due) {
        return Some(("hex-text", "is the hex of the hex text".to_owned()));
    }
    let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
    if bytes.len() > 1 && text == hex::encode(reversed) && text != due {
        return Some(("byte-order", "has its bytes in the reverse order".to_owned()));
    }
    if text.len() >= 16 && text.len() < due.len() && due.starts_with(text) {
        let (found, all) = (text.len() / 2, bytes.len());
        return Some(("cut", format!("is cut to {found} bytes of {all}")));
    }
    if due.len() >= 16 && text.len() > due.len() && text.starts_with(due) {
        let more = (text.len() - due.len()) / 2;
        return Some(("too-long", format!("is right and has {more} bytes behind it")));
    }
    None
}

/// Base64 without padding.
fn base64(bytes: &[u8]) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let number = three.iter().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
        let number = number << (8 * (3 - three.len()));
        for place in 0..=three.len() {
            out.push(char::from(letters[number >> (18 - 6 * place) & 63]));
        }
    }
    out
}

/// Every value of a test that has a name.
fn named(test: &Test) -> Vec<(String, Value)> {
    let steps = test.intermediate.iter().map(|(label, hex)| (label.clone(), hex.clone().into()));
    let objects = [test.output.as_ref(), test.input.as_ref()].into_iter().flatten();
    let fields = objects.flatten().map(|(name, value)| (name.clone(), value.clone()));
    steps.chain(fields).collect()
}

/// The padded length of chapter 7.5, computed wrongly.
pub(super) fn padding(length: u64, found: u64) -> Vec<Hint> {
    let padme = |length: u64, bits: u32| {
        let exponent = length.max(2).ilog2();
        let shift = exponent.saturating_sub(exponent.max(1).ilog2() + bits);
        length.next_multiple_of(1 << shift)
    };
    let pad = |length: u64| padme(length, 1).max(256);
    let right = pad(length + 5);
    let next = pad(right + 1);
    let before = (256..right).rev().map(pad).find(|it| *it < right);
    let all = [
        ("padding-header", "is padded without the five bytes before the content", pad(length)),
        ("padding-least", "has not at least 256 bytes", padme(length + 5, 1)),
        (
            "padding-bits",
            "is made with S = floor(log2 E), without + 1",
            padme(length + 5, 0).max(256),
        ),
        (
            "padding-power",
            "is rounded up to a power of two",
            (length + 5).next_power_of_two().max(256),
        ),
        ("padding-next", "is the next padded length: what fits exactly stays", next),
        (
            "padding-before",
            "is the padded length before: the content does not fit",
            before.unwrap_or(right),
        ),
        ("padding-none", "is not padded", length + 5),
        ("padding-none", "is the length of the content", length),
    ];
    let fits = all.into_iter().filter(|(_, _, value)| *value == found && found != right);
    fits.map(|(id, text, _)| Hint { id, text: format!("`padded` {text}") }).collect()
}
