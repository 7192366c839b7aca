/* Comma-separated values as RFC 4180 has them, with cells that no spreadsheet takes for a formula. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  // Apostrophes before it count too, or a name that has one would come back without it.
  const FORMULA = /^'*[=+\-@\t\r]/;

  /**
   * @param {string} cell
   * @returns {string} with one more leading ' where a spreadsheet would see a formula
   */
  const guard = (cell) => (FORMULA.test(cell) ? `'${cell}` : cell);

  /**
   * @param {string} cell
   * @returns {string} without the ' that `guard` put there
   */
  const unguard = (cell) => (cell[0] === "'" && FORMULA.test(cell) ? cell.slice(1) : cell);

  const quote = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

  /**
   * @param {string[]} columns
   * @param {Object<string, string>[]} rows
   * @returns {string}
   */
  function format(columns, rows) {
    const lines = rows.map((row) => columns.map((column) => quote(guard(String(row[column] ?? '')))).join(','));
    return [columns.join(','), ...lines].join('\n') + '\n';
  }

  /** One cell that begins at `at`: its text, where it ends, how many line breaks are in it. */
  function cell(text, at) {
    if (text[at] !== '"') {
      let end = at;
      while (end < text.length && !',\r\n'.includes(text[end])) end++;
      return { value: text.slice(at, end), end, breaks: 0 };
    }
    let end = at + 1;
    while (end < text.length && (text[end] !== '"' || text[end + 1] === '"')) end += text[end] === '"' ? 2 : 1;
    const value = text.slice(at + 1, end);
    return { value: value.replaceAll('""', '"'), end: end + 1, breaks: value.split('\n').length - 1 };
  }

  /**
   * @param {string} text
   * @returns {{cells: string[], line: number}[]} records with the line they begin on; empty lines are left out
   */
  function parse(text) {
    const records = [];
    let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
    let line = 1;
    while (at < text.length) {
      const record = { cells: [], line };
      for (;;) {
        const { value, end, breaks } = cell(text, at);
        record.cells.push(value);
        line += breaks;
        at = end;
        if (text[at] !== ',') break;
        at += 1;
      }
      // A stray character after a closing quote: the rest of the line is not a table, and the columns will not fit.
      while (at < text.length && !'\r\n'.includes(text[at])) {
        record.cells.push(text[at]);
        at += 1;
      }
      at += text.startsWith('\r\n', at) ? 2 : 1;
      line += 1;
      if (record.cells.length > 1 || record.cells[0] !== '') records.push(record);
    }
    return records;
  }

  Earmark.csv = { guard, unguard, format, parse };
})();
