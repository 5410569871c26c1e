/** Chapter 6: the Double Ratchet with header keys, as a value. */
import { INITIATOR, draw, equal, refuseUnless, concat, wipe } from './notation.js';
import { hmac, isCanonicalX25519, lExpand, lExtract, x25519, x25519Public, distinct } from './primitives.js';
import { CHAIN_MAX, DIGESTS, OLD_CHAINS, SKIPPED_KEYS } from './limits.js';

const EMPTY = Buffer.alloc(0);
const ONE = Buffer.from([1]);
const TWO = Buffer.from([2]);

/** `Step` of 6.1. */
export function step(suite, root, dh, dhNew, dhOther, trace = () => {}) {
  const prk = lExtract(suite, root, 'ratchet', dh);
  trace('prk', prk);
  const okm = lExpand(suite, prk, 'ratchet keys', concat(dhNew, dhOther), 96);
  const part = (i) => Buffer.from(okm.subarray(32 * i, 32 * i + 32));
  const result = { root: part(0), chain: part(1), nextHeader: part(2) };
  wipe(prk, okm);
  return result;
}

/** `Chain` of 6.1. */
export const chainStep = (chain) => ({ messageKey: hmac(chain, ONE), chain: hmac(chain, TWO) });

const slot = (epoch, n) => `${epoch}:${n}`;

/**
 * A receiving chain: `end` once a newer one exists; `lostMin`, `lostMax`: the least and greatest number
 * whose key left the store unused (keys of a chain leave in ascending order).
 * @typedef {{epoch: number, headerKey: Buffer, dh: Buffer, pn: number, chain: Buffer|null, next: number, end: number|null, lostMin: number|null, lostMax: number|null}} ReceivingChain
 */
export class Ratchet {
  /** The two starting states of 6.2, made of SK and the ratchet keys of the handshake. */
  static start({ suite, role, sk, ownPrivate, ownPublic, peerPublic }) {
    const r = new Ratchet();
    const initiator = role === INITIATOR;
    const dh = x25519(ownPrivate, peerPublic);
    const [p0, q0] = initiator ? [ownPublic, peerPublic] : [peerPublic, ownPublic];
    const root = lExpand(suite, sk, 'root', EMPTY, 32);
    const first = step(suite, root, dh, p0, q0);
    wipe(dh, root);
    const headerInitiator = lExpand(suite, sk, 'header initiator', EMPTY, 32);
    const headerResponder = lExpand(suite, sk, 'header responder', EMPTY, 32);
    r.suite = suite;
    r.root = first.root;
    r.ownPublic = Buffer.from(ownPublic);
    r.peerPublic = Buffer.from(peerPublic);
    r.pn = 0;
    /** @type {ReceivingChain[]} the newest last */
    r.chains = [];
    /** @type {Map<string, Buffer>} stored keys in the order in which they were skipped */
    r.skipped = new Map();
    /** @type {Map<string, Buffer>} the first 16 bytes of the MACs of accepted messages, in their order */
    r.digests = new Map();
    if (initiator) {
      r.ownPrivate = Buffer.from(ownPrivate);
      r.sending = { chain: first.chain, headerKey: headerInitiator, number: 0, epoch: 0 };
      r.nextSendHeader = first.nextHeader;
      r.nextReceiveHeader = headerResponder;
    } else {
      r.ownPrivate = null;
      r.sending = null;
      r.nextSendHeader = headerResponder;
      r.nextReceiveHeader = first.nextHeader;
      r.chains.push(newChain(0, headerInitiator, r.peerPublic, 0, first.chain));
    }
    return r;
  }

  get current() { return this.chains.at(-1) ?? null; }

  /** Epoch and count of the newest chain that we sent; null before the first. In Pending that is the erased one. */
  get newestSent() {
    if (this.sending) return { epoch: this.sending.epoch, count: this.sending.number };
    const epoch = this.current.epoch - 1;
    return epoch >= 0 ? { epoch, count: this.pn } : null;
  }

  /** [RATCHET-02] */
  checkChainLimit() {
    refuseUnless(!this.sending || this.sending.number < CHAIN_MAX, 'chain_limit');
  }

