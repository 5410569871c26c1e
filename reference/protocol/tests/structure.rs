//! The source and the registries say the same; modules keep their order.

use quipu::crypto::labels::{Ad, Expand, Extract, Purpose, Start};
use quipu::error::{BytesError, CallerError, Error, PeerError, StorageError};
use quipu::limits::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const ORDER: [&str; 16] = [
    "secret",
    "limits",
    "error",
    "wire",
    "crypto",
    "keys",
    "account",
    "prekeys",
    "handshake",
    "ratchet",
    "message",
    "session",
    "sessions",
    "contacts",
    "device",
    "storage",
];

/// Files that hold nothing but unit tests.
const TESTS: [&str; 1] = ["operations.rs"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file by its path below `src`: the code without comments and unit tests.
fn sources() -> BTreeMap<String, String> {
    let mut sources = BTreeMap::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("folder").map(|entry| entry.expect("entry").path())
        {
            if entry.is_dir() {
                folders.push(entry);
            } else {
                let name = entry.strip_prefix(root()).expect("below src").display().to_string();
                if TESTS.contains(&name.as_str()) {
                    continue;
                }
                sources.insert(name, code(&fs::read_to_string(&entry).expect("text")));
            }
        }
    }
    assert!(sources.len() > 25, "the walk finds the sources");
    sources
}

fn code(text: &str) -> String {
    let text = text.split_once("#[cfg(test)]\nmod tests").map_or(text, |(before, _)| before);
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| format!("{line}\n")).collect()
}

