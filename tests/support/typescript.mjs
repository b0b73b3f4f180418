// Lets a child process of a test run our sources: `node --import ./tests/support/typescript.mjs child.ts`.
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
