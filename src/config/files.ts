/** Reading of files, whole and bounded, with a record of what was touched, so that it can be watched. */
import type { Stats } from 'node:fs';
import { glob, open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

const ABSENT = 'absent';
/** `-c <(…)` and `-c /dev/stdin`. */
const SHELLS_OWN = /^\/(?:dev|proc)\//;

/** What one load read, missed or looked through; absolute paths. */
export interface Reads {
  /** With a stamp of what was read, so that a change between reading and watching is not lost. */
  readonly files: Map<string, string>;
  /** Absolute patterns, with the files that they found. */
  readonly globs: Map<string, readonly string[]>;
}

export type Read = { readonly text: string } | { readonly reason: string };

export const noReads = (): Reads => ({ files: new Map(), globs: new Map() });

export async function readBounded(path: string, maxBytes: number, reads: Reads): Promise<Read> {
  reads.files.set(path, ABSENT);
  try {
    // Opening a pipe that nobody writes into waits for ever; one that a shell has made for us is written into.
    if ((await stat(path)).isFIFO() && !SHELLS_OWN.test(path)) return { reason: 'is a pipe and no file' };
    await using file = await open(path);
    const status = await file.stat();
    reads.files.set(path, stampOf(status));
    if (status.isDirectory()) return { reason: 'is a folder' };
    const bytes = await atMost(file, maxBytes + 1, status.size);
    if (bytes.length > maxBytes) return { reason: `is longer than ${maxBytes / 1024} KiB` };
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

const MAX_FOUND = 1000;

/** Sorted, so that messages and the order of servers do not depend on the file system. */
export async function findFiles(pattern: string): Promise<string[]> {
  const found: string[] = [];
  for await (const name of glob(pattern)) {
    found.push(name);
    if (found.length >= MAX_FOUND) break;
  }
  return found.sort();
}

/** Whether any file is not the one that was read. Patterns are looked at again too, those of whole trees only when `deep`. */
export async function changed(reads: Reads, { deep }: { deep: boolean }): Promise<boolean> {
  for (const [path, stamp] of reads.files) {
    const now = await stat(path).then(stampOf, () => ABSENT);
    if (now !== stamp) return true;
  }
  for (const [pattern, before] of reads.globs) {
    if (!deep && pattern.includes('**')) continue;
    if ((await findFiles(pattern)).join('\n') !== before.join('\n')) return true;
  }
  return false;
}

const SMALLEST = 4096;

/** @param expected what the system says that there is; pipes and process substitutions say 0, and give their text in pieces. */
async function atMost(file: FileHandle, bytes: number, expected: number): Promise<Buffer> {
  let buffer = Buffer.allocUnsafe(Math.min(bytes, Math.max(expected + 1, SMALLEST)));
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, length);
    length += bytesRead;
    if (bytesRead === 0 || length === bytes) return buffer.subarray(0, length);
    if (length === buffer.length) buffer = Buffer.concat([buffer], Math.min(bytes, length * 2));
  }
}

function stampOf({ dev, ino, size, mtimeMs }: Stats): string {
  return `${dev}:${ino}:${size}:${mtimeMs}`;
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'is not UTF-8 text';
  return `cannot be read (${typeof code === 'string' ? code : 'unknown reason'})`;
}
