import { setTimeout as pause } from 'node:timers/promises';
import type { ServerProcess } from '../../support/server-processes.ts';
import type { Cluster } from './cluster.ts';
import type { Random } from './random.ts';

interface Processes {
  readonly apis: readonly ServerProcess[];
  readonly gateways: readonly ServerProcess[];
  readonly streamers: readonly ServerProcess[];
}

/** All that can happen to processes over one Redis; each resolves when whatever died runs again. */
export function clusterFaults(
  cluster: Cluster,
  { apis, gateways, streamers }: Processes,
  random: Random,
): readonly (() => Promise<unknown>)[] {
  const restart = async (one: ServerProcess) => {
    await one.stop('SIGKILL');
    await pause(random.between(0, 2_000));
    await one.start();
  };
  return [
    () => restart(random.pick(streamers)),
    () => restart(random.pick(gateways)),
    () => restart(random.pick(apis)),
    () => cluster.redis.admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'),
    () => cluster.redis.admin.flushall(),
    () => cluster.failOver(),
    async () => {
      const { replica, cutOff } = await cluster.replicate();
      if (random.chance(0.5)) cutOff();
      await pause(random.between(0, 1_000));
      await cluster.swapWith(replica);
    },
    async () => {
      await cluster.redis.stop('SIGKILL');
      await pause(random.between(0, 5_000));
      await cluster.redis.start();
    },
    () => cluster.restartPostgres(),
  ];
}
