import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { expect, it } from 'vitest';
import { checkPublicKey } from './public-key.ts';

const ONE = `01${'00'.repeat(31)}`;
/** Every encoding of a point of small order that there is, with either sign. */
const SMALL = [
  '00'.repeat(32),
  ONE,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  ...['ec', 'ed', 'ee'].map((low) => `${low}${'ff'.repeat(30)}7f`),
].flatMap((hex) => [hex, flipped(hex)]);

function flipped(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  bytes[31] = (bytes[31] ?? 0) ^ 0x80;
  return bytes.toString('hex');
}

it.each(SMALL)('refuses the key %s, with which what nobody signed verifies', (hex) => {
  const key = Buffer.from(hex, 'hex').toString('base64url');
  expect(() => checkPublicKey(key)).toThrow(/is no public key/);
});

it('does so since the library does not', () => {
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(ONE, 'hex').toString('base64url') },
    format: 'jwk',
  });
  const nobodys = Buffer.concat([Buffer.from(ONE, 'hex'), Buffer.alloc(32)]);
  expect(verify(null, Buffer.from('any challenge'), key, nobodys)).toBe(true);
});

it('takes any key that was made', () => {
  for (let n = 0; n < 50; n += 1) {
    const { x = '' } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    expect(checkPublicKey(x)).toBe(x);
  }
});
