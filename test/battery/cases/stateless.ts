/** What MCP 2026-07-28 asks of a request: its envelope, its methods and params. The headers that repeat it are in `mirrored`. */
import { NO_MCP, served, status, wrong, type Case, type CaseClass } from '../case.ts';
import { called, message, META, posting, stateless } from '../writing.ts';

const MISMATCH = -32_020;
const PARAMS = -32_602;
const METHOD = -32_601;
const KEY = 'io.modelcontextprotocol/';

const one = (name: string, sends: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'MCP 2026-07-28 Base protocol, _meta',
  sends,
  ...wrong(400, PARAMS),
  ...more,
});

const VERSION = 'MCP-Protocol-Version: 2026-07-28\n';
const call = (params: string): string => stateless('tools/call', message('tools/call', params), '{tool}');
const meta = (members: string): string => call(`{"name":"{tool}","_meta":{${members}}}`);
const VERSION_KEY = `"${KEY}protocolVersion":"2026-07-28"`;
const ABLE_KEY = `"${KEY}clientCapabilities":{}`;

export const envelopes: CaseClass = {
  name: 'envelope',
  leavesOut: NO_MCP,
  cases: [
    one('no params', stateless('tools/call', '{"jsonrpc":"2.0","id":"{nonce}","method":"tools/call"}', '{tool}')),
    one('no _meta', call('{"name":"{tool}"}')),
    one('_meta that is a list', call('{"name":"{tool}","_meta":[]}')),
    one('_meta that is null', call('{"name":"{tool}","_meta":null}')),
    one('no version', meta(ABLE_KEY)),
    one('a version that is a number', meta(`"${KEY}protocolVersion":20260728,${ABLE_KEY}`)),
    one('a version that is null', meta(`"${KEY}protocolVersion":null,${ABLE_KEY}`)),
    one('no capabilities', meta(VERSION_KEY)),
    one('capabilities that are a list', meta(`${VERSION_KEY},"${KEY}clientCapabilities":[]`)),
    one('capabilities that are null', meta(`${VERSION_KEY},"${KEY}clientCapabilities":null`)),
    one('client information that is a string', meta(`${VERSION_KEY},${ABLE_KEY},"${KEY}clientInfo":"x"`)),
    one('the version outside of _meta', call(`{"name":"{tool}",${VERSION_KEY},"_meta":{${ABLE_KEY}}}`)),
    one(
      '_meta outside of params',
      stateless(
        'tools/call',
        `{"jsonrpc":"2.0","id":"{nonce}","method":"tools/call","params":{"name":"{tool}"},${META}}`,
        '{tool}',
      ),
    ),
    one(
      'a version that does not exist',
      posting(
        'MCP-Protocol-Version: 2099-01-01\nMcp-Method: tools/call\nMcp-Name: {tool}\n',
        message('tools/call', called()).replace('2026-07-28', '2099-01-01'),
      ),
      {
        ...wrong(400, -32_022),
        follows: 'MCP 2026-07-28 Versioning',
      },
    ),
    one(
      'a version of sessions',
      posting(
        'MCP-Protocol-Version: 2025-11-25\nMcp-Method: tools/call\nMcp-Name: {tool}\n',
        message('tools/call', called()).replace('2026-07-28', '2025-11-25'),
      ),
      {
        ...wrong(400, -32_022),
        follows: 'MCP 2026-07-28 Versioning',
      },
    ),
    one(
      'a version that is no date',
      posting(
        'MCP-Protocol-Version: DROP TABLE\nMcp-Method: tools/call\nMcp-Name: {tool}\n',
        message('tools/call', called()).replace('2026-07-28', 'DROP TABLE'),
      ),
      {
        ...wrong(400, -32_022),
        follows: 'MCP 2026-07-28 Versioning',
      },
    ),
  ],
};

const method = (name: string): Case => ({
  name,
  follows: 'MCP 2026-07-28 Streamable HTTP, status codes',
  sends: stateless(name, message(name)),
  ...wrong(404, METHOD),
});

export const methodsOfOthers: CaseClass = {
  name: 'methods',
  leavesOut: NO_MCP,
  cases: [
    ...[
      'ping',
      'initialize',
      'logging/setLevel',
      'resources/subscribe',
      'resources/unsubscribe',
      'tasks/list',
      'roots/list',
    ].map(method),
    ...['sampling/createMessage', 'elicitation/create', 'tools/Call', 'rpc.discover', 'notifications/initialized'].map(
      method,
    ),
    {
      name: 'one that is 3,000 letters long',
      follows: 'MCP 2026-07-28 Streamable HTTP, status codes',
      sends: stateless('x'.repeat(3000), message('x'.repeat(3000))),
      ...wrong(404, METHOD),
    },
    {
      name: 'one with a line end in it',
      follows: 'MCP 2026-07-28 Streamable HTTP, header validation',
      sends: stateless('tools/call', message('tools/call\\r\\nX: y', called()), '{tool}'),
      ...wrong(400, MISMATCH),
    },
    {
      name: 'one that is empty',
      follows: 'MCP 2026-07-28 Streamable HTTP, status codes',
      sends: stateless('', message('')),
      ...wrong(404, METHOD),
    },
  ],
};

