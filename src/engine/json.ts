import { readFile } from 'node:fs/promises';
import { describeError } from '../common';
import { modelFileInvalid, modelFileMissing } from './errors';

/** A JSON object whose members have not been checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a JSON object from a file of the model.
 * @throws UserError `model-file-missing`, `model-file-unreadable` or `model-file-invalid`.
 */
export async function readJsonObject(file: string): Promise<JsonObject> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw modelFileMissing(file, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw modelFileInvalid(file, describeError(error), error);
  }
  if (!isObject(value)) throw modelFileInvalid(file, 'an object is expected');
  return value;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads members of one object; errors say which member of which file is wrong. */
export class JsonReader {
  constructor(
    private readonly file: string,
    private readonly object: JsonObject,
    private readonly path = '',
  ) {}

  /** A member that must be an object. */
  child(key: string): JsonReader {
    const value = this.object[key];
    if (!isObject(value)) throw this.wrong(key, 'an object');
    return new JsonReader(this.file, value, `${this.path}${key}.`);
  }

  keys(): string[] {
    return Object.keys(this.object);
  }

  text(key: string): string {
    const value = this.object[key];
    if (typeof value !== 'string') throw this.wrong(key, 'a text');
    return value;
  }

  number(key: string): number {
    const value = this.object[key];
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.wrong(key, 'a number');
    return value;
  }

  /** A whole number of at least `least`. */
  count(key: string, least = 1): number {
    const value = this.object[key];
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) {
      throw this.wrong(key, `a whole number of at least ${least}`);
    }
    return value;
  }

  array(key: string): readonly unknown[] {
    const value: unknown = this.object[key];
    if (!Array.isArray(value)) throw this.wrong(key, 'a list');
    return value as unknown[];
  }

  numbers(key: string): number[] {
    return this.array(key).map((value) => {
      if (typeof value !== 'number' || !Number.isFinite(value)) throw this.wrong(key, 'a list of numbers');
      return value;
    });
  }

  objects(key: string): JsonReader[] {
    return this.array(key).map((value, i) => {
      if (!isObject(value)) throw this.wrong(key, 'a list of objects');
      return new JsonReader(this.file, value, `${this.path}${key}[${i}].`);
    });
  }

  /** The error for a member that is present but makes no sense. */
  wrong(key: string, wanted: string): Error {
    return modelFileInvalid(this.file, `"${this.path}${key}" should be ${wanted}`);
  }
}
