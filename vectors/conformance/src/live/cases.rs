//! The live cases, as data.

use super::network::Weather;
use super::walk::{Habits, Walk};
use super::{Case, Play, directed};

const CLEAR: Weather = Weather {
    drop: 0,
    duplicate: 0,
    reorder: 0,
    flip: 0,
    truncate: 0,
    extend: 0,
    splice: 0,
    invent: 0,
    reflect: 0,
    replay: 0,
    redirect: 0,
    rename: 0,
};
const TALK: Habits = Habits {
    send: 300,
    receipt: 20,
    connect: 0,
    close: 0,
    due: 50,
    restart: 0,
    restore: 0,
    jump: 0,
};
const WALK: Walk = Walk { weather: CLEAR, habits: TALK, steps: 700, jump: 0, devices: 2 };

/// Every live case.
pub(crate) const CASES: &[Case] = &[
    Case {
        name: "live-talk",
        comment: "An honest network: everything arrives once, in order, with its epoch and number.",
        requirements: "RATCHET-01 RATCHET-15 RATCHET-20 MSG-02 SESSION-03 SESSION-05 SESSION-13 \
            SESSION-16 SESSION-17 SESSION-32 SESSION-23 SESSION-29 HS-35 HS-36 HS-38 CARD-11",
        needs: "event message, event confirmed, event established, sent receipt, \
            pairs agreed",
        play: Play::Walks(6, WALK),
    },
    Case {
        name: "live-loss",
        comment: "Packets of every type are lost; Complete is repeated; gaps name what is missing.",
        requirements: "SESSION-14 SESSION-06 SESSION-16 HS-36 HS-37 HS-38 HS-33",
        needs: "network drop, event message, sent complete again, pairs agreed",
        play: Play::Walks(
            12,
            Walk {
                weather: Weather { drop: 400, ..CLEAR },
                habits: Habits { connect: 20, jump: 20, ..TALK },
                jump: 4,
                ..WALK
            },
        ),
    },
    Case {
        name: "live-reorder",
        comment: "Packets arrive in any order and more than once; each message is delivered once.",
        requirements: "RATCHET-14 RATCHET-16 RATCHET-18 RATCHET-21 SESSION-08 SESSION-13 \
            SESSION-14 HS-33",
        needs: "network reorder, network duplicate, refused duplicate, event repeated, \
            pairs agreed",
        play: Play::Walks(
            12,
            Walk {
                weather: Weather { reorder: 700, duplicate: 200, ..CLEAR },
                habits: Habits { send: 400, connect: 8, ..TALK },
                ..WALK
            },
        ),
    },
    Case {
        name: "live-tamper",
        comment: "Packets flipped, cut, extended, spliced and invented: refused, and nothing changes.",
        requirements: "ENC-05 ENC-08 ENC-09 ENC-10 HS-09 HS-23 HS-28 HS-32 MSG-08 MSG-09 \
            MSG-12 SESSION-29",
        needs: "network flip, network truncate, network extend, network splice, \
            network invent, refused authentication, refused unknown_session, \
            refused length, refused version, refused type, event refused, \
            pairs agreed",
        play: Play::Walks(
            12,
            Walk {
                weather: Weather {
                    flip: 200,
                    truncate: 100,
                    extend: 80,
                    splice: 100,
                    invent: 60,
                    reorder: 200,
                    ..CLEAR
                },
                habits: Habits { connect: 40, ..TALK },
                ..WALK
            },
        ),
    },
    Case {
        name: "live-replay",
        comment: "Recorded packets of every type come again, early and late.",
        requirements: "HS-07 HS-10 HS-19 HS-22 HS-33 HS-38 RATCHET-14 ENC-08",
        needs: "network replay, refused replay, refused unknown_handshake, \
            refused duplicate, event repeated, refused time, pairs agreed",
        play: Play::Walks(
            12,
            Walk {
                weather: Weather { replay: 450, reorder: 200, ..CLEAR },
                habits: Habits { connect: 20, jump: 15, ..TALK },
                jump: 5,
                ..WALK
            },
        ),
    },
    Case {
        name: "live-redirect",
        comment: "Packets are reflected, sent to a third device, or attributed to another sender.",
        requirements: "SESSION-11 SESSION-12 HS-09 HS-22 ENC-08 ENC-10",
        needs: "network reflect, network redirect, network rename, \
            refused unknown_session, refused authentication, \
            refused unknown_handshake, reconnects, pairs agreed",
        play: Play::Walks(
            10,
            Walk {
                weather: Weather {
                    reflect: 150,
                    redirect: 200,
                    rename: 150,
                    reorder: 200,
                    ..CLEAR
                },
                habits: Habits { connect: 20, ..TALK },
                devices: 3,
                ..WALK
            },
        ),
    },
    Case {
        name: "live-crossed",
        comment: "Handshakes cross and pile up; both sides end on the same session.",
        requirements: "SESSION-03 SESSION-04 SESSION-05 SESSION-07 SESSION-08 SESSION-09 HS-05 \
           ",
        needs: "event given-up, event dropped, event confirmed, pairs agreed",
        play: Play::Walks(
            16,
            Walk {
                weather: Weather { reorder: 500, drop: 100, duplicate: 50, ..CLEAR },
                habits: Habits { send: 200, connect: 120, ..TALK },
                ..WALK
            },
        ),
    },
    Case {
        name: "live-restart",
        comment: "Devices restart with and without their replay cache; snapshots are stored and restored.",
        requirements: "SESSION-24 SESSION-25 SESSION-26 SESSION-27 SESSION-28 HS-27 HS-33",
        needs: "restarts, restarts without replay cache, restores, \
            refused unknown_handshake, refused replay, pairs agreed",
        play: Play::Walks(
            12,
            Walk {
                weather: Weather { reorder: 300, drop: 100, replay: 150, ..CLEAR },
                habits: Habits { connect: 40, restart: 40, restore: 60, ..TALK },
                ..WALK
            },
        ),
    },
    Case {
        name: "live-clock",
        comment: "The clock jumps by seconds to days: repeats, giving up, dropping, expiry.",
        requirements: "SESSION-06 SESSION-09 SESSION-10 SESSION-31 HS-10 HS-19 HS-27 HS-37 HS-38",
        needs: "event given-up, event dropped, sent complete again, \
            refused unknown_handshake, refused unknown_session, refused time, \
            pairs agreed",
        play: Play::Walks(
            16,
            Walk {
                weather: Weather { reorder: 400, drop: 150, duplicate: 150, replay: 100, ..CLEAR },
                habits: Habits { connect: 50, jump: 60, ..TALK },
                jump: 8,
                ..WALK
            },
        ),
    },
    Case {
        name: "live-clock-back",
        comment: "The clock stands still or goes back: the newer handshake is the greater all the same.",
        requirements: "HS-05 SESSION-03",
        needs: "refused window, event established, pairs agreed",
        play: Play::Story(directed::clock_back),
    },
    Case {
        name: "live-close",
        comment: "Sessions are closed in both directions while packets are under way.",
        requirements: "SESSION-19",
        needs: "sent close, refused closed, pairs agreed",
        play: Play::Walks(
            12,
            Walk {
                weather: Weather { reorder: 400, drop: 50, duplicate: 100, ..CLEAR },
                habits: Habits { connect: 25, close: 15, ..TALK },
                ..WALK
            },
        ),
    },
    Case {
        name: "live-storm",
        comment: "Everything at once, with three devices.",
        requirements: "ENC-08 ENC-09 ENC-10 SESSION-03 SESSION-08 SESSION-09 SESSION-14 \
            SESSION-23 SESSION-26 RATCHET-14 RATCHET-18",
        needs: "event message, event given-up, event dropped, restarts, restores, \
            pairs agreed",
        play: Play::Walks(
            10,
            Walk {
                weather: Weather {
                    drop: 100,
                    duplicate: 100,
                    reorder: 500,
                    flip: 60,
                    truncate: 40,
                    extend: 30,
                    splice: 50,
                    invent: 20,
                    reflect: 40,
                    replay: 100,
                    redirect: 40,
                    rename: 40,
                },
                habits: Habits {
                    send: 260,
                    receipt: 30,
                    connect: 30,
                    close: 3,
                    due: 50,
                    restart: 8,
                    restore: 20,
                    jump: 15,
                },
                steps: 1_500,
                jump: 8,
                devices: 3,
            },
        ),
    },
    Case {
        name: "live-burst",
        comment: "3,000 messages are jumped over and then arrive in any order: 2,000 keys and 1,000 digests are kept.",
        requirements: "RATCHET-14 RATCHET-17 RATCHET-19 SESSION-14 SESSION-16",
        needs: "event message, refused expired, pairs agreed",
        play: Play::Story(directed::burst),
    },
    Case {
        name: "live-chain-end",
        comment: "A chain carries 10,000 messages and no more; an answer begins a new one.",
        requirements: "RATCHET-02 RATCHET-17 SESSION-14",
        needs: "refused chain_limit, refused duplicate, pairs agreed",
        play: Play::Story(directed::chain_end),
    },
    Case {
        name: "live-no-random",
        comment: "The random source fails at each draw: the operation is refused, and nothing has happened.",
        requirements: "PRIM-16 ENC-08 SESSION-29",
        needs: "refused random, states compared, event confirmed, pairs agreed",
        play: Play::Story(directed::no_random),
    },
    Case {
        name: "live-flood",
        comment: "One identity opens 32 handshakes at a time and 64 in a window; others are not affected.",
        requirements: "HS-17 HS-19 HS-27",
        needs: "refused busy, event established, pairs agreed",
        play: Play::Story(directed::flood),
    },
    Case {
        name: "live-crowd",
        comment: "256 handshakes are half open at a time, 128 of them from strangers.",
        requirements: "HS-08 HS-18 HS-27",
        needs: "refused busy, event response-sent, pairs agreed",
        play: Play::Story(directed::crowd),
    },
    Case {
        name: "live-clone",
        comment: "A restored copy of a device sends under a number that was used: the peer notices.",
        requirements: "RATCHET-06 RATCHET-14 RATCHET-19 SESSION-24",
        needs: "refused clone_suspected",
        play: Play::Story(directed::clone),
    },
    Case {
        name: "live-after-close",
        comment: "A copy of a device goes on sending after its close: nothing more is delivered.",
        requirements: "SESSION-21 SESSION-22 SESSION-24",
        needs: "refused after_close, refused clone_suspected",
        play: Play::Story(directed::after_close),
    },
    Case {
        name: "live-outlived",
        comment: "A superseded session ends after 7 days, for its messages and for its Complete.",
        requirements: "SESSION-10 SESSION-31 HS-33",
        needs: "event repeated, refused unknown_handshake, refused unknown_session, pairs agreed",
        play: Play::Story(directed::outlived),
    },
    Case {
        name: "live-forgotten",
        comment: "A device without its sessions answers with a handshake, at most once in 10 minutes.",
        requirements: "SESSION-12 HS-05",
        needs: "refused unknown_session, reconnects, pairs agreed",
        play: Play::Story(directed::forgotten),
    },
];
