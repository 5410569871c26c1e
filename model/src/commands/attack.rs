//! The shortest attack on something that is broken, for people.

use std::time::Duration;

use clap::Args;
use quipu_model::engine::{Limits, Subject, Verdict};
use quipu_model::{Kind, bugs, earlier, models};

use super::Exit;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// An earlier exchange or a seeded bug, by its name or a part of it
    name: Option<String>,
    /// Only this claim
    #[arg(long)]
    claim: Option<String>,
}

pub(crate) fn run(options: &Options) -> Result<Exit, String> {
    let named = |kind: &earlier::Kind| options.name.as_deref() == Some(kind.name());
    if let Some(kind) = earlier::Kind::ALL.into_iter().find(named)
        && options.claim.is_none()
    {
        earlier::report(kind).lines.iter().for_each(|line| println!("{line}"));
        return Ok(Exit::Violated);
    }
    let mut broken: Vec<(String, Box<dyn Subject>, Option<&'static str>)> = models()
        .into_iter()
        .filter(|model| model.kind == Kind::Earlier)
        .map(|model| (model.subject.name().to_owned(), model.subject, None))
        .collect();
    broken.extend(bugs().into_iter().map(|bug| (bug.label(), (bug.build)(), Some(bug.claim))));
    let Some(name) = &options.name else {
        broken.iter().for_each(|(name, subject, _)| println!("{name:<58} {}", subject.bound()));
        return Ok(Exit::Holds);
    };
    let found: Vec<_> = match broken.iter().find(|(label, ..)| label == name) {
        Some(exact) => vec![exact],
        None => broken.iter().filter(|(label, ..)| label.contains(name.as_str())).collect(),
    };
    if found.is_empty() {
        return Err(format!("nothing broken is called {name}; without a name all are listed"));
    }
    let mut attacks = 0;
    for (name, subject, claim) in found {
        let claim = options.claim.as_deref().or(*claim);
        attacks += print(name, subject.as_ref(), claim);
    }
    Ok(if attacks > 0 { Exit::Violated } else { Exit::Holds })
}

/// Prints the attacks on one subject and returns their number.
fn print(name: &str, subject: &dyn Subject, only: Option<&str>) -> usize {
    let limits = Limits { states: 20_000_000, time: Duration::from_secs(600) };
    let outcome = subject.check(limits, false, &|_| ());
    let mut attacks = 0;
    println!("{name}: {}", subject.bound());
    for (claim, sentence, _, _) in subject.claims() {
        if only.is_some_and(|only| only != claim) {
            continue;
        }
        match outcome.verdict(claim) {
            Some(Verdict::Violated { length, told }) => {
                println!("\nATTACK  {claim}: not so: {sentence} ({length} steps)\n");
                told.iter().for_each(|line| println!("{line}"));
                attacks += 1;
            }
            Some(Verdict::Incomplete) => println!("\n{claim}: not every state was visited"),
            Some(Verdict::Holds) | None => (),
        }
    }
    attacks
}