  /** What sending the next message takes; nothing changes before `commit`. */
  planSend(random) {
    this.checkChainLimit();
    let { sending } = this;
    let stepped = null;
    if (!sending) { // [RATCHET-01]
      const ownPrivate = draw(random, 32);
      const ownPublic = distinct(x25519Public(ownPrivate), [this.peerPublic, this.ownPublic]); // [RATCHET-04]
      const dh = x25519(ownPrivate, this.peerPublic);
      const next = step(this.suite, this.root, dh, ownPublic, this.peerPublic);
      wipe(dh);
      stepped = { ownPrivate, ownPublic, root: next.root, nextSendHeader: next.nextHeader };
      sending = { chain: next.chain, headerKey: this.nextSendHeader, number: 0, epoch: this.current.epoch + 1 };
    }
    const { messageKey, chain } = chainStep(sending.chain);
    return {
      dh: stepped ? stepped.ownPublic : this.ownPublic,
      pn: this.pn, n: sending.number, epoch: sending.epoch, headerKey: sending.headerKey, messageKey,
      commit: () => {
        if (stepped) {
          wipe(this.root);
          Object.assign(this, stepped);
        }
        wipe(sending.chain, messageKey); // [RATCHET-03]
        this.sending = { ...sending, chain, number: sending.number + 1 };
      },
    };
  }

  /** [MSG-07] the header keys that a message may be under: current, new, old. */
  candidates() {
    const current = this.current;
    const list = current ? [{ kind: 'current', headerKey: current.headerKey, chain: current }] : [];
    list.push({ kind: 'new', headerKey: this.nextReceiveHeader, chain: null });
    for (const chain of this.chains.slice(0, -1).reverse()) list.push({ kind: 'old', headerKey: chain.headerKey, chain });
    return list;
  }

  /**
   * Legality and message key of a header (6.4); nothing changes before `commit`, nothing is drawn (RATCHET-20).
   * @param {{kind: string, chain: ReceivingChain|null}} candidate @param {Buffer} digest first 16 bytes of the MAC
   */
  planReceive(candidate, { dh, pn, n }, digest) {
    refuseUnless(n < CHAIN_MAX && pn <= CHAIN_MAX, 'too_far'); // [RATCHET-05]
    return candidate.kind === 'new' ? this.#planNew(dh, pn, n, digest) : this.#planKnown(candidate, dh, pn, n, digest);
  }

