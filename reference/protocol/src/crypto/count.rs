//! How often each public-key operation was called: for the table of chapter 5.10.

use std::cell::Cell;

/// The columns of the table, in its order.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operation {
    Pair,
    Agreement,
    Signature,
    Verification,
    KemPair,
    Encapsulation,
    Decapsulation,
}

pub(crate) type Counts = [u32; 7];

std::thread_local! {
    static COUNTS: Cell<Counts> = const { Cell::new([0; 7]) };
}

pub(crate) fn note(operation: Operation) {
    let mut counts = COUNTS.get();
    counts[operation as usize] += 1;
    COUNTS.set(counts);
}

/// What `run` gives, and the operations of this thread meanwhile.
pub(crate) fn counted<T>(run: impl FnOnce() -> T) -> (T, Counts) {
    let before = COUNTS.replace([0; 7]);
    let outcome = run();
    (outcome, COUNTS.replace(before))
}
