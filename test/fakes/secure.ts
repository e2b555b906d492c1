/** The wire's server behind TLS for its tests, and clients that keep what came and what went wrong. */
import type { Socket } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { TlsAcceptor, type TlsIdentity } from '../../src/wire/tls/acceptor.ts';
import { serve, type Fixture, type FixtureOptions } from './wire.ts';

export interface SecureFixture extends Fixture {
  readonly tls: TlsAcceptor;
  readonly failures: string[];
  readonly dial: (options?: ConnectionOptions) => SecureClient;
}

export interface SecureClient {
  readonly socket: TLSSocket;
  received: string;
  error: string | undefined;
  isClosed: boolean;
}

export interface SecureOptions extends Omit<FixtureOptions, 'tls'> {
  readonly identity: TlsIdentity;
  /** By which its clients know the server. */
  readonly ca: string;
}

export async function serveSecure({ identity, ca, ...options }: SecureOptions): Promise<SecureFixture> {
  const failures: string[] = [];
  const tls = new TlsAcceptor({ identity, handshakeTimeoutMs: 1000, failed: (reason) => failures.push(reason) });
  const fixture = await serve({ ...options, tls });
  const sockets: Socket[] = [];
  const dial = (extra: ConnectionOptions = {}): SecureClient => {
    const socket = connect({
      port: fixture.port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca,
      ...extra,
    });
    const client: SecureClient = { socket, received: '', error: undefined, isClosed: false };
    socket.on('data', (chunk) => (client.received += chunk.toString('latin1')));
    socket.on('error', (error: Error) => (client.error = 'code' in error ? String(error.code) : error.message));
    socket.on('close', () => (client.isClosed = true));
    sockets.push(socket);
    return client;
  };
  const dispose = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await fixture[Symbol.asyncDispose]();
  };
  return { ...fixture, tls, failures, dial, [Symbol.asyncDispose]: dispose };
}
