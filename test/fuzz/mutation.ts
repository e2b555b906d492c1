/** Spoils bytes a little: takes out, puts in, doubles, exchanges, repeats. Knows nothing of what they mean but the words it is given. */
import type { Chance } from '../soak/random.ts';

export interface Means {
  readonly chance: Chance;
  readonly words: readonly string[];
  /** An input that pieces are taken from. */
  readonly other: Buffer | undefined;
}

/** Longer ones say nothing more and cost time; generators may make them on purpose. */
const MAX_BYTES = 16_384;
const BYTES = [0x00, 0x09, 0x0a, 0x0d, 0x1f, 0x20, 0x22, 0x2c, 0x3a, 0x5c, 0x7f, 0x80, 0xc2, 0xef, 0xff];

type Change = (bytes: Buffer, means: Means) => Buffer;

export function mutated(input: Buffer, means: Means): Buffer {
  let bytes = input;
  // Mostly one or two: an input that is wrong in many places fails at the first.
  let times = 1;
  while (times < 8 && means.chance.below(3) === 0) times += 1;
  for (let time = 0; time < times; time += 1) bytes = means.chance.one(CHANGES)(bytes, means);
  return bytes.length > MAX_BYTES ? bytes.subarray(0, MAX_BYTES) : bytes;
}

const CHANGES: readonly Change[] = [
  // takes out
  (bytes, { chance }) => {
    const { start, end } = range(bytes, chance);
    return put(bytes, start, end, Buffer.alloc(0));
  },
  // doubles
  (bytes, { chance }) => {
    const { start, end } = range(bytes, chance);
    return put(
      bytes,
      chance.below(2) === 0 ? end : start,
      chance.below(2) === 0 ? end : start,
      bytes.subarray(start, end),
    );
  },
  // puts a word in, or in place of something
  (bytes, { chance, words }) => {
    const { start, end } = range(bytes, chance);
    const word = Buffer.from(words.length === 0 ? 'x' : chance.one(words), 'latin1');
    return put(bytes, start, chance.below(2) === 0 ? start : end, word);
  },
  // a word many times
  (bytes, { chance, words }) => {
    const at = chance.below(bytes.length + 1);
    const word = words.length === 0 ? 'x' : chance.one(words);
    return put(bytes, at, at, Buffer.from(word.repeat(1 + chance.below(200)), 'latin1'));
  },
  // another byte
  (bytes, { chance }) => {
    const changed = Buffer.from(bytes);
    if (bytes.length > 0)
      changed[chance.below(bytes.length)] = chance.below(2) === 0 ? chance.one(BYTES) : chance.below(256);
    return changed;
  },
  // one bit
  (bytes, { chance }) => {
    const changed = Buffer.from(bytes);
    const at = chance.below(Math.max(1, bytes.length));
    if (bytes.length > 0) changed[at] = (changed[at] ?? 0) ^ (1 << chance.below(8));
    return changed;
  },
  // ends early
  (bytes, { chance }) => bytes.subarray(0, chance.below(bytes.length + 1)),
  // a piece of another input
  (bytes, { chance, other }) => {
    if (!other) return bytes;
    const piece = range(other, chance);
    const { start, end } = range(bytes, chance);
    return put(bytes, start, chance.below(2) === 0 ? start : end, other.subarray(piece.start, piece.end));
  },
  // two neighbours exchanged
  (bytes, { chance }) => {
    const { start, end } = range(bytes, chance);
    const middle = start + chance.below(end - start + 1);
    return put(bytes, start, end, Buffer.concat([bytes.subarray(middle, end), bytes.subarray(start, middle)]));
  },
];

/** Short ones above all. */
function range(bytes: Buffer, chance: Chance): { readonly start: number; readonly end: number } {
  const start = chance.below(bytes.length + 1);
  const longest = chance.below(4) === 0 ? bytes.length - start : Math.min(8, bytes.length - start);
  return { start, end: start + chance.below(longest + 1) };
}

function put(bytes: Buffer, start: number, end: number, piece: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, start), piece, bytes.subarray(Math.max(start, end))]);
}
