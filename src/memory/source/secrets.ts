import ignore from 'ignore';

/**
 * Names of files that usually hold secrets, as ignore patterns. Such files are never opened, wherever they are and whoever asks:
 * a state could give their content away later. The list is printed by `memmamba doctor`.
 */
export const secretPatterns: readonly string[] = [
  '*.env',
  '.env',
  '.env.*',
  '!.env.example',
  '!.env.sample',
  '!.env.template',
  '*.pem',
  '*.key',
  '*.pfx',
  '*.p12',
  '*.jks',
  '*.keystore',
  '*.kdbx',
  '*.ppk',
  '*.gpg',
  'id_rsa*',
  'id_dsa*',
  'id_ecdsa*',
  'id_ed25519*',
  '.npmrc',
  '.pypirc',
  '.netrc',
  '_netrc',
  '.pgpass',
  '.htpasswd',
  '.git-credentials',
  '.dockercfg',
  '.docker/config.json',
  '.aws/credentials',
  '.kube/config',
  'credentials',
  'credentials.json',
  'client_secret*.json',
  'service-account*.json',
  'secrets.json',
  'secrets.yml',
  'secrets.yaml',
];

const matcher = ignore({ ignorecase: true }).add(secretPatterns.filter((pattern) => !pattern.includes('/')));
const withFolder = secretPatterns.filter((pattern) => pattern.includes('/'));

/**
 * The pattern by which a file counts as secret, or undefined when it does not. Only the last two parts of the path count, so that
 * a project kept in a folder called `credentials` stays readable.
 */
export function secretPattern(path: string): string | undefined {
  const parts = path.split(/[\\/]/).filter((part) => part !== '');
  const name = parts.at(-1);
  if (name === undefined || name === '.' || name === '..') return undefined;
  const lastTwo = parts.slice(-2).join('/').toLowerCase();
  const folder = withFolder.find((pattern) => pattern === lastTwo);
  if (folder !== undefined) return folder;
  return matcher.test(name).rule?.pattern;
}
