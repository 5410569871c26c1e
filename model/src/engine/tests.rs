//! The engines on models whose answers are known.

use std::time::Duration;

use super::{Claim, Limits, Machine, Rule, Verdict, search, second_opinion, subject};

/// A token on a strip of fields; it can be pushed over the edge by an attacker.
#[derive(Clone, Debug)]
struct Strip {
    fields: u8,
    edge: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Move {
    Forth,
    Back,
    Push,
}

impl Machine for Strip {
    type State = Option<u8>;
    type Action = Move;

    fn starts(&self) -> Vec<Option<u8>> {
        vec![Some(0)]
    }

    fn actions(&self, state: &Option<u8>, actions: &mut Vec<Move>) {
        if state.is_some() {
            actions.extend([Move::Forth, Move::Back, Move::Push]);
        }
    }

    fn next(&self, state: &Option<u8>, action: &Move) -> Option<Option<u8>> {
        let at = (*state)?;
        match action {
            Move::Forth => (at + 1 < self.fields).then_some(Some(at + 1)),
            Move::Back => at.checked_sub(1).map(Some),
            Move::Push => (self.edge && at + 1 == self.fields).then_some(None),
        }
    }

    fn honest(&self, action: &Move) -> bool {
        *action != Move::Push
    }

    fn tell(&self, before: &Option<u8>, action: &Move, after: &Option<u8>) -> Vec<String> {
        vec![format!("{action:?} from {before:?}"), format!("to {after:?}")]
    }
}

const NO_LIMIT: Limits = Limits { states: usize::MAX, time: Duration::from_secs(60) };

fn claims() -> Vec<Claim<Strip>> {
    let claim = |name, rule| Claim { name, sentence: "", requirements: &[], rule };
    vec![
        claim("on-the-strip", Rule::Always(|_, state: &Option<u8>| state.is_some())),
        claim("comes-home", Rule::Recoverable(|_, state: &Option<u8>| *state == Some(0))),
        claim(
            "sees-the-end",
            Rule::Reached(|strip: &Strip, state| *state == Some(strip.fields - 1)),
        ),
        claim("flies", Rule::Reached(|_, state: &Option<u8>| *state == Some(99))),
    ]
}

#[test]
fn what_holds_holds_in_both_engines() {
    let strip = subject("strip", "5 fields", Strip { fields: 5, edge: false }, claims());
    let outcome = strip.check(NO_LIMIT, true, &|_| ());
    assert_eq!((outcome.states, outcome.transitions, outcome.depth), (5, 8, 4));
    assert_eq!(outcome.verdict("on-the-strip"), Some(&Verdict::Holds));
    assert_eq!(outcome.verdict("comes-home"), Some(&Verdict::Holds));
    assert_eq!(outcome.verdict("sees-the-end"), Some(&Verdict::Holds));
    assert!(matches!(outcome.verdict("flies"), Some(Verdict::Violated { length: 0, .. })));
    assert_eq!(outcome.second.map(|second| (second.holds, second.states)), Some((true, 5)));
    assert!(outcome.engines_agree(|name| name == "on-the-strip"));
}

#[test]
fn a_violation_comes_with_the_shortest_way_to_it() {
    let strip = subject("strip", "3 fields", Strip { fields: 3, edge: true }, claims());
    let outcome = strip.check(NO_LIMIT, true, &|_| ());
    let told = [
        "  1  Forth from Some(0)",
        "       to Some(1)",
        "  2  Forth from Some(1)",
        "       to Some(2)",
        "  3  Push from Some(2)",
        "       to None",
    ];
    let told: Vec<String> = told.map(str::to_owned).to_vec();
    for claim in ["on-the-strip", "comes-home"] {
        let expected = Verdict::Violated { length: 3, told: told.clone() };
        assert_eq!(outcome.verdict(claim), Some(&expected), "{claim}");
    }
    assert_eq!(outcome.second.map(|second| second.holds), Some(false));
    assert!(outcome.engines_agree(|name| name == "on-the-strip"));
}

#[test]
fn a_search_that_is_cut_short_says_nothing() {
    let strip = subject("strip", "200 fields", Strip { fields: 200, edge: true }, claims());
    let few = Limits { states: 20, time: Duration::from_secs(60) };
    let late = Limits { states: usize::MAX, time: Duration::ZERO };
    for limits in [few, late] {
        let outcome = strip.check(limits, true, &|_| ());
        assert!(!outcome.complete);
        assert!(outcome.claims.iter().all(|(_, verdict)| *verdict == Verdict::Incomplete));
        assert_eq!(outcome.second, None, "the second engine is not asked about a part");
    }
}

#[test]
fn engines_that_count_differently_do_not_agree() {
    let machine = Strip { fields: 5, edge: false };
    let other = second_opinion(&Strip { fields: 6, edge: false }, &claims());
    let strip = subject("strip", "5 fields", machine.clone(), claims());
    let mut outcome = strip.check(NO_LIMIT, false, &|_| ());
    outcome.second = Some(other);
    assert!(!outcome.engines_agree(|name| name == "on-the-strip"));
    assert_eq!(search(&machine, NO_LIMIT, &|_| ()).states(), 5);
}
