//! The live part: three devices of the reference, a network that belongs to the attacker, an oracle.

mod book;
mod cases;
mod counts;
mod dice;
mod directed;
mod facts;
mod host;
mod network;
mod oracle;
mod receive;
mod send;
mod side;
mod walk;
mod world;

pub(crate) use cases::CASES;
pub(crate) use counts::Counts;
pub(crate) use dice::Dice;

use quipu::wire::Suite;
use walk::Walk;
use world::World;

/// A named case.
#[derive(Debug)]
pub(crate) struct Case {
    /// Its name, never used again for another.
    pub(crate) name: &'static str,
    /// What it shows.
    pub(crate) comment: &'static str,
    requirements: &'static str,
    needs: &'static str,
    play: Play,
}

#[derive(Debug)]
enum Play {
    /// So many walks, each with its own seed.
    Walks(u64, Walk),
    /// A story.
    Story(fn(&mut World) -> Result<(), String>),
}

/// What a case gave.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) counts: Counts,
    pub(crate) outcome: Result<(), String>,
}

impl Case {
    /// Ids of the specification that it tests.
    pub(crate) fn requirements(&self) -> Vec<String> {
        self.requirements.split_whitespace().map(str::to_owned).collect()
    }

    /// Counts that must not be zero: otherwise the case has shown nothing.
    fn needs(&self) -> impl Iterator<Item = &str> {
        self.needs.split(',').map(str::trim)
    }

    /// Plays the case, in suite 1 and suite 2 by turns. Everything in it follows from the seed.
    pub(crate) fn play(&self, seed: u64) -> Played {
        let mut counts = Counts::default();
        let runs = if let Play::Walks(runs, _) = self.play { runs } else { 2 };
        for run in 0..runs {
            let suite = if run % 2 == 0 { Suite::X25519 } else { Suite::Hybrid };
            let seed_of_run = seed.wrapping_add(run.wrapping_mul(0x1_0000_0001));
            if let Err(text) = self.run(seed_of_run, suite, &mut counts) {
                let outcome = Err(format!("seed {seed}, run {run}: {text}"));
                return Played { counts, outcome };
            }
        }
        let missing = self.needs().find(|name| counts.get(name) == 0);
        let outcome = missing.map_or(Ok(()), |name| {
            Err(format!("seed {seed}: the case has shown nothing, {name:?} never happened"))
        });
        Played { counts, outcome }
    }

    fn run(&self, seed: u64, suite: Suite, counts: &mut Counts) -> Result<(), String> {
        let mut world = World::new(seed, suite)?;
        let outcome = match &self.play {
            Play::Walks(_, walk) => world.walk(walk),
            Play::Story(story) => story(&mut world),
        };
        counts.merge(core::mem::take(&mut world.counts));
        outcome
    }
}
