/**
 * The loading of configurations, both kinds of file, from disk to Snapshot: it never throws, every problem has a place and no secret in it,
 * what is accepted compiles and loads the same again, and JSON read as YAML says what JSON says.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Catalog } from '../../../src/catalog/catalog.ts';
import { compile, outboundFor } from '../../../src/config/compile.ts';
import { parse } from '../../../src/config/document.ts';
import { fileSource } from '../../../src/config/file.ts';
import { jsonAsYaml } from '../../../src/config/jsonc.ts';
import { mcpJsonSource } from '../../../src/config/mcp-json.ts';
import type { ConfigSource, LoadResult, Problem } from '../../../src/config/source.ts';
import { plain } from '../../../src/config/tree.ts';
import type { ServerSettings, Settings } from '../../../src/core/settings.ts';
import { hostRules } from '../../../src/downstream/http/hosts.ts';
import { FakeUpstream, silentLog } from '../../fakes/call.ts';
import { FakeTime } from '../../fakes/time.ts';
import { readJson, type JsonNode } from '../scanner/json.ts';
import type { Target } from '../target.ts';
import { generateConfig } from './generate.ts';
import { SECRET, WORDS } from './words.ts';

export const config: Target = {
  name: 'config',
  words: WORDS,
  generate: generateConfig,
  async judge(input) {
    const { folder, yaml, json, sources } = place();
    const lines = input.toString().split(/\r\n|\r|\n/).length;
    const isJson = /^[\s\ufeff]*(?:[{[]|\/[/*])/.test(input.toString());
    for (const [file, source] of sources) {
      // Of each kind what looks like it; now and then, to the same end, what does not.
      if (isJson !== (file === json) && input.length % 8 > 0) continue;
      if (file === yaml && leavesFolder(input)) continue;
      writeFileSync(file, input);
      const result = await source.load();
      const wrong = result.ok
        ? (accepted(result.settings, folder) ?? (await again(source, result)))
        : refused(result.problems, { files: [yaml, json], lines, folder });
      if (wrong !== undefined) return wrong;
    }
    return besideJson(input);
  },
};

interface Place {
  readonly folder: string;
  readonly yaml: string;
  readonly json: string;
  readonly sources: readonly (readonly [file: string, source: ConfigSource])[];
}

const time = new FakeTime();
const places: Place[] = [];

/** One folder a process, made when the first case needs it. */
function place(): Place {
  const known = places[0];
  if (known) return known;
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-config-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'secret.txt'), `${SECRET}\n`);
  const [yaml, json] = [join(folder, 'gatehouse.yaml'), join(folder, 'mcp.json')];
  const variables = { HOME: '/home/a' };
  const sources = [
    [yaml, fileSource(yaml, variables, time)],
    [json, mcpJsonSource(json, variables, time)],
  ] as const;
  const made = { folder, yaml, json, sources };
  places.push(made);
  return made;
}

