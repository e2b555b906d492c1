/**
 * Whether what came for one call is this call's and nobody else's. Every secret of a soak has the same form, so that a foreign one is
 * recognised wherever it stands.
 */
import { describe } from './client.ts';
import type { Answer } from './client.ts';
import type { Fields } from './exchange.ts';

const SECRET = /secret-\d+-\d+-[0-9a-f]{8}/g;

export interface Expected {
  readonly secret: string;
  /** Progress and, where asked for, log lines. */
  readonly steps: number;
  readonly progress: boolean;
  readonly logs: boolean;
}

export type Kind = 'cross-delivery' | 'error' | 'missing-result' | 'missing-progress' | 'unasked' | 'wrong-id';

export interface Verdict {
  readonly wrong: readonly { readonly kind: Kind; readonly detail: string }[];
  readonly progress: number;
  readonly logs: number;
}

export function secretOf(client: number, call: number, salt: number): string {
  return `secret-${client}-${call}-${(salt >>> 0).toString(16).padStart(8, '0')}`;
}

/** Secrets in anything that came, other than these. */
export function foreign(message: unknown, own: readonly string[]): readonly string[] {
  return (JSON.stringify(message).match(SECRET) ?? []).filter((secret) => !own.includes(secret));
}

export function judge(answer: Answer, expected: Expected): Verdict {
  const wrong: { kind: Kind; detail: string }[] = [];
  const add = (kind: Kind, detail: string) => void wrong.push({ kind, detail: `${expected.secret}: ${detail}` });
  for (const message of [...answer.told, answer.response ?? {}]) {
    const others = foreign(message, [expected.secret]);
    if (others.length > 0) add('cross-delivery', `got ${others.join()} in ${JSON.stringify(message)}`);
  }
  const result = answer.response?.['result'] as Fields | undefined;
  if (answer.failure !== undefined || answer.status !== 200 || !result || result['isError'] === true) {
    add('error', describe(answer));
  } else if (!JSON.stringify(result).includes(expected.secret)) add('missing-result', describe(answer));
  if (answer.response && answer.response['id'] !== answer.id)
    add('wrong-id', `${String(answer.id)}: ${describe(answer)}`);
  const told = (method: string) => answer.told.filter((message) => message['method'] === method);
  const progress = told('notifications/progress').map(({ params }) => params as Fields);
  const logs = told('notifications/message').length;
  if (!expected.logs && logs > 0) add('unasked', `${logs} log lines`);
  if (!expected.progress && progress.length > 0) add('unasked', `progress ${JSON.stringify(progress)}`);
  if (expected.progress) judgeProgress(progress, { answer, expected, add });
  return { wrong, progress: progress.length, logs };
}

interface Circumstances {
  readonly answer: Answer;
  readonly expected: Expected;
  readonly add: (kind: Kind, detail: string) => void;
}

/** Each step once, in order, under the token that was given. */
function judgeProgress(progress: readonly Fields[], { answer, expected, add }: Circumstances): void {
  const got = progress.map((step) => step['progress']);
  const asked = Array.from({ length: expected.steps }, (_, index) => index + 1);
  if (got.join() !== asked.join()) add('missing-progress', `steps ${got.join()} of ${asked.join()}`);
  if (progress.some((step) => step['progressToken'] !== answer.id))
    add('wrong-id', `token in ${JSON.stringify(progress)}`);
}
