import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the workspace, without a trailing slash. */
export const workspaceRoot = dirname(dirname(fileURLToPath(import.meta.url)));
