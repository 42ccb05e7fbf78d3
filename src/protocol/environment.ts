import { NotificationMessage } from './message';
/** The client's `initializationOptions`. */
export interface InitializationOptions {
  protocolVersion: number;
  /** In an untrusted workspace, nothing outside its folders is read. */
  trusted: boolean;
}

/** The user now trusts the workspace. */
export const TrustNotification = new NotificationMessage<{ trusted: boolean }>('memmamba/trust');

export interface FocusParams {
  /** The active file and the cursor in it; absent when there is none. */
  active?: { uri: string; line: number; character: number };
}

/**
 * The user's focus has changed: the active file is read first, and the text before the cursor is prepared for completions.
 */
export const FocusNotification = new NotificationMessage<FocusParams>('memmamba/focus');
