import { Command } from 'commander';
import { say } from '../say.ts';
import { connect, withConnection } from './connection.ts';

export function tokenCommand(): Command {
  const command = new Command('token')
    .description('sign in and print an access token')
    .option('--json', 'print the refresh token and the lifetime, too')
    .addHelpText(
      'after',
      `
Examples:
  $ curl -H "authorization: Bearer $(presage token)" …
  $ presage token --json`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const session = await connect(command).signIn();
      say(`${json ? JSON.stringify(session) : session.accessToken}\n`);
    });
  return withConnection(command);
}
