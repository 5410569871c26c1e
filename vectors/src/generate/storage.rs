//! Chapter 10: sealed files.

use super::account::{Entry, List};
use super::keys::{NOW, Person};
use super::prekeys::{Case, accept, of_bob, private, refuse, seed64};
use super::{Book, key};
use quipu::crypto::aead;
use quipu::crypto::kdf::{expand, sha256};
use quipu::crypto::labels::Expand;
use quipu::crypto::passphrase::argon2id;
use quipu::limits::DAY;
use quipu::secret::Secret;
use quipu::wire::Suite;
use serde_json::{Value, json};

const PASSPHRASE: &[u8] = b"correct horse battery staple";

pub(super) fn books() -> Vec<Book> {
    vec![seal(), open(), import()]
}

/// The master key of the vectors: the least parameters, so that readers are quick.
fn master() -> Secret<32> {
    argon2id(PASSPHRASE, &[0x5a; 16], 19_456, 2, 1).expect("least parameters")
}

/// A file by its parts.
struct Parts {
    head: Vec<u8>,
    plaintext: Vec<u8>,
}

impl Parts {
    fn new(kind: u8, plaintext: &[u8]) -> Self {
        let mut head = b"QuipuSF1".to_vec();
        head.extend([1, kind]);
        for number in [19_456u32, 2, 1] {
            head.extend(number.to_be_bytes());
        }
        head.extend([0x5a; 16]);
        head.extend(key("file draw"));
        head.extend(NOW.to_be_bytes());
        head.extend(u32::try_from(plaintext.len()).expect("short").to_be_bytes());
        Self { head, plaintext: plaintext.to_vec() }
    }

    /// A file of a writer with other parameters, sealed with what Argon2id gives for them.
    fn with_parameters(plaintext: &[u8], memory: u32, passes: u32, lanes: u32) -> Vec<u8> {
        let mut parts = Self::new(3, plaintext);
        for (at, number) in [(10, memory), (14, passes), (18, lanes)] {
            parts.head[at..at + 4].copy_from_slice(&number.to_be_bytes());
        }
        let master = argon2id(PASSPHRASE, &[0x5a; 16], memory, passes, lanes);
        parts.file(&master.expect("Argon2id takes them"))
    }

    /// The file with a right checksum, sealed under the head as it is.
    fn file(&self, master: &Secret<32>) -> Vec<u8> {
        let all: Secret<76> =
            expand(Suite::X25519, master, Expand::SEALED_FILE, &sha256(&[&self.head]));
        let (keys, commitment) = all.expose().split_at(44);
        let keys = Secret::new(keys.try_into().expect("44 bytes"));
        let mut file = self.head.clone();
        file.extend(commitment);
        let mut sealed = Vec::new();
        aead::seal(keys, &self.head, &self.plaintext, &mut sealed);
        file.extend(sealed);
        checked(file)
    }
}

fn checked(mut file: Vec<u8>) -> Vec<u8> {
    let checksum = sha256(&[&file]);
    file.extend(checksum);
    file
}

/// The file with one byte changed and the checksum made right again.
fn repaired(file: &[u8], at: usize, alter: impl FnOnce(&mut u8)) -> Vec<u8> {
    let mut body = file[..file.len() - 32].to_vec();
    alter(&mut body[at]);
    checked(body)
}

fn seal() -> Book {
    let mut book = Book::only("storage", "file-seal", "writing sealed files");
    let input = |more: &Value| {
        let mut base = json!({
            "passphrase": hex::encode(PASSPHRASE), "memory": 19_456, "passes": 2, "lanes": 1,
            "kind": 3, "created": NOW.to_string(), "plaintext": hex::encode("a snapshot"),
        });
        if let (Value::Object(base), Value::Object(more)) = (&mut base, more) {
            base.extend(more.clone());
        }
        base
    };
    accept(
        &mut book,
        &["STORE-08"],
        vec![
            ("state", "a snapshot", input(&json!({}))),
            ("empty", "an empty plaintext", input(&json!({ "plaintext": "" }))),
            ("short-passphrase", "a passphrase of one byte", input(&json!({ "passphrase": "00" }))),
            (
                "parameters",
                "other parameters",
                input(&json!({ "memory": 20_000, "passes": 3, "lanes": 4 })),
            ),
            (
                "sixteen",
                "as many passes and lanes as there can be",
                input(&json!({ "passes": 16, "lanes": 16 })),
            ),
            (
                "greatest-memory",
                "as much memory as there can be",
                input(&json!({ "memory": 262_144 })),
            ),
        ],
    );
    let case = |id, delta, error, more: Value| (id, delta, "STORE-08", error, "File", input(&more));
    refuse(
        &mut book,
        "state",
        vec![
            case("no-passphrase", "an empty passphrase", "passphrase", json!({ "passphrase": "" })),
            case(
                "little-memory",
                "a KiB too little",
                "file_parameters",
                json!({ "memory": 19_455 }),
            ),
            case("much-memory", "a KiB too much", "file_parameters", json!({ "memory": 262_145 })),
            case("one-pass", "one pass", "file_parameters", json!({ "passes": 1 })),
            case("17-passes", "17 passes", "file_parameters", json!({ "passes": 17 })),
            case("no-lane", "no lane", "file_parameters", json!({ "lanes": 0 })),
            case("17-lanes", "17 lanes", "file_parameters", json!({ "lanes": 17 })),
        ],
    );
    book
}

