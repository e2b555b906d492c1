/** What becomes of a connection: expectations, several requests at once, silence, slowness, half an end (RFC 9112, sections 8 and 9). */
import { malformed, nothing, OWN_ID, refusal, refused, served, type Case, type CaseClass } from '../case.ts';
import { adding, calmly, framed, hosted, message, META } from '../writing.ts';

const expecting = (name: string, sends: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'RFC 9110 10.1.1',
  sends,
  gets: [served()],
  leaves: 'in-sync',
  mayContinue: true,
  ...more,
});

export const expectations: CaseClass = {
  name: 'expect',
  cases: [
    expecting('100-continue and the body at once', calmly('Expect: 100-continue')),
    expecting(
      '100-continue where the route is unknown',
      '{method} /nowhere HTTP/1.1\nHost: {host}\nExpect: 100-continue\n{fields}\n{body}',
      {
        gets: [refusal(404)],
        mayContinue: false,
      },
    ),
    expecting('100-continue where the host is foreign', hosted('Host: evil.example', 'Expect: 100-continue'), {
      gets: [refusal(403)],
      mayContinue: false,
      leavesOut: { health: 'it answers any Host' },
    }),
    expecting('100-continue and too large a body', framed(['Expect: 100-continue', 'Content-Length: 99999999'], ''), {
      gets: [refusal(413)],
      leaves: 'closed',
      mayContinue: false,
      ends: 'waits',
      control: { gets: [refusal(405, 413)], leaves: 'closed' },
    }),
    expecting('something else', adding('Expect: 200-maybe'), { gets: [refusal(417)], mayContinue: false }),
    expecting('something else besides', adding('Expect: 100-continue, x=y'), {
      gets: [refusal(417)],
      mayContinue: false,
    }),
  ],
};

const BAD_HOST = '{method} {path} HTTP/1.1\nHost: evil@x\n{fields}\n{body}';
const MISSING = '{method} /nowhere HTTP/1.1\nHost: {host}\n\n';

const several = (name: string, sends: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'RFC 9112 9.3.2',
  sends,
  gets: [refusal(404)],
  leaves: 'kept',
  ...more,
});

export const pipelining: CaseClass = {
  name: 'pipelining',
  cases: [
    several('five requests, each refused', MISSING.repeat(5), {
      further: Array.from({ length: 4 }, () => [refusal(404)]),
    }),
    several('what is refused ends what stands behind it', `${MISSING}${BAD_HOST}${MISSING}`, {
      further: [[refusal(400)]],
      leaves: 'closed',
    }),
    several('answers keep the order of the requests', calmly(), {
      sends: [calmly(), MISSING],
      gets: [served()],
      further: [[refusal(404)]],
    }),
    several(
      'behind Connection: close nothing is read',
      `{method} {path} HTTP/1.1\nHost: {host}\nConnection: close\n{calm}{counted}\n{list}`,
      {
        follows: 'RFC 9112 9.6',
        gets: [served()],
        leaves: 'closed',
      },
    ),
    several(
      'close among other options',
      `{method} {path} HTTP/1.1\nHost: {host}\nConnection: x, Close\n{calm}{counted}\n{list}`,
      {
        follows: 'RFC 9112 9.6',
        gets: [served()],
        leaves: 'closed',
      },
    ),
    several('a line end too much between two', `${MISSING}\n`, { follows: 'RFC 9112 2.2' }),
    several('bytes too many behind a body', calmly(), {
      follows: 'RFC 9112 6.3',
      sends: [calmly(), 'x'],
      gets: [served()],
      further: [[refusal(400)]],
      leaves: 'closed',
    }),
  ],
};

const LATE = { follows: 'RFC 9110 15.5.9', gets: [refusal(408)], leaves: 'closed' } as const;
const READ = { control: { gets: [refusal(400, 405, 408), served()], leaves: 'closed' } } as const;

const slow = (name: string, sends: string, more: Partial<Case> = {}): Case => ({
  name,
  sends,
  ...LATE,
  ends: 'waits',
  ...more,
});

export const slowness: CaseClass = {
  name: 'slowness',
  cases: [
    slow('nothing at all', '', { follows: 'RFC 9112 9.5', gets: [nothing] }),
    slow('one byte', 'P'),
    slow('half a line', '{method} /heal'),
    slow('half a head', '{method} {path} HTTP/1.1\nHost: {host}\nX-A: '),
    slow('a head that goes on for ever', '{method} {path} HTTP/1.1\nHost: {host}\nX-A: ', { ends: 'drips' }),
    slow('half a body', framed(['Content-Length: 500'], '{'), READ),
    slow('a body that goes on for ever', framed(['Content-Length: 60000'], '{'), { ...READ, ends: 'drips' }),
    slow('a chunk that does not come', framed(['Transfer-Encoding: chunked'], '5\nhe'), READ),
    slow('a chunk size that goes on for ever', framed(['Transfer-Encoding: chunked'], '0'), {
      ...READ,
      ends: 'drips',
      gets: [refusal(400, 408)],
    }),
    slow('no last chunk', framed(['Transfer-Encoding: chunked'], '5\nhello\n'), READ),
  ],
};

const ended = (name: string, sends: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'RFC 9112 8',
  sends,
  gets: [nothing, refusal(400)],
  leaves: 'closed',
  ends: 'fin',
  ...more,
});

