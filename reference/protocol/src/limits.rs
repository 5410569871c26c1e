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
/// How long a superseded session is kept, in milliseconds.
pub const SUPERSEDED_AGE: u64 = 7 * DAY;
/// Least time between two handshakes that answer `unknown_session`, in milliseconds.
pub const HANDSHAKE_INTERVAL: u64 = 600_000;
/// Longest label of an export, in bytes.
pub const EXPORT_LABEL: usize = 64;
/// Longest export, in bytes.
pub const EXPORT_LENGTH: usize = 8_160;

const _: () = assert!(HALF_OPEN_UNPINNED * 2 == HALF_OPEN_TOTAL);
const _: () = assert!(REPLAY_UNPINNED * 2 == REPLAY_TOTAL);
const _: () = assert!(COMPLETE_REPEATS[2] < HALF_OPEN_LIFETIME);
