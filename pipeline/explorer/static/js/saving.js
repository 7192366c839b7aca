/* Saves what is not in the file yet: one request at a time, in order; what fails stays kept and is tried again. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  // A lasso around a whole run goes in parts, each well below what the server takes at once.
  const MAX_CLIPS = 2000;

  class Saver {
    /** @param {Decisions} decisions whose `changes` are saved */
    constructor(decisions) {
      this.decisions = decisions;
      this.server = null;
      this.why = '';
      this.problem = '';
      /** Ids of the clips that are on their way. */
      this.sending = new Set();
      this.busy = false;
      this.exported = null;
    }

    /**
     * @param {Server|null} server
     * @returns {Promise<object[]>} the rows that the file has
     */
    async open(server) {
      const { data } = Earmark;
      if (server && server.session.run_id !== data.run_id) {
        this.why = 'the server is at another run than this page, reload it';
        return data.reviews;
      }
      if (!server) return data.reviews;
      try {
        const rows = await server.rows();
        if (server.token) this.server = server;
        else this.why = 'opened without the token of the address that `earmark review` printed';
        return rows;
      } catch (error) {
        this.why = error.message;
        return data.reviews;
      }
    }

    /** @returns {Promise<object[]|null>} the rows that the file has now, null where nobody can say */
    async read() {
      return this.server ? this.server.rows().catch(() => null) : null;
    }

    /** Save what is unsaved, unless that is being done. */
    async flush() {
      if (!this.server || this.busy) return this.#say();
      this.busy = true;
      this.problem = '';
      while (this.decisions.changes.size > 0 && !this.problem) {
        const part = new Map([...this.decisions.changes].slice(0, MAX_CLIPS));
        this.sending = new Set(part.keys());
        this.#say();
        await this.#send(part);
      }
      this.busy = false;
      return this.#say();
    }

    async #send(part) {
      try {
        const remove = [...part].filter(([, rows]) => rows.length === 0).map(([id]) => id);
        await this.server.save([...part.values()].flat(), remove);
        this.decisions.settle(part);
      } catch (error) {
        this.problem = error.message;
      } finally {
        this.sending = new Set();
      }
    }

    /** The decisions as they are now have been exported. */
    markExported() {
      this.exported = this.decisions.toCsv();
      this.#say();
    }

    #say() {
      this.decisions.dispatchEvent(new CustomEvent('saved'));
    }

    /** Decisions that would be lost with this page. */
    get atRisk() {
      return this.decisions.unkept !== '' && this.decisions.changes.size > 0;
    }

    /** @returns {{state: string, text: string}} */
    state() {
      const { unkept, changes } = this.decisions;
      if (this.problem) {
        const kept = unkept ? `, and ${unkept}: export the CSV` : '';
        return { state: 'unsaved', text: `NOT saved: ${this.problem}${kept}` };
      }
      if (this.sending.size > 0) return { state: 'saving', text: 'Saving…' };
      if (this.server) return { state: 'saved', text: `Saved in ${this.server.session.file}` };
      if (this.atRisk) return { state: 'lost', text: `NOT kept: ${unkept}. Export the CSV before you leave.` };
      if (this.exported !== null && this.exported === this.decisions.toCsv())
        return { state: 'browser', text: 'Exported' };
      const why = this.why ? ` (${this.why})` : '';
      return { state: 'browser', text: `Only in this browser: export the CSV${why}` };
    }
  }

  Earmark.Saver = Saver;
})();
