/** Bodies that are no JSON, or JSON that two readers read differently (RFC 8259). Each is a call that would do but for one thing. */
import { BOUNDS } from '../house.ts';
import { fault, NO_MCP, served, wrong, type Case, type CaseClass } from '../case.ts';
import { called, message, META, stateless } from '../writing.ts';

const PARSE = -32_700;
const INVALID = -32_600;

const text = (name: string, body: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'RFC 8259 2',
  sends: stateless('tools/call', body, '{tool}'),
  // The id is echoed where it could be read before the text broke off.
  gets: [fault(400, PARSE, 'none'), fault(400, PARSE)],
  leaves: 'kept',
  ...more,
});

const CALL = message('tools/call', called());
/** With this among its params. */
const having = (member: string): string => message('tools/call', called(`${member},`));
const listing = (params: string, id?: string): string => stateless('tools/list', message('tools/list', params, id));

export const jsonGrammar: CaseClass = {
  name: 'JSON grammar',
  leavesOut: NO_MCP,
  cases: [
    text('nothing', ''),
    text('white space', '  '),
    text('one brace', '{'),
    text('cut in the middle', CALL.slice(0, -20)),
    text('without its last brace', CALL.slice(0, -1)),
    text('with something behind it', `${CALL}x`),
    text('twice', `${CALL}${CALL}`),
    text('with a NUL behind it', `${CALL}␀`),
    text('a comma too many', having('"a":[1,]')),
    text('a comma behind the last member', `${CALL.slice(0, -1)},}`),
    text('a comma too few', having('"a":1 "b":2')),
    text('a colon too few', having('"a" 1')),
    text('single quotes', having("'a':1")),
    text('a bare key', having('a:1')),
    text('a comment', having('/* "x" */"a":1')),
    text('a line comment', having('//␊"a":1')),
    text('NaN', having('"a":NaN')),
    text('Infinity', having('"a":-Infinity')),
    text('undefined', having('"a":undefined')),
    text('True', having('"a":True')),
    text('nul', having('"a":nul')),
    text('brackets that cross', having('"a":[{]}')),
    text('a space that is none', having('\xc2\xa0"a":1'), { follows: 'RFC 8259 2' }),
    text('a form feed', having('\x0c"a":1')),
  ],
};

export const jsonStrings: CaseClass = {
  name: 'JSON strings',
  leavesOut: NO_MCP,
  cases: [
    text('a byte order mark', `\xef\xbb\xbf${CALL}`, { follows: 'RFC 8259 8.1' }),
    text('UTF-16', '\xff\xfe{␀}␀', { follows: 'RFC 8259 8.1' }),
    text('UTF-32', '{␀␀␀}␀␀␀', { follows: 'RFC 8259 8.1' }),
    text('a byte that UTF-8 does not have', having('"a":"\xff"'), { follows: 'RFC 8259 8.1' }),
    text('an overlong slash', having('"a":"\xc0\xaf"'), { follows: 'RFC 3629 3' }),
    text('an overlong NUL', having('"a":"\xc0\x80"'), { follows: 'RFC 3629 3' }),
    text('a surrogate in UTF-8', having('"a":"\xed\xa0\x80"'), { follows: 'RFC 3629 3' }),
    text('beyond Unicode', having('"a":"\xf4\x90\x80\x80"'), { follows: 'RFC 3629 3' }),
    text('a character cut off', having('"a":"\xe2\x82"'), { follows: 'RFC 3629 4' }),
    text('a bad byte in a key', having('"\xfe":1'), { follows: 'RFC 8259 8.1' }),
    text('a raw line end', having('"a":"b␊c"'), { follows: 'RFC 8259 7' }),
    text('a raw tab', having('"a":"b\tc"'), { follows: 'RFC 8259 7' }),
    text('a raw NUL', having('"a":"b␀c"'), { follows: 'RFC 8259 7' }),
    text('an escape that is none', having('"a":"\\x41"'), { follows: 'RFC 8259 7' }),
    text('half an escape', having('"a":"\\u00"'), { follows: 'RFC 8259 7' }),
    text('an escape with a digit that is none', having('"a":"\\u12g4"'), { follows: 'RFC 8259 7' }),
    text('no end', having('"a":"b').slice(0, -60), { follows: 'RFC 8259 7' }),
    {
      name: 'a lone surrogate, escaped',
      follows: 'RFC 8259 8.2',
      sends: listing(`{"a":"\\ud800",${META}}`),
      gets: [served()],
      leaves: 'kept',
    },
  ],
};

export const jsonNumbers: CaseClass = {
  name: 'JSON numbers',
  leavesOut: NO_MCP,
  cases: [
    ...[
      ['a zero before it', '01'],
      ['a plus', '+1'],
      ['no digit before the point', '.5'],
      ['no digit behind the point', '1.'],
      ['no digit in the exponent', '1e'],
      ['hexadecimal', '0x1F'],
      ['two points', '1.2.3'],
      ['a minus alone', '-'],
      ['a separator', '1_000'],
      ['a digit of another script', '\xd9\xa1'],
    ].map(([name = '', number = '']) => text(name, having(`"a":${number}`), { follows: 'RFC 8259 6' })),
    {
      name: 'beyond what a double holds',
      follows: 'RFC 8259 6',
      sends: listing(`{"a":1e400,"b":-1e-400,"c":${'9'.repeat(400)},${META}}`),
      gets: [served()],
      leaves: 'kept',
    },
  ],
};

