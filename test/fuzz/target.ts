/**
 * What is fuzzed: something that is given bytes and says what is wrong with what the code made of them. An input is always one run of
 * bytes, so that every target is mutated, made smaller, kept and replayed alike; how the bytes are cut follows from the bytes themselves.
 */
import type { Chance } from '../soak/random.ts';

export interface Target {
  readonly name: string;
  /** What its inputs are made of; mutations put these in. */
  readonly words: readonly string[];
  /** An input as its grammar has them. */
  generate(chance: Chance): Buffer;
  /** What differs from how it must be, `undefined` if nothing does. What it throws is a crash. */
  judge(input: Buffer): string | undefined | Promise<string | undefined>;
}

export type Kind = 'crash' | 'hang' | 'difference';

export interface Verdict {
  readonly kind: Kind;
  readonly says: string;
}

/** Judges one input. */
export async function trial(target: Target, input: Buffer): Promise<Verdict | undefined> {
  try {
    const says = await target.judge(input);
    return says === undefined ? undefined : { kind: 'difference', says };
  } catch (error) {
    return { kind: 'crash', says: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** What two findings have in common that are the same fault: everything before the first detail. */
export function family({ kind, says }: Verdict): string {
  return `${kind} ${kind === 'crash' ? says.split('\n', 2).join(' ') : (says.split(':', 1)[0] ?? '')}`;
}
