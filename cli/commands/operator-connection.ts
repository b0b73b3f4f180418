import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { PresageError } from '../../schema/errors.ts';
import { GraphqlClient } from '../client/graphql-client.ts';
import { OPERATOR_KEY_FILE, publisherKey } from '../client/key-file.ts';
import { clientConfigOf, withSettings } from '../settings-options.ts';
import { CONNECTION_FLAGS } from './connection.ts';

/** Gives a command the options of what an operator does in a tenant. */
export function withOperator(command: Command): Command {
  return withSettings(command, CONNECTION_FLAGS)
    .option('--key <file>', "an operator's Ed25519 key (default: operator.key in the data directory)")
    .option('--tenant <name>', 'the tenant to act in (default: default)');
}

/** The client that a command's options ask for. An operator's key is never made here: a new one would be nobody's. */
export function connectAsOperator(command: Command): GraphqlClient {
  const config = clientConfigOf(command, CONNECTION_FLAGS);
  const { key, tenant }: Readonly<Record<string, unknown>> = command.opts();
  const file = typeof key === 'string' ? resolve(key) : join(config.server.dataDir, OPERATOR_KEY_FILE);
  if (!existsSync(file)) {
    throw new PresageError(
      'BAD_INPUT',
      `There is no operator's key at ${file}; name it with --key, or the server's data directory with --data-dir.`,
    );
  }
  return new GraphqlClient({
    serverUrl: config.neuron.serverUrl,
    key: () => publisherKey(file),
    ...(typeof tenant === 'string' ? { place: { tenant } } : {}),
  });
}
