/* A spectrogram with a playhead, and a button that plays. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const { data, clips, player, dom } = Earmark;
  if (!data) return;
  const { h, icon } = dom;
  const STEP_S = 0.25;

  /** What the spectrogram of a row covers: seconds into the file, and how many. */
  function span(row) {
    const offset = data.clips.offset[row] || 0;
    const length = data.clips.length[row] || data.clips.seconds[row] || 1;
    return { offset, length };
  }

  /** @param {number} seconds @returns {string} 0:01.2 */
  function clock(seconds) {
    const tenths = Math.round(seconds * 10);
    return `${Math.floor(tenths / 600)}:${((tenths % 600) / 10).toFixed(1).padStart(4, '0')}`;
  }

  /** A button that plays or pauses a clip and shows which. `name` is what screen readers call the clip. */
  function playButton(name, getRow, props) {
    const button = h('button', { type: 'button', class: 'play', ...props, onclick: () => player.toggle(getRow()) });
    const show = () => {
      const on = player.row === getRow() && player.playing;
      button.setAttribute('aria-label', `${on ? 'Pause' : 'Play'} ${name()}`);
      button.classList.toggle('on', on);
      button.replaceChildren(icon(on ? 'pause' : 'play'));
    };
    return { button, show };
  }

  /** A spectrogram of which `show(row)` shows another clip. */
  class Figure {
    /**
     * @param {{seekable?: boolean, id?: string}} [options] seekable: it can be clicked and has keys like a slider
     */
    constructor({ seekable = false, id = null } = {}) {
      this.row = -1;
      this.canvas = h('canvas', { class: 'spectrogram', width: 128, height: 64, 'aria-hidden': 'true' });
      this.head = h('span', { class: 'playhead', 'aria-hidden': 'true' });
      const role = seekable
        ? { role: 'slider', tabindex: 0, 'aria-label': 'Place in the clip', 'aria-valuemin': 0 }
        : {};
      this.flag = h('span', { class: 'flag', title: 'Has a problem', 'aria-hidden': 'true' }, icon('flag'));
      this.element = h('div', { class: 'figure', id, ...role }, this.canvas, this.head, this.flag);
      this.seekable = seekable;
      if (!seekable) return;
      this.element.addEventListener('pointerdown', (event) => this.#press(event));
      this.element.addEventListener('pointermove', (event) => event.buttons === 1 && this.#press(event));
      this.element.addEventListener('keydown', (event) => this.#key(event));
    }

    /** @param {number} row */
    show(row) {
      this.row = row;
      clips.drawSpectrogram(this.canvas, row);
      this.flag.hidden = !Earmark.problems.shown(row);
      if (this.seekable) this.element.setAttribute('aria-valuemax', (data.clips.seconds[row] || 0).toFixed(1));
      this.tick();
    }

    /** Put the playhead where the sound is. */
    tick() {
      const { offset, length } = span(this.row);
      const here = player.row === this.row;
      const time = here ? player.time : offset;
      this.head.hidden = !here;
      this.head.style.left = `${100 * Math.min(Math.max((time - offset) / length, 0), 1)}%`;
      if (!this.seekable) return;
      this.element.setAttribute('aria-valuenow', time.toFixed(1));
      this.element.setAttribute('aria-valuetext', `${time.toFixed(1)} seconds`);
    }

    #press(event) {
      if (event.button > 0) return;
      const box = this.element.getBoundingClientRect();
      const { offset, length } = span(this.row);
      player.seek(this.row, offset + Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) * length);
    }

    #key(event) {
      const { offset, length } = span(this.row);
      const now = player.row === this.row ? player.time : offset;
      const goal = {
        ArrowLeft: now - STEP_S,
        ArrowRight: now + STEP_S,
        ArrowDown: now - STEP_S,
        ArrowUp: now + STEP_S,
        Home: 0,
        End: offset + length,
      }[event.key];
      if (goal === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      player.seek(this.row, goal);
    }
  }

  Earmark.Figure = Figure;
  Earmark.playing = { clock, playButton, span };
})();
