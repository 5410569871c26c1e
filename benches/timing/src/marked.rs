//! Secrets marked as undefined: memcheck tells where one decides a branch or an address.

use crate::scene::{Draws, Scene, forged, hear, known, seal};
use crate::valgrind::{public, quietly, secret};
use quipu::crypto::dh::DhSecret;
use quipu::crypto::kem::KemSecret;
use quipu::crypto::labels::Purpose;
use quipu::crypto::mac;
use quipu::crypto::sign::SigningSecret;
use quipu::message::Envelope;
use quipu::secret::Secret;
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::hint::black_box;
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

/// A path through the crate, and the places at which something secret may decide.
struct Path {
    name: &'static str,
    play: fn(),
    allowed: &'static [Exception],
}

/// Parts of the names of functions that may, and why.
type Exception = (&'static [&'static str], &'static str);

const VERDICT: Exception = (
    &["candidate", "Session>::open_into"],
    "the verdict, after all MACs were compared: refused or not is seen anyway",
);
const SEAL: Exception =
    (&["aead::open", "Envelope::open_header"], "whether a seal opened, behind a MAC that verified");
const HEADER: Exception = (
    &["ratchet::receive", "ratchet::skipped"],
    "what the header of an authenticated message says: its sender knows it",
);
const BODY: Exception = (
    &["Envelope::open_body", "Content::decode", "quipu::secret::"],
    "length and type of an authenticated content: its sender knows them",
);
const OWN: Exception =
    (&["ratchet/send.rs"], "whether a new ratchet key is the peer's: both are public keys");
const ZERO: Exception = (
    &["DhSecret::agree"],
    "whether an X25519 output is all zero: that key is refused, which is seen",
);
const MATRIX: Exception =
    (&["sample_matrix_A"], "the matrix of ML-KEM, out of the part of the seed that is published");

const PATHS: &[Path] = &[
    Path { name: "mac-compare", play: mac_compare, allowed: &[] },
    Path { name: "search", play: search, allowed: &[] },
    Path { name: "open-forged", play: open_forged, allowed: &[VERDICT] },
    Path { name: "open", play: open, allowed: &[VERDICT, SEAL, HEADER, BODY, ZERO] },
    Path { name: "seal", play: seal_one, allowed: &[] },
    Path { name: "seal-new-chain", play: seal_new_chain, allowed: &[ZERO, OWN] },
    Path { name: "agree", play: agree, allowed: &[ZERO] },
    Path { name: "sign", play: sign, allowed: &[] },
    Path { name: "decapsulate", play: decapsulate, allowed: &[MATRIX] },
];

/// Deliberate leaks: found, or this check checks nothing.
const LEAKS: [Path; 2] = [
    Path { name: "early-exit", play: early_exit, allowed: &[] },
    Path { name: "early-exit-in-a-session", play: early_exit_in_a_session, allowed: &[] },
];

fn mac_compare() {
    let key = Secret::new([7; 32]);
    let right = mac::hmac(&key, &[b"text"]);
    secret(key.expose());
    for at in 0..32 {
        let mut claimed = right;
        claimed[at] ^= 1;
        let verdict = mac::verify(&key, &[b"text"], &claimed);
        public(&verdict);
        assert!(!bool::from(verdict));
    }
}

fn early_exit() {
    let key = Secret::new([7; 32]);
    secret(key.expose());
    let mac = mac::hmac(&key, &[b"text"]);
    black_box(mac.iter().zip([1; 32]).position(|(one, other)| *one != other));
}

fn early_exit_in_a_session() {
    let scene = quietly(|| Scene::new(true));
    let key = scene.receiver.export(b"leak", &[], 32).expect("a label and a length");
    black_box(key.expose().iter().position(|byte| *byte == 1));
}

fn search() {
    let scene = quietly(|| Scene::new(true));
    for message in &scene.waiting {
        let found = scene.receiver.candidate(&Envelope::decode(message).expect("layout"));
        public(&found);
        assert!(found.is_some(), "a genuine message");
    }
}

fn open_forged() {
    let scene = quietly(|| Scene::new(true));
    for at in 0..32 {
        assert!(scene.receiver.open(&forged(&scene.waiting[6], at)).is_err());
    }
}

fn open() {
    let scene = quietly(|| Scene::new(true));
    for message in &scene.waiting {
        let opened = scene.receiver.open(message).is_ok();
        public(&opened);
        assert!(opened, "a genuine message");
    }
}

fn seal_one() {
    let mut scene = quietly(|| Scene::new(true));
    black_box(seal(&mut scene.sender, &mut Draws::new(3, true)));
}

