/** JSON objects with other values for some members, for messages that are rare: what is kept stays as it was written, numbers included. */
import { members, type Member } from '../kernel/scan.ts';

/**
 * An object's JSON with what `valueOf` gives for each member; those it gives `undefined` for are left out.
 * @param object JSON that has been scanned or parsed before.
 */
export function remade(object: Buffer, valueOf: (one: Member) => string | undefined): string {
  const kept: string[] = [];
  for (const one of members(object)) {
    const value = valueOf(one);
    if (value !== undefined) kept.push(`${JSON.stringify(one.key)}:${value}`);
  }
  return `{${kept.join(',')}}`;
}

export const asWritten = (one: Member): string => one.value.toString('utf8');

export const isObjectText = (value: Buffer): boolean => value[0] === 0x7b;
