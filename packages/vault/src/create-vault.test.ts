import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createVault } from './create-vault.ts';
import { parseKeyRing, type RingKey } from './parse-key-ring.ts';
import { PLAIN_VAULT } from './vault.ts';

const key = (id: string): RingKey => ({ id, secret: randomBytes(32) });
const TEXT = '{"content":"Grüße an alle ✓"}';

test('what is sealed shows nothing of the text, is never the same twice, and opens again', () => {
  const vault = createVault([key('a')]);
  const sealed = vault.seal(TEXT, 'job_1/request');
  expect(sealed).not.toContain('alle');
  expect(vault.seal(TEXT, 'job_1/request')).not.toBe(sealed);
  expect(vault.open(sealed, 'job_1/request')).toBe(TEXT);
});

test('it opens in no other place, and not when a byte of it was changed', () => {
  const vault = createVault([key('a')]);
  const sealed = vault.seal(TEXT, 'job_1/request');
  expect(() => vault.open(sealed, 'job_2/request')).toThrow('changed, or moved');
  const at = sealed.length - 2;
  const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
  expect(() => vault.open(changed, 'job_1/request')).toThrow('changed, or moved');
  expect(() => vault.open('sealed1.a.', 'job_1/request')).toThrow('changed, or moved');
});

test('after a rotation the new key seals and the old one still opens, until it leaves the ring', () => {
  const [old, fresh] = [key('2026a'), key('2026b')];
  const sealed = createVault([old]).seal(TEXT, 'p');
  const rotated = createVault([fresh, old]);
  expect(rotated.open(sealed, 'p')).toBe(TEXT);
  expect(rotated.seal(TEXT, 'p')).toMatch(/^sealed1\.2026b\./);
  expect(() => createVault([fresh]).open(sealed, 'p')).toThrow(
    '"2026a", which is not in SLUICE_ENCRYPTION_KEYS',
  );
});

test('texts from before the vault had keys pass; sealed ones need keys', () => {
  const vault = createVault([key('a')]);
  expect(vault.open(TEXT, 'p')).toBe(TEXT);
  expect(createVault([])).toBe(PLAIN_VAULT);
  expect(PLAIN_VAULT.seal(TEXT, 'p')).toBe(TEXT);
  expect(() => PLAIN_VAULT.open(vault.seal(TEXT, 'p'), 'p')).toThrow('SLUICE_ENCRYPTION_KEYS');
});

test('a key ring is read from text, and only a whole one', () => {
  const encoded = randomBytes(32).toString('base64');
  expect(parseKeyRing(`b:${encoded}, a:${encoded}`)?.map(({ id }) => id)).toEqual(['b', 'a']);
  for (const wrong of [
    '',
    'a',
    `a:${encoded},a:${encoded}`,
    'a:c2hvcnQ=',
    `a b:${encoded}`,
    `a:${encoded},`,
  ]) {
    expect(parseKeyRing(wrong)).toBeNull();
  }
});
