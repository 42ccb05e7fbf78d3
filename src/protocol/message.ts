/*
 * Messages are plain values with a name and types, not objects of the JSON-RPC library: the extension, the server and the tests are
 * separate bundles with copies of that library that do not know each other's objects. Each side sends them by name.
 */

/** A request with parameters P and result R; in the meantime, steps S are reported under the `progressToken` of its parameters. */
export class RequestMessage<P, R, S = never> {
  declare protected readonly types: (params: P, onProgress: (step: S) => void) => R;

  constructor(readonly method: string) {}
}

/** A notification with parameters P (`undefined` for none). */
export class NotificationMessage<P = undefined> {
  declare protected readonly types: (params: P) => void;

  constructor(readonly method: string) {}
}

/** The parameters of a request as arguments: none for `undefined`. */
export type ParamsOf<P> = P extends undefined ? [] : [params: P];
