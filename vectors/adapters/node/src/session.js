/** Chapter 8: one session: keys, sending, receiving, receipts, close, export, snapshot. */
import { INITIATOR, RESPONDER, Refusal, ascii, concat, refuseUnless, u32, u64, wipe } from './notation.js';
import { lExpand, sha256 } from './primitives.js';
import { EXPORT_LABEL, EXPORT_LENGTH } from './limits.js';
import { Ratchet } from './ratchet.js';
import { CONTENT, CONTENT_MAX, decodeMessage, directionAd, macVerifies, openBody, openHeader, sealMessage } from './message.js';

const EMPTY = Buffer.alloc(0);

/** The keys of 8.1 and both directions' associated data. */
export function sessionKeys({ suite, sk, transcript, initiator, responder }) {
  const key = (label, length) => lExpand(suite, sk, label, EMPTY, length);
  return {
    root: key('root', 32),
    headerInitiator: key('header initiator', 32),
    headerResponder: key('header responder', 32),
    sessionId: key('session id', 16),
    exporter: key('exporter', 32),
    adInitiator: directionAd(transcript, INITIATOR, initiator, responder),
    adResponder: directionAd(transcript, RESPONDER, responder, initiator),
  };
}

/** `export` of 8.1. */
export function exportSecret(suite, exporter, label, context, length) {
  const name = ascii(label);
  refuseUnless(name.length >= 1 && name.length <= EXPORT_LABEL, 'export'); // [SESSION-02]
  refuseUnless(length >= 1 && length <= EXPORT_LENGTH, 'export');
  return lExpand(suite, exporter, `app:${label}`, sha256(context), length);
}

const before = (a, b) => a.epoch < b.epoch || (a.epoch === b.epoch && a.n < b.n);

export class Session {
  /**
   * @param {object} p
   * @param {number} p.suite @param {number} p.role @param {bigint} p.tsI
   * @param {Buffer} p.sk erased here (SESSION-01) @param {Buffer} p.transcript h9 or t5
   * @param {{ik: Buffer, device: number}} p.own @param {{ik: Buffer, device: number}} p.peer
   * @param {Buffer} p.ownPrivate of the first ratchet key @param {Buffer} p.ownPublic @param {Buffer} p.peerPublic
   */
  static create(p) {
    const initiator = p.role === INITIATOR;
    const [i, r] = initiator ? [p.own, p.peer] : [p.peer, p.own];
    const keys = sessionKeys({ suite: p.suite, sk: p.sk, transcript: p.transcript, initiator: i, responder: r });
    const session = new Session();
    session.ratchet = Ratchet.start(p);
    wipe(keys.root, keys.headerInitiator, keys.headerResponder, p.sk); // [SESSION-01]
    Object.assign(session, {
      suite: p.suite, role: p.role, tsI: p.tsI,
      id: keys.sessionId, exporter: keys.exporter,
      sendAd: initiator ? keys.adInitiator : keys.adResponder,
      receiveAd: initiator ? keys.adResponder : keys.adInitiator,
      generation: 1,
      /** we have sent our close */
      closed: false,
      /** where the peer's close stands @type {{epoch: number, n: number}|null} */
      peerClosed: null,
      /** the greatest place of an accepted message @type {{epoch: number, n: number}|null} */
      greatest: null,
      receiptOwed: !initiator,
    });
    return session;
  }

  // Sending ----------------------------------------------------------------------------------------

  /** Seals application data or an announcement. The order of refusals is that of MSG-14. */
  send(type, content, random) {
    if (!(type === CONTENT.DATA || type === CONTENT.ANNOUNCEMENT || (type >= 0x80 && type <= 0xff))) throw new RangeError('not a content type for callers');
    return this.#seal(type, () => content, random);
  }

  /** [SESSION-32] null when none is owed, or with no receiving chain. */
  receipt(random) {
    return this.receiptOwed ? this.answer(random) : null;
  }

  /** A receipt whether owed or not: the answer to a Complete or PrekeyInit. */
  answer(random) {
    const state = this.ratchet.receipt();
    if (!state) return null;
    const message = this.#seal(CONTENT.RECEIPT, () => concat(u32(state.epoch), u32(state.below), u64(state.bitmap)), random);
    this.receiptOwed = false;
    return message;
  }

  /** [SESSION-19] nothing follows a close. */
  close(random) {
    const message = this.#seal(CONTENT.CLOSE, (plan) => concat(u32(plan.epoch), u32(plan.n + 1)), random);
    this.closed = true;
    return message;
  }

