/** The text of /metrics: buckets, bounds, escaping, the process. */
import { expect, test } from 'vitest';
import { systemTime } from '../kernel/time.ts';
import { Metrics } from './metrics.ts';

function rendered(use: (metrics: Metrics) => void): string[] {
  const metrics = new Metrics(systemTime());
  use(metrics);
  const text = metrics.render();
  metrics.close();
  expect(text.endsWith('\n')).toBe(true);
  return text.split('\n');
}

const call = { method: 'tools/call', server: 'github', errorType: '' };
const NAME = 'mcp_server_operation_duration_seconds';
const LABELS = 'mcp_method_name="tools/call",gatehouse_server="github",error_type=""';

test('durations are counted into every bucket that they fit', () => {
  const lines = rendered((metrics) => {
    metrics.served({ ...call, seconds: 0.01 });
    metrics.served({ ...call, seconds: 0.03 });
    metrics.served({ ...call, seconds: 400 });
  });
  expect(lines).toEqual(
    expect.arrayContaining([
      `# TYPE ${NAME} histogram`,
      `${NAME}_bucket{${LABELS},le="0.005"} 0`,
      `${NAME}_bucket{${LABELS},le="0.01"} 1`,
      `${NAME}_bucket{${LABELS},le="0.05"} 2`,
      `${NAME}_bucket{${LABELS},le="300"} 2`,
      `${NAME}_bucket{${LABELS},le="+Inf"} 3`,
      `${NAME}_sum{${LABELS}} 400.04`,
      `${NAME}_count{${LABELS}} 3`,
    ]),
  );
});

test('what was served and what was asked are told apart', () => {
  const lines = rendered((metrics) => metrics.asked({ ...call, seconds: 1 }));
  expect(lines).toContain(`mcp_client_operation_duration_seconds_count{${LABELS}} 1`);
  expect(lines.some((line) => line.startsWith(`${NAME}_count`))).toBe(false);
});

test('every outcome has a series of its own', () => {
  const lines = rendered((metrics) => {
    for (const errorType of ['', 'tool_error', '-32603', 'tool_error'])
      metrics.served({ ...call, errorType, seconds: 1 });
  });
  const counts = lines
    .filter((line) => line.startsWith(`${NAME}_count`))
    .map((line) => line.replace(/.*error_type=/, ''));
  expect(counts).toEqual(['""} 1', '"tool_error"} 2', '"-32603"} 1']);
});

test('series that outsiders could make are bounded, and no operation is lost', () => {
  const lines = rendered((metrics) => {
    for (let each = 0; each < 5000; each += 1)
      metrics.served({ method: `m${each % 7}`, server: `s${each}`, errorType: `e${each}`, seconds: 1 });
    for (let each = 0; each < 1000; each += 1)
      metrics.served({ method: `n${each}`, server: 's', errorType: '', seconds: 1 });
  });
  const counts = lines.filter((line) => line.startsWith(`${NAME}_count`));
  expect(counts.length).toBeLessThanOrEqual(2202);
  expect(counts.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)).toBe(6000);
  expect(counts.at(-1)).toContain('mcp_method_name="other",gatehouse_server="other",error_type="other"');
});

test('gauges are read when asked for, labels escaped', () => {
  let sessions = 1;
  const lines = rendered((metrics) => {
    metrics.gauge('gatehouse_sessions', () => sessions);
    metrics.gauge('gatehouse_server_up', () => [
      [{ gatehouse_server: 'a"b\\c\nd' }, 1],
      [{ gatehouse_server: 'x' }, 0],
    ]);
    sessions = 2;
  });
  expect(lines).toEqual(
    expect.arrayContaining([
      '# HELP gatehouse_sessions Open sessions of clients.',
      '# TYPE gatehouse_sessions gauge',
      'gatehouse_sessions 2',
      'gatehouse_server_up{gatehouse_server="a\\"b\\\\c\\nd"} 1',
      'gatehouse_server_up{gatehouse_server="x"} 0',
    ]),
  );
});

test('the process is shown under the usual names', () => {
  const lines = rendered(() => undefined);
  const value = (name: string) => Number(lines.find((line) => line.startsWith(`${name} `))?.split(' ')[1]);
  expect(value('process_cpu_seconds_total')).toBeGreaterThan(0);
  expect(value('process_resident_memory_bytes')).toBeGreaterThan(1e7);
  expect(value('process_start_time_seconds')).toBeGreaterThan(1.7e9);
  if (process.platform === 'linux') expect(value('process_open_fds')).toBeGreaterThan(2);
  expect(lines.some((line) => line.startsWith('process_event_loop_delay_seconds{percentile="99"} '))).toBe(true);
});

test('every line is what the text format allows', () => {
  const lines = rendered((metrics) => {
    metrics.served({ ...call, seconds: Number.NaN });
    metrics.gauge('gatehouse_legs', () => Number.POSITIVE_INFINITY);
  });
  const allowed =
    /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+="[^\n]*"(,[a-z_]+="[^\n]*")*\})? (-?[0-9.e+-]+|NaN|[+-]Inf)|)$/;
  for (const line of lines) expect(line).toMatch(allowed);
});
