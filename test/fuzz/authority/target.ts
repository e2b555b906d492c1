/**
 * Host, Origin and request target, from bytes to route: the grammar beside the RFCs' own, the rules for hosts and origins beside a plain list, and
 * whatever is answered beside `new URL`. An input is a line each of Host, target and Origin.
 */
import type { Endpoint } from '../../../src/core/endpoint.ts';
import type { ListenSettings } from '../../../src/core/settings.ts';
import { SINGLETONS } from '../../../src/downstream/http/entry.ts';
import { hostRules } from '../../../src/downstream/http/hosts.ts';
import { intake, UNDERSCORED } from '../../../src/downstream/http/intake.ts';
import { Arrival } from '../../../src/wire/http1/arrival.ts';
import { OpenExchange, type Carrier } from '../../../src/wire/http1/exchange.ts';
import { RequestGrammar } from '../../../src/wire/http1/grammar.ts';
import { Parsers } from '../../../src/wire/http1/parser.ts';
import type { Target } from '../target.ts';
import { generateAuthority, WORDS } from './generate.ts';
import { isHost, targetOf } from './reference.ts';

const BOUNDS = { headerBytes: 65_536, headers: 20, targetBytes: 65_536 };

export const authority: Target = {
  name: 'authority',
  words: WORDS,
  generate: generateAuthority,
  judge(input) {
    const [host = '', target = '', origin] = input.toString('latin1').split('\n');
    // What is around them is another target's business: here a value is what a field's value may be.
    if (/[\0\r]/.test(host + target) || /[^\t\x20-\x7e\x80-\xff]/.test(origin ?? '')) return undefined;
    return sites.map((site) => judge(site, { host, target, origin })).find((wrong) => wrong !== undefined);
  },
};

interface Asked {
  readonly host: string;
  readonly target: string;
  readonly origin: string | undefined;
}

interface Site {
  readonly rules: ReturnType<typeof hostRules>;
  /** What it must answer: literally, in lower case; and names with any port. */
  readonly hosts: readonly string[];
  readonly names: readonly string[];
  readonly origins: readonly string[];
}

const NOTHING: ListenSettings = {
  address: { host: '127.0.0.1', port: 8080 },
  publicUrl: undefined,
  hosts: [],
  origins: [],
  trustedProxies: [],
  tls: undefined,
};
const own = ['127.0.0.1:8080', 'localhost:8080', '[::1]:8080'];
const open = ['10.0.0.5:80', '10.0.0.5', 'exact:81', '[2001:db8::2]:82'];
const sites: readonly Site[] = [
  {
    rules: hostRules(NOTHING, NOTHING.address),
    hosts: own,
    names: [],
    origins: own.map((host) => `http://${host}`),
  },
  {
    rules: hostRules(
      {
        ...NOTHING,
        hosts: ['gw.internal', '[2001:db8::1]', 'exact:81', '[2001:db8::2]:82'],
        publicUrl: 'https://mcp.example.com/gw',
        origins: ['https://app.example'],
      },
      { host: '10.0.0.5', port: 80 },
    ),
    hosts: [...open, 'mcp.example.com', 'mcp.example.com:443'],
    names: ['gw.internal', '[2001:db8::1]'],
    origins: [...open.map((host) => `http://${host}`), 'https://mcp.example.com', 'https://app.example'],
  },
];

const endpoints = new Map(
  ['/mcp', '/servers/files/mcp', '/adapters/files/mcp'].map((address) => [address, { address } as Endpoint]),
);
const parsers = new Parsers();
const grammar = new RequestGrammar({ singletons: SINGLETONS, underscored: UNDERSCORED });

interface Judged {
  /** As the grammar cut it. */
  readonly target: string;
  readonly endpoint: Endpoint | undefined;
  /** Of the answer that intake gave by itself. */
  readonly status: number | undefined;
  readonly body: string;
}

