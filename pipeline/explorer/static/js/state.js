/* What the page shows now. Parts of the page listen here and never to each other. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const { data } = Earmark;
  if (!data) return;

  /**
   * Events: `open` (another clip; detail.play: it is to be heard), `selection`, `filter` (what is shown on the map and
   * in the queue), `look` (colours), `tab` (which panel a narrow page shows).
   */
  class State extends EventTarget {
    /** The row of the clip that is open, -1 for none, and whether it was reached in the queue. */
    current = -1;
    inQueue = false;
    /** Rows that decisions act on together; empty: on the open clip alone. */
    selection = [];
    method = data.maps.umap ? 'umap' : Object.keys(data.maps)[0] || '';
    mode = 'label';
    // Before anything is spread, what is known are the labels that people verified.
    stage = data.start ? 'before' : 'after';
    /** Entries of the legend that are shown alone; empty: all are. */
    only = new Set();
    /** The class that is shown alone, -1: all are. */
    cls = -1;
    /** The problem that the clips shown have: a kind's name or 'any'; '': all clips are shown. */
    problem = '';
    tab = 'map';

    #say(name, detail) {
      this.dispatchEvent(new CustomEvent(name, { detail }));
    }

    /**
     * Show a clip.
     * @param {number} row
     * @param {{queue?: boolean, play?: boolean}} [how] whether it is met in the queue; whether it is to be heard
     */
    open(row, how = {}) {
      this.current = row;
      this.inQueue = Boolean(how.queue);
      this.#say('open', { play: Boolean(how.play) });
    }

    /** @param {number[]} rows */
    select(rows) {
      this.selection = rows;
      this.#say('selection');
    }

    /** @param {number} cls -1 for all classes */
    setClass(cls) {
      if (cls === this.cls) return;
      this.cls = cls;
      this.#say('filter');
    }

    /** @param {string} problem a kind's name, 'any', or '' for all clips */
    setProblem(problem) {
      if (problem === this.problem) return;
      this.problem = problem;
      this.#say('filter');
    }

    /** Show an entry of the legend alone, or beside those shown already, or no more. */
    toggleEntry(key) {
      if (!this.only.delete(key)) this.only.add(key);
      this.#say('filter');
    }

    /** Show all clips again. */
    showAll() {
      this.only.clear();
      this.cls = -1;
      this.problem = '';
      this.#say('filter');
    }

    /** @param {{method?: string, mode?: string, stage?: string}} look */
    setLook(look) {
      // Entries of another legend mean other things.
      if (look.mode || look.stage) this.only.clear();
      Object.assign(this, look);
      this.#say('look', look);
    }

    /** @param {'map'|'clip'|'queue'} tab */
    setTab(tab) {
      this.tab = tab;
      this.#say('tab');
    }
  }

  Earmark.state = new State();
})();
