#!/usr/bin/env node
// First, since it says which form of the libraries is loaded.
import './config/environment.ts';
import { fileURLToPath } from 'node:url';
import { CommanderError } from 'commander';
import { onBrokenPipe } from './broken-pipe.ts';
import { withKeysAsArguments } from './commands/peer-argument.ts';
import { EXIT } from './exit-codes.ts';
import { describeFailure } from './failure.ts';
import { presageProgram } from './program.ts';
import { tell } from './say.ts';

onBrokenPipe('exit');
try {
  await presageProgram(fileURLToPath(import.meta.url)).parseAsync(withKeysAsArguments(process.argv));
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed it already; asking for help or the version is no error.
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  } else {
    const { text, exitCode } = describeFailure(error);
    tell(`${text}\n`);
    process.exitCode = exitCode;
  }
}
