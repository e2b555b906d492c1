/** A connection as it is accepted: whose it is, and whom its requests come from. */
import type { X509Certificate } from 'node:crypto';
import { networkOf } from '../address.ts';
import type { Head } from './head.ts';
import type { Proxies } from './proxies.ts';
import type { Sender } from './serving.ts';

export class Arrival implements Sender {
  readonly address: string;
  readonly network: string;
  readonly scheme: Sender['scheme'];
  /** The client's own, verified. */
  certificate: X509Certificate | undefined;
  /** Those in front, where the peer is one of them. */
  proxies: Proxies | undefined;

  constructor(address: string, scheme: Sender['scheme']) {
    this.address = address;
    this.network = networkOf(address);
    this.scheme = scheme;
  }

  from(head: Head): Sender {
    if (!this.proxies) return this;
    const address = this.proxies.clientOf(head.header('x-forwarded-for'), this.address);
    const scheme = head.header('x-forwarded-proto')?.toLowerCase() === 'https' ? 'https' : this.scheme;
    return { address, network: networkOf(address), scheme };
  }
}
