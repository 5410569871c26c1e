//! Time: Welch's t of two classes of forgeries, measured in turn at random, as dudect does.

use crate::scene::{Draws, Scene, forged};
use std::hint::black_box;
use std::time::Instant;

/// As in dudect: beyond it the classes differ.
const THRESHOLD: f64 = 4.5;
const SAMPLES: usize = 500_000;

/// Mean and variance, sample by sample (Welford).
#[derive(Default)]
struct Class {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Class {
    fn add(&mut self, sample: f64) {
        self.count += 1.0;
        let off = sample - self.mean;
        self.mean += off / self.count;
        self.squares += off * (sample - self.mean);
    }

    fn variance(&self) -> f64 {
        self.squares / (self.count - 1.0)
    }
}

/// Welch's t of the two classes: of all samples below a bound that a tenth of them exceeds, for
/// what interrupts a run has nothing to do with its class.
fn welch(samples: &[(bool, f64)]) -> f64 {
    let mut times: Vec<f64> = samples.iter().map(|it| it.1).collect();
    times.sort_unstable_by(f64::total_cmp);
    let bound = times[times.len() * 9 / 10];
    let mut classes = [Class::default(), Class::default()];
    for (class, time) in samples.iter().filter(|it| it.1 <= bound) {
        classes[usize::from(*class)].add(*time);
    }
    let [one, other] = classes;
    let error = (one.variance() / one.count + other.variance() / other.count).sqrt();
    (one.mean - other.mean) / error
}

/// Times one of two runs at random, again and again.
fn compare(samples: usize, mut run: impl FnMut(bool)) -> f64 {
    let rng = &mut Draws::new(7, false);
    (0..1_000).for_each(|at| run(at % 2 == 0));
    let mut taken = Vec::with_capacity(samples);
    for _ in 0..samples {
        let class = rng.word() & 1 == 1;
        let begin = Instant::now();
        run(class);
        taken.push((class, begin.elapsed().as_nanos() as f64));
    }
    welch(&taken)
}

/// Times forgeries whose MAC is wrong in its last byte only against those wrong in every byte.
pub(crate) fn check() -> bool {
    let Scene { receiver, waiting, .. } = Scene::new(false);
    let newest = &waiting[waiting.len() - 1];
    let forgeries = [forged(newest, 0), forged(newest, 31)];
    // One buffer for both: where the bytes lie would be a difference of its own.
    let mut buffer = forgeries[0].clone();
    let t = compare(SAMPLES, |class| {
        buffer.copy_from_slice(&forgeries[usize::from(class)]);
        drop(black_box(receiver.open(&buffer)));
    });
    let quiet = t.abs() < THRESHOLD;
    println!(
        "forgeries nearly right against wrong: t = {t:.2} over {SAMPLES} samples, {}",
        if quiet { "below 4.5" } else { "BEYOND 4.5" }
    );

    let mac = newest.len() - 32;
    let leak = compare(SAMPLES, |class| {
        buffer.copy_from_slice(&forgeries[usize::from(class)]);
        drop(black_box(receiver.open(&buffer)));
        let (claimed, right) = (black_box(&buffer[mac..]), black_box(&newest[mac..]));
        black_box(claimed.iter().zip(right).position(|(one, other)| one != other));
    });
    let found = leak.abs() > THRESHOLD;
    println!(
        "deliberate leak, an early exit behind it: t = {leak:.2}, {}",
        if found { "found" } else { "NOT FOUND" }
    );
    quiet && found
}
