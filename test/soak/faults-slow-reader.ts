/**
 * A client that reads one kilobyte a second while its server sends ten megabytes a second. It is let go of once it is too far behind, and
 * comes again. What that costs is how much more memory is in use while it is there than before and after, in the middle of each: the heap
 * breathes, and what one round finds is noise.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Client } from './client.ts';
import type { Revision } from './client.ts';
import { RawUpstreams } from './faults-raw.ts';
import { inMegabytes, median, wait } from './faults-stage.ts';
import type { Stage } from './faults-stage.ts';
import { SoakGateway } from './gateway.ts';
import { until } from './soak.ts';

const revisions: readonly Revision[] = ['2026-07-28', '2025-11-25'];
const ROUTE = '/servers/one/mcp';
const SESSION = 'mcp-session-id';
const READ_BYTES = 1024;
const READ_MS = 1000;
/** It is sent so much at once and closed so soon that it must come again to be a burden. */
const AGAIN_MS = 4_000;
const LOOK_MS = 50;
const ALONE_MS = 2_000;
const SETTLED_MS = 20_000;

export async function slowReader(stage: Stage) {
  const figures: Record<string, unknown> = {};
  for (const revision of revisions) figures[revision] = await read(stage, revision);
  return figures;
}

async function read({ small, findings, tell, folder }: Stage, revision: Revision) {
  // without a bound it would be ten a second
  const [rounds, phaseMs, warmMs, mostMb] = small ? [1, 3_000, 2_000, 20] : [7, 12_000, 30_000, 2];
  using upstream = await RawUpstreams.started(1, revision);
  await using gateway = await SoakGateway.started(folder, { servers: { one: { url: upstream.url } } });
  const phase = async () => {
    const stop = reading(gateway.url, revision);
    const during = await usual(gateway, phaseMs);
    return { during, ...(await stop()) };
  };
  const warm = reading(gateway.url, revision);
  await usual(gateway, warmMs);
  await warm();
  const costs: number[] = [];
  let before = await alone(gateway);
  for (let round = 1; round <= rounds; round += 1) {
    const { during, bytes, streams } = await phase();
    const after = await alone(gateway);
    costs.push(inMegabytes(during - (before + after) / 2));
    tell(`  ${revision} ${round}/${rounds}: ${costs.at(-1)} MB of ${inMegabytes(after)}, ${streams} streams`);
    if (bytes > (phaseMs / READ_MS + streams) * READ_BYTES) findings.add('weak', `the slow client read ${bytes} bytes`);
    if (!small && bytes === 0) findings.add('weak', 'the slow client read nothing');
    before = after;
  }
  const costMb = median(costs);
  if (!(costMb < mostMb)) findings.add('memory', `${revision}: ${costMb} MB for one slow reader`);
  return { costMb, costs };
}

/** What is in use when nobody is there. */
async function alone(gateway: SoakGateway): Promise<number> {
  await until('nobody is there', SETTLED_MS, async () => (await gateway.gauge('gatehouse_connections')) === 0);
  return usual(gateway, ALONE_MS);
}

/** What is in use in the middle of that time. */
async function usual(gateway: SoakGateway, ms: number): Promise<number> {
  const seen: number[] = [];
  for (const end = Date.now() + ms; Date.now() < end; await wait(LOOK_MS)) seen.push(gateway.residentBytes);
  return median(seen);
}

type Stop = () => Promise<{ readonly bytes: number; readonly streams: number }>;

/** One stream at a time: the next where it is closed, and now and then anyway. */
function reading(url: string, revision: Revision): Stop {
  const state = { bytes: 0, streams: 0, over: false };
  const leaving = Promise.withResolvers<void>();
  const read = async (): Promise<void> => {
    while (!state.over) {
      state.streams += 1;
      const session = await sessionOf(url, revision);
      const socket = ask(url, { revision, session }, (bytes) => (state.bytes += bytes));
      await Promise.race([new Promise((closed) => socket.once('close', closed)), wait(AGAIN_MS), leaving.promise]);
      socket.destroy();
      // in this revision a call goes on without its client, for as long as there is a session
      if (session !== undefined) await fetch(`${url}${ROUTE}`, { method: 'DELETE', headers: { [SESSION]: session } });
    }
  };
  const done = read();
  return async () => {
    state.over = true;
    leaving.resolve();
    await done;
    return state;
  };
}

async function sessionOf(url: string, revision: Revision): Promise<string | undefined> {
  if (revision === '2026-07-28') return undefined;
  const params = { protocolVersion: revision, capabilities: {}, clientInfo: { name: 'reader', version: '1' } };
  const client = new Client(`${url}${ROUTE}`, revision, { logs: false });
  const { headers } = await client.ask({ method: 'initialize', params });
  await client.close();
  return String(headers[SESSION]);
}

interface Asking {
  readonly revision: Revision;
  readonly session: string | undefined;
}

function ask(url: string, { revision, session }: Asking, heard: (bytes: number) => void): Socket {
  const { host, hostname, port } = new URL(url);
  const envelope = `"io.modelcontextprotocol/protocolVersion":"${revision}","io.modelcontextprotocol/clientInfo":{"name":"r","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}`;
  const meta = `{"progressToken":7${revision === '2026-07-28' ? `,${envelope}` : ''}}`;
  const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"events","arguments":{},"_meta":${meta}}}`;
  const headers = ['accept: application/json, text/event-stream', 'content-type: application/json'];
  if (session !== undefined) headers.push(`${SESSION}: ${session}`);
  headers.push(`mcp-protocol-version: ${revision}`, 'mcp-method: tools/call', 'mcp-name: events');
  const lines = [`host: ${host}`, ...headers, `content-length: ${body.length}`].join('\r\n');
  const buffer = Buffer.alloc(READ_BYTES);
  const callback = (bytes: number): boolean => {
    heard(bytes);
    return false;
  };
  const socket = connect({ host: hostname, port: Number(port), onread: { buffer, callback } });
  const timer = setInterval(() => socket.resume(), READ_MS);
  socket.on('error', () => undefined);
  socket.once('close', () => clearInterval(timer));
  socket.write(`POST ${ROUTE} HTTP/1.1\r\n${lines}\r\n\r\n${body}`);
  return socket;
}
