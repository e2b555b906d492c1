/** What the bench says where a program is not installed. */
import { describe, expect, it } from 'vitest';
import { Missing, program } from './tools.ts';

describe('a program that the bench needs', () => {
  it('is found where the PATH looks', () => {
    expect(program('sh')).toMatch(/^\/.*\/sh$/);
  });

  it('is named together with how to get it when it is not here', () => {
    expect(() => program('no-such-program')).toThrow(Missing);
    expect(() => program('no-such-program')).toThrow(/On Debian: apt-get install no-such-program/);
  });
});
