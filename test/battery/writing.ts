/**
 * How cases write what they send: text whose line ends become CRLF, in which `␍`, `␊` and `␀` stand for bare bytes and a character up to
 * U+00FF for the byte of that number. Words in braces are filled in for the listener at hand; `{length}` counts what follows the head.
 */
import type { Plane } from './case.ts';

export interface Place {
  readonly plane: Plane;
  /** As Host has it. */
  readonly authority: string;
  readonly scheme: 'http' | 'https';
  readonly path: string;
  /** The tool's public name on this path. */
  readonly tool: string;
  readonly nonce: string;
  /** What makes a message long, if anything. */
  readonly pad?: string;
  /** A session that was opened on this path, and one that was opened on another. */
  readonly session?: string;
  readonly foreign?: string;
  /** Further words: what had to be asked for first. */
  readonly prepared?: Readonly<Record<string, string>>;
}

const TYPES = 'Content-Type: application/json\nAccept: application/json, text/event-stream\n';
export const META =
  '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"b","version":"1"{pad}},"io.modelcontextprotocol/clientCapabilities":{}}';

/** Lets a real call through if it is let through. */
const CALL = `{"jsonrpc":"2.0","id":"{nonce}","method":"tools/call","params":{"name":"{tool}","arguments":{"battery":"{nonce}"},${META}}}`;
/** Answered by the gateway alone. */
const LIST = `{"jsonrpc":"2.0","id":"{nonce}","method":"tools/list","params":{${META}}}`;

const WORDS: Readonly<Record<Plane, Readonly<Record<string, string>>>> = {
  data: {
    method: 'POST',
    types: TYPES,
    named: `${TYPES}MCP-Protocol-Version: 2026-07-28\nMcp-Method: tools/call\nMcp-Name: {tool}\n`,
    fields: '{named}Content-Length: {length}\n',
    body: CALL,
    calm: `${TYPES}MCP-Protocol-Version: 2026-07-28\nMcp-Method: tools/list\n`,
    counted: 'Content-Length: {length}\n',
    list: LIST,
  },
  control: { method: 'GET', types: '', named: '', fields: '', body: '', calm: '', counted: '', list: '' },
};

/** The bytes of a text at a place. */
export function bytesOf(text: string, place: Place): Buffer {
  let filled = text;
  // Words may hold words.
  for (let round = 0; round < 4; round += 1)
    filled = filled.replaceAll(/\{([a-z]+)\}/g, (all, word: string) => fill(place, word) ?? all);
  const lines = filled.replaceAll('\n', '\r\n').replaceAll('␍', '\r').replaceAll('␊', '\n').replaceAll('␀', '\0');
  return Buffer.from(counted(lines), 'latin1');
}

/** A request inside a request has a length of its own, and it is part of the outer one's: from the last to the first. */
function counted(text: string): string {
  const at = text.lastIndexOf(LENGTH);
  if (at === -1) return text;
  const size = text.length - (text.indexOf('\r\n\r\n', at) + 4);
  return counted(`${text.slice(0, at)}${size}${text.slice(at + LENGTH.length)}`);
}

const LENGTH = '{length}';

function fill(place: Place, word: string): string | undefined {
  const own: Readonly<Record<string, string | undefined>> = {
    host: place.authority,
    scheme: place.scheme,
    path: place.path,
    tool: place.tool,
    ask: place.path === '/mcp' ? 'asking__ask' : 'ask',
    nonce: place.nonce,
    caller: callerOf(place, 0),
    stranger: callerOf(place, 1),
    pad: place.pad ?? '',
    session: place.session,
    foreign: place.foreign,
  };
  return own[word] ?? place.prepared?.[word] ?? WORDS[place.plane][word];
}

/** Few, so that what each of them has at servers is there before it is looked what the gateway holds. */
export const CALLERS = 8;
const callerOf = ({ nonce }: Place, next: number): string =>
  `caller-${(Number(nonce.replaceAll(/\D/g, '')) + next) % CALLERS}`;

/** A request that would do, with another request line. */
export const asking = (line: string): string => `${line}\nHost: {host}\n{fields}\n{body}`;

/** A request that would do, with these lines instead of its Host. */
export const hosted = (...lines: readonly string[]): string =>
  `{method} {path} HTTP/1.1\n${lines.map((line) => `${line}\n`).join('')}{fields}\n{body}`;

/** A request that would do, with these fields more. */
export const adding = (...lines: readonly string[]): string => hosted('Host: {host}', ...lines);

/** The same, but the request is one that may be answered: for what is unusual and right. */
export const calmly = (...lines: readonly string[]): string => {
  const more = lines.map((line) => `${line}\n`).join('');
  return `{method} {path} HTTP/1.1\nHost: {host}\n${more}{calm}{counted}\n{list}`;
};

/** A POST that says itself how long its body is. */
export const framed = (fields: readonly string[], body: string): string =>
  `POST {path} HTTP/1.1\nHost: {host}\n{named}${fields.map((line) => `${line}\n`).join('')}\n${body}`;

/** A message with the headers that a 2026-07-28 request has. */
export function stateless(method: string, body: string, name?: string): string {
  const named = name === undefined ? '' : `Mcp-Name: ${name}\n`;
  return posting(`MCP-Protocol-Version: 2026-07-28\nMcp-Method: ${method}\n${named}`, body);
}

/** A message with the headers of a 2025 session. */
export const sessioned = (
  body: string,
  fields = 'Mcp-Session-Id: {session}\nMCP-Protocol-Version: 2025-11-25\n',
): string => posting(fields, body);

/** @param fields whole lines. */
export const posting = (fields: string, body: string): string =>
  `POST {path} HTTP/1.1\nHost: {host}\n{types}${fields}Content-Length: {length}\n\n${body}`;

/** A request's JSON. `params` is JSON. */
export const message = (method: string, params = `{${META}}`, id = '"{nonce}"'): string =>
  `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`;

/** The params of a call that would do, and what else they have. */
export const called = (more = ''): string => `{"name":"{tool}","arguments":{"battery":"{nonce}"},${more}${META}}`;

/** What is sent before and behind: certainly right, and its answer certainly its own. */
export function goodRequest(place: Place): Buffer {
  return place.plane === 'control'
    ? bytesOf('GET /healthz HTTP/1.1\nHost: {host}\n\n', place)
    : bytesOf('POST /mcp HTTP/1.1\nHost: {host}\n{calm}Content-Length: {length}\n\n{list}', place);
}

/** What a caller says who it is with, where that is believed. */
const CALLER = 'X-Test-Caller: {caller}\n';
const ABLE_META = META.replace('clientCapabilities":{}', 'clientCapabilities":{"elicitation":{}}');

/** The params of a call that is asked for a name, and what else they have. */
export const asked = (more: string, args = '{"secret":"{nonce}"}', name = '{ask}'): string =>
  `{"name":"${name}","arguments":${args},${more}${ABLE_META}}`;

/** Such a call. */
export const stateful = (params: string, { path = '{path}', caller = CALLER, name = '{ask}' } = {}): string =>
  posting(
    `MCP-Protocol-Version: 2026-07-28\nMcp-Method: tools/call\nMcp-Name: ${name}\n${caller}`,
    message('tools/call', params),
  ).replace('{path}', path);

export const cursored = (more: string): string => `{${more}${META}}`;

/** A list that has more than one page. */
export const listed = (params: string, { path = '{path}', caller = CALLER, method = 'resources/list' } = {}): string =>
  posting(`MCP-Protocol-Version: 2026-07-28\nMcp-Method: ${method}\n${caller}`, message(method, params)).replace(
    '{path}',
    path,
  );
