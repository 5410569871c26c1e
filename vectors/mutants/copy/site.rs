//! Where the reference refuses: each place is noted when it is reached, and can be switched off.

use core::panic::Location;
use std::cell::{Cell, RefCell};
use std::vec::Vec;

/// A place that refuses. Places in a function that many share are told apart by who called it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Site {
    pub file: &'static str,
    pub line: u32,
    pub column: u32,
    pub what: &'static str,
    /// Whether there is a way to go on as if the check had passed.
    pub soft: bool,
}

std::thread_local! {
    static OFF: RefCell<Vec<Site>> = const { RefCell::new(Vec::new()) };
    static SEEN: RefCell<Vec<Site>> = const { RefCell::new(Vec::new()) };
    static FITS: Cell<u32> = const { Cell::new(0) };
}

/// Called when a check has failed: whether to go on nevertheless.
#[track_caller]
pub fn skip(what: &'static str) -> bool {
    note(what, true)
}

/// Called with the error of a check that leaves nothing to go on with.
#[track_caller]
pub fn hard<E>(what: &'static str, error: E) -> E {
    note(what, false);
    error
}

#[track_caller]
fn note(what: &'static str, soft: bool) -> bool {
    let at = Location::caller();
    let site = Site { file: at.file(), line: at.line(), column: at.column(), what, soft };
    SEEN.with_borrow_mut(|seen| seen.push(site));
    OFF.with_borrow(|off| off.contains(&site))
}

/// Runs `act` in this thread with these places switched off: what it gives, and the places that
/// it reached, in order.
pub fn without<T>(off: &[Site], act: impl FnOnce() -> T) -> (T, Vec<Site>) {
    OFF.set(off.to_vec());
    SEEN.take();
    FITS.set(0);
    let done = act();
    OFF.take();
    (done, SEEN.take())
}

/// `bytes` cut or filled with zeros, for a length that was not checked. Filling ends: a count that is
/// read from such bytes would go on for ever.
pub fn fit(bytes: &[u8], length: usize) -> Option<&'static [u8]> {
    FITS.set(FITS.get() + 1);
    (length <= 1 << 20 && FITS.get() <= 20).then(|| {
        let mut all = bytes.to_vec();
        all.resize(length, 0);
        &*all.leak()
    })
}
