import type { Config } from '../config/config.ts';

type Role = Config['server']['role'];

/** What a process of each role does. */
interface Duties {
  /** Queries and mutations over HTTP, the work behind them (scores, consensus) and collectors. */
  readonly api: boolean;
  /** Subscriptions, and operations over their connections. */
  readonly gateway: boolean;
  /** Matching for gateways, where there is a Redis. */
  readonly streamer: boolean;
}

export const DUTIES: Record<Role, Duties> = {
  all: { api: true, gateway: true, streamer: true },
  api: { api: true, gateway: false, streamer: false },
  gateway: { api: false, gateway: true, streamer: false },
  streamer: { api: false, gateway: false, streamer: true },
};
