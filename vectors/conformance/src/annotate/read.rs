//! Taking fields off bytes, also when they end too soon.

use super::Field;

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holds {
    Bytes,
    /// Ciphertext: under a seal a byte differs where the plaintext differs.
    Sealed,
    /// A big-endian number.
    Number,
    Time,
    /// One value and no other.
    Only(u64),
    /// Text of so many bytes, then zeros.
    Text(usize),
    /// A number with names for its values.
    Named(&'static [(u64, &'static str)]),
}

/// The reader of one layout.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// What stands before the names of the fields: the part that they are of.
    part: String,
    pub(super) fields: Vec<Field>,
    pub(super) troubles: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, part: String::new(), fields: Vec::new(), troubles: Vec::new() }
    }

    /// The bytes that no field has taken.
    pub(super) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// A field; once the bytes have ended nothing is taken any more.
    pub(super) fn take(&mut self, name: &str, length: usize, holds: Holds) -> &'a [u8] {
        let there = length.min(self.left());
        let bytes = &self.bytes[self.at..self.at + there];
        let name = format!("{}{name}", self.part);
        if there < length {
            let missing = length - there;
            self.troubles.push(format!("{missing} of {length} bytes of {name} are missing"));
        }
        if there > 0 || (length == 0 && self.left() > 0) {
            let value =
                if there == length { self.value(&name, bytes, holds) } else { String::new() };
            self.fields.push(Field { offset: self.at, length, name, bytes: bytes.to_vec(), value });
        }
        self.at += there;
        bytes
    }

    /// A number; `None` when the bytes end before its end.
    pub(super) fn number(&mut self, name: &str, length: usize, holds: Holds) -> Option<u64> {
        let bytes = self.take(name, length, holds);
        (bytes.len() == length).then(|| number(bytes))
    }

    /// Fields of a part with a name of its own.
    pub(super) fn part(&mut self, name: &str, read: impl FnOnce(&mut Self)) {
        let before = self.part.len();
        self.part = format!("{}{name}, ", self.part);
        read(self);
        self.part.truncate(before);
    }

    /// Notes what is wrong.
    pub(super) fn trouble(&mut self, text: impl Into<String>) {
        self.troubles.push(text.into());
    }

    /// What no field takes is too much.
    pub(super) fn end(&mut self) {
        let left = self.left();
        if left > 0 {
            self.take("behind the end", left, Holds::Bytes);
            self.troubles.push(format!("{left} bytes too many"));
        }
    }

    fn value(&mut self, name: &str, bytes: &[u8], holds: Holds) -> String {
        match holds {
            Holds::Bytes if bytes.len() > 1 && bytes.iter().all(|it| *it == 0) => "zero".to_owned(),
            Holds::Bytes => String::new(),
            Holds::Sealed => "sealed".to_owned(),
            Holds::Number => number(bytes).to_string(),
            Holds::Time => time(number(bytes)),
            Holds::Only(due) => {
                let found = number(bytes);
                if found == due {
                    return found.to_string();
                }
                self.troubles.push(format!("{name} is {found}, not {due}"));
                format!("{found}, not {due}")
            }
            Holds::Text(length) => {
                let (text, padding) = bytes.split_at(length.min(bytes.len()));
                if padding.iter().any(|it| *it != 0) {
                    self.troubles.push(format!("{name} is not zero behind its {length} bytes"));
                }
                String::from_utf8(text.to_vec())
                    .map_or_else(|_| "not text".to_owned(), |text| format!("{text:?}"))
            }
            Holds::Named(names) => {
                let found = number(bytes);
                let name_of = names.iter().find(|(value, _)| *value == found);
                if name_of.is_none() {
                    self.troubles.push(format!("{name} is {found}, which has no meaning"));
                }
                format!("{found}: {}", name_of.map_or("no meaning", |(_, name)| name))
            }
        }
    }
}

/// A big-endian number of at most eight bytes.
pub(super) fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

/// Milliseconds since 1970 as a date in UTC.
pub(super) fn time(milliseconds: u64) -> String {
    let (days, rest) = (milliseconds / 86_400_000, milliseconds % 86_400_000);
    // Years that begin in March (Hinnant, civil_from_days).
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day + 2) / 153;
    let date = day - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    if year > 9_999 {
        return format!("{milliseconds} ms, after the year 9999");
    }
    let (seconds, part) = (rest / 1_000, rest % 1_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let part = if part == 0 { String::new() } else { format!(".{part:03}") };
    format!("{milliseconds} = {year}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}{part}Z")
}
