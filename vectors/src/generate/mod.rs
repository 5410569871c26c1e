//! The generator: deterministic, and every refusal declared by its author before the reference is asked.

mod account;
mod cited;
mod conversations;
mod device;
mod found;
mod handshake;
mod hybrid;
mod keys;
mod message;
mod people;
mod prekeys;
mod prepared;
mod primitives;
mod session;
mod storage;
mod stored;
mod tables;
mod traces;

use crate::draws::Draws;
use crate::file::{FORMAT, File, Flag, LICENSE, Named, Object, PROTOCOL, Test};
use crate::perform::{Done, Stop, object, perform};
use crate::script::Player;
use quipu::crypto::kdf::sha256;
use quipu::wire::Suite;
use serde_json::Value;
use std::panic::resume_unwind;
use std::thread;

/// Every published file, in order.
///
/// # Panics
/// When the reference does not do what a test declares: the author or the reference is wrong.
pub fn files() -> Vec<Named> {
    let families: [fn() -> Vec<Book>; 14] = [
        primitives::books,
        keys::books,
        handshake::books,
        message::books,
        prekeys::books,
        prepared::books,
        hybrid::books,
        account::books,
        storage::books,
        session::books,
        device::books,
        people::books,
        conversations::books,
        traces::books,
    ];
    let books = thread::scope(|scope| {
        let working = families.map(|books| scope.spawn(books));
        working.map(|it| it.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    books.into_iter().flatten().map(Book::finish).collect()
}

/// 32 bytes that depend on a name only.
pub(crate) fn key(name: &str) -> [u8; 32] {
    sha256(&[b"quipu vectors key ", name.as_bytes()])
}

/// An object with more fields.
pub(crate) fn with(mut base: Value, more: &Value) -> Value {
    if let (Value::Object(base), Value::Object(more)) = (&mut base, more) {
        base.extend(more.clone());
    }
    base
}

/// What a test is about: its id, what is special, the ids and flags it cites.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) id: &'a str,
    pub(crate) comment: &'a str,
    pub(crate) requirements: &'a [&'a str],
}

/// How a refusal differs from the test that succeeds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Against<'a> {
    pub(crate) twin: &'a str,
    pub(crate) delta: &'a str,
    pub(crate) error: &'a str,
    pub(crate) flag: &'a str,
}

/// A file under construction.
#[derive(Debug)]
pub(crate) struct Book {
    file: File,
    stem: String,
}

impl Book {
    pub(crate) fn new(operation: &str, comment: &str) -> Self {
        let (operation, comment) = (operation.to_owned(), comment.to_owned());
        let (protocol, license) = (PROTOCOL.to_owned(), LICENSE.to_owned());
        let (flags, tests) = ([].into(), Vec::new());
        let (stem, profile) = (operation.clone(), "core".to_owned());
        let file = File {
            format: FORMAT,
            protocol,
            operation,
            suite: 1,
            profile,
            license,
            comment,
            flags,
            tests,
        };
        Self { file, stem }
    }

    /// A file of a profile, whose operation has no other file.
    pub(crate) fn only(profile: &str, operation: &str, comment: &str) -> Self {
        let mut book = Self::new(operation, comment);
        profile.clone_into(&mut book.file.profile);
        book
    }

    /// A file of a profile beside others of its operation.
    pub(crate) fn of(profile: &str, operation: &str, comment: &str) -> Self {
        let mut book = Self::only(profile, operation, comment);
        book.stem = format!("{operation}-{profile}");
        book.file.suite = if profile == "hybrid" { 2 } else { 1 };
        book
    }

    fn suite(&self) -> Suite {
        Suite::from_number(self.file.suite).expect("a suite of ours")
    }

    fn id(&self, id: &str) -> String {
        format!("{}-{id}", self.stem)
    }

    fn seed(&self, id: &str) -> [u8; 32] {
        key(&format!("draws {}", self.id(id)))
    }

    fn push(&mut self, about: &About<'_>, flag: &str, test: Test) {
        self.file.flags.entry(flag.to_owned()).or_insert_with(|| describe(flag));
        let requirements = about.requirements.iter().map(|&id| id.to_owned()).collect();
        self.file.tests.push(Test {
            id: self.id(about.id),
            comment: about.comment.to_owned(),
            requirements,
            flags: vec![flag.to_owned()],
            ..test
        });
    }

    /// A test that succeeds. Without `random` its draws come from its id.
    pub(crate) fn good(
        &mut self,
        about: About<'_>,
        input: Value,
        random: Option<&[[u8; 32]]>,
    ) -> (Object, Vec<String>) {
        let input = object(input);
        let mut draws = self.draws(about.id, random);
        let outcome = perform(&self.file.operation, self.suite(), &input, &mut draws);
        draws.finish(outcome.is_err()).expect("draws fit");
        let Done { output, intermediate } =
            outcome.unwrap_or_else(|stop| panic!("{}: {stop:?}", self.id(about.id)));
        let listed: Vec<String> = draws.made().iter().map(hex::encode).collect();
        let random = Some(listed.clone()).filter(|list| !list.is_empty());
        let test = Test {
            input: Some(input),
            random,
            intermediate,
            output: Some(output.clone()),
            ..Test::default()
        };
        self.push(&about, "Normal", test);
        (output, listed)
    }

