import type { NeuronConfig } from '../config.ts';
import type { Engine } from '../engine/engine.ts';
import type { EventLoopMonitor } from '../event-loop.ts';
import type { Logger } from '../logger.ts';
import type { NeuronStatus } from '../status.ts';
import type { Store } from '../storage/store.ts';
import { skillOf } from '../training/trainees.ts';
import type { Trainer } from '../training/trainer.ts';
import { Reports } from './reports.ts';
import { StateApi } from './state-api.ts';

interface RunningParts {
  readonly store: Store;
  readonly engine: Engine;
  readonly trainer: Trainer;
  readonly eventLoop: EventLoopMonitor;
  readonly status: () => NeuronStatus;
  readonly logger: Logger;
}

/** The state API of a running neuron. */
export function stateApiOf({ dataDir, uiPort: port }: NeuronConfig, parts: RunningParts): StateApi {
  const { store, engine, trainer, eventLoop, status, logger } = parts;
  const trained = ({ id }: { readonly id: number }) => {
    const at = engine.trainedAt(id);
    return at === undefined ? null : { at, skill: skillOf(engine.stable(id)) };
  };
  const metrics = () => {
    const { rss: rssBytes, heapUsed: heapUsedBytes } = process.memoryUsage();
    const uptimeSeconds = Math.round(process.uptime());
    return { eventLoop: eventLoop.read(), rssBytes, heapUsedBytes, uptimeSeconds };
  };
  const training = (stream: number) => trainer.state(stream);
  const live = { status, training, trainingSummary: () => trainer.summary(), metrics };
  return new StateApi({
    port,
    reports: new Reports({ store, dataDir, trained, live, running: true }),
    logger,
  });
}
