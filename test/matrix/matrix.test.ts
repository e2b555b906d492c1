/** The matrix itself: what is committed adds up, clients and fixtures agree when nothing stands between them, and a fault turns a cell red. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fields } from '../fixtures/conformance/message.ts';
import type { Fields } from '../fixtures/conformance/message.ts';
import { cellName, cells, facts, faces, features, reserved } from './cells.ts';
import type { Face, Feature } from './cells.ts';
import type { Client } from './client/client.ts';
import { HttpSessionsWire } from './client/http-sessions.ts';
import { HttpStatelessWire } from './client/http-stateless.ts';
import { SessionsClient } from './client/sessions.ts';
import { SseWire } from './client/sse.ts';
import { StatelessClient } from './client/stateless.ts';
import type { Wire } from './client/wire.ts';
import { runCell } from './matrix.ts';
import { AT_MOST, notApplicable } from './not-applicable.ts';
import { ableOf, Pair } from './pair.ts';
import { document } from './table.ts';
import { serveSessions } from './upstream/http-sessions.ts';
import { serveStateless } from './upstream/http-stateless.ts';
import { serveSse } from './upstream/sse.ts';
import { VENDOR } from './upstream/tools.ts';
import { World } from './world.ts';

describe('what is committed', () => {
  it('is 350 cells of different names, of which those that cannot be are few and not more than before', () => {
    expect(new Set(cells.map(cellName)).size).toBe(350);
    expect(AT_MOST).toBeLessThanOrEqual(60);
    expect(notApplicable.length).toBeLessThanOrEqual(AT_MOST);
    expect(notApplicable.every(({ clause }) => /^\d{4}-\d\d-\d\d, "/u.test(clause))).toBe(true);
  });

  it('is the table of the documents', () => {
    expect(readFileSync(join(import.meta.dirname, '../../docs/matrix.md'), 'utf8')).toBe(document());
  });
});

const overSockets = faces.filter(({ transport }) => transport !== 'stdio');

describe.each(overSockets)('a client of $name on its own fixture', (face) => {
  const possible = features.filter((feature) => feature !== 'elicitation' || facts[face.revision].elicitation);

  it.each(possible)('finds nothing wrong with %s', async (feature) => {
    expect(await fault(face, feature, {})).toBeUndefined();
  });
});

/** Each is something that a gateway may get wrong, and the cell that finds it. */
const planted: readonly (Tampering & {
  readonly what: string;
  readonly at: string;
  readonly feature: Feature;
  readonly says: RegExp;
})[] = [
  {
    what: 'loses a member that no revision knows',
    at: '2025-11-25/http',
    feature: 'call',
    says: /vendor/u,
    hear: (message) => inResult(message, ({ [VENDOR]: _gone, ...rest }) => rest),
  },
  {
    what: "answers a session with another revision's resultType",
    at: '2025-11-25/http',
    feature: 'prompts',
    says: /resultType/u,
    hear: (message) => inResult(message, (result) => ({ ...result, resultType: 'complete' })),
  },
  {
    what: 'lists without hints of caching',
    at: '2026-07-28/http',
    feature: 'list',
    says: /hints/u,
    hear: (message) => inResult(message, ({ ttlMs: _gone, ...rest }) => rest),
  },
  {
    what: "writes another revision's envelope",
    at: '2024-11-05/sse',
    feature: 'call',
    says: /_meta has/u,
    send: (message) => inParams(message, (params) => ({ ...params, _meta: { [`${reserved}logLevel`]: 'info' } })),
  },
  {
    what: 'tells progress twice',
    at: '2026-07-28/http',
    feature: 'progress',
    says: /progress 1 after 1/u,
    twice: 'notifications/progress',
  },
  {
    what: 'gives an id back in another type',
    at: '2025-11-25/http',
    feature: 'resources',
    says: /ended without an answer/u,
    hear: (message) =>
      'method' in message
        ? message
        : { ...message, id: typeof message['id'] === 'number' ? `${message['id']}` : Number(message['id']) },
  },
  {
    what: 'touches the state of a server',
    at: '2026-07-28/http',
    feature: 'elicitation',
    says: /the state is/u,
    send: (message) =>
      inParams(message, (params) => ('requestState' in params ? { ...params, requestState: 'mine' } : params)),
  },
  {
    what: 'invents a state where there was none',
    at: '2026-07-28/http',
    feature: 'roots',
    says: /requestState is no string/u,
    hear: (message) =>
      inResult(message, (result) => ('inputRequests' in result ? { ...result, requestState: 7 } : result)),
  },
  {
    what: 'says less than the client can do',
    at: '2025-11-25/http',
    feature: 'sampling',
    says: /what the upstream was told/u,
    send: (message) =>
      message['method'] === 'initialize'
        ? inParams(message, (params) => ({ ...params, capabilities: { sampling: {} } }))
        : message,
  },
];

describe('a cell turns red where somebody on the way', () => {
  it.each(planted)('$what', async ({ at, feature, says, ...tampering }) => {
    const face = faces.find(({ name }) => name === at);
    expect(face && (await fault(face, feature, tampering))).toMatch(says);
  });
});

interface Tampering {
  readonly hear?: (message: Fields) => Fields;
  readonly send?: (message: Fields) => Fields;
  /** A method whose messages come twice. */
  readonly twice?: string;
}

/** What a cell says when client and fixture of one face meet without a gateway; nothing where it holds. */
async function fault(face: Face, feature: Feature, tampering: Tampering): Promise<string | undefined> {
  const world = new World('direct');
  const { sessions } = facts[face.revision];
  await using server = await (face.transport === 'sse' ? serveSse : sessions ? serveSessions : serveStateless)(world);
  const url = `${server.origin}${face.transport === 'sse' ? '/sse' : '/mcp'}`;
  const wire =
    face.transport === 'sse' ? new SseWire(url) : sessions ? new HttpSessionsWire(url) : new HttpStatelessWire(url);
  const between = tampered(wire, tampering);
  const client: Client = sessions ? new SessionsClient(face, between) : new StatelessClient(face, between);
  try {
    await client.open(ableOf(face));
    await runCell(
      { client: face, upstream: face, feature },
      new Pair(client, { upstream: face, world, prefix: '', direct: true }),
    );
    return undefined;
  } catch (error) {
    return String(error);
  } finally {
    await client.close();
  }
}

function tampered(
  wire: Wire,
  { hear: change = (message) => message, send = (message) => message, twice }: Tampering,
): Wire {
  return {
    exchanges: wire.exchanges,
    open: (hear) =>
      wire.open((message, origin) => {
        hear(change(message), origin);
        if (twice !== undefined && message['method'] === twice) hear(message, origin);
      }),
    send: (message, sending) => wire.send(send(message), sending),
    begin: () => wire.begin(),
    close: () => wire.close(),
  };
}

function inResult(message: Fields, change: (result: Fields) => Fields): Fields {
  const result = fields(message['result']);
  return result && !('protocolVersion' in result) ? { ...message, result: change(result) } : message;
}

function inParams(message: Fields, change: (params: Fields) => Fields): Fields {
  const params = fields(message['params']);
  return params && 'id' in message ? { ...message, params: change(params) } : message;
}
