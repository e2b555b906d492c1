/** Public names of tools and prompts: valid for every client and model API, unique, and a function of server key and own name alone. */
import { createHash } from 'node:crypto';

export interface NameRule {
  readonly separator: string;
  /** Longest public name, in characters. */
  readonly max: number;
}

/** `<server><separator><own>`; where characters had to be replaced or the result is too long, cut and marked with a digest of both. */
export function publicName(server: string, own: string, rule: NameRule): string {
  const plain = `${server}${rule.separator}${own}`;
  const name = plain.replaceAll(/[^A-Za-z0-9_-]/gu, '_');
  if (name === plain && name.length <= rule.max) return name;
  return `${name.slice(0, rule.max - 7)}_${digest(`${server}\0${own}`)}`;
}

/** A server's key holds no `_`, so the first separator always ends it. */
export function serverOf(name: string, rule: NameRule): string | undefined {
  const at = name.indexOf(rule.separator);
  return at > 0 ? name.slice(0, at) : undefined;
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** The first 30 bits of SHA-256 as six characters of RFC 4648 base32, lower case. */
function digest(text: string): string {
  const bits = createHash('sha256').update(text).digest().readUInt32BE(0) >>> 2;
  let out = '';
  for (let shift = 25; shift >= 0; shift -= 5) out += BASE32[(bits >>> shift) & 31] ?? '';
  return out;
}