fn open() -> Book {
    let mut book = Book::only("storage", "file-open", "reading sealed files");
    let master = master();
    let parts = Parts::new(3, b"a snapshot");
    let file = parts.file(&master);
    let input = |file: &[u8]| json!({ "passphrase": hex::encode(PASSPHRASE), "kind": 3, "file": hex::encode(file) });
    let with = |passphrase: &[u8], kind: u8| json!({ "passphrase": hex::encode(passphrase), "kind": kind, "file": hex::encode(&file) });
    accept(
        &mut book,
        &["STORE-01", "STORE-02", "STORE-03", "STORE-04", "STORE-05", "STORE-06"],
        vec![
            ("state", "a snapshot", input(&file)),
            ("empty", "an empty plaintext", input(&Parts::new(3, b"").file(&master))),
        ],
    );
    let number = |at: usize, number: u32| {
        let mut body = file[..file.len() - 32].to_vec();
        body[at..at + 4].copy_from_slice(&number.to_be_bytes());
        input(&checked(body))
    };
    let sealed = |memory: u32, passes: u32, lanes: u32| {
        input(&Parts::with_parameters(b"a snapshot", memory, passes, lanes))
    };
    let flipped = |at: usize| {
        let mut file = file.clone();
        file[at] ^= 1;
        input(&file)
    };
    let repaired = |at: usize, mask: u8| input(&repaired(&file, at, |byte| *byte ^= mask));
    let cases: Vec<Case<'_>> = vec![
        ("empty-file", "no bytes", "STORE-01", "file_kind", "File", input(&[])),
        ("part-of-magic", "seven bytes", "STORE-01", "file_kind", "File", input(&file[..7])),
        ("other-magic", "another magic", "STORE-01", "file_kind", "File", repaired(0, 1)),
        (
            "future-version",
            "version 2, cut short: the version comes first",
            "STORE-02",
            "file_version",
            "File",
            {
                let mut cut = file[..20].to_vec();
                cut[8] = 2;
                input(&cut)
            },
        ),
        ("version-0", "version 0", "STORE-02", "file_version", "File", repaired(8, 1)),
        ("magic-only", "the magic alone", "STORE-03", "file_truncated", "File", input(&file[..8])),
        (
            "header-cut",
            "the header is cut",
            "STORE-03",
            "file_truncated",
            "File",
            input(&file[..81]),
        ),
        (
            "body-cut",
            "the sealed part is cut",
            "STORE-03",
            "file_truncated",
            "File",
            input(&file[..100]),
        ),
        (
            "last-byte-cut",
            "the last byte is cut",
            "STORE-03",
            "file_truncated",
            "File",
            input(&file[..file.len() - 1]),
        ),
        (
            "byte-more",
            "a byte more",
            "STORE-03",
            "file_damaged",
            "File",
            input(&[file.as_slice(), &[0]].concat()),
        ),
        ("damaged-header", "a bit of the header", "STORE-03", "file_damaged", "File", flipped(30)),
        (
            "damaged-sealed",
            "a bit of the sealed part",
            "STORE-03",
            "file_damaged",
            "File",
            flipped(120),
        ),
        (
            "damaged-checksum",
            "a bit of the checksum",
            "STORE-03",
            "file_damaged",
            "File",
            flipped(file.len() - 1),
        ),
        (
            "other-kind",
            "a state where a backup is expected",
            "STORE-04",
            "file_kind",
            "File",
            with(PASSPHRASE, 1),
        ),
        (
            "retyped",
            "a state whose kind was edited to backup",
            "STORE-06",
            "passphrase",
            "Tamper",
            {
                let retyped = self::repaired(&file, 9, |byte| *byte = 1);
                json!({ "passphrase": hex::encode(PASSPHRASE), "kind": 1, "file": hex::encode(retyped) })
            },
        ),
        ("unknown-kind", "an unknown kind", "STORE-04", "file_kind", "File", repaired(9, 4)),
        (
            "little-memory",
            "a KiB too little",
            "STORE-05",
            "file_parameters",
            "Bounds",
            sealed(19_455, 2, 1),
        ),
        (
            "much-memory",
            "all the memory there is",
            "STORE-05",
            "file_parameters",
            "Bounds",
            number(10, u32::MAX),
        ),
        (
            "kib-too-much",
            "a KiB too much",
            "STORE-05",
            "file_parameters",
            "Bounds",
            sealed(262_145, 2, 1),
        ),
        ("one-pass", "one pass", "STORE-05", "file_parameters", "Bounds", sealed(19_456, 1, 1)),
        (
            "many-passes",
            "too many passes",
            "STORE-05",
            "file_parameters",
            "Bounds",
            sealed(19_456, 17, 1),
        ),
        ("no-lane", "no lane", "STORE-05", "file_parameters", "Bounds", number(18, 0)),
        (
            "many-lanes",
            "too many lanes",
            "STORE-05",
            "file_parameters",
            "Bounds",
            sealed(19_456, 2, 17),
        ),
        (
            "wrong-passphrase",
            "a passphrase that differs in one bit",
            "STORE-06",
            "passphrase",
            "File",
            with(b"correct horse battery stapld", 3),
        ),
        (
            "empty-passphrase",
            "an empty passphrase, with which the file was sealed",
            "STORE-06",
            "passphrase",
            "File",
            {
                let master = argon2id(b"", &[0x5a; 16], 19_456, 2, 1).expect("least parameters");
                json!({ "passphrase": "", "kind": 3, "file": hex::encode(parts.file(&master)) })
            },
        ),
        (
            "edited-memory",
            "the memory was edited and the checksum repaired",
            "STORE-06",
            "passphrase",
            "Tamper",
            number(10, 19_457),
        ),
        (
            "edited-salt",
            "the salt was edited and the checksum repaired",
            "STORE-06",
            "passphrase",
            "Tamper",
            repaired(22, 1),
        ),
        (
            "edited-draw",
            "the draw was edited and the checksum repaired",
            "STORE-06",
            "passphrase",
            "Tamper",
            repaired(40, 1),
        ),
        (
            "edited-created",
            "the date was edited and the checksum repaired",
            "STORE-06",
            "passphrase",
            "Tamper",
            repaired(77, 1),
        ),
        (
            "edited-sealed",
            "the sealed part was edited and the checksum repaired",
            "STORE-06",
            "passphrase",
            "Tamper",
            repaired(115, 1),
        ),
        (
            "edited-commitment",
            "the commitment was edited and the checksum repaired",
            "STORE-06",
            "passphrase",
            "Tamper",
            repaired(90, 1),
        ),
        (
            "other-commitment",
            "the commitment of another master key, the seal is right",
            "STORE-06",
            "passphrase",
            "Tamper",
            {
                let mut body = file[..file.len() - 32].to_vec();
                body[82..114].copy_from_slice(&key("another commitment"));
                input(&checked(body))
            },
        ),
        (
            "edited-tag",
            "the tag was edited and the checksum repaired",
            "STORE-06",
            "passphrase",
            "Tamper",
            repaired(130, 1),
        ),
    ];
    refuse(&mut book, "state", cases);
    book
}

