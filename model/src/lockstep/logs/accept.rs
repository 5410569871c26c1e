//! Whether the model can do what a log says, and says the same.

use std::collections::BTreeMap;

use super::{CLOCKS, Entry, What};
use crate::lockstep::compare::{self, Names};
use crate::lockstep::facts::{Carried, Fact};
use crate::lockstep::party::Output;
use crate::lockstep::real::Seen;
use crate::session::{BEGIN, Packet, Rules, Said, World};

/// The step of a log that the model does not have, and what each side says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The number of the step.
    pub step: usize,
    /// What each side says.
    pub text: String,
}

struct Acceptor {
    world: World,
    /// Packets of the crate and what they are in the model.
    packets: BTreeMap<Vec<u8>, Packet>,
    /// Texts of the log and what they are in the model.
    texts: BTreeMap<Vec<u8>, Vec<u8>>,
    seen: [Seen; 2],
}

/// Follows a log with the model.
///
/// # Errors
/// The first step that the model does not have.
pub fn accept(log: &[Entry]) -> Result<(), Refusal> {
    let world = World::new(BEGIN, CLOCKS, Vec::new());
    let (packets, texts) = (BTreeMap::new(), BTreeMap::new());
    let mut acceptor = Acceptor { world, packets, texts, seen: Default::default() };
    for (step, entry) in log.iter().enumerate() {
        acceptor.step(entry).map_err(|text| Refusal { step, text })?;
    }
    Ok(())
}

impl Acceptor {
    fn step(&mut self, entry: &Entry) -> Result<(), String> {
        let side = entry.side;
        self.world.now = entry.now - CLOCKS[side];
        let before = compare::names(&self.world.devices[side].sessions.0, &self.seen[side]);
        let said = self.act(entry)?;
        match (&said, &entry.said) {
            (None, None) => {}
            (Some(model), Some(real)) => {
                let mut names: Names = before;
                let real = real.clone().map(|output| self.named(output));
                compare::answers(model, &real, &mut names)?;
                self.note(entry, model, &real);
            }
            _ => return Err("only one of both was asked".to_owned()),
        }
        self.world.network.clear();
        self.seen[side] = entry.seen.clone();
        let sending = self.world.sending(side, &Rules::SPEC);
        let sessions = &self.world.devices[side].sessions.0;
        compare::devices(sessions, &self.world.handshakes, sending, &entry.seen)
    }

    fn act(&mut self, entry: &Entry) -> Result<Said, String> {
        let (world, side) = (&mut self.world, entry.side);
        Ok(match &entry.what {
            What::Start(kind) => Some(world.start(side, *kind, &Rules::SPEC)),
            What::Send(_) => Some(world.send(side, &Rules::SPEC)),
            What::Due => Some(Ok(world.due(side, &Rules::SPEC))),
            What::Crash => {
                world.devices[side].crash();
                None
            }
            What::Receive(bytes) => {
                let packet = self.packets.get(bytes).ok_or("a packet that nobody sent")?;
                Some(world.deliver(side, packet, false, &Rules::SPEC))
            }
        })
    }

    /// An answer with its texts as the model names them.
    fn named(&self, output: Output) -> Output {
        let name = |fact: Fact| match fact {
            Fact::Message(session, epoch, Carried::Text(bytes)) => {
                let text = self.texts.get(&bytes).cloned().unwrap_or_default();
                Fact::Message(session, epoch, Carried::Text(text))
            }
            other => other,
        };
        Output { facts: output.facts.into_iter().map(name).collect(), ..output }
    }

    /// Remembers what the packets of a step are in the model.
    fn note(
        &mut self,
        entry: &Entry,
        model: &Result<crate::session::Done, quipu::Error>,
        real: &Result<Output, quipu::Error>,
    ) {
        let (Ok(model), Ok(real)) = (model, real) else { return };
        for (packet, bytes) in model.packets.iter().zip(&real.packets) {
            if let (What::Send(text), Some(note)) = (&entry.what, packet.note()) {
                self.texts.insert(text.clone(), compare::text(packet.place(), note.number));
            }
            self.packets.insert(bytes.clone(), *packet);
        }
    }
}
