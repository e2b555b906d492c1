/** What `check` prints and ends with, on loads that went well and badly. Real files are tested in config/file.test.ts. */
import { expect, test } from 'vitest';
import type { ConfigSource, LoadResult } from '../config/source.ts';
import { parseJson } from '../kernel/json.ts';
import { check } from './check.ts';

const PROBLEM = {
  file: 'gatehouse.yaml',
  line: 12,
  column: 5,
  path: 'servers.github.urll',
  message: 'unknown key',
  mend: 'did you mean url?',
};

async function run(result: LoadResult, json: boolean) {
  const out: string[] = [];
  const err: string[] = [];
  const source: ConfigSource = { load: () => Promise.resolve(result), watch: () => () => undefined };
  const console = {
    terminal: false,
    print: (line: string) => void out.push(line),
    error: (line: string) => void err.push(line),
    style: (_: string, text: string) => text,
  };
  return { code: await check({ file: 'gatehouse.yaml', source, json, console }), out, err };
}

test('every problem is one line with place, path, cause and mend', async () => {
  expect(await run({ ok: false, problems: [PROBLEM, { ...PROBLEM, path: '', mend: undefined }] }, false)).toEqual({
    code: 1,
    out: ['gatehouse.yaml:12:5 servers.github.urll: unknown key; did you mean url?', 'gatehouse.yaml:12:5 unknown key'],
    err: ['2 problems'],
  });
});

test('--json is one object', async () => {
  const { code, out } = await run({ ok: false, problems: [PROBLEM] }, true);
  expect(code).toBe(1);
  expect(out.map((line) => parseJson(line))).toEqual([{ ok: false, problems: [PROBLEM], warnings: [] }]);
});