/** Includes and references are the operator's to point anywhere; a fuzzer must not walk through the whole machine. */
const leavesFolder = (input: Buffer): boolean => /\.\.|(?:^|[\s"'[,:])\/(?!\/)|file:\//.test(input.toString('latin1'));

function refused(
  problems: readonly Problem[],
  { files, lines, folder }: { files: readonly string[]; lines: number; folder: string },
): string | undefined {
  if (problems.length === 0) return 'is refused without a problem';
  for (const { file, line, column, path, message, mend } of problems) {
    const isPlace = Number.isInteger(line) && Number.isInteger(column) && line >= 1 && column >= 1;
    if (!isPlace) return `a problem has no place: ${message}`;
    if (files.includes(file) && line > lines)
      return `a problem is behind the last line: ${line} of ${lines}, ${message}`;
    if (!files.includes(file) && dirname(file) !== folder) return `a problem is in another file: ${file}`;
    if (message === '' || message.includes('undefined') || path.includes('undefined'))
      return `a problem says nothing: ${message}`;
    // A file's name stands in the message that it is missing.
    if (/the file .* (?:does|is|may|cannot)/.test(message)) continue;
    if (`${message} ${mend ?? ''}`.includes(SECRET)) return `a problem tells a value: ${message}`;
  }
  return undefined;
}

/** What is accepted can run. */
function accepted(settings: Settings, folder: string): string | undefined {
  const engine = {
    time,
    log: silentLog,
    meter: { served: () => undefined, asked: () => undefined },
    seal: { seal: (_: string, text: string) => text, open: (_: string, sealed: string) => sealed },
    counts: { legs: 0 },
    serverInfo: { name: 'gatehouse', version: '0' },
  };
  const running = settings.servers.map((server) => {
    const upstream = new FakeUpstream(server.name, {});
    const options = { maxEntries: 10, time, log: silentLog, onChange: () => undefined };
    const catalog = new Catalog(upstream, options);
    return { name: server.name, catalog, outbound: outboundFor(server, engine) };
  });
  const { endpoints } = compile(settings, running, engine);
  for (const { catalog } of running) catalog.close();
  const missing = settings.servers.find(({ name }) => !endpoints.has(`/servers/${name}/mcp`));
  if (missing) return `a server has no endpoint: ${missing.name}`;
  if (endpoints.size !== settings.servers.length * 2 + 1) return `has other endpoints: ${endpoints.size}`;
  hostRules(settings.listen, settings.listen.address);
  const odd = numbers(settings).find((number) => !Number.isSafeInteger(number) || number < 0);
  if (odd !== undefined) return `has a number that is none: ${odd}`;
  return settings.servers.map((server) => runnable(server, folder)).find((wrong) => wrong !== undefined);
}

function runnable(server: ServerSettings, folder: string): string | undefined {
  if (!/^[a-z0-9-]{1,32}$/.test(server.name)) return `a server has a name that is none: ${server.name}`;
  if (server.kind === 'http') {
    const url = URL.parse(server.url);
    if (!url || !/^https?:$/.test(url.protocol) || url.username + url.password + url.hash !== '')
      return `a server has a URL that is none: ${server.url}`;
    for (const [name, value] of Object.entries(server.headers)) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
    return undefined;
  }
  const texts = [server.command, ...server.args, ...Object.entries(server.env).flat(), server.cwd];
  if (server.command === '' || texts.some((text) => typeof text !== 'string' || text.includes('\0')))
    return `a server has a command that is none: ${server.command}`;
  return server.cwd.startsWith('/') && folder !== '' ? undefined : `a server has a folder that is none: ${server.cwd}`;
}

const numbers = (value: unknown): number[] =>
  typeof value === 'number'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(numbers)
      : [];

async function again(source: ConfigSource, first: LoadResult): Promise<string | undefined> {
  const second = await source.load();
  return JSON.stringify(first) === JSON.stringify(second) ? undefined : 'loads otherwise the second time';
}

/** Where the text is JSON that both languages have. */
function besideJson(input: Buffer): string | undefined {
  const json = readJson(input);
  if (json?.root.kind !== 'object' || json.depth > 60 || !isShared(json.root)) return undefined;
  const { tree, problems } = parse(jsonAsYaml(input.toString()), 'x', 'JSON');
  const [problem] = problems;
  if (problem !== undefined || !tree) return hasNull(json.value) ? undefined : `refuses JSON: ${problem?.message}`;
  const [ours, theirs] = [plain(tree), json.value].map((value) => JSON.stringify(sorted(value)));
  return ours === theirs ? undefined : `reads JSON otherwise: ${ours?.slice(0, 300)}`;
}

/** Without keys that come twice, that YAML bounds (1024 characters), or that are refused by name. */
function isShared({ members, items }: JsonNode): boolean {
  const keys = members.map(({ key }) => key);
  const areFine = keys.every((key) => key.length < 500 && key !== '<<' && key !== '__proto__');
  return (
    areFine && new Set(keys).size === keys.length && [...items, ...members.map(({ value }) => value)].every(isShared)
  );
}

const hasNull = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && Object.values(value).some(hasNull));

/** Zero has no sign here. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value;
  return Object.entries(value)
    .map(([key, inner]): [string, unknown] => [key, sorted(inner)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
