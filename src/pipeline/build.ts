/** Folds stages around what they wrap, once, when a Snapshot is compiled: a call then runs through plain closures. */
import type { Next, Stage } from '../core/stage.ts';

export function build(stages: readonly Stage[], innermost: Next): Next {
  return stages.reduceRight<Next>((next, stage) => (call) => stage(call, next), innermost);
}
