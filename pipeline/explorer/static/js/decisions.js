/* What was decided of each clip: kept at once, undone step by step, written to a file by the server or by hand. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const { data, clips, corrections, csv, keep } = Earmark;
  if (!data) return;

  const byClip = (rows) => {
    const found = new Map();
    for (const row of rows) found.set(row.clip_id, [...(found.get(row.clip_id) || []), row]);
    return found;
  };
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  /**
   * Decisions on clips. Events: `change` (detail.rows: the clips concerned), `saved` (where things are kept).
   * `file` is what a file has (data.reviews, or the server's); `changes` is what differs from it. Rows are those of
   * corrections.csv, several to a clip where several people reviewed it.
   */
  class Decisions extends EventTarget {
    constructor() {
      super();
      this.file = byClip(data.reviews);
      this.changes = new Map();
      this.steps = [];
      this.keep = new keep.Keep(`earmark:${data.run_id}`);
      this.unkept = '';
      this.saver = new Earmark.Saver(this);
    }

    /** Read what is there already. Call once, and wait, before anything is shown. */
    async open() {
      const server = await Earmark.server.find();
      clips.served = server !== null;
      this.file = byClip(await this.saver.open(server));
      const kept = this.keep.read();
      this.steps = kept.steps;
      this.changes = kept.changes;
      this.#forgetSaved();
      // Another tab of this run decided something: what it kept holds here as well.
      window.addEventListener('storage', (event) => event.key === this.keep.key && this.#takeOver(event.oldValue));
      this.saver.flush();
    }

    #forgetSaved() {
      for (const [id, rows] of this.changes) if (same(rows, this.file.get(id) || [])) this.changes.delete(id);
    }

    async #takeOver(earlier) {
      // Something may have come and gone before this tab hears of it.
      const before = new Map([...this.keep.read(earlier).changes, ...this.changes]);
      const after = this.keep.read().changes;
      const gone = [...before.keys()].some((id) => !after.has(id));
      // What is kept no more is in the file now, or was taken back: the file knows.
      if (gone) this.file = byClip((await this.saver.read()) || [...this.file.values()].flat());
      this.changes = after;
      this.#announce([...new Set([...before.keys(), ...this.changes.keys()])]);
    }

    #announce(ids) {
      const rows = ids.map((id) => clips.row(id)).filter((row) => row >= 0);
      this.dispatchEvent(new CustomEvent('change', { detail: { rows } }));
    }

    /** The reviewer's name, which goes into each row; kept for the next visit. */
    get reviewer() {
      return this.name ?? (this.name = keep.text('earmark:reviewer'));
    }

    set reviewer(name) {
      this.name = name.replace(/[\p{Cc}\p{Cs}]/gu, ' ').trim();
      keep.put('earmark:reviewer', this.name);
    }

    #rowsOf(id) {
      return this.changes.get(id) || this.file.get(id) || [];
    }

    /**
     * @param {number} row
     * @returns {{decision: string, newLabel: number, rejected: number, reviewer: string}|null} classes as indices, -1:
     *   none; `rejected` is the class that a reject speaks of
     */
    get(row) {
      const rows = this.#rowsOf(data.clips.id[row]);
      if (rows.length === 0) return null;
      const { decision, new_label: label, given_label: given, reviewer } = corrections.strongest(rows);
      const rejected = decision === 'reject' ? clips.classOf(label || given) : -1;
      return { decision, newLabel: clips.classOf(label), rejected, reviewer };
    }

    /**
     * Decide the same of several clips, as one step to undo.
     * @param {number[]} rows
     * @param {'accept'|'reject'|'relabel'|'unsure'|''} decision '' takes earlier ones back
     * @param {{newLabel?: number, rejected?: number}} [of] the class it is; the class it is not, if not the given one
     */
    set(rows, decision, of = {}) {
      this.setEach(rows.map((row) => ({ row, decision, ...of })));
    }

    /**
     * Decide of several clips, as one step to undo.
     * @param {{row: number, decision: string, newLabel?: number, rejected?: number}[]} verdicts
     */
    setEach(verdicts) {
      const after = new Map(verdicts.map((verdict) => [data.clips.id[verdict.row], this.#written(verdict)]));
      this.#change(after);
    }

    #written({ row, decision, newLabel = -1, rejected = -1 }) {
      if (!decision) return [];
      const earlier = this.#rowsOf(data.clips.id[row])[0];
      // The label of a clip that was reviewed before is a person's: what the run had proposed is in the earlier row.
      const proposed = earlier && clips.status(row) === 'reviewed';
      const predicted = proposed ? earlier.predicted_label : clips.name(data.clips.target[row]);
      const by = { reviewer: this.reviewer, note: earlier?.note || '', predicted };
      const given = data.clips.label[row];
      // The label that it has is not a new one.
      if (decision === 'relabel' && newLabel === given) return [corrections.make(row, 'accept', '', by)];
      const other = decision === 'relabel' ? newLabel : decision === 'reject' && rejected !== given ? rejected : -1;
      return [corrections.make(row, decision, clips.name(other), by)];
    }

    /** Put rows in place, remembering those before as a step. Returns how many clips that changed. */
    #change(after) {
      const ids = [...after.keys()].filter((id) => !same(after.get(id), this.#rowsOf(id)));
      if (ids.length === 0) return 0;
      this.steps.push(ids.map((id) => [id, this.#rowsOf(id)]));
      this.#apply(new Map(ids.map((id) => [id, after.get(id)])));
      return ids.length;
    }

    #apply(after) {
      const patch = new Map();
      for (const [id, rows] of after) {
        // What is on its way to the file is not there for certain: it stays a change until the answer comes.
        const there = same(rows, this.file.get(id) || []) && !this.saver.sending.has(id);
        if (there) this.changes.delete(id);
        else this.changes.set(id, rows);
        patch.set(id, there ? null : rows);
      }
      this.unkept = this.keep.write(patch, this.steps);
      this.#announce([...after.keys()]);
      this.saver.flush();
    }

    /**
     * Take the last step back.
     * @returns {number[]} the clips concerned, none where there is no step
     */
    undo() {
      const step = this.steps.pop();
      if (!step) return [];
      this.#apply(new Map(step));
      return step.map(([id]) => clips.row(id)).filter((row) => row >= 0);
    }

    /** The server has written these rows, by clip id. */
    settle(sent) {
      const patch = new Map();
      for (const [id, rows] of sent) {
        this.file.set(id, rows);
        if (!same(this.changes.get(id), rows)) continue;
        this.changes.delete(id);
        patch.set(id, null);
      }
      this.unkept = this.keep.write(patch, this.steps);
    }

    /** @returns {object[]} all rows as they would be written: those of the file in its order, then new ones */
    list() {
      const ids = [...new Set([...this.file.keys(), ...this.changes.keys()])];
      return ids.flatMap((id) => this.#rowsOf(id));
    }

    /** @returns {string} corrections.csv */
    toCsv() {
      return csv.format(corrections.COLUMNS, this.list());
    }

    /**
     * Take the rows of a corrections file that hold, in place of those that their clips have.
     * @param {string} text
     * @returns {{taken: number, changed: number, problems: string[]}} rows; clips; a sentence for each row refused
     */
    fromCsv(text) {
      const { rows, problems } = corrections.read(text);
      return { taken: rows.length, changed: this.#change(byClip(rows)), problems };
    }

    /** Where the decisions are: {state: 'saved'|'saving'|'unsaved'|'browser'|'lost', text}. */
    get saved() {
      return this.saver.state();
    }
  }

  Earmark.Decisions = Decisions;
})();
