//! Every operation of the protocol: `cargo bench --bench operations`.

use criterion::{Criterion, criterion_group, criterion_main};
use quipu_benches::operations as all;

fn operations(criterion: &mut Criterion) {
    for mut case in all().into_iter().map(|it| it.case) {
        let name = case.name.clone();
        criterion.bench_function(&name, |bencher| bencher.iter_custom(|n| case.run(n)));
    }
}

criterion_group!(benches, operations);
criterion_main!(benches);
