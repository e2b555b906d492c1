/** Opens a listener; where ports may be chosen freely, tries the next ones. */
import type { Authority } from '../core/settings.ts';

export interface Listener {
  listen(authority: Authority): Promise<Authority>;
}

const TRIES = 50;

/** @param make a fresh listener for each try. @throws the system's error where the address cannot be had. */
export async function openListener<L extends Listener>(
  make: () => L,
  authority: Authority,
  freePorts: boolean,
): Promise<{ readonly listener: L; readonly bound: Authority }> {
  for (let tried = 0; ; tried += 1) {
    const listener = make();
    try {
      const port = authority.port === 0 ? 0 : authority.port + tried;
      return { listener, bound: await listener.listen({ host: authority.host, port }) };
    } catch (error) {
      const isBusy = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!isBusy || !freePorts || tried >= TRIES) throw error;
    }
  }
}

export const urlOf = ({ host, port }: Authority, scheme = 'http'): string =>
  `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