const params = (name: string, asked: string, text: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'MCP 2026-07-28 Pagination',
  sends: stateless(asked, message(asked, text)),
  ...wrong(200, PARAMS),
  ...more,
});

const SUBSCRIPTIONS = { follows: 'MCP 2026-07-28 Subscriptions' } as const;
const LEVEL = { follows: 'MCP 2026-07-28 Logging' } as const;
const TOOL = 'MCP 2026-07-28 Tools, error handling';
const unknown = (name: string, text: string, header = text): Case => ({
  name,
  follows: TOOL,
  sends: stateless('tools/call', message('tools/call', `{"name":${JSON.stringify(text)},${META}}`), header),
  ...wrong(200, PARAMS),
});
const levelled = (level: string): string => message('tools/list', `{${META.slice(0, -1)},"${KEY}logLevel":${level}}}`);

export const strangeParams: CaseClass = {
  name: 'params',
  leavesOut: NO_MCP,
  cases: [
    params('a forged cursor', 'tools/list', `{"cursor":"MTAwMA==",${META}}`),
    params('an empty cursor', 'tools/list', `{"cursor":"",${META}}`),
    params('a cursor that is a number', 'tools/list', `{"cursor":1,${META}}`),
    params('a cursor that is an object', 'tools/list', `{"cursor":{},${META}}`),
    params('a cursor of 50,000 letters', 'tools/list', `{"cursor":"${'a'.repeat(50_000)}",${META}}`),
    params('listening to nothing that is said', 'subscriptions/listen', `{${META}}`, SUBSCRIPTIONS),
    params('listening to a list', 'subscriptions/listen', `{"notifications":[],${META}}`, SUBSCRIPTIONS),
    params(
      'listening to a URI that is none',
      'subscriptions/listen',
      `{"notifications":{"resourceSubscriptions":[1]},${META}}`,
      SUBSCRIPTIONS,
    ),
    {
      ...params('a log level that does not exist', 'tools/list', '', LEVEL),
      sends: stateless('tools/list', levelled('"loud"')),
      gets: [...wrong(200, PARAMS).gets, served()],
    },
    unknown('a tool that does not exist', 'echo__nothing'),
    unknown('a tool of a server that does not exist', 'none__echo'),
    unknown('a tool with a path', '../echo'),
    unknown('a tool with no name', ''),
    {
      ...unknown('forged state on a tool that does not exist', ''),
      follows: 'MCP 2026-07-28 Multi round-trip requests',
      sends: stateless(
        'tools/call',
        message('tools/call', `{"name":"none__x","requestState":"AAAA","inputResponses":{"a":{}},${META}}`),
        'none__x',
      ),
    },
    {
      ...unknown('answers that are a list', ''),
      follows: 'MCP 2026-07-28 Multi round-trip requests',
      sends: call(called('"inputResponses":[1],')),
    },
    {
      ...unknown('forged state on a tool that exists', ''),
      follows: 'MCP 2026-07-28 Multi round-trip requests',
      sends: `POST /mcp HTTP/1.1\nHost: {host}\n{types}${VERSION}Mcp-Method: tools/call\nMcp-Name: echo__echo\nContent-Length: {length}\n\n${message('tools/call', `{"name":"echo__echo","requestState":"AAAA",${META}}`)}`,
    },
    ...['{}', '[]', 'true', 'null', '1.5'].map((token): Case => ({
      name: `a progress token that is ${token}`,
      follows: 'MCP 2026-07-28 Progress',
      sends: stateless('tools/list', message('tools/list', `{${META.slice(0, -1)},"progressToken":${token}}}`)),
      gets: [served(), ...wrong(400, PARAMS).gets],
      leaves: 'kept',
    })),
  ],
};

const note = (name: string, sends: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'MCP 2026-07-28 Streamable HTTP, sending messages',
  sends,
  gets: [status(202)],
  leaves: 'kept',
  ...more,
});

export const notes: CaseClass = {
  name: 'notifications',
  leavesOut: NO_MCP,
  cases: [
    note(
      'a call that is a notification',
      stateless('tools/call', `{"jsonrpc":"2.0","method":"tools/call","params":${called()}}`, '{tool}'),
    ),
    note(
      'the end of what was never begun',
      posting(VERSION, '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"{nonce}"}}'),
    ),
    note(
      'one that its header denies',
      stateless('tools/call', '{"jsonrpc":"2.0","method":"notifications/cancelled"}', '{tool}'),
      wrong(400, MISMATCH, 'none'),
    ),
    note('one that nobody knows', posting(VERSION, '{"jsonrpc":"2.0","method":"notifications/none","params":{}}')),
    note(
      'a request named like one',
      stateless('notifications/cancelled', message('notifications/cancelled')),
      wrong(404, METHOD),
    ),
    note(
      'progress of nothing',
      posting(VERSION, '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}'),
    ),
  ],
};
