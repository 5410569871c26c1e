//! Chapter 4.1 once more, for packets that no honest device makes: sealed with the right keys.

use super::pair::dh;
use quipu::Card;
use quipu::crypto::aead;
use quipu::crypto::dh::{DhPublic, DhSecret};
use quipu::crypto::kdf::{expand, extract, mix, sha256};
use quipu::crypto::kem::{KEM_CIPHERTEXT, KEM_PUBLIC, KemPublic, KemSecret};
use quipu::crypto::labels::{Expand, Extract, Purpose};
use quipu::crypto::mac::hmac;
use quipu::crypto::sign::SigningSecret;
use quipu::secret::Secret;
use quipu::wire::Suite;

const ZERO: Secret<32> = Secret::new([0; 32]);

/// What goes into the sealed part of an Init.
pub(crate) struct Claims<'a> {
    pub(crate) ts_i: u64,
    pub(crate) card: &'a [u8; 218],
    pub(crate) psk_id: [u8; 16],
}

/// What suite `0x0002` adds to an Init: the bytes of `ek`, and its seed if it has one.
pub(crate) struct Kem {
    pub(crate) bytes: [u8; KEM_PUBLIC],
    pub(crate) secret: Option<KemSecret>,
}

impl Kem {
    pub(crate) fn of(seed: [u8; 64]) -> Self {
        let secret = KemSecret::new(&Secret::new(seed));
        Self { bytes: *secret.public().as_bytes(), secret: Some(secret) }
    }
}

/// An Init and what its maker knows.
pub(crate) struct Init {
    pub(crate) packet: Vec<u8>,
    pub(crate) id: [u8; 16],
    suite: Suite,
    kem: Option<Kem>,
    ephemeral: DhSecret,
    es: [u8; 32],
    h3: [u8; 32],
}

fn agree(ours: &DhSecret, theirs: &DhPublic) -> [u8; 32] {
    *ours.agree(theirs).expect("not zero").secret().expose()
}

fn prefix(kind: u8, suite: Suite) -> Vec<u8> {
    [&[1, kind], suite.number().to_be_bytes().as_slice()].concat()
}

impl Init {
    pub(crate) fn forge(
        ephemeral: [u8; 32],
        to: &Card,
        claims: &Claims<'_>,
        signer: &SigningSecret,
    ) -> Self {
        Self::forge_with(None, ephemeral, to, claims, signer)
    }

    /// With a KEM key in suite `0x0002`, else in suite `0x0001`.
    pub(crate) fn forge_with(
        kem: Option<Kem>,
        ephemeral: [u8; 32],
        to: &Card,
        claims: &Claims<'_>,
        signer: &SigningSecret,
    ) -> Self {
        let suite = if kem.is_some() { Suite::Hybrid } else { Suite::X25519 };
        let ephemeral = dh(ephemeral);
        let es = agree(&ephemeral, &to.agreement_key());
        let key = extract(suite, &ZERO, Extract::INIT, &[&es]);
        let mut packet =
            [prefix(1, suite).as_slice(), ephemeral.public().as_bytes().as_slice()].concat();
        packet.extend(kem.iter().flat_map(|it| it.bytes));
        let h1 = mix(&mix(&sha256(&[b"QuipuV1interactive"]), &[to.as_bytes()]), &[&packet]);
        let time = claims.ts_i.to_be_bytes();
        let body = [time.as_slice(), claims.card, &claims.psk_id, &[0; 64]].concat();
        let h2 = mix(&h1, &[&body]);
        let plain = [body.as_slice(), &signer.sign(Purpose::INIT, &h2)].concat();
        let clear = packet.len();
        aead::seal(expand(suite, &key, Expand::INIT_SEAL, &h1), &h1, &plain, &mut packet);
        let h3 = mix(&h2, &[&packet[clear..]]);
        let id = *expand(suite, &key, Expand::HANDSHAKE_ID, &h3).expose();
        Self { packet, id, suite, kem, ephemeral, es, h3 }
    }

