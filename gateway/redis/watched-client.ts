import type { Command } from 'ioredis';

/** What every client sends its commands by. */
interface Sender {
  sendCommand(command: Command, ...others: never[]): unknown;
}

/**
 * The same client, which tells of every command that fails, whoever sent it and whether or not he cares. Of the command its
 * error keeps the name only: its arguments are what people published, and much of it, which no log should have.
 */
export function watched<T extends Sender>(client: T, onFailure: (error: unknown) => void): T {
  const send: Sender['sendCommand'] = client.sendCommand.bind(client);
  client.sendCommand = (command, ...others) => {
    command.promise.catch((error: unknown) => {
      if (error instanceof Error && 'command' in error) error.command = { name: command.name };
      onFailure(error);
    });
    return send(command, ...others);
  };
  return client;
}
