import { Command } from 'commander';
import { addClientOptions, type ClientOptions } from './add-client-options.ts';
import { clientFromOptions } from './client-from-options.ts';
import type { CommandContext } from './command-context.ts';
import { formatTable, type TableColumn } from './format-table.ts';
import { parseJsonObject } from './parse-json-object.ts';
import { parseList } from './parse-list.ts';
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
  const command = new Command('keys').description(
    'make, list, rotate and revoke API keys (needs the admin key)',
  );
  const create = new Command('create')
    .description('make a key; it is shown this once')
    .option('--name <name>', 'what it is for', 'cli')
    .option('--tenant <tenant>', 'whose jobs it sees')
    .option('--expires-at <time>', 'ISO 8601')
    .option('--scopes <list>', 'what it may do, by commas; default: all but admin', parseList)
    .option('--limits <json>', 'what it may take, for example {"requests_per_minute":60}', parseJsonObject)
    .option('--allow <json>', 'what its jobs may use, for example {"providers":["openai"]}', parseJsonObject);
  command.addCommand(
    addClientOptions(create).action(async (options: ClientOptions & NewKeyOptions) => {
      const { name, tenant, expiresAt, scopes, limits, allow } = options;
      const body = { name, tenant, expires_at: expiresAt, scopes, limits, allow };
      const client = clientFromOptions(context, options);
      const key = (await client.json('/v1/keys', { method: 'POST', body })) as KeyFields;
      printKey(context, options, key);
    }),
  );
  command.addCommand(
    addClientOptions(new Command('list').description('list keys')).action(async (options: ClientOptions) => {
      const list = (await clientFromOptions(context, options).json('/v1/keys')) as { data: KeyFields[] };
      printResult(context, options.json, list, formatTable(COLUMNS, list.data));
    }),
  );
  const rotate = new Command('rotate')
    .description('give a key a new secret; the old one works on for a while')
    .argument('<key-id>')
    .option('--overlap <duration>', 'how long the old one still works', '24h');
  command.addCommand(
    addClientOptions(rotate).action(async (id: string, options: ClientOptions & { overlap: string }) => {
      const path = `/v1/keys/${encodeURIComponent(id)}/rotate`;
      const body = { overlap: options.overlap };
      const client = clientFromOptions(context, options);
      printKey(context, options, (await client.json(path, { method: 'POST', body })) as KeyFields);
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

interface NewKeyOptions {
  name: string;
  tenant?: string;
  expiresAt?: string;
  scopes?: string[];
  limits?: object;
  allow?: object;
}

function printKey(context: CommandContext, options: ClientOptions, key: KeyFields): void {
  const lines = `id:             ${text('id')(key)}\nkey:            ${text('key')(key)}\nwebhook secret: ${text('webhook_secret')(key)}\n`;
  printResult(context, options.json, key, lines);
  if (!options.json) context.stderr.write('Keep both: they are not shown again.\n');
}
