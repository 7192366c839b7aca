/* What is the matter with clips: found before anything was trained, and kept from whoever hears one in the queue. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const { data } = Earmark;
  if (!data) return;
  const { kinds, of } = data.problems;
  const ANY = 'any';

  /**
   * @param {number} row
   * @returns {{kind: number, words: string, other: number, detail: string}[]} the worst first; other: the row of the
   *   clip that sounds the same, -1 where the problem is not of two
   */
  const about = (row) =>
    (of[row] || []).map(([kind, other, detail]) => ({ kind, words: kinds[kind].words, other, detail }));

  /** Whether a clip has the problem that a filter names: '' (every clip passes), 'any', or the name of a kind. */
  function passes(row, filter) {
    if (!filter) return true;
    return (of[row] || []).some(([kind]) => filter === ANY || kinds[kind].name === filter);
  }

  Earmark.problems = {
    kinds,
    about,
    passes,

    /** @returns {boolean} whether there is such a filter */
    known: (filter) => filter === ANY || kinds.some((kind) => kind.name === filter),

    /** @param {string} filter @returns {string} it, in words */
    words: (filter) => (filter === ANY ? 'any problem' : (kinds.find((kind) => kind.name === filter)?.words ?? '')),

    /** @param {string} filter @returns {number} clips that pass it */
    count: (filter) => Object.keys(of).filter((row) => passes(row, filter)).length,

    /** @returns {number} the worst kind of problem that a clip has, -1 for none */
    worst: (row) => (row in of ? Math.min(...of[row].map(([kind]) => kind)) : -1),

    /** As `passes`, for clips of the queue: what only verified clips can have would tell which are hidden there. */
    passesQueued(row, filter) {
      if (!filter) return true;
      const told = (of[row] || []).filter(([kind]) => !kinds[kind].tells);
      return told.some(([kind]) => filter === ANY || kinds[kind].name === filter);
    },

    /** @returns {number[]} rows of the clips that sound the same, each once */
    partners: (row) => [...new Set(about(row).map((one) => one.other))].filter((other) => other >= 0),

    /** Whether a mark may say that a clip has a problem. */
    shown: (row) => row in of && !Earmark.queue.covered(row),
  };
})();
