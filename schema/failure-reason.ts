/**
 * Why a connection or request failed, in the words of the system: `fetch` hides them in the cause, an attempt at several
 * addresses in the errors of each, and a WebSocket in the event that it hands over.
 */
export function failureReason(failure: unknown): string {
  return (innermost(failure) ?? String(failure)).trim();
}

function innermost(failure: unknown): string | undefined {
  if (typeof failure !== 'object' || failure === null) return undefined;
  const causes: unknown[] = failure instanceof AggregateError ? failure.errors : [];
  if ('cause' in failure) causes.push(failure.cause);
  if ('error' in failure) causes.push(failure.error);
  for (const cause of causes) {
    const reason = innermost(cause);
    if (reason !== undefined) return reason;
  }
  return 'message' in failure && typeof failure.message === 'string' && failure.message !== ''
    ? failure.message
    : undefined;
}
