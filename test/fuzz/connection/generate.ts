/** Scripts: a few clients that send whole, cut, pipelined and wrong requests, an owner that answers when it likes, and time that passes. */
import type { Chance } from '../../soak/random.ts';
import { escaped } from './script.ts';

const TARGETS = ['/now', '/now', '/wait', '/wait', '/events', '/early', '/none'];

export const WORDS: readonly string[] = [
  'send 0 ',
  'send 1 ',
  'read 0 0\n',
  'read 0 100\n',
  'half 0\n',
  'reset 0\n',
  'answer 0 10\n',
  'answer 1 100000\n',
  'stream 0\n',
  'write 0 500\n',
  'end 0\n',
  'pass 250\n',
  'pass 1500\n',
  'pass 10000\n',
  'drain\n',
  '\\r\\n',
  '\\r\\n\\r\\n',
  '{3000}',
  '{70000}',
  '\n',
  'GET /now HTTP/1.1\\r\\nhost: a\\r\\n\\r\\n',
  'Expect: 100-continue\\r\\n',
  'Connection: close\\r\\n',
  'Content-Length: 5\\r\\n',
  'Transfer-Encoding: chunked\\r\\n',
  '0\\r\\n\\r\\n',
  'HEAD ',
  'POST ',
];

export function generateScript(chance: Chance): Buffer {
  const clients = 1 + chance.below(2);
  // What each client will have sent in the end, and how far it is.
  const streams = Array.from({ length: clients }, () => pieces(chance));
  const isCalm = chance.below(3) === 0;
  const lines: string[] = [];
  while (streams.some((stream) => stream.length > 0)) {
    const client = chance.below(clients);
    const piece = streams[client]?.shift();
    if (piece !== undefined) lines.push(`send ${client} ${escaped(piece)}`);
    if (chance.below(2) === 0) lines.push(step(chance, clients, isCalm));
  }
  for (let count = chance.below(6); count > 0; count -= 1) lines.push(step(chance, clients, isCalm));
  return Buffer.from(lines.join('\n'), 'latin1');
}

function step(chance: Chance, clients: number, isCalm: boolean): string {
  const exchange = chance.below(5);
  const calm = [`answer ${exchange} ${chance.one([0, 10, 300])}`, `stream ${exchange}`, `end ${exchange}`];
  if (isCalm) return chance.one(calm);
  const client = chance.below(clients);
  return chance.one([
    ...calm,
    `answer ${exchange} ${chance.one([5000, 70_000, 300_000, 600_000])}`,
    `write ${exchange} ${chance.one([0, 1, 400, 4000])}`,
    `write ${exchange} 1000`,
    `read ${client} ${chance.one([0, 10, 1000, 100_000, 999_999])}`,
    `pass ${chance.one([100, 250, 1000, 2500, 5000, 7000, 20_000])}`,
    chance.one([`half ${client}`, `reset ${client}`, 'drain', `read ${client} 0`]),
  ]);
}

function pieces(chance: Chance): string[] {
  let text = '';
  for (let count = 1 + chance.below(4); count > 0; count -= 1) text += request(chance);
  if (chance.below(8) === 0)
    text += chance.one([
      'GARBAGE',
      '\r\n',
      'GET',
      'GET / HTTP/1.1\r\n',
      'GET /now HTTP/1.0\r\n\r\n',
      '{2000}',
      'POST /now HTTP/1.1\r\nhost: a\r\n\r\n',
    ]);
  const cut: string[] = [];
  for (let at = 0; at < text.length;) {
    const size = chance.below(3) === 0 ? 1 + chance.below(8) : 1 + chance.below(text.length);
    cut.push(text.slice(at, at + size));
    at += size;
  }
  return cut;
}

function request(chance: Chance): string {
  const method = chance.one(['GET', 'POST', 'POST', 'POST', 'HEAD', 'DELETE']);
  const version = chance.below(8) === 0 ? 'HTTP/1.0' : 'HTTP/1.1';
  const extra = chance.one([
    '',
    '',
    '',
    'expect: 100-continue\r\n',
    'connection: close\r\n',
    'x-once: 1\r\n',
    'x: y\r\n',
  ]);
  const start = `${method} ${chance.one(TARGETS)} ${version}\r\nhost: a\r\n${extra}`;
  const body = 'b'.repeat(chance.one([0, 1, 20, 300, 1500, 2500]));
  if (method === 'GET' || method === 'HEAD') return `${start}\r\n`;
  if (chance.below(3) > 0) return `${start}content-length: ${body.length}\r\n\r\n${body}`;
  const half = Math.ceil(body.length / 2);
  const chunks = [body.slice(0, half), body.slice(half)].filter((chunk) => chunk !== '');
  const framed = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
  return `${start}transfer-encoding: chunked\r\n\r\n${framed}0\r\n\r\n`;
}
