//! What chapter 6 promises, and the bounds in which it is explored completely.

use super::active_claims::active_subject;
use super::model::{Model, Theft, World, Wrong};
use super::side::{OLD, SKIPPED, at};
use super::table::{When, class};
use crate::engine::{Claim, Rule, Subject, subject};

/// The claims of every model of chapter 6.
pub fn claims() -> Vec<Claim<Model>> {
    let mut all = secrecy();
    all.extend(headers());
    all.extend(order());
    all.extend(limits());
    all
}

fn secrecy() -> Vec<Claim<Model>> {
    vec![
        Claim {
            name: "past-bodies",
            sentence: "Who steals a state does not read what its owner had sent or accepted, or will not \
                       accept any more.",
            requirements: &["RATCHET-03", "RATCHET-15", "RATCHET-16"],
            rule: Rule::Always(|model: &Model, world: &World| {
                each(model, world, |theft, epoch, number| {
                    let when = class(theft, epoch, number).when;
                    let past = matches!(when, When::Done | When::Shed);
                    !past || !theft.reads_body(epoch, number)
                })
            }),
        },
        Claim {
            name: "bodies-heal",
            sentence: "After a theft, with the thief passive, bodies are secret from the chain on \
                       that the victim makes with a new key.",
            requirements: &["RATCHET-01", "RATCHET-15"],
            rule: Rule::Always(|model: &Model, world: &World| {
                each(model, world, |theft, epoch, number| {
                    let healed = epoch > theft.newest + i8::from(theft.ready);
                    !healed || !theft.reads_body(epoch, number)
                })
            }),
        },
    ]
}

fn headers() -> Vec<Claim<Model>> {
    vec![
        Claim {
            name: "headers-heal",
            sentence: "After a theft headers are secret two chains after bodies are.",
            requirements: &["RATCHET-15"],
            rule: Rule::Always(|model: &Model, world: &World| {
                each(model, world, |theft, epoch, _| {
                    let healed = epoch > theft.newest + 2 + i8::from(theft.ready);
                    !healed || !theft.reads_headers(epoch)
                })
            }),
        },
        Claim {
            name: "old-headers",
            sentence: "Who steals a state does not read headers of chains that have left, or of \
                       its owner's ended chains.",
            requirements: &["RATCHET-15", "RATCHET-18"],
            rule: Rule::Always(|model: &Model, world: &World| {
                each(model, world, |theft, epoch, _| {
                    let theirs = (theft.newest - epoch) % 2 == 0;
                    let own = theirs == theft.ready;
                    let gone = if own { 1 } else { 2 * OLD + 1 };
                    theft.newest - epoch <= gone || !theft.reads_headers(epoch)
                })
            }),
        },
    ]
}

fn claim(
    name: &'static str,
    sentence: &'static str,
    requirements: &'static [&'static str],
    rule: Rule<Model>,
) -> Claim<Model> {
    Claim { name, sentence, requirements, rule }
}

fn order() -> Vec<Claim<Model>> {
    vec![
        claim(
            "once",
            "A message is accepted at most once.",
            &["RATCHET-14", "RATCHET-19"],
            Rule::Always(|_, world: &World| world.wrong != Some(Wrong::Twice)),
        ),
        claim(
            "taken",
            "A genuine message is accepted while its chain and its key are kept, in any order.",
            &["RATCHET-05", "RATCHET-11", "RATCHET-12", "RATCHET-17"],
            Rule::Always(|_, world: &World| !matches!(world.wrong, Some(Wrong::Refused(_)))),
        ),
        claim(
            "one-key-one-text",
            "No message key serves two texts, also when the sender stops while it sends.",
            &["RATCHET-03", "MSG-04"],
            Rule::Always(|_, world: &World| world.wrong != Some(Wrong::KeyTwice)),
        ),
        claim(
            "refusals-change-nothing",
            "A message whose body does not open changes nothing.",
            &["RATCHET-21", "ENC-08"],
            Rule::Always(|_, world: &World| world.wrong != Some(Wrong::Changed)),
        ),
    ]
}

