import type { ApiServer } from './api-server.ts';

/**
 * Tells a caller that sent `Expect: 100-continue` to send its body when its headers were taken, and not before, as Node
 * alone would: who is refused then need not send a body in vain.
 */
export function addContinue(app: ApiServer): void {
  app.server.on('checkContinue', (request, response) => app.server.emit('request', request, response));
  app.addHook('preParsing', async ({ headers }, { raw }) => {
    if (headers.expect?.toLowerCase() === '100-continue') raw.writeContinue();
  });
}
