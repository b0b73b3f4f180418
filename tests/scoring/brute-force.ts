import { toFloat } from '../../server/domain/scoring/audit/exact.ts';
import type { ExpectedTarget } from '../../server/domain/scoring/audit/replay.ts';

/** A leaderboard's line, computed by adding up. */
export interface Line {
  readonly peerId: number;
  readonly skill: number;
  readonly shrunkSkill: number;
  readonly meanScaledError: number;
  readonly scored: number;
  readonly missed: number;
}

/**
 * The leaderboard of these streams' targets by its definition. `scale` says whether errors are counted in units of their
 * target's scale, as they are over several streams.
 */
export function bruteForce(
  streams: readonly (readonly ExpectedTarget[])[],
  window: number,
  inScale: boolean,
): readonly Line[] {
  const sums = new Map<
    number,
    { error: number; naive: number; scaled: number; scored: number; missed: number }
  >();
  for (const targets of streams) {
    const peers = new Set(targets.flatMap(({ scores }) => [...scores.keys()]));
    // Who predicted what was then retracted is a forecaster from there on, too: `everPredicted` has it.
    for (const peer of peers) {
      const first = targets.findIndex(({ everPredicted }) => everPredicted.has(peer));
      const counted = targets.slice(Math.max(targets.length - window, first)).filter(({ voided }) => !voided);
      if (!counted.some(({ scores }) => scores.has(peer))) continue;
      const sum = sums.get(peer) ?? { error: 0, naive: 0, scaled: 0, scored: 0, missed: 0 };
      for (const { naiveError, naiveScaled, scores } of counted) {
        const score = scores.get(peer);
        const error = score ? toFloat(score.absoluteError) : toFloat(naiveError);
        const scaledError = score ? score.scaledError : naiveScaled;
        sum.error += inScale ? scaledError : error;
        sum.naive += inScale ? naiveScaled : toFloat(naiveError);
        sum.scaled += scaledError;
        if (score) sum.scored += 1;
        else sum.missed += 1;
      }
      sums.set(peer, sum);
    }
  }
  return [...sums].map(([peerId, { error, naive, scaled, scored, missed }]) => {
    const skill = naive > 0 ? 1 - error / naive : error > 0 ? -1 : 0;
    const shrunkSkill = (skill * scored) / (scored + 10);
    return { peerId, skill, shrunkSkill, meanScaledError: scaled / (scored + missed), scored, missed };
  });
}