    fn secret(&self, ss: Option<Secret<32>>, ee: &[u8], se: &[u8]) -> Secret<32> {
        let ss = ss.as_ref().map_or(&[][..], |it| it.expose());
        extract(self.suite, &ZERO, Extract::INTERACTIVE, &[ss, ee, &self.es, se])
    }

    /// A Response of whoever holds `EK_R`: `se` by way of the initiator's public `IDK`.
    pub(crate) fn response(
        &self,
        ephemeral: [u8; 32],
        initiator: &Card,
        ratchet: &[u8; 32],
        signer: &SigningSecret,
    ) -> Vec<u8> {
        let suite = self.suite;
        let ephemeral = dh(ephemeral);
        let ee = agree(&ephemeral, &self.ephemeral.public());
        let kem = self.kem.as_ref().map(|it| KemPublic::decode(it.bytes).expect("valid"));
        let sealed = kem.map(|it| it.encapsulate(&Secret::new([0x2b; 32])));
        let (ciphertext, ss) = sealed.unzip();
        let hs = self.secret(ss, &ee, &agree(&ephemeral, &initiator.agreement_key()));
        let clear = prefix(2, suite);
        let mut packet =
            [clear.as_slice(), &self.id, ephemeral.public().as_bytes().as_slice()].concat();
        packet.extend(ciphertext.iter().flatten());
        let h4 = mix(&self.h3, &[&packet]);
        let body = [[0; 8].as_slice(), ratchet, &[0; 64]].concat();
        let signature = signer.sign(Purpose::RESPONSE, &mix(&h4, &[&body]));
        let keys = expand(suite, &hs, Expand::RESPONSE_SEAL, &h4);
        let clear = packet.len();
        aead::seal(keys, &h4, &[body.as_slice(), &signature].concat(), &mut packet);
        let h5 = mix(&h4, &[&packet[clear..]]);
        let tag = hmac(&expand(suite, &hs, Expand::RESPONSE_MAC, &h4), &[&h5]);
        [packet.as_slice(), &tag].concat()
    }

    /// The Complete packet of whoever holds `EK_I` and `IDK_I`.
    pub(crate) fn complete(
        &self,
        response: &[u8],
        idk: &Secret<32>,
        ratchet: &[u8; 32],
        signer: &SigningSecret,
    ) -> Vec<u8> {
        let suite = self.suite;
        let theirs = DhPublic::decode(response[20..52].try_into().expect("32 bytes")).expect("key");
        let se = agree(&dh(*idk.expose()), &theirs);
        let ciphertext = response[52..].first_chunk::<KEM_CIPHERTEXT>();
        let secret = self.kem.as_ref().and_then(|it| it.secret.as_ref());
        let ss = secret.map(|it| it.decapsulate(ciphertext.expect("a ciphertext")));
        let hs = self.secret(ss, &agree(&self.ephemeral, &theirs), &se);
        let tag = response.len() - 32;
        let sealed = tag - 184;
        let h5 = mix(&mix(&self.h3, &[&response[..sealed]]), &[&response[sealed..tag]]);
        let mut packet = [prefix(3, suite).as_slice(), &self.id].concat();
        let h7 = mix(&mix(&h5, &[&response[tag..]]), &[&packet]);
        let signature = signer.sign(Purpose::COMPLETE, &mix(&h7, &[ratchet]));
        let keys = expand(suite, &hs, Expand::COMPLETE_SEAL, &h7);
        aead::seal(keys, &h7, &[ratchet.as_slice(), &signature].concat(), &mut packet);
        let h8 = mix(&h7, &[&packet[20..]]);
        let tag = hmac(&expand(suite, &hs, Expand::COMPLETE_MAC, &h7), &[&h8]);
        [packet.as_slice(), &tag, &[0; 4]].concat()
    }
}
