import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactKeys, redactKeysInBytes } from '../../../../src/memory';
import { plantedKeys, privateKeyBlock } from '../../../support/keys';

/** What looks like a key and is none. */
const harmless = [
  'class="sk-folding-cube-container-large-circle"',
  'const AKIAS = listOf(AKIA);',
  'sk_live_',
  'ghp_short',
  'AIzaShort',
  'xoxb-1',
  'npm_config_registry=https://example.org/some/where',
  "BEGIN = '-----BEGIN PRIVATE KEY-----'; const somethingElse = 1; END = '-----END PRIVATE KEY-----';",
  '-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA1234567890\n-----END PUBLIC KEY-----',
  '0123456789abcdef0123456789abcdef01234567',
  'Authorization: Bearer ${token}',
];

describe('redactKeys', () => {
  it.each(plantedKeys)('hides %s', (key) => {
    for (const text of [key, `let a = "${key}";\r\n`, `é 日 ${key}\nKEY=${key}`, `https://x.org/?key=${key}&a=1`]) {
      const redacted = redactKeys(text);
      expect(redacted).not.toContain(key.slice(6));
      expect(redacted).toHaveLength(text.length);
      expect(Buffer.from(redactKeysInBytes(Buffer.from(text))).toString()).toBe(redacted);
    }
  });

  it('hides private keys in lines, in one string, indented, and without their end', () => {
    const [, ...body] = privateKeyBlock.split('\n');
    const secret = body[0]!;
    const forms = [
      privateKeyBlock,
      privateKeyBlock.replaceAll('\n', '\r\n    '),
      JSON.stringify({ private_key: privateKeyBlock }),
      privateKeyBlock.split('\n').slice(0, 3).join('\n'),
      privateKeyBlock.replace(/ RSA/g, ' OPENSSH'),
    ];
    for (const form of forms) {
      const redacted = redactKeys(`a\n${form}\nb();\n`);
      expect(redacted).not.toContain(secret.slice(0, 20));
      expect(redacted.split('\n')).toHaveLength(`a\n${form}\nb();\n`.split('\n').length);
      expect(redacted).toMatch(/\nb\(\);\n$/);
    }
  });

  it.each(harmless)('leaves %s as it is', (text) => expect(redactKeys(text)).toBe(text));

  it('keeps every place, whatever the text', () => {
    const parts = fc.array(
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom(...plantedKeys, privateKeyBlock, '-----BEGIN ')),
    );
    fc.assert(
      fc.property(parts, (pieces) => {
        const text = pieces.join('');
        const redacted = redactKeys(text);
        expect(redacted.length).toBe(text.length);
        expect(redacted.replace(/[^\n]/g, '')).toBe(text.replace(/[^\n]/g, ''));
        expect(Buffer.byteLength(redacted)).toBe(Buffer.byteLength(text));
      }),
    );
  });
});
