/** The three quickstart servers: how they are started, what is asked of each, and what they answer when asked directly over stdio. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { Asked, Completing, Fields, Named } from './clients.ts';

const packages = join(import.meta.dirname, '../../node_modules/@modelcontextprotocol');

export interface Subject {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly calls: readonly Asked[];
  /** A call that lasts and reports progress, where the server has such a tool. */
  readonly slow: ((seconds: number) => Asked) | undefined;
  /** The file that the first of the calls reads; '' where `slow` is there. */
  readonly reads: string;
  readonly prompt: Named | undefined;
  readonly completing: Completing | undefined;
}

/**
 * What the server says without a gateway, to a client that can be asked all that the gateway carries: its list is one for all who share the server.
 * A part is absent where its own capabilities lack it.
 */
export interface Reference {
  readonly capabilities: Fields;
  readonly tools: unknown;
  readonly results: readonly unknown[];
  readonly resource: { readonly uri: string; readonly result: unknown } | undefined;
  readonly prompt: unknown;
  readonly completion: unknown;
  readonly reportsProgress: boolean;
}

export interface Samples extends AsyncDisposable {
  readonly subjects: readonly Subject[];
}

export async function prepareServers(): Promise<Samples> {
  const root = await mkdtemp(join(tmpdir(), 'gatehouse-interop-'));
  const graph = join(root, 'graph.jsonl');
  const folder = await mkdtemp(join(root, 'sample-'));
  await writeFile(join(folder, 'note.txt'), 'Grüße aus der Datei\n');
  await writeFile(graph, '{"type":"entity","name":"gate","entityType":"thing","observations":["opens","closes"]}\n');
  return {
    subjects: [everything(), filesystem(folder), memory(graph)],
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

export async function askDirectly(subject: Subject): Promise<Reference> {
  const client = new Client(
    { name: 'gatehouse-interop', version: '1.0.0' },
    { capabilities: { elicitation: {}, sampling: {} } },
  );
  const { args, env } = subject;
  const options = { command: process.execPath, args: [...args], env: { ...env, PATH: process.env['PATH'] ?? '' } };
  await client.connect(new StdioClientTransport({ ...options, stderr: 'ignore' }));
  try {
    const capabilities = client.getServerCapabilities() ?? {};
    const uri = capabilities.resources ? (await client.listResources()).resources[0]?.uri : undefined;
    const { prompt, completing } = subject;
    const results: unknown[] = [];
    let progress = 0;
    const onprogress = () => (progress += 1);
    for (const call of subject.calls) results.push(await client.callTool(call, undefined, { onprogress }));
    if (subject.slow) await client.callTool(subject.slow(1), undefined, { onprogress });
    const ref = { type: 'ref/prompt', name: completing?.prompt ?? '' } as const;
    return {
      capabilities,
      tools: (await client.listTools()).tools,
      results,
      resource: uri === undefined ? undefined : { uri, result: await client.readResource({ uri }) },
      prompt: capabilities.prompts && prompt ? await client.getPrompt(prompt) : undefined,
      completion:
        capabilities.completions && completing
          ? await client.complete({ ref, argument: completing.argument })
          : undefined,
      reportsProgress: progress > 0,
    };
  } finally {
    await client.close();
  }
}

function everything(): Subject {
  return {
    name: 'everything',
    args: [join(packages, 'server-everything/dist/index.js'), 'stdio'],
    env: {},
    calls: [
      { name: 'get-sum', arguments: { a: 2, b: 40 } },
      { name: 'get-tiny-image', arguments: {} },
      { name: 'get-structured-content', arguments: { location: 'Chicago' } },
    ],
    reads: '',
    slow: (seconds) => ({
      name: 'trigger-long-running-operation',
      arguments: { duration: seconds, steps: seconds * 4 },
    }),
    prompt: { name: 'args-prompt', arguments: { city: 'Oslo', state: 'Oslo' } },
    completing: { prompt: 'completable-prompt', argument: { name: 'department', value: 'S' } },
  };
}

function filesystem(folder: string): Subject {
  const note = join(folder, 'note.txt');
  return {
    name: 'filesystem',
    args: [join(packages, 'server-filesystem/dist/index.js'), folder],
    env: {},
    calls: [
      { name: 'read_text_file', arguments: { path: note } },
      { name: 'list_directory', arguments: { path: folder } },
    ],
    slow: undefined,
    reads: note,
    prompt: undefined,
    completing: undefined,
  };
}

function memory(graph: string): Subject {
  return {
    name: 'memory',
    args: [join(packages, 'server-memory/dist/index.js')],
    env: { MEMORY_FILE_PATH: graph },
    calls: [{ name: 'read_graph', arguments: {} }],
    slow: undefined,
    reads: graph,
    prompt: undefined,
    completing: undefined,
  };
}
