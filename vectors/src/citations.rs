//! Where the sources cite requirements: quotes at the lines of code, comments above tests.

use crate::registry::is_id;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders in which a quote stands at the line that enforces it.
const CODE: [&str; 3] = ["reference/protocol/src", "vectors/src", "vectors/conformance/src"];
/// The folders of tests that are no vectors.
const TESTS: [&str; 3] = ["reference/protocol/tests", "vectors/tests", "vectors/conformance/tests"];

/// A sentence of the specification, quoted in the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The requirement.
    pub id: String,
    /// `spec/FILE#section`.
    pub section: String,
    /// The sentence without its id.
    pub text: String,
    /// Where it stands, below the root.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
}

/// A test that says which requirement it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// The requirement.
    pub id: String,
    /// The name of the test.
    pub test: String,
    /// Where it stands, below the root.
    pub path: String,
    /// The line of its name, from 1.
    pub line: usize,
}

/// Every quote of the code, file by file.
///
/// # Errors
/// An unreadable folder, a quote that does not begin with its id.
pub fn quotes(root: &Path) -> Result<Vec<Quote>, String> {
    let mut quotes = Vec::new();
    for (path, text) in sources(root, &CODE)? {
        quoted(&path, &text, &mut quotes)?;
    }
    Ok(quotes)
}

fn quoted(path: &str, text: &str, quotes: &mut Vec<Quote>) -> Result<(), String> {
    let (mut section, before) = (String::new(), quotes.len());
    for (at, line) in text.lines().map(str::trim).enumerate() {
        if let Some(name) = line.strip_prefix("//= ") {
            section = name.to_owned();
        }
        let Some(quote) = line.strip_prefix("//# ") else { continue };
        match quote.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
            Some((id, sentence)) if is_id(id) => quotes.push(Quote {
                id: id.to_owned(),
                section: section.clone(),
                text: sentence.to_owned(),
                path: path.to_owned(),
                line: at + 1,
            }),
            _ if quotes.len() > before => {
                let last = quotes.len() - 1;
                quotes[last].text += &format!(" {quote}");
            }
            _ => return Err(format!("{path}:{}: a quote begins with its id", at + 1)),
        }
    }
    Ok(())
}

/// Every test below a comment that begins with ids: `// HS-17, HS-27: what it shows`, where
/// `CARD-02 to CARD-08` is all of them.
///
/// # Errors
/// An unreadable folder, a comment whose next function is no test.
pub fn tests(root: &Path) -> Result<Vec<Tested>, String> {
    let mut tests = Vec::new();
    for (path, text) in sources(root, &TESTS)? {
        tested(&path, &text, &mut tests)?;
    }
    Ok(tests)
}

fn tested(path: &str, text: &str, tests: &mut Vec<Tested>) -> Result<(), String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for (at, line) in lines.iter().enumerate() {
        let ids = line.strip_prefix("// ").map(cited).unwrap_or_default();
        if ids.is_empty() {
            continue;
        }
        let below = &lines[at..];
        let function = below.iter().position(|line| line.starts_with("fn "));
        let function = function
            .filter(|end| below[..*end].contains(&"#[test]"))
            .ok_or_else(|| format!("{path}:{}: no test below this comment", at + 1))?;
        let test = below[function].trim_start_matches("fn ").split('(').next().unwrap_or_default();
        tests.extend(ids.into_iter().map(|id| Tested {
            id,
            test: test.to_owned(),
            path: path.to_owned(),
            line: at + function + 1,
        }));
    }
    Ok(())
}

/// The ids at the beginning of a comment.
fn cited(comment: &str) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut range = false;
    for word in comment.split(' ') {
        let id = word.trim_end_matches([',', ':', ';', '.']);
        if is_id(id) {
            let first = if range { ids.last().and_then(|last| number(last)) } else { None };
            if let (Some((area, first)), Some((_, last))) = (first, number(id)) {
                ids.extend((first + 1..last).map(|it| format!("{area}-{it:02}")));
            }
            ids.push(id.to_owned());
            range = false;
        } else if id == "to" && !ids.is_empty() {
            range = true;
        } else if id != "and" {
            break;
        }
        if word.ends_with(':') {
            break;
        }
    }
    ids
}

fn number(id: &str) -> Option<(String, u16)> {
    let (area, number) = id.split_once('-')?;
    Some((area.to_owned(), number.parse().ok()?))
}

/// The Rust files below some folders, in order: path below the root, text.
fn sources(root: &Path, folders: &[&str]) -> Result<Vec<(String, String)>, String> {
    let mut files = Vec::new();
    for folder in folders {
        walk(&root.join(folder), &mut files)
            .map_err(|error| format!("cannot read {folder}: {error}"))?;
    }
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path)
                .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            let below = path.strip_prefix(root).unwrap_or(&path);
            let parts = below.iter().map(|part| part.to_string_lossy());
            Ok((parts.collect::<Vec<_>>().join("/"), text))
        })
        .collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Quote, Tested, cited, quoted, tested};

    #[test]
    fn ids_lead_a_comment() {
        assert_eq!(cited("HS-17, HS-27"), ["HS-17", "HS-27"]);
        assert_eq!(cited("ENC-02 to ENC-04: every byte"), ["ENC-02", "ENC-03", "ENC-04"]);
        assert_eq!(cited("HS-14, CARD-07 to CARD-08"), ["HS-14", "CARD-07", "CARD-08"]);
        assert_eq!(cited("SESSION-10: not HS-01"), ["SESSION-10"]);
        assert_eq!(cited("as HS-01 says"), Vec::<String>::new());
    }

    #[test]
    fn a_comment_is_about_the_test_below_it() {
        let text = "// A-01, A-02: both\n#[test]\nfn one() {}\n// A-03\nfn helper() {}\n";
        let (mut tests, it) = (Vec::new(), |id: &str| Tested {
            id: id.into(),
            test: "one".into(),
            path: "x.rs".into(),
            line: 3,
        });
        let error = tested("x.rs", text, &mut tests).expect_err("a helper is no test");
        assert_eq!(error, "x.rs:4: no test below this comment");
        assert_eq!(tests, [it("A-01"), it("A-02")]);
    }

    #[test]
    fn a_quote_runs_over_lines_and_needs_its_id() {
        let text = "fn it() {\n    //= spec/a.md#b\n    //# [A-01] One MUST\n    //# two.\n}\n";
        let mut quotes = Vec::new();
        quoted("x.rs", text, &mut quotes).expect("a quote");
        let expected = Quote {
            id: "A-01".into(),
            section: "spec/a.md#b".into(),
            text: "One MUST two.".into(),
            path: "x.rs".into(),
            line: 3,
        };
        assert_eq!(quotes, [expected]);
        let error = quoted("y.rs", "//# two.\n", &mut quotes).expect_err("no id");
        assert_eq!(error, "y.rs:1: a quote begins with its id");
    }
}
