/** Runs the load generator of our own, for what wrk cannot do; see `load.c`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { compiled } from './tools.ts';
import type { CallText } from './workloads.ts';

export interface Loaded {
  readonly calls: number;
  readonly errors: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

export interface Loading {
  readonly url: string;
  readonly call: CallText;
  readonly connections: number;
  readonly calls: number;
  /** A second; 0 is as fast as answers come, and then `progress` is told of each hundredth part. */
  readonly rate: number;
  readonly progress?: (calls: number) => void;
}

export async function load({ url, call, connections, calls, rate, progress }: Loading): Promise<Loaded> {
  const { port } = new URL(url);
  const child = spawn(compiled('load'), [port, String(connections), String(calls), String(rate)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'close');
  child.stdin.end(requestText(url, call));
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    if (/^\d+$/.test(line)) progress?.(Number(line));
  }
  await ended;
  process.off('exit', kill);
  if (child.exitCode !== 0) throw new Error(`The load on ${url} ended with ${child.exitCode ?? child.signalCode}.`);
  const loaded = JSON.parse(last) as Loaded;
  if (loaded.errors > 0) throw new Error(`${loaded.errors} errors in ${loaded.calls} calls on ${url}`);
  return loaded;
}

function requestText(url: string, { headers, body }: CallText): string {
  const { host, pathname } = new URL(url);
  const lines = Object.entries({ Host: host, ...headers, 'Content-Length': String(Buffer.byteLength(body)) });
  return `POST ${pathname} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}
