//! The crate beside the model.

use std::time::Duration;

use clap::Args;
use quipu_model::engine::{Limits, search};
use quipu_model::lockstep::{NAMES, claims, named};

use super::Exit;

/// Which bounds.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only these bounds; all without one
    bounds: Vec<String>,

    /// Ends with the first bound that diverges
    #[arg(long)]
    first: bool,
}

pub(crate) fn run(options: &Options) -> Result<Exit, String> {
    let limits = Limits { states: 20_000_000, time: Duration::from_secs(600) };
    let (mut compared, mut diverged) = (0, 0);
    let all: Vec<String> = NAMES.map(str::to_owned).to_vec();
    for name in if options.bounds.is_empty() { &all } else { &options.bounds } {
        let (lockstep, bound) = named(name)
            .ok_or_else(|| format!("there is no bound {name}; there are {}", NAMES.join(", ")))?;
        let found = search(&lockstep, limits, &|_| ());
        if !found.complete {
            println!("{name}: a limit was reached, nothing is said");
            return Ok(Exit::Incomplete);
        }
        let steps = lockstep.tally().steps();
        compared += steps;
        println!("{name:<28} {:>7} states {steps:>8} comparisons  {bound}", found.states());
        if let Some(at) = found.first(&lockstep, &claims()[0]) {
            found.trace(&lockstep, at).told(&lockstep).iter().for_each(|line| println!("{line}"));
            diverged += 1;
            if options.first {
                break;
            }
        }
    }
    println!("\n{compared} comparisons of the crate with the model, {diverged} bounds diverge");
    Ok(if diverged == 0 { Exit::Holds } else { Exit::Violated })
}
