/** Folds stages around what they wrap, once, when a Snapshot is compiled: a call then runs through plain closures. */
import type { Next, Stage } from '../core/stage.ts';

export function build(stages: readonly Stage[], innermost: Next): Next {
  return stages.reduceRight<Next>((next, stage) => (call) => stage(call, next), innermost);
}

/** Stages by name, in an order of `order.ts`; one that is missing does not compile. */
export const arranged = <K extends string>(order: readonly K[], stages: Readonly<Record<K, Stage>>): Stage[] =>
  order.map((name) => stages[name]);
