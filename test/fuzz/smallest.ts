/** Makes an input that fails smaller for as long as it still fails: takes out ever shorter pieces, then makes what is left plain. */

export interface Patience {
  readonly attempts: number;
  /** Asked before every attempt. */
  readonly isOver: () => boolean;
}

/** @param fails whether an input still shows the same fault. */
export async function smallest(
  input: Buffer,
  fails: (input: Buffer) => Promise<boolean>,
  patience: Patience,
): Promise<Buffer> {
  let attempts = 0;
  const isOver = (): boolean => attempts >= patience.attempts || patience.isOver();
  let best = input;
  const take = async (candidate: Buffer): Promise<boolean> => {
    attempts += 1;
    if (!(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let shrunk = true; shrunk && !isOver();) {
    shrunk = false;
    for (let size = Math.ceil(best.length / 2); size >= 1 && !isOver(); size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = 0; at < best.length && !isOver();) {
        if (await take(Buffer.concat([best.subarray(0, at), best.subarray(at + size)]))) shrunk = true;
        else at += size;
      }
    }
  }
  for (let at = 0; at < best.length && !isOver(); at += 1) {
    if (best[at] === PLAIN) continue;
    const plain = Buffer.from(best);
    plain[at] = PLAIN;
    await take(plain);
  }
  return best;
}

const PLAIN = 0x61;
