//! How often each operation was called: for the table of chapter 5.10, and for refusals.

use std::cell::Cell;

/// The columns of the table in its order, then what is not of a public key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operation {
    Pair,
    Agreement,
    Signature,
    Verification,
    KemPair,
    Encapsulation,
    Decapsulation,
    Hash,
    MacKey,
    Mac,
    Derivation,
    Cipher,
}

pub(crate) type Counts = [u32; 7];

/// Hashes, MAC keys set up, MACs, derivations, seals that were made or opened.
pub(crate) type SymmetricCounts = [u32; 5];

std::thread_local! {
    static COUNTS: Cell<(Counts, SymmetricCounts)> = const { Cell::new(([0; 7], [0; 5])) };
}

pub(crate) fn note(operation: Operation) {
    let (mut public, mut symmetric) = COUNTS.get();
    let place = operation as usize;
    match place.checked_sub(public.len()) {
        None => public[place] += 1,
        Some(place) => symmetric[place] += 1,
    }
    COUNTS.set((public, symmetric));
}

/// What `run` gives, and the operations of this thread meanwhile.
pub(crate) fn counted_all<T>(run: impl FnOnce() -> T) -> (T, Counts, SymmetricCounts) {
    let before = COUNTS.take();
    let outcome = run();
    let (public, symmetric) = COUNTS.replace(before);
    (outcome, public, symmetric)
}

/// What `run` gives, and the public-key operations of this thread meanwhile.
pub(crate) fn counted<T>(run: impl FnOnce() -> T) -> (T, Counts) {
    let (outcome, public, _) = counted_all(run);
    (outcome, public)
}
