import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { CollectorSource } from '../source.ts';
import { hostStream } from './host-stream.ts';

/** Linux's counters of every interface. */
const COUNTERS = '/proc/net/dev';

export interface Traffic {
  readonly received: number;
  readonly sent: number;
}

/** Network throughput in bytes a second, loopback left out; `undefined` where the system keeps no such counters. */
export function networkSource(intervalMs: number, counters = COUNTERS): CollectorSource | undefined {
  if (!existsSync(counters)) return undefined;
  let before: (Traffic & { readonly at: number }) | undefined;
  return {
    name: 'host_network',
    streams: [
      hostStream('host_network_received_bytes_per_second', 'Network traffic in, bytes a second', intervalMs, [
        'network',
      ]),
      hostStream('host_network_sent_bytes_per_second', 'Network traffic out, bytes a second', intervalMs, [
        'network',
      ]),
    ],
    sample: async () => {
      const now = { ...parseTraffic(await readFile(counters, 'utf8')), at: performance.now() };
      const last = before;
      before = now;
      // Counters start anew when an interface does: that interval has no rate.
      if (!last || now.at <= last.at || now.received < last.received || now.sent < last.sent) return [];
      const perSecond = (bytes: number) => Math.round((bytes * 1_000) / (now.at - last.at));
      const observedAt = Date.now();
      return [
        {
          stream: 'host_network_received_bytes_per_second',
          value: perSecond(now.received - last.received),
          observedAt,
        },
        { stream: 'host_network_sent_bytes_per_second', value: perSecond(now.sent - last.sent), observedAt },
      ];
    },
  };
}

/** Sums /proc/net/dev: after `name:` come 8 numbers about receiving, then 8 about sending; the first are bytes. */
export function parseTraffic(text: string): Traffic {
  let received = 0;
  let sent = 0;
  for (const line of text.split('\n')) {
    const match = /^\s*([^\s:]+):\s*(.*)$/.exec(line);
    if (!match || match[1] === 'lo') continue;
    const numbers = (match[2] ?? '').trim().split(/\s+/).map(Number);
    received += numbers[0] ?? 0;
    sent += numbers[8] ?? 0;
  }
  return { received, sent };
}
