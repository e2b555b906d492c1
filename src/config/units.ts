/** The small languages inside values: durations, sizes, addresses. Pure; each gives `undefined` for what is not of its kind. */
import { isIPv4, isIPv6 } from 'node:net';
import type { Authority } from '../core/settings.ts';
import { plainAddress } from '../wire/address.ts';

export const DURATION = /^(\d{1,9})(ms|s|m|h|d)$/;
export const SIZE = /^(\d{1,9})(B|KiB|MiB|GiB)$/;

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

export function durationMs(text: string): number | undefined {
  return scaled(DURATION.exec(text), MILLISECONDS);
}

export function sizeBytes(text: string): number | undefined {
  return scaled(SIZE.exec(text), BYTES);
}

/** `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`: an address of this machine, so no other names. Port 0 is any free port. */
export function authority(text: string): Authority | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) return undefined;
  if (match[1] !== undefined) return isIPv6(match[1]) && !match[1].includes('%') ? { host: match[1], port } : undefined;
  const host = match[2]?.toLowerCase() ?? '';
  return isIPv4(host) || host === 'localhost' ? { host, port } : undefined;
}

export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' ||
    (isIPv4(host) && host.startsWith('127.')) ||
    (isIPv6(host) && /^(0{0,4}:){2,7}0{0,3}1$/.test(host))
  );
}

/** The Host values of a listener: a DNS name or an address, with or without a port; lower case. */
export function hostValue(text: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]{0,253}))(?::(\d{1,5}))?$/.exec(text.toLowerCase());
  if (!match || Number(match[2] ?? 1) > 65_535 || Number(match[2] ?? 1) === 0) return undefined;
  const host = match[1] ?? '';
  return host.startsWith('[') && !isIPv6(host.slice(1, -1)) ? undefined : match[0];
}

/** A network as `10.0.0.0/8`, or one address; written out with its length. Not the one that holds every address. */
export function networkValue(text: string): string | undefined {
  const [, written = '', bits] = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const address = plainAddress(written);
  const most = isIPv4(address) ? 32 : isIPv6(address) ? 128 : 0;
  // The length of an IPv4 network in IPv6's clothes counts the clothes.
  const length = bits === undefined ? most : Number(bits) - (address.length < written.length && most === 32 ? 96 : 0);
  return length >= 1 && length <= most ? `${address}/${length}` : undefined;
}

/** A serialised origin, as a browser sends it. */
export function origin(text: string): string | undefined {
  const url = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]+$/i.test(text) ? URL.parse(text) : null;
  if (url === null) return undefined;
  // other schemes (vscode-webview, chrome-extension) have the origin "null" in the URL standard, but are sent as they are
  return url.origin === 'null' ? text.toLowerCase() : url.origin;
}

function scaled(match: RegExpExecArray | null, units: Readonly<Record<string, number>>): number | undefined {
  const unit = units[match?.[2] ?? ''];
  return match && unit !== undefined ? Number(match[1]) * unit : undefined;
}
