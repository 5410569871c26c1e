//! The primitives by themselves: `cargo bench --bench primitives`.

use criterion::{Criterion, criterion_group, criterion_main};
use quipu_benches::Primitive;

fn primitives(criterion: &mut Criterion) {
    for mut case in Primitive::examples().into_iter().map(Primitive::case) {
        let name = case.name.clone();
        criterion.bench_function(&name, |bencher| bencher.iter_custom(|n| case.run(n)));
    }
}

criterion_group!(benches, primitives);
criterion_main!(benches);
