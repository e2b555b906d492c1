/** Calls that are asked something by their end, over an engine that a test leads. */
import { expect, it } from 'vitest';
import { silentLog } from '../../../test/fakes/call.ts';
import { FakeTime } from '../../../test/fakes/time.ts';
import type { Call } from '../../core/call.ts';
import type { Endpoint } from '../../core/endpoint.ts';
import type { Outcome } from '../../core/outcome.ts';
import { Payload } from '../../core/payload.ts';
import { Snapshots } from '../../core/snapshot.ts';
import { Budget } from '../../kernel/bounded.ts';
import { joinParts, type Part } from '../../kernel/parts.ts';
import { Shares } from '../../kernel/shares.ts';
import { readIncoming } from '../../protocol/jsonrpc.ts';
import type { Edge } from '../edge.ts';
import { answer, type Asker } from './answer.ts';
import { Session } from './session.ts';

const ASKS = '{"resultType":"input_required","inputRequests":{"r":{"method":"roots/list"}},"requestState":"s"}';
const LISTED = { roots: [{ uri: `file:///${'x'.repeat(500)}` }] };
const message = (fields: object) => readIncoming(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...fields })), 20);

/** One call of a client that says at once which roots it has. */
class House {
  readonly buffered = new Budget(10_000);
  /** Rounds that wait for the test. */
  readonly led: { readonly call: Call; settle(outcome: Outcome): void; fail(error: Error): void }[] = [];
  readonly answered: string[] = [];
  readonly done: Promise<void>;
  readonly #session = new Session({ address: '/mcp', revision: '2025-11-25', able: '{"roots":{}}', remote: '::1' });

  constructor() {
    const serve = (call: Call): Promise<Outcome> =>
      new Promise((settle, fail) => this.led.push({ call, settle, fail }));
    const endpoint = { address: '/mcp', serve, tool: () => undefined } as unknown as Endpoint;
    const edge = {
      snapshots: new Snapshots({ endpoints: new Map([['/mcp', endpoint]]), sse: new Map() }),
      time: new FakeTime(),
      log: silentLog,
      bounds: { parked: 3, parkedPerCaller: 2, parkedTimeoutMs: 1000 },
      buffered: this.buffered,
      counts: { parked: 0 },
      calls: new Shares(10),
      load: { rung: 0, isDraining: false },
    } as unknown as Edge;
    const asker: Asker = {
      visit: {
        exchange: { id: 'x', from: { network: '::1' } },
        endpoint,
        caller: this.#session.caller,
        clientRequestId: undefined,
      },
      session: this.#session,
      note: () => undefined,
      ask: (parts) => this.#tell(parts),
      answer: (_, parts) => void this.answered.push(joinParts(parts ?? []).toString()),
    };
    this.done = answer(edge, asker, message({ id: 1, method: 'tools/call', params: { name: 't' } }));
  }

  round(number: number): Promise<(typeof this.led)[number]> {
    return expect
      .poll(() => this.led[number])
      .toBeDefined()
      .then(() => {
        const led = this.led[number];
        if (!led) throw new Error('no round');
        return led;
      });
  }

  #tell(parts: readonly Part[]): boolean {
    const { id } = JSON.parse(joinParts(parts).toString()) as { id: string };
    queueMicrotask(() => this.#session.questions.answered(message({ id, result: LISTED })));
    return true;
  }
}

const result = (json: string): Outcome => ({ kind: 'result', payload: Payload.ofResult(json) });
const asks: Outcome = { kind: 'input-required', payload: Payload.ofResult(ASKS) };

it('what a client has answered is charged until its server has made something of it', async () => {
  const house = new House();
  (await house.round(0)).settle(asks);
  const second = await house.round(1);
  expect(second.call.round).toMatchObject({ answers: JSON.stringify({ r: LISTED }), state: '"s"' });
  expect(house.buffered.held).toBe(second.call.round?.answers?.length);
  second.settle(asks);
  const third = await house.round(2);
  expect(house.buffered.held).toBe(second.call.round?.answers?.length);
  third.settle(result('{"content":[]}'));
  await house.done;
  expect([house.buffered.held, house.answered]).toEqual([0, ['{"jsonrpc":"2.0","id":1,"result":{"content":[]}}']]);
});

it('nothing stays charged where a further round fails', async () => {
  const house = new House();
  (await house.round(0)).settle(asks);
  (await house.round(1)).fail(new Error('broken'));
  await house.done;
  expect([house.buffered.held, house.answered[0]]).toEqual([0, expect.stringContaining('may have run')]);
});
