//! Results in a notation that chapter 12.1 does not have.

use serde_json::Value;

/// What is wrong with the notation of a result that is right otherwise, and the fix.
pub(super) fn slip(found: &Value, expected: &Value) -> Option<(&'static str, &'static str)> {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            expected.iter().find_map(|(name, value)| slip(found.get(name)?, value))
        }
        (Value::Array(found), Value::Array(expected)) if found.len() == expected.len() => {
            found.iter().zip(expected).find_map(|(found, expected)| slip(found, expected))
        }
        (Value::String(text), Value::String(due)) if text != due => {
            if text.to_lowercase() == *due {
                Some(("hex in upper case", "write hex in lower case: a1, not A1"))
            } else if text.strip_prefix("0x") == Some(due) {
                Some(("hex with 0x before it", "write the digits only"))
            } else {
                None
            }
        }
        (Value::String(text), Value::Number(due)) if *text == due.to_string() => {
            Some(("a number as text", "write it as a JSON number: 256, not \"256\""))
        }
        (Value::Number(number), Value::String(due)) if number.to_string() == *due => Some((
            "a time as a number",
            "times and the number of a manifest are decimal text (chapter 12.1): \"1767225600000\"",
        )),
        (Value::Array(list), Value::String(due)) if is_bytes(list, due) => Some(LIST),
        (Value::Object(object), Value::String(due)) => {
            let list = object.get("data").and_then(Value::as_array)?;
            is_bytes(list, due).then_some(LIST)
        }
        _ => None,
    }
}

const LIST: (&str, &str) =
    ("bytes as a list", "write bytes as hex: buffer.toString('hex'), data.hex()");

fn is_bytes(list: &[Value], due: &str) -> bool {
    let bytes: Option<Vec<u8>> =
        list.iter().map(|it| it.as_u64().and_then(|it| u8::try_from(it).ok())).collect();
    bytes.is_some_and(|bytes| hex::encode(bytes) == due)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_slip_is_named_and_nothing_else() {
        let due =
            json!({ "hash": "a1b2", "padded": 256, "created": "1767225600000", "list": ["aa"] });
        for (name, value, says) in [
            ("hash", json!("A1B2"), "upper case"),
            ("hash", json!("0xa1b2"), "0x"),
            ("hash", json!([161, 178]), "a list"),
            ("hash", json!({ "type": "Buffer", "data": [161, 178] }), "a list"),
            ("padded", json!("256"), "a number as text"),
            ("created", json!(1_767_225_600_000_u64), "a time as a number"),
            ("list", json!(["AA"]), "upper case"),
        ] {
            let mut found = due.clone();
            found[name] = value;
            assert!(slip(&found, &due).expect(says).0.contains(says), "{found}");
        }
        for (name, value) in
            [("hash", json!("A1B3")), ("hash", json!([161])), ("padded", json!(257))]
        {
            let mut found = due.clone();
            found[name] = value;
            assert_eq!(slip(&found, &due), None, "{found}");
        }
        assert_eq!(slip(&due, &due), None);
    }
}
