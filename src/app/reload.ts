/** Takes a changed configuration into use: compiled aside, swapped in whole, or refused whole. Calls that run keep what they began with. */
import type { Log } from '../core/ports/log.ts';
import type { Settings } from '../core/settings.ts';
import type { Snapshots } from '../core/snapshot.ts';
import { compile, type Engine } from '../config/compile.ts';
import { tell, type ConfigSource, type Problem } from '../config/source.ts';
import type { Streams } from '../dispatch/listen.ts';
import { toFault } from '../kernel/fault.ts';
import type { Plane } from './plane.ts';
import type { Servers } from './servers.ts';

export interface ReloadOptions {
  readonly source: ConfigSource;
  readonly servers: Servers;
  readonly snapshots: Snapshots;
  readonly streams: Streams;
  readonly data: Plane;
  readonly engine: Engine;
  readonly log: Log;
  /** The settings that listeners and bounds were made from. */
  readonly started: Settings;
}

/** Read once, at start. */
const FIXED = ['admin', 'health', 'bounds', 'sealKeys'] as const;

export interface ConfigError {
  readonly at: string;
  readonly problems: readonly Problem[];
}

export class Reload {
  readonly #options: ReloadOptions;
  #running: Promise<void> | undefined;
  #again = false;
  #isClosed = false;
  #lastError: ConfigError | undefined;

  constructor(options: ReloadOptions) {
    this.#options = options;
  }

  /** Why the newest configuration is not in use, if so. */
  get lastError(): ConfigError | undefined {
    return this.#lastError;
  }

  /** One at a time; a change during a reload is followed by another. */
  run(): Promise<void> {
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#load()
      .catch((error: unknown) =>
        this.#options.log.error({ detail: toFault(error).detail }, 'the configuration was not taken into use'),
      )
      .finally(() => {
        this.#running = undefined;
        if (!this.#again || this.#isClosed) return;
        this.#again = false;
        void this.run();
      });
    return this.#running;
  }

  /** Nothing is taken into use any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #load(): Promise<void> {
    const { source, log } = this.#options;
    const loaded = await source.load();
    if (this.#isClosed) return;
    if (!loaded.ok) {
      this.#lastError = { at: new Date(this.#options.engine.time.now()).toISOString(), problems: loaded.problems };
      log.error(
        { problems: loaded.problems.map(tell) },
        'the changed configuration has errors; the one before stays in use',
      );
      return;
    }
    this.#lastError = undefined;
    this.#swap(loaded.settings);
  }

  #swap(settings: Settings): void {
    const { servers, snapshots, streams, data, engine, log } = this.#options;
    const close = servers.reconcile(settings);
    const closeRetired = (): void =>
      void close().catch((error: unknown) =>
        log.error({ detail: toFault(error).detail }, 'a removed server did not close'),
      );
    snapshots.swap(compile(settings, servers.running, engine), closeRetired);
    data.reloaded(settings);
    const fixed = FIXED.filter((key) => JSON.stringify(settings[key]) !== JSON.stringify(this.#options.started[key]));
    const { listen } = this.#options.started;
    const moved =
      JSON.stringify(settings.listen.address) !== JSON.stringify(listen.address) ||
      (settings.listen.tls === undefined) !== (listen.tls === undefined);
    if (fixed.length > 0 || moved)
      log.warn(
        { keys: moved ? ['listen', ...fixed] : fixed },
        'changed, but read at start only: takes effect at the next start',
      );
    streams.swapped();
    log.info({ servers: servers.running.length }, 'configuration in use');
  }
}
