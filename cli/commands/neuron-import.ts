import { Command } from 'commander';
import type { TableReport } from '../../neuron/storage/import-engine.ts';
import { expectedOnly } from '../neuron/neuron-failure.ts';
import { say } from '../say.ts';
import { clientConfigOf, withSettings } from '../settings-options.ts';
import { table } from '../table.ts';

const FLAGS = ['neuron.dataDir', 'server.dataDir'];

export function neuronImportCommand(): Command {
  const command = new Command('import')
    .description("take over another neuron's engine.db: every row is kept, as history for the forecasts")
    .argument('<file>', 'SQLite file with a table per stream: ts, value, hash, provider')
    .option('--json', 'print one JSON object a table')
    .addHelpText(
      'after',
      `
The neuron must not be running. Importing the same file again changes nothing.

Examples:
  $ presage neuron import /home/me/old-neuron/engine.db
  $ presage neuron import engine.db --neuron-data-dir /var/lib/presage/neuron`,
    )
    .action(async (file: string, { json }: { json?: boolean }) => {
      const { dataDir } = clientConfigOf(command, FLAGS).neuron;
      const reports = await importFile(file, dataDir).catch(expectedOnly);
      say(json ? reports.map((report) => `${JSON.stringify(report)}\n`).join('') : shown(reports));
    });
  return withSettings(command, FLAGS);
}

async function importFile(file: string, dataDir: string): Promise<readonly TableReport[]> {
  const { openStore } = await import('../../neuron/storage/store.ts');
  const { importEngine } = await import('../../neuron/storage/import-engine.ts');
  const store = openStore(dataDir);
  const reports: TableReport[] = [];
  try {
    importEngine(file, store, (report) => {
      reports.push(report);
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${reports.length} tables`);
    });
  } finally {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
    store.close();
  }
  return reports;
}

function shown(reports: readonly TableReport[]): string {
  if (reports.length === 0) return 'The file has no tables.\n';
  const head = [
    'TABLE',
    'STREAM',
    'OUTCOME',
    'ROWS',
    'NEW',
    'HERE ALREADY',
    'REPEATED',
    'UNREADABLE',
    'NOTE',
  ];
  const rows = reports.map((report) => [
    report.table,
    report.name ?? '-',
    report.outcome,
    ...[report.rows, report.added, report.present, report.repeated, report.unreadable].map(String),
    report.note ?? '',
  ]);
  return table([head, ...rows]);
}
