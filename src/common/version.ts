declare const MEMMAMBA_VERSION: string;

/** The version in package.json, inserted by the bundler. */
export const version: string = MEMMAMBA_VERSION;
