//! The live cases: the runner is the peer and the network of a client.
//!
//! This module knows nothing about how the reference is built; it plays it as one more client.

mod cases;
mod packet;
mod people;
mod table;
mod tell;
mod walk;

pub(crate) use cases::{Case, cases};

use crate::adapter::{Adapter, Failed, Played, Stop};
use cases::{ADA, BOB};
use quipu::crypto::kdf::sha256;
use serde_json::{Value, json};
use std::mem;
use table::{Seat, Table, Trouble};
use tell::Teller;
use walk::shrink;

/// How often a failing walk is played again to make it shorter.
const TRIES: usize = 300;

impl Case {
    /// Plays the case with a client, or with two: ada's and bob's. Everything in it follows from
    /// the seed.
    ///
    /// # Errors
    /// No answer: the adapters are of no use any more.
    pub(crate) fn play(&self, clients: &mut [Adapter], seed: u64) -> Result<Played, Failed> {
        let mut seats = self.seats(clients);
        match self.tell(&self.lines, &mut seats, seed).1 {
            Ok(()) => Ok(Played::Passed),
            Err(Trouble::Case(text)) => Ok(Played::Failed(format!("the case: {text}"))),
            Err(Trouble::Client(Stop::Failed(failed))) => Err(failed),
            Err(Trouble::Client(Stop::Played(played))) => Ok(played),
        }
    }

    /// Plays a failing walk again and again, until it is short.
    ///
    /// # Errors
    /// No answer: the adapters are of no use any more.
    pub(crate) fn retell(
        &self,
        clients: &mut [Adapter],
        seed: u64,
    ) -> Result<Option<Played>, Failed> {
        let mut seats = self.seats(clients);
        match self.tell(&self.lines, &mut seats, seed).1 {
            Err(Trouble::Client(Stop::Failed(failed))) => Err(failed),
            Err(Trouble::Client(Stop::Played(played))) => {
                self.shorter(&mut seats, seed, played).map(Some)
            }
            Ok(()) | Err(Trouble::Case(_)) => Ok(None),
        }
    }

    fn seats<'c>(&self, clients: &'c mut [Adapter]) -> Vec<Seat<'c>> {
        match clients {
            [one] => vec![Seat { adapter: one, names: self.client }],
            clients => {
                let seat = |(adapter, names)| Seat { adapter, names };
                clients.iter_mut().zip([ADA, BOB]).map(seat).collect()
            }
        }
    }

    /// The case as a vector (chapter 12.5), with the results of the reference.
    ///
    /// # Errors
    /// The reference does not do what the case says.
    pub(crate) fn vector(&self, lines: &[String], seed: u64) -> Result<Value, String> {
        let sentence = |trouble| match trouble {
            Trouble::Case(text) => text,
            Trouble::Client(stop) => format!("{stop:?}"),
        };
        let table = Table::new(self.seed(seed), self.suite, &mut []);
        let mut teller = Teller::new(table.map_err(|stop| sentence(stop.into()))?, self.walk);
        let told = lines.iter().try_for_each(|line| teller.line(line));
        let (setup, steps) = teller.table.script();
        // A walk may have been made too short for its last line to succeed.
        if let Err(trouble) = told
            && (!self.walk || steps.is_empty())
        {
            return Err(sentence(trouble));
        }
        let profile = self.profiles.last().map_or("core", String::as_str);
        let id = self.name.trim_start_matches("live/").replace('/', "-");
        Ok(json!({
            "profile": profile, "id": id, "comment": self.comment, "flag": "Order",
            "requirements": self.requirements, "setup": setup, "steps": steps,
        }))
    }

    /// Lines that still fail with a client, for a walk as few as possible; none when it passes.
    ///
    /// # Errors
    /// No answer: the adapter is of no use any more.
    pub(crate) fn failing(
        &self,
        adapter: &mut Adapter,
        seed: u64,
    ) -> Result<Option<Vec<String>>, Failed> {
        let mut seats = [Seat { adapter, names: self.client }];
        match self.tell(&self.lines, &mut seats, seed).1 {
            Err(Trouble::Client(Stop::Played(played))) if self.walk => {
                self.fewest(&mut seats, seed, &played).map(Some)
            }
            Err(Trouble::Client(Stop::Failed(failed))) => Err(failed),
            Err(_) => Ok(Some(self.lines.clone())),
            Ok(()) => Ok(None),
        }
    }

    fn seed(&self, seed: u64) -> [u8; 32] {
        sha256(&[&seed.to_be_bytes(), self.name.as_bytes()])
    }

    /// The fewest lines of a walk that fail in the same way.
    fn fewest(
        &self,
        seats: &mut [Seat<'_>],
        seed: u64,
        played: &Played,
    ) -> Result<Vec<String>, Failed> {
        shrink(&self.lines, TRIES, |lines| match self.tell(lines, seats, seed).1 {
            Err(Trouble::Client(Stop::Failed(failed))) => Err(failed),
            Err(Trouble::Client(Stop::Played(other))) => {
                Ok(mem::discriminant(&other) == mem::discriminant(played))
            }
            _ => Ok(false),
        })
    }

    /// The same failure with as few lines as possible, as a story.
    fn shorter(&self, seats: &mut [Seat<'_>], seed: u64, played: Played) -> Result<Played, Failed> {
        let lines = self.fewest(seats, seed, &played)?;
        let (told, outcome) = self.tell(&lines, seats, seed);
        let played = match outcome {
            Err(Trouble::Client(Stop::Played(shorter))) => shorter,
            _ => played,
        };
        let story = told.iter().map(|line| format!("\n  {line}")).collect::<String>();
        Ok(played.behind(&format!("; {} of {} lines do it:{story}", told.len(), self.lines.len())))
    }

    /// Plays lines: those that were played, with what came of them.
    fn tell(
        &self,
        lines: &[String],
        seats: &mut [Seat<'_>],
        seed: u64,
    ) -> (Vec<String>, Result<(), Trouble>) {
        let table = match Table::new(self.seed(seed), self.suite, seats) {
            Ok(table) => table,
            Err(stop) => return (Vec::new(), Err(stop.into())),
        };
        let mut teller = Teller::new(table, self.walk);
        let outcome = lines.iter().try_for_each(|line| teller.line(line));
        (teller.told, outcome)
    }
}
