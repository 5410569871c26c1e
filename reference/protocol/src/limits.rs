//! Chapter 8.9 Limits. The reasons stand in `spec/registry/limits.json`; a test compares the values.

//= spec/08-sessions.md#8-9-limits
//# [SESSION-30] An implementation MUST use the limits of this table, neither smaller nor greater.
/// A day in milliseconds: slack for slow clocks in the validity of cards.
pub const DAY: u64 = 86_400_000;
/// How far `ts_I` may be from the responder's clock, in milliseconds.
pub const INIT_WINDOW: u64 = 300_000;
/// How long a handshake may be half open, in milliseconds.
pub const HALF_OPEN_LIFETIME: u64 = 60_000;
/// Half-open handshakes of one identity.
pub const HALF_OPEN_PER_IDENTITY: usize = 32;
/// Half-open handshakes in all.
pub const HALF_OPEN_TOTAL: usize = 256;
/// Half-open handshakes of identities that are not pinned.
pub const HALF_OPEN_UNPINNED: usize = 128;
/// Replay cache entries of one identity.
pub const REPLAY_PER_IDENTITY: usize = 64;
/// Replay cache entries in all.
pub const REPLAY_TOTAL: usize = 65_536;
/// Replay cache entries of identities that are not pinned.
pub const REPLAY_UNPINNED: usize = 32_768;
/// Cards that a device keeps.
pub const CARDS_KEPT: usize = 4;
/// When Complete is repeated, in milliseconds after it was first sent.
pub const COMPLETE_REPEATS: [u64; 3] = [2_000, 6_000, 18_000];
/// Least time between two receipts for a repeated Complete, in milliseconds.
pub const RECEIPT_INTERVAL: u64 = 1_000;
/// Receipts that answer the Complete of one session.
pub const COMPLETE_ANSWERS: u8 = 16;
/// Age at which a signed prekey is followed by a new one, in milliseconds.
pub const PREKEY_ROTATION: u64 = 7 * DAY;
/// How long a prekey record is valid, in milliseconds.
pub const PREKEY_LIFETIME: u64 = 30 * DAY;
/// How long a private half is kept behind its record's end, in milliseconds.
pub const PREKEY_RETENTION: u64 = 14 * DAY;
/// One-time prekeys of a kind that a device keeps.
pub const ONE_TIME_PREKEYS: usize = 1_000;
/// Replay set entries of one signed prekey.
pub const PREPARED_TOTAL: usize = 65_536;
/// Replay set entries of one identity, of one signed prekey.
pub const PREPARED_PER_IDENTITY: usize = 512;
/// Replay set entries of identities that are not pinned, of one signed prekey.
pub const PREPARED_UNPINNED: usize = 32_768;
/// Messages of one chain.
pub const CHAIN_MAX: u32 = 10_000;
/// Stored skipped keys of one session.
pub const SKIPPED_KEYS: usize = 2_000;
/// Receiving chains kept behind the current one.
pub const OLD_CHAINS: usize = 5;
/// Digests of accepted messages of one session.
pub const DIGESTS: usize = 1_000;
/// Least padded body, in bytes.
pub const BODY_MIN: usize = 256;
/// Greatest padded body, in bytes.
pub const BODY_MAX: usize = 65_536;
/// Confirmed sessions with one peer device.
pub const SESSIONS_CONFIRMED: usize = 4;
/// Unconfirmed sessions of our own with one peer device.
pub const SESSIONS_UNCONFIRMED: usize = 1;
/// Given-up sessions with one peer device.
pub const SESSIONS_GIVEN_UP: usize = 2;
/// Age at which an unconfirmed interactive session is given up, in milliseconds.
pub const UNCONFIRMED_AGE: u64 = 300_000;
/// Age at which an unconfirmed prepared session is given up, in milliseconds.
pub const UNCONFIRMED_AGE_PREPARED: u64 = 7 * DAY;
/// Messages at which an unconfirmed prepared session is given up.
pub const UNCONFIRMED_MESSAGES_PREPARED: u32 = 100;
/// How long a superseded session is kept, in milliseconds.
pub const SUPERSEDED_AGE: u64 = 7 * DAY;
/// Least time between two handshakes that answer `unknown_session`, in milliseconds.
pub const HANDSHAKE_INTERVAL: u64 = 600_000;
/// Longest label of an export, in bytes.
pub const EXPORT_LABEL: usize = 64;
/// Longest export, in bytes.
pub const EXPORT_LENGTH: usize = 8_160;
/// Devices that one manifest can list, revoked ones included.
pub const MANIFEST_DEVICES: usize = 64;
/// Hashes of a fingerprint.
pub const FINGERPRINT_ITERATIONS: usize = 5_200;
/// Least and greatest memory of Argon2id, in KiB.
pub const ARGON2_MEMORY: [u32; 2] = [19_456, 262_144];
/// Least and greatest number of passes of Argon2id.
pub const ARGON2_PASSES: [u32; 2] = [2, 16];
/// Least and greatest number of lanes of Argon2id.
pub const ARGON2_LANES: [u32; 2] = [1, 16];

const _: () = assert!(HALF_OPEN_UNPINNED * 2 == HALF_OPEN_TOTAL);
const _: () = assert!(REPLAY_UNPINNED * 2 == REPLAY_TOTAL);
const _: () = assert!(PREPARED_UNPINNED * 2 == PREPARED_TOTAL);
const _: () = assert!(COMPLETE_REPEATS[2] < HALF_OPEN_LIFETIME);
