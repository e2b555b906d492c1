/** What the session revisions ask of a request: an id that is open here, a version that exists, one handshake (MCP 2025-11-25, "Transports", "Lifecycle"). */
import { malformed, NO_MCP, refusal, status, served, wrong, type Case, type CaseClass } from '../case.ts';
import { message, posting, sessioned } from '../writing.ts';

const INVALID = -32_600;
const SESSION = 'MCP 2025-11-25 Transports, session management';
const PING = message('ping', '{}');
const CALL = message('tools/call', '{"name":"{tool}","arguments":{"battery":"{nonce}"}}');
const VERSION = 'MCP-Protocol-Version: 2025-11-25\n';

const one = (name: string, sends: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: SESSION,
  sends,
  ...wrong(400, INVALID),
  ...more,
});
const held = (name: string, id: string, more: Partial<Case> = {}): Case =>
  one(name, sessioned(CALL, `Mcp-Session-Id: ${id}\n${VERSION}`), { ...wrong(404, INVALID), ...more });

export const sessionIds: CaseClass = {
  name: 'session ids',
  leavesOut: NO_MCP,
  cases: [
    one('none', sessioned(CALL, VERSION)),
    held('empty', '', wrong(400, INVALID)),
    held('one that never was', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
    held('one of another endpoint', '{foreign}'),
    held('ours, and something behind', '{session}x'),
    held('ours in quotes', '"{session}"'),
    held('ours twice in one', '{session}, {session}'),
    held('a wildcard', '*'),
    held('a path', '../../{session}'),
    held('of 3,000 letters', 'a'.repeat(3000)),
    held('beyond ASCII', '\u00e9\u00e9'),
    held('with a control byte', '{session}\x01', malformed),
    held('with a NUL', '{session}␀', malformed),
    held('with a line end', '{session}␍X: y', malformed),
    held('the name of a prototype', '__proto__'),
    {
      ...one('in the query instead', ''),
      sends: sessioned(CALL, VERSION).replace('{path}', '{path}?Mcp-Session-Id={session}'),
    },
    { ...one('in a cookie instead', ''), sends: sessioned(CALL, `Cookie: Mcp-Session-Id={session}\n${VERSION}`) },
    {
      ...one(
        'that somebody else ended',
        `DELETE {path} HTTP/1.1\nHost: {host}\nMcp-Session-Id: {session}\n\n${sessioned(CALL)}`,
      ),
      gets: [status(200)],
      further: [wrong(404, INVALID).gets],
    },
    { ...one('ended where there is none', 'DELETE {path} HTTP/1.1\nHost: {host}\n\n'), ...wrong(400, INVALID, 'null') },
    {
      ...one('ended by whoever guesses', 'DELETE {path} HTTP/1.1\nHost: {host}\nMcp-Session-Id: guess\n\n'),
      ...wrong(404, INVALID, 'null'),
    },
    {
      ...one(
        'listened to by whoever guesses',
        'GET {path} HTTP/1.1\nHost: {host}\nAccept: text/event-stream\nMcp-Session-Id: guess\n\n',
      ),
      ...wrong(404, INVALID, 'null'),
    },
  ],
};

const resumed = (name: string, id: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'MCP 2025-11-25 Transports, resumability',
  sends: `GET {path} HTTP/1.1\nHost: {host}\nAccept: text/event-stream\nMcp-Session-Id: {session}\nLast-Event-ID: ${id}\n\n`,
  gets: [refusal(400)],
  leaves: 'kept',
  ...more,
});

export const lastEventIds: CaseClass = {
  name: 'last event ids',
  leavesOut: NO_MCP,
  cases: [
    resumed('forged', '1'),
    resumed('of somebody else', '{foreign}.1'),
    resumed('negative', '-1'),
    resumed('a path', '../../etc/passwd'),
    resumed('of 3,000 letters', 'a'.repeat(3000)),
    resumed('with a NUL', 'a␀b', malformed),
  ],
};

const versioned = (name: string, version: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'MCP 2025-11-25 Transports, protocol version header',
  sends: sessioned(CALL, `Mcp-Session-Id: {session}\nMCP-Protocol-Version: ${version}\n`),
  ...wrong(400, INVALID),
  ...more,
});

export const sessionVersions: CaseClass = {
  name: 'version header',
  leavesOut: NO_MCP,
  cases: [
    versioned('one that never was', '1900-01-01'),
    versioned('one that is no date', 'latest'),
    versioned('empty', ''),
    versioned('with something behind', '2025-11-25;x'),
    versioned('two in one', '2025-11-25, 2025-06-18'),
    versioned('of the later revision, without its envelope', '2026-07-28', wrong(400, -32_602)),
    versioned('of a revision to come', '2099-01-01', wrong(400, -32_602)),
    versioned('in Arabic digits', '\xd9\xa2\xd9\xa0\xd9\xa2\xd9\xa5-11-25'),
  ],
};

