//! Sealed files, with the least parameters.

mod support;

use proptest::prelude::*;
use quipu::crypto::aead;
use quipu::crypto::kdf::{expand, sha256};
use quipu::crypto::labels::Expand;
use quipu::crypto::passphrase::argon2id;
use quipu::secret::Secret;
use quipu::storage::{Kind, Parameters, Vault, open};
use quipu::wire::Suite;
use quipu::{CallerError, Error, StorageError};
use support::pair::NOW;
use support::{Failing, Seeded, Untouchable};

const LEAST: Parameters = Parameters { memory: 19_456, passes: 2, lanes: 1 };
const PHRASE: &[u8] = b"correct horse battery staple";

fn vault(seed: u64) -> Vault {
    Vault::create(PHRASE, LEAST, &mut Seeded::new(seed)).expect("a vault")
}

fn sealed(plaintext: &[u8]) -> Vec<u8> {
    vault(1).seal(Kind::Backup, NOW, plaintext, &mut Seeded::new(2)).expect("sealed")
}

fn refusal(kind: Kind, file: &[u8]) -> StorageError {
    open(PHRASE, kind, file).expect_err("refused")
}

/// The file with a checksum that fits.
fn repaired(mut file: Vec<u8>) -> Vec<u8> {
    let (body, _) = file.split_last_chunk::<32>().expect("a checksum");
    let (checksum, length) = (sha256(&[body]), body.len());
    file[length..].copy_from_slice(&checksum);
    file
}

fn with(file: &[u8], offset: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    file[offset..offset + bytes.len()].copy_from_slice(bytes);
    file
}

#[test]
fn file_has_the_layout_of_the_table() {
    let file = sealed(b"contents");
    assert_eq!(file.len(), 162 + 8);
    assert_eq!(&file[..10], b"QuipuSF1\x01\x01");
    assert_eq!(&file[10..22], [0, 0, 0x4c, 0, 0, 0, 0, 2, 0, 0, 0, 1]);
    assert_eq!(file[22..38], Seeded::new(1).array::<16>());
    assert_eq!(file[38..70], Seeded::new(2).array::<32>());
    assert_eq!(file[70..78], NOW.to_be_bytes());
    assert_eq!(file[78..82], [0, 0, 0, 8]);
    assert_eq!(file[138..], sha256(&[&file[..138]]));
}

// 10.1, written out
#[test]
fn file_is_sealed_under_the_passphrase_and_its_header() {
    let file = sealed(b"contents");
    let salt = file[22..38].try_into().expect("16 bytes");
    let master = argon2id(PHRASE, &salt, 19_456, 2, 1).expect("runs");
    let head = sha256(&[&file[..82]]);
    let all: Secret<76> = expand(Suite::X25519, &master, Expand::SEALED_FILE, &head);
    let (keys, commitment) = all.expose().split_at(44);
    assert_eq!(file[82..114], *commitment);
    let keys = Secret::new(keys.try_into().expect("44 bytes"));
    assert_eq!(*aead::open(&keys, &file[..82], &file[114..138]).expect("opens"), b"contents");
}

#[test]
fn every_kind_reads_back_and_is_no_other_kind() {
    let vault = vault(3);
    let kinds = [Kind::Backup, Kind::Move, Kind::State];
    for (kind, length) in kinds.into_iter().zip([0, 1, 70_000]) {
        let plaintext = vec![0xa5; length];
        let file = vault.seal(kind, NOW, &plaintext, &mut Seeded::new(4)).expect("sealed");
        assert_eq!(file[9], kind.byte());
        let opened = open(PHRASE, kind, &file).expect("opens");
        assert_eq!((opened.created, opened.plaintext.expose()), (NOW, plaintext.as_slice()));
        for other in kinds.into_iter().filter(|other| *other != kind) {
            assert_eq!(refusal(other, &file), StorageError::FileKind);
        }
    }
}

