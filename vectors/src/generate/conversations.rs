//! Chapter 12.3.3: one hash over ten thousand conversations, with a value on the way for each hundred.

use super::{About, Book, key};
use serde_json::{Value, json};

pub(super) fn books() -> Vec<Book> {
    let core = Book::new("conversations", "whole conversations that follow from a seed, hashed");
    let hybrid = "whole conversations in suite 0x0002 that follow from a seed, hashed";
    vec![chain(core, 100, 100), chain(Book::of("hybrid", "conversations", hybrid), 10, 2)]
}

/// One conversation with every value, then `tests` tests of `count` conversations each.
fn chain(mut book: Book, tests: u32, count: u32) -> Book {
    let requirements: &[&str] = &["SESSION-29", "SESSION-13", "HS-29", "RATCHET-15", "MSG-02"];
    let input = |first: u32, count: u32, before: &Value| {
        json!({
            "seed": hex::encode(key("conversations")),
            "first": first, "count": count, "before": before,
        })
    };
    let mut before = Value::from("00".repeat(32));
    let comment = "the first conversation, with every value";
    book.good(About { id: "one", comment, requirements }, input(0, 1, &before), None);
    for first in (0..tests).map(|test| test * count) {
        let end = first + count;
        let comment = format!("conversations {first} to {}", end - 1);
        let id = format!("to-{end}");
        let about = About { id: &id, comment: &comment, requirements };
        let (output, _) = book.good(about, input(first, count, &before), None);
        before = output["after"].clone();
    }
    book
}
