import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto';
import { link, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PresageError } from '../../schema/errors.ts';
import { makeDirectory } from '../../schema/make-directory.ts';

/** The key file in a server's data directory that operators' commands use. */
export const OPERATOR_KEY_FILE = 'operator.key';

/** Who signs in from this machine. */
export interface PublisherKey {
  /** The raw 32 bytes, base64url. */
  readonly publicKey: string;
  /** Ed25519 signature of the text's UTF-8 bytes, base64url. */
  sign(text: string): string;
}

/**
 * The key in a file (PKCS #8, PEM), made on first use for its owner's eyes only. Throws `FORBIDDEN` if others can read
 * it, `BAD_INPUT` if it is no Ed25519 key, `UNAVAILABLE` if the file can't be read or made.
 */
export async function publisherKey(path: string): Promise<PublisherKey> {
  const pem = (await readKey(path)) ?? (await makeKey(path));
  const key = parseKey(path, pem);
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  if (x === undefined) throw notAKey(path);
  return { publicKey: x, sign: (text) => sign(null, Buffer.from(text, 'utf8'), key).toString('base64url') };
}

async function readKey(path: string): Promise<string | undefined> {
  try {
    const pem = await readFile(path, 'utf8');
    // Windows keeps access apart from the mode.
    const mode = process.platform === 'win32' ? 0 : (await stat(path)).mode & 0o077;
    if (mode !== 0) {
      throw new PresageError('FORBIDDEN', `The key ${path} is open to other users; run: chmod 600 ${path}`);
    }
    return pem;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (error instanceof PresageError) throw error;
    throw new PresageError(
      'UNAVAILABLE',
      `The key ${path} can't be read (${codeOf(error)}); name another with --key.`,
    );
  }
}

/** Written beside its place and linked into it whole: of two first uses at once one wins, and none sees half a key. */
async function makeKey(path: string): Promise<string> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const draft = `${path}.${randomUUID()}`;
  try {
    makeDirectory(dirname(path), 0o700);
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(pem);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, path);
    return pem;
  } catch (error) {
    const winner = codeOf(error) === 'EEXIST' ? await readKey(path) : undefined;
    if (winner !== undefined) return winner;
    throw new PresageError(
      'UNAVAILABLE',
      `A key can't be made at ${path} (${codeOf(error)}); name another place with --key or --data-dir.`,
    );
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

function parseKey(path: string, pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw notAKey(path);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw notAKey(path);
  return key;
}

function notAKey(path: string): PresageError {
  return new PresageError(
    'BAD_INPUT',
    `${path} holds no Ed25519 private key (PKCS #8, PEM); move it away and a new one is made, or name another with --key.`,
  );
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
