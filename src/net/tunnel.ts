/**
 * A way through a proxy by CONNECT, RFC 9110 section 9.3.6: asks for it, reads the answer's head within a bound, and hands over the socket as
 * soon as the proxy has let it through. Nothing that belongs to the upstream has been sent by then.
 */
import type { Socket } from 'node:net';
import { Bytes } from '../wire/bytes.ts';
import { DialFailure, type Origin } from '../wire/http1/client.ts';

export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** Whether the proxy itself is spoken to over TLS. */
  readonly tls: boolean;
  /** The value of Proxy-Authorization. */
  readonly authorization: string | undefined;
}

export interface Tunnelling {
  /** Open. */
  readonly socket: Socket;
  readonly proxy: Proxy;
  readonly origin: Origin;
  readonly established: () => void;
  readonly failed: (failure: DialFailure) => void;
}

const HEAD_BYTES = 16_384;
const END = '\r\n\r\n';
/** Interim answers, which may come before the one that counts (RFC 9110 section 15.2). 101 is none: nothing else was asked for. */
const INTERIM = /^HTTP\/1\.[01] 1(?!01)\d\d(?: |\r)/;
const MAX_INTERIM = 16;

/** Calls one of both, once, unless the socket closes before; then its owner hears of that. */
export function tunnel({ socket, proxy, origin, established, failed }: Tunnelling): void {
  const head = new Bytes(HEAD_BYTES);
  const onData = (chunk: Buffer): void => {
    const isKept = head.append(chunk.subarray(0, HEAD_BYTES - head.length));
    const text = behindInterim(head.view().toString('latin1'));
    const end = text.indexOf(END);
    if (end === -1 && isKept && head.length < HEAD_BYTES) return;
    socket.off('data', onData);
    // What a proxy sends behind its answer would be taken for the upstream's.
    const wrong = refusal(text, end !== -1 && end + END.length === text.length);
    if (wrong) failed(wrong);
    else established();
  };
  socket.on('data', onData);
  const authority = `${origin.host.includes(':') ? `[${origin.host}]` : origin.host}:${origin.port}`;
  const authorization = proxy.authorization === undefined ? '' : `proxy-authorization: ${proxy.authorization}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${authorization}\r\n`, 'latin1');
}

function behindInterim(text: string): string {
  let rest = text;
  for (let skipped = 0; skipped < MAX_INTERIM && INTERIM.test(rest); skipped += 1) {
    const end = rest.indexOf(END);
    if (end === -1) return rest;
    rest = rest.slice(end + END.length);
  }
  return rest;
}

function refusal(text: string, isWhole: boolean): DialFailure | undefined {
  const line = text.slice(0, text.indexOf('\r\n'));
  const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(line)?.[1] ?? 0);
  if (status >= 200 && status < 300 && isWhole) return undefined;
  const detail = `proxy answered CONNECT with: ${line.slice(0, 200)}`;
  if (status === 407) return new DialFailure('The proxy on the way to it asks for credentials.', detail);
  if (status >= 300) return new DialFailure(`The proxy on the way to it refused to connect (HTTP ${status}).`, detail);
  return new DialFailure('The proxy on the way to it did not answer as proxies do.', detail);
}
