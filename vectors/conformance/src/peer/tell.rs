//! The language of the live cases (vectors/live/README.md): each line is something that a device,
//! the network or the clock does.

use super::packet::{Packet, alter, field};
use super::people::{self, Records};
use super::table::{Table, Trouble, address, case};
use crate::adapter::Stop;
use quipu_vectors::file::Object;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A case while it is told.
pub(crate) struct Teller<'t, 'a> {
    pub(crate) table: Table<'t, 'a>,
    packets: BTreeMap<String, Packet>,
    /// How far a device's clock is ahead, in milliseconds.
    skew: BTreeMap<String, i64>,
    /// Session by device and peer.
    sessions: BTreeMap<(String, String), String>,
    records: BTreeMap<String, Records>,
    manifests: BTreeMap<&'static str, Vec<String>>,
    /// A walk: a line says nothing about what has to come of it, unless it begins with ` ! `.
    walk: bool,
    /// The lines with what came of them.
    pub(crate) told: Vec<String>,
}

/// What a line declares behind its words.
#[derive(Debug, Default)]
struct Declared<'a> {
    /// Whatever comes of it.
    any: bool,
    error: Option<&'a str>,
    events: Option<Vec<&'a str>>,
}

/// Takes `WORD VALUE` out of a list of words.
fn take<'w>(words: &mut Vec<&'w str>, word: &str) -> Option<&'w str> {
    let at = words.iter().position(|it| *it == word)?;
    let value = words.get(at + 1).copied()?;
    words.drain(at..at + 2);
    Some(value)
}

/// Takes a word out of a list of words.
fn flag(words: &mut Vec<&str>, word: &str) -> bool {
    let at = words.iter().position(|it| *it == word);
    at.map(|at| words.remove(at)).is_some()
}

fn number<T: core::str::FromStr>(word: &str) -> Result<T, Trouble> {
    word.parse().map_err(|_| case(format!("{word:?} is not a number")))
}

/// `90s`, `5m`, `3h`, `7d`, or milliseconds.
fn duration(word: &str) -> Result<i64, Trouble> {
    let (digits, unit) = match word.as_bytes().last() {
        Some(b's') => (&word[..word.len() - 1], 1_000),
        Some(b'm') => (&word[..word.len() - 1], 60_000),
        Some(b'h') => (&word[..word.len() - 1], 3_600_000),
        Some(b'd') => (&word[..word.len() - 1], 86_400_000),
        _ => (word, 1),
    };
    number::<i64>(digits).map(|count| count * unit)
}

fn list<'v>(step: &'v Object, name: &str) -> &'v [Value] {
    step.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap_or_default()).unwrap_or_default()
}

impl<'t, 'a> Teller<'t, 'a> {
    pub(crate) fn new(table: Table<'t, 'a>, walk: bool) -> Self {
        Self {
            table,
            walk,
            told: Vec::new(),
            packets: BTreeMap::new(),
            skew: BTreeMap::new(),
            sessions: BTreeMap::new(),
            records: BTreeMap::new(),
            manifests: BTreeMap::new(),
        }
    }

    /// Plays a line; `repeat COUNT ONE ; OTHER` is lines played so many times.
    pub(crate) fn line(&mut self, line: &str) -> Result<(), Trouble> {
        let Some((count, lines)) = line.strip_prefix("repeat ").and_then(|it| it.split_once(' '))
        else {
            return self.one(line);
        };
        for _ in 0..number::<usize>(count)? {
            lines.split(';').try_for_each(|line| self.one(line.trim()))?;
        }
        Ok(())
    }

