/** How the text of a file is stored. The model always reads UTF-8 without a byte order mark. */
export type Encoding = 'utf-8' | 'utf-8-bom' | 'utf-16le' | 'utf-16be';

/** Number of bytes to check for binary content. */
export const SNIFF_BYTES = 65_536;

/** Bytes below 32 that occur in text files: tab, line feed, vertical tab, form feed, carriage return, escape. */
const textControls = new Set([9, 10, 11, 12, 13, 27]);

/** Above this share of other control bytes a file is not text. Real source stays below one in a thousand. */
const MAX_CONTROL_SHARE = 0.05;

/** The encoding according to the byte order mark; UTF-8 without one. */
export function detectEncoding(head: Uint8Array): Encoding {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return 'utf-8-bom';
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

/** Why the beginning of a file is not text, as the end of a sentence; undefined when it looks like text. */
export function binaryReason(head: Uint8Array): string | undefined {
  const encoding = detectEncoding(head);
  if (encoding === 'utf-16le' || encoding === 'utf-16be') return undefined;
  const zero = head.indexOf(0);
  if (zero >= 0) {
    return looksLikeUtf16(head)
      ? 'it looks like UTF-16 without a byte order mark'
      : `it contains a zero byte at offset ${zero}`;
  }
  let controls = 0;
  for (const byte of head) if ((byte < 32 && !textControls.has(byte)) || byte === 127) controls++;
  if (controls <= head.length * MAX_CONTROL_SHARE || controls < 4) return undefined;
  return `${Math.round((100 * controls) / head.length)} % of its first bytes are control characters`;
}

/** Latin text in UTF-16 has a zero in nearly every second byte. */
function looksLikeUtf16(head: Uint8Array): boolean {
  if (head.length < 4) return false;
  const zeros = [0, 0];
  for (let i = 0; i < head.length; i++) if (head[i] === 0) zeros[i % 2]!++;
  const half = head.length / 2;
  return Math.max(...zeros) > half * 0.8 && Math.min(...zeros) < half * 0.1;
}

/**
 * The text as UTF-8 bytes without a byte order mark. UTF-8 is kept byte for byte, including invalid sequences: the
 * tokenizer is defined on bytes.
 */
export function toUtf8(bytes: Uint8Array, encoding: Encoding): Uint8Array {
  switch (encoding) {
    case 'utf-8':
      return bytes;
    case 'utf-8-bom':
      return bytes.subarray(3);
    case 'utf-16le':
    case 'utf-16be':
      return Buffer.from(new TextDecoder(encoding).decode(bytes), 'utf8');
  }
}
