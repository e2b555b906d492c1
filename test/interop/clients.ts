/** The client libraries, each behind the same few methods, on their own public surface. Nothing of the gateway is known here. */
import { createMCPClient, ElicitationRequestSchema } from '@ai-sdk/mcp';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as ClientOf1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as SseOf1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport as PipesOf1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as TransportOf1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema as ElicitOf1 } from '@modelcontextprotocol/sdk/types.js';
import { Client as ClientOf2025June } from 'mcp-sdk-2025-06-18/client/index.js';
import { SSEClientTransport as SseOf2025June } from 'mcp-sdk-2025-06-18/client/sse.js';
import { StdioClientTransport as PipesOf2025June } from 'mcp-sdk-2025-06-18/client/stdio.js';
import { StreamableHTTPClientTransport as TransportOf2025June } from 'mcp-sdk-2025-06-18/client/streamableHttp.js';
import { ElicitRequestSchema as ElicitOf2025June } from 'mcp-sdk-2025-06-18/types.js';
import project from '../../package.json' with { type: 'json' };
import { watchProgress } from './progress-tap.ts';

export type Fields = Readonly<Record<string, unknown>>;

// Types, not interfaces: the libraries want an index signature, which only an alias has by itself.
export type Named = { readonly name: string; readonly arguments: Record<string, string> };
export type Asked = { readonly name: string; readonly arguments: Record<string, unknown> };

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Called for each progress notification that carries this call's token. */
  readonly onprogress?: () => void;
}

export interface Completing {
  readonly prompt: string;
  readonly argument: { readonly name: string; readonly value: string };
}

/** A client that is connected. Results are as the library gives them. */
export interface Hop {
  readonly revision: string;
  readonly capabilities: Fields;
  list(): Promise<unknown>;
  call(asked: Asked, options?: CallOptions): Promise<unknown>;
  read(uri: string): Promise<unknown>;
  prompt(named: Named): Promise<unknown>;
  complete(completing: Completing): Promise<unknown>;
  close(): Promise<void>;
}

/** What the person at the client says to a form. A client that is given one declares that it can be asked. */
export type Answer = () => { readonly action: 'accept'; readonly content: Record<string, string> };

export interface Library {
  readonly name: string;
  connect(url: string, answer?: Answer): Promise<Hop>;
}

/** A client that starts what it speaks with. */
export interface PipedLibrary {
  readonly name: string;
  /** @param args what stands behind `node`. */
  start(args: readonly string[], answer?: Answer): Promise<Hop>;
}

const installed = project.devDependencies;
const client = `@modelcontextprotocol/client ${installed['@modelcontextprotocol/client']}`;
const clientOf1 = `@modelcontextprotocol/sdk ${installed['@modelcontextprotocol/sdk']}`;
const clientOf2025June = installed['mcp-sdk-2025-06-18'].replace(/^npm:(.+)@/, '$1 ');

export const libraries: readonly Library[] = [
  { name: `${client}, 2026-07-28`, connect: (url, answer) => connectNew(url, { pin: '2026-07-28' }, answer) },
  { name: `${client}, 2025`, connect: (url, answer) => connectNew(url, 'legacy', answer) },
  { name: clientOf1, connect: connectOf1 },
  { name: clientOf2025June, connect: connectOf2025June },
  { name: `@ai-sdk/mcp ${installed['@ai-sdk/mcp']}`, connect: connectAiSdk },
];

/** Over HTTP+SSE, of 2024-11-05; the URL is that of the stream. */
export const sseLibraries: readonly Library[] = [
  { name: `${clientOf1}, sse`, connect: connectSseOf1 },
  { name: `${clientOf2025June}, sse`, connect: connectSseOf2025June },
];

export const pipedLibraries: readonly PipedLibrary[] = [
  { name: `${client}, 2026-07-28, stdio`, start: (args, answer) => startNew(args, { pin: '2026-07-28' }, answer) },
  { name: `${client}, 2025, stdio`, start: (args, answer) => startNew(args, 'legacy', answer) },
  { name: `${clientOf1}, stdio`, start: startOf1 },
  { name: `${clientOf2025June}, stdio`, start: startOf2025June },
];

const clientInfo = { name: 'gatehouse-interop', version: '1.0.0' };
const askable = { capabilities: { elicitation: {} } };

type Mode = 'legacy' | { pin: string };

async function connectNew(url: string, mode: Mode, answer?: Answer): Promise<Hop> {
  const client = clientNew(mode, answer);
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return hopOfNew(client);
}

async function startNew(args: readonly string[], mode: Mode, answer?: Answer): Promise<Hop> {
  const client = clientNew(mode, answer);
  await client.connect(new StdioClientTransport(command(args)));
  return hopOfNew(client);
}

function clientNew(mode: Mode, answer?: Answer): Client {
  const client = new Client(clientInfo, { versionNegotiation: { mode }, ...(answer ? askable : {}) });
  if (answer) client.setRequestHandler('elicitation/create', () => answer());
  return client;
}

