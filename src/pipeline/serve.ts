/** One endpoint's way from a call to its outcome: which of the four dispatchers a method belongs to, inside the stages that all share. */
import type { Layer, Next } from '../core/stage.ts';
import type { Log } from '../core/ports/log.ts';
import { Fault } from '../kernel/fault.ts';
import { build } from './build.ts';
import { settle } from './settle.ts';

export interface Dispatchers {
  readonly single: Next;
  readonly list: Next;
  readonly discover: Next;
}

export function serve(stages: readonly Layer[], dispatchers: Dispatchers, log: Log): Next {
  const dispatch: Next = (call) => {
    switch (call.means.kind) {
      case 'single':
        return dispatchers.single(call);
      case 'list':
        return dispatchers.list(call);
      case 'discover':
        return dispatchers.discover(call);
      case 'listen':
        return Promise.reject(new Fault('unknown-method', 'Streams are opened at the edge.'));
    }
  };
  return build([settle(log), ...stages], dispatch);
}