export const halfRequests: CaseClass = {
  name: 'half requests',
  cases: [
    ended('an end at once', '', { gets: [nothing] }),
    ended('an end inside the line', '{method} {path} HT'),
    ended('an end inside the head', '{method} {path} HTTP/1.1\nHost: {ho'),
    ended('an end before the body', framed(['Content-Length: 50'], ''), {
      control: { gets: [nothing, refusal(400, 405)], leaves: 'closed' },
    }),
    ended('an end inside the body', framed(['Content-Length: 500'], '{body}'), {
      control: { gets: [nothing, refusal(400, 405)], leaves: 'closed' },
    }),
    ended('an end inside a chunk', framed(['Transfer-Encoding: chunked'], '400\n{body}'), {
      control: { gets: [nothing, refusal(400, 405)], leaves: 'closed' },
    }),
    ended('an end before the last chunk', framed(['Transfer-Encoding: chunked'], '5\nhello\n'), {
      control: { gets: [nothing, refusal(400, 405)], leaves: 'closed' },
    }),
    ended('an error inside the head', '{method} {path} HTTP/1.1\nHost: ', { ends: 'reset', gets: [nothing] }),
    ended('an error inside the body', framed(['Content-Length: 500'], '{body}'), { ends: 'reset', gets: [nothing] }),
    ended('an end behind a request that is refused', MISSING, {
      gets: [nothing, refusal(404)],
      follows: 'RFC 9112 9.6',
    }),
  ],
};

/** Other protocols that knock at a door of HTTP. */
const otherwise = (name: string, sends: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'RFC 9112 3',
  sends,
  ...malformed,
  ...more,
});

export const otherProtocols: CaseClass = {
  name: 'other protocols',
  cases: [
    otherwise('TLS 1.2 and 1.3', '\x16\x03\x01\x02␀\x01␀\x01\xfc\x03\x03', {
      leavesOut: { 'data-tls': 'there it is right' },
      isBelowTls: true,
    }),
    otherwise('SSL 2', '\x80\x2e\x01␀\x02␀\x15␀␀␀\x10', {
      leavesOut: { 'data-tls': 'a class of its own' },
      isBelowTls: true,
    }),
    otherwise('SSH', 'SSH-2.0-OpenSSH_9.9\n'),
    otherwise('SMTP', 'EHLO evil.example\n'),
    otherwise('SOCKS 5', '\x05\x01␀\x05\x01␀\x01\x7f␀␀\x01␀\x50'),
    otherwise(
      'the PROXY protocol',
      'PROXY TCP4 1.2.3.4 127.0.0.1 1 80\n{method} {path} HTTP/1.1\nHost: {host}\n{fields}\n{body}',
    ),
    otherwise('the PROXY protocol, version 2', '\n\n␀\nQUIT␊\x21\x11␀\x0c\x01\x02\x03\x04\x7f␀␀\x01␀\x01␀\x50'),
    otherwise('a JSON-RPC message', `${message('tools/call', `{"name":"{tool}",${META}}`, OWN_ID)}\n`),
    otherwise('bytes of no meaning', '␀\x01\x02\xff\xfe\xfd'.repeat(50)),
  ],
};

export const unknownRoutes: CaseClass = {
  name: 'routes of others',
  cases: [
    '/admin',
    '/api/v1/servers',
    '/console',
    '/test_mcp',
    '/mcp-connect/echo',
    '/mcp_message',
    '/sse',
    '/messages',
  ].map((path): Case => ({
    name: path,
    follows: 'RFC 9110 15.5.5',
    sends: `POST ${path} HTTP/1.1\nHost: {host}\nContent-Type: application/json\nContent-Length: {length}\n\n{"command":"touch","args":["/tmp/battery"],"env":{}}`,
    ...refused(404),
    ...(path === '/sse' || path === '/messages' ? { leavesOut: { data: 'it is served there' } } : {}),
  })),
};

export const planes: CaseClass = {
  name: 'routes of another listener',
  cases: [
    {
      name: 'health and figures are not told to clients',
      follows: 'interface: admin plane, never on the data listener',
      sends: 'GET /metrics HTTP/1.1\nHost: {host}\n\n',
      gets: [refusal(404)],
      leaves: 'kept',
      leavesOut: { admin: 'it is theirs', health: 'it is theirs' },
    },
    {
      name: 'readiness is not told to clients',
      follows: 'interface: admin plane, never on the data listener',
      sends: 'GET /readyz HTTP/1.1\nHost: {host}\n\n',
      gets: [refusal(404)],
      leaves: 'kept',
      leavesOut: { admin: 'it is theirs', health: 'it is theirs' },
    },
    {
      name: 'no call over the listeners of operators',
      follows: 'interface: listeners and routes',
      sends: `POST /mcp HTTP/1.1\nHost: {host}\nContent-Type: application/json\nAccept: application/json, text/event-stream\nMCP-Protocol-Version: 2026-07-28\nMcp-Method: tools/call\nMcp-Name: echo__echo\nContent-Length: {length}\n\n${message('tools/call', `{"name":"echo__echo",${META}}`)}`,
      ...refused(404),
      leavesOut: { data: 'it is there for that', 'data-tls': 'it is there for that' },
    },
  ],
};
