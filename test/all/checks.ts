/**
 * What `npm test` runs, in order: what is quick and says most comes first. The checks of one row run side by side, since two cores are there
 * and they do not meet; the whole must fit into ten minutes.
 */

export interface Check {
  readonly name: string;
  /** Run by this Node, or by what stands in `node_modules/.bin`. */
  readonly command: readonly [string, ...string[]];
  /** Beyond it the check is killed with all that it started, and has failed. */
  readonly seconds: number;
  /** Where the command leaves vitest's report; without it the check counts as one test. */
  readonly report?: string;
  /** Programs that the project does not bring, with the Debian package of each; where one is missing the check is skipped, and says so. */
  readonly needs?: Readonly<Record<string, string>>;
}

/** @param folder for what checks leave behind; nothing is written into the tree. */
export function checks(folder: string): readonly (readonly Check[])[] {
  const report = `${folder}/vitest.json`;
  return [
    [
      { name: 'types', command: ['tsc', '-p', 'tsconfig.json'], seconds: 60 },
      { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'], seconds: 60 },
    ],
    [
      { name: 'format', command: ['oxfmt', '--check', '.'], seconds: 30 },
      { name: 'build', command: ['tsc', '-p', 'tsconfig.build.json', '--outDir', `${folder}/dist`], seconds: 60 },
    ],
    [
      {
        name: 'vitest',
        command: ['vitest', 'run', '--reporter=dot', '--reporter=json', `--outputFile.json=${report}`],
        seconds: 300,
        report,
      },
    ],
    // Alone: it is held to a time.
    [script('first-call', 75)],
    [script('conformance', 240), script('interop', 240, '--small')],
    [script('matrix', 150), soak('parked')],
    [
      { name: 'fuzz', command: ['node', 'test/fuzz/run.ts', '--seconds', '7'], seconds: 120 },
      { name: 'fuzz self-test', command: ['node', 'test/fuzz/run.ts', '--self-test'], seconds: 180 },
    ],
    [
      { name: 'sim', command: ['node', 'test/sim/run.ts', '--seeds', '120'], seconds: 120 },
      { name: 'sim self-test', command: ['node', 'test/sim/run.ts', '--self-test'], seconds: 150 },
    ],
    [soak('isolation'), soak('upstream-faults')],
    [soak('reload'), soak('replay')],
    [{ name: 'battery', command: ['node', 'test/battery/run.ts', '--small'], seconds: 90 }, soak('faults', 180)],
    // Alone too, and only that it runs: nothing is held to a figure here.
    [
      {
        name: 'bench',
        command: ['node', 'bench/run.ts', '--quick'],
        seconds: 90,
        needs: { cc: 'gcc', nginx: 'nginx', wrk: 'wrk' },
      },
    ],
  ];
}

function script(name: string, seconds: number, ...args: readonly string[]): Check {
  return { name, command: ['node', `test/${name}/run.ts`, ...args], seconds };
}

function soak(name: string, seconds = 90): Check {
  return { name: `soak ${name}`, command: ['node', 'test/soak/run.ts', name, '--small'], seconds };
}
