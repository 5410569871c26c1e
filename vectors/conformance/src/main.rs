//! The conformance runner of Quipu.
mod live;
fn main() {
    let seed: u64 = std::env::args().nth(1).and_then(|it| it.parse().ok()).unwrap_or(1);
    for case in live::CASES {
        let t = std::time::Instant::now();
        let p = case.play(seed);
        println!("{} {:?} {:?}", case.name, p.outcome, t.elapsed());
        if std::env::args().nth(2).is_some() { println!("{:?}", p.counts); }
    }
}
