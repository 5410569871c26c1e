//! The primitives by themselves: `cargo bench --bench primitives`.

use criterion::{Criterion, criterion_group, criterion_main};
use quipu_benches::Primitive;

fn primitives(criterion: &mut Criterion) {
    for primitive in Primitive::examples() {
        let mut case = primitive.case();
        criterion.bench_function(&case.name, |bencher| bencher.iter_custom(|n| case.run(n)));
    }
}

criterion_group!(benches, primitives);
criterion_main!(benches);
