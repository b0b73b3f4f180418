/**
 * Why a gateway is not fed over Redis: words of ours, or what a client library threw. The first are part of what
 * `/health/ready` answers to anybody; the second names hosts, users and keys, which only the log may have.
 */
export type Loss = string | Error;

/** A loss in words of ours, where it has to be thrown. */
export class FeedFailure extends Error {
  override readonly name = 'FeedFailure';
}

/** The loss in public. */
export function inPublic(loss: Loss): string {
  if (typeof loss === 'string') return loss;
  return loss instanceof FeedFailure ? loss.message : 'Redis does not answer as it should; the log says why';
}
