// A run's timeline in a panel: the program's own report of the trace, shown where no script and no connection is allowed.

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src 'none'; form-action 'none'";

/** The report with a policy of the panel's own: a trace is text from elsewhere, and nothing in it may act. */
export function guarded(html: string): string {
  const meta = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`;
  const head = /<head\b[^>]*>/i.exec(html);
  if (head) return html.slice(0, head.index + head[0].length) + meta + html.slice(head.index + head[0].length);
  return `<!doctype html><html><head>${meta}</head><body>${html}</body></html>`;
}

/** A page that says why there is no timeline. */
export function failure(problem: string): string {
  const text = problem.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  return guarded(`<h3>No timeline</h3><pre>${text}</pre>`);
}
