/** Ten servers, one of which answers in every wrong way there is: each of its calls ends with one clear error, and the others notice nothing. */
import { Client, describe } from './client.ts';
import { judgeCall } from './fault-round.ts';
import { judgePace, Pace } from './faults-pace.ts';
import type { Phase } from './faults-pace.ts';
import { RawUpstreams } from './faults-raw.ts';
import { inMegabytes, wait } from './faults-stage.ts';
import type { Stage } from './faults-stage.ts';
import { SoakGateway } from './gateway.ts';

const WAYS = ['half-open', 'trickle', 'giant', 'bomb', 'interim', 'headers'] as const;
const OTHERS = 9;
/** One caller that tries again and again. */
const PAUSE_MS = 250;
/** Beyond the last of its timeouts nobody waits. */
const DEADLINE_MS = 8_000;
const TIMEOUTS = { timeout: '4s', firstByteTimeout: '2s', idleTimeout: '2s' };

export async function upstreams(stage: Stage) {
  const { small, tell, folder } = stage;
  const [quietSeconds, hurtSeconds] = small ? [1, 2] : [4, 8];
  using good = await RawUpstreams.started(OTHERS);
  using bad = await RawUpstreams.started(1, '2026-07-28', '--bomb');
  const others = Object.fromEntries(good.urls.map((url, index) => [`good-${index}`, { url }]));
  await using gateway = await SoakGateway.started(folder, {
    servers: { ...others, bad: { url: bad.url, ...TIMEOUTS } },
  });
  await using pace = new Pace(Object.keys(others).map((name) => `${gateway.url}/servers/${name}/mcp`));
  const client = new Client(`${gateway.url}/servers/bad/mcp`, '2026-07-28', { logs: false });
  const before = gateway.residentBytes;

  const quiet: Phase[] = [await pace.take('before', quietSeconds)];
  const hurt: Phase[] = [];
  const words: Record<string, string> = {};
  for (const way of WAYS) {
    const calls = callAgain(stage, { client, way, ms: hurtSeconds * 1000 });
    hurt.push(await pace.during(way, calls));
    const { count, text } = await calls;
    words[way] = text;
    tell(`  ${way}: ${count} calls, "${text}"`);
    quiet.push(await pace.take(`after ${way}`, quietSeconds));
  }
  await client.close();
  const growthMb = inMegabytes(gateway.residentBytes - before);
  return { others: OTHERS, words, growthMb, ...judgePace(stage, quiet, hurt) };
}

interface Again {
  readonly client: Client;
  readonly way: string;
  readonly ms: number;
}

/** At least once; what its caller read last. */
async function callAgain({ findings }: Stage, { client, way, ms }: Again) {
  const end = Date.now() + ms;
  let count = 0;
  let text = '';
  do {
    const answer = await client.call(way, {}, { deadlineMs: DEADLINE_MS });
    const judged = judgeCall(answer, '');
    count += 1;
    text = judged.text;
    if (judged.ok || judged.wrong !== undefined)
      findings.add('unclear', `${way}: ${judged.wrong ?? 'a result'}: ${describe(answer)}`);
    await wait(PAUSE_MS);
  } while (Date.now() < end);
  return { count, text };
}
