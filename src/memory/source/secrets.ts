import { join, sep } from 'node:path';
import { IgnoreFile } from './ignoreFile';

/**
 * Names of files that usually contain secrets, in the syntax of .gitignore. Such files are never opened, wherever they are and
 * whoever asks: a state could reveal their content later. `memmamba doctor` prints the list.
 */
export const secretPatterns: readonly string[] = [
  ...[
    '.env',
    '*.env',
    '.env[._-]*',
    '.envrc',
    '!.env*[._-]example',
    '!.env*[._-]sample',
    '!.env*[._-]template',
    '!.env.dist',
  ],
  ...['*.pem', '*.key', '*.p8', '*.pfx', '*.p12', '*.jks', '*.keystore', '*.kdbx', '*.ppk', '*.gpg', '*.ovpn'],
  ...['id_rsa*', 'id_dsa*', 'id_ecdsa*', 'id_ed25519*', '*_rsa', '*_ed25519', 'deploy_key', 'deploy-key'],
  ...[
    '.npmrc',
    '.yarnrc',
    '.yarnrc.yml',
    '.pypirc',
    '.netrc',
    '_netrc',
    '.pgpass',
    '.my.cnf',
    '.mylogin.cnf',
    '.htpasswd',
  ],
  ...[
    '.git-credentials',
    '.vault-token',
    '.vault[_-]pass*',
    '.s3cfg',
    '.boto',
    '.databrickscfg',
    '.terraformrc',
    'rclone.conf',
  ],
  ...[
    '.dockercfg',
    '.dockerconfigjson',
    '.docker/config.json',
    'auth.json',
    '.cargo/credentials.toml',
    '.m2/settings.xml',
  ],
  ...[
    '.aws/credentials',
    '.azure/*.json',
    '.kube/config',
    'kubeconfig',
    'kubeconfig.y*ml',
    '*.kubeconfig',
    'gh/hosts.yml',
  ],
  ...['*.tfstate', '*.tfstate.*', '*.tfvars', '*.tfvars.json', 'credentials', 'key.properties', 'keystore.properties'],
  ...[
    'credentials.json',
    'credentials.y*ml',
    'credentials.toml',
    'credentials.ini',
    'credentials.xml',
    'credentials.csv',
  ],
  ...['secrets.json', 'secrets.y*ml', 'secrets.toml', 'secrets.ini', 'secrets.properties', '.secrets'],
  ...[
    'client_secret*.json',
    'service[_-]account*.json',
    '*firebase-adminsdk*.json',
    'application_default_credentials.json',
  ],
  ...['appsettings.*.json', '!appsettings.Development.json', 'local.settings.json'],
];

const list = IgnoreFile.parse(sep, 'the list of secrets', secretPatterns.join('\n'), true);

/** What editors, people and tools add to a file name when they keep an older version. */
const backup = /^#(.+)#$|^(.+?)(?:~|[._-](?:bak|backup|old|orig|save|copy|swp|\d{1,8})| copy)$/i;

/**
 * The pattern that makes a file a secret, or undefined. Only the last two parts of the path count, so that a project in a folder
 * called `credentials` stays readable. A backup of a secret is a secret.
 */
export function secretPattern(path: string): string | undefined {
  const parts = path.split(/[\\/]/).filter((part) => part !== '');
  const name = parts.pop();
  if (name === undefined || name === '.' || name === '..') return undefined;
  const verdict = list.verdict(join(sep, parts.at(-1) ?? '', name), false);
  if (verdict !== undefined) return verdict.ignored ? verdict.rule : undefined;
  const [, saved, original = saved] = backup.exec(name) ?? [];
  return original === undefined ? undefined : secretPattern(join(sep, ...parts, original));
}
