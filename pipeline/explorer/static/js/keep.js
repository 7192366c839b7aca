/* What the browser keeps between visits: decisions that no file has yet, and the steps to undo them. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  // Storage is 5 MB of a page: a lasso around everything is undone while the page is open, not after.
  const MAX_KEPT_CLIPS = 3000;
  const MAX_STEPS = 200;

  /** @returns {string} what is kept under a key, '' where there is nothing or nothing may be kept */
  function text(key) {
    try {
      return localStorage.getItem(key) || '';
    } catch {
      return '';
    }
  }

  /** @returns {string} '' or why it could not be kept */
  function put(key, value) {
    try {
      localStorage.setItem(key, value);
      return '';
    } catch (error) {
      const full = error && (error.name === 'QuotaExceededError' || error.code === 22);
      return full ? "this browser's storage is full" : 'this browser allows no storage here';
    }
  }

  const isRows = (rows) =>
    Array.isArray(rows) && rows.every((row) => row && typeof row === 'object' && typeof row.clip_id === 'string');
  const isPairs = (pairs) =>
    Array.isArray(pairs) &&
    pairs.every((pair) => Array.isArray(pair) && typeof pair[0] === 'string' && isRows(pair[1]));

  /** The last steps that fit. A step is a list of [clip id, its rows before]. */
  function recent(steps) {
    const kept = [];
    let clips = 0;
    for (const step of steps.slice(-MAX_STEPS).reverse()) {
      clips += step.length;
      if (clips > MAX_KEPT_CLIPS) break;
      kept.unshift(step);
    }
    return kept;
  }

  /** Decisions of one run in this browser. Another tab may write there too, so every write begins with a read. */
  class Keep {
    /** @param {string} key */
    constructor(key) {
      this.key = key;
      this.unwritten = new Map();
    }

    /**
     * @param {string|null} [found] what was kept once, if not what is now
     * @returns {{changes: Map<string, object[]>, steps: Array}} rows by clip id (none: taken back)
     */
    read(found = text(this.key)) {
      try {
        const { changes, steps } = JSON.parse(found || '{"changes":[],"steps":[]}');
        if (isPairs(changes) && Array.isArray(steps) && steps.every(isPairs))
          return { changes: new Map(changes), steps };
      } catch {
        // Damaged: handled below like anything else that is not ours.
      }
      put(`${this.key}:damaged`, found);
      return { changes: new Map(), steps: [] };
    }

    /**
     * Keep what changed, beside what other tabs kept meanwhile.
     * @param {Map<string, object[]|null>} patch rows by clip id; null: a file has them now
     * @param {Array} steps to undo
     * @returns {string} '' or why it could not be kept; it is tried again with the next change
     */
    write(patch, steps) {
      for (const [id, rows] of patch) this.unwritten.set(id, rows);
      const { changes } = this.read();
      for (const [id, rows] of this.unwritten) {
        if (rows === null) changes.delete(id);
        else changes.set(id, rows);
      }
      const whole = (kept) => JSON.stringify({ changes: [...changes], steps: kept });
      const problem = put(this.key, whole(recent(steps))) && put(this.key, whole([]));
      if (!problem) this.unwritten.clear();
      return problem;
    }
  }

  Earmark.keep = { Keep, text, put };
})();
