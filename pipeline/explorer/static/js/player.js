/* One clip sounds at a time. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const { data, clips } = Earmark;
  if (!data) return;

  /** Events: `state` (another clip, playing, paused, missing), `time` (each frame of playing, and seeks). */
  class Player extends EventTarget {
    constructor() {
      super();
      this.audio = new Audio();
      this.audio.preload = 'auto';
      this.row = -1;
      /** Why each clip that did not play did not, by its row; '' while that is not known. */
      this.missing = new Map();
      for (const name of ['playing', 'pause', 'ended']) this.audio.addEventListener(name, () => this.#changed());
      for (const name of ['seeked', 'loadedmetadata']) this.audio.addEventListener(name, () => this.#say('time'));
      this.audio.addEventListener('error', () => this.#failed());
    }

    #say(name) {
      this.dispatchEvent(new CustomEvent(name, { detail: { row: this.row } }));
    }

    #changed() {
      this.#say('state');
      if (this.playing) requestAnimationFrame(() => this.#tick());
    }

    #tick() {
      this.#say('time');
      if (this.playing) requestAnimationFrame(() => this.#tick());
    }

    #failed() {
      const { row } = this;
      if (row < 0) return;
      this.missing.set(row, '');
      this.#say('state');
      Earmark.unheard(row).then((why) => {
        if (!this.missing.has(row)) return;
        this.missing.set(row, why);
        this.#say('state');
      });
    }

    get playing() {
      return !this.audio.paused && !this.audio.ended;
    }

    /** Seconds into the file. */
    get time() {
      return this.audio.currentTime;
    }

    /** @param {number} row of the clip to have ready; what plays stops */
    load(row) {
      if (row === this.row && !this.missing.has(row)) return;
      this.audio.pause();
      this.missing.delete(row);
      this.row = row;
      this.audio.src = clips.audio(row);
      this.#say('state');
    }

    /**
     * Play a clip from where its sound begins.
     * @param {number} row
     */
    play(row) {
      this.load(row);
      this.audio.currentTime = data.clips.offset[row] || 0;
      this.#start();
    }

    #start() {
      const row = this.row;
      this.audio.play().catch((error) => {
        // AbortError: another clip came first. NotSupportedError comes as an event as well.
        if (error.name === 'NotAllowedError' && row === this.row) this.dispatchEvent(new CustomEvent('refused'));
      });
    }

    /** @param {number} row play it, pause it, or go on with it */
    toggle(row) {
      if (row !== this.row || this.audio.ended || this.missing.has(row)) this.play(row);
      else if (this.playing) this.audio.pause();
      else this.#start();
    }

    /** @param {number} row @param {number} seconds into the file; it goes on playing, or stays paused */
    seek(row, seconds) {
      this.load(row);
      this.audio.currentTime = Math.min(Math.max(seconds, 0), data.clips.seconds[row] || 0);
      this.#say('time');
    }
  }

  Earmark.player = new Player();
})();
