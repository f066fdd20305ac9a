import { readScript } from '@sluice/broker';
import { Redis } from 'ioredis';

/** Where a process kills itself: before a command is sent, or after its answer has come. */
export interface CrashPoint {
  when: 'before' | 'after';
  /** A script of the broker by name, or commands of one connection on keys that contain a text. */
  what: { script: string } | { connectionName: string; keyIncludes: string };
  /** The how-many-th one. @defaultValue 1 */
  nth?: number;
}

type Command = Parameters<Redis['sendCommand']>[0];

/** From now on every connection of this process watches for the point, and the process ends there by SIGKILL. */
export function armCrash({ when, what, nth = 1 }: CrashPoint): void {
  const script = 'script' in what ? readScript(what.script) : null;
  const matches = (command: Command, connectionName: string | undefined): boolean => {
    const args = command.args.map(String);
    if (script) return args[0] === script.sha || args[0] === script.source;
    return (
      'keyIncludes' in what &&
      connectionName === what.connectionName &&
      args.some((arg) => arg.includes(what.keyIncludes))
    );
  };
  // Only runs that succeeded count: a script's digest may be unknown to the server, and is then followed by its text.
  let done = 0;
  const send = Redis.prototype.sendCommand;
  Redis.prototype.sendCommand = function sendOrCrash(this: Redis, command, stream) {
    if (!matches(command, this.options.connectionName)) return send.call(this, command, stream);
    if (when === 'before' && done === nth - 1) process.kill(process.pid, 'SIGKILL');
    const onSuccess = (): void => {
      done += 1;
      if (when === 'after' && done === nth) process.kill(process.pid, 'SIGKILL');
    };
    command.promise.then(onSuccess, () => undefined);
    return send.call(this, command, stream);
  };
}