// 10.2, STORE-08
#[test]
fn salt_is_drawn_for_a_vault_and_the_draw_for_each_file() {
    let rng = &mut Seeded::new(5);
    let vault = Vault::create(PHRASE, LEAST, rng).expect("a vault");
    let files = [(); 2].map(|()| vault.seal(Kind::State, NOW, b"same", rng).expect("sealed"));
    assert_eq!(rng.draws, [16, 32, 32]);
    assert_eq!(files[0][22..38], files[1][22..38], "one salt");
    assert_ne!(files[0][38..70], files[1][38..70], "two draws");
    assert_ne!(files[0][82..102], files[1][82..102], "two keys");
    for file in files {
        assert_eq!(open(PHRASE, Kind::State, &file).expect("opens").plaintext.expose(), b"same");
    }
}

// PRIM-16
#[test]
fn failing_source_seals_nothing() {
    let random = Err(Error::from(CallerError::Random));
    let refused = Vault::create(PHRASE, LEAST, &mut Failing::after(0));
    assert_eq!(refused.map(drop), random);
    let refused = vault(1).seal(Kind::State, NOW, b"", &mut Failing::after(0));
    assert_eq!(refused.map(drop), random);
}

// STORE-06
#[test]
fn wrong_passphrase_is_refused() {
    let file = sealed(b"contents");
    let longer = [PHRASE, b"\0"].concat();
    for wrong in [b"".as_slice(), b"x", &PHRASE[1..], &longer] {
        let refused = open(wrong, Kind::Backup, &file).expect_err("refused");
        assert_eq!(refused, StorageError::Passphrase);
    }
}

// STORE-08: before any draw
#[test]
fn empty_passphrase_is_refused() {
    let refused = Vault::create(b"", LEAST, &mut Untouchable);
    assert_eq!(refused.map(drop), Err(StorageError::Passphrase.into()));
    let beyond = Parameters { memory: 1, ..LEAST };
    let refused = Vault::create(b"", beyond, &mut Untouchable);
    assert_eq!(refused.map(drop), Err(StorageError::Passphrase.into()));
}

/// What STORE-01 to STORE-04 and the checksum say of one changed byte.
fn in_order(byte: usize, otherwise: StorageError) -> StorageError {
    match byte {
        0..8 => StorageError::FileKind,
        8 => StorageError::FileVersion,
        78..82 => StorageError::FileTruncated,
        _ => otherwise,
    }
}

// STORE-01 to STORE-03
#[test]
fn file_with_any_changed_byte_is_refused() {
    let file = sealed(b"contents");
    for (byte, mask) in (0..file.len()).flat_map(|byte| [(byte, 0x10), (byte, 0x80)]) {
        let damaged = with(&file, byte, &[file[byte] ^ mask]);
        let error = in_order(byte, StorageError::FileDamaged);
        assert_eq!(refusal(Kind::Backup, &damaged), error, "byte {byte}");
    }
}

// STORE-04 to STORE-06: whoever changes a file and repairs the checksum
#[test]
fn file_with_any_changed_byte_and_a_repaired_checksum_is_refused() {
    let file = sealed(b"contents");
    for byte in 0..file.len() - 32 {
        let damaged = repaired(with(&file, byte, &[file[byte] ^ 0x10]));
        let otherwise = match byte {
            9 => StorageError::FileKind,
            10 | 11 | 14..22 => StorageError::FileParameters,
            // 12 and 13 give 23,552 and 19,472 KiB: another key
            _ => StorageError::Passphrase,
        };
        let error = in_order(byte, otherwise);
        assert_eq!(refusal(Kind::Backup, &damaged), error, "byte {byte}");
    }
    for (byte, value) in [(17, 3), (21, 2)] {
        let other_key = repaired(with(&file, byte, &[value]));
        assert_eq!(refusal(Kind::Backup, &other_key), StorageError::Passphrase);
    }
    let shorter = with(&file, 78, &7u32.to_be_bytes());
    assert_eq!(refusal(Kind::Backup, &repaired(shorter)), StorageError::FileDamaged, "1 more");
}

// STORE-01 to STORE-03
#[test]
fn file_that_was_cut_is_refused_at_every_length() {
    let file = sealed(b"contents");
    for length in 0..file.len() {
        let error = if length < 8 { StorageError::FileKind } else { StorageError::FileTruncated };
        assert_eq!(refusal(Kind::Backup, &file[..length]), error, "{length} bytes");
    }
    let longest = with(&file, 78, &u32::MAX.to_be_bytes());
    assert_eq!(refusal(Kind::Backup, &longest), StorageError::FileTruncated);
}

