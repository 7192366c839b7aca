/* A field with a list of suggestions below it, as in the ARIA practices: arrows move, Enter takes, Escape leaves. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const { h, fill } = Earmark.dom;

  class Combobox {
    /**
     * @param {HTMLInputElement} input with role combobox and aria-controls of `list`
     * @param {HTMLElement} list with role listbox
     * @param {{find: (text: string) => {content: Node, label: string, value: *}[], take: (value: *) => void}} how
     */
    constructor(input, list, { find, take }) {
      Object.assign(this, { input, list, find, take, found: [], at: -1 });
      input.addEventListener('input', () => this.#search());
      input.addEventListener('focus', () => this.#search());
      input.addEventListener('blur', () => this.close());
      input.addEventListener('keydown', (event) => this.#key(event));
      // The field keeps the focus while an entry is pressed.
      list.addEventListener('pointerdown', (event) => event.preventDefault());
    }

    #search() {
      this.found = this.find(this.input.value);
      this.at = this.found.length ? 0 : -1;
      const options = this.found.map(({ content }, i) =>
        h('li', { role: 'option', id: `${this.list.id}-${i}`, onclick: () => this.#choose(i) }, content),
      );
      fill(this.list, ...options);
      this.#show(this.found.length > 0);
    }

    #show(open) {
      this.list.hidden = !open;
      this.input.setAttribute('aria-expanded', String(open));
      this.#mark();
    }

    #mark() {
      [...this.list.children].forEach((option, i) => option.setAttribute('aria-selected', String(i === this.at)));
      const option = this.list.hidden ? null : this.list.children[this.at];
      if (option) this.input.setAttribute('aria-activedescendant', option.id);
      else this.input.removeAttribute('aria-activedescendant');
      if (option) option.scrollIntoView({ block: 'nearest' });
    }

    close() {
      this.#show(false);
    }

    #choose(i) {
      const { value } = this.found[i];
      this.input.value = '';
      this.close();
      this.input.blur();
      this.take(value);
    }

    #key(event) {
      const open = !this.list.hidden && this.found.length > 0;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && open) {
        event.preventDefault();
        this.at = (this.at + step + this.found.length) % this.found.length;
        this.#mark();
      } else if (step) this.#search();
      else if (event.key === 'Enter' && open && this.at >= 0) {
        event.preventDefault();
        this.#choose(this.at);
      } else if (event.key === 'Escape') {
        event.stopPropagation();
        if (open) this.close();
        else {
          this.input.value = '';
          this.input.blur();
        }
      }
    }
  }

  Earmark.Combobox = Combobox;
})();