  #seal(type, contentOf, random) {
    refuseUnless(!this.closed, 'closed'); // [SESSION-19]
    if (type !== CONTENT.RECEIPT && type !== CONTENT.CLOSE) refuseUnless(contentOf().length <= CONTENT_MAX, 'too_long'); // [MSG-01]
    const plan = this.ratchet.planSend(random);
    const message = sealMessage({ suite: this.suite, ad: this.sendAd, type, content: contentOf(plan), ...plan }, random);
    plan.commit();
    this.generation += 1; // [SESSION-23]
    return message;
  }

  // Receiving --------------------------------------------------------------------------------------

  /** Step 2: the candidate under whose header key the MAC verifies, or null. Every candidate is computed (MSG-07). */
  match(layout) {
    if (layout.suite !== this.suite) return null; // [SESSION-11]
    let found = null;
    for (const candidate of this.ratchet.candidates()) {
      if (macVerifies(layout, candidate.headerKey, this.receiveAd)) found ??= candidate;
    }
    return found;
  }

  /** Steps 3 to 9 for a message that matched. Everything is checked before anything changes (RATCHET-21). */
  accept(layout, candidate) {
    const header = openHeader(layout, candidate.headerKey, this.receiveAd);
    const plan = this.ratchet.planReceive(candidate, header, layout.mac.subarray(0, 16));
    const { type, content } = openBody(layout, plan.messageKey, this.receiveAd);
    const place = { epoch: plan.epoch, n: header.n };
    this.#checkContent(type, content, place);
    if (this.peerClosed) refuseUnless(before(place, this.peerClosed), 'after_close'); // [SESSION-21]
    if (type === CONTENT.CLOSE && this.greatest) refuseUnless(before(this.greatest, place), 'after_close'); // [SESSION-21]

    plan.commit();
    this.generation += 1;
    if (!this.greatest || before(this.greatest, place)) this.greatest = place;
    if (type === CONTENT.CLOSE) this.peerClosed = place;
    if (type !== CONTENT.RECEIPT) this.receiptOwed = true; // [SESSION-17]
    return { epoch: plan.epoch, n: header.n, gap: plan.gap, type, content: Buffer.from(content) }; // [SESSION-13]
  }

  /** Opens a message on this session alone. */
  receive(packet) {
    const layout = decodeMessage(packet);
    const candidate = this.match(layout);
    if (!candidate) {
      refuseUnless(layout.suite === this.suite, 'suite');
      throw new Refusal('authentication'); // [MSG-08]
    }
    return this.accept(layout, candidate);
  }

  #checkContent(type, content, place) {
    if (type === CONTENT.CLOSE) { // [SESSION-20]
      refuseUnless(content.readUInt32BE(0) === place.epoch && content.readUInt32BE(4) === place.n + 1, 'content');
    }
    if (type === CONTENT.RECEIPT) { // [SESSION-18]
      const sent = this.ratchet.newestSent;
      const epoch = content.readUInt32BE(0);
      refuseUnless(sent && epoch <= sent.epoch && epoch % 2 === sent.epoch % 2, 'content');
      if (epoch === sent.epoch) {
        const below = content.readUInt32BE(4);
        const bitmap = content.readBigUInt64BE(8);
        refuseUnless(below <= sent.count, 'content');
        for (let i = 0n; i < 64n; i++) if ((bitmap >> i) & 1n) refuseUnless(below + 1 + Number(i) < sent.count, 'content');
      }
    }
  }

  export(label, context, length) {
    return exportSecret(this.suite, this.exporter, label, context, length);
  }

  // Snapshots --------------------------------------------------------------------------------------

  toValue() {
    const { suite, role, generation, closed, peerClosed, greatest, receiptOwed } = this;
    const hex = (bytes) => bytes.toString('hex');
    return {
      suite, role, generation, closed, peerClosed, greatest, receiptOwed, tsI: String(this.tsI),
      id: hex(this.id), exporter: hex(this.exporter), sendAd: hex(this.sendAd), receiveAd: hex(this.receiveAd),
      ratchet: this.ratchet.toValue(),
    };
  }

  static fromValue(v) {
    const session = new Session();
    const bytes = (hex) => Buffer.from(hex, 'hex');
    Object.assign(session, v, {
      tsI: BigInt(v.tsI), id: bytes(v.id), exporter: bytes(v.exporter), sendAd: bytes(v.sendAd), receiveAd: bytes(v.receiveAd),
      ratchet: Ratchet.fromValue(v.ratchet),
    });
    return session;
  }
}
