//! Every target over its corpus, on stable.

use quipu_fuzz::{TARGETS, seed, target};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|it| it.expect("an entry"));
    entries.map(|it| it.file_name().into_string().expect("a plain name")).collect()
}

#[test]
fn each_target_has_a_corpus_and_a_program_and_each_corpus_a_target() {
    let targets: BTreeSet<_> = TARGETS.iter().map(|it| it.name.to_owned()).collect();
    assert_eq!(names(&root().join("corpus")), targets);
    let programs: BTreeSet<_> = targets.iter().map(|name| format!("{name}.rs")).collect();
    assert_eq!(names(&root().join("libfuzzer/src")), programs);
    assert!(targets.iter().all(|name| !names(&root().join("corpus").join(name)).is_empty()));
}

#[test]
fn the_corpora_hold_the_seeds_and_are_named_by_content() {
    for (target, inputs) in seed::seeds(&root().join("../vectors/data")).expect("the vectors") {
        let folder = root().join("corpus").join(target);
        let there = names(&folder);
        for name in &there {
            assert_eq!(seed::name(&fs::read(folder.join(name)).expect("an input")), *name);
        }
        let missing = inputs.iter().filter(|it| !there.contains(&seed::name(it))).count();
        assert_eq!(missing, 0, "{target}: run `cargo run -p quipu-fuzz -- seed`");
    }
}

fn over_corpus(name: &str) {
    let folder = root().join("corpus").join(name);
    let target = target(name).expect("a target");
    for input in names(&folder) {
        let bytes = fs::read(folder.join(&input)).expect("an input");
        let run = std::panic::catch_unwind(|| (target.run)(&bytes));
        assert!(run.is_ok(), "fuzz/corpus/{name}/{input}");
    }
}

macro_rules! corpora {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            over_corpus(stringify!($name));
        })*

        #[test]
        fn each_target_runs_here() {
            let here = [$(stringify!($name)),*];
            assert!(TARGETS.iter().map(|it| it.name).eq(here));
        }
    };
}

corpora! {
    packet content card bundle manifest init response complete prekey_init message insider restore
    storage frames vectors conversation
}
