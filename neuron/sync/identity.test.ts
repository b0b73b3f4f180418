import { createPublicKey, verify } from 'node:crypto';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../testing/test-neuron.ts';
import { loadIdentity } from './identity.ts';

it('makes a key that only its owner may read, and keeps it', () => {
  const dataDir = temporaryDirectory();
  const { publicKey } = loadIdentity(dataDir);
  expect(statSync(join(dataDir, 'neuron.key')).mode & 0o777).toBe(0o600);
  expect(Buffer.from(publicKey, 'base64url')).toHaveLength(32);
  expect(loadIdentity(dataDir).publicKey).toBe(publicKey);
});

it('signs the UTF-8 bytes of a text', () => {
  const identity = loadIdentity(temporaryDirectory());
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: identity.publicKey }, format: 'jwk' });
  const signature = Buffer.from(identity.sign('héllo'), 'base64url');
  expect(verify(null, Buffer.from('héllo', 'utf8'), key, signature)).toBe(true);
});

it.each([0o644, 0o640, 0o604])('refuses a key file of mode %o and says what to run', (mode) => {
  const dataDir = temporaryDirectory();
  loadIdentity(dataDir);
  chmodSync(join(dataDir, 'neuron.key'), mode);
  expect(() => loadIdentity(dataDir)).toThrow(/chmod 600/);
});

it('refuses a file that holds no Ed25519 key', () => {
  const dataDir = temporaryDirectory();
  writeFileSync(join(dataDir, 'neuron.key'), 'nonsense', { mode: 0o600 });
  expect(() => loadIdentity(dataDir)).toThrow(/no Ed25519 private key/);
});
