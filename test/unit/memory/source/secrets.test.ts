import { describe, expect, it } from 'vitest';
import { secretPattern } from '../../../../src/memory';

const secrets = `
  .env .ENV prod.env .env.local .env-prod .env_prod .env~ .envrc prod.env.bak .env.old #.env# .env.2024 .env_staging.orig
  server.key server.key.bak key.pem.old cert.p12~ AuthKey_1.p8 client.ovpn id_rsa id_ed25519.old deploy_key github_rsa
  main.tfstate main.tfstate.backup terraform.tfstate.1700000000.backup prod.tfvars prod.auto.tfvars.json
  secrets.toml secrets.yml secrets.yaml.bak credentials.yml credentials.json auth.json appsettings.Production.json
  .my.cnf .vault-token .s3cfg .dockerconfigjson .yarnrc.yml .npmrc .docker/config.json .aws/credentials gh/hosts.yml
  kubeconfig .kube/config prod.kubeconfig service_account.json service-account-prod.json my-firebase-adminsdk-x1.json
  application_default_credentials.json client_secret_1.json
`;

const harmless = `
  .env.example .env-sample .env.prod.template .env.dist environment.ts env.ts env.py secrets.ts credentials.go key.ts
  appsettings.json appsettings.Development.json main.tf variables.tfvars.example config.json docker/config.json
  credentials/a.ts .aws/README.md kube/config monkey keys.md hosts.yml #a# a~ auth.ts kubeconfig.go
`;

const words = (text: string): string[] => text.trim().split(/\s+/);

describe('names of secrets', () => {
  it.each(words(secrets))('%s is one', (name) => {
    expect(secretPattern(`/home/a/${name}`)).toBeDefined();
  });

  it.each(words(harmless))('%s is none', (name) => {
    expect(secretPattern(`/home/a/${name}`)).toBeUndefined();
  });
});
