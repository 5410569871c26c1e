//! Prints what a session weighs: `cargo run --release -p quipu --example sizes`.
//!
//! Exit code 1 when a bound of the project is exceeded.

use quipu::crypto::dh::DhSecret;
use quipu::crypto::sign::IdentityKey;
use quipu::handshake::{Agreement, RatchetStart};
use quipu::keys::Party;
use quipu::secret::Secret;
use quipu::session::{Confirmation, Heard, Opening, Session};
use quipu::wire::Suite;
use quipu::{DeviceId, Error, Kind};
use std::process::ExitCode;

fn session(initiator: bool) -> Result<Session, Error> {
    let (ra, rb) = (DhSecret::new(Secret::new([1; 32])), DhSecret::new(Secret::new([2; 32])));
    let parties =
        [3, 4].map(|byte| Party { key: IdentityKey::new([byte; 32]), device: DeviceId(1) });
    let (our, their) = if initiator { (0, 1) } else { (1, 0) };
    let shared = ra.agree(&rb.public())?;
    let ratchet = if initiator {
        RatchetStart::Initiator { ours: ra, theirs: rb.public(), shared }
    } else {
        RatchetStart::Responder { ours: rb.public(), theirs: ra.public(), shared }
    };
    let agreement = Agreement {
        suite: Suite::X25519,
        secret: Secret::new([5; 32]),
        transcript: [6; 32],
        ts_i: 0,
        our: parties[our],
        their: parties[their],
        ratchet,
        reduced: false,
    };
    let confirmation = if initiator {
        Confirmation::Unconfirmed(Opening::Complete(Box::new([0; 164])))
    } else {
        Confirmation::Responder(Heard::Complete([0; 16], [0; 32]))
    };
    Ok(Session::new(agreement, confirmation, 0))
}

fn deliver(message: &[u8], to: &mut Session) -> Result<(), Error> {
    let (advance, _) = to.open(message)?;
    to.commit(advance, 0);
    Ok(())
}

fn measure() -> Result<Vec<(&'static str, usize, usize)>, Error> {
    let rng = &mut getrandom::SysRng;
    let size = |session: &Session| session.snapshot().expose().len();
    let (mut ada, mut bob) = (session(true)?, session(false)?);
    let mut rows = vec![
        ("new, initiator, unconfirmed", size(&ada), 2048),
        ("new, responder", size(&bob), 2048),
    ];
    for _ in 0..6 {
        deliver(&ada.send(Kind::DATA, b"ping", rng)?, &mut bob)?;
        deliver(&bob.send(Kind::DATA, b"pong", rng)?, &mut ada)?;
    }
    rows.push(("six turns each: all old chains kept", size(&bob), 2048));

    let mut last = Vec::new();
    for _ in 0..=2000 {
        last = ada.send(Kind::DATA, b"lost", rng)?;
    }
    deliver(&last, &mut bob)?;
    rows.push(("2,000 skipped keys", size(&bob), 160 * 1024));
    for _ in 0..1000 {
        deliver(&ada.send(Kind::DATA, b"more", rng)?, &mut bob)?;
    }
    rows.push(("and 1,000 digests: the largest", size(&bob), 160 * 1024));
    Ok(rows)
}

fn main() -> ExitCode {
    let rows = match measure() {
        Ok(rows) => rows,
        Err(error) => {
            eprintln!("cannot measure: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("| session | bytes serialised | bound |\n|---|---|---|");
    for (name, size, bound) in &rows {
        println!("| {name} | {size} | {bound} |");
    }
    let within = rows.iter().all(|(_, size, bound)| size < bound);
    if within { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