    fn one(&mut self, line: &str) -> Result<(), Trouble> {
        let strict = line.strip_prefix("! ");
        let any = self.walk && strict.is_none();
        let line = strict.unwrap_or(line);
        let (words, error) = line.split_once(" ! ").map_or((line, None), |it| (it.0, Some(it.1)));
        let (words, events) = match words.split_once(" = ") {
            Some((words, events)) => (words, Some(events.split_whitespace().collect())),
            None => (words, None),
        };
        let declared = Declared { any, error: error.map(str::trim), events };
        let words: Vec<&str> = words.split_whitespace().collect();
        let before = self.told.len();
        self.told.push(line.to_owned());
        match self.words(words, &declared) {
            // In a walk, what a line needs may not be there.
            Err(Trouble::Case(_)) if any => {
                self.told.truncate(before);
                Ok(())
            }
            Err(Trouble::Case(text)) => Err(case(format!("{line}: {text}"))),
            Err(Trouble::Client(Stop::Played(played))) => {
                Err(Stop::Played(played.within(line)).into())
            }
            other => other,
        }
    }

    fn words(&mut self, mut words: Vec<&str>, declared: &Declared<'_>) -> Result<(), Trouble> {
        let name = take(&mut words, "as").map(str::to_owned);
        match words[..] {
            ["wait", time] => {
                self.table.now = self.table.now.saturating_add_signed(duration(time)?);
                Ok(())
            }
            ["meet", one, other] => self.meet(one, other),
            ["talk", one, other] => self.talk(one, other),
            [who, "clock", ahead] => {
                self.skew.insert(who.to_owned(), duration(ahead)?);
                Ok(())
            }
            [who, "gets", packet, ..] => {
                self.gets(who, packet, words[3..].to_vec(), name, declared)
            }
            [who, "says", to, ..] => self.says(who, to, &words[3..], name, declared),
            [who, "init", to, ..] => {
                let card = self.card_of(to, &words[3..])?;
                let step = self.act(who, "initiate", &json!({ "card": card }), declared)?;
                self.keep(who, name, step.get("packet"));
                Ok(())
            }
            [who, "closes", to] => {
                let step = self.act(who, "close", &json!({ "to": to }), declared)?;
                self.keep(who, name, step.get("packet"));
                Ok(())
            }
            [who, "acks", to] => {
                let session = self.sessions.get(&(who.to_owned(), to.to_owned())).cloned();
                let more = json!({ "to": to, "session": session.unwrap_or("00".repeat(16)) });
                let step = self.act(who, "receipt", &more, declared)?;
                if !declared.any && name.is_some() != step.contains_key("packet") {
                    return Err(case("a receipt was owed or not, and not as declared"));
                }
                self.keep(who, name, step.get("packet"));
                Ok(())
            }
            [who, "due", ..] => {
                let step = self.act(who, "due", &json!({}), declared)?;
                let packets = list(&step, "packets");
                if let [_, "due", "repeats", count] = words[..]
                    && packets.len() != number::<usize>(count)?
                {
                    return Err(case(format!("{} packets are due", packets.len())));
                }
                let first = packets.first().and_then(|it| it.get(1)).cloned();
                self.keep(who, name, first.as_ref());
                Ok(())
            }
            [who, "restarts", ..] => {
                let cache = words.get(2) != Some(&"bare");
                self.act(who, "restart", &json!({ "cache": cache }), declared).map(|_| ())
            }
            [who, "pins", whose, ..] => {
                let place = self.table.person(words.get(4).copied().unwrap_or(whose))?;
                let (user, device) = (place.user, place.device);
                let ik = self.table.person(whose)?.ik.clone();
                let more = json!({ "address": address(user), "device": device, "ik": ik });
                self.act(who, "pin", &more, declared).map(|_| ())
            }
            [who, "psk", secret, ..] => {
                let mut more = json!({ "psk": people::psk(secret) });
                if let Some(peer) = words.get(4) {
                    more["peer"] = json!(self.table.person(peer)?.ik);
                }
                self.act(who, "psk", &more, declared).map(|_| ())
            }
            [who, "least", peer, suite] => {
                let more = json!({ "peer": self.table.person(peer)?.ik,
                    "suite": number::<u16>(suite)? });
                self.act(who, "least", &more, declared).map(|_| ())
            }
            _ => self.prepared(words, name, declared),
        }
    }

