import { readFile } from 'node:fs/promises';
import pg from 'pg';

interface PlanNode {
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly PlanNode[];
}

/**
 * Has a database explain in its log whatever it executes, with plans that are made at a statement's first execution and
 * kept, and with nothing ever analysed: what plans are like on tables that grow from nothing. Holds for connections made
 * after it.
 */
export async function explainEverything(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query('ALTER SYSTEM SET autovacuum = off');
  await client.query('SELECT pg_reload_conf()');
  const settings = {
    ...{ session_preload_libraries: 'auto_explain', plan_cache_mode: 'force_generic_plan' },
    ...{ 'auto_explain.log_min_duration': '0', 'auto_explain.log_format': 'json' },
    ...{ 'auto_explain.log_analyze': 'on', 'auto_explain.log_timing': 'off' },
  };
  for (const [name, value] of Object.entries(settings)) {
    await client.query(`ALTER DATABASE postgres SET ${name} = '${value}'`);
  }
  await client.end();
}

/** Rows that the plans in a database's log visited, by statement: those that were thrown away again are counted too. */
export class VisitedRows {
  readonly #log: string;
  #read = 0;

  /** `log` is the file that the database writes to. */
  constructor(log: string) {
    this.#log = log;
  }

  /** What was visited since it was last asked. */
  async since(): Promise<ReadonlyMap<string, number>> {
    const text = await readFile(this.#log, 'utf8');
    const visited = new Map<string, number>();
    for (const [, json] of text.slice(this.#read).matchAll(/ plan:\n((?:\t.*\n)+)/g)) {
      const { 'Query Text': query, Plan: plan } = JSON.parse(json ?? '') as {
        'Query Text': string;
        Plan: PlanNode;
      };
      const name = query.replace(/\s+/g, ' ').trim();
      visited.set(name, (visited.get(name) ?? 0) + rowsOf(plan));
    }
    this.#read = text.length;
    return visited;
  }
}

function rowsOf(node: PlanNode): number {
  const each =
    (node['Actual Rows'] ?? 0) +
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Join Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0);
  const below = (node.Plans ?? []).reduce((sum, plan) => sum + rowsOf(plan), 0);
  return each * (node['Actual Loops'] ?? 1) + below;
}
