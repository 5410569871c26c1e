//! Bob is away and is written to; then his device moves house: `cargo run -p quipu --example while_away`.

use getrandom::SysRng;
use quipu::account::Fingerprint;
use quipu::handshake::ReplayCache;
use quipu::prekeys::Bundle;
use quipu::storage::{Kind as File, Parameters, Vault, backup, import, open};
use quipu::{Address, CardFields, Device, DeviceId, Error, Event, Identity, Kind};

const DAY: u64 = 86_400_000;
const NOW: u64 = 1_700_000_000_000; // the caller's clock, in milliseconds since 1970

fn device(address: &str) -> Result<Device, Error> {
    let identity = Identity::generate(&mut SysRng)?;
    let fields =
        CardFields::new(Address::new(address.as_bytes())?, DeviceId(1), NOW, NOW + 90 * DAY);
    Device::new(identity, fields, ReplayCache::default())
}

fn main() -> Result<(), Error> {
    let rng = &mut SysRng;
    let (mut ada, mut bob) = (device("ada@example.org")?, device("bob@example.org")?);

    // Bob leaves prekeys with the relay: a signed one, a last-resort one, two of each one-time kind.
    let records = bob.publish(2, NOW, rng)?;
    let card = *bob.card().expect("a device has a card");

    // Ada fetches a bundle. What the relay made of it, `verify` finds out.
    let (signed, one_time, kem) = (&records[0], &records[2], &records[4]);
    let bundle = Bundle::encode(card.as_bytes(), signed, Some(one_time), Some(kem));
    let bundle = Bundle::verify(&bundle)?;
    ada.prepare(&bundle, NOW, rng)?;
    let packet = ada.send(&bob.key(), Kind::DATA, b"hello, when you are back", NOW, rng)?.packet;
    println!("one packet of {} bytes waits for bob", packet.len());

    // Three days later.
    let received = bob.receive(None, &packet, NOW + 3 * DAY, rng)?;
    for event in &received.events {
        if let Event::Established { suite, reduced_forward_secrecy, .. } = event {
            println!(
                "bob: a session in {suite:?}, reduced forward secrecy: {reduced_forward_secrecy}"
            );
        }
    }
    let answered = ada.receive(Some(&bob.key()), &received.replies[0], NOW + 3 * DAY, rng)?;
    println!("ada: {} events, the first {:?}", answered.events.len(), answered.events[0]);

    // What the two of them compare on the phone.
    let print = |card: &quipu::Card| Fingerprint::of(&card.key(), &card.fields().address);
    let (ours, theirs) = (print(ada.card().expect("a card")), print(&card));
    println!("safety number {}", Fingerprint::safety_number(&ours, &theirs));

    // Bob's identity survives his device; his sessions do not.
    let vault = Vault::create(b"a long passphrase", Parameters::RECOMMENDED, rng)?;
    let contents = backup(&bob, None);
    let file = vault.seal(File::Backup, NOW + 4 * DAY, contents.expose(), rng)?;
    let opened = open(b"a long passphrase", File::Backup, &file)?;
    let bob = import(File::Backup, &opened, NOW + 5 * DAY)?.into_device();
    println!(
        "a backup of {} bytes; sessions in it: {}",
        file.len(),
        bob.sessions(&ada.key()).is_some()
    );
    Ok(())
}