    /// Chapter 5.
    fn prepared(
        &mut self,
        words: Vec<&str>,
        name: Option<String>,
        declared: &Declared<'_>,
    ) -> Result<(), Trouble> {
        match words[..] {
            [who, "renews"] => {
                let (suite, now) = (self.table.suite, self.now(who));
                let card = people::renewed(self.table.person(who)?, suite, now)?;
                self.act(who, "card", &json!({ "card": card }), declared)?;
                let who = self.table.people.get_mut(who);
                who.ok_or_else(|| case("nobody"))?.card = card;
                Ok(())
            }
            [who, "prekeys", count] => {
                let more = json!({ "one_time": number::<usize>(count)? });
                let step = self.act(who, "prekeys", &more, declared)?;
                let records = self.records.entry(who.to_owned()).or_default();
                list(&step, "records").iter().for_each(|record| records.add(bytes(record)));
                Ok(())
            }
            [who, "prepares", whose, ..] => {
                let mut rest = words[3..].to_vec();
                let (plain, again) = (flag(&mut rest, "plain"), flag(&mut rest, "again"));
                let shown = take(&mut rest, "behind").unwrap_or(whose);
                let suite = self.table.suite;
                let card = hex::decode(&self.table.person(shown)?.card).unwrap_or_default();
                let records = self.records.entry(whose.to_owned()).or_default();
                let bundle = records.bundle(&card, suite, plain, again).map_err(case)?;
                let bundle = alter(&bundle, &rest, |name| people::of_bundle(&bundle, name));
                let more = json!({ "bundle": hex::encode(bundle.map_err(case)?) });
                self.act(who, "prepare", &more, declared).map(|_| ())
            }
            _ => self.devices(words, name, declared),
        }
    }

    /// Chapter 9.
    fn devices(
        &mut self,
        words: Vec<&str>,
        name: Option<String>,
        declared: &Declared<'_>,
    ) -> Result<(), Trouble> {
        match words[..] {
            [who, "lists", ..] => {
                let people: Result<Vec<_>, _> = words[2..]
                    .iter()
                    .map(|it| {
                        let name = it.trim_start_matches('-');
                        self.table.person(name).cloned().map(|person| (person, *it == name))
                    })
                    .collect();
                let (owner, now) = (self.table.person(who)?.clone(), self.now(who));
                let chain = self.manifests.entry(owner.account).or_default();
                let next = people::manifest(&owner, chain.last(), &people?, now)?;
                chain.push(next);
                Ok(())
            }
            [who, "learns", whose, ..] => {
                let mut rest = words[3..].to_vec();
                let replace = flag(&mut rest, "replacing");
                let manifests = self.chain(whose, &mut rest)?;
                let more = json!({ "manifests": manifests, "replace": replace });
                self.act(who, "manifest", &more, declared).map(|_| ())
            }
            [who, "announces", to, ..] => {
                let mut rest = words[3..].to_vec();
                let whose = take(&mut rest, "of").unwrap_or(who);
                let content = people::announcement(&self.chain(whose, &mut rest)?);
                let more = json!({ "to": to, "type": 4, "content": content });
                let step = self.act(who, "send", &more, declared)?;
                self.keep(who, name, step.get("packet"));
                Ok(())
            }
            [who, "tells", whose] => {
                let content = hex::encode(self.table.dice.bytes(20));
                let user = self.table.person(whose)?.user;
                let more = json!({ "address": address(user), "type": 1, "content": content });
                let step = self.act(who, "send-all", &more, declared)?;
                let mut told = Vec::new();
                for pair in list(&step, "packets") {
                    let to = pair[0].as_str().unwrap_or_default();
                    match pair[1]["error"].as_str() {
                        Some(error) => told.push(format!("{to}:{error}")),
                        None => told.push(to.to_owned()),
                    }
                    let name = name.as_ref().map(|name| format!("{name}.{to}"));
                    self.keep(who, name, pair.get(1));
                }
                let told: Vec<&str> = told.iter().map(String::as_str).collect();
                match &declared.events {
                    Some(expected) if *expected != told => {
                        Err(case(format!("told {told:?}, the case says {expected:?}")))
                    }
                    _ => Ok(()),
                }
            }
            _ => Err(case("this line is not of the language of the live cases")),
        }
    }

