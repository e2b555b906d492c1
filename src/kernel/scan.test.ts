/** The scanner beside JSON.parse: what one takes, the other takes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elements, keyBefore, members, scan } from './scan.ts';
import { compileShape } from './shape.ts';

const shape = compileShape({ id: null, method: null, params: { name: null, _meta: { token: null } } }, ['', 'params']);
const problem = (text: string, depth = 64): string | undefined => scan(Buffer.from(text), shape, depth).problem;

function found(text: string, path: string): string | undefined {
  const { bytes, spans } = scan(Buffer.from(text), shape, 64);
  const base = (shape.slots.get(path) ?? 0) * 2;
  const end = spans[base + 1] ?? 0;
  return end === 0 ? undefined : bytes.toString('utf8', spans[base], end);
}

describe('scan', () => {
  it('finds members at every level of its shape, whatever surrounds them', () => {
    const text = '{"x":[1,{"id":7}],"id" : 12 ,"params":{"name":"a\\"b","_meta":{"o":{},"token":"t"}},"method":"m"}';
    expect(found(text, 'id')).toBe('12');
    expect(found(text, 'method')).toBe('"m"');
    expect(found(text, 'params.name')).toBe('"a\\"b"');
    expect(found(text, 'params._meta.token')).toBe('"t"');
  });

  it('reads an escaped key as what it means', () => {
    expect(found('{"\\u0069d":1}', 'id')).toBe('1');
  });

  it('refuses duplicate and mis-cased keys where they count, and only there', () => {
    expect(problem('{"id":1,"id":2}')).toBe('duplicate-key');
    expect(problem('{"id":1,"\\u0069d":2}')).toBe('duplicate-key');
    expect(problem('{"Method":1}')).toBe('miscased-key');
    expect(problem('{"param\u017f":{}}')).toBe('miscased-key');
    expect(problem('{"params":{"Name":1}}')).toBe('miscased-key');
    expect(problem('{"params":{"_meta":{"Token":1}}}')).toBeUndefined();
    expect(problem('{"y":{"id":1,"id":2}}')).toBeUndefined();
  });

  it('bounds depth without touching the stack', () => {
    const nested = (n: number): string => '['.repeat(n) + ']'.repeat(n);
    expect(problem(nested(64))).toBeUndefined();
    expect(problem(nested(65))).toBe('depth');
    expect(problem('['.repeat(1_000_000))).toBe('depth');
    expect(problem('{"a":'.repeat(10_000))).toBe('depth');
  });

  it.each([
    '',
    ' ',
    '{',
    '{"a"}',
    '{"a":1,}',
    '[1,]',
    '01',
    '1.',
    '.5',
    '+1',
    '1e',
    '-',
    'nul',
    'tru',
    'falze',
    '"\u0001"',
    '"\\x"',
    '"\\u12g4"',
    '{"a":1}x',
    '{} {}',
    '"abc',
    "{'a':1}",
    '[1 2]',
    '{"a" 1}',
    'NaN',
    '\ufeff{}',
  ])('refuses %j', (text) => {
    expect(problem(text)).toBe('syntax');
  });

  it('refuses bytes that are no UTF-8', () => {
    expect(scan(Buffer.from([0x22, 0xff, 0x22]), shape, 64).problem).toBe('syntax');
  });

  it('agrees with JSON.parse on every text that is JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => problem(text) === undefined),
      { numRuns: 500, seed: 1 },
    );
  });

  it('agrees with JSON.parse on texts that are nearly JSON', () => {
    const broken = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', '0', '\\', 'e', ' '))
      .map(([text, at, put]) => {
        const i = at % (text.length + 1);
        return text.slice(0, i) + put + text.slice(i + 1);
      });
    const parses = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(broken, (text) => {
        const said = problem(text);
        return (said !== 'syntax') === parses(text) || said === 'depth';
      }),
      { numRuns: 2000, seed: 2 },
    );
  });
});

describe('elements and members', () => {
  it('cut a scanned text into views', () => {
    expect(elements(Buffer.from('[ 1 , {"a":[2]},"x"]'), 10)?.map(String)).toEqual(['1', '{"a":[2]}', '"x"']);
    expect(elements(Buffer.from('[1,2,3]'), 2)).toBeUndefined();
    const list = members(Buffer.from('{ "a" : 1.0, "b\\n":[ ] }'));
    expect(list.map((m) => [m.key, m.raw.toString(), m.value.toString()])).toEqual([
      ['a', '"a" : 1.0', '1.0'],
      ['b\n', '"b\\n":[ ]', '[ ]'],
    ]);
  });
});

describe('where a key begins', () => {
  it('is told from its value, whatever the key holds', () => {
    for (const key of ['"a"', '"a b"', '"a\\""', '"\\\\"', '"\\\\\\""', '"\\u0061\\"x"']) {
      const text = Buffer.from(`{"first":1 , ${key} \n: [1]}`);
      expect(keyBefore(text, text.indexOf('['))).toBe(text.indexOf(key));
    }
  });
});