const nested = (open: string, close: string, levels: number): string =>
  `${open.repeat(levels)}0${close.repeat(levels)}`;

export const jsonDepth: CaseClass = {
  name: 'JSON depth',
  leavesOut: NO_MCP,
  cases: [
    text('one array too deep', having(`"a":${nested('[', ']', BOUNDS.jsonDepth - 1)}`), { follows: 'RFC 8259 9' }),
    text('one object too deep', having(`"a":${nested('{"a":', '}', BOUNDS.jsonDepth - 1)}`), { follows: 'RFC 8259 9' }),
    text('10,000 arrays', nested('[', ']', 10_000), { follows: 'RFC 8259 9' }),
    text('60,000 brackets that never close', '['.repeat(60_000), { follows: 'RFC 8259 9' }),
    text('10,000 objects that never close', '{"a":'.repeat(10_000), { follows: 'RFC 8259 9' }),
    {
      name: 'as deep as may be',
      follows: 'RFC 8259 9',
      sends: listing(`{"a":${nested('[', ']', BOUNDS.jsonDepth - 2)},${META}}`),
      gets: [served()],
      leaves: 'kept',
    },
    {
      name: 'wide instead of deep',
      follows: 'RFC 8259 9',
      sends: listing(`{"a":[${'[],'.repeat(10_000)}0],${META}}`),
      gets: [served()],
      leaves: 'kept',
    },
  ],
};

/** Keys that one reader takes for the envelope's and another does not. */
const key = (name: string, body: string, more: Partial<Case> = {}): Case =>
  text(name, body, { follows: 'RFC 8259 4', ...wrong(400, INVALID), ...more });

const KEYS: readonly [string, string, Partial<Case>?][] = [
  ['method twice', CALL.replace('"method"', '"method":"tools/list","method"')],
  ['params twice', CALL.replace('"params"', '"params":{},"params"')],
  ['id twice', CALL.replace('"id"', '"id":"{nonce}","id"')],
  ['jsonrpc twice', CALL.replace('"method"', '"jsonrpc":"2.0","method"')],
  ['name twice', having('"name":"other"')],
  ['_meta twice', having('"_meta":{}')],
  [
    'the version twice',
    CALL.replace('clientInfo"', 'protocolVersion":"2025-11-25","io.modelcontextprotocol/clientInfo"'),
  ],
  ['method twice, once by an escape', CALL.replace('"method"', '"meth\\u006fd":"tools/list","method"')],
  ['name twice, once by an escape', having('"n\\u0061me":"other"')],
  ['Method beside method', CALL.replace('"method"', '"Method":"tools/list","method"')],
  ['METHOD alone', CALL.replace('"method"', '"METHOD"')],
  ['Params beside params', CALL.replace('"params"', '"Params":{},"params"')],
  ['a long s in params', CALL.replace('"params"', '"param\xc5\xbf":{},"params"')],
  ['a Kelvin sign', having('"_meta":1').replace('"_meta":1', '"\xef\xbd\x8eame":"other"')],
  ['Name beside name', having('"Name":"other"')],
  ['ID beside id', CALL.replace('"id"', '"ID":1,"id"')],
];

export const jsonKeys: CaseClass = {
  name: 'keys of the envelope',
  leavesOut: NO_MCP,
  cases: KEYS.map(([name, body, more]) => key(name, body, more)),
};

const proto = (name: string, sends: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'RFC 8259 4',
  sends,
  gets: [served()],
  leaves: 'kept',
  ...more,
});

const INHERITED = `{"__proto__":{"jsonrpc":"2.0","method":"tools/call","params":${called()}},"id":"{nonce}"}`;

/** Names that mean something to a prototype and nothing to JSON. */
export const prototypeKeys: CaseClass = {
  name: 'prototype keys',
  leavesOut: NO_MCP,
  cases: [
    proto('__proto__ among the params', listing(`{"__proto__":{"admin":true},${META}}`)),
    proto('constructor among the params', listing(`{"constructor":{"prototype":{"admin":true}},${META}}`)),
    proto(
      '__proto__ in _meta',
      listing(`{${META.slice(0, -1)},"__proto__":{"io.modelcontextprotocol/logLevel":"debug"}}}`),
    ),
    proto(
      '__proto__ in the capabilities',
      listing(`{${META.replace('Capabilities":{}', 'Capabilities":{"__proto__":{"elicitation":{}}}')}}`),
    ),
    proto('__proto__ as the message', stateless('tools/call', INHERITED, '{tool}'), wrong(400, INVALID)),
    proto(
      '__proto__ as the envelope',
      stateless(
        'tools/call',
        `{"jsonrpc":"2.0","id":"{nonce}","method":"tools/call","params":{"__proto__":${called()}}}`,
        '{tool}',
      ),
      wrong(400, -32_602),
    ),
    proto('a method of that name', stateless('__proto__', message('__proto__')), wrong(404, -32_601)),
    proto('a method named constructor', stateless('constructor', message('constructor')), wrong(404, -32_601)),
    proto(
      'a tool of that name',
      stateless('tools/call', message('tools/call', `{"name":"__proto__",${META}}`), '__proto__'),
      wrong(200, -32_602),
    ),
    proto(
      'a tool named toString',
      stateless('tools/call', message('tools/call', `{"name":"toString",${META}}`), 'toString'),
      wrong(200, -32_602),
    ),
    proto(
      'a tool of a server of that name',
      stateless('tools/call', message('tools/call', `{"name":"__proto____echo",${META}}`), '__proto____echo'),
      wrong(200, -32_602),
    ),
  ],
};
