import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SHIPPED_MODEL } from '../../src/server/modelFolder';

const models = fileURLToPath(new URL('../../models', import.meta.url));

/** Folder of the model that is used unless another one is chosen. */
export const shippedModelDir = join(models, SHIPPED_MODEL);

/** Names and folders of all models that ship: a test of what every model must do takes a new one in by itself. */
export const shippedModels: [name: string, modelDir: string][] = readdirSync(models)
  .filter((name) => existsSync(join(models, name, 'manifest.json')))
  .map((name) => [name, join(models, name)]);
