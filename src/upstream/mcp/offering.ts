/** What a server on one way for all was told that its clients can answer, and what follows for its questions. */
import type { Caller } from '../../core/caller.ts';
import { isObject, member, parseJson } from '../../kernel/json.ts';
import { neededFor } from '../../protocol/capabilities.ts';
import type { Questions } from '../link/attribution.ts';
import type { Habits } from '../link/turns.ts';

export interface Offering {
  /** Capabilities, as `offerable` writes them. */
  readonly offered: string;
  /** What is known of the server, through whichever process or stream. */
  readonly habits: Habits;
  /** Of the only caller that it is for. */
  readonly rootsChanged?: Caller['rootsChanged'];
}

export function questionsOf({ offered, habits }: Offering, waiting: number): Questions {
  const asks = (method: string): boolean => canAsk(offered, method);
  // Only who serves a single caller is told of roots, and any of its calls can carry that question.
  return { habits, waiting, asks, anyones: asks('roots/list') ? 'roots/list' : undefined };
}

/** Whether a method is a question that it was told somebody can answer. */
export function canAsk(offered: string, method: string): boolean {
  const needed = neededFor({ method });
  const told = parseJson(offered);
  return needed !== undefined && Object.keys(needed).every((feature) => isObject(member(told, feature)));
}
