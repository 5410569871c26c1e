/** Chapter 8.2: the sessions with one peer device, which of them sends, which stay. */
import { INITIATOR, RESPONDER, concat, lp32, passed, refuseUnless } from './notation.js';
import { CHAIN_MAX, COMPLETE_ANSWERS, COMPLETE_REPEATS, DAY, RECEIPT_INTERVAL, SESSIONS_CONFIRMED, SESSIONS_GIVEN_UP, SUPERSEDED_AGE, UNCONFIRMED_AGE, UNCONFIRMED_AGE_PREPARED, UNCONFIRMED_MESSAGES_PREPARED } from './limits.js';
import { Session } from './session.js';
import { restore, snapshot } from './snapshot.js';

export const UNCONFIRMED = 'unconfirmed';
export const GIVEN_UP = 'given-up';
export const CONFIRMED = 'confirmed';

/**
 * A session with what is remembered about it.
 * @typedef {object} Kept
 * @property {Session} session
 * @property {string} status UNCONFIRMED, GIVEN_UP or CONFIRMED
 * @property {boolean} prepared of chapter 5
 * @property {boolean} pinned when it began (CARD-11)
 * @property {boolean} reduced began with reduced forward secrecy (PREP-33)
 * @property {Buffer} peerCard
 * @property {bigint} began on this side
 * @property {bigint|null} lastAccepted
 * @property {bigint|null} superseded when it first stood below a settled session
 * @property {Buffer|null} prefix initiator: Complete or handshake bytes, to be put before messages until confirmed
 * @property {number} repeats how many moments of HS-37 have passed
 * @property {Buffer|null} handshakeHash responder: by which repeated ones are recognised
 * @property {Buffer|null} handshakeId responder of chapter 4
 * @property {number} answers @property {bigint|null} lastAnswer
 * @property {{spkId: number, opkId: number, pqkId: number}|null} prekeys responder of chapter 5 (PREP-34)
 */

export const event = {
  givenUp: (kept) => ({ event: 'given-up', session: kept.session.id, sent: kept.session.ratchet.newestSent?.count ?? 0 }),
  dropped: (kept) => ({ event: 'dropped', session: kept.session.id }),
  lesser: (kept) => ({ event: 'lesser', session: kept.session.id }),
  confirmed: (kept) => ({ event: 'confirmed', session: kept.session.id }),
};

/** Order of `(ts_I, session id)`, the greatest first. */
function greatestFirst(a, b) {
  if (a.session.tsI !== b.session.tsI) return a.session.tsI > b.session.tsI ? -1 : 1;
  return Buffer.compare(b.session.id, a.session.id);
}

/** 8.2: whether this side knows that the other one has it confirmed. */
function isSettled({ session, status }) {
  return session.role === INITIATOR ? status === CONFIRMED : (session.greatest?.epoch ?? 0) > 0;
}

/** [SESSION-06] whether an unconfirmed session has reached a limit. */
function isAtLimit(kept, now) {
  if (kept.status !== UNCONFIRMED) return false;
  const age = passed(kept.began, now);
  const sent = kept.session.ratchet.newestSent.count;
  return age >= (kept.prepared ? UNCONFIRMED_AGE_PREPARED : UNCONFIRMED_AGE)
    || sent >= (kept.prepared ? UNCONFIRMED_MESSAGES_PREPARED : CHAIN_MAX)
    || kept.session.tsI > now + DAY;
}

/** [SESSION-10] whether its 7 days are over. */
export function isOver(kept, now) {
  if (kept.superseded === null) return false;
  const last = kept.lastAccepted ?? kept.began;
  return passed(kept.superseded > last ? kept.superseded : last, now) >= SUPERSEDED_AGE;
}

/** What goes out for a sealed message of this session (HS-36, PREP-18). */
export function packetOf(kept, message) {
  return kept.status !== CONFIRMED && kept.prefix ? concat(kept.prefix, lp32(message)) : message;
}

/** The sessions with one peer device, that is with one IK. */
export class PeerSessions {
  constructor() {
    /** @type {Kept[]} the greatest first */
    this.list = [];
  }

  live(now) { return this.list.filter((kept) => !isOver(kept, now)); } // [SESSION-31]

  /** [HS-05] `ts_I` of the greatest confirmed session, null without one. */
  floor(now) { return this.live(now).find(({ status }) => status === CONFIRMED)?.session.tsI ?? null; }

  /** [SESSION-03] the session to send on. */
  sending(now) {
    const kept = this.live(now).find((k) => k.status !== GIVEN_UP && !isAtLimit(k, now));
    refuseUnless(kept, 'no_session');
    return kept;
  }

