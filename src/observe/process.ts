/** Figures of the process itself, under the names that every exporter gives them. */
import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Time } from '../kernel/time.ts';
import type { Figure } from './figure.ts';

/** How often the delay of the event loop is looked at. */
const RESOLUTION_MS = 50;

export class ProcessFigures {
  readonly #startSeconds: number;
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor(time: Time) {
    this.#startSeconds = time.now() / 1000 - process.uptime();
    this.#delay.enable();
  }

  read(): Figure[] {
    const { user, system } = process.cpuUsage();
    const figures: Figure[] = [
      counter('process_cpu_seconds_total', 'User and system time of the process.', (user + system) / 1_000_000),
      gauge('process_resident_memory_bytes', 'Resident memory.', process.memoryUsage.rss()),
      gauge('process_start_time_seconds', 'Start of the process since the epoch.', this.#startSeconds),
      {
        name: 'process_event_loop_delay_seconds',
        type: 'gauge',
        help: 'How late the event loop was, since the start.',
        reading: this.#delays(),
      },
    ];
    const files = openFiles();
    if (files !== undefined) figures.push(gauge('process_open_fds', 'Open file descriptors.', files));
    return figures;
  }

  close(): void {
    this.#delay.disable();
  }

  #delays(): (readonly [Record<string, string>, number])[] {
    return [50, 99, 100].map((percentile) => [{ percentile: String(percentile) }, this.#late(percentile)] as const);
  }

  /** What is measured is the time between two looks. */
  #late(percentile: number): number {
    const nanoseconds = this.#delay.count === 0 ? 0 : this.#delay.percentile(percentile);
    return Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000);
  }
}

/** Linux only; one less than listed, as listing takes one. */
function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}

function counter(name: string, help: string, reading: number): Figure {
  return { name, type: 'counter', help, reading };
}

function gauge(name: string, help: string, reading: number): Figure {
  return { name, type: 'gauge', help, reading };
}
