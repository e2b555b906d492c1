/** Addresses of peers as text: one spelling for each, and how much of one is a single client's. */

const MAPPED = /^(?:::|(?:0{1,4}:){5})ffff:(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/;

/** Without a zone, in lower case, and as IPv4 where it is one in IPv6's clothes. */
export function plainAddress(address: string): string {
  if (!address.includes(':')) return address;
  const lower = (address.split('%', 1)[0] ?? '').toLowerCase();
  const [, dotted, high, low] = MAPPED.exec(lower) ?? [];
  if (dotted !== undefined) return dotted;
  if (high === undefined || low === undefined) return lower;
  const bits = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return bits.map((pair) => `${pair >> 8}.${pair & 0xff}`).join('.');
}

const GROUPS = 8;
const NETWORK_GROUPS = 4;

/** What counts as one address: of IPv6 the first 64 bits, as whoever has one of their addresses mostly has them all. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [before = '', after = ''] = address.split('::');
  const first = before === '' ? [] : before.split(':');
  const last = after === '' ? [] : after.split(':');
  const taken = first.length + last.length + (address.includes('.') ? 1 : 0);
  const all = [...first, ...Array.from({ length: Math.max(0, GROUPS - taken) }, () => '0'), ...last];
  const network = all.slice(0, NETWORK_GROUPS).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