  /** [SESSION-33] whether a responder has begun a session below a confirmed one. */
  #isLesser(kept, now) {
    return kept.session.role === RESPONDER && this.live(now).some((other) => other.status === CONFIRMED && greatestFirst(other, kept) < 0);
  }

  /** Adds a session and does what its place does to others: SESSION-07, then what time demands. @returns {object[]} events */
  add(kept, now) {
    const events = this.#isLesser(kept, now) ? [event.lesser(kept)] : [];
    if (kept.status === UNCONFIRMED) {
      for (const other of this.live(now)) if (other.status === UNCONFIRMED) events.push(giveUp(other)); // [SESSION-07] [SESSION-31]
    }
    this.list.push(kept);
    this.list.sort(greatestFirst);
    return [...events, ...this.settle(now)];
  }

  /** What time demands (SESSION-31). @returns {object[]} events */
  settle(now) {
    const events = this.list.filter((kept) => isAtLimit(kept, now)).map(giveUp); // [SESSION-06]
    this.#supersede(now);
    const gone = new Set([...this.list.filter((kept) => isOver(kept, now)), ...this.#surplus(now)]); // [SESSION-10]
    return [...events, ...this.#drop(gone)];
  }

  #supersede(now) {
    const top = this.list.findIndex(isSettled);
    if (top >= 0) for (const kept of this.list.slice(top + 1)) kept.superseded ??= now;
  }

  /** [SESSION-09] */
  #surplus(now) {
    const live = this.live(now);
    return new Set([
      ...live.filter(({ status }) => status === CONFIRMED).slice(SESSIONS_CONFIRMED),
      ...live.filter(({ status }) => status === GIVEN_UP).slice(SESSIONS_GIVEN_UP),
    ]);
  }

  /** @param {Set<Kept>} gone */
  #drop(gone) {
    const events = this.list.filter((kept) => gone.has(kept)).map(event.dropped);
    this.list = this.list.filter((kept) => !gone.has(kept));
    return events;
  }

  /** Drops the sessions with a device that may not speak any more (DEV-11). */
  dropWhere(condition) { return this.#drop(new Set(this.list.filter(condition))); }

  /** [SESSION-05] @returns {object[]} events */
  accepted(kept, now) {
    kept.lastAccepted = now;
    if (kept.status === CONFIRMED) return [];
    kept.status = CONFIRMED;
    kept.prefix = null;
    return [event.confirmed(kept)];
  }

  /** [HS-37] one repeat of Complete for each session of which a moment has passed, however many have. */
  repeats(now) {
    const packets = [];
    for (const kept of this.list) {
      if (kept.status !== UNCONFIRMED || kept.prepared) continue;
      const moments = COMPLETE_REPEATS.filter((moment) => passed(kept.began, now) >= moment).length;
      if (moments > kept.repeats) {
        kept.repeats = moments;
        packets.push(concat(kept.prefix, lp32(Buffer.alloc(0))));
      }
    }
    return packets;
  }
}

function giveUp(kept) {
  kept.status = GIVEN_UP;
  return event.givenUp(kept);
}

/** [HS-38] [PREP-30] whether a Complete or PrekeyInit may be answered now. */
export function mayAnswer(kept, now) {
  return kept.answers < COMPLETE_ANSWERS && (kept.lastAnswer === null || passed(kept.lastAnswer, now) >= RECEIPT_INTERVAL);
}

/** [PREP-33] */
export function reducedForwardSecrecy(kept) {
  if (!kept.reduced) return false;
  return !isSettled(kept);
}

export function keptToValue(kept) {
  const hex = (bytes) => (bytes ? bytes.toString('hex') : null);
  const time = (t) => (t === null ? null : String(t));
  return {
    ...kept, session: kept.session.toValue(), peerCard: hex(kept.peerCard), prefix: hex(kept.prefix), handshakeHash: hex(kept.handshakeHash), handshakeId: hex(kept.handshakeId),
    began: time(kept.began), lastAccepted: time(kept.lastAccepted), superseded: time(kept.superseded), lastAnswer: time(kept.lastAnswer),
  };
}

function keptFromValue(v) {
  const bytes = (hex) => (hex === null ? null : Buffer.from(hex, 'hex'));
  const time = (t) => (t === null ? null : BigInt(t));
  return {
    ...v, session: Session.fromValue(v.session), peerCard: bytes(v.peerCard), prefix: bytes(v.prefix), handshakeHash: bytes(v.handshakeHash), handshakeId: bytes(v.handshakeId),
    began: time(v.began), lastAccepted: time(v.lastAccepted), superseded: time(v.superseded), lastAnswer: time(v.lastAnswer),
  };
}

/** 8.6: the bytes of a session with what is remembered about it. */
export const snapshotOf = (kept) => snapshot('QuipuSES', kept.session.generation, keptToValue(kept));

/** @param {Buffer} bytes @param {number} least the least generation that the caller accepts @returns {Kept} */
export const keptOf = (bytes, least) => restore('QuipuSES', bytes, least, keptFromValue, keptToValue);
