/** Opens a server that is a child of ours: the process, its pipes, then the family that it speaks. A server that ends at a question it does not know is started again and not asked. */
import type { StdioServerSettings } from '../../core/settings.ts';
import { Abort } from '../../kernel/abort.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Message } from '../../protocol/jsonrpc.ts';
import { Child } from '../link/process.ts';
import { StdioLink } from '../link/stdio.ts';
import type { ConnectionEvents } from './connection.ts';
import type { Environment } from './environment.ts';
import { probePipe, required, VERDICT_HOLDS_MS, type Family, type Silent } from './probe.ts';
import { canAsk, questionsOf, type Offering } from './offering.ts';
import { Connection2025 } from './rev2025.ts';
import { Connection2026 } from './rev2026.ts';
import type { Open, Opened } from './server.ts';

export function openStdio(settings: StdioServerSettings, environment: Environment, offering: Offering): Open {
  let remembered: { readonly family: Family; readonly atMs: number } | undefined;
  const { time } = environment;
  const { protocol } = settings;
  return async (events, abort) => {
    const attempt = async (
      family: Family | undefined,
    ): Promise<{ readonly opened: Opened; readonly family: Family } | 'ended-at-probe'> => {
      const run = new Run(settings, { environment, events, offering });
      const stop = (): void => void run.close();
      abort.listen(stop);
      try {
        return await run.open(family);
      } catch (error) {
        remembered = undefined;
        await run.close();
        if (!run.endedAtProbe) throw error;
        return 'ended-at-probe';
      } finally {
        abort.ignore(stop);
      }
    };
    const known = remembered && time.now() - remembered.atMs < VERDICT_HOLDS_MS ? remembered : undefined;
    const first = await attempt(protocol === '2025-11-25' ? OLDER : known?.family);
    // A server that ends at a question it does not know is of the older family, if it then keeps running.
    const opened = first === 'ended-at-probe' ? await attempt(required(protocol, OLDER)) : first;
    if (opened === 'ended-at-probe') throw new Fault('unavailable', 'It ended before it was ready.');
    if (protocol === 'auto' && opened.family.kind === 'rev2025')
      remembered = known ?? { family: OLDER, atMs: time.now() };
    return opened.opened;
  };
}

const OLDER: Family = { kind: 'rev2025' };

interface Running {
  readonly environment: Environment;
  readonly events: ConnectionEvents;
  readonly offering: Offering;
}

interface Greeted {
  readonly family: Family;
  readonly connection: Connection2025 | Connection2026;
}

/** One child from its start to its end. */
class Run {
  readonly #settings: StdioServerSettings;
  readonly #environment: Environment;
  readonly #events: ConnectionEvents;
  readonly #offering: Offering;
  readonly #link: StdioLink;
  readonly #child: Child;
  #connection: { heard(message: Message): void } | undefined;
  #ended: string | undefined;
  #ready = false;
  #probing = false;
  #suspected = false;
  endedAtProbe = false;

