/** A session on one two-way way, where the answer to a request goes where everything goes: a pipe, or the stream of HTTP+SSE. */
import { Refusal, refused, succeeded } from '../../fixtures/conformance/message.ts';
import type { Fields, Message } from '../../fixtures/conformance/message.ts';
import type { Revision } from '../cells.ts';
import type { Board } from '../world.ts';
import { Session } from './session.ts';
import { answerStateless } from './stateless.ts';
import { violated } from './strict.ts';

export interface Conversation {
  take(message: Message, raw: string): void;
  end(): void;
}

export function converse(board: Board, revision: Revision, write: (message: Fields) => void): Conversation {
  return revision === '2026-07-28' ? stateless(board, write) : session(board, revision, write);
}

function session(board: Board, revision: Revision, write: (message: Fields) => void): Conversation {
  const own = new Session(board, revision, write);
  const signal = new AbortController().signal;
  return {
    take(message, raw) {
      if (message.kind !== 'request') return own.accept(message);
      // Whoever does not know what a server speaks asks this first.
      if (message.method === 'server/discover')
        return write(refused(message.id, new Refusal(-32601, 'Method not found')));
      const answering = own.answer({ request: message, raw, channel: { signal, send: write } });
      void answering.then(
        (result) => result && write(succeeded(message.id, result)),
        (error: unknown) => write(refused(message.id, asRefusal(error))),
      );
    },
    end: () => own.end(),
  };
}

/** 2026-07-28 on a pipe: `notifications/cancelled` is the cancel signal, and nothing follows for that id. */
function stateless(board: Board, write: (message: Fields) => void): Conversation {
  const running = new Map<unknown, AbortController>();
  return {
    take(message, raw) {
      if (message.kind === 'answer') throw violated(board, 'an answer, and nothing was asked');
      if (message.kind === 'notification') {
        if (message.method !== 'notifications/cancelled') throw violated(board, message.method);
        return running.get(message.params['requestId'])?.abort('notifications/cancelled');
      }
      const stop = new AbortController();
      if (running.has(message.id)) throw violated(board, `the id ${JSON.stringify(message.id)} is in use`);
      running.set(message.id, stop);
      const send = (said: Fields): void => {
        if (!stop.signal.aborted) write(said);
      };
      void answerStateless(board, { request: message, raw, channel: { signal: stop.signal, send } })
        .then(
          (result) => send(succeeded(message.id, result)),
          (error: unknown) => send(refused(message.id, asRefusal(error))),
        )
        .finally(() => running.delete(message.id));
    },
    end() {
      for (const stop of running.values()) stop.abort('the end of input');
    },
  };
}

function asRefusal(error: unknown): Refusal {
  return error instanceof Refusal ? error : new Refusal(-32603, String(error));
}
