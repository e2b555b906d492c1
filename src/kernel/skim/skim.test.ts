/** The skim beside the strict scan: on every text that is valid JSON they find the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scan, type Scan } from '../scan.ts';
import { compileShape } from '../shape.ts';
import { Skim } from './skim.ts';

const shape = compileShape(
  {
    jsonrpc: null,
    id: null,
    method: null,
    params: { progressToken: null, uri: null },
    result: { content: null, isError: null, structuredContent: null },
    error: { code: null },
  },
  [''],
);
const skim = new Skim(0);

const read = (text: string | Buffer, how: typeof scan, depth = 64): Omit<Scan, 'bytes' | 'kind'> => {
  const { spans, problem, innermost } = how(Buffer.from(text), shape, depth);
  const isRead = problem !== 'syntax' && problem !== 'depth';
  return { spans: isRead ? spans.slice() : [], innermost: isRead ? innermost : -1, problem };
};

/** Both give the same of it. */
function same(text: string | Buffer, depth = 64): void {
  expect(read(text, skim.scan, depth)).toEqual(read(text, scan, depth));
  expect(read(text, skim.strict, depth)).toEqual(read(text, scan, depth));
}

describe('the skim', () => {
  it('finds what the strict scan finds', () => {
    for (const text of [
      '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"a, b: {c} \\"d\\" \\\\"}],"isError":false}}',
      ' { "id" : "x" , "result" : { } } \n',
      '{}',
      '{"id":1}',
      '[{"id":1}]',
      '"text"',
      '1',
      '{"result":{"structuredContent":{"content":[1,{"isError":true}]},"isError":true}}',
      '{"\\u0069d":7,"re\\u0073ult":{"is\\u0045rror":true}}',
      '{"params":[1,{"uri":2}],"result":[],"error":null}',
      `{"result":{${Array.from({ length: 2000 }, (_, i) => `"m${i}":${i}`).join(',')}},"id":1}`,
    ]) {
      same(text);
    }
  });

  it('refuses with the strict scan what both look at', () => {
    for (const text of [
      '',
      '{',
      '{}}',
      '{"id":1}x',
      'x{"id":1}',
      '{"id":1,"id":2}',
      '{"Id":1}',
      '{"id":"a\u0001"}',
      '{"id" 1}',
      '{"id":}',
      '{"id":01}',
      '{"id":tru}',
      '{"result":{"content":[}}',
      '{"result":{]}',
      '{"a""b":1}',
      '{id:1}',
      '{"id":1,}',
      '{,"id":1}',
      '{"params":{"uri":1},"params":{"URI":2,"uri":3}}',
      '{"result":{"content":1,"content":2,"isError":3}}',
      '{"\\u0069d":1,"id":2}',
    ]) {
      expect([text, read(text, skim.scan).problem]).toEqual([text, read(text, scan).problem]);
      expect([text, read(text, skim.strict)]).toEqual([text, read(text, scan)]);
    }
    const bad = Buffer.from('{"id":"\u00e9"}', 'latin1');
    expect(skim.scan(bad, shape, 64).problem).toBe('syntax');
  });

  it('does not read what stands deeper than it looks', () => {
    const careless = '{"id":1,"result":{"content":[01,nul,{]],"isError":true}}';
    expect(read(careless, scan).problem).toBe('syntax');
    const { spans, problem } = skim.scan(Buffer.from(careless), shape, 64);
    const at = (shape.slots.get('result.isError') ?? 0) * 2;
    expect([problem, careless.slice(spans[at], spans[at + 1])]).toEqual([undefined, 'true']);
  });

  it('judges requests to the last byte', () => {
    const valid = '{"id":1,"params":{"uri":[1,-0.5e+7,"\\u00e9\\n\u00e9",true,false,null,{"a":{}},[]]},"x":[[],{}]}';
    same(valid);
    for (let at = 0; at < valid.length; at += 1) {
      for (const odd of ['', ',', '"', '}', ']', '{', '[', '0', '-', '.', 'e', '\\', ' ', '\u0000', 'x', ':']) {
        const text = valid.slice(0, at) + odd + valid.slice(at + 1);
        expect([text, read(text, skim.strict)]).toEqual([text, read(text, scan)]);
      }
      const cut = valid.slice(0, at);
      expect([cut, read(cut, skim.strict)]).toEqual([cut, read(cut, scan)]);
    }
  });

  it('takes texts of every length whole', () => {
    for (const size of [100_000, 70_000, 1_000_000, 4_194_304 - 10, 4_194_304 + 10, 10])
      same(`{"id":"${'x'.repeat(size)}"}`);
  });

  it('bounds depth where the strict scan does', () => {
    for (const depth of [3, 4, 5, 60, 64, 65, 200]) {
      const inner = '['.repeat(depth) + ']'.repeat(depth);
      same(`{"result":{"content":${inner},"isError":true},"id":1}`);
      same(`{"id":1,"x":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`, 8);
    }
  });

  it('finds the same in random texts, wherever blocks and pieces of them end', () => {
    const odd = fc.constantFrom(
      '"',
      '\\',
      '\\\\',
      '\\"',
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '\u00e9',
      '\ud83d\ude00',
      ' ',
      '\n',
      '\t',
    );
    const string = fc.oneof(
      fc.string({ maxLength: 90 }),
      fc.array(odd, { maxLength: 70 }).map((all) => all.join('')),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'medium', maxDepth: 6 },
        string,
        fc.double(),
        fc.constantFrom(true, false, null),
        fc.array(tie('value'), { maxLength: 6 }),
        fc.dictionary(fc.oneof(string, fc.constantFrom(...NAMES)), tie('value'), { maxKeys: 6 }),
      ),
    }));
    const message = fc.dictionary(fc.constantFrom(...NAMES, 'other'), value, { maxKeys: 8 });
    const space = fc.constantFrom('', ' ', '\n  ');
    fc.assert(
      fc.property(message, space, fc.nat(130), (said, indent, before) => {
        same(' '.repeat(before) + JSON.stringify(said, null, indent));
      }),
      { seed: 11, numRuns: 3000 },
    );
  });

  it('reads on over the pieces of a long text', () => {
    const tail = '"isError":true},"id":77}';
    for (const size of [65_000, 65_536, 65_537, 200_000]) {
      for (const filler of ['x', '\\\\', '\\"', '{"a":[1]},']) {
        const text =
          filler === '{"a":[1]},' ? `[${filler.repeat(size / 10)}0]` : `"${filler.repeat(size / filler.length)}"`;
        same(`{"result":{"content":${text},${tail}`);
      }
    }
  });
});

const NAMES = ['jsonrpc', 'id', 'method', 'params', 'result', 'error', 'content', 'isError', 'uri', 'code'];
