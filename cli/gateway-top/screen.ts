import { table } from '../table.ts';
import type { Summary } from './summary.ts';

/** A summary as lines for people. */
export function screen(url: string, summary: Summary): string {
  const { connections, subscriptions, perSecond, totals, behind } = summary;
  const redis = summary.redisUp === null ? 'not used' : summary.redisUp ? 'up' : 'GONE: polling Postgres';
  const rows: readonly (readonly string[])[] = [
    ['gateway', url],
    ['connections', `${count(sum(connections))}  ${parts(connections)}`],
    ['subscriptions', `${count(sum(subscriptions))}  ${parts(subscriptions)}`],
    ['cohorts', count(summary.cohorts)],
    ['deliveries', `${count(perSecond.deliveries)}/s  frames ${count(perSecond.frames)}/s`],
    ['log entries', `${count(perSecond.logEntries)}/s  HTTP requests ${count(perSecond.requests)}/s`],
    ['match', times(summary.matchSeconds)],
    ['delivery delay', times(summary.deliveryDelaySeconds)],
    [
      'behind',
      `${count(behind.intakePositions)} positions, slowest subscriber ${count(behind.subscriberPositions)}`,
    ],
    ['buffered', bytes(summary.bytesBuffered)],
    [
      'catching up',
      `${count(totals.catchUpPages)} pages, ${count(totals.lagged)} times lagging, ${count(totals.heals)} heals`,
    ],
    ['refusals', parts(summary.refusals) || 'none'],
    ['event loop', `p99 ${seconds(summary.eventLoopDelaySeconds)}`],
    ['memory', bytes(summary.residentBytes)],
    ['Redis', redis],
  ];
  return table(rows);
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, one) => total + one, 0);
}

function parts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, value]) => `${name} ${count(value)}`)
    .join(', ');
}

function count(value: number | null): string {
  return value === null ? '–' : Math.round(value).toLocaleString('en');
}

function times({ p50, p99 }: { readonly p50: number | null; readonly p99: number | null }): string {
  return `p50 ${seconds(p50)}, p99 ${seconds(p99)}`;
}

function seconds(value: number | null): string {
  if (value === null) return '–';
  if (value < 1e-3) return `${(value * 1e6).toFixed(0)} µs`;
  return value < 1 ? `${(value * 1e3).toFixed(1)} ms` : `${value.toFixed(2)} s`;
}

function bytes(value: number | null): string {
  if (value === null) return '–';
  if (value < 1_024) return `${value} B`;
  return value < 1_048_576 ? `${(value / 1_024).toFixed(1)} KiB` : `${(value / 1_048_576).toFixed(1)} MiB`;
}