// STORE-03
#[test]
fn file_with_more_behind_it_is_refused() {
    let file = sealed(b"contents");
    let longer = [file.as_slice(), &[0]].concat();
    assert_eq!(refusal(Kind::Backup, &longer), StorageError::FileDamaged);
    assert_eq!(refusal(Kind::Backup, &repaired(longer)), StorageError::FileDamaged);
    let twice = [file.as_slice(), &file].concat();
    assert_eq!(refusal(Kind::Backup, &twice), StorageError::FileDamaged);
}

// STORE-01, STORE-02: another version may have another layout from there on
#[test]
fn file_of_another_version_is_refused_before_its_layout_is_read() {
    let file = sealed(b"contents");
    for version in [0, 2, 0xff] {
        let future = with(&file, 8, &[version]);
        for file in [&future, &repaired(future.clone()), &future[..9]] {
            assert_eq!(refusal(Kind::Backup, file), StorageError::FileVersion);
        }
        let neither = with(&future, 7, b"2");
        assert_eq!(refusal(Kind::Backup, &neither), StorageError::FileKind);
    }
}

// STORE-05 before STORE-06, STORE-04 before STORE-05; greater ones would run for hours
#[test]
fn parameters_beyond_a_limit_are_refused_before_any_work() {
    let file = sealed(b"contents");
    let beyond = |least: u32, greatest: u32| [0, least - 1, greatest + 1, u32::MAX];
    let ranges = [(10, 19_456, 262_144), (14, 2, 16), (18, 1, 16)];
    for (offset, least, greatest) in ranges {
        for value in beyond(least, greatest) {
            let forged = repaired(with(&file, offset, &value.to_be_bytes()));
            assert_eq!(refusal(Kind::Backup, &forged), StorageError::FileParameters);
            assert_eq!(refusal(Kind::State, &forged), StorageError::FileKind);
            let empty = open(b"", Kind::Backup, &forged).expect_err("refused");
            assert_eq!(empty, StorageError::FileParameters);
            let mut parameters = LEAST;
            match offset {
                10 => parameters.memory = value,
                14 => parameters.passes = value,
                _ => parameters.lanes = value,
            }
            assert_eq!(parameters.check(), Err(StorageError::FileParameters));
            let refused = Vault::create(PHRASE, parameters, &mut Untouchable);
            assert_eq!(refused.map(drop), Err(StorageError::FileParameters.into()));
        }
    }
}

// STORE-05
#[test]
fn parameters_at_the_limits_are_taken() {
    let greatest = Parameters { memory: 262_144, passes: 16, lanes: 16 };
    for parameters in [LEAST, greatest, Parameters::RECOMMENDED] {
        assert_eq!(parameters.check(), Ok(()));
    }
    let widest = Parameters { passes: 3, lanes: 16, ..LEAST };
    let vault = Vault::create(PHRASE, widest, &mut Seeded::new(1)).expect("a vault");
    let file = vault.seal(Kind::Move, 0, b"contents", &mut Seeded::new(2)).expect("sealed");
    let opened = open(PHRASE, Kind::Move, &file).expect("opens");
    assert_eq!((opened.created, opened.plaintext.expose()), (0, b"contents".as_slice()));
}

// PRIM-15
#[test]
fn nothing_secret_is_printed() {
    let vault = vault(1);
    assert!(format!("{vault:?}").contains("master: .., "), "{vault:?}");
    let opened = open(PHRASE, Kind::Backup, &sealed(b"contents")).expect("opens");
    assert!(format!("{opened:?}").ends_with("plaintext: .. }"), "{opened:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    // no panic from bytes of any kind, and nothing opens that was not sealed
    #[test]
    fn bytes_that_nobody_sealed_are_refused(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..300),
        begin in 0usize..10,
        checksum: bool,
    ) {
        let magic = b"QuipuSF1\x01\x01";
        let begin = begin.min(bytes.len());
        bytes[..begin].copy_from_slice(&magic[..begin]);
        if checksum && bytes.len() >= 32 {
            bytes = repaired(bytes);
        }
        prop_assert!(open(PHRASE, Kind::Backup, &bytes).is_err());
    }
}
