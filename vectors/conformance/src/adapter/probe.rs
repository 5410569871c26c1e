//! Chapters 13.1 and 13.2: questions to the adapter itself, not to the client behind it.

use super::{Adapter, Answer, Failed, Hello};
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;

/// Lines to an adapter of its own, and what is due for each. At the end its input is closed.
#[derive(Debug)]
pub(crate) struct Probe {
    /// Its name, never used again for another.
    pub(crate) name: &'static str,
    /// What it shows.
    pub(crate) comment: &'static str,
    /// Ids of the specification.
    pub(crate) requirements: &'static [&'static str],
    lines: &'static [(&'static str, Due)],
}

#[derive(Debug, Clone, Copy)]
enum Due {
    Ok,
    /// `ok` with the same results as the line before.
    Again,
    Unsupported,
    Fault,
    /// `ok` with the results of `hello`.
    Greeting,
}

use Due::{Again, Fault, Greeting, Ok as Fine, Unsupported};

/// How a probe begins that says hello itself; before the others it has been said.
const HELLO: &str = r#"{"op":"hello""#;

const PADDING: &str =
    r#"{"op":"vector","operation":"padding","suite":1,"input":{"length":0},"random":[]}"#;

const BEGIN: &str = r#"{"op":"begin","operation":"session","suite":1,"setup":$SETUP}"#;

const STATE: &str = r#"{"op":"state","as":"initiator"}"#;

const STEP: &str = r#"{"op":"step","step":{"as":"initiator","do":"restore"}}"#;

