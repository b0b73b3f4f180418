import { createHash, randomBytes } from 'node:crypto';

/** A new code: 160 random bits that are easy to pass on. */
export function newJoinCode(): string {
  return `join_${randomBytes(20).toString('base64url')}`;
}

/** What is stored of a code. */
export function joinCodeHash(code: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(code.trim()).digest());
}
