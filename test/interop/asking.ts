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

const program = join(import.meta.dirname, 'asking-server.ts');
const installed = project.devDependencies;
const sdks = {
  '1': `@modelcontextprotocol/sdk ${installed['@modelcontextprotocol/sdk']}`,
  '2025-06-18': installed['mcp-sdk-2025-06-18'].replace(/^npm:(.+)@/, '$1 '),
} as const;
const links = ['http', 'sse', 'stdio'] as const;

/** Nobody thinks it over. */
const ASKING_MS = 8_000;

/** Tools of the server, and what their rows are called. */
const methods = { book: 'elicit', book_aside: 'elicit beside the call' } as const;

interface Subject {
  /** The key in the configuration. */
  readonly key: string;
  readonly name: string;
  readonly config: object;
}

export async function askEachOther(): Promise<readonly Row[]> {
  await using children = new AsyncDisposableStack();
  const subjects = await Promise.all(pairs().map(([sdk, link]) => start(sdk, link, children)));
  const servers = Object.fromEntries(subjects.map(({ key, config }) => [key, config]));
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
      rows.push(...(await ask(person, '', rowOf(library.name, subject))));
    }
  }
  for (const library of pipedLibraries) {
    await using command = await pipedCommand({ servers });
    await using person = new Person((answer) => library.start(command.args, answer));
    for (const subject of subjects) rows.push(...(await ask(person, `${subject.key}__`, rowOf(library.name, subject))));
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

function pairs(): readonly (readonly [keyof typeof sdks, (typeof links)[number]])[] {
  const versions = Object.keys(sdks) as (keyof typeof sdks)[];
  return versions.flatMap((sdk) => links.map((link) => [sdk, link] as const));
}

async function start(
  sdk: keyof typeof sdks,
  link: (typeof links)[number],
  children: AsyncDisposableStack,
): Promise<Subject> {
  const key = `sdk-${sdk}-${link}`;
  const name = `${sdks[sdk]}, ${link}`;
  const args = [program, '--sdk', sdk, '--link', link];
  if (link === 'stdio') return { key, name, config: { command: process.execPath, args } };
  const child = children.use(new Child(args));
  const { url } = JSON.parse(await child.firstLine()) as { url: string };
  return { key, name, config: link === 'sse' ? { url, protocol: 'http+sse' } : { url } };
}

async function ask(
  person: Person,
  prefix: string,
  common: Pick<Row, 'client' | 'server' | 'upstreamRevision'>,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const lines: string[] = [];
  const revision = await person.hop.then(
    (hop) => hop.revision,
    () => 'none',
  );
  for (const [tool, method] of Object.entries(methods)) {
    const problem = await tryTool(person, prefix + tool).catch((error: unknown) => String(error));
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
