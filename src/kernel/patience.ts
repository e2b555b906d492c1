/** Waiting for something that may fail or take too long, and going on without it then. The work itself goes on. */
import type { Time } from './time.ts';

/** What `work` gives within `ms`; `undefined` where it fails or takes longer. */
export function within<T>(work: Promise<T>, ms: number, time: Time): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = time.after(ms, () => resolve(undefined));
    work.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      () => {
        timer.cancel();
        resolve(undefined);
      },
    );
  });
}
