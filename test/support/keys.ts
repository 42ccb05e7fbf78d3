/** Keys in the forms that services issue; none was ever valid. Put together here so that no scanner takes them for leaked ones. */
const random = 'Zk3vQ9xLmT7bWc2RfYp8HsJd4GnUa6Ee1IoKqXyVtBzCwDrMhPjSuNgF5lAi0OZk3vQ9xLmT7bWc2RfYp8HsJd4GnUa6Ee1IoKq';
const upper = random.toUpperCase();
const hexadecimal = '3f9a1c7e5b2d8f604c1a9e7d3b5f2c8a6e0d4b9f1c7a3e5d8b2f6c0a9e4d1b7f';

export const plantedKeys: readonly string[] = [
  ['AKIA', upper.slice(0, 16)],
  ['AIza', random.slice(0, 35)],
  ['ghp_', random.slice(0, 36)],
  ['github_pat_', `${random.slice(0, 22)}_${random.slice(22, 60)}`],
  ['glpat-', random.slice(0, 20)],
  ['xoxb-', `1234567890-${random.slice(0, 24)}`],
  ['sk_live_', random.slice(0, 24)],
  ['sk-ant-', `api03-${random.slice(0, 40)}`],
  ['sk-', random.slice(0, 48)],
  ['hf_', random.slice(0, 34)],
  ['npm_', random.slice(0, 36)],
  ['pypi-', random.slice(0, 60)],
  ['SG.', `${random.slice(0, 22)}.${random.slice(22, 60)}`],
  ['dop_v1_', hexadecimal],
  ['eyJ', `${random.slice(0, 20)}.eyJ${random.slice(20, 60)}.${random.slice(10, 50)}`],
  ['aws_secret_access_key = ', random.slice(0, 40)],
  ['AccountKey=', `${random.slice(0, 86)}==`],
  ['Authorization: Bearer ', random.slice(0, 40)],
].map(([form, rest]) => `${form}${rest}`);

export const privateKeyBlock = [
  `-----BEGIN RSA PRIVATE KEY-----`,
  ...[0, 5, 9].map((shift) => random.slice(shift, shift + 64)),
  'Qq8=',
  `-----END RSA PRIVATE KEY-----`,
].join('\n');
