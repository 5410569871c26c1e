//! The layouts against the published vectors.

use super::{Annotated, Kind, align, annotate, guess, read, show};
use quipu_vectors::file;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Every hex value of the outputs of the vectors, with its label.
fn outputs() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
    let mut all = Vec::new();
    for named in file::load(folder).expect("the vectors") {
        for test in &named.file.tests {
            let steps = test.steps.iter().flatten().filter(|it| !it.contains_key("error"));
            let results = steps.map(quipu_vectors::script::results);
            for object in test.output.iter().cloned().chain(results) {
                for (name, value) in object {
                    collect(&name, &value, &mut all);
                }
            }
        }
    }
    all
}

fn collect(name: &str, value: &Value, all: &mut Vec<(String, Vec<u8>)>) {
    match value {
        Value::String(text) => {
            if let Ok(bytes) = hex::decode(text) {
                all.push((name.to_owned(), bytes));
            }
        }
        Value::Array(list) => {
            // [to, packet]: the name of a device is no packet.
            list.iter().for_each(|it| collect(name, it, all));
        }
        _ => {}
    }
}

fn whole(it: &Annotated, bytes: &[u8]) {
    let lengths: usize = it.fields.iter().map(|field| field.length).sum();
    let joined: Vec<u8> = it.fields.iter().flat_map(|field| field.bytes.clone()).collect();
    assert_eq!((lengths, joined.as_slice()), (bytes.len(), bytes), "{it:?}");
}

#[test]
fn every_output_of_the_vectors_is_annotated_without_rest() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, bytes) in outputs() {
        let Some(kind) = Kind::of_value(&name, &bytes) else { continue };
        let it = annotate(kind, &bytes);
        assert_eq!(it.troubles, Vec::<String>::new(), "{name}: {}", hex::encode(&bytes));
        whole(&it, &bytes);
        assert_eq!(guess(&bytes), Some(kind), "{name}: {}", hex::encode(&bytes));
        *seen.entry(kind.names().0).or_default() += 1;
        if kind == Kind::PrekeyInit || kind == Kind::Complete {
            // Both come alone and with a message behind them.
            let more = it.fields.iter().any(|field| field.name == "length of the message");
            *seen.entry(if more { "with a message" } else { "alone" }).or_default() += 1;
        }
    }
    for (kind, least) in [
        ("card", 20),
        ("Init", 20),
        ("Response", 20),
        ("Complete", 20),
        ("PrekeyInit", 20),
        ("message", 100),
        ("prekey record", 20),
        ("manifest", 10),
        ("sealed file", 4),
        ("scannable code", 4),
        ("with a message", 10),
        ("alone", 10),
    ] {
        let count = seen.get(kind).copied().unwrap_or(0);
        assert!(count >= least, "{kind}: {count} of {least}; {seen:?}");
    }
}

#[test]
fn bundles_and_refused_bytes_are_annotated_as_far_as_they_go() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
    let (mut bundles, mut broken) = (0, 0);
    for named in file::load(folder).expect("the vectors") {
        for test in &named.file.tests {
            let mut troubled = false;
            let inputs = test.input.iter().flatten();
            for (name, value) in inputs {
                let Some(Ok(bytes)) = value.as_str().map(hex::decode) else { continue };
                let Some(kind) = Kind::of_value(name, &bytes) else { continue };
                let it = annotate(kind, &bytes);
                let joined: Vec<u8> =
                    it.fields.iter().flat_map(|field| field.bytes.clone()).collect();
                assert_eq!(joined, bytes, "{}", test.id);
                troubled |= !it.troubles.is_empty();
                if kind == Kind::Bundle && test.error.is_none() {
                    assert_eq!(it.troubles, Vec::<String>::new(), "{}", test.id);
                    assert_eq!(guess(&bytes), Some(kind));
                    bundles += 1;
                }
            }
            let wrong = ["card-verify", "message-open", "manifest-verify", "bundle-verify"];
            if wrong.contains(&named.file.operation.as_str())
                && ["length", "version"].contains(&test.error.as_deref().unwrap_or_default())
            {
                assert!(troubled, "{}", test.id);
                broken += 1;
            }
        }
    }
    assert!(bundles >= 20 && broken >= 20, "{bundles} {broken}");
}

