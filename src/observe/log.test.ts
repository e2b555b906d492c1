/** Lines as they stand in the file the moment after they were logged. */
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isObject, parseJson } from '../kernel/json.ts';
import { openLog } from './log.ts';
import type { LogSettings, OpenLog } from './log.ts';

/** What is in the file the moment after it was logged: nothing waits. */
async function written(
  settings: LogSettings,
  { terminal, use }: { terminal: boolean; use: (log: OpenLog) => void },
): Promise<string> {
  const file = join(mkdtempSync(join(tmpdir(), 'gatehouse-log-')), 'log');
  const to = openSync(file, 'w');
  use(await openLog({ settings, terminal, to }));
  const text = readFileSync(file, 'utf8');
  closeSync(to);
  return text;
}

test('lines are JSON with level, time, fields and message, written at once', async () => {
  const text = await written(
    { level: 'info', format: 'auto' },
    { terminal: false, use: (log) => log.warn({ server: 'a' }, 'is away') },
  );
  const line = parseJson(text);
  expect(line).toMatchObject({ level: 'warn', server: 'a', msg: 'is away' });
  expect(isObject(line) && String(line['time'])).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
});

test('what is below the level is left out, and the level can change', async () => {
  const text = await written(
    { level: 'error', format: 'json' },
    {
      terminal: false,
      use: (log) => {
        log.info({}, 'one');
        log.error({}, 'two');
        log.setLevel('debug');
        log.debug({}, 'three');
      },
    },
  );
  expect(text).not.toContain('one');
  expect(text).toContain('two');
  expect(text).toContain('three');
});

test('a terminal gets readable lines, unless JSON is asked for', async () => {
  const use = (log: OpenLog) => log.info({ server: 'a' }, 'hello');
  expect(parseJson(await written({ level: 'info', format: 'auto' }, { terminal: true, use }))).toBeUndefined();
  expect(parseJson(await written({ level: 'info', format: 'json' }, { terminal: true, use }))).toMatchObject({
    msg: 'hello',
  });
  expect(await written({ level: 'info', format: 'pretty' }, { terminal: false, use })).toContain(
    'INFO: hello {"server":"a"}',
  );
});

test('a line can forge no other', async () => {
  for (const format of ['json', 'pretty'] as const) {
    const text = await written(
      { level: 'info', format },
      { terminal: false, use: (log) => log.info({ text: 'x\n{"level":"error"}' }, 'hello') },
    );
    expect(text.trimEnd().split('\n')).toHaveLength(1);
  }
});
