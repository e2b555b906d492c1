/**
 * Every client on every server of an official SDK, with a question in the middle of the call: a tool asks for a name, the client gives one, the tool
 * answers with it. One gateway for all that come over HTTP; those that start a server start a gateway each.
 */
import { join } from 'node:path';
import { Child } from '../fixtures/child.ts';
import { startGateway } from '../fixtures/gateway.ts';
import { pipedCommand } from '../fixtures/piped-gateway.ts';
import project from '../../package.json' with { type: 'json' };
import { libraries, pipedLibraries, sseLibraries } from './clients.ts';
import type { Answer, Hop, Library } from './clients.ts';
import { within } from './patience.ts';
import type { Row } from './row.ts';

const installed = project.devDependencies;
const sdk2 = `@modelcontextprotocol/server ${installed['@modelcontextprotocol/server']}`;
const sdk1 = `@modelcontextprotocol/sdk ${installed['@modelcontextprotocol/sdk']}`;
const sdk2025June = installed['mcp-sdk-2025-06-18'].replace(/^npm:(.+)@/, '$1 ');

/** Nobody thinks it over. */
const ASKING_MS = 8_000;

/** Tools of the servers, and what their rows are called. Without sessions there is no way to ask beside a call. */
const rowNames: Readonly<Record<string, string>> = { book: 'elicit', book_aside: 'elicit beside the call' };

interface Subject {
  /** The key in the configuration. */
  readonly key: string;
  readonly name: string;
  /** What stands behind `node`. */
  readonly args: readonly string[];
  readonly protocol: string;
  readonly tools: readonly string[];
}

const subjects: readonly Subject[] = [
  ...(
    [
      ['http', '2026-07-28'],
      ['stdio', '2026-07-28'],
      ['sessions', '2025-11-25'],
      ['stdio', '2025-11-25'],
    ] as const
  ).map(([link, protocol]) => ({
    key: `sdk-2-${link}-${protocol}`,
    name: `${sdk2}, ${link}, ${protocol}`,
    args: [join(import.meta.dirname, 'asking-server-2.ts'), '--link', link],
    protocol,
    tools: ['book'],
  })),
  ...(
    [
      ['1', sdk1],
      ['2025-06-18', sdk2025June],
    ] as const
  ).flatMap(([sdk, name]) =>
    (['http', 'sse', 'stdio'] as const).map((link) => ({
      key: `sdk-${sdk}-${link}`,
      name: `${name}, ${link}`,
      args: [join(import.meta.dirname, 'asking-server.ts'), '--sdk', sdk, '--link', link],
      protocol: link === 'sse' ? 'http+sse' : 'auto',
      tools: ['book', 'book_aside'],
    })),
  ),
];

/** @param seed for the small form: of those that start a gateway, one is asked, and it says which. */
export async function askEachOther(seed?: number): Promise<readonly Row[]> {
  await using children = new AsyncDisposableStack();
  const started = await Promise.all(
    subjects.map(async (subject) => [subject.key, await start(subject, children)] as const),
  );
  const servers = Object.fromEntries(started);
  await using gateway = await startGateway({ servers, legacySse: true });
  const states = await gateway.servers();
  const rowOf = (client: string, { key, name }: Subject) => {
    return {
      client,
      server: name,
      upstreamRevision: states.find((state) => state.name === key)?.revision ?? 'unknown',
    };
  };
  const rows: Row[] = [];
  for (const [path, library] of overNetwork()) {
    for (const subject of subjects) {
      const url = `${gateway.url}/servers/${subject.key}/${path}`;
      await using person = new Person((answer) => library.connect(url, answer));
      rows.push(...(await ask(person, subject.tools, rowOf(library.name, subject))));
    }
  }
  const piped = pipedLibraries.filter((_, index) => seed === undefined || index === seed % pipedLibraries.length);
  for (const library of piped) {
    await using command = await pipedCommand({ servers });
    await using person = new Person((answer) => library.start(command.args, answer));
    for (const subject of subjects) {
      const tools = subject.tools.map((tool) => `${subject.key}__${tool}`);
      rows.push(...(await ask(person, tools, rowOf(library.name, subject))));
    }
  }
  return rows;
}

/** Someone at a client, who gives another name each time. The client connects when it is first wanted. */
class Person implements AsyncDisposable {
  asked = 0;
  #hop: Promise<Hop> | undefined;
  readonly #open: (answer: Answer) => Promise<Hop>;

  constructor(open: (answer: Answer) => Promise<Hop>) {
    this.#open = open;
  }

  get hop(): Promise<Hop> {
    return (this.#hop ??= within(this.#open(() => this.#answer())));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const hop = await this.#hop?.catch(() => undefined);
    if (hop) await within(hop.close()).catch(() => undefined);
  }

  #answer(): ReturnType<Answer> {
    this.asked += 1;
    return { action: 'accept', content: { name: `Ann ${this.asked}` } };
  }
}

function overNetwork(): readonly (readonly [string, Library])[] {
  const streamable = libraries.map((library) => ['mcp', library] as const);
  return [...streamable, ...sseLibraries.map((library) => ['sse', library] as const)];
}

/** The server's part of the configuration. What is on a pipe is started by whoever reads it. */
async function start({ args, protocol }: Subject, children: AsyncDisposableStack): Promise<object> {
  if (args.includes('stdio')) return { command: process.execPath, args, protocol };
  const child = children.use(new Child(args));
  const { url } = JSON.parse(await child.firstLine()) as { url: string };
  return { url, protocol };
}

async function ask(
  person: Person,
  tools: readonly string[],
  common: Pick<Row, 'client' | 'server' | 'upstreamRevision'>,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const lines: string[] = [];
  const revision = await person.hop.then(
    (hop) => hop.revision,
    () => 'none',
  );
  for (const tool of tools) {
    const method = rowNames[tool.replace(/^.*__/, '')] ?? tool;
    const problem = await tryTool(person, tool).catch((error: unknown) => String(error));
    const outcome = problem === undefined ? 'ok' : 'fail';
    rows.push({ ...common, method, outcome, clientRevision: revision });
    if (problem !== undefined) lines.push(`FAIL ${common.client} on ${common.server}: ${method}: ${problem}`);
  }
  const told = rows.map(({ method, outcome }) => `${method} ${outcome}`).join(', ');
  lines.unshift(`${common.client} (${revision}) on ${common.server} (${common.upstreamRevision}): ${told}`);
  console.log(lines.join('\n'));
  return rows;
}

/** What was wrong, if anything was. */
async function tryTool(person: Person, name: string): Promise<string | undefined> {
  const before = person.asked;
  const hop = await person.hop;
  const { content, isError } = (await within(hop.call({ name, arguments: {} }), ASKING_MS)) as Called;
  const times = person.asked - before;
  if (isError !== true && times === 1 && content[0]?.text === `accept: Ann ${person.asked}`) return undefined;
  return `it was asked ${times} times and got ${JSON.stringify(content)}`;
}

interface Called {
  readonly content: readonly { readonly text?: string }[];
  readonly isError?: boolean;
}
