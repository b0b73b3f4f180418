import { Gauge, type Registry } from 'prom-client';
import type { LineageStats } from '../../server/domain/lineage/stats.ts';

const GAUGES: readonly { name: string; help: string; read: (stats: LineageStats) => number | null }[] = [
  { name: 'sessions_active', help: 'Collection sessions that go on.', read: (s) => s.activeSessions },
  {
    name: 'sessions_silent',
    help: 'Active sessions without a heartbeat for too long.',
    read: (s) => s.silentSessions,
  },
  {
    name: 'sessions_failed_today',
    help: 'Sessions that failed within a day.',
    read: (s) => s.failedSessions,
  },
  {
    name: 'coverage_gaps_open',
    help: 'Streams that should be collected and are not.',
    read: (s) => s.openCoverageGaps,
  },
  {
    name: 'data_gaps_open',
    help: 'Streams whose next observation is overdue.',
    read: (s) => s.openDataGaps,
  },
  { name: 'handoffs_unfinished', help: 'Handoffs that are under way.', read: (s) => s.unfinishedHandoffs },
  {
    name: 'alerts_waiting',
    help: 'Alerts that the webhook has not heard of.',
    read: (s) => s.waitingAlerts,
  },
  {
    name: 'heartbeat_age_seconds',
    help: 'Since the newest heartbeat of any active session.',
    read: (s) => s.secondsSinceHeartbeat,
  },
];
/** Readings of one scrape share one statement. */
const FRESH_MS = 1_000;

/** The record in numbers, over all tenants, read when somebody asks. */
export function watchLineage(registry: Registry, stats: () => Promise<LineageStats>): void {
  let read: { at: number; stats: Promise<LineageStats> } | undefined;
  const now = (): Promise<LineageStats> => {
    if (!read || performance.now() - read.at > FRESH_MS) read = { at: performance.now(), stats: stats() };
    return read.stats;
  };
  for (const { name, help, read: of } of GAUGES) {
    new Gauge({
      name: `presage_lineage_${name}`,
      help,
      registers: [registry],
      async collect() {
        // A database that is away takes these with it, and none of the others.
        const found = await now().then(of, () => null);
        if (found === null) this.remove();
        else this.set(found);
      },
    });
  }
}
