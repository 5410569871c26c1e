/** 12.3.3: one hash over many whole conversations between two devices of this client. */
import { concat, lp32, u8, u32 } from './src/notation.js';
import { sha256, SUITE_1 } from './src/primitives.js';
import { issueCard, newIdentity } from './src/keys.js';
import { CONTENT } from './src/message.js';
import { Device } from './src/device.js';
import { seededDraws } from './values.js';

/** @param {{suite: number, seed: Buffer, first: number, count: number, before: Buffer}} p @returns {Buffer} `after` */
export function conversations({ suite, seed, first, count, before }, trace) {
  if (seed.length !== 32 || before.length !== 32 || count < 1) throw new TypeError('seed, before or count');
  let hash = before;
  for (let i = first; i < first + count; i++) {
    hash = sha256(hash, converse(suite, sha256(seed, u32(i)), count === 1 ? trace : () => {}));
  }
  return hash;
}

/** One conversation: the SHA-256 of its log. */
function converse(suite, seed, trace) {
  trace('seed', seed);
  const random = seededDraws(seed);
  const log = [];

  const beginnings = [0, 1].map(() => ({ identity: newIdentity(random), x: random(32) }));
  const t = random(14);
  const now = BigInt(t.readUIntBE(0, 6));
  const [a, b] = beginnings.map(({ identity, x }, i) => {
    const card = issueCard(identity, {
      suites: suite === SUITE_1 ? 1 : 3, address: concat(x, x).subarray(0, 1 + (x[0] % 64)), device: x.readUInt32BE(28),
      created: now, expires: now + 1n + BigInt(t.readUInt32BE(6 + 4 * i)),
    });
    return { ik: identity.ik, card, device: new Device(identity, [card]) };
  });
  trace('card_a', a.card);
  trace('card_b', b.card);
  a.peer = b;
  b.peer = a;

  const made = (name, packet) => {
    log.push(lp32(packet));
    trace(name, packet);
    return packet;
  };
  const receives = (who, packet, from) => who.device.receive(packet, { from, now, random });
  const accepts = (who, packet) => {
    const { epoch, n, gap, type, content } = receives(who, packet, who.peer.ik).events.find(({ event }) => event === 'message');
    const jumped = gap.reduce((sum, [, , numbers]) => sum + numbers, 0);
    log.push(u32(epoch), u32(n), u32(jumped), u8(type), lp32(content));
  };
  const sends = (who, name) => {
    const c = random(32);
    const content = Buffer.alloc(c.readUInt16BE(0) % 1000, c);
    return made(name, who.device.send(who.peer.ik, c[2] < 0x80 ? CONTENT.DATA : c[2], content, now, random).packet);
  };
  const closes = (who, name) => made(name, who.device.close(who.peer.ik, now, random).packet);

  const init = made('init', a.device.initiate(b.card, now, random));
  const response = made('response', receives(b, init, null).replies[0]);
  const { events: [{ session: id }], replies } = receives(a, response, null);
  const complete = made('complete', replies[0]);
  accepts(a, made('receipt_b', receives(b, complete, null).replies[0]));
  const messages = [0, 1, 2].map((i) => sends(a, `message_${i}`));
  for (const i of [0, 2, 1]) accepts(b, messages[i]);
  messages.push(sends(b, 'message_3'), sends(b, 'message_4'));
  for (const i of [4, 3]) accepts(a, messages[i]);
  const last = [
    sends(a, 'message_5'),
    made('receipt_a', a.device.receipt(b.ik, id, now, random).packet),
    closes(a, 'close_a'),
  ];
  for (const packet of last) accepts(b, packet);
  accepts(a, closes(b, 'close_b'));

  const okm = [a, b].map((who) => who.device.export(who.peer.ik, id, 'conversation', Buffer.alloc(0), 32, now));
  log.push(id, okm[0], id, okm[1]);
  trace('session_id', id);
  trace('okm', okm[0]);
  const digest = sha256(...log);
  trace('log', digest);
  return digest;
}