/// Every probe. `$WORD` is a name that nobody can know beforehand, `$SETUP` that of a session.
pub(crate) const PROBES: &[Probe] = &[
    Probe {
        name: "adapter-hello",
        comment: "several versions are offered, one of them known: it is chosen, and core is claimed",
        requirements: &["ADAPT-05", "ADAPT-06"],
        lines: &[
            (r#"{"op":"hello","adapter":[65535,1,65534],"protocol":"QuipuV1"}"#, Greeting),
            (PADDING, Fine),
        ],
    },
    Probe {
        name: "adapter-versions",
        comment: "only versions are offered that nobody speaks",
        requirements: &["ADAPT-05"],
        lines: &[(r#"{"op":"hello","adapter":[65535,65534],"protocol":"QuipuV1"}"#, Fault)],
    },
    Probe {
        name: "adapter-unknown-operation",
        comment: "operations that no version has, then one that it knows",
        requirements: &["ADAPT-03", "ADAPT-01"],
        lines: &[(r#"{"op":"$WORD"}"#, Unsupported), (PADDING, Fine)],
    },
    Probe {
        name: "adapter-unknown-vector",
        comment: "a vector operation and a suite that no version has",
        requirements: &["ADAPT-03"],
        lines: &[
            (
                r#"{"op":"vector","operation":"$WORD","suite":1,"input":{},"random":[]}"#,
                Unsupported,
            ),
            (
                r#"{"op":"vector","operation":"padding","suite":65534,"input":{"length":0},"random":[]}"#,
                Unsupported,
            ),
            (PADDING, Fine),
        ],
    },
    Probe {
        name: "adapter-unknown-script",
        comment: "a script and a step that no version has",
        requirements: &["ADAPT-03"],
        lines: &[
            (r#"{"op":"begin","operation":"$WORD","suite":1,"setup":{}}"#, Unsupported),
            (BEGIN, Fine),
            (r#"{"op":"step","step":{"as":"initiator","do":"$WORD"}}"#, Unsupported),
        ],
    },
    Probe {
        name: "adapter-malformed-line",
        comment: "lines that are not JSON, not an object, or without an operation",
        requirements: &["ADAPT-04", "ADAPT-02"],
        lines: &[
            (r#"{"op":"#, Fault),
            ("[]", Fault),
            ("5", Fault),
            ("{}", Fault),
            (r#"{"op":7}"#, Fault),
            (PADDING, Fine),
        ],
    },
    Probe {
        name: "adapter-unknown-field",
        comment: "a field too many, in a request, an input, a setup and a step",
        requirements: &["ADAPT-04"],
        lines: &[
            (
                r#"{"op":"vector","operation":"padding","suite":1,"input":{"length":0},"random":[],"$WORD":1}"#,
                Fault,
            ),
            (
                r#"{"op":"vector","operation":"padding","suite":1,"input":{"length":0,"$WORD":1},"random":[]}"#,
                Fault,
            ),
            (BEGIN, Fine),
            (r#"{"op":"step","step":{"as":"initiator","do":"restore","$WORD":1}}"#, Fault),
            (r#"{"op":"begin","operation":"session","suite":1,"setup":$SETUP,"$WORD":1}"#, Fault),
        ],
    },
    Probe {
        name: "adapter-missing-field",
        comment: "a field too few",
        requirements: &["ADAPT-04"],
        lines: &[
            (r#"{"op":"vector","operation":"padding","suite":1,"input":{},"random":[]}"#, Fault),
            (r#"{"op":"vector","operation":"padding","suite":1,"random":[]}"#, Fault),
            (r#"{"op":"begin","operation":"session","suite":1}"#, Fault),
            (r#"{"op":"begin","operation":"session","suite":1,"setup":{}}"#, Fault),
            (STEP, Fault),
            (PADDING, Fine),
        ],
    },
    Probe {
        name: "adapter-malformed-field",
        comment: "another type, hex in upper case, hex of half a byte",
        requirements: &["ADAPT-04"],
        lines: &[
            (
                r#"{"op":"vector","operation":"padding","suite":1,"input":{"length":"0"},"random":[]}"#,
                Fault,
            ),
            (
                r#"{"op":"vector","operation":"mix","suite":1,"input":{"hash":"0000000000000000000000000000000000000000000000000000000000000000","bytes":"AB"},"random":[]}"#,
                Fault,
            ),
            (
                r#"{"op":"vector","operation":"mix","suite":1,"input":{"hash":"0000000000000000000000000000000000000000000000000000000000000000","bytes":"abc"},"random":[]}"#,
                Fault,
            ),
            (PADDING, Fine),
        ],
    },
    Probe {
        name: "adapter-before-begin",
        comment: "a step and a state where nothing is under way",
        requirements: &["ADAPT-04", "ADAPT-08"],
        lines: &[(STEP, Fault), (STATE, Fault), (BEGIN, Fine), (STEP, Fine)],
    },
    Probe {
        name: "adapter-unknown-side",
        comment: "a step and a state of somebody who is not in the script",
        requirements: &["ADAPT-04"],
        lines: &[
            (BEGIN, Fine),
            (r#"{"op":"state","as":"$WORD"}"#, Fault),
            (BEGIN, Fine),
            (r#"{"op":"step","step":{"as":"$WORD","do":"restore"}}"#, Fault),
            (STEP, Fault),
        ],
    },
    Probe {
        name: "adapter-draws-missing",
        comment: "the client draws more than the request gives, or another length",
        requirements: &["ADAPT-07"],
        lines: &[
            (BEGIN, Fine),
            (
                r#"{"op":"step","step":{"as":"initiator","do":"send","type":1,"content":"","random":[]}}"#,
                Fault,
            ),
            (BEGIN, Fine),
            (
                r#"{"op":"step","step":{"as":"initiator","do":"send","type":1,"content":"","random":["00"]}}"#,
                Fault,
            ),
        ],
    },
    Probe {
        name: "adapter-state-is-quiet",
        comment: "asking for the state changes nothing",
        requirements: &["ADAPT-09"],
        lines: &[(BEGIN, Fine), (STATE, Fine), (STATE, Again), (STATE, Again)],
    },
];

/// An answer to a probe that was not due.
#[derive(Debug)]
pub(crate) struct Differs {
    /// The line that was sent.
    pub(crate) line: String,
    /// What came instead of the answer that is due.
    pub(crate) found: Result<Answer, Failed>,
    /// What differs, as a sentence.
    pub(crate) text: String,
}

impl Probe {
    /// Plays it with an adapter of its own.
    ///
    /// # Errors
    /// What differs, as a sentence.
    pub(crate) fn play(
        &self,
        command: &[String],
        deadline: Duration,
        seed: u64,
    ) -> Result<(), String> {
        let mut adapter = if self.greets() {
            let spawned = Adapter::spawn(command, deadline, Stdio::inherit());
            spawned.map_err(|error| format!("cannot start {:?}: {error}", command.join(" ")))?
        } else {
            Adapter::start(command, deadline)?.0
        };
        self.converse(&mut adapter, seed).map_err(|differs| differs.text)?;
        adapter.end()
    }

    /// Whether its lines begin with a hello of their own.
    pub(crate) fn greets(&self) -> bool {
        self.lines.first().is_some_and(|(line, _)| line.starts_with(HELLO))
    }

    /// Its lines, up to the first answer that was not due.
    ///
    /// # Errors
    /// As [`Differs`].
    pub(crate) fn converse(&self, adapter: &mut Adapter, seed: u64) -> Result<(), Differs> {
        let setup = setup().to_string();
        let word = format!("probe{seed:x}");
        let mut before = None;
        for (template, due) in self.lines {
            let line = template.replace("$WORD", &word).replace("$SETUP", &setup);
            let shown: String = line.chars().take(120).collect();
            let answer = match serde_json::from_str(&line) {
                Ok(request @ Value::Object(_)) => adapter.ask(&request),
                _ => adapter.tell(&line),
            };
            let answer = match answer {
                Ok(answer) => answer,
                Err(failed) => {
                    let text = format!("{shown}: {failed}");
                    return Err(Differs { line, found: Err(failed), text });
                }
            };
            let right = match due {
                Fine => matches!(answer, Answer::Ok(..)),
                Again => matches!(answer, Answer::Ok(..)) && before.as_ref() == Some(&answer),
                Unsupported => answer == Answer::Unsupported,
                Fault => matches!(answer, Answer::Fault(_)),
                Greeting => Hello::read(&answer).is_ok(),
            };
            if !right {
                let text = format!("{due:?} is due for {shown}, found {answer:?}");
                return Err(Differs { line, found: Ok(answer), text });
            }
            before = Some(answer);
        }
        Ok(())
    }
}

/// The setup of the session scripts that the probes begin.
pub(crate) fn setup() -> Value {
    let key = |byte: u8| hex::encode([byte; 32]);
    json!({
        "sk": key(1), "transcript": key(2), "ik_i": key(3), "device_i": 1,
        "ik_r": key(5), "device_r": 2, "ra_private": key(7), "rb_private": key(8),
    })
}
