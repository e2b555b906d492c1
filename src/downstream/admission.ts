/** What is not begun while the gateway ends or has too much to do. What was begun goes on. */
import type { Load } from '../core/load.ts';
import { Fault } from '../kernel/fault.ts';

const RETRY_MS = 1000;

/** @throws Fault where no session may begin now. */
export function admitSession(load: Load): void {
  admitStream(load);
  if (load.rung >= 1) throw overloaded('No session is opened for now; try again.');
}

/** @throws Fault where nothing may begin now that stays open. */
export function admitStream({ isDraining }: Load): void {
  if (isDraining) throw new Fault('draining', 'The gateway is shutting down; try again.', { retryAfterMs: RETRY_MS });
}

/** Whether a call of this method is shed. Lists, pings and the like cost little and keep clients where they are. */
export const isShed = (method: string, { rung }: Load): boolean => rung >= 2 && method === 'tools/call';

export const overloaded = (message: string): Fault => new Fault('overloaded', message, { retryAfterMs: RETRY_MS });
