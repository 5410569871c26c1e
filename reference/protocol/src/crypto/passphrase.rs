//! Chapter 10.1: Argon2id, which makes guessing a passphrase expensive.
//!
//! This file knows nothing about files or limits.

use crate::error::StorageError;
use crate::secret::Secret;
use alloc::vec::Vec;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

/// The key of a passphrase. `memory` in KiB.
///
/// ```text
/// master = Argon2id(passphrase, salt, memory, passes, lanes, 32 bytes), version 0x13 (RFC 9106), no secret, no associated data
/// ```
///
/// # Errors
/// `file_parameters` when Argon2id does not take them or the memory is not there.
pub fn argon2id(
    passphrase: &[u8],
    salt: &[u8; 16],
    memory: u32,
    passes: u32,
    lanes: u32,
) -> Result<Secret<32>, StorageError> {
    let parameters = Params::new(memory, passes, lanes, Some(32));
    let parameters = parameters.map_err(|_| StorageError::FileParameters)?;
    run(&Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters), passphrase, salt)
}

/// The memory is ours, because the crate does not erase memory of its own.
fn run(argon: &Argon2<'_>, passphrase: &[u8], salt: &[u8]) -> Result<Secret<32>, StorageError> {
    let count = argon.params().block_count();
    let mut blocks = Zeroizing::new(Vec::new());
    blocks.try_reserve_exact(count).map_err(|_| StorageError::FileParameters)?;
    blocks.resize(count, Block::default());
    let mut outcome = Ok(());
    let key = Secret::filled(|out| {
        outcome =
            argon.hash_password_into_with_memory(passphrase, salt, out, blocks.as_mut_slice());
    });
    outcome.map(|()| key).map_err(|_| StorageError::FileParameters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::{AssociatedData, ParamsBuilder};
    use std::string::String;

    fn text(key: &Secret<32>) -> String {
        hex::encode(key.expose())
    }

    // RFC 9106, section 5.3
    #[test]
    fn argon2id_gives_the_tag_of_the_rfc() {
        let data = AssociatedData::new(&[4; 12]).expect("12 bytes");
        let parameters =
            ParamsBuilder::new().m_cost(32).t_cost(3).p_cost(4).data(data).build().expect("valid");
        let argon =
            Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, parameters);
        let tag = run(&argon.expect("a short secret"), &[1; 32], &[2; 16]).expect("runs");
        assert_eq!(text(&tag), "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
    }

    // the same inputs without secret and associated data, and a file's least parameters: the keys
    // are those of OpenSSL 4.0.0, an implementation of its own
    #[test]
    fn argon2id_agrees_with_openssl() {
        let key = argon2id(&[1; 32], &[2; 16], 32, 3, 4).expect("runs");
        assert_eq!(text(&key), "03aab965c12001c9d7d0d2de33192c0494b684bb148196d73c1df1acaf6d0c2e");
        let salt = core::array::from_fn(|at| u8::try_from(at).expect("16 bytes"));
        let key = argon2id(b"correct horse", &salt, 19_456, 2, 1).expect("runs");
        assert_eq!(text(&key), "d00b90c40f918cf889780d7d3a9ec3c2b1719df87dc5e4d4d93ea6163db04e17");
    }

    // phc-winner-argon2, src/test.c: hashtest(0x13, 2, 16, 1, "password", "somesalt")
    #[test]
    fn argon2id_agrees_with_its_authors() {
        let parameters = Params::new(65_536, 2, 1, Some(32)).expect("valid");
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
        let key = run(&argon, b"password", b"somesalt").expect("runs");
        assert_eq!(text(&key), "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7");
    }

    #[test]
    fn parameters_that_argon2id_does_not_take_are_refused() {
        for (memory, passes, lanes) in [(7, 1, 1), (32, 0, 4), (32, 3, 0), (31, 3, 4)] {
            let refused = argon2id(b"p", &[0; 16], memory, passes, lanes);
            assert_eq!(refused.expect_err("refused"), StorageError::FileParameters);
        }
    }
}
