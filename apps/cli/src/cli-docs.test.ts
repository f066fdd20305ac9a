import { readFileSync } from 'node:fs';
import { loadEnvironment } from '@sluice/runtime';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { buildProgram } from './build-program.ts';

const text = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');

/** Flags by command, as the page has them; '' for those that many commands take. */
const documented = Object.fromEntries(
  text.split(/^## /m).map((section) => {
    const command = /^`([^`]+)`/.exec(section)?.[1] ?? '';
    return [command, [...section.matchAll(/^\| `(--[^`]+)` /gm)].map(([, flags]) => flags as string)];
  }),
);
const COMMON = documented[''] ?? [];

const { environment, stdout, stderr } = { environment: loadEnvironment({}), ...process };
const program = buildProgram({ environment, folder: '.sluice', stdout, stderr });

test('docs/cli.md lists every command with every option, and no other', () => {
  const { '': _common, ...sections } = documented;
  expect(sections).toEqual(
    Object.fromEntries(
      leaves(program, []).map(([name, command]) => {
        const flags = command.options.map((option) => option.flags);
        const isClient = flags.includes('--url <url>');
        return [name, flags.filter((flag) => !(isClient && COMMON.includes(flag)))];
      }),
    ),
  );
});

function leaves(command: Command, parents: readonly string[]): [string, Command][] {
  const path = [...parents, command.name()];
  if (command.commands.length === 0) return [[path.join(' '), command]];
  return command.commands.flatMap((child) => leaves(child, path));
}
