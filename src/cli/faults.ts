/** Why the gateway did not start, in one line: the place, the cause, the mend. */
import { Fault } from '../kernel/fault.ts';

const MENDS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use; end what listens there, or choose another port with `listen`, `admin` or `health`',
  EACCES: 'may not be listened on; choose a port above 1023',
  EADDRNOTAVAIL: 'is no address of this machine',
};

export function startFault(error: unknown): string {
  if (error instanceof Fault)
    return `gatehouse: ${error.message}${error.detail === undefined ? '' : ` (${firstLine(error.detail)})`}`;
  if (!(error instanceof Error)) return `gatehouse: ${String(error)}`;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const mend = MENDS[code];
  if (mend === undefined) return `gatehouse: ${firstLine(error.message)}`;
  const address = 'address' in error ? String(error.address) : '';
  const port = 'port' in error ? String(error.port) : '';
  return `gatehouse: ${address.includes(':') ? `[${address}]` : address}:${port} ${mend}`;
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}
