/* The queue as data: what it asks, what stays covered, how well the reviewer hears. No page. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const { data, state } = Earmark;
  if (!data) return;
  const { rows, why, kind } = data.queue;
  const placeOf = new Map(rows.map((row, place) => [row, place]));
  const Z95 = 1.959964;
  const FEW = 5;

  const isDecided = (row) => Earmark.decisions.get(row) !== null;

  /**
   * Wilson's interval of a share.
   * @param {number} k of
   * @param {number} n at least 1
   * @returns {[number, number]} 95%
   */
  function wilson(k, n) {
    const z2 = (Z95 * Z95) / n;
    const middle = (k / n + z2 / 2) / (1 + z2);
    const half = (Z95 / (1 + z2)) * Math.sqrt(((k / n) * (1 - k / n)) / n + z2 / (4 * n));
    return [Math.max(0, middle - half), Math.min(1, middle + half)];
  }

  /**
   * How often this reviewer and the verified labels of hidden clips agree; unsure counts neither way.
   * @returns {{agreed: number, of: number, low: number, high: number}|null} null while there are fewer than five
   */
  function accuracy() {
    const name = Earmark.decisions.reviewer;
    const made = rows.filter((row, place) => kind[place] === 'hidden').map((row) => Earmark.decisions.get(row));
    // Decisions without a name were made before one was typed.
    const counted = made.filter((one) => one && ['', name].includes(one.reviewer) && one.decision !== 'unsure');
    if (counted.length < FEW) return null;
    const agreed = counted.filter((one) => one.decision === 'accept').length;
    const [low, high] = wilson(agreed, counted.length);
    return { agreed, of: counted.length, low, high };
  }

  Earmark.queue = {
    rows,
    isDecided,
    wilson,
    accuracy,

    /** @param {number} row @returns {boolean} */
    has: (row) => placeOf.has(row),

    /** @param {number} row @returns {string} what brought it here, '' where it is not in the queue */
    why: (row) => (placeOf.has(row) ? why[placeOf.get(row)] : ''),

    /** @param {number} row @returns {string} promoted, left_out, corrected, hidden, start or '' */
    kind: (row) => (placeOf.has(row) ? kind[placeOf.get(row)] : ''),

    /** @returns {number} */
    decided: () => rows.filter(isDecided).length,

    /**
     * Whether status and reasons of a clip are kept from the reviewer: it was met in the queue and is not decided. Before
     * anything is trained there is nothing to keep.
     * @param {number} row
     * @returns {boolean}
     */
    covered: (row) => !data.start && row === state.current && state.inQueue && placeOf.has(row) && !isDecided(row),

    /**
     * The rows of the queue that pass its filters. Hidden clips pass every kind: else the kind would give them away.
     * @param {{cls: number, kind: string, show: ''|'todo'|'done', problem: string}} filter
     * @returns {number[]}
     */
    filtered(filter) {
      return rows.filter((row, place) => {
        if (filter.cls >= 0 && Earmark.actions.asked(row) !== filter.cls) return false;
        if (!Earmark.problems.passesQueued(row, filter.problem)) return false;
        if (filter.kind && kind[place] !== filter.kind && kind[place] !== 'hidden') return false;
        return !filter.show || isDecided(row) === (filter.show === 'done');
      });
    },
  };
})();
