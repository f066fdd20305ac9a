import { Command } from 'commander';
import { addClientOptions, type ClientOptions } from './add-client-options.ts';
import { clientFromOptions } from './client-from-options.ts';
import type { CommandContext } from './command-context.ts';
import { formatTable, type TableColumn } from './format-table.ts';
import { printResult } from './print-result.ts';

type KeyFields = Record<string, unknown>;

const text =
  (field: string) =>
  (key: KeyFields): string => {
    const value = key[field];
    return typeof value === 'string' ? value : '-';
  };

const COLUMNS: readonly TableColumn<KeyFields>[] = [
  { title: 'KEY', value: text('id') },
  { title: 'NAME', value: text('name') },
  { title: 'TENANT', value: text('tenant') },
  { title: 'CREATED', value: text('created_at') },
  { title: 'EXPIRES', value: text('expires_at') },
  { title: 'REVOKED', value: text('revoked_at') },
];

export function keysCommand(context: CommandContext): Command {
  const command = new Command('keys').description('make, list and revoke API keys (needs the admin key)');
  const create = new Command('create')
    .description('make a key; it is shown this once')
    .option('--name <name>', 'what it is for', 'cli')
    .option('--tenant <tenant>', 'whose jobs it sees')
    .option('--expires-at <time>', 'ISO 8601');
  command.addCommand(
    addClientOptions(create).action(
      async (options: ClientOptions & { name: string; tenant?: string; expiresAt?: string }) => {
        const body = {
          name: options.name,
          ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
          ...(options.expiresAt === undefined ? {} : { expires_at: options.expiresAt }),
        };
        const client = clientFromOptions(context, options);
        const key = (await client.json('/v1/keys', { method: 'POST', body })) as KeyFields;
        const lines = `id:             ${text('id')(key)}\nkey:            ${text('key')(key)}\nwebhook secret: ${text('webhook_secret')(key)}\n`;
        printResult(context, options.json, key, lines);
        if (!options.json) context.stderr.write('Keep both: they are not shown again.\n');
      },
    ),
  );
  command.addCommand(
    addClientOptions(new Command('list').description('list keys')).action(async (options: ClientOptions) => {
      const list = (await clientFromOptions(context, options).json('/v1/keys')) as { data: KeyFields[] };
      printResult(context, options.json, list, formatTable(COLUMNS, list.data));
    }),
  );
  command.addCommand(
    addClientOptions(new Command('revoke').description('revoke a key').argument('<key-id>')).action(
      async (id: string, options: ClientOptions) => {
        const path = `/v1/keys/${encodeURIComponent(id)}`;
        const answer = await clientFromOptions(context, options).json(path, { method: 'DELETE' });
        printResult(context, options.json, answer ?? { id, revoked: true }, `${id} revoked\n`);
      },
    ),
  );
  return command;
}
