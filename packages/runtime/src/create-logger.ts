import { pino, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

/** Paths whose values never reach a log, on the logged object and one level below. */
const SECRET_FIELDS = [
  'api_key',
  'apiKey',
  'adminKey',
  'key',
  'secret',
  'secret_access_key',
  'webhook_secret',
  'webhookSecret',
  'authorization',
  'password',
  'redisUrl',
];

/**
 * JSON lines to standard error, so that standard output is free for results. Bodies are never logged by anyone;
 * the redaction here is the second line of defence.
 */
export function createLogger({
  name,
  level = 'info',
  write,
}: {
  /** The process's role: `api`, `worker`, … */
  name: string;
  /** @defaultValue 'info' */
  level?: string;
  /** Takes each line. @defaultValue standard error */
  write?: (line: string) => void;
}): Logger {
  return pino(
    {
      name,
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: [
          ...SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]),
          '*.headers["x-api-key"]',
          '*.headers.authorization',
        ],
        censor: '[redacted]',
      },
    },
    write ? { write } : pino.destination({ dest: 2, sync: true }),
  );
}
