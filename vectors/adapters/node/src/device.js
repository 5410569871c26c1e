/** Chapters 4 to 9 put together: one device with its cards, contacts, prekeys, handshakes under way and sessions. */
import { INITIATOR, Refusal, RESPONDER, TYPE, concat, equal, isZero, refuseUnless, wipe, zeros } from './notation.js';
import { SUITE_1, sha256 } from './primitives.js';
import { addressField, cardFields, verifyCard } from './keys.js';
import { complete, decodeComplete, decodeResponse, finish, forget, initiate, isHalfOpen, respond } from './handshake.js';
import { decodePrekeyInit, initiatePrepared, respondPrepared } from './prepared.js';
import { Prekeys } from './prekeys.js';
import { Contacts } from './contacts.js';
import { announcedManifests } from './account.js';
import { Session } from './session.js';
import { CONTENT, decodeMessage } from './message.js';
import { CONFIRMED, PeerSessions, UNCONFIRMED, keptOf, keptToValue, mayAnswer, packetOf, snapshotOf } from './sessions.js';
import { canonical, restore, snapshot } from './snapshot.js';
import { CARDS_KEPT, DAY, HALF_OPEN_PER_IDENTITY, HALF_OPEN_TOTAL, HALF_OPEN_UNPINNED, INIT_WINDOW, PREPARED_PER_IDENTITY, PREPARED_TOTAL, PREPARED_UNPINNED, REPLAY_PER_IDENTITY, REPLAY_TOTAL, REPLAY_UNPINNED } from './limits.js';

const hex = (bytes) => bytes.toString('hex');

export class Device {
  /** @param {import('./keys.js').Identity} identity @param {Buffer[]} cards its own, the newest last */
  constructor(identity, cards) {
    this.identity = identity;
    this.cards = cards.map(verifyCard);
    this.contacts = new Contacts();
    this.prekeys = new Prekeys();
    /** IK in hex -> sessions @type {Map<string, PeerSessions>} */
    this.peers = new Map();
    /** handshake id -> what we started @type {Map<string, object>} */
    this.started = new Map();
    /** handshake id -> what we accepted and wait for Complete @type {Map<string, object>} */
    this.halfOpen = new Map();
    /** SHA-256(Init) -> entry of the replay cache @type {Map<string, {tsI: bigint, ik: Buffer, pinned: boolean}>} */
    this.cache = new Map();
  }

  // Own cards --------------------------------------------------------------------------------------

  get card() { return this.cards.at(-1); }

  /** [CARD-13] [CARD-17] */
  keptCards(now) {
    const signed = this.prekeys.signed(now);
    return this.cards.filter((card) => card === this.card || now <= card.expires + INIT_WINDOW
      || signed.some((spk) => card.created < spk.expires + DAY && spk.created < card.expires + DAY));
  }

  /** Issues, that is from now on keeps, a card of this device. */
  addCard(bytes, now) {
    const card = verifyCard(bytes); // [CARD-15]
    if (!equal(card.ik, this.identity.ik) || !equal(card.idk, this.identity.idk)) throw new Error('a card of another device');
    const kept = this.keptCards(now);
    refuseUnless(kept.length < CARDS_KEPT, 'cards'); // [CARD-14]
    this.cards = [...kept, card];
  }

  refillPrekeys(oneTime, now, random) {
    const { device, suites } = this.card;
    return this.prekeys.refill({ identity: this.identity, device, suites }, oneTime, now, random);
  }

  // Starting ---------------------------------------------------------------------------------------

  peer(ik) {
    const key = hex(ik);
    if (!this.peers.has(key)) this.peers.set(key, new PeerSessions());
    return this.peers.get(key);
  }