fn limits() -> Vec<Claim<Model>> {
    vec![
        claim(
            "copies-noticed",
            "Of two messages that claim one place, or one chain with two keys, one is refused as \
             clone_suspected.",
            &["RATCHET-06", "RATCHET-14"],
            Rule::Always(copies_noticed),
        ),
        claim(
            "gaps-exact",
            "Every number below one that was accepted in its chain was accepted or reported.",
            &["SESSION-13", "SESSION-14"],
            Rule::Always(gaps_exact),
        ),
        claim(
            "bounded",
            "Skipped keys stay within their limit.",
            &["RATCHET-17", "RATCHET-18"],
            Rule::Always(|_, world: &World| {
                world.sides.iter().all(|it| it.skipped.len() <= SKIPPED)
            }),
        ),
        claim(
            "in-turn",
            "The two sides are never more than one chain apart.",
            &["RATCHET-08"],
            Rule::Always(|_, world: &World| {
                let [one, other] = &world.sides;
                world.copy.is_some() || (one.newest() - other.newest()).abs() <= 1
            }),
        ),
    ]
}

fn each(model: &Model, world: &World, holds: impl Fn(&Theft, i8, u8) -> bool) -> bool {
    let Some(theft) = &world.theft else { return true };
    theft.messages(model).all(|(epoch, number)| holds(theft, epoch, number))
}

fn gaps_exact(model: &Model, world: &World) -> bool {
    (0..model.chains).all(|epoch| {
        let (accepted, jumped) = (world.accepted[at(epoch)], world.jumped[at(epoch)]);
        let copies = world.copy.map_or(0, |(_, it)| u8::from(it.epoch == epoch) << it.number);
        let known = accepted | jumped | copies;
        let below = u8::BITS - accepted.leading_zeros();
        let end = world.accepted.get(at(epoch) + 2).is_some_and(|later| *later != 0);
        let below = if end { u32::from(world.sent[at(epoch)]) } else { below };
        (0..below).all(|number| known & (1 << number) != 0)
    })
}

fn copies_noticed(_: &Model, world: &World) -> bool {
    let Some((_, message)) = world.copy else { return true };
    let chain = at(message.epoch);
    let genuine = world.accepted[chain];
    let same_place = genuine & (1 << message.number) != 0;
    let two_keys = message.other_key && genuine != 0;
    let both = world.copy_accepted && (same_place || two_keys);
    !matches!(world.wrong, Some(Wrong::BothCopies | Wrong::Unnoticed)) && !both
}

/// The names of the models.
pub const NAMES: [&str; 3] = ["ratchet-stolen", "ratchet-order", "ratchet-copied"];

/// A model by its name, and its bound for people.
pub fn named(name: &str) -> Option<(Model, &'static str)> {
    let model =
        Model { chains: 4, messages: 2, thief: false, copies: false, faults: false, flaws: 0 };
    Some(match name {
        "ratchet-stolen" => (
            Model { chains: 6, thief: true, ..model },
            "6 chains of 2 messages in any order; the whole state of one side stolen at any \
             moment; limits 2 skipped keys, 1 old chain",
        ),
        "ratchet-order" => (
            Model { chains: 5, faults: true, ..model },
            "5 chains of 2 messages in any order, any number of times, garbled; one stop while \
             sending; limits 2 skipped keys, 1 old chain",
        ),
        "ratchet-copied" => (
            Model { chains: 4, copies: true, ..model },
            "4 chains of 2 messages in any order; a second copy of one side, made at any moment, \
             sends one message",
        ),
        _ => return None,
    })
}

/// The models of chapter 6.
pub fn subjects() -> Vec<Box<dyn Subject>> {
    let passive = NAMES.iter().filter_map(|name| subject_of(name, 0));
    passive.chain([active_subject(0)]).collect()
}

/// A model with flaws, as bits.
pub fn subject_of(name: &str, flaws: u32) -> Option<Box<dyn Subject>> {
    let (model, bound) = named(name)?;
    Some(subject(name, bound, Model { flaws, ..model }, claims()))
}
