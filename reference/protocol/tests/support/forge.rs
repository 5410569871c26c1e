//! Chapter 4.1 once more, for packets that no honest device makes: sealed with the right keys.

use super::pair::dh;
use quipu::Card;
use quipu::crypto::aead;
use quipu::crypto::dh::{DhPublic, DhSecret};
use quipu::crypto::kdf::{expand, extract, mix, sha256};
use quipu::crypto::labels::{Expand, Extract, Purpose};
use quipu::crypto::mac::hmac;
use quipu::crypto::sign::SigningSecret;
use quipu::secret::Secret;
use quipu::wire::Suite;

const SUITE: Suite = Suite::X25519;
const ZERO: Secret<32> = Secret::new([0; 32]);

/// What goes into the sealed part of an Init.
pub(crate) struct Claims<'a> {
    pub(crate) ts_i: u64,
    pub(crate) card: &'a [u8; 218],
    pub(crate) psk_id: [u8; 16],
}

/// An Init and what its maker knows.
pub(crate) struct Init {
    pub(crate) packet: Vec<u8>,
    pub(crate) id: [u8; 16],
    ephemeral: DhSecret,
    es: [u8; 32],
    h3: [u8; 32],
}

fn agree(ours: &DhSecret, theirs: &DhPublic) -> [u8; 32] {
    *ours.agree(theirs).expect("not zero").secret().expose()
}

impl Init {
    pub(crate) fn forge(
        ephemeral: [u8; 32],
        to: &Card,
        claims: &Claims<'_>,
        signer: &SigningSecret,
    ) -> Self {
        let ephemeral = dh(ephemeral);
        let es = agree(&ephemeral, &to.agreement_key());
        let key = extract(SUITE, &ZERO, Extract::INIT, &[&es]);
        let mut packet = [[1, 1, 0, 1].as_slice(), ephemeral.public().as_bytes()].concat();
        let h1 = mix(&mix(&sha256(&[b"QuipuV1interactive"]), &[to.as_bytes()]), &[&packet]);
        let time = claims.ts_i.to_be_bytes();
        let body = [time.as_slice(), claims.card, &claims.psk_id, &[0; 64]].concat();
        let h2 = mix(&h1, &[&body]);
        let plain = [body.as_slice(), &signer.sign(Purpose::INIT, &h2)].concat();
        aead::seal(expand(SUITE, &key, Expand::INIT_SEAL, &[&h1]), &h1, &plain, &mut packet);
        let h3 = mix(&h2, &[&packet[36..]]);
        let id = *expand(SUITE, &key, Expand::HANDSHAKE_ID, &[&h3]).expose();
        Self { packet, id, ephemeral, es, h3 }
    }

    fn secret(&self, ee: &[u8], se: &[u8]) -> Secret<32> {
        extract(SUITE, &ZERO, Extract::INTERACTIVE, &[ee, &self.es, se])
    }

    /// A Response of whoever holds `EK_R`: `se` by way of the initiator's public `IDK`.
    pub(crate) fn response(
        &self,
        ephemeral: [u8; 32],
        initiator: &Card,
        ratchet: &[u8; 32],
        signer: &SigningSecret,
    ) -> Vec<u8> {
        let ephemeral = dh(ephemeral);
        let ee = agree(&ephemeral, &self.ephemeral.public());
        let hs = self.secret(&ee, &agree(&ephemeral, &initiator.agreement_key()));
        let clear = [1, 2, 0, 1].as_slice();
        let mut packet = [clear, &self.id, ephemeral.public().as_bytes()].concat();
        let h4 = mix(&self.h3, &[&packet]);
        let body = [[0; 8].as_slice(), ratchet, &[0; 64]].concat();
        let signature = signer.sign(Purpose::RESPONSE, &mix(&h4, &[&body]));
        let keys = expand(SUITE, &hs, Expand::RESPONSE_SEAL, &[&h4]);
        aead::seal(keys, &h4, &[body.as_slice(), &signature].concat(), &mut packet);
        let h5 = mix(&h4, &[&packet[52..]]);
        let tag = hmac(&expand(SUITE, &hs, Expand::RESPONSE_MAC, &[&h4]), &[&h5]);
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
        let theirs = DhPublic::decode(response[20..52].try_into().expect("32 bytes")).expect("key");
        let se = agree(&dh(*idk.expose()), &theirs);
        let hs = self.secret(&agree(&self.ephemeral, &theirs), &se);
        let h5 = mix(&mix(&self.h3, &[&response[..52]]), &[&response[52..236]]);
        let mut packet = [[1, 3, 0, 1].as_slice(), &self.id].concat();
        let h7 = mix(&mix(&h5, &[&response[236..]]), &[&packet]);
        let signature = signer.sign(Purpose::COMPLETE, &mix(&h7, &[ratchet]));
        let keys = expand(SUITE, &hs, Expand::COMPLETE_SEAL, &[&h7]);
        aead::seal(keys, &h7, &[ratchet.as_slice(), &signature].concat(), &mut packet);
        let h8 = mix(&h7, &[&packet[20..]]);
        let tag = hmac(&expand(SUITE, &hs, Expand::COMPLETE_MAC, &[&h7]), &[&h8]);
        [packet.as_slice(), &tag, &[0; 4]].concat()
    }
}
