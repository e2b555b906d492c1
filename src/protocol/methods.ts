/** Every method a client may call, in one table. What is not here is unknown to the engine; a revision's own extras live at its edge. */

export type ListKind = 'tools' | 'prompts' | 'resources' | 'resourceTemplates';

export interface SingleMethod {
  readonly kind: 'single';
  /** Where the name of what is meant stands in params. */
  readonly by: 'name' | 'uri' | 'ref';
  readonly of: 'tool' | 'prompt' | 'resource' | 'completion';
  readonly capability: 'tools' | 'prompts' | 'resources' | 'completions';
}

export interface ListMethod {
  readonly kind: 'list';
  readonly list: ListKind;
  readonly capability: 'tools' | 'prompts' | 'resources';
}

export interface WholeMethod {
  readonly kind: 'discover' | 'listen';
}

export type Method = SingleMethod | ListMethod | WholeMethod;

export const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['tools/call', { kind: 'single', by: 'name', of: 'tool', capability: 'tools' }],
  ['prompts/get', { kind: 'single', by: 'name', of: 'prompt', capability: 'prompts' }],
  ['resources/read', { kind: 'single', by: 'uri', of: 'resource', capability: 'resources' }],
  ['completion/complete', { kind: 'single', by: 'ref', of: 'completion', capability: 'completions' }],
  ['tools/list', { kind: 'list', list: 'tools', capability: 'tools' }],
  ['prompts/list', { kind: 'list', list: 'prompts', capability: 'prompts' }],
  ['resources/list', { kind: 'list', list: 'resources', capability: 'resources' }],
  ['resources/templates/list', { kind: 'list', list: 'resourceTemplates', capability: 'resources' }],
  ['server/discover', { kind: 'discover' }],
  ['subscriptions/listen', { kind: 'listen' }],
]);

/** The method that lists a kind. */
export const LIST_METHODS: Readonly<Record<ListKind, string>> = {
  tools: 'tools/list',
  prompts: 'prompts/list',
  resources: 'resources/list',
  resourceTemplates: 'resources/templates/list',
};

/** Log levels of RFC 5424, least severe first (MCP, "Logging"). */
export const LOG_LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const isLogLevel = (value: unknown): value is LogLevel => LOG_LEVELS.some((level) => level === value);

/** Whether a message of `level` should be shown to someone who asked for `wanted` and worse. */
export const isAtLeast = (level: LogLevel, wanted: LogLevel): boolean =>
  LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(wanted);
