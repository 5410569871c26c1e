/** Chapter 7: sealing and opening of one message, padding, content types. */
import { PROTO, TYPE, ascii, concat, decodeStart, draw, equalSecret, isZero, refuseUnless, u8, u16, u32, wipe, zeros } from './notation.js';
import { hmac, lExpand, open, seal, sha256, SUITES } from './primitives.js';
import { BODY_MAX, BODY_MIN } from './limits.js';
import { isAnnouncement } from './account.js';

const OVERHEAD = 124;
const EMPTY = Buffer.alloc(0);
export const CONTENT = Object.freeze({ DATA: 0x01, RECEIPT: 0x02, CLOSE: 0x03, ANNOUNCEMENT: 0x04 });
export const CONTENT_MAX = BODY_MAX - 5;

/** Padded length of a body of `length` bytes (7.5). */
export function pad(length) {
  const e = 31 - Math.clz32(length);
  const s = 32 - Math.clz32(e);
  const unit = 2 ** Math.max(e - s, 0);
  return Math.max(BODY_MIN, Math.ceil(length / unit) * unit);
}

/** [MSG-01] [MSG-02] padded length for content of `length` bytes. */
export function paddedLength(length) {
  refuseUnless(length <= CONTENT_MAX, 'too_long');
  return pad(5 + length);
}

/** One of the 129 lengths: exactly those that pad leaves as they are. */
const isBucket = (length) => length >= BODY_MIN && length <= BODY_MAX && pad(length) === length;

/** Associated data of one direction (7.2). */
export function directionAd(transcript, role, sender, receiver) {
  return sha256(PROTO, ascii('ad'), transcript, u8(role), sender.ik, u32(sender.device), receiver.ik, u32(receiver.device));
}

const macKey = (suite, headerKey) => lExpand(suite, headerKey, 'mac', EMPTY, 32);

/** Seals one message under given keys. [MSG-03] the salt is a function of the message key and of a draw. */
export function sealMessage({ suite, messageKey, headerKey, ad, dh, pn, n, type, content }, random, trace = () => {}) {
  const body = zeros(paddedLength(content.length));
  body[0] = type;
  body.writeUInt32BE(content.length, 1);
  content.copy(body, 5);
  const salt = lExpand(suite, messageKey, 'salt', draw(random, 16), 16);
  trace('salt', salt);
  const headerKeys = lExpand(suite, headerKey, 'header', salt, 44);
  trace('header_keys', headerKeys);
  const bodyKeys = lExpand(suite, messageKey, 'body', salt, 44);
  trace('body_keys', bodyKeys);
  const mak = macKey(suite, headerKey);
  trace('mak', mak);
  const start = concat(u8(1), u8(TYPE.MESSAGE), u16(suite), salt);
  const header = concat(start, seal(headerKeys, concat(ascii('header'), ad, start), concat(dh, u32(pn), u32(n))));
  const sealed = concat(header, seal(bodyKeys, concat(ascii('body'), ad, header), body));
  const hash = sha256(sealed);
  trace('hash', hash);
  const mac = hmac(mak, ad, hash);
  wipe(headerKeys, bodyKeys, mak, body);
  return concat(sealed, mac);
}

/**
 * Step 1 of opening: the layout. `hash` is made once, whatever the number of candidates.
 * @typedef {{packet: Buffer, suite: number, hash: Buffer, mac: Buffer}} Layout
 * @returns {Layout}
 */
export function decodeMessage(packet) {
  const { suite } = decodeStart(packet, [TYPE.MESSAGE], SUITES, (_, __, length) => isBucket(length - OVERHEAD)); // [MSG-09]
  return { packet, suite, hash: sha256(packet.subarray(0, -32)), mac: packet.subarray(-32) };
}

/** Step 2 for one header key, in constant time (MSG-06, MSG-07). */
export function macVerifies(layout, headerKey, ad, trace = () => {}) {
  const mak = macKey(layout.suite, headerKey);
  trace('mak', mak);
  trace('hash', layout.hash);
  const matches = equalSecret(hmac(mak, ad, layout.hash), layout.mac);
  wipe(mak);
  return matches;
}

/** Step 3: the header. */
export function openHeader({ packet, suite }, headerKey, ad) {
  const keys = lExpand(suite, headerKey, 'header', packet.subarray(4, 20), 44);
  const header = open(keys, concat(ascii('header'), ad, packet.subarray(0, 20)), packet.subarray(20, 76));
  wipe(keys);
  return { dh: header.subarray(0, 32), pn: header.readUInt32BE(32), n: header.readUInt32BE(36) };
}

/** Steps 6 to 8: the body, its padding, its type and layout. */
export function openBody({ packet, suite }, messageKey, ad) {
  const keys = lExpand(suite, messageKey, 'body', packet.subarray(4, 20), 44);
  const body = open(keys, concat(ascii('body'), ad, packet.subarray(0, 76)), packet.subarray(76, -32));
  wipe(keys);
  const length = body.readUInt32BE(1);
  refuseUnless(5 + length <= body.length, 'padding'); // [MSG-10]
  refuseUnless(pad(5 + length) === body.length, 'padding');
  refuseUnless(isZero(body.subarray(5 + length)), 'padding');
  const type = body[0];
  const content = body.subarray(5, 5 + length);
  checkContent(type, content);
  return { type, content };
}

/** [MSG-11] the layout of each content type. */
function checkContent(type, content) {
  if (type === CONTENT.RECEIPT) refuseUnless(content.length === 16, 'content');
  else if (type === CONTENT.CLOSE) refuseUnless(content.length === 8, 'content');
  else if (type === CONTENT.ANNOUNCEMENT) refuseUnless(isAnnouncement(content), 'content'); // [DEV-17]
  else refuseUnless(type === CONTENT.DATA || type >= 0x80, 'content');
}

/** Opens one message under given keys: everything but the ratchet. */
export function openMessage({ messageKey, headerKey, ad, packet }, trace = () => {}) {
  const layout = decodeMessage(packet);
  refuseUnless(macVerifies(layout, headerKey, ad, trace), 'authentication'); // [MSG-08]
  return { ...openHeader(layout, headerKey, ad), ...openBody(layout, messageKey, ad) };
}
