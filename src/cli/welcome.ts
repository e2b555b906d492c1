/** What people see while the servers start and once they have: the servers, the endpoint, what was found, and what to paste where. */
import type { Gateway, ServerStatus } from '../app/gateway.ts';
import { within } from '../kernel/patience.ts';
import type { Time } from '../kernel/time.ts';
import type { Console, Style } from './console.ts';
import { snippets } from './snippets.ts';

const MARKS: Readonly<Record<ServerStatus['state'], readonly [string, Style]>> = {
  ready: ['✓', 'green'],
  starting: ['…', 'dim'],
  unavailable: ['✗', 'red'],
  disabled: ['-', 'dim'],
};

const PATIENCE_MS = 3000;

export class Welcome {
  readonly #console: Console;
  readonly #time: Time;
  readonly #begun: number;
  /** The last line of each server; a change that looks the same is not shown again. */
  readonly #shown = new Map<string, string>();
  #stop: (() => void) | undefined;

  constructor(console: Console, time: Time) {
    this.#console = console;
    this.#time = time;
    this.#begun = time.elapsed();
  }

  begin(file: string): void {
    this.#console.print(`Starting the servers of ${file}`);
  }

  /** Resolves when the summary was shown, or `end` was called before. */
  async show(gateway: Gateway): Promise<void> {
    const width = Math.max(...gateway.servers().map(({ name }) => name.length), 0);
    this.#stop = gateway.onServer((status) => this.#line(status, width));
    for (const status of gateway.servers()) this.#line(status, width);
    const settled = gateway.settled();
    // The gateway answers already: a server that takes long must not keep its address from people.
    await within(settled, PATIENCE_MS, this.#time);
    if (this.#stop === undefined) return;
    for (const status of gateway.servers()) this.#line(status, width);
    this.#summary(gateway);
    await settled;
    this.end();
  }

  end(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #line(status: ServerStatus, width: number): void {
    const text = describe(status);
    if (this.#shown.get(status.name) === text) return;
    this.#shown.set(status.name, text);
    const [mark, style] = MARKS[status.state];
    const seconds =
      status.state === 'ready' || status.state === 'unavailable'
        ? `, ${((this.#time.elapsed() - this.#begun) / 1000).toFixed(1)} s`
        : '';
    const marked = this.#console.terminal ? `${this.#console.style(style, mark)} ` : '';
    this.#console.print(`  ${marked}${status.name.padEnd(width)}  ${text}${seconds}`);
  }

  #summary(gateway: Gateway): void {
    const { print, style } = this.#console;
    const servers = gateway.servers();
    const endpoint = `${gateway.dataUrl}/mcp`;
    const tools = servers.reduce((sum, server) => sum + server.tools, 0);
    print('');
    print(`  Endpoint  ${style('bold', endpoint)}`);
    print(`  Servers   ${states(servers)}`);
    print(`  Tools     ${tools}`);
    print(`  Health    ${gateway.adminUrl}/readyz, /healthz, /metrics`);
    print('');
    print('Paste into your client:');
    for (const { client, where, text } of snippets(endpoint)) {
      print('');
      print(`  ${style('bold', client)}${where === '' ? '' : `  ${style('dim', where)}`}`);
      for (const line of text.split('\n')) print(`    ${style('cyan', line)}`);
    }
    print('');
    print('Ctrl-C ends it.');
  }
}

function describe({ state, revision, tools, reason }: ServerStatus): string {
  if (state === 'ready')
    return [state, ...(revision === undefined ? [] : [revision]), `${tools} ${tools === 1 ? 'tool' : 'tools'}`].join(
      ', ',
    );
  return reason === undefined ? state : `${state}: ${reason}`;
}

/** `2 ready, 1 unavailable` */
function states(servers: readonly ServerStatus[]): string {
  const counted = (['ready', 'starting', 'unavailable', 'disabled'] as const).flatMap((state) => {
    const { length } = servers.filter((server) => server.state === state);
    return length === 0 ? [] : [`${length} ${state}`];
  });
  return counted.length === 0 ? 'none' : counted.join(', ');
}