const PARAMS = '{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"b","version":"1"}}';
const LIFECYCLE = 'MCP 2025-11-25 Lifecycle';

export const lifecycle: CaseClass = {
  name: 'lifecycle',
  leavesOut: NO_MCP,
  cases: [
    { ...one('a call before the handshake', sessioned(CALL, '')), follows: LIFECYCLE },
    { ...one('a list before the handshake', sessioned(message('tools/list', '{}'), '')), follows: LIFECYCLE },
    { ...one('a ping before the handshake', sessioned(PING, '')), follows: LIFECYCLE },
    {
      ...one('a second handshake inside a session', sessioned(message('initialize', PARAMS))),
      follows: LIFECYCLE,
      gets: [served(), ...wrong(400, INVALID).gets],
    },
    {
      ...one(
        'a handshake for a version that never was',
        sessioned(message('initialize', PARAMS.replace('2025-11-25', '1.0')), ''),
      ),
      follows: LIFECYCLE,
      gets: [served()],
    },
    {
      ...one('a handshake without params', sessioned('{"jsonrpc":"2.0","id":"{nonce}","method":"initialize"}', '')),
      follows: LIFECYCLE,
      gets: [served(), ...wrong(200, -32_602).gets],
    },
    {
      ...one('a handshake with params that are a list', sessioned(message('initialize', '[]'), '')),
      follows: LIFECYCLE,
    },
    {
      ...one(
        'a handshake with a version that is an object',
        sessioned(message('initialize', PARAMS.replace('"2025-11-25"', '{"__proto__":1}')), ''),
      ),
      follows: LIFECYCLE,
      gets: [served(), ...wrong(200, -32_602).gets],
    },
    {
      ...one(
        'a handshake that is a notification',
        sessioned(`{"jsonrpc":"2.0","method":"initialize","params":${PARAMS}}`, ''),
      ),
      follows: LIFECYCLE,
      ...wrong(400, INVALID, 'none'),
    },
    {
      ...one(
        'a handshake under the header of the later revision',
        posting('MCP-Protocol-Version: 2026-07-28\n', message('initialize', PARAMS)),
      ),
      follows: 'MCP 2026-07-28 Versioning',
      ...wrong(400, -32_020),
    },
    {
      ...one('initialized without a session', sessioned('{"jsonrpc":"2.0","method":"notifications/initialized"}', '')),
      follows: LIFECYCLE,
      ...wrong(400, INVALID, 'none'),
    },
  ],
};

const within = (name: string, body: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'MCP 2025-11-25 Base protocol',
  sends: sessioned(body),
  ...wrong(200, -32_602),
  ...more,
});

export const sessionRequests: CaseClass = {
  name: 'requests in a session',
  leavesOut: NO_MCP,
  cases: [
    within('an unknown method', message('no/such', '{}'), wrong(200, -32_601)),
    within('a method of the later revision', message('server/discover', '{}'), wrong(200, -32_601)),
    within(
      'listening as in the later revision',
      message('subscriptions/listen', '{"notifications":{}}'),
      wrong(200, -32_601),
    ),
    within('a task', message('tasks/get', '{"taskId":"x"}'), wrong(200, -32_601)),
    within('a method of servers', message('sampling/createMessage', '{}'), wrong(200, -32_601)),
    within('an unknown tool', message('tools/call', '{"name":"none"}')),
    within('a tool without a name', message('tools/call', '{}')),
    within('a tool whose name is a number', message('tools/call', '{"name":1}')),
    within('a forged cursor', message('tools/list', '{"cursor":"x"}')),
    within('a log level that does not exist', message('logging/setLevel', '{"level":"loud"}')),
    within('a log level that is a prototype', message('logging/setLevel', '{"level":"__proto__"}')),
    within('a resource without a URI', message('resources/subscribe', '{}')),
    within('not JSON', '{', wrong(400, -32_700, 'null')),
    within('a key twice', PING.replace('"method"', '"method":"tools/call","method"'), wrong(400, INVALID)),
    within('id null', message('ping', '{}', 'null'), wrong(400, INVALID, 'null')),
    within('an answer to what was never asked', '{"jsonrpc":"2.0","id":"{nonce}","result":{}}', {
      gets: [status(202), ...wrong(400, INVALID).gets],
    }),
    within(
      'the end of what was never begun',
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{"a":1}}}',
      { gets: [status(202)] },
    ),
    within('a call that is a notification', '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"{tool}"}}', {
      gets: [status(202)],
    }),
  ],
};
