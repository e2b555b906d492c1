/**
 * The only way to a remote address. TCP, or TLS with the system's authorities and the peer's name checked, RFC 9110 section 4.3.4. Which
 * addresses may be dialled at all is not judged here.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Dial, Origin, SocketEvents } from '../wire/http1/client.ts';

const READ_BYTES = 65_536;

/** All plain sockets read into one buffer: whoever hears of bytes is done with them before the next are read. */
export function dialling(): Dial {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  return (origin, events) => {
    const socket = origin.tls ? dialTls(origin, events) : dialTcp(origin, events, buffer);
    let reason: Error | undefined;
    socket.on('error', (error) => {
      reason = error;
    });
    socket.on('end', () => events.onEnd());
    socket.on('close', () => events.onClose(reason));
    return socket;
  };
}

function dialTcp({ host, port }: Origin, events: SocketEvents, buffer: Buffer): Socket {
  const onread = {
    buffer,
    callback: (length: number): boolean => {
      events.onData(buffer.subarray(0, length));
      return true;
    },
  };
  return connectTcp({ host, port, noDelay: true, onread }, () => events.onOpen());
}

function dialTls({ host, port }: Origin, events: SocketEvents): Socket {
  // An address cannot be asked for by name (RFC 6066 section 3); the certificate is still checked against it.
  const name = isIP(host) === 0 ? { servername: host } : {};
  const options = { host, port, ...name, ALPNProtocols: ['http/1.1'], minVersion: 'TLSv1.2' as const };
  const socket = connectTls(options, () => events.onOpen());
  socket.setNoDelay(true);
  socket.on('data', (chunk: Buffer) => events.onData(chunk));
  return socket;
}
