/* Light or dark: as the system has it, unless somebody chose. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const KEY = 'earmark:theme';
  const ORDER = ['auto', 'light', 'dark'];
  const system = window.matchMedia('(prefers-color-scheme: dark)');

  /** Event: `change`. */
  class Theme extends EventTarget {
    constructor() {
      super();
      let kept = '';
      try {
        kept = localStorage.getItem(KEY);
      } catch {
        // No storage: as the system has it.
      }
      this.choice = ORDER.includes(kept) ? kept : 'auto';
      system.addEventListener('change', () => this.#apply());
      this.#apply();
    }

    get dark() {
      return this.choice === 'auto' ? system.matches : this.choice === 'dark';
    }

    /** What the next choice is. */
    get following() {
      return ORDER[(ORDER.indexOf(this.choice) + 1) % ORDER.length];
    }

    #apply() {
      document.documentElement.dataset.theme = this.choice;
      this.dispatchEvent(new CustomEvent('change'));
    }

    /** Go on to the next choice. */
    turn() {
      this.choice = this.following;
      this.#apply();
      Earmark.keep.put(KEY, this.choice);
    }
  }

  Earmark.theme = new Theme();
})();