/// The parts of a backup or move file of bob's.
#[derive(Clone)]
struct Contents {
    identity: Vec<u8>,
    account: Vec<u8>,
    cards: Vec<u8>,
    pins: Vec<u8>,
    suites: Vec<u8>,
    secrets: Vec<u8>,
    manifests: Vec<u8>,
    ended: Vec<u8>,
    prekeys: Vec<u8>,
}

fn lp32(bytes: &[u8]) -> Vec<u8> {
    [u32::try_from(bytes.len()).expect("short").to_be_bytes().as_slice(), bytes].concat()
}

fn pin(address: &[u8], device: u32, ik: &[u8; 32]) -> Vec<u8> {
    let length = u8::try_from(address.len()).expect("short");
    [[length].as_slice(), address, &device.to_be_bytes(), ik].concat()
}

impl Contents {
    fn new() -> Self {
        let (bob, ada) = (Person::new("bob"), Person::new("ada"));
        let own = List::with("bob", vec![Entry::new(1, bob.ik())]);
        let theirs = List::with("ada", vec![Entry::new(1, ada.ik())]);
        Self {
            identity: [bob.seed, bob.private].concat(),
            account: own.seed.to_vec(),
            cards: bob.card.clone(),
            pins: [pin(&ada.address, 1, &ada.ik()), pin(b"eve", 9, &[9; 32])]
                .into_iter()
                .rev()
                .flatten()
                .collect(),
            suites: [ada.ik().as_slice(), &[0, 2]].concat(),
            secrets: [key("psk").as_slice(), &[1], &ada.ik()].concat(),
            manifests: [lp32(&theirs.signed()), lp32(&own.signed())].concat(),
            ended: [[7; 32], [8; 32]].concat(),
            prekeys: Vec::new(),
        }
    }

