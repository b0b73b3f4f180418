import type {
  ConsensusDocument,
  LogEntry,
  ObservationDocument,
  PredictionDocument,
} from '../../schema/log-entry.ts';
import { type ConsensusDraft, draftConsensus } from '../../server/domain/consensus/draft.ts';
import { COMBINATION } from '../../server/domain/consensus/settings.ts';
import { CONSENSUS_KEY } from '../../server/domain/scoring/consensus-peer.ts';

/**
 * A stream's consensus from nothing but the entries of the log, by walking them from the beginning: observations come in
 * order and are never revised here. `pooled` is taken from the drafts that this made when the entries were newest.
 */
export function bruteForce(
  entries: readonly LogEntry[],
  streamId: number,
  pooledByBase: ReadonlyMap<number, number>,
): ConsensusDraft | undefined {
  const observations: ObservationDocument[] = [];
  const predictions = new Map<string, PredictionDocument>();
  const given = new Map<number, ConsensusDocument>();
  for (const entry of entries) {
    if (entry.topic === 'stream' || entry.topic === 'lineage') continue;
    if (entry.document.stream.serverId !== streamId) continue;
    if (entry.topic === 'observation') observations.push(entry.document);
    if (entry.topic === 'consensus') given.set(entry.document.base.position, entry.document);
    if (entry.topic === 'prediction')
      predictions.set(`${entry.document.base.position} ${entry.document.peer.id}`, entry.document);
  }
  const base = observations.at(-1);
  if (!base) return undefined;
  const byPeers = [...predictions.values()].filter(({ peer }) => peer.publicKey !== CONSENSUS_KEY);
  const present = byPeers
    .filter((one) => one.base.position === base.position)
    .sort((a, b) => a.peer.id - b.peer.id);
  if (present.length === 0) return undefined;
  const targets = observations
    .slice(1)
    .map((actual, index) => ({ actual, base: observations[index] ?? actual }));
  const firstPredicted = targets.findIndex((target) =>
    byPeers.some((one) => one.base.position === target.base.position),
  );
  const window = firstPredicted === -1 ? [] : targets.slice(firstPredicted).slice(-COMBINATION.window);
  const records = new Map(
    present.map(({ peer }) => {
      let [scored, errorSum, naiveSum] = [0, 0, 0];
      for (const { actual, base: from } of window) {
        const one = predictions.get(`${from.position} ${peer.id}`);
        if (!one) continue;
        scored += 1;
        errorSum += Math.abs(Number(actual.value) - Number(one.value));
        naiveSum += Math.abs(Number(actual.value) - Number(from.value));
      }
      return [peer.id, { scored, errorSum, naiveSum }];
    }),
  );
  const forecast = targets
    .filter(({ base: from }) => pooledByBase.has(from.position))
    .slice(-COMBINATION.memory);
  const past = forecast.map(({ actual, base: from }) => ({
    naive: Number(from.value),
    pooled: pooledByBase.get(from.position) ?? Number.NaN,
    value: Number(given.get(from.position)?.value),
    actual: Number(actual.value),
  }));
  // Everybody's history, where the server reads the leaders' only: the others' must make no difference.
  const histories = new Map(
    present.map(({ peer }) => [
      peer.id,
      forecast.map(({ base: from }) =>
        Number(predictions.get(`${from.position} ${peer.id}`)?.value ?? Number.NaN),
      ),
    ]),
  );
  return draftConsensus({
    ...{ base, records, past, histories },
    predictions: present.map(({ peer, value, quantiles }) => ({ peerId: peer.id, value, quantiles })),
  });
}

/** The parts of a consensus that a draft has too, as numbers to compare. */
export function numbersOf(
  given: ConsensusDocument | ConsensusDraft | undefined,
): readonly number[] | undefined {
  if (!given) return undefined;
  const { base, contributors, value, quantiles } = given;
  return [
    base.position,
    contributors,
    Number(value),
    ...quantiles.flatMap((one) => [one.level, Number(one.value)]),
  ];
}
