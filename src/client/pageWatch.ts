/** How long a page may take to load; doubled with each attempt. Slow machines take two seconds. */
const PATIENCE_MS = 8000;

/** How often a view is recreated. */
const ATTEMPTS = 3;

/**
 * Recreates a view whose page does not load. An editor in a browser loads webviews through a service worker; a page that is
 * requested while another page's worker takes over is never delivered, and the view stays empty until it is recreated.
 */
export class PageWatch {
  private timer: NodeJS.Timeout | undefined;
  private attempts = 0;

  /** @param reload recreates the view, after which {@link shown} is called again */
  constructor(private readonly reload: () => void) {}

  /** The view is visible, and its page is loading. */
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

  /** The page has sent a message: it is loaded. */
  came(): void {
    this.hidden();
    this.attempts = 0;
  }

  /** The view is hidden: its page need not load. */
  hidden(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
