/* `earmark review`, if it serves this page: whose run it is, what is decided already, and saving. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const TOKEN = 'earmark:token';
  const PATIENCE_MS = 20000;

  /**
   * The parts of the address behind the #, decoded: `#clip=a&queue` is {clip: 'a', queue: ''}.
   * @returns {Map<string, string>}
   */
  function fragment() {
    const parts = location.hash.slice(1).split('&').filter(Boolean);
    return new Map(
      parts.map((part) => {
        const [name, ...value] = part.split('=');
        try {
          return [name, decodeURIComponent(value.join('='))];
        } catch {
          return [name, value.join('=')];
        }
      }),
    );
  }

  /** Move the token out of the address, where it would end up in bookmarks and screenshots. */
  function takeToken() {
    const parts = fragment();
    const token = parts.get('token');
    try {
      if (token) sessionStorage.setItem(TOKEN, token);
      return token || sessionStorage.getItem(TOKEN) || '';
    } catch {
      return token || '';
    } finally {
      if (token) {
        const rest = location.hash
          .slice(1)
          .split('&')
          .filter((part) => !part.startsWith('token='));
        history.replaceState(null, '', rest.length ? `#${rest.join('&')}` : location.pathname + location.search);
      }
    }
  }

  /** The server's answer, or an Error whose message is for people. */
  async function ask(path, options) {
    let answer;
    try {
      answer = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS), ...options });
    } catch {
      throw new Error('the server does not answer; is `earmark review` still running?');
    }
    const body = await answer.json().catch(() => null);
    if (answer.ok && body) return body;
    throw new Error((body && body.error) || `the server answered ${answer.status}`);
  }

  class Server {
    constructor(session, token) {
      this.session = session;
      this.token = token;
    }

    /** @returns {Promise<object[]>} the rows of the corrections file */
    async rows() {
      return (await ask('/api/corrections')).rows;
    }

    /**
     * Put `rows` in place of all rows of their clips and of those in `remove`.
     * @param {object[]} rows
     * @param {string[]} remove clip ids
     * @returns {Promise<{saved: number}>}
     */
    async save(rows, remove) {
      const headers = { 'Content-Type': 'application/json', 'X-Earmark-Token': this.token };
      return ask('/api/decisions', { method: 'POST', headers, body: JSON.stringify({ rows, remove }) });
    }
  }

  /**
   * @returns {Promise<Server|null>} null where the page is opened from disk or by another server
   */
  async function find() {
    const token = takeToken();
    if (!location.protocol.startsWith('http')) return null;
    try {
      const session = await ask('/api/session');
      return typeof session.run_id === 'string' ? new Server(session, token) : null;
    } catch {
      return null;
    }
  }

  Earmark.server = { find, fragment };
})();