  constructor(settings: StdioServerSettings, { environment, events, offering }: Running) {
    const { name, command, args, env, cwd } = settings;
    const { time, log, bounds, counts, childEnvironment, processes, guardian, skim } = environment;
    this.#settings = settings;
    this.#environment = environment;
    this.#events = events;
    this.#offering = offering;
    if (counts.children >= bounds.children)
      throw new Fault('unavailable', 'Too many processes are running (bounds.children).');
    const { lineBytes, jsonDepth } = bounds;
    const { firstByteTimeoutMs, idleTimeoutMs } = settings;
    this.#link = new StdioLink({
      lineBytes,
      jsonDepth,
      firstByteTimeoutMs,
      idleTimeoutMs,
      name,
      log,
      time,
      skim,
      heard: (message) => this.#connection?.heard(message),
      questions: questionsOf(offering, settings.concurrency),
    });
    const output = (chunk: Buffer): void => this.#link.output(chunk);
    this.#child = new Child(
      { name, command, args, env: { ...childEnvironment, ...env }, cwd },
      { output, ended: (reason) => this.#end(reason) },
      { time, log, processes, guardian },
    );
    counts.children += 1;
    this.#link.attach(this.#child);
  }

  async open(family: Family | undefined): Promise<{ readonly opened: Opened; readonly family: Family }> {
    const { connectTimeoutMs } = this.#settings;
    const timer = this.#environment.time.after(connectTimeoutMs, () => {
      if (!this.#ready) this.#link.ended('no answer');
    });
    try {
      const { connection, family: chosen } = await this.#greet(family ?? (await this.#probe()));
      this.#connection = connection;
      this.#ready = true;
      return { opened: { connection, close: () => this.close(), suspect: () => void this.#suspect() }, family: chosen };
    } catch (error) {
      throw this.#ended === undefined
        ? this.#silent(error)
        : new Fault('unavailable', `It ${this.#ended} before it was ready.`);
    } finally {
      timer.cancel();
    }
  }

  close(): Promise<void> {
    return this.#child.close();
  }

  async #probe(): Promise<Family | Silent> {
    const { protocol, connectTimeoutMs } = this.#settings;
    this.#probing = true;
    const family = await probePipe({
      link: this.#link,
      environment: this.#environment,
      timeoutMs: connectTimeoutMs,
      isPipe: true,
    });
    this.#probing = false;
    if (this.#ended !== undefined) throw new Fault('unavailable', `It ${this.#ended} before it was ready.`);
    return family.kind === 'silent' ? family : required(protocol, family);
  }

  /** Of a server that was silent so far, whichever it answers first counts. */
  async #greet(family: Family | Silent): Promise<Greeted> {
    if (family.kind !== 'silent') return this.#connect(family);
    if (this.#settings.protocol !== 'auto') return this.#connect(await family.late);
    const older = this.#connect(OLDER);
    const first = await Promise.any([family.late, older]);
    if ('connection' in first) return first;
    older.then(({ connection }) => connection.close()).catch(() => undefined); // it has lost
    return this.#connect(first);
  }

  async #connect(family: Family): Promise<Greeted> {
    const { connectTimeoutMs: openMs, affinity } = this.#settings;
    const own = { link: this.#link, environment: this.#environment, events: this.#events, openMs };
    const { offered, rootsChanged } = this.#offering;
    // Nobody's roots are told to a process that others share.
    const to = { ...own, affinity, offered, rootsChanged, relaysRoots: canAsk(offered, 'roots/list') };
    if (family.kind === 'rev2026')
      return { family, connection: new Connection2026({ ...to, discovered: family.discovered }) };
    return { family, connection: await Connection2025.open(to, (session) => (this.#connection ??= session)) };
  }

  #silent(error: unknown): unknown {
    if (error instanceof Fault && error.kind === 'unavailable') return error;
    return new Fault('unavailable', 'It did not answer its first request in time (connectTimeout).', { cause: error });
  }

  #end(reason: string): void {
    this.#environment.counts.children -= 1;
    this.#ended = reason;
    this.endedAtProbe = this.#probing;
    this.#link.ended(reason);
    if (this.#ready) this.#events.lost(reason);
  }

  /** A call went unanswered. Whoever does not even answer `ping` is hung, and is started anew. */
  async #suspect(): Promise<void> {
    if (this.#suspected || this.#ended !== undefined) return;
    this.#suspected = true;
    const abort = new Abort();
    const timer = this.#environment.time.after(this.#settings.connectTimeoutMs, () =>
      abort.now(new Fault('timed-out', 'It did not answer in time.')),
    );
    try {
      await this.#link.request({
        method: 'ping',
        headers: '',
        params: () => [Buffer.from('{}')],
        abort,
        heard: () => undefined,
        standing: true,
      });
    } catch (error) {
      if (abort.reason) this.#child.kill('was hung');
      else if (error instanceof Fault && error.kind === 'overloaded') this.#child.kill('does not read its input');
    } finally {
      this.#suspected = false;
      timer.cancel();
    }
  }
}
