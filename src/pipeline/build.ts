/** Folds layers around what they wrap, once, when a Snapshot is compiled: a call then runs through plain closures. */
import type { Frame, Layer, Next } from '../core/stage.ts';
import { throughFrames } from './frames.ts';

export function build(layers: readonly Layer[], innermost: Next): Next {
  let next = innermost;
  let frames: Frame[] = [];
  const close = (): void => {
    if (frames.length > 0) next = throughFrames(frames, next);
    frames = [];
  };
  for (const layer of layers.toReversed()) {
    if (typeof layer !== 'function') frames.unshift(layer);
    else {
      close();
      const inner = next;
      next = (call) => layer(call, inner);
    }
  }
  close();
  return next;
}

/** Layers by name, in an order of `order.ts`; one that is missing does not compile. */
export const arranged = <K extends string>(order: readonly K[], layers: Readonly<Record<K, Layer>>): Layer[] =>
  order.map((name) => layers[name]);
