import { z } from 'zod';
import { limits, metrics, peers } from './sections/access.ts';
import { alerts, collectors, instance } from './sections/collecting.ts';
import { gateway } from './sections/gateway.ts';
import { neuron } from './sections/neuron.ts';
import { log, server } from './sections/server.ts';
import { database, redis } from './sections/storage.ts';

/** Every setting of Presage, by section, in the order in which they are shown. Defaults are there and nowhere else. */
export const configSchema = z.strictObject({
  server,
  peers,
  database,
  redis,
  limits,
  gateway,
  metrics,
  collectors,
  instance,
  alerts,
  neuron,
  log,
});

/** The settings as the schema has them, before what is left out is worked out from the rest. */
export type Settings = z.output<typeof configSchema>;
