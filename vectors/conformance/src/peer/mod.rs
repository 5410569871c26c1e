//! The live cases: the runner is the peer and the network of a client.
//!
//! This module knows nothing about how the reference is built; it plays it as one more client.

mod cases;
mod packet;
mod people;
mod table;
mod tell;

pub(crate) use cases::{Case, cases};

use crate::adapter::{Adapter, Failed, Played, Stop};
use quipu::crypto::kdf::sha256;
use table::{Seat, Table};
use tell::Teller;

impl Case {
    /// Plays the case with a client. Everything in it follows from the seed.
    ///
    /// # Errors
    /// No answer: the adapter is of no use any more.
    pub(crate) fn play(&self, adapter: &mut Adapter, seed: u64) -> Result<Played, Failed> {
        let seed = sha256(&[&seed.to_be_bytes(), self.name.as_bytes()]);
        let seats = vec![Seat { adapter, names: self.client }];
        match self.tell(seed, seats) {
            Ok(()) => Ok(Played::Passed),
            Err(Stop::Played(played)) => Ok(played),
            Err(Stop::Failed(failed)) => Err(failed),
        }
    }

    fn tell(&self, seed: [u8; 32], seats: Vec<Seat<'_>>) -> Result<(), Stop> {
        let mut teller = Teller::new(Table::new(seed, self.suite, seats)?);
        self.lines.iter().try_for_each(|line| teller.line(line))
    }
}
