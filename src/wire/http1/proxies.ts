/**
 * Proxies in front whose word counts: for the connections that come from their networks `X-Forwarded-For` and `X-Forwarded-Proto` say where
 * a request really comes from. From anybody else both are text like any other.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { plainAddress } from '../address.ts';

/** Addresses that are looked at; behind more proxies than this the last one seen counts. */
const MAX_HOPS = 32;

export class Proxies {
  readonly #networks = new BlockList();

  /** @param networks each as `10.0.0.0/8`. */
  constructor(networks: readonly string[]) {
    for (const network of networks) {
      const [address = '', bits] = network.split('/');
      this.#networks.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6');
    }
  }

  trusts(address: string): boolean {
    return this.#networks.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  }

  /** The rightmost address that no trusted proxy has. Whoever wrote what stands left of it is not known to anybody. */
  clientOf(forwardedFor: string | undefined, peer: string): string {
    let client = peer;
    let rest = forwardedFor ?? '';
    for (let hop = 0; hop < MAX_HOPS && rest !== ''; hop += 1) {
      const comma = rest.lastIndexOf(',');
      const address = addressIn(rest.slice(comma + 1));
      // No address, so nobody knows: who passed it on is the last that is known.
      if (address === undefined) return client;
      client = address;
      if (!this.trusts(address)) return client;
      rest = comma === -1 ? '' : rest.slice(0, comma);
    }
    return client;
  }
}

/** Some proxies add the port. */
function addressIn(entry: string): string | undefined {
  const text = entry.trim();
  const [, bracketed, dotted] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/.exec(text) ?? [];
  const address = bracketed ?? dotted ?? text;
  return isIPv4(address) || isIPv6(address) ? plainAddress(address) : undefined;
}
