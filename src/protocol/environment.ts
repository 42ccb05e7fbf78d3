import { NotificationMessage } from './message';
/** What the client tells in `initializationOptions`. */
export interface InitializationOptions {
  protocolVersion: number;
  /** In a workspace that is not trusted, nothing outside its folders is read. */
  trusted: boolean;
}

/** The user trusts the workspace from now on. */
export const TrustNotification = new NotificationMessage<{ trusted: boolean }>('memmamba/trust');

export interface FocusParams {
  /** The file in front of the user, and the cursor in it; absent when there is none. */
  active?: { uri: string; line: number; character: number };
}

/** What the user looks at has changed: it is read first, and the text before the cursor is kept at hand for completions. */
export const FocusNotification = new NotificationMessage<FocusParams>('memmamba/focus');
