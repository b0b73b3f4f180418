import type { SubmitPredictionsMutation } from '../../schema/generated/graphql.ts';
import type { Answer, WaitingPrediction } from '../storage/prediction-rows.ts';

/** Item codes that ask for another try; every other one is the server's last word. */
const TRY_AGAIN: readonly string[] = ['LIMITED', 'UNAVAILABLE', 'INTERNAL'];

/**
 * What the server said about each prediction of a call, without those that should be sent again: it said so, or it
 * said nothing about them. `DUPLICATE` is an answer like success: the server has the prediction.
 */
export function answersOf(
  sent: readonly WaitingPrediction[],
  result: SubmitPredictionsMutation['submitPredictions'],
): Answer[] {
  const errors = new Map(result.errors.map((error) => [error.index, error]));
  return sent.flatMap(({ id }, index): Answer[] => {
    const serverId = result.predictionIds[index] ?? null;
    const error = errors.get(index);
    if (error) {
      const { code, message } = error;
      return TRY_AGAIN.includes(code) ? [] : [{ prediction: id, answer: code, message, serverId }];
    }
    return serverId === null ? [] : [{ prediction: id, answer: 'ACCEPTED', message: null, serverId }];
  });
}
