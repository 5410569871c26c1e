//! The file of traces. That it is as generated is checked by `quipu-model vectors --check`,
//! because it takes minutes without optimisation.

use std::collections::BTreeSet;
use std::path::Path;

use super::PATH;

#[test]
fn traces_have_names_of_their_own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(root.join(PATH)).expect("the file is there");
    let name = |line: &str| {
        let trace: serde_json::Value = serde_json::from_str(line).expect("a trace a line");
        trace["name"].as_str().expect("a name").to_owned()
    };
    let names: BTreeSet<String> = text.lines().map(name).collect();
    assert!(names.len() >= 1_000);
    assert_eq!(names.len(), text.lines().count());
}
