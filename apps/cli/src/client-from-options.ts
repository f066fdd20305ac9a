import type { ClientOptions } from './add-client-options.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './command-context.ts';
import { readDevFile } from './read-dev-file.ts';

/** Address and key by flag, else by environment, else as `sluice dev` wrote them down. */
export function clientFromOptions(context: CommandContext, options: ClientOptions): ApiClient {
  const dev = readDevFile(context.folder);
  const baseUrl = (options.url ?? dev?.url ?? context.environment.publicBaseUrl).replace(/\/+$/, '');
  const key = options.key ?? context.environment.adminKey ?? dev?.key;
  if (!key) {
    throw new CliError(
      'No API key: start the broker with "npm start", set SLUICE_ADMIN_KEY, or give --key.',
      2,
    );
  }
  return createApiClient({ baseUrl, key });
}
