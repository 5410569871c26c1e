/** The adapter of chapter 13: one JSON request on a line of standard input, one response on a line of standard output. */
import { readFileSync } from 'node:fs';
import { Refusal } from './src/notation.js';
import { checkRequest } from './fields.js';
import { drawsOf, listedDraws } from './values.js';
import { DeviceScript, profiles, runOperation, SessionScript, Unsupported } from './vectors.js';

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url)));
/** with its end, of a request and of a response */
const LINE_BYTES = 16 * 1024 * 1024;
let greeted = false;
/** what `begin` made @type {SessionScript|DeviceScript|null} */
let script = null;

function hello({ adapter, protocol }) {
  if (greeted) throw new TypeError('hello comes once');
  if (!Array.isArray(adapter) || !adapter.includes(1) || protocol !== 'QuipuV1') throw new TypeError('speaks version 1 of the adapter protocol, QuipuV1'); // [ADAPT-05]
  greeted = true;
  return { ok: { adapter: 1, protocol: 'QuipuV1', name: 'quipu-node-client', version, language: 'javascript', profiles } };
}

/** Runs something with its draws; a refusal is an answer, everything else that goes wrong is a fault (ADAPT-04). */
function withDraws(random, run) {
  let response;
  try {
    response = { ok: run() };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    response = { reject: error.name };
  }
  if (random.broken) throw new Error(random.broken); // [ADAPT-07]
  return { ...response, drew: random.drew };
}

function begin({ operation, suite, setup }) {
  script = null;
  if (operation === 'session') script = new SessionScript(suite, setup);
  else if (operation === 'device') script = new DeviceScript(suite, setup);
  else throw new Unsupported(operation);
  return { ok: {} };
}

function begun() {
  if (!script) throw new TypeError('nothing was begun');
  return script;
}

const kind = () => (script === null ? null : script instanceof SessionScript ? 'session' : 'device');

function answer(request) {
  checkRequest(request, kind());
  if (!greeted && request.op !== 'hello') throw new TypeError('hello comes first');
  switch (request.op) {
    case 'hello': return hello(request);
    case 'vector': {
      const random = listedDraws(request.random ?? []);
      return withDraws(random, () => runOperation(request.operation, request.suite, request.input, random));
    }
    case 'begin': return begin(request);
    case 'step': {
      const under = begun();
      const random = drawsOf(request.step);
      return withDraws(random, () => under.step(request.step, random));
    }
    case 'state': return { ok: { digest: begun().digest(request.as, request.now) } };
    default: throw new Unsupported(request.op);
  }
}

/** The lines of standard input, without their ends; null for one that is too long. */
async function* lines() {
  let parts = [];
  let length = 0;
  const take = () => {
    const line = length + 1 > LINE_BYTES ? null : Buffer.concat(parts);
    parts = [];
    length = 0;
    return line;
  };
  const add = (piece) => {
    length += piece.length;
    if (length < LINE_BYTES) parts.push(piece);
    else parts = [];
  };
  for await (let chunk of process.stdin) {
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a)) {
      add(chunk.subarray(0, end));
      yield take();
      chunk = chunk.subarray(end + 1);
    }
    add(chunk);
  }
  if (length) yield take();
}

const fault = (error) => ({ fault: String(error?.message ?? error) });

/** @param {Buffer|null} line @returns {string} the line of the response */
function respondTo(line) {
  let request = null;
  let response;
  try {
    if (!line) throw new TypeError('a line that is too long');
    request = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
    response = answer(request);
  } catch (error) {
    response = error instanceof Unsupported ? { unsupported: true } : fault(error);
  }
  const id = request?.id ?? null; // [ADAPT-02]
  let text = JSON.stringify({ id, ...response });
  if (Buffer.byteLength(text) + 1 > LINE_BYTES) {
    response = fault('a response that is too long');
    text = JSON.stringify({ id, ...response });
  }
  if (response.fault !== undefined && ['begin', 'step'].includes(request?.op)) script = null; // 13.2: the script is over
  return text;
}

for await (const line of lines()) process.stdout.write(`${respondTo(line)}\n`); // [ADAPT-01]
