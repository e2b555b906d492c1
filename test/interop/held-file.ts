/** Turns a file into one whose readers wait, so that a call that reads it is certainly in flight while it is cancelled. POSIX only. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const READER_MS = 10_000;
const POLL_MS = 5;
const run = promisify(execFile);

/** @param work is done while the file holds its readers; `reached` resolves when the first of them waits. */
export async function whileHeld(path: string, work: (reached: Promise<unknown>) => Promise<void>): Promise<void> {
  const kept = `${path}.kept`;
  await rename(path, kept);
  await run('mkfifo', [path]);
  const writer = openWhenRead(path);
  writer.catch(() => undefined);
  try {
    await work(writer);
  } finally {
    await rename(kept, path);
    // The reader now meets the end of the file and its server goes on.
    await writer.then((file) => file.close()).catch(() => undefined);
  }
}

/** A FIFO can be opened for writing without waiting only while somebody has it open for reading. */
async function openWhenRead(path: string): Promise<FileHandle> {
  const deadline = Date.now() + READER_MS;
  for (;;) {
    try {
      return await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO' || Date.now() > deadline) throw error;
    }
    await pause(POLL_MS);
  }
}
