/* The rows of data/corrections.csv: how one is made, what it means, which are refused. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const { data, clips, csv } = Earmark;
  if (!data) return;
  const COLUMNS = ['clip_id', 'given_label', 'predicted_label', 'decision', 'new_label', 'reviewer', 'run_id', 'note'];
  // Half a character, or one that controls a terminal: no table gives these back as they were.
  const CONTROL = /[\p{Cs}\0-\x08\x0b\x0c\x0e-\x1f]/u;
  const LONGEST = 10000; // characters of a cell
  const DECISIONS = ['accept', 'reject', 'relabel', 'unsure'];

  /**
   * @param {number} row of the clip
   * @param {string} decision
   * @param {string} newLabel '' for none
   * @param {{reviewer: string, note: string, predicted: string}} by who says so, of what proposal
   * @returns {Object<string, string>}
   */
  function make(row, decision, newLabel, by) {
    return {
      clip_id: data.clips.id[row],
      given_label: clips.name(data.clips.label[row]),
      predicted_label: by.predicted,
      decision,
      new_label: newLabel,
      reviewer: by.reviewer,
      run_id: data.run_id,
      note: by.note,
    };
  }

  /** What a row says: that the clip is, or is not, of a class; null where it says neither. */
  function said(row) {
    if (row.decision === 'unsure') return null;
    if (row.decision === 'reject') return { is: false, label: row.new_label || row.given_label };
    return { is: true, label: row.decision === 'relabel' ? row.new_label : row.given_label };
  }

  function contradict(one, two) {
    if (!one || !two) return false;
    return one.is && two.is ? one.label !== two.label : one.is !== two.is && one.label === two.label;
  }

  /** Why one row is refused, or ''. */
  function refusal(row) {
    const at = clips.row(row.clip_id);
    const unknown = ['given_label', 'predicted_label', 'new_label'].find(
      (column) => row[column] !== '' && clips.classOf(row[column]) < 0,
    );
    if (Object.values(row).some((cell) => CONTROL.test(cell))) return 'a control character is in it';
    if (Object.values(row).some((cell) => cell.length > LONGEST)) return `a cell is longer than ${LONGEST} characters`;
    if (at < 0) return `there is no clip ${row.clip_id}`;
    if (clips.status(at) === 'test') return `${row.clip_id} is a test clip, and those are not reviewed`;
    if (!DECISIONS.includes(row.decision)) return `decision ${row.decision}, expected one of ${DECISIONS.join(', ')}`;
    if (unknown) return `${unknown} is ${row[unknown]}, which is no class of this run`;
    if (row.decision === 'relabel' && !row.new_label) return 'relabel without a new_label';
    if (['accept', 'unsure'].includes(row.decision) && row.new_label) return `${row.decision} with a new_label`;
    if (row.decision === 'accept' && !row.given_label) return 'accept without a given_label';
    if (row.decision === 'reject' && !row.given_label && !row.new_label) return 'reject without a label';
    return '';
  }

  /** Why the columns are refused, or ''. */
  function misfit(head) {
    const found = head ? head.cells : [];
    if ([...found].sort().join() === [...COLUMNS].sort().join()) return '';
    const semicolons = found.length === 1 && found[0].includes(';');
    const how = semicolons ? ', separated by commas and not by semicolons' : '';
    return `line 1: expected the columns ${COLUMNS.join(',')}${how}`;
  }

  /**
   * Read a corrections file.
   * @param {string} text
   * @returns {{rows: Object<string, string>[], problems: string[]}} rows that hold; a sentence for each that does not
   */
  function read(text) {
    const [head, ...records] = csv.parse(text);
    const wrongHead = misfit(head);
    if (wrongHead) return { rows: [], problems: [wrongHead] };
    const rows = [];
    const problems = [];
    const earlier = new Map();
    for (const { cells, line } of records.filter((record) => record.cells.some((cell) => cell !== ''))) {
      const row = Object.fromEntries(head.cells.map((column, i) => [column, csv.unguard(cells[i] ?? '')]));
      const fits = cells.length === COLUMNS.length;
      const wrong = fits ? refusal(row) : `found ${cells.length} cells, expected ${COLUMNS.length}`;
      const others = earlier.get(row.clip_id) || [];
      const against = others.find((other) => contradict(said(other.row), said(row)));
      if (wrong) problems.push(`line ${line}: ${wrong}`);
      else if (against) problems.push(`line ${line}: ${row.clip_id} is decided otherwise on line ${against.line}`);
      else {
        earlier.set(row.clip_id, [...others, { row, line }]);
        rows.push(row);
      }
    }
    return { rows, problems };
  }

  /**
   * Of several rows of one clip, the one that says most.
   * @param {Object<string, string>[]} rows at least one
   * @returns {Object<string, string>}
   */
  function strongest(rows) {
    const rank = ['accept', 'relabel', 'reject', 'unsure'];
    return [...rows].sort((a, b) => rank.indexOf(a.decision) - rank.indexOf(b.decision))[0];
  }

  Earmark.corrections = { COLUMNS, make, read, strongest };
})();
