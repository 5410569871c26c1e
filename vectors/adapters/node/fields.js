/** Chapters 12 and 13: the fields of requests. A field that is missing, malformed or unknown is a fault (ADAPT-04). */

const isHex = (v) => typeof v === 'string' && /^([0-9a-f]{2})*$/.test(v);
const isTime = (v) => typeof v === 'string' && /^(0|[1-9][0-9]{0,19})$/.test(v) && BigInt(v) < 1n << 64n;
const isInteger = (v) => Number.isSafeInteger(v) && v >= 0;
const isText = (v) => typeof v === 'string';
const isBoolean = (v) => typeof v === 'boolean';
const isObject = (v) => typeof v === 'object' && v !== null && !Array.isArray(v);
const any = () => true;
const listOf = (test) => (v) => Array.isArray(v) && v.every(test);

/** What a field is wherever it is not hex; a name with `:` in the lists below says its kind itself. */
const KINDS = {
  text: [isText, 'as do op operation purpose label name from to of slot error protocol'],
  time: [isTime, 'now time floor number created expires added revoked'],
  integer: [isInteger, 'suite device device_i device_r length pn n type id kind memory passes lanes count least one_time epoch suites spk_id first'],
  boolean: [isBoolean, 'cache replace counter pinned'],
  hexes: [listOf(isHex), 'random cards psks manifests records replies messages'],
  integers: [listOf(isInteger), 'types'],
  object: [isObject, 'input setup step'],
  list: [Array.isArray, 'gap events packets'],
  pins: [listOf((v) => fits(v, 'address device ik')), 'pins'],
  devices: [listOf((v) => fits(v, 'device ik added revoked')), 'devices'],
  scripted: [listOf((v) => fits(v, 'name ik_seed idk_private card')), ''],
  peers: [listOf((v) => fits(v, 'name ik')), 'peers'],
  prekeys: [listOf((v) => fits(v, 'record private')), 'prekeys'],
  filled: [listOf((v) => fits(v, 'count pinned ik? spk_id?')), 'filled'],
  damage: [(v) => ['version', 'cut', 'flip'].includes(v), 'damage'],
  changes: [listOf((v) => fits(v, v?.do === 'add' ? 'do device ik' : 'do device')), 'changes'],
  initiate: [(v) => fits(v, 'input random?') && fits(v.input, VECTOR['handshake-initiate']), 'initiate'],
  respond: [(v) => fits(v, 'input random?') && fits(v.input, VECTOR['handshake-respond']), 'respond'],
  any: [any, ''],
};
const kindOf = new Map(Object.values(KINDS).flatMap(([test, names]) => names.split(' ').map((name) => [name, test])));

/** Why `value` has not exactly these fields, or null. `?`: may be absent. */
function problem(value, fields) {
  if (!isObject(value)) return 'not an object';
  const known = new Map();
  for (const [, name, kind, absent] of fields.matchAll(/(\w+)(?::(\w+))?(\?)?/g)) {
    known.set(name, true);
    if (!Object.hasOwn(value, name)) {
      if (!absent) return `no field ${name}`;
    } else if (!(kind ? KINDS[kind][0] : kindOf.get(name) ?? isHex)(value[name])) return `malformed field ${name}`;
  }
  const unknown = Object.keys(value).find((name) => !known.has(name));
  return unknown === undefined ? null : `unknown field ${unknown}`;
}
const fits = (value, fields) => problem(value, fields) === null;