const command = (args: readonly string[]) => ({
  command: process.execPath,
  args: [...args],
  stderr: 'ignore' as const,
});

function hopOfNew(client: Client): Hop {
  return {
    revision: client.getNegotiatedProtocolVersion() ?? 'unknown',
    capabilities: client.getServerCapabilities() ?? {},
    list: () => client.listTools(),
    call: (asked, options) => client.callTool(asked, options),
    read: (uri) => client.readResource({ uri }),
    prompt: (named) => client.getPrompt(named),
    complete: ({ prompt, argument }) => client.complete({ ref: { type: 'ref/prompt', name: prompt }, argument }),
    close: () => client.close(),
  };
}

async function connectOf1(url: string, answer?: Answer): Promise<Hop> {
  const transport = new TransportOf1(new URL(url));
  const client = newOf1(answer);
  await client.connect(transport);
  return hopOf1(client, transport);
}

async function connectSseOf1(url: string, answer?: Answer): Promise<Hop> {
  const transport = versioned(new SseOf1(new URL(url)));
  const client = newOf1(answer);
  await client.connect(transport);
  return hopOf1(client, transport);
}

async function startOf1(args: readonly string[], answer?: Answer): Promise<Hop> {
  const transport = versioned(new PipesOf1(command(args)));
  const client = newOf1(answer);
  await client.connect(transport);
  return hopOf1(client, transport);
}

function newOf1(answer?: Answer): ClientOf1 {
  const client = new ClientOf1(clientInfo, answer ? askable : {});
  if (answer) client.setRequestHandler(ElicitOf1, () => answer());
  return client;
}

async function startOf2025June(args: readonly string[], answer?: Answer): Promise<Hop> {
  const transport = versioned(new PipesOf2025June(command(args)));
  const client = newOf2025June(answer);
  await client.connect(transport);
  return hopOf1(client, transport);
}

async function connectSseOf2025June(url: string, answer?: Answer): Promise<Hop> {
  const transport = versioned(new SseOf2025June(new URL(url)));
  const client = newOf2025June(answer);
  await client.connect(transport);
  return hopOf1(client, transport);
}

function newOf2025June(answer?: Answer): ClientOf2025June {
  const client = new ClientOf2025June(clientInfo, answer ? askable : {});
  if (answer) client.setRequestHandler(ElicitOf2025June, () => answer());
  return client;
}

/** A transport is told what was agreed, and one over pipes does not keep it. */
function versioned<T extends object>(transport: T): T & Transport1 {
  const kept: Transport1 = {
    protocolVersion: undefined,
    setProtocolVersion(version) {
      this.protocolVersion = version;
    },
  };
  return Object.assign(transport, kept);
}

async function connectOf2025June(url: string, answer?: Answer): Promise<Hop> {
  const transport = new TransportOf2025June(new URL(url));
  const client = newOf2025June(answer);
  // Its own transport does not fit its own interface under `exactOptionalPropertyTypes`.
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return hopOf1(client, transport);
}

/** What matters here of a transport of 1.x. */
interface Transport1 {
  protocolVersion?: string | undefined;
  setProtocolVersion?(version: string): void;
  terminateSession?(): Promise<void>;
}

/** The same surface in every 1.x; a session is ended with DELETE, as its documentation asks. */
function hopOf1(client: ClientOf1 | ClientOf2025June, transport: Transport1): Hop {
  return {
    revision: transport.protocolVersion ?? 'unknown',
    capabilities: client.getServerCapabilities() ?? {},
    list: () => client.listTools(),
    call: (asked, options) => client.callTool(asked, undefined, options),
    read: (uri) => client.readResource({ uri }),
    prompt: (named) => client.getPrompt(named),
    complete: ({ prompt, argument }) => client.complete({ ref: { type: 'ref/prompt', name: prompt }, argument }),
    close: async () => {
      await transport.terminateSession?.();
      await client.close();
    },
  };
}

async function connectAiSdk(url: string, answer?: Answer): Promise<Hop> {
  // The library has no word for progress. Its `fetch` option is the way to ask for it and to see it; the library still reads the
  // whole stream itself, so that a stream with notifications before the result is tried on its own code.
  const tap = watchProgress();
  const client = await createMCPClient({
    transport: { type: 'http', url, fetch: tap.fetch },
    clientName: clientInfo.name,
    ...(answer ? askable : {}),
  });
  if (answer) client.onElicitationRequest(ElicitationRequestSchema, () => answer());
  return {
    revision: client.initializeResult.protocolVersion,
    capabilities: client.initializeResult.capabilities,
    list: () => client.listTools(),
    call: ({ name, arguments: given }, { signal, onprogress } = {}) =>
      tap.during(onprogress, () =>
        client.callTool({ name, arguments: given, ...(signal ? { options: { signal } } : {}) }),
      ),
    read: (uri) => client.readResource({ uri }),
    prompt: (named) => client.getPrompt(named),
    complete: ({ prompt, argument }) => client.complete({ ref: { type: 'ref/prompt', name: prompt }, argument }),
    close: () => client.close(),
  };
}
