//! One batch of every case a round, in another order each round: what disturbs one disturbs all.

use crate::{Case, Draws};
use std::time::Duration;

const BATCH: Duration = Duration::from_millis(1);

/// What one process has measured of one case.
#[derive(Debug, Clone)]
pub struct Measured {
    /// The name of the case.
    pub name: String,
    /// Nanoseconds of one operation: the median of the rounds.
    pub nanoseconds: f64,
}

struct Running {
    case: Case,
    times: u64,
    rounds: Vec<f64>,
}

/// Runs every case `rounds` times for about a millisecond each.
pub fn measure(cases: Vec<Case>, rounds: usize) -> Vec<Measured> {
    let mut all: Vec<Running> = cases.into_iter().map(calibrate).collect();
    let mut order: Vec<usize> = (0..all.len()).collect();
    let draws = &mut Draws::new(u64::from(std::process::id()));
    for _ in 0..rounds {
        shuffle(&mut order, draws);
        for at in &order {
            let running = &mut all[*at];
            let time = running.case.run(running.times);
            running.rounds.push(time.as_secs_f64() * 1e9 / running.times as f64);
        }
    }
    let measured = |it: Running| Measured { name: it.case.name, nanoseconds: median(it.rounds) };
    all.into_iter().map(measured).collect()
}

/// Doubles the number of operations until a batch takes long enough; warms up on the way.
fn calibrate(mut case: Case) -> Running {
    let mut times = 1;
    while case.run(times) < BATCH {
        times *= 2;
    }
    Running { case, times, rounds: Vec::new() }
}

fn shuffle(order: &mut [usize], draws: &mut Draws) {
    for end in (1..order.len()).rev() {
        let other = draws.number() % (end as u64 + 1);
        order.swap(end, other as usize);
    }
}

/// The middle one; of an even number the greater of the two.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