const IDENTITY = 'ik_seed idk_private';
const PAIR = 'own_key own_address peer_key peer_address';
const VECTOR = {
  x25519: 'private public', 'ed25519-sign': 'seed purpose hash', 'ed25519-verify': 'public purpose hash signature',
  mix: 'hash bytes', extract: 'salt label ikm', expand: 'prk label context length', seal: 'keys ad plaintext', open: 'keys ad sealed',
  'card-issue': `${IDENTITY} suites address device created expires`, 'card-verify': 'card', 'card-valid': 'card time',
  'handshake-initiate': `${IDENTITY} card_i card_r now floor? views psk? least?`,
  'handshake-respond': `${IDENTITY} cards pins now views init psks? expected? least?`,
  'handshake-finish': 'initiate now response', 'handshake-complete': 'respond now complete',
  'session-keys': 'sk transcript ik_i device_i ik_r device_r', export: 'exporter label context length',
  'ratchet-step': 'root dh dh_new dh_other', 'chain-step': 'chain', padding: 'length',
  'message-seal': 'message_key header_key ad dh pn n type content', 'message-open': 'message_key header_key ad message',
  'kem-generate': 'seed', 'kem-encapsulate': 'ek', 'kem-decapsulate': 'seed ct', 'psk-id': 'psk',
  'prekey-issue': 'ik_seed type id device created expires private', 'prekey-verify': 'record types ik device', 'bundle-verify': 'bundle now',
  'prepared-initiate': `${IDENTITY} card_i bundle now floor? views psk? least?`,
  'prepared-respond': `${IDENTITY} cards pins psks? expected? least? prekeys now handshake`,
  'manifest-issue': 'ak_seed address number previous devices', 'manifest-change': 'ak_seed address kept? changes now',
  'manifest-verify': 'manifest', 'manifest-follow': 'kept next', fingerprint: 'key address', 'safety-number': PAIR, scan: `${PAIR} code`,
  'file-seal': 'passphrase memory passes lanes kind created plaintext', 'file-open': 'passphrase kind file', import: 'passphrase kind file now',
  conversations: 'seed first count before',
};

const SETUP = { session: 'sk transcript ik_i device_i ik_r device_r ra_private rb_private', device: 'devices:scripted peers?' };

/** `do` -> arguments, and behind `|` the results, which are fields of a step too (12.4, 12.5). */
const STEP = {
  session: {
    send: 'type content | message', 'send-many': 'count | digest messages', receive: 'message | epoch n gap type content', receipt: '| message',
    close: '| message', export: 'label context length | okm', restore: '',
  },
  device: {
    pin: 'address device ik', card: 'card', initiate: 'card | packet', receive: 'from? packet | events replies', send: 'to type content | packet events',
    close: 'to | packet events', psk: 'psk peer?', least: 'peer suite', prekeys: 'one_time | records', prepare: 'bundle | events',
    manifest: 'manifests replace? | events', 'send-all': 'address type content | packets:any', receipt: 'to session | packet', due: '| events packets',
    restart: 'cache filled?', store: 'of? slot', restore: 'slot damage? counter?',
  },
};

const REQUEST = {
  hello: 'adapter:list protocol', vector: 'operation suite input random?', begin: 'operation suite setup', step: 'step', state: 'as now?',
};

function need(what, value, fields) {
  const found = problem(value, fields);
  if (found) throw new TypeError(`${what}: ${found}`);
}

const own = (table, name) => (typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : null);

/**
 * Throws a TypeError when a request is malformed. Names that are not in the tables are left to whoever knows what is supported.
 * @param {'session'|'device'|null} script the kind of the script under way
 */
export function checkRequest(request, script) {
  if (!isObject(request)) throw new TypeError('not an object');
  if (!Number.isSafeInteger(request.id)) throw new TypeError('malformed field id');
  if (!isText(request.op)) throw new TypeError('malformed field op');
  const fields = own(REQUEST, request.op);
  if (fields === null) return;
  need(request.op, request, `id:any op ${fields}`);
  if (request.op === 'vector') {
    const input = own(VECTOR, request.operation);
    if (input !== null) need('input', request.input, input);
  } else if (request.op === 'begin') {
    const setup = own(SETUP, request.operation);
    if (setup !== null) need('setup', request.setup, setup);
  } else if (request.op === 'state' && script) {
    need('state', request, script === 'session' ? 'id:any op as' : 'id:any op as now');
  } else if (request.op === 'step' && script) {
    const { step } = request;
    if (!isText(step.do)) throw new TypeError('step: malformed field do');
    const known = own(STEP[script], step.do);
    if (known === null) return;
    const [args, results = ''] = known.split('|');
    const names = new Set(args.match(/\w+/g) ?? []);
    const optional = results.split(' ').filter((r) => r && !names.has(r.split(':')[0])).map((r) => `${r}?`);
    need('step', step, `as do ${script === 'device' ? 'now' : ''} random? seed? error? ${args} ${optional.join(' ')}`);
    if (step.seed !== undefined && (step.random !== undefined || step.seed.length !== 64)) throw new TypeError('step: malformed field seed');
  }
}
