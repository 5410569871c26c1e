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
mod pair;
mod primitive;
mod report;
mod state;

pub use clock::Moment;
pub use draws::Draws;
pub use meter::{Measured, measure};
pub use pair::{NOW, Start, hear};
pub use primitive::Primitive;
pub use report::{Row, Table, collect, process};

use std::fmt;
use std::time::Duration;

/// A name and what runs under it.
pub struct Case {
    /// What is measured.
    pub name: String,
    /// Does the operation `n` times; the time that it took, without what prepares it.
    pub run: Box<dyn FnMut(u64) -> Duration>,
}

impl Case {
    /// A case.
    pub fn new(name: impl Into<String>, run: impl FnMut(u64) -> Duration + 'static) -> Self {
        Self { name: name.into(), run: Box::new(run) }
    }

    /// A case without anything to prepare.
    pub fn plain<T>(name: impl Into<String>, mut once: impl FnMut() -> T + 'static) -> Self {
        Self::new(name, move |times| {
            let begin = Moment::now();
            for _ in 0..times {
                std::hint::black_box(once());
            }
            begin.elapsed()
        })
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
    /// The greatest ratio to the floor that the project accepts.
    pub bound: Option<f64>,
}

impl Operation {
    fn new(case: Case, floor: Floor, bound: f64) -> Self {
        Self { case, floor, bound: Some(bound) }
    }

    fn unbounded(case: Case, floor: Floor) -> Self {
        Self { case, floor, bound: None }
    }
}

/// Every operation, in the order of the table.
pub fn operations() -> Vec<Operation> {
    [messages::all(), handshakes::all(), state::all()].into_iter().flatten().collect()
}