  #planKnown({ kind, chain }, dh, pn, n, digest) {
    refuseUnless(equal(dh, chain.dh), 'clone_suspected'); // [RATCHET-06]
    refuseUnless(pn === chain.pn, 'protocol'); // [RATCHET-07]
    if (kind === 'old') refuseUnless(n < chain.end, 'protocol'); // [RATCHET-12]
    const { epoch } = chain;
    if (n < chain.next) {
      const messageKey = this.skipped.get(slot(epoch, n));
      if (!messageKey) { // [RATCHET-14]
        const known = this.digests.get(slot(epoch, n));
        refuseUnless(known, 'expired');
        refuseUnless(!equal(known, digest), 'duplicate');
        refuseUnless(false, 'clone_suspected');
      }
      return {
        epoch, messageKey, gap: [],
        commit: () => {
          this.skipped.delete(slot(epoch, n));
          wipe(messageKey); // [RATCHET-16]
          this.#record(epoch, n, digest);
        },
      };
    }
    const ahead = forward(chain, n);
    return {
      epoch, messageKey: ahead.messageKey,
      gap: n > chain.next ? [[epoch, chain.next, n - chain.next]] : [],
      commit: () => {
        this.#advance(chain, ahead, n);
        this.#record(epoch, n, digest);
      },
    };
  }

  #planNew(dh, pn, n, digest) {
    refuseUnless(this.ownPrivate, 'protocol'); // [RATCHET-08]
    refuseUnless(isCanonicalX25519(dh), 'key'); // [RATCHET-09]
    refuseUnless(!equal(dh, this.peerPublic) && !equal(dh, this.ownPublic), 'protocol'); // [RATCHET-10]
    const { current } = this;
    refuseUnless(current ? pn >= current.next : pn === 0, 'protocol'); // [RATCHET-11]
    const shared = x25519(this.ownPrivate, dh); // [RATCHET-13]
    const next = step(this.suite, this.root, shared, dh, this.ownPublic);
    wipe(shared);
    const rest = current && pn > current.next ? forward(current, pn - 1) : null;
    const chain = newChain(this.sending.epoch + 1, this.nextReceiveHeader, Buffer.from(dh), pn, next.chain);
    const ahead = forward(chain, n);
    const gap = [];
    if (rest) gap.push([current.epoch, current.next, pn - current.next]);
    if (n > 0) gap.push([chain.epoch, 0, n]);
    return {
      epoch: chain.epoch, messageKey: ahead.messageKey, gap,
      commit: () => {
        this.#makeRoom();
        if (rest) this.#advance(current, { ...rest, stored: [...rest.stored, rest.messageKey] }, pn - 1);
        if (current) {
          current.end = pn;
          wipe(current.chain);
          current.chain = null;
        }
        this.chains.push(chain);
        this.#advance(chain, ahead, n);
        this.#record(chain.epoch, n, digest);
        wipe(this.root, this.ownPrivate, this.sending.chain); // [RATCHET-15]
        this.root = next.root;
        this.peerPublic = chain.dh;
        this.nextReceiveHeader = next.nextHeader;
        this.pn = this.sending.number;
        this.ownPrivate = null;
        this.sending = null;
      },
    };
  }

  /** [RATCHET-18] what leaves with the oldest chain leaves before the message's own keys and digest are added. */
  #makeRoom() {
    while (this.chains.length > OLD_CHAINS) {
      const prefix = `${this.chains.shift().epoch}:`;
      for (const [key, secret] of this.skipped) {
        if (key.startsWith(prefix)) { wipe(secret); this.skipped.delete(key); }
      }
      for (const key of this.digests.keys()) if (key.startsWith(prefix)) this.digests.delete(key);
    }
  }

  #advance(chain, ahead, n) {
    ahead.stored.forEach((key, i) => this.skipped.set(slot(chain.epoch, chain.next + i), key));
    wipe(chain.chain);
    chain.chain = ahead.chain;
    chain.next = n + 1;
    for (const [key, secret] of this.skipped) { // [RATCHET-17] the oldest leave first
      if (this.skipped.size <= SKIPPED_KEYS) break;
      const [epoch, number] = key.split(':').map(Number);
      const from = this.chains.find((c) => c.epoch === epoch);
      from.lostMin ??= number;
      from.lostMax = number;
      wipe(secret);
      this.skipped.delete(key);
    }
  }

  /** [RATCHET-19] */
  #record(epoch, n, digest) {
    this.digests.set(slot(epoch, n), Buffer.from(digest));
    if (this.digests.size > DIGESTS) this.digests.delete(this.digests.keys().next().value);
  }

  /** What a receipt says of the newest receiving chain (8.4); null without one. */
  receipt() {
    const chain = this.current;
    if (!chain) return null;
    const accepted = (number) => number < chain.next && !this.skipped.has(slot(chain.epoch, number));
    let below = 0;
    while (below !== chain.lostMin && accepted(below)) below += 1;
    let bitmap = 0n;
    for (let i = 0; i < 64; i++) { // [SESSION-16]
      const number = below + 1 + i;
      if (accepted(number) && number > (chain.lostMax ?? -1)) bitmap |= 1n << BigInt(i);
    }
    return { epoch: chain.epoch, below, bitmap };
  }

  toValue() {
    const hex = (bytes) => (bytes ? bytes.toString('hex') : null);
    return {
      suite: this.suite, root: hex(this.root), ownPrivate: hex(this.ownPrivate), ownPublic: hex(this.ownPublic), peerPublic: hex(this.peerPublic),
      pn: this.pn, nextSendHeader: hex(this.nextSendHeader), nextReceiveHeader: hex(this.nextReceiveHeader),
      sending: this.sending && { ...this.sending, chain: hex(this.sending.chain), headerKey: hex(this.sending.headerKey) },
      chains: this.chains.map((c) => ({ ...c, headerKey: hex(c.headerKey), dh: hex(c.dh), chain: hex(c.chain) })),
      skipped: [...this.skipped].map(([key, secret]) => [key, hex(secret)]),
      digests: [...this.digests].map(([key, digest]) => [key, hex(digest)]),
    };
  }

  static fromValue(v) {
    const bytes = (hex) => (hex === null ? null : Buffer.from(hex, 'hex'));
    const r = new Ratchet();
    Object.assign(r, {
      suite: v.suite, root: bytes(v.root), ownPrivate: bytes(v.ownPrivate), ownPublic: bytes(v.ownPublic), peerPublic: bytes(v.peerPublic),
      pn: v.pn, nextSendHeader: bytes(v.nextSendHeader), nextReceiveHeader: bytes(v.nextReceiveHeader),
      sending: v.sending && { ...v.sending, chain: bytes(v.sending.chain), headerKey: bytes(v.sending.headerKey) },
      chains: v.chains.map((c) => ({ ...c, headerKey: bytes(c.headerKey), dh: bytes(c.dh), chain: bytes(c.chain) })),
      skipped: new Map(v.skipped.map(([key, secret]) => [key, bytes(secret)])),
      digests: new Map(v.digests.map(([key, digest]) => [key, bytes(digest)])),
    });
    return r;
  }
}

function newChain(epoch, headerKey, dh, pn, chain) {
  return { epoch, headerKey, dh, pn, chain, next: 0, end: null, lostMin: null, lostMax: null };
}

/** Derives a chain forward to number `n`: the keys before it, its own key, the chain key after it. */
function forward(chain, n) {
  const stored = [];
  let key = chain.chain;
  for (let number = chain.next; number < n; number++) {
    const next = chainStep(key);
    stored.push(next.messageKey);
    key = next.chain;
  }
  const last = chainStep(key);
  return { stored, messageKey: last.messageKey, chain: last.chain };
}
