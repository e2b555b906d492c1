/** Everything that is fuzzed, in the order in which it is. */
import { authority } from './authority/target.ts';
import { config } from './config/target.ts';
import { connection } from './connection/target.ts';
import { parser } from './parser/target.ts';
import { scanner } from './scanner/target.ts';
import { sse } from './sse/target.ts';
import { stdio } from './stdio/target.ts';
import type { Target } from './target.ts';

export const targets: readonly Target[] = [parser, connection, scanner, sse, stdio, authority, config];

export function targetNamed(name: string): Target {
  const found = targets.find((target) => target.name === name);
  if (!found)
    throw new Error(`There is no target ${name}; there are ${targets.map((target) => target.name).join(', ')}`);
  return found;
}
