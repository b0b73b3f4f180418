import { Command } from 'commander';
import { createJoinCode, listJoinCodes, revokeJoinCode } from '../client/operator-operations.ts';
import { say } from '../say.ts';
import { table } from '../table.ts';
import { connectAsOperator, withOperator } from './operator-connection.ts';
import { wholeNumber } from './whole-number.ts';

export function joinCodesCommand(): Command {
  const command = new Command('join-codes')
    .description("list a tenant's join codes, make one, revoke one")
    .enablePositionalOptions()
    .option('--json', 'print one JSON object a line')
    .action(async ({ json }: { json?: boolean }) => {
      const { joinCodes } = await connectAsOperator(command).request(listJoinCodes, {});
      const rows = joinCodes.map((code) => [
        code.id,
        code.role.toLowerCase(),
        `${code.uses}${code.maxUses === null ? '' : `/${code.maxUses}`}`,
        code.expiresAt,
        code.revokedAt ?? '-',
        code.label ?? '-',
      ]);
      say(
        json
          ? joinCodes.map((code) => `${JSON.stringify(code)}\n`).join('')
          : table([['ID', 'ROLE', 'USES', 'EXPIRES AT', 'REVOKED AT', 'LABEL'], ...rows]),
      );
    });
  return withOperator(command).addCommand(createCommand()).addCommand(revokeCommand());
}

interface CreateOptions {
  readonly role?: string;
  readonly label?: string;
  readonly maxUses?: string;
  readonly expiresIn?: string;
  readonly json?: boolean;
}

function createCommand(): Command {
  const command = new Command('create')
    .description('make a code; it is shown once')
    .option('--role <reader|peer|operator>', 'the role that it gives (default: peer)')
    .option('--label <text>', 'whom or what it is for')
    .option('--max-uses <number>', 'how many keys it lets in (default: any number)')
    .option('--expires-in <seconds>', 'how long it is good for (default: a week)')
    .option('--json', 'print the code and what is known of it as JSON')
    .action(async ({ role = 'peer', label, maxUses, expiresIn, json }: CreateOptions) => {
      const input = {
        role: role.toUpperCase(),
        ...(label !== undefined && { label }),
        ...(maxUses !== undefined && { maxUses: wholeNumber('--max-uses', maxUses) }),
        ...(expiresIn !== undefined && { expiresInSeconds: wholeNumber('--expires-in', expiresIn) }),
      };
      const { createJoinCode: made } = await connectAsOperator(command).request(createJoinCode, { input });
      say(`${json ? JSON.stringify(made) : made.code}\n`);
    });
  return withOperator(command);
}

function revokeCommand(): Command {
  const command = new Command('revoke')
    .description('make a code useless; who came in by it stays')
    .argument('<id>', 'the id that the list shows')
    .action(async (id: string) => {
      await connectAsOperator(command).request(revokeJoinCode, { id });
      say(`Revoked the join code ${id}.\n`);
    });
  return withOperator(command);
}
