/** Sockets to peers that are there, are not, or are not who they say. The certificate is for `localhost`, and is nobody's secret. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { createServer, getCACertificates, setDefaultCACertificates, type TLSSocket, type TlsOptions } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { rawUpstream, until } from '../../test/fakes/wire.ts';
import type { Origin } from '../wire/http1/client.ts';
import { Routes } from './dial.ts';

const folder = join(import.meta.dirname, '../../test/fakes/tls');
const cert = readFileSync(join(folder, 'localhost.pem'), 'utf8');
const key = readFileSync(join(folder, 'localhost-key.pem'), 'utf8');

function dialled(origin: Origin): { readonly socket: Socket; readonly heard: string[]; error: Error | undefined } {
  const heard: string[] = [];
  const result = { heard, error: undefined as Error | undefined };
  const socket = new Routes().route().dial(origin, {
    onOpen: () => heard.push('open'),
    onStale: () => heard.push('stale'),
    onData: (chunk) => heard.push(chunk.toString()),
    onEnd: () => heard.push('end'),
    onClose: (error) => {
      result.error = error;
      heard.push('close');
    },
  });
  return Object.assign(result, { socket });
}

async function tlsServer(
  options: TlsOptions = {},
): Promise<{ readonly port: number; readonly peers: TLSSocket[] } & AsyncDisposable> {
  const peers: TLSSocket[] = [];
  const sockets: Socket[] = [];
  const server = createServer({ cert, key, ALPNProtocols: ['h2', 'http/1.1'], ...options }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => socket.end(chunk));
    peers.push(socket);
  });
  server.on('connection', (socket: Socket) => sockets.push(socket));
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const dispose = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, peers, [Symbol.asyncDispose]: dispose };
}

describe('a plain socket', () => {
  it('opens, hears bytes, the end, the close, in this order', async () => {
    await using upstream = await rawUpstream((socket) => socket.on('data', (chunk) => socket.end(chunk)));
    const { socket, heard } = dialled({ host: '127.0.0.1', port: upstream.port, tls: false });
    await until(() => heard.includes('open'));
    socket.write('hello');
    await until(() => heard.includes('close'));
    expect(heard).toEqual(['open', 'hello', 'end', 'close']);
  });

  it('hears only the close, with its reason, when nobody listens', async () => {
    const upstream = await rawUpstream(() => undefined);
    await upstream[Symbol.asyncDispose]();
    const result = dialled({ host: '127.0.0.1', port: upstream.port, tls: false });
    await until(() => result.heard.includes('close'));
    expect(result.heard).toEqual(['close']);
    expect(result.error?.message).toContain('ECONNREFUSED');
  });
});

describe('a TLS socket', () => {
  const authorities = getCACertificates('default');
  afterEach(() => setDefaultCACertificates(authorities));

  it('speaks to a peer whose name an authority vouches for, HTTP/1.1 only', async () => {
    setDefaultCACertificates([cert]);
    await using server = await tlsServer();
    const { socket, heard } = dialled({ host: 'localhost', port: server.port, tls: true });
    await until(() => heard.includes('open') && server.peers.length === 1);
    expect(server.peers[0]?.alpnProtocol).toBe('http/1.1');
    expect(server.peers[0]?.getProtocol()).toBe('TLSv1.3');
    socket.write('hello');
    await until(() => heard.includes('close'));
    expect(heard).toEqual(['open', 'hello', 'end', 'close']);
  });

  it.each([
    ['no authority vouches for', 'localhost', false, /self-signed/],
    ['has another name', '127.0.0.1', true, /IP|altnames/],
  ])('never opens to a peer that %s', async (_, host, isTrusted, reason) => {
    if (isTrusted) setDefaultCACertificates([cert]);
    await using server = await tlsServer();
    const result = dialled({ host, port: server.port, tls: true });
    await until(() => result.heard.includes('close'));
    expect(result.heard).not.toContain('open');
    expect(result.error?.message).toMatch(reason);
  });

  it('never opens with a version that is too old', async () => {
    setDefaultCACertificates([cert]);
    await using server = await tlsServer({
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    const result = dialled({ host: 'localhost', port: server.port, tls: true });
    await until(() => result.heard.includes('close'));
    expect(result.heard).not.toContain('open');
  });

  it('is not opened by a peer that speaks no TLS', async () => {
    await using upstream = await rawUpstream((socket) => socket.on('data', () => socket.end('HTTP/1.1 400 X\r\n\r\n')));
    const result = dialled({ host: 'localhost', port: upstream.port, tls: true });
    await until(() => result.heard.includes('close'));
    expect(result.heard).not.toContain('open');
  });
});
