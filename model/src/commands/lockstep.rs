//! The crate beside the model.

use std::time::Duration;

use quipu_model::engine::{Limits, search};
use quipu_model::lockstep::{NAMES, claims, named};

use super::Exit;

pub(crate) fn run() -> Result<Exit, String> {
    let limits = Limits { states: 20_000_000, time: Duration::from_secs(600) };
    let (mut compared, mut diverged) = (0, 0);
    for name in NAMES {
        let (lockstep, bound) = named(name).ok_or(format!("{name} has no bound"))?;
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
        }
    }
    println!("\n{compared} comparisons of the crate with the model, {diverged} bounds diverge");
    Ok(if diverged == 0 { Exit::Holds } else { Exit::Violated })
}
