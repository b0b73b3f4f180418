/** Of the connections of a process, one in so many is for what is across tenants, and at least one. */
const SYSTEM_SHARE = 4;
/** Connections that hold a claim while work goes on over others. */
export const CLAIMS = 2;

/** How many connections each purpose has. */
export interface PoolShares {
  readonly system: number;
  readonly tenants: number;
  readonly readers: number;
  /** Of those of readers. */
  readonly queries: number;
}

/** Shares out a process's connections; what is for tenants is more than what is for readers. */
export function poolShares(poolSize: number): PoolShares {
  const system = Math.max(1, Math.floor(poolSize / SYSTEM_SHARE));
  const rest = poolSize - system - CLAIMS;
  const readers = Math.max(1, Math.floor((rest - 1) / 2));
  return { system, tenants: Math.max(1, rest - readers), readers, queries: Math.max(1, readers - 1) };
}
