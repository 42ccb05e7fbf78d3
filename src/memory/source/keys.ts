/**
 * Keys that services issue, told by their form. The first four characters only say whose key it is. Written so that no part can match
 * in more than one way: a scan takes time in proportion to the text.
 */
const issued = new RegExp(
  '(?<![A-Za-z0-9])(?:' +
    [
      /(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/, // Amazon
      /AIza[\w-]{35}/, // Google
      /GOCSPX-[\w-]{28}/,
      /ya29\.[\w-]{20,}/,
      /gh[opsur]_[A-Za-z0-9]{36,}/, // GitHub
      /github_pat_\w{22,}/,
      /gl(?:pat|dt|rt|ptt|soat|ft|cbt)-[\w-]{20,}/, // GitLab
      /xox[abeoprs]-[A-Za-z0-9-]{10,}/, // Slack
      /xapp-[A-Za-z0-9-]{20,}/,
      /hooks\.slack\.com\/services\/[A-Za-z0-9/]{20,}/,
      /[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/, // Stripe
      /whsec_[A-Za-z0-9+/=]{24,}/,
      /sk-(?:ant|proj|svcacct|admin|or)-[\w-]{20,}/, // language models
      /sk-[A-Za-z0-9]{32,}/,
      /hf_[A-Za-z0-9]{30,}/,
      /npm_[A-Za-z0-9]{36}/, // registries
      /pypi-[\w-]{50,}/,
      /rubygems_[a-f0-9]{48}/,
      /SG\.[\w-]{16,}\.[\w-]{16,}/, // SendGrid
      /do[opr]_v1_[a-f0-9]{64}/, // DigitalOcean
      /shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}/, // Shopify
      /dapi[a-f0-9]{32}/, // Databricks
      /hv[bs]\.[\w-]{24,}/, // Vault
      /lin_api_[A-Za-z0-9]{40}/, // Linear
      /AGE-SECRET-KEY-1[A-Z0-9]{58}/, // age
      /\d{8,10}:AA[\w-]{33}/, // Telegram
      /eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}/, // JSON Web Token
    ]
      .map(({ source }) => source)
      .join('|') +
    ')',
  'g',
);

/** Secrets that only their label tells. */
const labelled = new RegExp(
  [
    /(aws_?secret_?(?:access_?)?key["']?[ \t]*[:=][ \t]*["']?)([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])/,
    /(AccountKey=)([A-Za-z0-9/+]{40,}={0,2})/,
    /(Authorization["']?[ \t]*[:=][ \t]*["']?(?:Bearer|Basic|token)[ \t]+)([\w.~+/-]{20,}=*)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gi',
);

/** A private key, in lines of a file or in one string with escapes; without its end, as far as it goes on. */
const privateKey =
  /(-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----)((?:(?!-----)[^]){0,20000}(?=-----END )|(?:(?:\\[nr]|[\s"'+,])*[A-Za-z0-9+/=]{40,})+)/g;

/**
 * A text without the keys in it: their characters become `*`, so that every place in the text stays what it is. What stands in an
 * ordinary source file is read, and what was read can be asked for; a key must not be.
 */
export function redactKeys(text: string): string {
  return text
    .replace(issued, (key) => key.slice(0, 4) + '*'.repeat(key.length - 4))
    .replace(labelled, (all, ...groups: (string | undefined)[]) => {
      const label = groups[0] ?? groups[2] ?? groups[4] ?? '';
      return label + '*'.repeat(all.length - label.length);
    })
    .replace(privateKey, (all, begin: string, body: string) =>
      // A program that handles keys names both marks, with code in between.
      /[A-Za-z0-9+/=]{40}/.test(body) ? begin + body.replace(/\\[nr]|[A-Za-z0-9+/=]/g, hideByte) : all,
    );
}

function hideByte(found: string): string {
  return found.length === 1 ? '*' : found;
}

/** As {@link redactKeys}. The same bytes when there is no key in them. */
export function redactKeysInBytes(bytes: Uint8Array): Uint8Array {
  // One character per byte: keys are ASCII, and what is not UTF-8 stays as it is.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const redacted = redactKeys(text);
  return redacted === text ? bytes : Buffer.from(redacted, 'latin1');
}
