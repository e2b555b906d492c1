/**
 * Which input has which number: first the kept ones as they are, then what is made up, from the grammar, from kept ones, and from both
 * spoilt. A number and a seed are enough to have an input again.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chance } from '../soak/random.ts';
import { mutated } from './mutation.ts';
import type { Target } from './target.ts';

export class Inputs {
  readonly #target: Target;
  readonly #corpus: readonly Buffer[];
  readonly #root: Chance;

  constructor(target: Target, seed: number) {
    this.#target = target;
    this.#corpus = readCorpus(target.name);
    this.#root = new Chance(seed).fork(Buffer.from(target.name).reduce((sum, byte) => sum * 31 + byte, 7));
  }

  at(number: number): Buffer {
    const kept = this.#corpus[number];
    return kept ?? this.#made(this.#root.fork(number));
  }

  #made(chance: Chance): Buffer {
    const target = this.#target;
    const kept = this.#corpus.length > 0 ? chance.one(this.#corpus) : undefined;
    switch (chance.below(4)) {
      case 0:
        return target.generate(chance);
      case 1:
        return mutated(target.generate(chance), { chance, words: target.words, other: kept });
      case 2:
        return mutated(kept ?? target.generate(chance), {
          chance,
          words: target.words,
          other: target.generate(chance),
        });
      default:
        return mutated(target.generate(chance), { chance, words: target.words, other: target.generate(chance) });
    }
  }
}

/** In the order of their names. */
function readCorpus(name: string): Buffer[] {
  const folder = join(import.meta.dirname, 'corpus', name);
  return readdirSync(folder)
    .sort()
    .map((file) => readFileSync(join(folder, file)));
}