function judge(site: Site, asked: Asked): string | undefined {
  const judged = ours(site, asked);
  const host = asked.host.replace(/^[ \t]+|[ \t]+$/g, '');
  const target = isHost(host) && isOneWord(asked.target) ? targetOf(asked.target, host) : undefined;
  if (judged === undefined)
    return target === undefined ? undefined : `refuses what the grammar has: ${host} ${asked.target}`;
  if (target === undefined) return `takes what the grammar has not: ${host} ${asked.target}`;
  if (target !== judged.target) return `reads another target: ${judged.target} for ${target}`;
  const { origin } = asked;
  const isAnswered = !(judged.status === 403 && judged.body.includes('host'));
  const isTrusted = isAnswered && !(judged.status === 403 && judged.body.includes('origin'));
  if (isAnswered !== isServed(site, host)) return `${isAnswered ? 'answers' : 'does not answer'} a host: ${host}`;
  if (!isAnswered) return undefined;
  const trimmed = origin?.replace(/^[ \t]+|[ \t]+$/g, '');
  if (isTrusted !== isOrigin(site, trimmed))
    return `${isTrusted ? 'answers' : 'does not answer'} an origin: ${trimmed}`;
  if (!isTrusted) return undefined;
  return besideUrl({ ...asked, host }, judged);
}

/** Between method and version there is no other white space. */
const isOneWord = (target: string): boolean => /^[\x21-\x7e]+$/.test(target);

/** `undefined`: not accepted as HTTP. */
function ours({ rules }: Site, { host, target, origin }: Asked): Judged | undefined {
  const lines = [`Host: ${host}`, 'Accept: text/event-stream', ...(origin === undefined ? [] : [`Origin: ${origin}`])];
  const parser = parsers.borrow('request', BOUNDS);
  try {
    parser.execute(Buffer.from(`GET ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1'));
    if (!parser.complete || parser.problem !== undefined) return undefined;
    const verdict = grammar.judge(parser.head);
    if ('refused' in verdict) return undefined;
    let answer: Pick<Judged, 'status' | 'body'> = { status: undefined, body: '' };
    const carrier: Carrier = {
      answer: (_, { status, parts }) => (answer = { status, body: parts.map(String).join('') }),
      open: () => undefined,
      write: () => false,
      end: () => undefined,
      queued: () => 0,
    };
    const opening = { id: '1', method: 'GET', target: verdict.target, arrival: new Arrival('127.0.0.1', 'http') };
    const visit = intake(new OpenExchange(opening, carrier, parser.head), rules, { endpoints, sse: new Map() });
    return { target: verdict.target, endpoint: visit?.endpoint, ...answer };
  } finally {
    parsers.giveBack(parser);
  }
}

function isServed({ hosts, names }: Site, host: string): boolean {
  const lower = host.toLowerCase();
  return (
    hosts.includes(lower) ||
    names.some((name) => lower === name || (lower.startsWith(`${name}:`) && isPort(lower.slice(name.length + 1))))
  );
}

const isPort = (text: string): boolean => /^[0-9]*$/.test(text);

function isOrigin({ origins, names }: Site, origin: string | undefined): boolean {
  if (origin === undefined) return true;
  const lower = origin.toLowerCase();
  if (origins.includes(lower)) return true;
  const match = /^https?:\/\/(.*?)(?::([1-9][0-9]{0,4}))?$/.exec(lower);
  return match !== null && names.includes(match[1] ?? '');
}

/** The host that is answered, and the route that was found, are those of anybody who reads the same URL. */
function besideUrl({ host, target }: Asked, judged: Judged): string | undefined {
  const whole = /^https?:/i.test(target) ? target : `http://${host}${target}`;
  const url = URL.parse(whole);
  if (url === null) return `answers what is no URL: ${whole}`;
  const [, name = '', port = ''] = /^(.*?)(?::([0-9]*))?$/.exec(host.toLowerCase()) ?? [];
  if (url.hostname !== name) return `answers another host than a URL has: ${host} is ${url.hostname}`;
  const isDefault = port === '' || Number(port) === (url.protocol === 'https:' ? 443 : 80);
  if (url.port !== (isDefault ? '' : String(Number(port)))) return `answers another port than a URL has: ${url.port}`;
  const { address } = judged.endpoint ?? {};
  const expected = endpoints.get(judged.target.split('?', 1)[0] ?? '')?.address;
  if (address !== expected) return `finds another route: ${address}`;
  return address === undefined || url.pathname === address
    ? undefined
    : `routes to ${address} what a URL reads as ${url.pathname}`;
}
