//! Every operation of the protocol: `cargo bench --bench operations`.

use criterion::{Criterion, criterion_group, criterion_main};
use quipu_benches::operations as all;

fn operations(criterion: &mut Criterion) {
    for operation in all() {
        let mut case = operation.case;
        criterion.bench_function(&case.name, |bencher| bencher.iter_custom(|n| case.run(n)));
    }
}

criterion_group!(benches, operations);
criterion_main!(benches);
