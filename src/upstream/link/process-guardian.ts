/**
 * Ends children whose gateway was killed and could not do it: a small shell, one for the gateway, that is told of each process group and
 * reads until its input ends. Then the groups had their end of input too; what is left of them gets TERM, then KILL (MCP, "stdio",
 * shutdown), so that nothing a child forked stays either. Not for what has left its group, nor on Windows.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Log } from '../../core/ports/log.ts';
import type { Time, Timer } from '../../kernel/time.ts';

/** Ignores what ends its gateway. The groups are a list with a space around each, so that 12 is not found in 123. */
const SCRIPT = `
trap '' HUP INT TERM
groups=' '
while read -r what id; do
  case $what in
    +) groups="$groups$id " ;;
    -) groups="\${groups%% $id *} \${groups#* $id }" ;;
  esac
done
[ "$groups" = ' ' ] && exit
sleep 1
for id in $groups; do kill -s TERM -- "-$id"; done
sleep 1
for id in $groups; do kill -s KILL -- "-$id"; done
`;
const SHELL = '/bin/sh';
/** Between the end of one and the start of the next; one that could not be started is hardly better off soon. */
const AGAIN_MS = 1000;
const AGAIN_AFTER_FAILURE_MS = 30_000;
/** What one may leave unread; it then is as good as dead. */
const MAX_UNREAD = 65_536;

export class Guardian {
  readonly #time: Time;
  readonly #log: Log;
  readonly #groups = new Set<number>();
  #process: ChildProcess | undefined;
  #again: Timer | undefined;
  #isClosed = false;

  constructor(env: { readonly time: Time; readonly log: Log }) {
    this.#time = env.time;
    this.#log = env.log;
  }

  /** Its process, while it has one. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** From now on this group does not outlive the gateway. @param leader the process that is named as the group. */
  guard(leader: number): void {
    this.#groups.add(leader);
    if (this.#process) this.#tell(`+ ${leader}\n`);
    else this.#start();
  }

  /** The group is gone: its number may soon be somebody else's. */
  release(leader: number): void {
    if (this.#groups.delete(leader)) this.#tell(`- ${leader}\n`);
  }

  close(): void {
    this.#isClosed = true;
    this.#again?.cancel();
    this.#process?.stdin?.end();
  }

  /** The first child starts it; whoever ends it gets another. */
  #start(): void {
    if (this.#isClosed || this.#again || process.platform === 'win32') return;
    const shell = spawn(SHELL, ['-c', SCRIPT, 'gatehouse-guardian'], {
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#process = shell;
    shell.on('error', (error) => this.#lost(shell, String(error), AGAIN_AFTER_FAILURE_MS));
    shell.on('exit', () => this.#lost(shell, 'it ended', AGAIN_MS));
    shell.stdin?.on('error', () => undefined);
    shell.unref();
    for (const leader of this.#groups) this.#tell(`+ ${leader}\n`);
  }

  #lost(shell: ChildProcess, detail: string, againMs: number): void {
    if (this.#process !== shell) return;
    this.#process = undefined;
    shell.stdin?.destroy();
    if (this.#isClosed) return;
    this.#log.warn({ detail }, 'nobody would end the children if the gateway were killed; another guardian is started');
    this.#again = this.#time.after(againMs, () => {
      this.#again = undefined;
      if (this.#groups.size > 0) this.#start();
    });
  }

  #tell(line: string): void {
    const { stdin } = this.#process ?? {};
    if (!stdin?.writable) return;
    stdin.write(line);
    if (stdin.writableLength > MAX_UNREAD) this.#process?.kill('SIGKILL');
  }
}
