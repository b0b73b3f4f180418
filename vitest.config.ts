import { defineConfig } from 'vitest/config';

/** Libraries load graphql as Node does; Vite would give our own code its other build, and the two don't mix. */
const resolve = { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] };
/** Worker threads that our code starts in a test load our sources as they are. */
const execArgv = ['--import', './tests/support/typescript.mjs'];
/** `npm run soak` sets it: the tests of faults alone, in their long form. */
const isSoak = process.env.PRESAGE_SOAK_SECONDS !== undefined;
const faults = [
  'tests/faults/**/*.test.ts',
  'tests/lineage/handoff*.test.ts',
  'tests/consensus/consensus.test.ts',
];
const sources = '{schema,server,gateway,neuron,cli}/**';

export default defineConfig({
  test: {
    maxWorkers: 2,
    globalSetup: ['tests/support/own-directory.ts'],
    projects: [
      {
        resolve,
        test: {
          name: 'unit',
          include: [`${sources}/*.test.ts`],
          exclude: ['**/*.slow.test.ts'],
          execArgv,
          testTimeout: 20_000,
          // A poll ends as soon as its condition holds: patience weakens nothing. What has to be quick, its test measures.
          expect: { poll: { timeout: 10_000 } },
        },
      },
      {
        // Whole programs, real databases, a real browser.
        resolve,
        test: {
          name: 'e2e',
          include: isSoak ? faults : ['tests/**/*.test.ts', `${sources}/*.slow.test.ts`],
          globalSetup: ['tests/support/build.ts'],
          execArgv,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 20_000 } },
        },
      },
    ],
  },
});
