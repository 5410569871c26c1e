//! What Quipu costs: cases, their floors, and a meter that runs them beside each other.
//!
//! A *case* is a name and a closure that does an operation `n` times and returns the time that the
//! operation alone took. An *operation* is a case with its *floor*: the primitives that the
//! specification demands for it, counted from its formulas. `cargo bench` measures the cases with
//! criterion; the table (`cargo bench --bench table`) measures operations and primitives
//! interleaved, which alone makes ratios comparable on a machine that is not quiet.

mod clock;
mod draws;
mod handshakes;
mod messages;
mod meter;
mod options;
mod pair;
mod primitive;
mod report;
mod state;

pub use clock::timed;
pub use draws::Draws;
pub use meter::{Measured, measure};
pub use options::Options;
pub use pair::{NOW, Start, hear, idle, session_bytes};
pub use primitive::Primitive;
pub use report::{Row, Table, collect, floor_of, process};

use std::fmt;
use std::time::Duration;

/// Does an operation so many times; the time that it took, without what prepares it.
pub type Run = Box<dyn FnMut(u64) -> Duration>;

/// A name and what runs under it. Prepared when it runs for the first time.
pub struct Case {
    /// What is measured.
    pub name: String,
    make: Option<Box<dyn FnOnce() -> Run>>,
    run: Option<Run>,
}

impl Case {
    /// A case that `make` prepares.
    pub fn new<F: FnMut(u64) -> Duration + 'static>(
        name: impl Into<String>,
        make: impl FnOnce() -> F + 'static,
    ) -> Self {
        let make = || Box::new(make()) as Run;
        Self { name: name.into(), make: Some(Box::new(make)), run: None }
    }

    /// A case that has nothing to prepare between two operations.
    pub fn plain<T, F: FnMut() -> T + 'static>(
        name: impl Into<String>,
        make: impl FnOnce() -> F + 'static,
    ) -> Self {
        Self::new(name, || {
            let mut once = make();
            move |times| {
                let all = || (0..times).for_each(|_| drop(std::hint::black_box(once())));
                timed(all).1
            }
        })
    }

    /// Does the operation `times` times.
    pub fn run(&mut self, times: u64) -> Duration {
        if let Some(make) = self.make.take() {
            self.run = Some(make());
        }
        self.run.as_mut().map_or(Duration::ZERO, |run| run(times))
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The primitives of an operation, by the count of the specification.
pub type Floor = Vec<(u32, Primitive)>;

/// A case with its floor, and how far above it the case may be.
#[derive(Debug)]
pub struct Operation {
    /// The case.
    pub case: Case,
    /// The primitives that the specification demands.
    pub floor: Floor,
    /// The same primitives, each as often as counted, in the place of the operation: once, after
    /// the same other work. Their sum is that of loops in which caches and predictions are warm.
    pub in_place: Option<Case>,
    /// The greatest ratio to the floor that the project accepts.
    pub bound: Option<f64>,
}

impl Operation {
    fn new(case: Case, floor: Floor, bound: f64) -> Self {
        Self { case, floor, in_place: None, bound: Some(bound) }
    }

    fn unbounded(case: Case, floor: Floor) -> Self {
        Self { case, floor, in_place: None, bound: None }
    }
}

/// Every operation, in the order of the table.
pub fn operations() -> Vec<Operation> {
    [messages::all(), handshakes::all(), state::all()].into_iter().flatten().collect()
}