fn registry(name: &str) -> Vec<Value> {
    let path = root().join(format!("../../../spec/registry/{name}.json"));
    let file: Value = serde_json::from_slice(&fs::read(path).expect("registry")).expect("JSON");
    file[name].as_array().expect("a list").clone()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

fn identifiers(source: &str) -> BTreeSet<&str> {
    source.split(|it: char| !it.is_alphanumeric() && it != '_').collect()
}

// PRIM-11
#[test]
fn labels_are_those_of_the_registry() {
    let hash = |it: &Start| [Start::AD, Start::FINGERPRINT].contains(it);
    let ours: BTreeSet<(&str, &[u8])> = [
        Start::ALL
            .iter()
            .map(|it| (if hash(it) { "hash" } else { "start" }, it.label()))
            .collect::<Vec<_>>(),
        Purpose::ALL.iter().map(|it| ("signature", it.label())).collect(),
        Extract::ALL.iter().map(|it| ("extract", it.label())).collect(),
        Expand::ALL.iter().map(|it| ("expand", it.label())).collect(),
        Ad::ALL.iter().map(|it| ("ad", it.label())).collect(),
    ]
    .concat()
    .into_iter()
    .collect();
    let labels = registry("labels");
    let registered: BTreeSet<(&str, &[u8])> =
        labels.iter().map(|it| (text(&it["kind"]), text(&it["label"]).as_bytes())).collect();
    assert_eq!(ours, registered);
}

// PRIM-11: text that enters a hash or a MAC stands in one place
#[test]
fn byte_texts_stand_in_the_label_list_or_in_one_known_place() {
    let mut found = BTreeSet::new();
    for (name, source) in sources() {
        for literal in source.split("b\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            found.insert((name.clone(), literal.to_owned()));
        }
    }
    let known =
        [("crypto/kdf.rs", "app:"), ("storage/file.rs", "QuipuSF1"), ("wire.rs", "QuipuV1")];
    assert_eq!(found, known.map(|(name, literal)| (name.to_owned(), literal.to_owned())).into());
}

/// Every error with its name and blame.
fn errors() -> Vec<(&'static str, &'static str)> {
    let bytes = BytesError::ALL.iter().map(|it| Error::from(*it));
    let peer = PeerError::ALL.iter().map(|it| Error::from(*it));
    let caller = CallerError::ALL.iter().map(|it| Error::from(*it));
    let storage = StorageError::ALL.iter().map(|it| Error::from(*it));
    bytes.chain(peer).chain(caller).chain(storage).map(|it| (it.name(), it.blame())).collect()
}

// SESSION-30
#[test]
fn errors_are_those_of_the_registry_in_its_order() {
    let registered = registry("errors");
    let registered: Vec<_> =
        registered.iter().map(|it| (text(&it["name"]), text(&it["blame"]))).collect();
    assert_eq!(errors(), registered);
}

fn number(value: impl TryInto<u64>) -> String {
    value.try_into().unwrap_or_else(|_| panic!("64 bits")).to_string()
}

// SESSION-30
#[test]
fn limits_are_those_of_the_registry() {
    macro_rules! all {
        ($($name:ident)*) => { BTreeMap::from([$((stringify!($name), number($name))),*]) };
    }
    let mut ours = all! {
        DAY INIT_WINDOW HALF_OPEN_LIFETIME HALF_OPEN_PER_IDENTITY HALF_OPEN_TOTAL
        HALF_OPEN_UNPINNED REPLAY_PER_IDENTITY REPLAY_TOTAL REPLAY_UNPINNED CARDS_KEPT
        RECEIPT_INTERVAL COMPLETE_ANSWERS PREKEY_ROTATION PREKEY_LIFETIME PREKEY_RETENTION
        ONE_TIME_PREKEYS PREPARED_TOTAL PREPARED_PER_IDENTITY PREPARED_UNPINNED CHAIN_MAX SKIPPED_KEYS OLD_CHAINS DIGESTS
        BODY_MIN BODY_MAX SESSIONS_CONFIRMED SESSIONS_UNCONFIRMED SESSIONS_GIVEN_UP UNCONFIRMED_AGE
        UNCONFIRMED_AGE_PREPARED UNCONFIRMED_MESSAGES_PREPARED SUPERSEDED_AGE HANDSHAKE_INTERVAL
        EXPORT_LABEL EXPORT_LENGTH MANIFEST_DEVICES FINGERPRINT_ITERATIONS
    };
    ours.insert("COMPLETE_REPEATS", COMPLETE_REPEATS.map(number).join(", "));
    ours.insert("ARGON2_MEMORY", ARGON2_MEMORY.map(number).join(" to "));
    ours.insert("ARGON2_PASSES", ARGON2_PASSES.map(number).join(" to "));
    ours.insert("ARGON2_LANES", ARGON2_LANES.map(number).join(" to "));
    let registered = registry("limits");
    let registered: BTreeMap<&str, String> = registered
        .iter()
        .map(|it| (text(&it["name"]), it["value"].to_string().replace('"', "")))
        .collect();
    assert_eq!(ours, registered);
    let source = &sources()["limits.rs"];
    let named = source.split("pub const ").skip(1).filter_map(|rest| rest.split(':').next());
    assert_eq!(named.collect::<BTreeSet<_>>(), ours.into_keys().collect());
}

#[test]
fn only_crypto_names_a_cryptographic_crate() {
    let crates = [
        "x25519_dalek",
        "ed25519_dalek",
        "curve25519_dalek",
        "aes_gcm",
        "hkdf",
        "sha2",
        "subtle",
        "libcrux_ml_kem",
        "argon2",
    ];
    for (name, source) in sources().iter().filter(|(name, _)| !name.starts_with("crypto/")) {
        let words = identifiers(source);
        let found: Vec<_> = crates.iter().filter(|it| words.contains(*it)).collect();
        assert!(found.is_empty() && !source.contains("use hmac::"), "{name}: {found:?}");
    }
}

#[test]
fn only_wire_reads_integers_from_bytes() {
    let reads = ["from_be_bytes", "from_le_bytes", "from_ne_bytes", "transmute"];
    for (name, source) in sources().iter().filter(|(name, _)| *name != "wire.rs") {
        assert!(!reads.iter().any(|it| source.contains(it)), "{name}");
    }
}

// PRIM-07: the feature that has the function is not asked for, and nothing names it
#[test]
fn signatures_are_never_verified_in_batches() {
    let manifest = root().join("../../../Cargo.toml");
    let manifest = fs::read_to_string(manifest).expect("the workspace has a manifest");
    let dalek = manifest.lines().find(|line| line.starts_with("ed25519-dalek = "));
    let dalek = dalek.expect("the crate of the signatures");
    assert!(dalek.contains("default-features = false") && !dalek.contains("batch"), "{dalek}");
    for (name, source) in &sources() {
        assert!(!source.contains("verify_batch"), "{name}");
    }
}

// PRIM-15: outside `secret`, erasing is done by types and not by calls
#[test]
fn only_secret_erases_by_hand() {
    for (name, source) in sources().iter().filter(|(name, _)| *name != "secret.rs") {
        assert!(!source.contains(".zeroize()"), "{name}");
        for import in source.lines().filter(|line| line.contains("use zeroize::")) {
            let derives = import == "use zeroize::Zeroize;" && source.contains("Copy, Zeroize)");
            assert!(derives || import == "use zeroize::Zeroizing;", "{name}: {import}");
        }
    }
}

#[test]
fn modules_use_only_modules_before_them() {
    for (name, source) in sources().iter().filter(|(name, _)| *name != "lib.rs") {
        let module = name.split(['/', '.']).next().expect("a name");
        let own = ORDER.iter().position(|it| *it == module).unwrap_or_else(|| panic!("{name}"));
        for used in source.split("crate::").skip(1) {
            let used = used.split(|it: char| !it.is_alphanumeric() && it != '_').next();
            let at = ORDER.iter().position(|it| Some(*it) == used);
            assert!(at.is_some_and(|at| at <= own), "{name} uses {used:?}");
        }
    }
}

#[test]
fn code_does_not_panic_by_choice() {
    let calls = [
        ".unwrap()",
        "panic!",
        "todo!",
        "unimplemented!",
        "unreachable!",
        "dbg!",
        "print!",
        "println!",
    ];
    for (name, source) in sources() {
        let found: Vec<_> = calls.iter().filter(|it| source.contains(**it)).collect();
        assert!(found.is_empty(), "{name}: {found:?}");
        let expects = source.matches(".expect(").count();
        assert!(expects <= 2 * source.matches("clippy::expect_used").count(), "{name}: {expects}");
    }
}

#[test]
fn no_file_is_longer_than_350_lines() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut folders, mut long) = (vec![package.join("src"), package.join("tests")], Vec::new());
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(folder).expect("folder");
        let paths: Vec<PathBuf> = entries.map(|entry| entry.expect("entry").path()).collect();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let lines = fs::read_to_string(&path).expect("text").lines().count();
                long.extend((lines > 350).then_some((path, lines)));
            }
        }
    }
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn readme_shows_lines_of_the_example_in_their_order() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("../../README.md")).expect("README.md");
    let example = fs::read_to_string(root.join("examples/two_parties.rs")).expect("the example");
    let (_, block) = readme.split_once("```rust\n").expect("a Rust block");
    let (block, _) = block.split_once("```").expect("its end");
    let mut rest = example.as_str();
    let shown: Vec<&str> = block.lines().filter(|line| !line.is_empty()).collect();
    assert!(shown.len() >= 9, "only {} lines are shown", shown.len());
    for line in shown {
        let place =
            rest.find(line).unwrap_or_else(|| panic!("not in the example, or not here: {line}"));
        rest = &rest[place + line.len()..];
    }
}
