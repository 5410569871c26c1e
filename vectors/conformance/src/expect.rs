//! Expected failures: what a client under construction is known not to pass, and until when.
//!
//! ```text
//! # name                          until       why
//! handshake-respond/…-psk-other   2027-01-31  pre-shared secrets come next month
//! ```

use crate::options::Stop;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Expected failures by the name of the test.
#[derive(Debug, Default)]
pub(crate) struct Expected(BTreeMap<String, u64>);

impl Expected {
    /// Reads a file: on each line a name, the last day on which it counts, and why.
    pub(crate) fn read(path: &Path) -> Result<Self, Stop> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Stop::usage(format!("cannot read {shown}: {error}")))?;
        let mut expected = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what: &str| {
                Stop::usage(format!(
                    "{shown}, line {}: {what}; write: NAME YYYY-MM-DD REASON",
                    number + 1
                ))
            };
            let mut words = line.split_whitespace();
            let name = words.next().unwrap_or_default().to_owned();
            let until = words.next().ok_or_else(|| wrong("the date is missing"))?;
            let until = day(until).ok_or_else(|| wrong("this is no date"))?;
            if words.next().is_none() {
                return Err(wrong("the reason is missing"));
            }
            if expected.insert(name, until).is_some() {
                return Err(wrong("the name stands twice"));
            }
        }
        Ok(Self(expected))
    }

    /// Whether the test may fail today.
    pub(crate) fn excuses(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// What is stale: entries that pass, that match nothing, or whose day is over.
    pub(crate) fn stale<'a>(&self, tests: impl Fn(&str) -> Option<bool> + 'a) -> Vec<String> {
        let today = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs());
        let today = today / 86_400;
        let stale = self.0.iter().filter_map(|(name, until)| match tests(name) {
            None => Some(format!("{name} matches no test that was run")),
            Some(true) => Some(format!("{name} passes")),
            Some(false) if *until < today => Some(format!("{name} was expected too long")),
            Some(false) => None,
        });
        stale.collect()
    }
}

/// Days since 1970 of `YYYY-MM-DD`.
fn day(text: &str) -> Option<u64> {
    let mut parts = text.split('-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let fits = parts.next().is_none() && (1970..=9999).contains(&year);
    if !fits || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years that begin in March (Hinnant, days_from_civil).
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_are_counted_from_1970() {
        assert_eq!(day("1970-01-01"), Some(0));
        assert_eq!(day("1970-03-01"), Some(59));
        assert_eq!(day("2000-02-29"), Some(11_016));
        assert_eq!(day("2026-11-21"), Some(20_778));
        assert_eq!(day("2026-13-01"), None);
        assert_eq!(day("tomorrow"), None);
    }
}
