/**
 * `npm run battery [-- --small] [--json] [--only TEXT] [--self-test]`: hostile requests on every listener of a gateway that is known from
 * outside only. Exit 0 only if each was answered as it must be, the upstream saw nothing and the gateway is as it was.
 */
import { parseArgs } from 'node:util';
import { exitOnSignals } from '../fixtures/child.ts';
import { check } from './check.ts';
import { selfTest } from './self-test.ts';

const { values } = parseArgs({
  options: {
    small: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    'self-test': { type: 'boolean', default: false },
  },
});

exitOnSignals();
const options = { small: values.small, only: values.only, tell: (line: string) => console.log(line) };
let holds = false;
try {
  const report = values['self-test'] ? await selfTest(options) : await check(options);
  holds = report.holds;
  console.log(holds ? 'All holds' : 'NOT so');
  if (values.json) console.log(JSON.stringify(report.figures));
} catch (error) {
  console.error(error);
  if (values.json) console.log(JSON.stringify({ error: String(error) }));
}
process.exit(holds ? 0 : 1);
