/** What the data listener still takes on as the rungs of overload are climbed, asked over real connections. */
import { anonymous } from '../auth/inbound/anonymous.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLog } from '../../test/fakes/call.ts';
import { FakeTime } from '../../test/fakes/time.ts';
import { RawClient } from '../../test/fakes/wire.ts';
import type { Endpoint } from '../core/endpoint.ts';
import type { Load, Rung } from '../core/load.ts';
import { Payload } from '../core/payload.ts';
import { Snapshots } from '../core/snapshot.ts';
import { settingsOf } from '../config/settings.ts';
import { schema } from '../config/schema.ts';
import { Streams } from '../dispatch/listen.ts';
import { Budget } from '../kernel/bounded.ts';
import { Skim } from '../kernel/skim/skim.ts';
import { systemTime } from '../kernel/time.ts';
import { Output } from '../wire/http1/output.ts';
import { Parsers } from '../wire/http1/parser.ts';
import { DataPlane } from './data-plane.ts';

const log = silentLog;
let plane: DataPlane;
let load: Load;
let clients: RawClient[];

beforeEach(async () => {
  const written = schema.parse({ listen: '127.0.0.1:0', bounds: { drainTimeout: '0s' } });
  const place = { file: 'x', line: 1, column: 1 };
  const settings = settingsOf(written, { kind: 'map', entries: new Map(), place }, {});
  const endpoint: Endpoint = {
    address: '/mcp',
    isMerged: true,
    upstreams: [],
    serve: () => Promise.resolve({ kind: 'result', payload: Payload.ofResult('{"capabilities":{},"tools":[]}') }),
    tool: () => undefined,
    offers: () => Promise.resolve(false),
    place: () => Promise.resolve(undefined),
    publicUri: (_, uri) => uri,
  };
  const snapshots = new Snapshots({ endpoints: new Map([['/mcp', endpoint]]), sse: new Map() });
  load = { rung: 0, isDraining: false };
  clients = [];
  plane = await DataPlane.open({
    settings,
    snapshots,
    streams: new Streams(() => endpoint, log),
    time: new FakeTime(),
    log,
    load,
    counts: { parked: 0 },
    identity: anonymous,
    buffered: new Budget(1_000_000),
    parsers: new Parsers(),
    output: new Output(systemTime()),
    skim: new Skim(),
    freePorts: false,
  });
});

afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  await plane.drain();
});

function climb(rung: Rung): void {
  load.rung = rung;
  plane.relieve(rung);
}

function client(): RawClient {
  const opened = new RawClient(Number(new URL(plane.url).port));
  clients.push(opened);
  return opened;
}

const META =
  '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}';

function message(method: string): string {
  const isSession = method === 'initialize';
  const params = isSession ? '"protocolVersion":"2025-11-25","capabilities":{}' : `"name":"x",${META}`;
  const body = `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{${params}}}`;
  const stateless = `Mcp-Protocol-Version: 2026-07-28\r\nMcp-Method: ${method}\r\nMcp-Name: x\r\n`;
  const headers = 'Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n';
  const own = isSession ? headers : headers + stateless;
  return `POST /mcp HTTP/1.1\r\nHost: ${new URL(plane.url).host}\r\n${own}Content-Length: ${body.length}\r\n\r\n${body}`;
}

async function ask(method: string): Promise<string> {
  const asking = client();
  asking.send(message(method));
  await asking.answered();
  const { status, head } = asking.responses[0] ?? { status: 0, head: '' };
  return [status, /connection: (\S+)/.exec(head)?.[1], /retry-after: (\S+)/.exec(head)?.[1]].filter(Boolean).join(' ');
}

it.each<[Rung, string, string, string]>([
  [0, '200', '200', '200'],
  [1, '503 close 1', '200 close', '200 close'],
  [2, '503 close 1', '503 close 1', '200 close'],
])('on rung %i a session is %j, a tool call %j, a list %j', async (rung, session, call, list) => {
  climb(rung);
  expect([await ask('initialize'), await ask('tools/call'), await ask('tools/list')]).toEqual([session, call, list]);
});

it('on rung 3 nobody is let in, who is there is told, and afterwards all is as before', async () => {
  const before = client();
  before.send(message('tools/list'));
  await before.answered();
  climb(3);
  await client().ended();
  before.send(message('tools/call'));
  await before.answered(2);
  expect(before.responses.map(({ status }) => status)).toEqual([200, 503]);
  climb(0);
  expect(await ask('initialize')).toBe('200');
  expect(await ask('tools/call')).toBe('200');
});
