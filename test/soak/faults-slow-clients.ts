/** Hundreds of clients that say one byte now and then: cut at their deadline, and nobody else waits for them. */
import { connect } from 'node:net';
import { judgePace, Pace } from './faults-pace.ts';
import { RawUpstreams } from './faults-raw.ts';
import type { Stage } from './faults-stage.ts';
import { SoakGateway } from './gateway.ts';

const HEAD = 'POST /servers/one/mcp HTTP/1.1\r\nhost: HOST\r\n';
const REST = [
  'accept: application/json, text/event-stream',
  'content-type: application/json',
  'mcp-protocol-version: 2026-07-28',
  'mcp-method: tools/call',
  'mcp-name: echo',
  'content-length: 1000',
];
/** No client is cut before its time; the bounds count in ticks. */
const EARLY_MS = 100;

interface Cut {
  readonly ms: number;
  readonly status: string;
}

export async function slowClients(stage: Stage) {
  const { small, findings, tell, folder } = stage;
  const [headerMs, bodyMs, byteMs, clients] = small ? [2_000, 3_000, 500, 100] : [10_000, 30_000, 5_000, 500];
  const [quietSeconds, lateMs] = small ? [2, 3_000] : [10, 1_000];
  using upstream = await RawUpstreams.started(1);
  const bounds = { headerTimeout: `${headerMs}ms`, bodyTimeout: `${bodyMs}ms`, connectionsPerAddress: 5_000 };
  await using gateway = await SoakGateway.started(folder, { bounds, servers: { one: { url: upstream.url } } });
  await using pace = new Pace([`${gateway.url}/servers/one/mcp`]);

  const play = async (name: string, deadlineMs: number, withHead: boolean) => {
    const all = Promise.all(Array.from({ length: clients }, () => slowly(gateway.url, byteMs, withHead)));
    const phase = await pace.during(name, all);
    const cuts = await all;
    const wrong = cuts.filter(
      ({ ms, status }) => ms < deadlineMs - EARLY_MS || ms > deadlineMs + lateMs || status !== '408',
    );
    const [first] = wrong;
    if (first) findings.add('cut', `${wrong.length} of ${name}, the first after ${first.ms} ms with "${first.status}"`);
    const latestMs = Math.round(Math.max(...cuts.map(({ ms }) => ms)));
    tell(`  ${name}: ${clients} clients cut after ${latestMs} ms at the latest`);
    return { phase, latestMs };
  };
  const before = await pace.take('before', quietSeconds);
  const heads = await play('slow heads', headerMs, false);
  const between = await pace.take('between', quietSeconds);
  const bodies = await play('slow bodies', bodyMs, true);
  const after = await pace.take('after', quietSeconds);
  const latestMs = { heads: heads.latestMs, bodies: bodies.latestMs };
  return { clients, latestMs, ...judgePace(stage, [before, between, after], [heads.phase, bodies.phase]) };
}

/** One byte after the other, of the head or of the body, until it is cut. */
function slowly(url: string, byteMs: number, withHead: boolean): Promise<Cut> {
  const { host, hostname, port } = new URL(url);
  const text = `${HEAD.replace('HOST', host)}${REST.join('\r\n')}\r\n\r\n`;
  return new Promise((resolve) => {
    let begun = performance.now();
    let status = '';
    let at = 0;
    const say = (): void => void socket.write(withHead ? ' ' : text.charAt((at += 1) - 1));
    const socket = connect({ host: hostname, port: Number(port), noDelay: true }, () => {
      begun = performance.now();
      if (withHead) socket.write(text);
      else say();
    });
    const timer = setInterval(say, byteMs);
    const end = (): void => {
      clearInterval(timer);
      socket.destroy();
      resolve({ ms: performance.now() - begun, status });
    };
    socket.on('data', (chunk: Buffer) => (status ||= chunk.toString('latin1', 9, 12)));
    socket.on('error', () => undefined);
    socket.once('end', end);
    socket.once('close', end);
  });
}
