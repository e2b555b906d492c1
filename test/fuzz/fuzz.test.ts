/** The fuzzer's own parts: inputs that come again, inputs made smaller, and the second readers that everything is compared with. */
import { describe, expect, it } from 'vitest';
import { cuttings, pieces } from './cuts.ts';
import { faults } from './faults.ts';
import { Inputs } from './inputs.ts';
import { readRequest } from './parser/requests.ts';
import { readJson } from './scanner/json.ts';
import { smallest } from './smallest.ts';
import { readEvents } from './sse/reference.ts';
import { family, trial, type Target } from './target.ts';
import { targets } from './targets.ts';

describe('an input', () => {
  it.each(targets.map((target) => [target.name, target] as const))(
    'of %s comes again by seed and number',
    (_, target) => {
      const [one, same, other] = [1, 1, 2].map((seed) => new Inputs(target, seed));
      const [first, again, different] = [one, same, other].map((inputs) =>
        Array.from({ length: 60 }, (__, number) => inputs?.at(40 + number).toString('latin1')),
      );
      expect(again).toEqual(first);
      expect(different).not.toEqual(first);
    },
  );

  it('is whole again when its pieces are put together, wherever it is cut', () => {
    const bytes = Buffer.from('0123456789');
    const ways = cuttings(bytes);
    expect(ways.length).toBeGreaterThan(10);
    for (const cuts of ways) expect(Buffer.concat(pieces(bytes, cuts))).toEqual(bytes);
  });

  it('that fails is made as small as it can be and still fails', async () => {
    const fails = (input: Buffer): Promise<boolean> => Promise.resolve(/a.*b/s.test(input.toString()));
    const input = Buffer.from('x'.repeat(300) + 'a' + 'y'.repeat(300) + 'b' + 'z'.repeat(300));
    const small = await smallest(input, fails, { attempts: 1000, isOver: () => false });
    expect(small.toString()).toBe('ab');
    expect((await smallest(input, fails, { attempts: 0, isOver: () => false })).equals(input)).toBe(true);
  });
});

describe('a finding', () => {
  const target = (judge: Target['judge']): Target => ({ name: 'x', words: [], generate: () => Buffer.alloc(0), judge });

  it('is a difference that was told, or a crash that was thrown or awaited', async () => {
    const nothing = Buffer.alloc(0);
    expect(
      await trial(
        target(() => undefined),
        nothing,
      ),
    ).toBeUndefined();
    expect(
      await trial(
        target(() => 'reads otherwise: 1'),
        nothing,
      ),
    ).toMatchObject({ kind: 'difference' });
    const thrown = (): never => {
      throw new Error('broken');
    };
    expect(await trial(target(thrown), nothing)).toMatchObject({ kind: 'crash' });
    expect(
      await trial(
        target(() => Promise.reject(new Error('late'))),
        nothing,
      ),
    ).toMatchObject({ kind: 'crash' });
  });

  it('is of one family with others that differ in what they tell', () => {
    const told = (says: string): string => family({ kind: 'difference', says });
    expect(told('reads otherwise: 1')).toBe(told('reads otherwise: 2'));
    expect(told('reads otherwise: 1')).not.toBe(told('refuses: 1'));
  });
});

it('ten faults are planted, and every target has one', () => {
  expect(faults).toHaveLength(10);
  expect([...new Set(faults.map(({ target }) => target))].sort()).toEqual(targets.map(({ name }) => name).sort());
});

describe('the second readers', () => {
  it('of events has the examples of the standard right', () => {
    const datas = (text: string): string[] => readEvents(Buffer.from(text)).events.map(({ data }) => data);
    expect(datas('data: YHOO\ndata: +2\ndata: 10\n\n')).toEqual(['YHOO\n+2\n10']);
    expect(
      datas(': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n'),
    ).toEqual(['first event', 'second event', ' third event']);
    expect(datas('data\n\ndata\ndata\n\ndata:')).toEqual(['', '\n']);
    expect(datas('data:test\n\ndata: test\n\n')).toEqual(['test', 'test']);
  });

  it('of JSON knows keys that come twice and how deep a text is, and takes nothing else than JSON.parse', () => {
    const json = readJson(Buffer.from('{"a":[1,{"b":[]}],"\\u0061":2}'));
    expect(json?.root.members.map(({ key, keyStart }) => [key, keyStart])).toEqual([
      ['a', 1],
      ['a', 18],
    ]);
    expect(json?.depth).toBe(4);
    for (const text of ['', '{', '[1,]', '01', '"\\x"', '\ufeff{}', '{"a":1,}', '1 2'])
      expect(readJson(Buffer.from(text))).toBeUndefined();
  });

  it('of requests ends them where RFC 9112 does', () => {
    const head = 'POST /x HTTP/1.1\r\nHost: a\r\n';
    expect(readRequest(`${head}Content-Length: 2\r\n\r\nabGET`, 0)).toMatchObject({ body: 'ab', end: 50 });
    expect(readRequest(`${head}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX: y\r\n\r\n`, 0)).toMatchObject({
      body: 'ab',
      trailers: 1,
    });
    expect(readRequest(`${head}Content-Length: 2\r\n\r\na`, 0)).toBe('incomplete');
    for (const wrong of ['Content-Length: 2\r\nTransfer-Encoding: chunked', 'Content-Length: +2', 'X : y', ' folded'])
      expect(readRequest(`${head}${wrong}\r\n\r\n`, 0)).toBe('wrong');
  });
});