  #known(card, now) {
    return {
      floor: this.peers.get(hex(card.ik))?.floor(now) ?? null,
      psk: this.contacts.secretFor(card.ik), // [HS-41]
      least: this.contacts.least(card.ik), // [CARD-16]
      views: this.contacts.views(this.card.place, card.place), // [DEV-15]
    };
  }

  /** Starts an interactive handshake. @returns {Buffer} Init */
  initiate(peerCard, now, random) {
    const { init, half } = initiate({
      identity: this.identity, ownCard: this.card, peerCard, now,
      policy: (card) => this.contacts.policy(card),
      known: (card) => this.#known(card, now),
    }, random);
    this.#dropExpired(now);
    this.started.set(hex(half.handshakeId), half);
    this.contacts.remember(half.peerCard.ik, half.suite); // [CARD-16]
    return init;
  }

  /** Starts a prepared handshake: a session, and nothing sent yet. @returns {object[]} events */
  prepare(bundle, now, random) {
    const made = initiatePrepared({
      identity: this.identity, ownCard: this.card, bundle, now,
      policy: (card) => this.contacts.policy(card),
      known: (card) => this.#known(card, now),
    }, random);
    const session = this.#session(made, INITIATOR, made.raPrivate, made.ra, made.spk);
    wipe(made.raPrivate);
    this.contacts.remember(made.peerCard.ik, made.suite);
    const kept = this.#kept(session, made.peerCard, now, {
      status: UNCONFIRMED, prepared: true, prefix: made.handshake, reduced: made.reduced, pinned: this.contacts.isPinned(made.peerCard),
    });
    return [this.#established(kept, made.peerCard, made.pskId), ...this.peer(made.peerCard.ik).add(kept, now)];
  }

  #session({ suite, tsI, sk, transcript, peerCard, ownCard }, role, ownPrivate, ownPublic, peerPublic) {
    return Session.create({
      suite, role, tsI, sk, transcript,
      own: { ik: this.identity.ik, device: ownCard.device }, peer: { ik: peerCard.ik, device: peerCard.device },
      ownPrivate, ownPublic, peerPublic,
    });
  }

  #kept(session, peerCard, now, more) {
    return {
      session, peerCard: Buffer.from(peerCard.bytes), began: now, lastAccepted: null, superseded: null, prefix: null, repeats: 0, prepared: false, reduced: false,
      handshakeHash: null, handshakeId: null, answers: 0, lastAnswer: null, prekeys: null, ...more,
    };
  }

  #established(kept, peerCard, pskId) {
    const { suite, role, id } = kept.session;
    return {
      event: 'established', peer: Buffer.from(peerCard.ik), session: id, role: role === INITIATOR ? 'initiator' : 'responder', pinned: kept.pinned, // [CARD-11]
      ...(suite !== SUITE_1 && { suite }), ...(!isZero(pskId) && { psk_id: pskId }), ...(kept.reduced && { reduced: true }),
    };
  }

  /** [DEV-16] */
  #compareViews(card, received) {
    const theirs = !equal(received.subarray(0, 32), this.contacts.view(card.place));
    const ours = !equal(received.subarray(32), this.contacts.view(this.card.place));
    return theirs || ours ? [{ event: 'views', peer: Buffer.from(card.ik), theirs, ours }] : [];
  }

  // Receiving --------------------------------------------------------------------------------------

  /**
   * @param {Buffer} packet
   * @param {{from: Buffer|null, now: bigint, random: (length: number) => Buffer}} at `from`: the IK to which the transport's name of the sender maps
   * @returns {{events: object[], replies: Buffer[]}}
   */
  receive(packet, { from, now, random }) {
    refuseUnless(packet.length >= 4, 'length'); // [ENC-01]
    refuseUnless(packet[0] === 0x01, 'version'); // [ENC-02]
    switch (packet[1]) {
      case TYPE.INIT: return this.#receiveInit(packet, now, random);
      case TYPE.RESPONSE: return this.#receiveResponse(packet, now, random);
      case TYPE.COMPLETE: return this.#receiveComplete(packet, now, random);
      case TYPE.PREKEY_INIT: return this.#receivePrekeyInit(packet, now, random);
      case TYPE.MESSAGE: {
        const found = this.#find(packet, from, now);
        const events = this.#accept(found, from, now);
        return { events: [...events, ...this.#settle(from, now)], replies: [] };
      }
      default: throw new Refusal('type'); // [ENC-03]
    }
  }

  #settle(ik, now) {
    const key = hex(ik);
    const events = this.peers.get(key)?.settle(now) ?? [];
    if (this.peers.get(key)?.list.length === 0) this.peers.delete(key);
    return events;
  }

  /** The session and candidate that a message is under; changes nothing. */
  #find(packet, ik, now) {
    const layout = decodeMessage(packet); // layout errors come before the choice of a session
    if (ik) {
      for (const kept of this.peers.get(hex(ik))?.live(now) ?? []) { // [SESSION-11] [SESSION-08]
        const candidate = kept.session.match(layout);
        if (candidate) return { kept, layout, candidate };
      }
    }
    throw new Refusal('unknown_session'); // [SESSION-12]
  }

  /** Accepts a message that was found; the refusals come before every change. @returns {object[]} events */
  #accept({ kept, layout, candidate }, ik, now) {
    const message = kept.session.accept(layout, candidate);
    return [...this.peer(ik).accepted(kept, now), ...this.#delivered(kept, message, now)];
  }

  #delivered(kept, message, now) {
    const events = [{ event: 'message', session: kept.session.id, ...message }];
    if (message.type === CONTENT.ANNOUNCEMENT) { // [DEV-18]
      events.push(...this.takeManifests(announcedManifests(message.content), { sender: cardFields(kept.peerCard), replace: false, now }));
    }
    return events;
  }

  #receiveInit(packet, now, random) {
    this.#dropExpired(now);
    const { response, half, hash, cardI, tsI, views, pinned } = respond({
      init: packet, now, identity: this.identity, cards: this.keptCards(now),
      cache: (h) => {
        refuseUnless(!this.cache.has(hex(h)), 'replay'); // [HS-07]
        refuseUnless(this.halfOpen.size < HALF_OPEN_TOTAL, 'busy'); // [HS-08]
      },
      policy: (card) => this.contacts.policy(card),
      secret: (id, ik) => this.contacts.secretNamed(id, ik),
      least: (ik) => this.contacts.least(ik),
      bounds: (ik, isPinned) => this.#initBounds(ik, isPinned),
      views: (card) => this.contacts.views(this.card.place, card.place),
    }, random);
    this.cache.set(hex(hash), { tsI, ik: Buffer.from(cardI.ik), pinned }); // [HS-19]
    this.halfOpen.set(hex(half.handshakeId), half);
    const events = [{ event: 'response-sent', peer: Buffer.from(cardI.ik) }, ...this.#compareViews(cardI, views), ...this.#settle(cardI.ik, now)];
    return { events, replies: [response] };
  }

  #initBounds(ik, pinned) {
    const halves = [...this.halfOpen.values()];
    const entries = [...this.cache.values()];
    const count = (list, test) => list.reduce((n, x) => n + (test(x) ? 1 : 0), 0);
    refuseUnless(count(halves, (h) => equal(h.peerCard.ik, ik)) < HALF_OPEN_PER_IDENTITY, 'busy'); // [HS-17]
    refuseUnless(count(entries, (e) => equal(e.ik, ik)) < REPLAY_PER_IDENTITY, 'busy'); // [HS-17]
    if (!pinned) { // [HS-18]
      refuseUnless(count(halves, (h) => !h.pinned) < HALF_OPEN_UNPINNED, 'busy');
      refuseUnless(count(entries, (e) => !e.pinned) < REPLAY_UNPINNED, 'busy');
    }
    refuseUnless(entries.length < REPLAY_TOTAL, 'busy'); // [HS-20]
  }

  #receiveResponse(packet, now, random) {
    const { suite, handshakeId } = decodeResponse(packet);
    const half = this.started.get(hex(handshakeId));
    refuseUnless(half && isHalfOpen(half, now), 'unknown_handshake'); // [HS-22] [HS-27]
    refuseUnless(half.suite === suite, 'suite');
    const made = finish(half, this.identity, packet, random);
    const session = this.#session({ ...half, ...made }, INITIATOR, made.raPrivate, made.ra, made.rb);
    wipe(made.raPrivate);
    this.started.delete(hex(handshakeId));
    forget(half); // [HS-26]
    const { peerCard } = half;
    const kept = this.#kept(session, peerCard, now, { status: UNCONFIRMED, prefix: made.complete, pinned: this.contacts.isPinned(peerCard) });
    const events = [this.#established(kept, peerCard, half.pskId), ...this.peer(peerCard.ik).add(kept, now), ...this.#compareViews(peerCard, made.views), ...this.#settle(peerCard.ik, now)];
    return { events, replies: [concat(made.complete, zeros(4))] }; // [HS-35]
  }

  #receiveComplete(packet, now, random) {
    const { suite, handshakeId, complete: bytes, message } = decodeComplete(packet);
    const again = this.#repeated(sha256(bytes), now); // [HS-33]
    if (again) return this.#receiveAgain(again, message, now, random);
    const taken = [...this.peers.values()].some((peer) => peer.live(now).some((kept) => kept.handshakeId && equal(kept.handshakeId, handshakeId)));
    refuseUnless(!taken, 'unknown_handshake'); // [HS-34] before the half-open ones: a replayed Init may have made one with this id
    const half = this.halfOpen.get(hex(handshakeId));
    refuseUnless(half && isHalfOpen(half, now), 'unknown_handshake'); // [HS-34] [HS-27]
    refuseUnless(half.suite === suite, 'suite');
    const made = complete(half, bytes);
    const session = this.#session({ ...half, ...made }, RESPONDER, half.rbPrivate, half.rb, made.ra);
    this.halfOpen.delete(hex(handshakeId));
    forget(half);
    const { peerCard } = half;
    this.contacts.remember(peerCard.ik, suite); // [CARD-16]
    const kept = this.#kept(session, peerCard, now, { status: CONFIRMED, pinned: half.pinned, handshakeHash: sha256(bytes), handshakeId: Buffer.from(handshakeId) });
    const events = [this.#established(kept, peerCard, half.pskId), ...this.peer(peerCard.ik).add(kept, now)];
    if (message.length) {
      try {
        events.push(...this.#accept(this.#find(message, peerCard.ik, now), peerCard.ik, now));
      } catch (error) { // [HS-32] Complete commits alone
        if (!(error instanceof Refusal)) throw error;
        events.push({ event: 'refused', error: error.name });
      }
    }
    const replies = this.#answer(kept, peerCard.ik, now, random); // [HS-38]
    return { events: [...events, ...this.#settle(peerCard.ik, now)], replies };
  }

  /** The session that these handshake bytes have made, or null. */
  #repeated(hash, now) {
    for (const [key, peer] of this.peers) {
      for (const kept of peer.live(now)) {
        if (kept.handshakeHash && equal(kept.handshakeHash, hash)) return { kept, ik: Buffer.from(key, 'hex') };
      }
    }
    return null;
  }

  /** Handshake bytes of a session that exists (HS-33, PREP-28). */
  #receiveAgain({ kept, ik }, message, now, random) {
    const events = [{ event: 'repeated', session: kept.session.id }];
    if (message.length) events.push(...this.#accept(this.#find(message, ik, now), ik, now));
    const replies = this.#answer(kept, ik, now, random);
    return { events: [...events, ...this.#settle(ik, now)], replies };
  }

  /** [HS-38] [PREP-30] a receipt, left out when the session is gone, cannot seal it or must not answer again. */
  #answer(kept, ik, now, random) {
    if (!this.peers.get(hex(ik))?.list.includes(kept) || !mayAnswer(kept, now)) return [];
    try {
      const message = kept.session.answer(random);
      kept.answers += 1;
      kept.lastAnswer = now;
      return [message];
    } catch (error) {
      if (error instanceof Refusal) return [];
      throw error;
    }
  }

  #receivePrekeyInit(packet, now, random) {
    const { suite, handshake, message } = decodePrekeyInit(packet);
    const again = this.#repeated(sha256(handshake), now); // 2 [PREP-28]
    if (again) return this.#receiveAgain(again, message, now, random);
    const made = respondPrepared({
      handshake, suite, now, identity: this.identity, cards: this.keptCards(now),
      prekey: (id, types) => this.prekeys.get(id, types, now),
      replay: (spk, hash) => {
        refuseUnless(!spk.replay.has(hex(hash)), 'replay'); // [PREP-29]
        refuseUnless(spk.replay.size < PREPARED_TOTAL, 'busy'); // [PREP-27]
      },
      policy: (card) => this.contacts.policy(card),
      secret: (id, ik) => this.contacts.secretNamed(id, ik),
      least: (ik) => this.contacts.least(ik),
      bounds: (spk, ik, pinned) => {
        const entries = [...spk.replay.values()];
        refuseUnless(entries.filter((e) => equal(e.ik, ik)).length < PREPARED_PER_IDENTITY, 'busy'); // [PREP-27]
        refuseUnless(pinned || entries.filter((e) => !e.pinned).length < PREPARED_UNPINNED, 'busy');
      },
    });
    const { cardI } = made;
    const session = this.#session({ ...made, suite, peerCard: cardI }, RESPONDER, made.spkPrivate, made.spkPublic, made.ra);
    const first = session.receive(message); // 18
    // [PREP-26] everything in one step, now that the first message is accepted
    const { spkId, opkId, pqkId, hash, pinned, reduced } = made;
    this.prekeys.consume({ spkId, opkId, pqkId, hash, ik: Buffer.from(cardI.ik), pinned });
    this.contacts.remember(cardI.ik, suite);
    const kept = this.#kept(session, cardI, now, { status: CONFIRMED, prepared: true, pinned, reduced, lastAccepted: now, handshakeHash: hash, prekeys: { spkId, opkId, pqkId } });
    const events = [
      this.#established(kept, cardI, made.pskId), ...this.peer(cardI.ik).add(kept, now), ...this.#compareViews(cardI, made.views),
      ...this.#delivered(kept, first, now),
    ];
    const replies = this.#answer(kept, cardI.ik, now, random); // [PREP-30]
    return { events: [...events, ...this.#settle(cardI.ik, now)], replies };
  }

  // Sending ----------------------------------------------------------------------------------------

  #onSession(ik, now, seal, isSuitable = () => true) {
    const peer = this.peers.get(hex(ik));
    refuseUnless(peer, 'no_session');
    const kept = peer.sending(now); // [SESSION-03]
    refuseUnless(isSuitable(kept), 'no_session');
    const packet = packetOf(kept, seal(kept.session)); // [HS-36] [PREP-18]
    return { packet, events: this.#settle(ik, now) };
  }

  /** @returns {{packet: Buffer, events: object[]}} */
  send(ik, type, content, now, random) { return this.#onSession(ik, now, (session) => session.send(type, content, random)); }

  close(ik, now, random) { return this.#onSession(ik, now, (session) => session.close(random)); }

  #keptAs(ik, id, now) {
    const kept = this.peers.get(hex(ik))?.live(now).find(({ session }) => equal(session.id, id));
    refuseUnless(kept, 'no_session');
    return kept;
  }

  /** A receipt for one session, when one is owed on it (SESSION-04, SESSION-32). @returns {{packet?: Buffer}} */
  receipt(ik, id, now, random) {
    const kept = this.#keptAs(ik, id, now);
    const message = kept.session.receipt(random);
    return message ? { packet: packetOf(kept, message) } : {};
  }

  /** A secret of one session for the application (8.1). @returns {Buffer} */
  export(ik, id, label, context, length, now) {
    return this.#keptAs(ik, id, now).session.export(label, context, length);
  }

  /** [DEV-12] a message or a refusal for each device of a user, ascending by device id. */
  sendAll(address, type, content, now, random) {
    const place = addressField(address);
    const manifest = this.contacts.manifest(place);
    refuseUnless(manifest, 'no_session');
    const results = [];
    for (const { device, ik, revoked } of manifest.devices) {
      if (revoked !== 0n || equal(ik, this.identity.ik)) continue;
      const suitable = (kept) => {
        const card = cardFields(kept.peerCard);
        return equal(card.place, place) && card.device === device && equal(card.ik, ik);
      };
      try {
        const { packet, events } = this.#onSession(ik, now, (session) => session.send(type, content, random), suitable);
        results.push({ device, ik, packet, events });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        results.push({ device, ik, error: error.name });
      }
    }
    return results;
  }

  /** What time demands of every peer: giving up, dropping, repeats of Complete. */
  due(now) {
    this.#dropExpired(now); // [HS-27]
    const events = [];
    const packets = [];
    for (const key of [...this.peers.keys()].sort()) {
      const ik = Buffer.from(key, 'hex');
      events.push(...this.#settle(ik, now));
      for (const packet of this.peers.get(key)?.repeats(now) ?? []) packets.push({ ik, packet });
    }
    return { events, packets };
  }

  // Manifests --------------------------------------------------------------------------------------

  /** Judges manifests one by one; those behind a refused one are not looked at. @returns {object[]} events */
  takeManifests(list, { sender, replace, now }) {
    this.#dropExpired(now); // what is not under way any more is not ended (DEV-24)
    const events = [];
    for (const bytes of list) {
      try {
        const manifest = this.contacts.take(bytes, { own: this.card, sender, replace });
        if (!manifest) continue;
        events.push({ event: 'manifest', address: manifest.address, number: manifest.number }, ...this.#expel());
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        events.push({ event: 'manifest-refused', error: error.name });
        break;
      }
    }
    return events;
  }

  /** Ends sessions and handshakes with devices that are not, or no longer, listed: DEV-11, then DEV-24. */
  #expel() {
    const expelled = (card) => this.contacts.isExpelled(card);
    const cards = [
      ...[...this.peers.values()].flatMap(({ list }) => list.map(({ peerCard }) => cardFields(peerCard))),
      ...[this.started, this.halfOpen].flatMap((table) => [...table.values()].map(({ peerCard }) => peerCard)),
    ];
    for (const card of cards) if (this.contacts.manifest(card.place) && expelled(card)) this.contacts.ended.add(hex(card.ik)); // [DEV-24]
    const events = [];
    for (const key of [...this.peers.keys()].sort()) {
      const peer = this.peers.get(key);
      events.push(...peer.dropWhere((kept) => expelled(cardFields(kept.peerCard))));
      if (peer.list.length === 0) this.peers.delete(key);
    }
    for (const table of [this.started, this.halfOpen]) {
      for (const [id, half] of table) if (expelled(half.peerCard)) { table.delete(id); forget(half); }
    }
    return events;
  }

  // State ------------------------------------------------------------------------------------------

  /** Frees what has expired; it has not been part of the state since (1.4). */
  #dropExpired(now) {
    for (const table of [this.started, this.halfOpen]) for (const [id, half] of table) if (!isHalfOpen(half, now)) { table.delete(id); forget(half); }
    for (const [id, entry] of this.cache) if (!isRemembered(entry, now)) this.cache.delete(id);
  }

  #cacheValue(now) {
    return [...this.cache].filter(([, entry]) => isRemembered(entry, now)).map(([id, { tsI, ik, pinned }]) => [id, String(tsI), hex(ik), pinned]).sort(([a], [b]) => (a < b ? -1 : 1));
  }

  #sessionsValue() {
    return [...this.peers].sort(([a], [b]) => (a < b ? -1 : 1)).map(([ik, peer]) => [ik, peer.list.map(keptToValue)]);
  }

  /** Everything that the next call can depend on, as one digest; what has expired at `now` is left out. */
  digest(now) {
    const halves = (table) => [...table].filter(([, half]) => isHalfOpen(half, now)).map(([id, half]) => [id, plain(half)]).sort(([a], [b]) => (a < b ? -1 : 1));
    return sha256(Buffer.from(canonical({
      identity: [hex(this.identity.ikSeed), hex(this.identity.idkPrivate)], newest: hex(this.card.bytes), cards: this.keptCards(now).map(({ bytes }) => hex(bytes)),
      contacts: this.contacts.toValue(), prekeys: this.prekeys.toValue(now), generation: this.prekeys.generation, cache: this.#cacheValue(now),
      sessions: this.#sessionsValue(), started: halves(this.started), halfOpen: halves(this.halfOpen),
    })));
  }

  /** A restart: sessions, prekeys and contacts come back from their snapshots, handshakes under way do not (HS-27, SESSION-27). */
  restart(withCache, now) {
    for (const peer of this.peers.values()) peer.list = peer.list.map((kept) => keptOf(snapshotOf(kept), kept.session.generation));
    this.prekeys = Prekeys.restore(this.prekeys.snapshot(), this.prekeys.generation);
    this.contacts = restore('QuipuCON', snapshot('QuipuCON', 0, this.contacts.toValue()), 0, Contacts.fromValue, (c) => c.toValue());
    this.#reconcile();
    this.started.clear(); // [HS-27]
    this.halfOpen.clear();
    this.#expel(); // [DEV-25]
    if (withCache) { // [SESSION-28]
      const value = restore('QuipuREP', snapshot('QuipuREP', 0, this.#cacheValue(now)), 0, (v) => v, (v) => v);
      this.cache = new Map(value.map(([id, tsI, ik, pinned]) => [id, { tsI: BigInt(tsI), ik: Buffer.from(ik, 'hex'), pinned }]));
    } else this.cache.clear();
  }

  /**
   * Snapshots for the caller, who seals them at rest (SEC-04) and keeps the generation outside them (8.6).
   * @param {Buffer} ik @returns {{id: Buffer, generation: number, bytes: Buffer}[]} one for each session with that device
   */
  sessionSnapshots(ik) {
    return (this.peers.get(hex(ik))?.list ?? []).map((kept) => ({ id: kept.session.id, generation: kept.session.generation, bytes: snapshotOf(kept) }));
  }

  /**
   * The sessions with a device are from now on those of the snapshots.
   * @param {Buffer} ik @param {{bytes: Buffer, least: number}[]} snapshots `least`: the least generation that the caller accepts
   */
  restoreSessions(ik, snapshots) {
    const list = snapshots.map(({ bytes, least }) => keptOf(bytes, least));
    this.peer(ik).list = list;
    this.#reconcile();
    this.#expel(); // [DEV-25]
  }

  /** @param {Buffer} bytes of `prekeys.snapshot()` @param {number} least the least generation that the caller accepts */
  restorePrekeys(bytes, least) {
    this.prekeys = Prekeys.restore(bytes, least);
    this.#reconcile();
  }

  /** [PREP-34] after restoring sessions or prekeys. */
  #reconcile() {
    for (const peer of this.peers.values()) {
      for (const { prekeys, handshakeHash, peerCard, pinned } of peer.list) {
        if (prekeys) this.prekeys.consume({ ...prekeys, hash: handshakeHash, ik: Buffer.from(cardFields(peerCard).ik), pinned });
      }
    }
  }
}

/** [HS-19] an entry lives until `ts_I + INIT_WINDOW` has passed. */
const isRemembered = ({ tsI }, now) => now <= tsI + INIT_WINDOW;

function plain(value) {
  if (Buffer.isBuffer(value)) return hex(value);
  if (typeof value === 'bigint') return String(value);
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]));
  return value ?? null;
}
