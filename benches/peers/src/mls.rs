//! MLS (RFC 9420) between two members as `openmls` has it: a signature in every message, no header
//! key, and a group's state written to its storage with every message.

use openmls::prelude::tls_codec::{Deserialize, Serialize};
use openmls::prelude::{
    BasicCredential, Ciphersuite, CredentialWithKey, KeyPackage, MlsGroup, MlsGroupCreateConfig,
    MlsMessageBodyIn, MlsMessageIn, ProcessedMessageContent, StagedWelcome,
};
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;
use quipu_benches::{Case, timed};
use std::hint::black_box;

const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;

struct Member {
    provider: OpenMlsRustCrypto,
    signer: SignatureKeyPair,
    group: MlsGroup,
}

impl Member {
    fn send(&mut self, content: &[u8]) -> Vec<u8> {
        let sent = self.group.create_message(&self.provider, &self.signer, content);
        sent.expect("may send").tls_serialize_detached().expect("bytes")
    }

    fn hear(&mut self, message: &[u8]) -> Vec<u8> {
        let message = MlsMessageIn::tls_deserialize_exact(message).expect("a message");
        let message = message.try_into_protocol_message().expect("of the group");
        let heard = self.group.process_message(&self.provider, message).expect("genuine");
        match heard.into_content() {
            ProcessedMessageContent::ApplicationMessage(it) => it.into_bytes(),
            _ => panic!("application messages alone are sent"),
        }
    }
}

fn signer(name: &str) -> (SignatureKeyPair, CredentialWithKey) {
    let signer = SignatureKeyPair::new(SUITE.signature_algorithm()).expect("drawn");
    let credential = BasicCredential::new(name.into()).into();
    let signature_key = signer.to_public_vec().into();
    (signer, CredentialWithKey { credential, signature_key })
}

fn pair() -> (Member, Member) {
    let (ours, theirs) = (OpenMlsRustCrypto::default(), OpenMlsRustCrypto::default());
    let ((ada, ada_credential), (bob, bob_credential)) = (signer("ada"), signer("bob"));
    let package = KeyPackage::builder().build(SUITE, &theirs, &bob, bob_credential);
    let package = package.expect("a key package");
    let config =
        MlsGroupCreateConfig::builder().ciphersuite(SUITE).use_ratchet_tree_extension(true).build();
    let mut group = MlsGroup::new(&ours, &ada, &config, ada_credential).expect("a group");
    let packages = std::slice::from_ref(package.key_package());
    let (_, welcome, _) = group.add_members(&ours, &ada, packages).expect("added");
    group.merge_pending_commit(&ours).expect("merged");
    let MlsMessageBodyIn::Welcome(welcome) = MlsMessageIn::from(welcome).extract() else {
        panic!("a welcome was made");
    };
    let staged = StagedWelcome::new_from_welcome(&theirs, config.join_config(), welcome, None);
    let joined = staged.expect("for bob").into_group(&theirs).expect("joined");
    let mut ada = Member { provider: ours, signer: ada, group };
    let mut bob = Member { provider: theirs, signer: bob, group: joined };
    assert_eq!(bob.hear(&ada.send(b"first")), b"first");
    (ada, bob)
}

/// Its cases, under the names of ours.
pub(crate) fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    for (size, name) in crate::SIZES {
        all.push(Case::plain(crate::named("openmls", "encrypt", name), move || {
            let (mut ada, content) = (pair().0, vec![5; size]);
            move || ada.send(&content)
        }));
        all.push(Case::new(crate::named("openmls", "decrypt", name), move || {
            let ((mut ada, mut bob), content) = (pair(), vec![5; size]);
            move |times| {
                let sealed: Vec<_> = (0..times).map(|_| ada.send(&content)).collect();
                timed(|| sealed.iter().for_each(|it| drop(black_box(bob.hear(it))))).1
            }
        }));
    }
    all
}
