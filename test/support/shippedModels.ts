import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SHIPPED_MODEL } from '../../src/server/modelFolder';

const models = fileURLToPath(new URL('../../models', import.meta.url));

/** Folder of the default model. */
export const shippedModelDir = join(models, SHIPPED_MODEL);

/** Names and folders of all shipped models: tests that hold for every model include new ones automatically. */
export const shippedModels: [name: string, modelDir: string][] = readdirSync(models)
  .filter((name) => existsSync(join(models, name, 'manifest.json')))
  .map((name) => [name, join(models, name)]);
