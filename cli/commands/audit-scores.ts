import { Command } from 'commander';
import type { AuditReport } from '../../server/domain/scoring/audit/audit-scores.ts';
import type { Config } from '../config/config.ts';
import { EXIT } from '../exit-codes.ts';
import { createLogger } from '../logging.ts';
import { say } from '../say.ts';
import { configOf, withSettings } from '../settings-options.ts';

const FLAGS = ['server.dataDir'] as const;

/**
 * Reads Postgres itself: an audit that asked the server would believe the code that it is to check, and would see the
 * log in pages of different moments.
 */
export function auditScoresCommand(): Command {
  const command = new Command('scores')
    .description('recompute every score from the log and compare with what is stored')
    .option('--tenant <name>', 'only this tenant (default: all)')
    .option('--json', 'print one JSON object a tenant')
    .addHelpText(
      'after',
      `
Reads the database of DATABASE_URL, or the one in the data directory, whether a server runs there or not.
Exits with 1 if a score differs.

Examples:
  $ presage audit scores
  $ DATABASE_URL=postgres://presage@db/presage presage audit scores --tenant acme --json`,
    )
    .action(async ({ tenant, json }: { tenant?: string; json?: boolean }) => {
      const reports = await audit(configOf(command, FLAGS), tenant);
      for (const report of reports) say(json ? `${JSON.stringify(report)}\n` : shown(report));
      if (reports.some(({ differences }) => differences > 0)) process.exitCode = EXIT.failure;
    });
  return withSettings(command, FLAGS);
}

async function audit(config: Config, tenant: string | undefined): Promise<readonly AuditReport[]> {
  // Loaded here, so that the other commands don't wait for the server's code.
  const { auditScores, tenantsToAudit } = await import('../../server/domain/scoring/audit/audit-scores.ts');
  const { openForReading } = await import('../../server/storage/reading.ts');
  const { server, database } = config;
  const log = createLogger(config.log, 'audit', process.stderr);
  const storage = await openForReading(
    { dataDir: server.dataDir, databaseUrl: database.url ?? undefined },
    log,
  );
  try {
    const reports: AuditReport[] = [];
    for (const name of await tenantsToAudit(storage.pool, tenant)) {
      reports.push(await auditScores(storage.pool, name));
    }
    return reports;
  } finally {
    await storage.close();
  }
}

function shown({ tenant, through, streams, predictions, scores, differences, first }: AuditReport): string {
  const scope = `${tenant}: ${streams} streams, ${predictions} predictions, ${scores} scores, up to position ${through}`;
  if (differences === 0) return `${scope}: all as the log says.\n`;
  const lines = first.map(
    ({ stream, predictionId, what }) => `  ${stream}: prediction ${predictionId} ${what}\n`,
  );
  const more = differences > first.length ? `  … and ${differences - first.length} more\n` : '';
  return `${scope}: ${differences} differ from the log.\n${lines.join('')}${more}`;
}