    /// A test that is refused with exactly the declared error.
    pub(crate) fn bad(
        &mut self,
        about: About<'_>,
        against: Against<'_>,
        input: Value,
        random: Option<&[[u8; 32]]>,
    ) {
        let input = object(input);
        let mut draws = self.draws(about.id, random);
        let id = self.id(about.id);
        match perform(&self.file.operation, self.suite(), &input, &mut draws) {
            Err(Stop::Refused(name)) if name == against.error => {}
            other => panic!("{id}: declared {}, found {other:?}", against.error),
        }
        let twin = self.id(against.twin);
        let known = self.file.tests.iter().any(|test| test.id == twin && !test.is_negative());
        assert!(known, "{id}: twin {twin} is not a test that succeeds");
        let made: Vec<String> = draws.made().iter().map(hex::encode).collect();
        let test = Test {
            input: Some(input),
            random: Some(made).filter(|list| !list.is_empty()),
            error: Some(against.error.to_owned()),
            twin: Some(twin),
            delta: Some(against.delta.to_owned()),
            ..Test::default()
        };
        self.push(&about, against.flag, test);
    }

    /// A script. A step that is refused declares its `error`; results are filled in.
    pub(crate) fn script(&mut self, about: About<'_>, flag: &str, setup: &Value, steps: &[Value]) {
        let setup = object(setup.clone());
        let id = self.id(about.id);
        let mut player = Player::new(&self.file.operation, &setup)
            .unwrap_or_else(|stop| panic!("{id}: {stop:?}"));
        let mut played = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            let step = object(step.clone());
            let seed = key(&format!("draws {id} step {index}"));
            let found = player
                .play(&step, Some(seed))
                .unwrap_or_else(|text| panic!("{id} step {index}: {text}"));
            let (declared, given) = (step.get("error"), found.get("error"));
            assert_eq!(declared, given, "{id} step {index}: declared and given error, {found:?}");
            for (name, value) in step.iter().filter(|(name, _)| *name != "save") {
                assert_eq!(Some(value), found.get(name), "{id} step {index}: declared {name}");
            }
            played.push(found);
        }
        let test = Test { setup: Some(setup), steps: Some(played), ..Test::default() };
        self.push(&about, flag, test);
    }

    fn draws(&self, id: &str, random: Option<&[[u8; 32]]>) -> Draws {
        random.map_or_else(
            || Draws::seeded(self.seed(id)),
            |list| Draws::listed(list.iter().map(|draw| draw.to_vec()).collect()),
        )
    }

    fn finish(self) -> Named {
        Named { name: format!("{}.json", self.stem), file: self.file }
    }
}

/// The flags of all files.
fn describe(flag: &str) -> Flag {
    let (bug, effect, severity) = match flag {
        "Normal" => ("basic", "does not interoperate", "high"),
        "Layout" => ("parser", "two implementations read the same bytes differently", "high"),
        "Tamper" => ("missing MAC or seal check", "the relay can change what is said", "critical"),
        "LowOrder" => ("missing all-zero check", "an attacker knows the shared secret", "critical"),
        "NonCanonical" => (
            "missing canonical check",
            "equal keys with different bytes split the transcript",
            "high",
        ),
        "Signature" => {
            ("lax signature check", "impersonation, or verifiers that disagree", "critical")
        }
        "Identity" => ("missing identity check", "reflection or replaced identity", "critical"),
        "Time" => ("missing time check", "expired or hoarded packets are accepted", "high"),
        "Replay" => ("missing replay check", "a recorded packet works again", "critical"),
        "Kem" => ("lax ML-KEM checks", "a malformed key or ciphertext tells about secrets", "high"),
        "Downgrade" => {
            ("missing suite check", "traffic loses its post-quantum secrecy", "critical")
        }
        "Fork" => ("missing chain check", "a device that the user never listed", "critical"),
        "File" => ("unchecked file", "a damaged file becomes an identity", "high"),
        "Insider" => {
            ("missing legality check", "a malicious peer or key thief drives the state", "high")
        }
        "Rollback" => {
            ("unchecked snapshot", "old keys and numbers are used a second time", "critical")
        }
        "Bounds" => ("missing bound", "memory or work without limit", "high"),
        "Order" => ("wrong bookkeeping", "messages lost, repeated or out of place", "high"),
        "Caller" => ("unchecked call", "unusable output", "low"),
        "Random" => ("unchecked randomness", "keys repeat", "high"),
        other => panic!("flag {other} is not described"),
    };
    Flag { bug: bug.to_owned(), effect: effect.to_owned(), severity: severity.to_owned() }
}
