/** What a child says on stderr goes to the log, in lines and so many bytes a second; the rest is counted, and given back unread. */
import type { Readable } from 'node:stream';
import type { Log } from '../../core/ports/log.ts';
import type { Time } from '../../kernel/time.ts';
import { giveBack } from '../../wire/bytes.ts';
import { Lines } from '../../wire/lines.ts';

/** What of it goes to the log: longest line, and bytes in a second. */
const LINE_BYTES = 4096;
const BYTES_PER_SECOND = 65_536;
/** After so much of it a child waits for a moment, so that one which floods it does not keep everybody else from being served. */
const READ = { bytes: 4 * 1024 * 1024, pauseMs: 50 } as const;

export function relayStderr(
  stderr: Readable,
  server: string,
  { time, log }: { readonly time: Time; readonly log: Log },
): void {
  const fresh = (): Lines =>
    new Lines(LINE_BYTES, (line) => {
      if (line.length > 0) log.info({ server, stderr: line.toString() }, 'says');
    });
  let lines = fresh();
  let [second, taken, droppedBytes, read] = [0, 0, 0, 0];
  stderr.on('data', (chunk: Buffer) => {
    const now = Math.floor(time.elapsed() / 1000);
    if (now !== second) {
      if (droppedBytes > 0) log.warn({ server, droppedBytes }, 'it says too much on stderr');
      [second, taken, droppedBytes] = [now, 0, 0];
    }
    read += chunk.length;
    if (read > READ.bytes) {
      read = 0;
      stderr.pause();
      time.after(READ.pauseMs, () => stderr.resume());
    }
    // What follows in the middle of a line is no worse than what was left out. An endless line is as good as none.
    const isTooMuch = taken > BYTES_PER_SECOND;
    taken += chunk.length;
    if (!isTooMuch && lines.push(chunk)) return;
    droppedBytes += chunk.length;
    lines = fresh();
    if (isTooMuch) giveBack(chunk);
  });
}
