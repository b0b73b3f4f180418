import { createHmac } from 'node:crypto';

export interface WebhookSettings {
  readonly url: string;
  /** What messages are signed with. */
  readonly secret: string;
  /** How long an answer may take, in ms. @default 10000 */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;

/**
 * `t=<unix seconds>,v1=<hex>`: the second part is HMAC-SHA256 of `<t>.<body>` with the secret. A receiver refuses what
 * is old, and what it has had by `X-Presage-Alert`.
 */
function signature(secret: string, seconds: number, body: string): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}

/** Posts an alert; anything but 2xx is a failure. Throws an error that says what was answered. */
export async function post(settings: WebhookSettings, id: string, body: string): Promise<void> {
  const response = await fetch(settings.url, {
    method: 'POST',
    // Whoever redirects could send it anywhere.
    redirect: 'manual',
    headers: {
      'content-type': 'application/json',
      'x-presage-alert': id,
      'x-presage-signature': signature(settings.secret, Math.floor(Date.now() / 1_000), body),
    },
    body,
    signal: AbortSignal.timeout(settings.timeoutMs ?? TIMEOUT_MS),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the webhook answered ${response.status}`);
}
