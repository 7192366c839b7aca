/* What the buttons and keys do: which label is asked about, and what accepting or rejecting it writes. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const { data, clips } = Earmark;
  if (!data) return;
  const { label, target, spread, top, judged } = data.clips;
  const MAX_LIKELY = 9;
  const CLOSED = { test: 'Test clips are not reviewed.', quarantined: 'Quarantined clips are not reviewed.' };

  /**
   * The label that is asked about: the one that Earmark uses, else the given one.
   * @param {number} row
   * @returns {number} class, -1 where there is none
   */
  const asked = (row) => (target[row] >= 0 && !CLOSED[clips.status(row)] ? target[row] : label[row]);

  /**
   * @param {number} row
   * @returns {string} why no decision can be made of a clip, '' if one can
   */
  const closed = (row) => CLOSED[clips.status(row)] || '';

  const open = (rows) => rows.filter((row) => !closed(row));

  function pairs(flat) {
    return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
  }

  /** How likely each class is for a clip by anything that has an opinion: the ensemble counts most. */
  function opinions(row) {
    const score = new Map();
    const add = (cls, p) => cls >= 0 && score.set(cls, Math.max(score.get(cls) || 0, p));
    for (const [cls, p] of pairs(top[row])) add(cls, p);
    for (const [cls, p] of pairs(judged[row])) add(cls, p / 2);
    for (const member of data.members) for (const [cls, p] of pairs(data.clips.members[member][row])) add(cls, p / 4);
    for (const cls of [label[row], target[row], spread[row]]) add(cls, 0.01);
    return score;
  }

  /**
   * Classes to relabel to, the likeliest first, without the one that is asked about.
   * @param {number[]} rows one clip, or several that are decided together
   * @returns {number[]} at most 9
   */
  function likely(rows) {
    const sum = new Map();
    // Nobody has an opinion before anything is trained: all classes, in their order.
    if (data.start) for (const cls of data.classes.keys()) sum.set(cls, 0);
    for (const row of rows) for (const [cls, p] of opinions(row)) sum.set(cls, (sum.get(cls) || 0) + p);
    if (rows.length === 1) sum.delete(asked(rows[0]));
    return [...sum.keys()].sort((a, b) => sum.get(b) - sum.get(a) || a - b).slice(0, MAX_LIKELY);
  }

  /** The one label asked about in all rows, or -1. */
  function common(rows) {
    const first = rows.length ? asked(rows[0]) : -1;
    return rows.every((row) => asked(row) === first) ? first : -1;
  }

  function verdictOf(row, decision, cls) {
    const own = asked(row);
    if (decision === 'accept') {
      return own === label[row] ? { row, decision } : { row, decision: 'relabel', newLabel: own };
    }
    if (decision === 'reject') return { row, decision, rejected: own };
    return { row, decision, newLabel: decision === 'relabel' ? cls : -1 };
  }

  /** What a decision is called once it is made, of the class `name`. */
  const DONE = {
    accept: (name) => `accepted as ${name}`,
    reject: (name) => `not ${name}`,
    relabel: (name) => `relabelled ${name}`,
    unsure: () => 'unsure',
    '': () => 'taken back',
  };
  const MIXED = { accept: 'accepted, each as its label', reject: 'labels rejected' };

  /**
   * Decide.
   * @param {number[]} rows
   * @param {'accept'|'reject'|'unsure'|'relabel'|''} decision '' takes earlier ones back
   * @param {number} [cls] the class of a relabel
   * @returns {{done: number[], said: string}} the clips decided, and a sentence
   */
  function decide(rows, decision, cls = -1) {
    const needsLabel = decision === 'accept' || decision === 'reject';
    const able = open(rows).filter((row) => !needsLabel || asked(row) >= 0);
    const left = rows.length - able.length;
    if (able.length === 0) {
      const why = closed(rows[0]) || 'It has no label: relabel it.';
      return { done: [], said: rows.length === 1 ? why : 'None of them can be decided.' };
    }
    Earmark.decisions.setEach(able.map((row) => verdictOf(row, decision, cls)));
    const shared = decision === 'relabel' ? cls : common(able);
    const what = needsLabel && shared < 0 ? MIXED[decision] : DONE[decision](clips.name(shared));
    const skipped = left ? `; ${left} left out: test clips, quarantined or without a label` : '';
    const which = rows.length === 1 ? data.clips.id[rows[0]] : `${able.length} clips`;
    return { done: able, said: `${which}: ${what}${skipped}` };
  }

  /**
   * What a decision says, for people.
   * @param {number} row
   * @returns {{decision: string, means: string, text: string}|null} means: the button that it came from
   */
  function decided(row) {
    const made = Earmark.decisions.get(row);
    if (!made) return null;
    const { rejected, newLabel } = made;
    const names = { accept: clips.name(label[row]), reject: clips.name(rejected), relabel: clips.name(newLabel) };
    const words = { accept: 'Accepted: ', reject: 'Not ', relabel: 'Relabelled ', unsure: 'Unsure' };
    // Accepting a correction is written as a relabel; for the reviewer it is still an acceptance.
    const means = made.decision === 'relabel' && made.newLabel === asked(row) ? 'accept' : made.decision;
    return { ...made, means, text: words[made.decision] + (names[made.decision] || '') };
  }

  Earmark.actions = { asked, closed, open, pairs, likely, common, decide, decided };
})();
