//! Order, gaps, stores and receipts, against the oracle.

mod support;

use proptest::prelude::*;
use std::collections::BTreeSet;
use support::walk::{Op, Walk, honest};

fn configuration() -> ProptestConfig {
    ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() }
}

/// Delivers up to 150 packets of each direction once more, spread over all that were sent.
fn sample(walk: &mut Walk) {
    for to in [0, 1] {
        let count = walk.sent[to].len();
        (0..count).step_by(count / 150 + 1).for_each(|at| walk.deliver(to, at));
    }
}

proptest! {
    #![proptest_config(configuration())]

    // SESSION-13, RATCHET-14, RATCHET-17, RATCHET-18, RATCHET-19
    #[test]
    fn every_interleaving_is_what_the_oracle_says(
        seed in any::<u64>(),
        ops in prop::collection::vec(honest(), 1..70),
    ) {
        let mut walk = Walk::new(seed);
        walk.run(&ops);
        sample(&mut walk);
    }

    // SESSION-13
    #[test]
    fn places_give_back_the_order_of_sending(
        seed in any::<u64>(),
        ops in prop::collection::vec(honest(), 1..40),
    ) {
        let mut walk = Walk::new(seed);
        walk.run(&ops);
        for to in [0, 1] {
            let sent: Vec<_> = walk.sent[to].iter().map(|(mark, _)| mark.place).collect();
            prop_assert!(sent.is_sorted_by(|one, two| one < two));
            let heard: BTreeSet<_> = walk.heard[to].iter().map(|(place, _)| *place).collect();
            let all: BTreeSet<_> = sent.into_iter().collect();
            prop_assert!(heard.is_subset(&all));
        }
    }

    // SESSION-14
    #[test]
    fn accepted_and_gaps_name_every_number_up_to_the_greatest_once(
        seed in any::<u64>(),
        ops in prop::collection::vec(honest(), 1..40),
    ) {
        let mut walk = Walk::new(seed);
        walk.run(&ops);
        for to in [0, 1] {
            let heard = &walk.heard[to];
            let jumped: Vec<_> = heard.iter().flat_map(|(_, gap)| gap.iter().copied()).collect();
            let missed: BTreeSet<_> = jumped.iter().copied().collect();
            prop_assert_eq!(missed.len(), jumped.len(), "a number stood in two gaps");
            let accounted: BTreeSet<_> = heard.iter().map(|(place, _)| *place).chain(missed).collect();
            let greatest = heard.iter().map(|(place, _)| *place).max();
            let sent = walk.sent[to].iter().map(|(mark, _)| mark.place);
            let wanted: BTreeSet<_> = sent.filter(|place| Some(*place) <= greatest).collect();
            prop_assert_eq!(accounted, wanted);
        }
    }

    // SESSION-16
    #[test]
    fn receipts_never_claim_what_was_not_accepted(
        seed in any::<u64>(),
        ops in prop::collection::vec(honest(), 1..40),
    ) {
        let mut walk = Walk::new(seed);
        for op in ops {
            walk.step(op);
            for (side, oracle) in walk.sides.iter().zip(&walk.oracles) {
                let Some(receipt) = side.received() else { continue };
                let bits = (0..64).filter(|bit| receipt.bitmap >> bit & 1 == 1);
                let claimed = (0..receipt.below).chain(bits.map(|bit| receipt.below + 1 + bit));
                for number in claimed {
                    prop_assert!(oracle.accepted.contains(&(receipt.epoch, number)));
                }
                prop_assert!(!oracle.accepted.contains(&(receipt.epoch, receipt.below)));
            }
        }
    }

    // SESSION-26
    #[test]
    fn restoring_at_every_step_changes_nothing(
        seed in any::<u64>(),
        ops in prop::collection::vec(honest(), 1..40),
    ) {
        let mut walk = Walk::new(seed);
        for op in ops {
            walk.step(op);
            walk.step(Op::Restore { side: 0 });
            walk.step(Op::Restore { side: 1 });
        }
    }
}
