/** What may be asked of the bench. */
import { describe, expect, it } from 'vitest';
import { options, WrongUsage } from './options.ts';

describe('the options of the bench', () => {
  it('are nginx and the gateway when nothing is chosen', () => {
    expect(options(['--quick', '--json']).subjects).toEqual(['nginx', 'gatehouse']);
  });

  it('keep the order of the tables', () => {
    expect(options(['--subjects', 'gatehouse,direct']).subjects).toEqual(['direct', 'gatehouse']);
  });

  it.each([
    ['--only', 'tls-300b'],
    ['--subjects', 'haproxy'],
    ['--subjects', 'ngnix'],
    ['--against', 'v1'],
    ['--fast'],
  ])('refuse %s %s instead of measuring something else', (...args) => {
    expect(() => options(args.filter((arg) => arg !== undefined))).toThrow(WrongUsage);
  });
});
