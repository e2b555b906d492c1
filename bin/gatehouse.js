#!/usr/bin/env node
/*
 * Starts the gateway on a Node that can run it. Written in what Node 12 parses, as it has to say so on a Node that is too old: there it
 * hands over to the project's own `node` package. Two things about the heap can only be said when a process starts: its young generation is
 * kept small (flat memory costs no time on Node 26), and nothing is put among the old from the start. V8 guesses what will live long from what
 * was alive when it looked, which here is whatever calls were under way: then all of a call is kept until the next great collection, for a
 * tenth more CPU.
 */
import { spawn } from 'child_process';
import { existsSync } from 'fs';
import { createRequire } from 'module';
import { dirname, join } from 'path';
import { fileURLToPath, pathToFileURL } from 'url';

const OLDEST = 24;
const FLAGS = ['--max-semi-space-size=4', '--no-allocation-site-pretenuring'];

const self = fileURLToPath(import.meta.url);
const root = dirname(dirname(self));
const args = process.argv.slice(2);

if (major(process.version) < OLDEST) handOver();
else if ((args[0] === 'up' || args[0] === 'stdio') && !hasFlag()) restart();
else run();

function run() {
  // a clone has both once it was built, and its sources are the newer ones
  const source = join(root, 'src', 'cli', 'main.ts');
  const main = existsSync(source) ? source : join(root, 'dist', 'cli', 'main.js');
  import(pathToFileURL(main).href).catch(function (error) {
    fail('gatehouse: cannot start: ' + String(error && error.message).split('\n')[0]);
  });
}

/** The same process, begun again with the flag; where that cannot be done it runs without. */
function restart() {
  if (typeof process.execve === 'function' && process.platform !== 'win32' && !process.channel) {
    process.execve(process.execPath, [process.execPath].concat(FLAGS, process.execArgv, self, args), process.env);
  }
  run();
}

/** Signals go to the child. The channel tells it when this process is gone without having been able to say so. */
function handOver() {
  const node = hasFlag() ? undefined : ownNode();
  if (node === undefined) {
    fail(
      'gatehouse: needs Node ' +
        OLDEST +
        ' or newer, and this is ' +
        process.version +
        '; install one, or run `npm install node` beside gatehouse',
    );
    return;
  }
  const child = spawn(node, FLAGS.concat(process.execArgv, self, args), {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  ['SIGINT', 'SIGTERM', 'SIGHUP'].forEach(function (signal) {
    process.on(signal, function () {
      child.kill(signal);
    });
  });
  child.on('error', function (error) {
    fail('gatehouse: cannot run ' + node + ': ' + error.message);
  });
  child.on('exit', function (code, signal) {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function ownNode() {
  const require = createRequire(import.meta.url);
  try {
    const found = require.resolve('node/package.json');
    const binary = join(dirname(found), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return major(require(found).version) >= OLDEST && existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

function hasFlag() {
  return process.execArgv.some(function (each) {
    return each.indexOf('--max-semi-space-size') === 0;
  });
}

function major(version) {
  return Number(version.replace('v', '').split('.')[0]);
}

function fail(line) {
  console.error(line);
  process.exitCode = 1;
}
