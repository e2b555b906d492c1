/** Mistakes that the simulation must find: each is planted in a copy of the sources, one at a time. */
import type { PlantedFault } from '../fixtures/planted-faults.ts';

export const faults: readonly PlantedFault[] = [
  {
    what: 'a call is sent again after an answer that says nothing about its fate',
    file: 'src/upstream/mcp/session-messages.ts',
    line: 'status === 404 && headers',
    instead: '(status === 404 || status >= 500) && headers',
  },
  {
    what: 'a call that a server may have made is said not to have been made',
    file: 'src/upstream/mcp/replies.ts',
    line: "delivered: status === 503 ? 'unknown' : 'no',",
    instead: "delivered: 'no',",
  },
  {
    what: 'a log message on a pipe goes to whoever asks alone just now',
    file: 'src/upstream/link/conversation.ts',
    line: 'return last === undefined || this',
    instead: 'return true || this',
  },
  {
    what: 'an answer to another id is taken for the answer',
    file: 'src/upstream/link/answer.ts',
    line: 'if ((id !== undefined && message.id === idText(id)) ||',
    instead: 'if (message.id !== undefined ||',
  },
  {
    what: 'a call whose answer was cut is made again where the rest cannot be had',
    file: 'src/upstream/link/answer.ts',
    line: 'if (this.#resumption) {',
    instead: 'if (this.#resumption && isStream) {',
  },
  {
    what: 'who waits for an acknowledgement waits on when the server is let go of',
    file: 'src/upstream/mcp/feed.ts',
    line: 'this.#consents.close();',
    instead: '',
  },
  {
    what: 'progress under another token is relayed',
    file: 'src/upstream/mcp/notes.ts',
    line: "if (fields.raw(REPLY.progressToken)?.toString('latin1') !== String(id)) return;",
    instead: "if (String(id) === '') return;",
  },
  {
    what: 'what was held for an answer is not given back',
    file: 'src/upstream/link/answer.ts',
    line: 'this.#bounds.buffered.give(this.#held);',
    instead: '',
  },
  {
    what: 'a slot is lost with each call',
    file: 'src/stages/concurrency.ts',
    line: 'running.give(call.caller.share);',
    instead: '',
  },
  {
    what: 'a call keeps the configuration that it began with for ever',
    file: 'src/downstream/calls.ts',
    line: 'edge.snapshots.unpin(pinned);',
    instead: '',
  },
  {
    what: 'the gateway is closed before the servers that were taken away',
    file: 'src/app/servers.ts',
    line: '[...this.#entries, ...this.#retired]',
    instead: 'this.#entries',
  },
  {
    what: 'nobody is told that a client has gone',
    file: 'src/downstream/http/responder.ts',
    line: 'this.answerer?.left();',
    instead: '',
  },
  {
    what: 'an error names an address',
    file: 'src/wire/http1/client.ts',
    line: "new Fault('unreachable', 'The server could not be reached.', {",
    instead: "new Fault('unreachable', `The server could not be reached: ${detail}`, {",
  },
  {
    what: 'a session that ends leaves its requests unanswered',
    file: 'src/downstream/rev2025/session.ts',
    line: "new Fault('interrupted', 'The session has ended.', {",
    instead: "new Fault('cancelled', 'The session has ended.', {",
  },
  {
    what: 'the next round of a call that waits needs a slot',
    file: 'src/stages/concurrency.ts',
    line: 'round?.held !== undefined;',
    instead: "round?.held === '';",
  },
  {
    what: 'a question outlives its call',
    file: 'src/upstream/mcp/leg.ts',
    line: 'this.#questions?.end();',
    instead: '',
  },
  {
    what: 'a question is put to whoever calls just now',
    file: 'src/upstream/link/attribution.ts',
    line: 'if (first && !another && !this.#turns.lingers) first',
    instead: 'if (first) first',
  },
];
