import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { NeuronError } from '../errors.ts';

/** Who this neuron is to the server. */
export interface Identity {
  /** base64url of the raw 32-byte Ed25519 key. */
  readonly publicKey: string;
  /** base64url signature of the text's UTF-8 bytes. */
  sign(text: string): string;
}

/**
 * The key pair of a data directory, made on first start. Only its owner may read the file: whoever has the key is
 * this neuron. Throws `KEY_FILE_UNSAFE` if others may read it and `KEY_FILE_BAD` if it holds no Ed25519 key.
 */
export function loadIdentity(dataDir: string): Identity {
  const file = join(dataDir, 'neuron.key');
  const stat = statSync(file, { throwIfNoEntry: false });
  const key = stat ? readKey(file, stat.mode) : makeKey(file);
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  if (x === undefined) throw badKey(file);
  return {
    publicKey: x,
    sign: (text) => sign(null, Buffer.from(text, 'utf8'), key).toString('base64url'),
  };
}

function makeKey(file: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519');
  const handle = openSync(file, 'wx', 0o600);
  try {
    writeSync(handle, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return privateKey;
}

function readKey(file: string, mode: number): KeyObject {
  // Windows has no such modes; there the directory's own access list guards the file.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(4, '0');
    throw new NeuronError(
      'KEY_FILE_UNSAFE',
      `"${file}" has mode ${shown}, so others than its owner can reach the neuron's private key; run: chmod 600 "${file}"`,
    );
  }
  try {
    const key = createPrivateKey(readFileSync(file));
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (error) {
    throw badKey(file, error);
  }
  throw badKey(file);
}

function badKey(file: string, cause?: unknown): NeuronError {
  return new NeuronError(
    'KEY_FILE_BAD',
    `"${file}" holds no Ed25519 private key; restore it from a copy, or remove it to start as a new peer.`,
    { cause },
  );
}
