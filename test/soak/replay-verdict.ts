/** What a stream that was cut and resumed must have been heard to say. */
import type { Fields } from './exchange.ts';
import type { Findings } from './soak.ts';

const paramsOf = (message: Fields): Fields => (message['params'] ?? {}) as Fields;

/** Progress and log lines of a call, as texts. */
export const told = (heard: readonly Fields[]): string[] =>
  heard.flatMap((message) => {
    if (message['method'] === 'notifications/progress') return [`progress ${String(paramsOf(message)['message'])}`];
    if (message['method'] === 'notifications/message') return [`message ${String(paramsOf(message)['data'])}`];
    return [];
  });

/** The resources that were told to have changed. */
export const changed = (heard: readonly Fields[]): string[] =>
  heard
    .filter((message) => message['method'] === 'notifications/resources/updated')
    .map((message) => String(paramsOf(message)['uri']));

export const responses = (heard: readonly Fields[]): Fields[] => heard.filter((message) => !('method' in message));

export interface Order {
  readonly expected: readonly string[];
  readonly got: readonly string[];
  /** In every text that this session may hear. */
  readonly secret: string;
}

/** Each once, in order, and nobody else's. */
export function judgeOrder(where: string, { expected, got, secret }: Order, findings: Findings): void {
  const crossed = got.filter((text) => !text.includes(secret));
  if (crossed.length > 0) findings.add('crossed', `${where}: ${crossed.slice(0, 3).join()}`);
  const seen = new Set(got);
  const missing = expected.filter((text) => !seen.has(text));
  if (missing.length > 0) findings.add('missing', `${where}: ${missing.length}, first ${missing[0]}`);
  if (seen.size < got.length) findings.add('twice', `${where}: ${got.length - seen.size}`);
  const own = got.filter((text) => text.includes(secret));
  const place = new Map(expected.map((text, i) => [text, i]));
  const isDisordered = own.some((text, i) => i > 0 && (place.get(text) ?? -1) < (place.get(own[i - 1] ?? '') ?? -1));
  if (isDisordered) findings.add('disordered', where);
}
