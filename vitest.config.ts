/** One configuration for the whole house: unit tests beside the code, everything that needs a socket under `test/`. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
    testTimeout: 30_000,
    // What is polled for mostly takes milliseconds; on a machine with other work, seconds.
    expect: { poll: { timeout: 10_000 } },
    hookTimeout: 30_000,
    maxWorkers: 2,
    coverage: { include: ['src/**/*.ts'], exclude: ['src/**/*.test.ts'], reporter: ['text-summary', 'html'] },
  },
});
