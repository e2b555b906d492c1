/**
 * One text for all JSON texts of equal value: members in one order, numbers and strings in one spelling, no spaces (the idea of RFC 8785). Numbers
 * are compared as doubles, as most peers read them. For digests; nothing is sent on like this.
 */
import { isObject, member } from './json.ts';

/** @param value what was parsed, within a bound of depth. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const parts = Object.keys(value)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonical(member(value, key))}`);
  return `{${parts.join(',')}}`;
}
