//! Chapter 13: lines to an adapter, and lines from one.

use quipu_conformance::{Answer, serve};
use serde_json::Value;
use std::io::Cursor;

/// Operations whose price is the caller's choice: Argon2id, conversations of any length.
pub(crate) const DEAR: [&str; 6] =
    ["file-open", "file-seal", "import", "conversations", "send-many", "filled"];

/// Each line is answered with one line, which names its request and can be read.
pub(crate) fn frames(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    // JSON may spell a name with escapes.
    if DEAR.iter().any(|name| text.contains(name)) || text.contains("\\u") {
        return;
    }
    let mut out = Vec::new();
    serve(Cursor::new(data), &mut out).expect("bytes in, bytes out");
    let out = String::from_utf8(out).expect("answers are text");
    assert_eq!(out.lines().count(), text.lines().count(), "one answer for each line");
    for (asked, answer) in text.lines().zip(out.lines()) {
        let request: Value = serde_json::from_str(asked).unwrap_or_default();
        let id = request.get("id").cloned().unwrap_or_default();
        let found: Value = serde_json::from_str(answer).expect("an answer is JSON");
        assert_eq!(found["id"], id, "an answer names its request");
        if id.is_null() || id.is_u64() {
            let read = Answer::read(answer, id.as_u64());
            assert!(read.is_ok(), "{read:?}");
        }
        // What is sent to an adapter may also come from one.
        if let Ok(read) = Answer::read(asked, id.as_u64()) {
            let kinds = ["ok", "reject", "unsupported", "fault"];
            let kinds = kinds.into_iter().filter(|kind| request.get(kind).is_some());
            assert_eq!(kinds.count(), 1, "{read:?}");
        }
    }
}