    /// Manifests of a user: the newest, or those with the numbers given.
    fn chain(&self, whose: &str, words: &mut Vec<&str>) -> Result<Vec<String>, Trouble> {
        let chain = self.manifests.get(self.table.person(whose)?.account);
        let chain = chain.ok_or_else(|| case(format!("{whose} has no manifest")))?;
        let numbers: Vec<usize> = words.iter().map_while(|word| word.parse().ok()).collect();
        words.drain(..numbers.len());
        let numbers = if numbers.is_empty() { vec![chain.len()] } else { numbers };
        let mut picked = Vec::new();
        for number in numbers {
            let manifest = chain.get(number.wrapping_sub(1));
            let manifest = manifest.ok_or_else(|| case(format!("no manifest {number}")))?;
            let manifest = hex::decode(manifest).unwrap_or_default();
            let altered = alter(&manifest, words, |name| people::of_manifest(&manifest, name));
            picked.push(hex::encode(altered.map_err(case)?));
        }
        Ok(picked)
    }

    fn card_of(&self, whose: &str, words: &[&str]) -> Result<String, Trouble> {
        let card = hex::decode(&self.table.person(whose)?.card).unwrap_or_default();
        let altered = alter(&card, words, people::of_card);
        altered.map(hex::encode).map_err(case)
    }

    fn now(&self, who: &str) -> u64 {
        self.table.now.saturating_add_signed(self.skew.get(who).copied().unwrap_or(0))
    }

    /// One step; its error and the names of its events have to be those that the case declares.
    fn act(
        &mut self,
        who: &str,
        what: &str,
        more: &Value,
        declared: &Declared<'_>,
    ) -> Result<Object, Trouble> {
        let now = self.now(who);
        let step = self.table.act(who, what, now, more)?;
        let error = step.get("error").and_then(Value::as_str);
        if !declared.any && error != declared.error {
            let says = declared.error.unwrap_or("success");
            let text = format!("the reference answers {}", error.unwrap_or("success"));
            return Err(case(format!("{text}, the case says {says}")));
        }
        let mut found = Vec::new();
        for event in list(&step, "events") {
            let name = event["event"].as_str().unwrap_or_default();
            let error = event["error"].as_str();
            found.push(error.map_or(name.to_owned(), |error| format!("{name}:{error}")));
            if name == "established" {
                let peer = event["peer"].as_str().unwrap_or_default();
                let session = event["session"].as_str().unwrap_or_default();
                let people = self.table.people.iter();
                for (peer, _) in people.filter(|(_, it)| it.ik == peer) {
                    let key = (who.to_owned(), (*peer).to_owned());
                    self.sessions.insert(key, session.to_owned());
                }
            }
        }
        if let (true, Some(told)) = (declared.any, self.told.last_mut()) {
            match error {
                Some(error) => *told += &format!(" ! {error}"),
                None if !found.is_empty() => *told += &format!(" = {}", found.join(" ")),
                None => {}
            }
        }
        match &declared.events {
            Some(events) if what != "send-all" && found != *events => {
                let text = format!("the reference reports {}", found.join(" "));
                Err(case(format!("{text}, the case says {}", events.join(" "))))
            }
            _ => Ok(step),
        }
    }

    fn keep(&mut self, from: &str, name: Option<String>, packet: Option<&Value>) {
        if let (Some(name), Some(packet)) = (name, packet) {
            let packet = Packet { from: from.to_owned(), bytes: bytes(packet) };
            self.packets.insert(name, packet);
        }
    }

