import { Command } from 'commander';
import { createTenant, listTenants } from '../client/operator-operations.ts';
import { say } from '../say.ts';
import { table } from '../table.ts';
import { joinCodesCommand } from './join-codes.ts';
import { connectAsOperator, withOperator } from './operator-connection.ts';

export function tenantsCommand(): Command {
  const command = new Command('tenants')
    .description('for operators: list the tenants, create one, let peers in')
    .enablePositionalOptions()
    .option('--json', 'print one JSON object a line')
    .addHelpText(
      'after',
      `
Examples:
  $ presage tenants
  $ presage tenants create acme
  $ presage tenants join-codes create --tenant acme --max-uses 5`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const { tenants } = await connectAsOperator(command).request(listTenants, {});
      say(
        json
          ? tenants.map((tenant) => `${JSON.stringify(tenant)}\n`).join('')
          : table([['NAME', 'CREATED AT'], ...tenants.map(({ name, createdAt }) => [name, createdAt])]),
      );
    });
  return withOperator(command).addCommand(createTenantCommand()).addCommand(joinCodesCommand());
}

function createTenantCommand(): Command {
  const command = new Command('create')
    .description('create a tenant')
    .argument('<name>', 'lower-case letters, digits and hyphens')
    .action(async (name: string) => {
      const { createTenant: tenant } = await connectAsOperator(command).request(createTenant, { name });
      say(`Created the tenant ${tenant.name}.\n`);
    });
  return withOperator(command);
}
