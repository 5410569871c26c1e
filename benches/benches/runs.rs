//! Published vectors and states of the model a second, on one core: `cargo bench --features runs --bench runs`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use quipu_model::engine::Limits;
use quipu_vectors::{file, perform};
use std::path::Path;
use std::time::Duration;

fn vectors(criterion: &mut Criterion) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/data");
    let files = file::load(&data).expect("the published files");
    let mut group = criterion.benchmark_group("vectors");
    for name in ["handshake-respond.json", "message-open.json", "session.json", "device.json"] {
        let file = &files.iter().find(|it| it.name == name).expect("a published file").file;
        group.sample_size(10).throughput(Throughput::Elements(file.tests.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for test in &file.tests {
                    perform::check(&file.operation, file.suite, test)
                        .expect("the reference passes");
                }
            });
        });
    }
}

fn model(criterion: &mut Criterion) {
    let limits = Limits { states: 20_000_000, time: Duration::from_secs(600) };
    let mut group = criterion.benchmark_group("model");
    for name in ["session-clock", "ratchet-order", "delivery"] {
        let models = quipu_model::models();
        let model = models.iter().find(|it| it.subject.name() == name).expect("a model");
        let check = || model.subject.check(limits, false, &|_| ());
        group.sample_size(10).throughput(Throughput::Elements(check().states as u64));
        group.bench_function(name, |bencher| bencher.iter(check));
    }
}

criterion_group!(benches, vectors, model);
criterion_main!(benches);
