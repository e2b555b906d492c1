/**
 * The rules of the house, run against the tree. Each rule is first shown an example that breaks it: one that finds nothing there would
 * find nothing anywhere.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documentRules } from './tidy/documents.ts';
import { homeRules } from './tidy/homes.ts';
import { ringRules } from './tidy/rings.ts';
import { shapeRules } from './tidy/shape.ts';
import { readTree } from './tidy/tree.ts';

const tree = readTree(join(import.meta.dirname, '..'));

describe.each([...ringRules, ...homeRules, ...shapeRules, ...documentRules])('$name', ({ check, breaks, allows }) => {
  it.each(breaks.map((files, index) => ({ files, example: index + 1 })))(
    'catches breaking example $example',
    ({ files }) => {
      expect(check(files)).not.toEqual([]);
    },
  );

  it.each(allows.map((files, index) => ({ files, example: index + 1 })))('lets pass example $example', ({ files }) => {
    expect(check(files)).toEqual([]);
  });

  it('holds in the project', () => {
    expect(check(tree).map(({ path, line, says }) => `${path}:${line} ${says}`)).toEqual([]);
  });
});

describe('the tree that is judged', () => {
  it('is the whole project and nothing that was built or installed', () => {
    const paths = tree.map(({ path }) => path);
    expect(paths).toContain('src/kernel/fault.ts');
    expect(paths).toContain('test/tidy.test.ts');
    expect(paths).toContain('package.json');
    expect(paths.filter((path) => /node_modules|^dist/.test(path))).toEqual([]);
  });
});
