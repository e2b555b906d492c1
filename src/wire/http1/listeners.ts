/** Listeners that all accepted sockets share: each finds on its socket whom to tell. Closures of its own would make an idle connection fat. */
import type { Socket } from 'node:net';

export interface SocketOwner {
  receive(chunk: Buffer): void;
  /** The peer will send no more. */
  ended(): void;
  closed(): void;
}

export function listen(socket: Socket, owner: SocketOwner): void {
  Object.assign(socket, { [OWNER]: owner });
  socket.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
}

const OWNER = Symbol('owner');

interface OwnedSocket extends Socket {
  [OWNER]: SocketOwner;
}

function onData(this: Socket, chunk: Buffer): void {
  (this as OwnedSocket)[OWNER].receive(chunk);
}

function onEnd(this: Socket): void {
  (this as OwnedSocket)[OWNER].ended();
}

/** `close` follows and says all that matters. */
function onError(): void {}

function onClose(this: Socket): void {
  (this as OwnedSocket)[OWNER].closed();
}
