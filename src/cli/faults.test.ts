/** A failed start is one line, whatever was thrown. */
import { expect, test } from 'vitest';
import { Fault } from '../kernel/fault.ts';
import { startFault } from './faults.ts';

test.each([
  [
    Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE', address: '127.0.0.1', port: 8080 }),
    'gatehouse: 127.0.0.1:8080 is in use; end what listens there, or choose another port with `listen`, `admin` or `health`',
  ],
  [
    Object.assign(new Error('x'), { code: 'EACCES', address: '::1', port: 80 }),
    'gatehouse: [::1]:80 may not be listened on; choose a port above 1023',
  ],
  [new Fault('internal', 'It broke.', { detail: 'Error: why\n    at somewhere' }), 'gatehouse: It broke. (Error: why)'],
  [new Error('first\nsecond'), 'gatehouse: first'],
  ['odd', 'gatehouse: odd'],
])('%s is told in one line', (error, line) => {
  expect(startFault(error)).toBe(line);
});
