// Reads npm's package archives: gzip around tar, of which only plain files are of interest.
import { gunzipSync } from 'node:zlib';

const BLOCK = 512;

/** A field of a tar header: text up to the first zero byte. */
function field(data, start, length) {
  const bytes = data.subarray(start, start + length);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? length : end);
}

/** `length key=value\n` records of a pax header. */
function paxPath(data) {
  for (let at = 0; at < data.length;) {
    const length = Number.parseInt(data.toString('utf8', at, at + 20), 10);
    if (!(length > 0)) return undefined;
    const [, key, value] = /^\d+ ([^=]+)=([^]*)\n$/.exec(data.toString('utf8', at, at + length)) ?? [];
    if (key === 'path') return value;
    at += length;
  }
  return undefined;
}

/**
 * The plain files of a .tgz, without the first folder of their paths (`package/`).
 * @param {Buffer} archive
 * @returns {{ path: string, data: Buffer }[]}
 */
export function readTarball(archive) {
  const data = gunzipSync(archive);
  const files = [];
  let longPath;
  for (let at = 0; at + BLOCK <= data.length && data[at] !== 0;) {
    const size = Number.parseInt(field(data, at + 124, 12).trim() || '0', 8);
    const type = String.fromCharCode(data[at + 156] || 48);
    const content = data.subarray(at + BLOCK, at + BLOCK + size);
    if (type === 'x') longPath = paxPath(content);
    else if (type === 'L') longPath = field(content, 0, size);
    else {
      const prefix = field(data, at + 257, 5) === 'ustar' ? field(data, at + 345, 155) : '';
      const name = field(data, at, 100);
      const path = longPath ?? (prefix === '' ? name : `${prefix}/${name}`);
      longPath = undefined;
      if (type === '0') files.push({ path: path.slice(path.indexOf('/') + 1), data: content });
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
