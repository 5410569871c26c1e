//! The published files against the reference, the schema and the generator.

use quipu_vectors::file::{self, Named};
use quipu_vectors::{generate, lint, perform, registry, specification};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn published() -> Vec<Named> {
    file::load(&root().join("vectors/data")).expect("vectors load")
}

#[test]
fn the_reference_passes_every_published_test() {
    let failures: Vec<String> = published()
        .iter()
        .flat_map(|named| named.file.tests.iter().map(|test| (&named.file, test)))
        .filter_map(|(file, test)| {
            perform::check(&file.operation, file.suite, test)
                .err()
                .map(|text| format!("{}: {text}", test.id))
        })
        .collect();
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn the_generator_gives_the_published_files() {
    for (made, there) in generate::files().iter().zip(published()) {
        assert_eq!(made.name, there.name);
        let text = |named: &Named| serde_json::to_string(&named.file).expect("serialises");
        assert!(text(made) == text(&there), "{} differs", made.name);
    }
}

// ENC-01 to ENC-06: the table of chapter 4.8 is what the reference gives for every byte
#[test]
fn the_generated_blocks_of_the_specification_are_current() {
    let spec = root().join("spec");
    let made = specification::blocks(&spec, &published()).expect("blocks");
    for (name, text) in made {
        let there = std::fs::read_to_string(spec.join(&name)).expect("a chapter");
        assert!(text == there, "{} differs: run `quipu-vectors generate`", name.display());
    }
}

#[test]
fn the_lint_finds_nothing() {
    let spec = root().join("spec");
    let requirements = registry::requirements(&spec).expect("requirements");
    let errors = registry::read(&spec, "errors.json").expect("errors");
    assert_eq!(lint::lint(&published(), &requirements, &errors), Vec::<String>::new());
}

#[test]
fn the_lint_finds_too_few_cases() {
    let spec = root().join("spec");
    let requirements = registry::requirements(&spec).expect("requirements");
    let errors = registry::read(&spec, "errors.json").expect("errors");
    let left = |keep: &dyn Fn(&file::Test) -> bool| {
        let mut files = published();
        files.iter_mut().for_each(|named| named.file.tests.retain(|test| keep(test)));
        lint::lint(&files, &requirements, &errors).join("\n")
    };
    let one_rollback = left(&|test| !test.id.contains("-rollback-") || test.id.ends_with("-send"));
    assert_eq!(one_rollback, "error rollback is expected by 1 tests, not by 2");
    let fewer = left(&|test| !test.is_negative() || test.id.starts_with("session-"));
    assert!(fewer.contains("tests are negative: fewer than 55 %"), "{fewer}");
}

// VEC-01, VEC-04
#[test]
fn a_changed_value_in_any_test_is_noticed() {
    for named in published() {
        for test in named.file.tests.iter().take(6) {
            let mut broken = test.clone();
            match (&mut broken.output, &mut broken.error, &mut broken.steps) {
                (Some(output), ..) if !output.is_empty() => {
                    output.insert("extra".to_owned(), "00".into());
                }
                (_, Some(error), _) => *error = "no_such_error".to_owned(),
                (.., Some(steps)) => {
                    steps[0].insert("error".to_owned(), "no_such_error".into());
                }
                _ => broken.error = Some("no_such_error".to_owned()),
            }
            assert!(
                perform::check(&named.file.operation, named.file.suite, &broken).is_err(),
                "{}",
                test.id
            );
        }
    }
}

// VEC-03
#[test]
fn an_argument_that_the_operation_does_not_know_is_noticed() {
    for named in published() {
        let with_input = named.file.tests.iter().filter(|test| test.input.is_some());
        for mut broken in with_input.take(1).cloned() {
            broken.input.as_mut().expect("it has one").insert("colour".to_owned(), "00".into());
            let text = perform::check(&named.file.operation, named.file.suite, &broken)
                .expect_err("unknown");
            assert_eq!(text, format!("colour is not an argument of {}", named.file.operation));
        }
    }
}

// VEC-02
#[test]
fn a_missing_or_superfluous_draw_is_noticed() {
    for named in published() {
        for test in
            named.file.tests.iter().filter(|test| test.random.is_some() && !test.is_negative())
        {
            let mut fewer = test.clone();
            fewer.random.as_mut().expect("it has draws").pop();
            assert!(
                perform::check(&named.file.operation, named.file.suite, &fewer).is_err(),
                "{} with fewer",
                test.id
            );
            let mut more = test.clone();
            more.random.as_mut().expect("it has draws").push("00".repeat(32));
            assert!(
                perform::check(&named.file.operation, named.file.suite, &more).is_err(),
                "{} with more",
                test.id
            );
        }
    }
}

/// A copy of the published folder, to be damaged.
fn copy(name: &str) -> PathBuf {
    let folder =
        std::env::temp_dir().join(format!("quipu-published-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    for entry in std::fs::read_dir(root().join("vectors/data")).expect("vectors").flatten() {
        std::fs::copy(entry.path(), folder.join(entry.file_name())).expect("a copy");
    }
    folder
}

// VEC-03
#[test]
fn damaged_folders_are_refused_with_the_place() {
    let edit = |name: &str, from: &str, to: &str| {
        let folder = copy(name);
        let path = folder.join("mix.json");
        let text = std::fs::read_to_string(&path).expect("mix.json");
        std::fs::write(&path, text.replacen(from, to, 1)).expect("writable");
        let text = file::load(&folder).map(|_| ()).expect_err("damaged").to_string();
        std::fs::remove_dir_all(folder).expect("removable");
        text
    };
    let unknown = edit("field", "\"operation\"", "\"colour\": 1, \"operation\"");
    assert!(unknown.contains("mix.json, line 4") && unknown.contains("`colour`"), "{unknown}");
    assert!(edit("syntax", "{", "[").contains("mix.json, line 2"));
    assert!(edit("value", "mix-card", "mix-cord").contains("differs from manifest.json"));
    let folder = copy("superfluous");
    std::fs::copy(folder.join("mix.json"), folder.join("more.json")).expect("a copy");
    let text = file::load(&folder).map(|_| ()).expect_err("damaged").to_string();
    assert!(text.contains("more.json is not in manifest.json"), "{text}");
    std::fs::remove_file(folder.join("mix.json")).expect("removable");
    let text = file::load(&folder).map(|_| ()).expect_err("damaged").to_string();
    assert!(text.contains("mix.json is in manifest.json and missing"), "{text}");
    std::fs::remove_dir_all(folder).expect("removable");
}
