/** Straight to a server's own process, past the gateway, in 2025-11-25: what the gateway's answers are compared with. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { clientInfo, listTools, result } from './client.ts';
import type { Answer, Client } from './client.ts';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

const STOP_MS = 3_000;
const ANSWER_MS = 20_000;
const revision = '2025-11-25';

/** @param capabilities what the client declares: some servers have tools only for those that can be asked something. */
export async function stdioClient({ command, args, env, cwd }: Command, capabilities: object = {}): Promise<Client> {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'ignore'] });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const waiting = new Map<number, PromiseWithResolvers<Answer>>();
  const fail = (what: string): void => {
    for (const { reject } of waiting.values()) reject(new Error(`${command}: ${what}`));
  };
  child.on('error', (error) => fail(error.message));
  child.on('exit', (code, signal) => fail(`ended with ${code ?? signal}`));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = parsed(line);
    // A server may send what it likes before it answers.
    if (typeof answer?.id === 'number') waiting.get(answer.id)?.resolve(answer);
  });

  let lastId = 0;
  const send = (message: object): void => void child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const ask = async (method: string, params: object): Promise<Answer> => {
    const id = (lastId += 1);
    const answer = Promise.withResolvers<Answer>();
    waiting.set(id, answer);
    const timer = setTimeout(() => answer.reject(new Error(`${command}: no answer to ${method}`)), ANSWER_MS);
    send({ id, method, params });
    return answer.promise.finally(() => clearTimeout(timer));
  };

  result(await ask('initialize', { protocolVersion: revision, capabilities, clientInfo }));
  send({ method: 'notifications/initialized' });
  return {
    revision,
    tools: () => listTools(ask),
    call: async (name, toolArgs) => result(await ask('tools/call', { name, arguments: toolArgs })),
    async [Symbol.asyncDispose]() {
      process.off('exit', kill);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.stdin.end();
      const timer = setTimeout(kill, STOP_MS);
      await gone;
      clearTimeout(timer);
    },
  };
}

/** Servers print other things on stdout too. */
function parsed(line: string): Answer | undefined {
  try {
    return JSON.parse(line) as Answer;
  } catch {
    return undefined;
  }
}
