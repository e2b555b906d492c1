/** What may be asked of the bench. */
import { describe, expect, it } from 'vitest';
import { options, WrongUsage } from './options.ts';

describe('the options of the bench', () => {
  it('are one workload, nginx and the gateway in the quick form', () => {
    expect(options(['--quick', '--json'])).toMatchObject({ parts: ['json-300b'], subjects: ['nginx', 'gatehouse'] });
  });

  it('are everything in the full form, which alone is kept', () => {
    expect(options([])).toMatchObject({
      subjects: ['direct', 'nginx', 'haproxy', 'gatehouse'],
      lane: ['mcp-proxy', 'supergateway', 'gatehouse'],
      write: true,
    });
    expect(options([]).parts).toContain('million');
    expect(options(['--only', 'latency']).write).toBe(false);
  });

  it('compare with everybody when the stdio lane alone is asked for quickly', () => {
    expect(options(['--quick', '--only', 'stdio-300b']).lane).toHaveLength(3);
  });

  it('keep the order of the tables', () => {
    expect(options(['--subjects', 'gatehouse,direct']).subjects).toEqual(['direct', 'gatehouse']);
    expect(options(['--only', 'idle,text-20kb']).parts).toEqual(['text-20kb', 'idle']);
  });

  it('take a number of rounds and a revision to compare with', () => {
    expect(options(['--rounds', '15', '--against', 'v1'])).toMatchObject({ rounds: 15, against: 'v1' });
  });

  it.each([
    ['--only', 'json-400b'],
    ['--subjects', 'governed'],
    ['--subjects', 'ngnix'],
    ['--rounds', '0'],
    ['--rounds', '1.5'],
    ['--fast'],
  ])('refuse %s %s instead of measuring something else', (...args) => {
    expect(() => options(args.filter((arg) => arg !== undefined))).toThrow(WrongUsage);
  });
});
