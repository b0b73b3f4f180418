import { createPublicKey, verify } from 'node:crypto';
import { PresageError } from '../../../schema/errors.ts';

/** Checks that a text is base64url of 32 bytes, in the one way to write them, as it names a peer. Throws `BAD_INPUT`. */
export function checkPublicKey(text: string): string {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length === 32 && bytes.toString('base64url') === text) return text;
  throw new PresageError(
    'BAD_INPUT',
    `"${text.slice(0, 60)}" is no public key; give the 32 bytes of an Ed25519 public key as base64url without padding.`,
  );
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
