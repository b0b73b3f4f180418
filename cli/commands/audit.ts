import { Command } from 'commander';
import { auditScoresCommand } from './audit-scores.ts';

/** Checks of what the server keeps, made without it. */
export function auditCommand(): Command {
  return new Command('audit')
    .description('check what is stored against the log')
    .enablePositionalOptions()
    .addCommand(auditScoresCommand());
}
