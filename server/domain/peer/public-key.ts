import { createPublicKey, verify } from 'node:crypto';
import { PresageError } from '../../../schema/errors.ts';

/**
 * Points of small order, hex with the sign's bit left out: what nobody signed verifies with them, so that anybody could
 * be such a peer. The list is that of libsodium (`ge25519_has_small_order`).
 */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
]);

/**
 * Checks that a text is base64url of 32 bytes, in the one way to write them, as it names a peer, and that they are no key
 * without a secret. Throws `BAD_INPUT`.
 */
export function checkPublicKey(text: string): string {
  const bytes = Buffer.from(text, 'base64url');
  const isKey = bytes.length === 32 && bytes.toString('base64url') === text;
  if (isKey && !isOfSmallOrder(bytes)) return text;
  throw new PresageError(
    'BAD_INPUT',
    `"${text.slice(0, 60)}" is no public key; give the 32 bytes of an Ed25519 public key as base64url without padding.`,
  );
}

function isOfSmallOrder(key: Buffer): boolean {
  const unsigned = Buffer.from(key);
  unsigned[31] = (unsigned[31] ?? 0) & 0x7f;
  return SMALL_ORDER.has(unsigned.toString('hex'));
}

/** Whether `signature` (base64url) is this key's signature of the text's UTF-8 bytes. */
export function isSignedBy(publicKey: string, text: string, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64url');
  if (bytes.length !== 64) return false;
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
    return verify(null, Buffer.from(text, 'utf8'), key, bytes);
  } catch {
    // 32 bytes that are no point of the curve sign nothing.
    return false;
  }
}
