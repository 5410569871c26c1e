//! A session with all its keys in the open: makes messages that no honest peer would send.

use crate::trace::{self, MessagePlain, SUITE};
use quipu::crypto::dh::{DhPublic, Shared};
use quipu::crypto::kdf::{expand, sha256};
use quipu::crypto::labels::Expand;
use quipu::ratchet::{ChainKey, step};
use quipu::secret::Secret;

/// The public facts of a session script's setup.
#[derive(Debug, Clone)]
pub struct Setup {
    /// `SK`.
    pub sk: [u8; 32],
    /// `h9`.
    pub transcript: [u8; 32],
    /// `IK` of initiator and responder.
    pub ik: [[u8; 32]; 2],
    /// Device of initiator and responder.
    pub device: [u32; 2],
    /// Private halves of `RA` and `RB`.
    pub ratchet: [[u8; 32]; 2],
}

/// One chain with its keys.
#[derive(Debug)]
pub struct Chain {
    /// Header key.
    pub header: [u8; 32],
    /// Chain key at number 0.
    pub chain: [u8; 32],
    /// The sender's ratchet key.
    pub dh: [u8; 32],
    /// `AD_dir`.
    pub ad: [u8; 32],
}

impl Setup {
    /// `AD_dir` of a sender: 0 the initiator, 1 the responder.
    pub fn ad(&self, sender: usize) -> [u8; 32] {
        let side =
            |index: usize| [self.ik[index].as_slice(), &self.device[index].to_be_bytes()].concat();
        let role = u8::try_from(sender + 1).expect("0 or 1");
        let parts: [&[u8]; 5] =
            [b"QuipuV1ad", &self.transcript, &[role], &side(sender), &side(1 - sender)];
        sha256(&parts)
    }

    /// The chains 0, 1, 2 ... of a session whose further ratchet private keys are `draws`, in the
    /// order of the steps 1, 2, 3 ...
    pub fn chains(&self, draws: &[[u8; 32]]) -> Vec<Chain> {
        self.chains_with(draws, None)
    }

    /// The chain behind those of `draws`, begun with any public key: as its receiver would derive it
    /// without looking at the key.
    pub fn chain_of(&self, draws: &[[u8; 32]], public: [u8; 32]) -> Chain {
        let draws = [draws, &[[9; 32]]].concat();
        self.chains_with(&draws, Some(public)).pop().expect("there is a chain")
    }

    /// With another public key at the begin of the last chain.
    fn chains_with(&self, draws: &[[u8; 32]], last: Option<[u8; 32]>) -> Vec<Chain> {
        let sk = Secret::new(self.sk);
        let mut root: Secret<32> = expand(SUITE, &sk, Expand::ROOT, &[]);
        let mut headers: Vec<[u8; 32]> = vec![
            *expand(SUITE, &sk, Expand::HEADER_INITIATOR, &[]).expose(),
            *expand(SUITE, &sk, Expand::HEADER_RESPONDER, &[]).expose(),
        ];
        // The keys of step j: its own new key, and the newest of the other side.
        let mut newest = [trace::pair(&self.ratchet[0]), trace::pair(&self.ratchet[1])];
        let mut chains = Vec::new();
        for epoch in 0..=draws.len() {
            let sender = epoch % 2;
            if let Some(draw) = epoch.checked_sub(1).and_then(|index| draws.get(index)) {
                newest[sender] = trace::pair(draw);
            }
            let other = newest[1 - sender].public();
            let mut new = newest[sender].public();
            if let Some(last) = last.filter(|_| epoch == draws.len()) {
                new = DhPublic::decode(last).expect("canonical");
            }
            let dh = trace::agree(&newest[1 - sender], new.as_bytes());
            let made = step(SUITE, &root, &Shared::new(Secret::new(dh)), &new, &other);
            root = made.root;
            headers.push(*made.next_header.expose());
            chains.push(Chain {
                header: headers[epoch],
                chain: *made.chain.secret().expose(),
                dh: *new.as_bytes(),
                ad: self.ad(sender),
            });
        }
        chains
    }

    /// The header key of the chain after the last of `chains(draws)`.
    pub fn header_after(&self, draws: &[[u8; 32]]) -> [u8; 32] {
        self.chains(&[draws, &[[9; 32]]].concat()).pop().expect("there is a chain").header
    }
}

impl Chain {
    /// The message key of a number.
    pub fn key(&self, number: u32) -> Secret<32> {
        let mut chain = ChainKey::new(Secret::new(self.chain));
        for _ in 0..number {
            chain = chain.advance().1;
        }
        Secret::new(*chain.advance().0.secret().expose())
    }

    /// A message under this chain's header key; `alter` may change what it says.
    pub fn message(
        &self,
        pn: u32,
        n: u32,
        body: &[u8],
        alter: impl FnOnce(&mut MessagePlain<'_>),
    ) -> Vec<u8> {
        let mut plain = MessagePlain::new(self.dh, pn, n, body);
        let key = self.key(n.min(20_000));
        alter(&mut plain);
        trace::message(&key, &Secret::new(self.header), &self.ad, &[0x5a; 16], &plain).0
    }
}
