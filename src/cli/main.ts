/** The command line: which commands there are, their options, their exit codes (0 done, 1 the thing asked about is wrong, 2 wrong usage). */
import { Command, CommanderError } from 'commander';
import { systemTime } from '../kernel/time.ts';
import { check } from './check.ts';
import { choose, tellNone } from './choose.ts';
import type { Named } from './choose.ts';
import { console, piped } from './console.ts';
import type { Console } from './console.ts';
import { laterCommand } from './later.ts';
import { printSchema } from './schema.ts';
import { version } from './version.ts';

await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<void> {
  const later = laterCommand(args);
  if (later !== undefined) {
    console.error(later);
    process.exitCode = 2;
    return;
  }
  try {
    await commands().parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else crash(error);
  }
}

function commands(): Command {
  const program = new Command('gatehouse')
    .description('The open, self-hosted MCP gateway: one address for every tool, every protocol revision at once.')
    .version(version())
    .exitOverride()
    .showSuggestionAfterError();
  addRunning(program);
  addReading(program);
  return program;
}

/** Commands that run the gateway. What still holds the event loop has had its time when the gateway closed, so they end the process. */
function addRunning(program: Command): void {
  program
    .command('up')
    .description('run the gateway')
    .option('-c, --config <file>', 'configuration; ./gatehouse.yaml if not given')
    .option(
      '--mcp-json <file>',
      "a client's own list of servers instead: mcpServers (Claude, Cursor) or servers (VS Code)",
    )
    .action((named: Named) =>
      act(named, async (chosen) => {
        // the gateway itself is loaded only by the command that runs it
        const { up } = await import('./up.ts');
        const code = await up({ ...chosen, console, time: systemTime() });
        return process.exit(code);
      }),
    );
  program
    .command('stdio')
    .description('run the gateway as one MCP server on stdin and stdout, for a client that starts it')
    .option('-c, --config <file>', 'configuration; ./gatehouse.yaml if not given')
    .option('--mcp-json <file>', "a client's own list of servers instead")
    .action((named: Named) =>
      act(
        named,
        async (chosen) => {
          const { stdio } = await import('./stdio.ts');
          const code = await stdio({ ...chosen, console: piped, time: systemTime() });
          return process.exit(code);
        },
        piped,
      ),
    );
}

/** Commands that read configurations and print. */
function addReading(program: Command): void {
  program
    .command('check')
    .description('validate a configuration')
    .option('-c, --config <file>', 'configuration; ./gatehouse.yaml if not given')
    .option('--json', 'print one JSON object')
    .action((named: Named & { json?: boolean }) =>
      act(named, (chosen) => check({ ...chosen, json: named.json === true, console })),
    );
  program
    .command('import')
    .description("print the configuration made from a client's own list of servers (Claude, Cursor, VS Code)")
    .argument('<file>', "the client's mcp.json")
    .action(async (file: string) => {
      const { importFile } = await import('./import.ts');
      process.exitCode = await importFile(file, console);
    });
  program
    .command('schema')
    .description("print the configuration's JSON Schema, for editors")
    .option('--count', 'print the number of settings instead')
    .option('--json', 'print it in one line')
    .action((options: { count?: boolean; json?: boolean }) => printSchema(options, console));
}

/** Runs a command on the configuration that was named, or found. */
async function act(
  named: Named & { readonly json?: boolean },
  command: (chosen: Extract<ReturnType<typeof choose>, { kind: 'chosen' }>) => Promise<number>,
  told: Console = console,
): Promise<void> {
  const choice = choose(named, { variables: process.env, time: systemTime() });
  if (choice.kind === 'none') {
    tellNone(choice, named.json === true, told);
    process.exitCode = 2;
    return;
  }
  process.exitCode = await command(choice);
}

/** A mistake of ours: one line, as nobody at a terminal can do anything with a stack. */
function crash(error: unknown): void {
  console.error(`gatehouse: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
