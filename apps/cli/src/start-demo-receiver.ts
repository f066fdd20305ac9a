import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { webhookEventSchema } from '@sluice/contracts';
import { Webhook } from 'standardwebhooks';

export interface DemoReceiver {
  url: string;
  /** Job ids whose webhook came with a good signature; a webhook may come more than once. */
  readonly verified: ReadonlySet<string>;
  /** Webhooks that were refused, and why. */
  readonly refused: readonly string[];
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 1_048_576;

/** A caller's own webhook receiver: checks the signature, notes the job, answers 204. */
export async function startDemoReceiver({
  secret,
  onWebhook,
}: {
  /** `whsec_…` */
  secret: string;
  onWebhook: () => void;
}): Promise<DemoReceiver> {
  const verified = new Set<string>();
  const refused: string[] = [];
  const webhook = new Webhook(secret);

  async function receive(request: IncomingMessage): Promise<number> {
    try {
      const body = await readBody(request);
      const event = webhookEventSchema.parse(webhook.verify(body, headersOf(request)));
      verified.add(event.data.id);
      onWebhook();
      return 204;
    } catch (error) {
      refused.push((error as Error).message);
      return 400;
    }
  }
  const server = createServer((request, response) => {
    void receive(request).then((status) => response.writeHead(status).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return {
    url: `http://127.0.0.1:${address.port}/webhooks`,
    verified,
    refused,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error('body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const entries = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  return Object.fromEntries(entries) as Record<string, string>;
}
