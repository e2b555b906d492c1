/** The ways in which a stream of bytes may arrive. They follow from the bytes, so that an input alone says all. */
import { Chance } from '../soak/random.ts';

/** Beyond it not every single cut is tried. */
const EVERY_CUT = 96;

/** Each way is where pieces end, the last one left out: nothing at all, every byte, each single place, and some by chance. */
export function cuttings(bytes: Buffer): (readonly number[])[] {
  const { length } = bytes;
  const ways: (readonly number[])[] = [[]];
  if (length < 2) return ways;
  ways.push(Array.from({ length: length - 1 }, (_, index) => index + 1));
  const chance = new Chance(bytes.reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 7));
  if (length <= EVERY_CUT) for (let at = 1; at < length; at += 1) ways.push([at]);
  else for (let some = 0; some < 4; some += 1) ways.push([1 + chance.below(length - 1)]);
  for (let some = 0; some < 3; some += 1) ways.push(byChance(length, chance));
  return ways;
}

/** Copies, each with memory of its own as from a socket. */
export function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  return [0, ...cuts].map((start, index) => Buffer.from(bytes.subarray(start, cuts[index] ?? bytes.length)));
}

function byChance(length: number, chance: Chance): readonly number[] {
  const longest = 1 + chance.below(Math.max(2, Math.floor(length / 2)));
  const cuts: number[] = [];
  for (let at = 1 + chance.below(longest); at < length; at += 1 + chance.below(longest)) cuts.push(at);
  return cuts;
}
