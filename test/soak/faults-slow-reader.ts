/**
 * A client that reads one kilobyte a second while its server sends ten megabytes a second: what it costs the gateway is memory for one
 * client's arrears, and none of it stays. Its cost is what it takes beyond a client that reads all of the same.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Client } from './client.ts';
import type { Revision } from './client.ts';
import { RawUpstreams } from './faults-raw.ts';
import { inMegabytes, wait } from './faults-stage.ts';
import type { Stage } from './faults-stage.ts';
import { SoakGateway } from './gateway.ts';
import { until } from './soak.ts';

const revisions: readonly Revision[] = ['2026-07-28', '2025-11-25'];
const READ_BYTES = 1024;
const READ_MS = 1000;
const COST_BYTES = 2 * 1024 ** 2;
const LOOK_MS = 100;
const SETTLED_MS = 20_000;

export async function slowReader(stage: Stage) {
  const figures: Record<string, unknown> = {};
  for (const revision of revisions) figures[revision] = await read(stage, revision);
  return figures;
}

async function read({ small, findings, tell, folder }: Stage, revision: Revision) {
  const [rounds, phaseMs] = small ? [1, 6_000] : [3, 20_000];
  using upstream = await RawUpstreams.started(1, revision);
  await using gateway = await SoakGateway.started(folder, { servers: { one: { url: upstream.url } } });
  const session = await sessionOf(`${gateway.url}/servers/one/mcp`, revision);
  const listen = (slowly: boolean) => reading(gateway.url, { revision, session, slowly });
  const play = async (slowly: boolean) => {
    const stop = listen(slowly);
    const peak = await peakOf(gateway, phaseMs);
    const { bytes, streams } = stop();
    return { peak, bytes, streams };
  };
  // the first pass of each finds the heap as large as the traffic wants it
  await play(false);
  await play(true);
  const costs: number[] = [];
  let streams = 0;
  let keptBytes = 0;
  for (let round = 1; round <= rounds; round += 1) {
    const fast = await play(false);
    const between = await settled(gateway);
    const slow = await play(true);
    keptBytes = (await settled(gateway)) - between;
    costs.push(slow.peak - fast.peak);
    streams += slow.streams;
    const told = `${inMegabytes(slow.peak - fast.peak)} MB more than a quick reader, ${inMegabytes(keptBytes)} MB kept`;
    tell(`  ${revision} ${round}/${rounds}: ${told}, ${slow.streams} streams, ${slow.bytes} bytes read`);
    const mostBytes = (phaseMs / READ_MS + 2) * READ_BYTES * slow.streams;
    if (slow.bytes > mostBytes) findings.add('weak', `the slow client read ${slow.bytes} bytes`);
    if (fast.bytes < (phaseMs / 1000) * 5_000_000)
      findings.add('weak', `the quick client read only ${fast.bytes} bytes`);
  }
  const costBytes = Math.min(...costs);
  if (costBytes > COST_BYTES || keptBytes > COST_BYTES)
    findings.add('memory', `${revision}: ${inMegabytes(costBytes)} MB, and ${inMegabytes(keptBytes)} MB kept`);
  return { costMb: inMegabytes(costBytes), keptMb: inMegabytes(keptBytes), streams };
}

async function sessionOf(url: string, revision: Revision): Promise<string> {
  if (revision === '2026-07-28') return '';
  const params = { protocolVersion: revision, capabilities: {}, clientInfo: { name: 'reader', version: '1' } };
  const client = new Client(url, revision, { logs: false });
  const { headers } = await client.ask({ method: 'initialize', params });
  await client.close();
  return `mcp-session-id: ${String(headers['mcp-session-id'])}\r\n`;
}

async function peakOf(gateway: SoakGateway, ms: number): Promise<number> {
  const { residentBytes } = gateway;
  let peak = residentBytes;
  for (const end = Date.now() + ms; Date.now() < end; await wait(LOOK_MS)) peak = Math.max(peak, gateway.residentBytes);
  return peak;
}

/** Nobody is there any more, and what was for them has been given back. */
async function settled(gateway: SoakGateway): Promise<number> {
  await until('nobody is there', SETTLED_MS, async () => (await gateway.gauge('gatehouse_connections')) === 0);
  await wait(1000);
  return gateway.residentBytes;
}

interface Reading {
  readonly revision: Revision;
  readonly session: string;
  readonly slowly: boolean;
}

/** One stream at a time; where it is closed, the next. */
function reading(url: string, how: Reading): () => { readonly bytes: number; readonly streams: number } {
  const state = { bytes: 0, streams: 0, over: false };
  let socket: Socket;
  const open = (): void => {
    state.streams += 1;
    socket = ask(url, how, (bytes) => (state.bytes += bytes));
    socket.once('close', () => {
      if (!state.over) open();
    });
  };
  open();
  return () => {
    state.over = true;
    socket.destroy();
    return state;
  };
}

function ask(url: string, { revision, session, slowly }: Reading, heard: (bytes: number) => void): Socket {
  const { host, hostname, port } = new URL(url);
  const envelope = `"io.modelcontextprotocol/protocolVersion":"${revision}","io.modelcontextprotocol/clientInfo":{"name":"r","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}`;
  const meta = `{"progressToken":7${revision === '2026-07-28' ? `,${envelope}` : ''}}`;
  const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"events","arguments":{},"_meta":${meta}}}`;
  const headers = ['accept: application/json, text/event-stream', 'content-type: application/json'];
  headers.push(`mcp-protocol-version: ${revision}`, 'mcp-method: tools/call', 'mcp-name: events');
  const lines = [`host: ${host}`, ...headers, `content-length: ${body.length}`].join('\r\n');
  const buffer = Buffer.alloc(slowly ? READ_BYTES : 262_144);
  const callback = (bytes: number): boolean => {
    heard(bytes);
    return !slowly;
  };
  const socket = connect({ host: hostname, port: Number(port), onread: { buffer, callback } });
  const timer = slowly ? setInterval(() => socket.resume(), READ_MS) : undefined;
  socket.on('error', () => undefined);
  socket.once('close', () => clearInterval(timer));
  socket.write(`POST /servers/one/mcp HTTP/1.1\r\n${lines}\r\n${session}\r\n${body}`);
  return socket;
}
