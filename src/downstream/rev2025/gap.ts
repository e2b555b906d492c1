/** What a client is told where events that it has not heard are not kept any more: never nothing. */
import type { Wanted } from '../../core/ports/changes.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Part } from '../../kernel/parts.ts';
import { errorMessage } from '../../protocol/code.ts';
import { notification, resultMessage } from '../../protocol/messages.ts';
import { isAtLeast, type LogLevel } from '../../protocol/methods.ts';
import { wireError } from '../../protocol/rev2025/errors.ts';
import { toldResult } from '../../protocol/told.ts';

/** What the stream of a POST answers. */
export interface Question {
  readonly requests: readonly { readonly id: string | undefined; readonly method: string }[];
  readonly isBatch: boolean;
}

/** Stands in for an answer. */
export function answerLost({ requests, isBatch }: Question): Part[] {
  const fault = new Fault(
    'interrupted',
    'The answer could not be kept for a client that was away (bounds.replayBytes).',
    {
      delivered: 'yes',
    },
  );
  const errors = requests.map(({ id = 'null', method }): Part[] =>
    method === 'tools/call' ? resultMessage(id, [toldResult(fault)]) : [errorMessage(id, wireError(fault))],
  );
  return isBatch ? ['[', ...errors.flatMap((error, i) => (i === 0 ? error : [',', ...error])), ']'] : errors.flat();
}

export interface Gap {
  /** At most so many were missed. */
  readonly events: number;
  /** Whether servers behind the endpoint log, so that a log message may come. */
  readonly logs: boolean;
  readonly level: LogLevel | undefined;
  /** Questions among them that still want an answer. */
  readonly asked: readonly (readonly Part[])[];
  /** What the stream tells of; nothing for the stream of a POST. */
  readonly told: Wanted | undefined;
}

/** Messages that make good for what was missed: whatever may have changed counts as changed. */
export function gapMessages({ events, logs, level, asked, told }: Gap): (readonly Part[])[] {
  const messages: (readonly Part[])[] = [];
  if (logs && (level === undefined || isAtLeast('warning', level))) messages.push(warning(events));
  messages.push(...asked);
  for (const list of ['tools', 'prompts', 'resources'] as const)
    if (told?.[list] === true) messages.push(notification(`notifications/${list}/list_changed`, ''));
  for (const uri of told?.uris ?? [])
    messages.push(notification('notifications/resources/updated', JSON.stringify({ uri })));
  return messages;
}

function warning(events: number): Part[] {
  const data = { kind: 'events-lost', events, message: `Up to ${events} messages of this stream were lost.` };
  return notification('notifications/message', JSON.stringify({ level: 'warning', logger: 'gatehouse', data }));
}
