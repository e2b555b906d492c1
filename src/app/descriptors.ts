/**
 * How many clients fit into the descriptors that the process may open: each may need one upstream too, and probes and children need theirs.
 * Without this clients could take the last one, and health would not be answered.
 */
import { readFileSync } from 'node:fs';

/** Kept for files, children, and the connections of probes and scrapers. */
const KEPT = 96;
const FEWEST = 8;

/** At most `wanted`. @param descriptors what the process may open; `undefined` where nobody says. */
export function connectionsWithin(wanted: number, descriptors: number | undefined): number {
  if (descriptors === undefined) return wanted;
  return Math.min(wanted, Math.max(FEWEST, Math.floor((descriptors - KEPT) / 2)));
}

/** What the system allows this process to open; Linux only. */
export function descriptorsAllowed(): number | undefined {
  try {
    const [, allowed] = /^Max open files\s+(\d+)/mu.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return allowed === undefined ? undefined : Number(allowed);
  } catch {
    return undefined;
  }
}
