/**
 * The adapter of a Quipu client (specification, chapter 13): one JSON request on each line of
 * standard input, one JSON response on each line of standard output.
 *
 * What is yours: CLIENT, the operations at the end, and your client behind them.
 */
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';

const VERSION = 1;
const PROTOCOL = 'QuipuV1';
const CLIENT = { name: 'my-client', version: '0.1', language: 'javascript', profiles: ['core'] };

/** The client refuses, with a name of spec/registry/errors.json. Nothing else is a reject. */
class Reject extends Error {}

/** Not implemented yet. */
class Unsupported extends Error {}

/** A request that is not as in chapter 13. */
class Malformed extends Error {}

/** The client's random source: the draws of the request, in their order (ADAPT-07). */
class Draws {
  constructor(listed) {
    this.left = listed.map(octets);
    this.drew = [];
    this.wrong = null;
  }

  take(length) {
    const draw = this.left.shift() ?? Buffer.alloc(0);
    this.drew.push(length);
    if (draw.length !== length) {
      this.wrong ??= `draw of ${length} bytes, ${draw.length} listed`;
      throw new TypeError(this.wrong);
    }
    return draw;
  }
}

/** Bytes from lower-case hex. */
function octets(text) {
  if (typeof text !== 'string' || !/^([0-9a-f]{2})*$/.test(text)) throw new Malformed(`not lower-case hex: ${text}`);
  return Buffer.from(text, 'hex');
}

function integer(value) {
  if (!Number.isSafeInteger(value) || value < 0) throw new Malformed(`not a number: ${JSON.stringify(value)}`);
  return value;
}

/** Exactly these fields, no more and no less. */
function fields(what, given, ...names) {
  const found = given !== null && typeof given === 'object' ? Object.keys(given).sort().join() : typeof given;
  if (found !== names.sort().join()) throw new Malformed(`${what} has ${found}, not ${names.join()}`);
}

function hello(request) {
  fields('hello', request, 'adapter', 'protocol');
  if (!request.adapter.includes(VERSION) || request.protocol !== PROTOCOL) {
    throw new Malformed(`this adapter speaks version ${VERSION} of chapter 13, ${PROTOCOL}`);
  }
  return { ok: { adapter: VERSION, protocol: PROTOCOL, ...CLIENT } };
}

function vector(request) {
  fields('vector', request, 'operation', 'suite', 'input', 'random');
  const known = OPERATIONS.get(request.operation);
  if (!known || request.suite !== 1) throw new Unsupported();
  const [operation, names] = known;
  fields(request.operation, request.input, ...names);
  const draws = new Draws(request.random);
  const intermediate = [];
  let response;
  try {
    response = { ok: { output: operation(request.input, draws, intermediate), intermediate } };
  } catch (error) {
    if (!(error instanceof Reject)) throw error;
    response = { reject: error.message };
  }
  if (draws.wrong) throw new TypeError(draws.wrong); // whatever the client made of it
  return { ...response, drew: draws.drew };
}

function begin(request) {
  fields('begin', request, 'operation', 'suite', 'setup');
  throw new Unsupported(); // scripts, chapters 12.4 and 12.5: when the single operations pass
}

function nothingBegun() {
  throw new Malformed('nothing has begun');
}

const REQUESTS = new Map(Object.entries({ hello, vector, begin, step: nothingBegun, state: nothingBegun }));

function parsed(line) {
  let request;
  try {
    request = JSON.parse(line);
  } catch (error) {
    throw new Malformed(`not JSON: ${error.message}`);
  }
  if (!Number.isInteger(request?.id)) throw new Malformed('not an object with an id');
  return request;
}

/** One response for one line, whatever the line is. */
function answer(line) {
  let id = null;
  try {
    const { id: number, op, ...request } = parsed(line);
    id = number;
    if (typeof op !== 'string') throw new Malformed('op is not a text');
    if (!REQUESTS.has(op)) throw new Unsupported();
    return { id, ...REQUESTS.get(op)(request) };
  } catch (error) {
    if (error instanceof Unsupported) return { id, unsupported: true };
    if (error instanceof Malformed) return { id, fault: error.message };
    console.error(error); // a crash of the client; never console.log
    return { id, fault: String(error) };
  }
}

// The operations of chapter 12.3. Each gets the input, the draws (`draws.take(32)` gives 32 bytes) and the
// list of intermediate values: `intermediate.push(['label', value.toString('hex')])`, in the order of the table.

/** mix(h, bytes) = SHA-256(h || LP32(bytes)), chapter 2 */
function mix(given) {
  const data = octets(given.bytes);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return { hash: createHash('sha256').update(octets(given.hash)).update(length).update(data).digest('hex') };
}

/** pad(5 + length), chapter 7.5 */
function padding(given) {
  if (integer(given.length) > 65_531) throw new Reject('too_long');
  const length = 5 + given.length;
  const exponent = 31 - Math.clz32(length);
  const step = 2 ** (exponent - (32 - Math.clz32(exponent)));
  return { padded: Math.max(256, Math.ceil(length / step) * step) };
}

/** Name of the operation: the function and the names of its input fields. */
const OPERATIONS = new Map([
  ['mix', [mix, ['hash', 'bytes']]],
  ['padding', [padding, ['length']]],
]);

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(answer(line))}\n`);
}
