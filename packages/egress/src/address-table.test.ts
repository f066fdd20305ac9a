import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEgressClient } from './create-egress-client.ts';
import type { ResolveAddresses } from './resolve-addresses.ts';

let calls = 0;
const server = createServer((_request, response) => {
  calls += 1;
  response.end('inside');
});
let port: number;
beforeAll(async () => {
  server.listen(0, '::');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const post = { headers: {}, body: '{}', timeoutMs: 3_000 };
const closed = { allowPrivateNetwork: false, allowCidrs: [] };
const answering =
  (...addresses: string[]): ResolveAddresses =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

/** Literals with the server's port, so that one that got through would reach it. */
const REFUSED: readonly [what: string, host: string][] = [
  ['dotted', '127.0.0.1'],
  ['decimal', '2130706433'],
  ['hexadecimal', '0x7f000001'],
  ['hexadecimal part', '0x7f.1'],
  ['octal', '0177.0.0.1'],
  ['short', '127.1'],
  ['this host', '0.0.0.0'],
  ['IPv6 loopback', '[::1]'],
  ['IPv4-mapped', '[::ffff:127.0.0.1]'],
  ['full-width digits', '１２７.０.０.１'],
  ['IPv4-compatible', '[::7f00:1]'],
  ['NAT64', '[64:ff9b::7f00:1]'],
  ['NAT64, local', '[64:ff9b:1::7f00:1]'],
  ['6to4', '[2002:7f00:1::]'],
  ['Teredo', '[2001:0:7f00:1::]'],
  ['private', '10.0.0.1'],
  ['private', '172.16.0.1'],
  ['private', '192.168.0.1'],
  ['carrier-grade NAT', '100.64.0.1'],
  ['link-local', '169.254.1.1'],
  ['link-local v6', '[fe80::1]'],
  ['unique local', '[fd00::1]'],
  ['multicast', '224.0.0.1'],
  ['metadata AWS, Google, Azure', '169.254.169.254'],
  ['metadata AWS v6', '[fd00:ec2::254]'],
  ['metadata ECS', '169.254.170.2'],
  ['metadata Alibaba', '100.100.100.200'],
  ['metadata Oracle', '192.0.0.192'],
  ["Azure's wire server", '168.63.129.16'],
];

test('every private form is refused, literal or behind a name, without a byte reaching the inside', async () => {
  const rows: string[] = [];
  const egress = createEgressClient(closed);
  for (const [what, host] of REFUSED) {
    const outcome = await egress.post(`http://${host}:${port}/`, post);
    rows.push(`${what.padEnd(28)} ${host.padEnd(24)} ${verdict(outcome)}`);
    expect([host, outcome.status]).toEqual([host, 'refused']);
  }
  await egress.close();
  for (const [what, addresses] of [
    ['name of a private address', ['127.0.0.1']],
    ['name of a mapped address', ['::ffff:127.0.0.1']],
    ['one private among public ones', ['93.184.215.14', '127.0.0.1']],
    ['name of a metadata service', ['168.63.129.16']],
  ] as const) {
    const named = createEgressClient({ ...closed, resolve: answering(...addresses) });
    const outcome = await named.post(`http://name.example:${port}/`, post);
    rows.push(`${what.padEnd(28)} ${addresses.join(' ').padEnd(24)} ${verdict(outcome)}`);
    expect([what, outcome.status]).toEqual([what, 'refused']);
    await named.close();
  }
  let asked = 0;
  const rebinding = createEgressClient({
    ...closed,
    resolve: async () => {
      asked += 1;
      return [{ address: asked === 1 ? '93.184.215.14' : '127.0.0.1', family: 4 }];
    },
    connectTimeoutMs: 300,
  });
  for (const n of [1, 2]) {
    const outcome = await rebinding.post(`http://rebinding.example:${port}/`, post);
    rows.push(
      `${`rebinding name, call ${n}`.padEnd(28)} ${(n === 1 ? 'public' : '127.0.0.1').padEnd(24)} ${verdict(outcome)}`,
    );
    if (n === 2) expect(outcome.status).toBe('refused');
  }
  await rebinding.close();
  console.log(`addresses that callers give\n${rows.join('\n')}`);
  expect(calls).toBe(0);
});

test.each([
  ['http://93.184.215.14/', 'ok'],
  ['https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/', 'ok'],
  ['https://example.com:8443/', 'ok'],
  ['http://example.com:22/', 'port_not_allowed'],
  ['http://example.com:25/', 'port_not_allowed'],
  ['https://example.com:53/', 'port_not_allowed'],
  ['http://user:secret@example.com/', 'credentials_in_url'],
  ['gopher://example.com/', 'unsupported_scheme'],
])('%s: %s', async (url, expected) => {
  const { checkUrl } = await import('./check-url.ts');
  const outcome = checkUrl(url, closed);
  expect(outcome.status === 'ok' ? 'ok' : outcome.reason).toBe(expected);
});

test('through a proxy: the proxy connects, names with private addresses are refused before', async () => {
  const reached: string[] = [];
  const proxy = createServer().on('connect', (request, socket) => {
    reached.push(request.url ?? '');
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    for (const each of [socket, upstream]) each.on('error', () => undefined);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const through = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const open = createEgressClient({ ...closed, proxy: through, resolve: answering('93.184.215.14') });
  expect(await open.post('http://hooks.example:8080/', post)).toMatchObject({
    httpStatus: 200,
    body: 'inside',
  });
  expect(reached).toEqual(['hooks.example:8080']);
  await open.close();
  const inner = createEgressClient({ ...closed, proxy: through, resolve: answering('10.0.0.1') });
  expect(await inner.post('http://inner.example/', post)).toMatchObject({ status: 'refused' });
  await inner.close();
  expect(reached).toHaveLength(1);
  proxy.closeAllConnections();
  proxy.close();
});

function verdict(outcome: { status: string; reason?: string; httpStatus?: number }): string {
  return outcome.status === 'answered'
    ? `REACHED (${outcome.httpStatus})`
    : `${outcome.status}: ${outcome.reason}`;
}