fn card() -> Vec<u8> {
    let (_, card) = outputs().into_iter().find(|(name, _)| name == "card").expect("a card");
    card
}

#[test]
fn fields_have_the_offsets_of_the_specification() {
    let it = annotate(Kind::Card, &card());
    let places: Vec<(usize, usize, &str)> =
        it.fields.iter().map(|field| (field.offset, field.length, field.name.as_str())).collect();
    let due = [
        (0, 1, "version"),
        (1, 4, "suites"),
        (5, 1, "address length"),
        (6, 64, "address"),
        (70, 4, "device id"),
        (74, 32, "IK"),
        (106, 32, "IDK"),
        (138, 8, "created"),
        (146, 8, "expires"),
        (154, 64, "signature"),
    ];
    assert_eq!(places, due);
}

#[test]
fn too_few_and_too_many_bytes_are_named() {
    let card = card();
    let cut = annotate(Kind::Card, &card[..100]);
    assert_eq!(cut.fields.last().map(|it| (it.offset, it.bytes.len())), Some((74, 26)));
    assert_eq!(cut.troubles[0], "6 of 32 bytes of IK are missing");
    let more = annotate(Kind::Card, &[card.as_slice(), &[7, 8]].concat());
    assert_eq!(more.troubles, ["2 bytes too many"]);
    assert_eq!(more.fields.last().map(|it| it.name.as_str()), Some("behind the end"));
    let mut wrong = card;
    wrong[0] = 9;
    wrong[69] = 1;
    let troubles = annotate(Kind::Card, &wrong).troubles;
    assert!(troubles[0].contains("version is 9, not 1"), "{troubles:?}");
    assert!(troubles[1].contains("not zero behind"), "{troubles:?}");
    assert!(!annotate(Kind::Message, &[]).troubles.is_empty());
}

#[test]
fn a_longer_field_does_not_shift_those_behind_it() {
    let (_, message) =
        outputs().into_iter().find(|(name, _)| name == "message").expect("a message");
    let mut longer = message.clone();
    longer.splice(200..200, [0; 16]);
    let pairs = align(&annotate(Kind::Message, &message), &annotate(Kind::Message, &longer));
    let differing: Vec<&str> =
        pairs.iter().filter(|it| it.differs).map(|it| it.name.as_str()).collect();
    assert_eq!(differing, ["body, content and padding"]);
    let pairs = align(&annotate(Kind::Message, &message), &annotate(Kind::Message, &message));
    assert!(pairs.iter().all(|it| !it.differs) && pairs.len() == 13, "{pairs:?}");
}

#[test]
fn what_only_one_side_has_keeps_its_place() {
    let (_, complete) = outputs()
        .into_iter()
        .find(|(_, bytes)| bytes.len() > 168 && bytes.starts_with(&[1, 3]))
        .expect("a Complete with a message");
    let pairs =
        align(&annotate(Kind::Complete, &complete[..164]), &annotate(Kind::Complete, &complete));
    let (same, more) = pairs.split_at(8);
    assert!(same.iter().all(|it| !it.differs), "{same:?}");
    assert!(more.iter().all(|it| it.differs && it.expected.is_none()), "{more:?}");
    assert_eq!(more[0].name, "length of the message");
}

#[test]
fn marks_stand_below_the_bytes_that_differ() {
    let first = card();
    let mut second = first.clone();
    second[76] ^= 0xff;
    let text = show::against(&annotate(Kind::Card, &first), &annotate(Kind::Card, &second));
    let at = |mark: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(mark)).expect(mark);
        line.find(mark).expect("it is there")
    };
    let from = text.find("- ").map(|it| text[..it].lines().last().map_or(0, str::len));
    assert_eq!(at("^^"), from.expect("a first line") + 2 + 4, "{text}");
    assert!(text.ends_with("1 of 10 fields differ\n"), "{text}");
}

#[test]
fn times_are_dates() {
    assert_eq!(read::time(0), "0 = 1970-01-01T00:00:00Z");
    assert_eq!(read::time(1_767_225_600_000), "1767225600000 = 2026-01-01T00:00:00Z");
    assert_eq!(read::time(951_868_799_999), "951868799999 = 2000-02-29T23:59:59.999Z");
    assert!(read::time(u64::MAX).ends_with("after the year 9999"));
}
