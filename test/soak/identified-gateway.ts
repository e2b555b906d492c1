/**
 * The gateway of a soak that concerns several callers: the same in everything, but whoever a request says it comes from is believed. No part of the
 * product does that; authentication takes this place.
 */
import { anonymous } from '../../src/auth/inbound/anonymous.ts';
import { boot } from '../../src/app/boot.ts';
import { fileSource } from '../../src/config/file.ts';
import { systemTime } from '../../src/kernel/time.ts';
import { openLog } from '../../src/observe/log.ts';
import { Metrics } from '../../src/observe/metrics.ts';

/** Named in the request as a test wants. */
export const CALLER_HEADER = 'x-test-caller';

if (import.meta.main) {
  const [file = ''] = process.argv.slice(2);
  const time = systemTime();
  const gateway = await boot({
    source: fileSource(file, process.env, time),
    log: await openLog({ settings: { level: 'info', format: 'json' }, terminal: false }),
    meter: new Metrics(time),
    identity: {
      identify(presented) {
        const key = presented.header(CALLER_HEADER);
        return key === undefined ? anonymous.identify(presented) : { key, kind: 'anonymous', share: key };
      },
    },
  });
  process.once('SIGTERM', () => void gateway.close().then(() => process.exit(0)));
}
