/** Commands that are known and not built yet. A command leaves this list with the change that builds it. */

const LATER = ['keys', 'policy', 'diff', 'audit'];

export function laterCommand(args: readonly string[]): string | undefined {
  const [name] = args;
  return name !== undefined && LATER.includes(name) ? `gatehouse ${name} comes in a later version` : undefined;
}
