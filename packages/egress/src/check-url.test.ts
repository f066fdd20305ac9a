import { describe, expect, test } from 'vitest';
import { checkUrl } from './check-url.ts';

const closed = { allowPrivateNetwork: false, allowCidrs: [] };

describe('private literals, in every form that a URL may have', () => {
  test.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://127.1/',
    'http://017700000001/',
    'http://0/',
    'http://0.0.0.0/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[64:ff9b:1::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:0:7f00:1::]/',
    'http://[::7f00:1]/',
    'http://[::1]/',
    'http://[::]/',
    'http://[fe80::1]/',
    'http://[fec0::1]/',
    'http://[fd00:ec2::254]/',
    'http://[5f00::1]/',
    'http://[ff02::1]/',
    'http://[2001:db8::1]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://168.63.129.16/',
    'http://100.64.0.1/',
    'http://10.1.2.3:8080/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://192.0.0.192/',
    'http://198.18.0.1/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'https://127.0.0.1./',
    'https://１２７.０.０.１/',
  ])('%s is refused', (url) => {
    expect(checkUrl(url, closed)).toMatchObject({ status: 'refused', reason: 'private_address' });
  });
});

test.each([
  'http://93.184.215.14/',
  'https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/hook',
  'http://[64:ff9b::5db8:d70e]/',
  'https://hooks.example.com:8443/a?b=c',
  'http://localhost:3000/',
])('%s passes: it is public, or a name whose addresses are checked on connecting', (url) => {
  expect(checkUrl(url, closed).status).toBe('ok');
});

test.each([
  ['ftp://example.com/', 'unsupported_scheme'],
  ['file:///etc/passwd', 'unsupported_scheme'],
  ['javascript:alert(1)', 'unsupported_scheme'],
  ['https://user@example.com/', 'credentials_in_url'],
  ['https://:secret@example.com/', 'credentials_in_url'],
  ['https://', 'invalid_url'],
  ['/hook', 'invalid_url'],
  ['', 'invalid_url'],
  ['http://999.1.1.1/', 'invalid_url'],
])('%s is refused as %s', (url, reason) => {
  expect(checkUrl(url, closed)).toMatchObject({ status: 'refused', reason });
});

test('a private network can be opened, but never the metadata and link-local addresses', () => {
  const open = { allowPrivateNetwork: true, allowCidrs: [] };
  for (const host of ['127.0.0.1', '10.0.0.1', '[::1]', '[fd00::1]', '100.64.0.1', '[::ffff:10.0.0.1]']) {
    expect([host, checkUrl(`http://${host}/`, open).status]).toEqual([host, 'ok']);
  }
  for (const host of [
    '169.254.169.254',
    '168.63.129.16',
    '100.100.100.200',
    '[fd00:ec2::254]',
    '[fe80::1]',
    '0.0.0.0',
    '[64:ff9b::a00:1]',
  ]) {
    expect([host, checkUrl(`http://${host}/`, open).status]).toEqual([host, 'refused']);
  }
});

test('a CIDR block opens exactly its addresses', () => {
  const policy = { allowPrivateNetwork: false, allowCidrs: ['10.1.0.0/16', 'fd00:1::/32'] };
  expect(checkUrl('http://10.1.255.255/', policy).status).toBe('ok');
  expect(checkUrl('http://[::ffff:10.1.0.1]/', policy).status).toBe('ok');
  expect(checkUrl('http://[fd00:1::5]/', policy).status).toBe('ok');
  expect(checkUrl('http://10.2.0.1/', policy).status).toBe('refused');
  expect(checkUrl('http://[fd00:2::5]/', policy).status).toBe('refused');
  expect(checkUrl('http://[64:ff9b::a01:1]/', policy).status).toBe('refused');
});

test('the message says which address was refused and what it is', () => {
  expect(checkUrl('http://2130706433/', closed)).toEqual({
    status: 'refused',
    reason: 'private_address',
    message: '127.0.0.1 is a loopback address, which may not be called.',
  });
});