    /// `WHO gets PACKET [alteration] [from NAME|nobody] [with FIELD of PACKET] [as NAME]`
    fn gets(
        &mut self,
        who: &str,
        packet: &str,
        mut words: Vec<&str>,
        name: Option<String>,
        declared: &Declared<'_>,
    ) -> Result<(), Trouble> {
        let packet = self.packet(packet)?.clone();
        let from = take(&mut words, "from").map_or_else(|| packet.from.clone(), str::to_owned);
        let mut altered = packet.bytes.clone();
        if let ["with", what, "of", other] = words[..] {
            let range = field(&altered, what).map_err(case)?;
            let other = self.packet(other)?;
            let theirs = other.bytes[field(&other.bytes, what).map_err(case)?].to_vec();
            altered.splice(range, theirs);
        } else if let ["until", what, "then", other] = words[..] {
            let range = field(&altered, what).map_err(case)?;
            let other = self.packet(other)?;
            let rest = other.bytes.get(range.start..).unwrap_or_default().to_vec();
            altered.truncate(range.start);
            altered.extend(rest);
        } else {
            altered = alter(&altered, &words, |name| field(&packet.bytes, name)).map_err(case)?;
        }
        let mut more = json!({ "packet": hex::encode(altered) });
        if from != "nobody" {
            more["from"] = json!(from);
        }
        let step = self.act(who, "receive", &more, declared)?;
        let reply = list(&step, "replies").first().cloned();
        self.keep(who, name, reply.as_ref());
        Ok(())
    }

    fn packet(&self, name: &str) -> Result<&Packet, Trouble> {
        self.packets.get(name).ok_or_else(|| case(format!("no packet is called {name:?}")))
    }

    /// `WHO says TO [COUNT bytes|COUNT times|type N] [as NAME]`
    fn says(
        &mut self,
        who: &str,
        to: &str,
        words: &[&str],
        name: Option<String>,
        declared: &Declared<'_>,
    ) -> Result<(), Trouble> {
        let (mut length, mut times, mut kind) = (24, None, 1_u8);
        match words {
            [] => {}
            [count, "bytes"] => length = number(count)?,
            [count, "times"] => times = Some(number::<usize>(count)?),
            ["type", value] => kind = number(value)?,
            other => return Err(case(format!("says what: {other:?}"))),
        }
        for index in 0..times.unwrap_or(1) {
            let content = hex::encode(self.table.dice.bytes(length));
            let more = json!({ "to": to, "type": kind, "content": content });
            let step = self.act(who, "send", &more, declared)?;
            let name = name.clone().map(|name| match times {
                Some(_) => format!("{name}{index}"),
                None => name,
            });
            self.keep(who, name, step.get("packet"));
        }
        Ok(())
    }

    /// A whole interactive handshake; the packets keep their names.
    fn meet(&mut self, one: &str, other: &str) -> Result<(), Trouble> {
        for line in [
            format!("{one} init {other} as init"),
            format!("{other} gets init as response"),
            format!("{one} gets response as complete"),
            format!("{other} gets complete as receipt"),
            format!("{one} gets receipt"),
        ] {
            self.line(&line)?;
        }
        Ok(())
    }

    /// Two devices hear each other, twice in each direction.
    fn talk(&mut self, one: &str, other: &str) -> Result<(), Trouble> {
        for (from, to) in [(one, other), (other, one), (one, other), (other, one)] {
            self.says(from, to, &[], Some("word".to_owned()), &Declared::default())?;
            let now = self.now(to);
            let word = hex::encode(&self.packet("word")?.bytes);
            let more = json!({ "packet": word, "from": from });
            let step = self.table.act(to, "receive", now, &more)?;
            let heard = list(&step, "events").iter().any(|it| it["event"] == "message");
            if !heard {
                let found = Value::Object(step);
                return Err(case(format!("{to} does not hear {from}: {found}")));
            }
        }
        Ok(())
    }
}
