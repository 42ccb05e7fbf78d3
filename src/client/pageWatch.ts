/** How long a page may take to come; each further time it is given twice as long. Slow machines take two seconds. */
const PATIENCE_MS = 8000;

/** How often a view is made anew. */
const ATTEMPTS = 3;

/**
 * Makes a view anew whose page stays away. An editor in a browser loads webviews through a service worker; a page that is on its way
 * while the worker of another page takes over is never handed to it and stays empty for ever, until its view is made anew.
 */
export class PageWatch {
  private timer: NodeJS.Timeout | undefined;
  private attempts = 0;

  /** @param reload makes the view anew, upon which {@link shown} is called again */
  constructor(private readonly reload: () => void) {}

  /** The view is in sight, and its page is on its way. */
  shown(): void {
    this.hidden();
    if (this.attempts >= ATTEMPTS) return;
    this.timer = setTimeout(
      () => {
        this.attempts++;
        this.reload();
      },
      PATIENCE_MS * 2 ** this.attempts,
    );
  }

  /** The page has said something: it is there. */
  came(): void {
    this.hidden();
    this.attempts = 0;
  }

  /** Nobody sees the view: its page may stay away. */
  hidden(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