    fn with_prekeys() -> Self {
        let replay = [[3; 32].as_slice(), &Person::new("ada").ik(), &[1]].concat();
        let prekeys = [
            [0, 1].as_slice(),
            &of_bob(1, |_| ()),
            &private(1),
            &[0, 0, 0, 1],
            &replay,
            &[0, 1],
            &of_bob(4, |_| ()),
            &seed64("prekey 4"),
            &[0, 1],
            &of_bob(2, |_| ()),
            &private(2),
            &[0, 1],
            &of_bob(3, |_| ()),
            &seed64("prekey 3"),
        ];
        Self { prekeys: prekeys.concat(), ..Self::new() }
    }

    fn bytes(&self) -> Vec<u8> {
        let parts = [
            &self.identity,
            &self.account,
            &self.cards,
            &self.pins,
            &self.suites,
            &self.secrets,
            &self.manifests,
            &self.ended,
            &self.prekeys,
        ];
        parts.into_iter().flat_map(|part| lp32(part)).collect()
    }
}

fn import() -> Book {
    let mut book = Book::only("storage", "import", "backup and move files");
    let master = master();
    let made = |kind: u8, plaintext: &[u8], now: u64| {
        let file = Parts::new(kind, plaintext).file(&master);
        json!({
            "passphrase": hex::encode(PASSPHRASE), "kind": kind, "file": hex::encode(file),
            "now": now.to_string(),
        })
    };
    let backup = Contents::new();
    let moved = Contents::with_prekeys();
    let empty = Contents {
        account: Vec::new(),
        pins: Vec::new(),
        suites: Vec::new(),
        secrets: Vec::new(),
        manifests: Vec::new(),
        ..Contents::new()
    };
    let spare = Contents { secrets: [key("psk").as_slice(), &[0; 33]].concat(), ..backup.clone() };
    accept(
        &mut book,
        &["STORE-07", "STORE-09", "STORE-10", "STORE-12"],
        vec![
            ("backup", "a backup", made(1, &backup.bytes(), NOW)),
            (
                "backup-late",
                "a backup of ten years ago",
                made(1, &backup.bytes(), NOW + 3_650 * DAY),
            ),
            ("bare", "identity and card alone", made(1, &empty.bytes(), NOW)),
            (
                "spare-secret",
                "a pre-shared secret that is set for nobody",
                made(1, &spare.bytes(), NOW),
            ),
            ("move", "a move file", made(2, &moved.bytes(), NOW)),
            ("move-a-day", "a day later: the prekeys are kept", made(2, &moved.bytes(), NOW + DAY)),
            (
                "move-late",
                "a millisecond more: the prekeys are left out",
                made(2, &moved.bytes(), NOW + DAY + 1),
            ),
            (
                "move-a-day-ahead",
                "dated exactly a day ahead: the prekeys are kept",
                made(2, &moved.bytes(), NOW - DAY),
            ),
            (
                "move-ahead",
                "dated more than a day ahead: the prekeys are left out",
                made(2, &moved.bytes(), NOW - DAY - 1),
            ),
        ],
    );
    let case = |id, delta, alter: &dyn Fn(&mut Contents)| {
        let mut contents = backup.clone();
        alter(&mut contents);
        (id, delta, "STORE-10", "file_damaged", "File", made(1, &contents.bytes(), NOW))
    };
    let ada = Person::new("ada");
    let mut cases: Vec<Case<'_>> = vec![
        case("identity-short", "the identity lacks a byte", &|it| it.identity.truncate(63)),
        case("identity-of-another", "card and identity do not belong together", &|it| {
            it.identity = [ada.seed, ada.private].concat()
        }),
        case("account-short", "the account seed lacks a byte", &|it| it.account.truncate(31)),
        case("account-of-another", "the account key is not that of the own manifest", &|it| {
            it.account = key("ada AK").to_vec()
        }),
        case("no-card", "no card", &|it| it.cards.clear()),
        case("five-cards", "five cards", &|it| it.cards = it.cards.repeat(5)),
        case("edited-card", "the card was edited", &|it| it.cards[73] ^= 1),
        case("pins-descend", "the pins descend", &|it| {
            it.pins = [pin(&ada.address, 1, &ada.ik()), pin(b"eve", 9, &[9; 32])].concat()
        }),
        case("pin-twice", "a pin stands twice", &|it| it.pins = pin(b"eve", 9, &[9; 32]).repeat(2)),
        case("pin-empty-address", "a pin of an empty address", &|it| {
            it.pins = pin(b"", 9, &[9; 32])
        }),
        case("pin-cut", "a pin lacks a byte", &|it| {
            it.pins.pop();
        }),
        case("suite-3", "a suite that nobody knows", &|it| it.suites[33] = 3),
        case("suite-1", "suite 1, which is not remembered", &|it| it.suites[33] = 1),
        case("secret-zero", "a pre-shared secret of zeros", &|it| it.secrets[..32].fill(0)),
        case("secret-flag", "a flag of 2", &|it| it.secrets[32] = 2),
        case("secret-hidden", "an IK behind a flag of 0", &|it| it.secrets[32] = 0),
        case("edited-manifest", "a manifest was edited", &|it| it.manifests[100] ^= 1),
        case("manifests-descend", "the manifests descend", &|it| {
            let (first, second) = it.manifests.split_at(it.manifests.len() / 2);
            it.manifests = [second, first].concat();
        }),
        case("ended-descend", "the ended devices descend", &|it| {
            it.ended = [[8; 32], [7; 32]].concat()
        }),
        case("ended-cut", "an ended device lacks a byte", &|it| it.ended.truncate(63)),
        case("prekeys-in-backup", "a backup with prekeys", &|it| {
            it.prekeys = Contents::with_prekeys().prekeys
        }),
    ];
    let mut longer = backup.bytes();
    longer.push(0);
    cases.push((
        "byte-more",
        "a byte more",
        "STORE-07",
        "file_damaged",
        "File",
        made(1, &longer, NOW),
    ));
    cases.push(("empty", "nothing", "STORE-07", "file_damaged", "File", made(1, &[], NOW)));
    cases.push((
        "wrong-passphrase",
        "the passphrase is wrong",
        "STORE-06",
        "passphrase",
        "File",
        {
            let mut input = made(1, &backup.bytes(), NOW);
            input["passphrase"] = json!(hex::encode("guess"));
            input
        },
    ));
    cases.push((
        "moved-as-backup",
        "a move file where a backup is expected",
        "STORE-04",
        "file_kind",
        "File",
        {
            let mut input = made(2, &moved.bytes(), NOW);
            input["kind"] = json!(1);
            input
        },
    ));
    refuse(&mut book, "backup", cases);
    let case = |id, delta, alter: &dyn Fn(&mut Vec<u8>)| {
        let mut contents = moved.clone();
        alter(&mut contents.prekeys);
        (id, delta, "STORE-10", "file_damaged", "File", made(2, &contents.bytes(), NOW))
    };
    let at = 2 + 122;
    let cases: Vec<Case<'_>> = vec![
        case("private-of-another", "a private half of another prekey", &|it| {
            it[at..at + 32].copy_from_slice(&private(2))
        }),
        case("edited-record", "a record was edited", &|it| it[30] ^= 1),
        case("pinned-flag", "a pinned flag of 2", &|it| it[at + 32 + 4 + 64] = 2),
        case("prekeys-missing", "a move file without lists", &|it| it.clear()),
        case("count-more", "a signed prekey more than there is", &|it| it[1] = 2),
        case("seed-of-another", "a seed of another KEM prekey", &|it| {
            let last = it.len() - 64;
            it[last..].copy_from_slice(&seed64("prekey 4"));
        }),
    ];
    refuse(&mut book, "move", cases);
    book
}