fn seal_new_chain() {
    let mut scene = quietly(|| Scene::new(true));
    quietly(|| hear(&mut scene.receiver, &scene.waiting[6]));
    black_box(seal(&mut scene.receiver, &mut Draws::new(3, true)));
}

fn agree() {
    let mut rng = Draws::new(4, true);
    let [one, other] = [rng.array(), rng.array()].map(|it| DhSecret::new(Secret::new(it)));
    let other = known(other.public());
    black_box(one.agree(&other).is_ok());
}

fn sign() {
    let seed = Secret::new(Draws::new(5, true).array());
    black_box(SigningSecret::new(&seed).sign(Purpose::CARD, &[9; 32]));
}

fn decapsulate() {
    let key = KemSecret::new(&Secret::new([6; 64]));
    let (mut ciphertext, _) = key.public().encapsulate(&Secret::new([8; 32]));
    let mut rng = Draws::new(6, false);
    let seed: [u8; 64] = rng.array();
    secret(&seed);
    let key = KemSecret::new(&Secret::new(seed));
    black_box(key.decapsulate(&ciphertext));
    ciphertext[0] ^= 1;
    black_box(key.decapsulate(&ciphertext));
}

/// Plays one path; under valgrind this is what is looked at.
pub(crate) fn play(name: &str) -> ExitCode {
    match PATHS.iter().chain(&LEAKS).find(|it| it.name == name) {
        Some(path) => {
            (path.play)();
            ExitCode::SUCCESS
        }
        None => ExitCode::from(2),
    }
}

/// Where a secret decided: the functions, the innermost first.
type Finding = Vec<String>;

fn findings(path: &Path) -> io::Result<Vec<Finding>> {
    let log: PathBuf = env::temp_dir().join(format!("quipu-timing-{}.log", std::process::id()));
    let status = Command::new("valgrind")
        .args(["--tool=memcheck", "--undef-value-errors=yes", "--error-limit=no"])
        .args(["--read-inline-info=yes", "--num-callers=40"])
        .arg(format!("--log-file={}", log.display()))
        .arg(env::current_exe()?)
        .args(["marked", path.name])
        .stdout(Stdio::null())
        .status()?;
    let text = fs::read_to_string(&log)?;
    fs::remove_file(&log)?;
    assert!(status.success(), "{}: {status}: {text}", path.name);
    let lines = text.lines().filter_map(|line| line.split_once("== ").map(|(_, rest)| rest));
    let mut findings: Vec<Finding> = Vec::new();
    for line in lines {
        if line.starts_with("Conditional jump") || line.starts_with("Use of uninit") {
            findings.push(Finding::new());
        } else if let Some(frame) =
            line.trim().strip_prefix("at 0x").or(line.trim().strip_prefix("by 0x"))
            && let Some((_, frame)) = frame.split_once(": ")
            && let Some(frames) = findings.last_mut()
        {
            frames.push(frame.to_owned());
        }
    }
    Ok(findings)
}

/// Looks at every path, says what was found, and whether all of it is allowed.
pub(crate) fn check() -> io::Result<bool> {
    let mut fine = true;
    for path in PATHS {
        let mut allowed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        let mut found = Vec::new();
        for frames in findings(path)? {
            // Down to the innermost function of the crate: who called it excuses nothing.
            // Its types may also stand in the name of a function of the library.
            let ours =
                frames.iter().position(|it| it.trim_start_matches('<').starts_with("quipu::"));
            let inner = &frames[..ours.map_or(frames.len(), |at| at + 1)];
            let among = |name: &&str| inner.iter().any(|it| it.contains(name));
            match path.allowed.iter().find(|(names, _)| names.iter().any(among)) {
                Some((_, why)) => drop(allowed.entry(why).or_default().insert(frames.concat())),
                None => found.push(frames),
            }
        }
        println!("{}: {} places that are no exception", path.name, found.len());
        for (_, why) in path.allowed.iter().filter(|(_, why)| !allowed.contains_key(why)) {
            println!("    NOT NEEDED: {why}");
            fine = false;
        }
        for (why, places) in allowed {
            println!("    {} allowed: {why}", places.len());
        }
        fine &= found.is_empty();
        for frames in found.iter().take(4) {
            println!("    FOUND");
            frames.iter().take(8).for_each(|frame| println!("        {frame}"));
        }
    }
    for leak in &LEAKS {
        let found = !findings(leak)?.is_empty();
        println!("deliberate leak, {}: {}", leak.name, if found { "found" } else { "NOT FOUND" });
        fine &= found;
    }
    Ok(fine)
}
