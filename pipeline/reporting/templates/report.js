'use strict';
// Sorts the report's tables. Without it they are there all the same, in the order in which they were written.
(() => {
  const UNKNOWN = '–';

  /**
   * What a cell is sorted by: of numbers their value (the first one, where an interval follows), of text its words.
   * @param {HTMLTableRowElement} row
   * @param {number} column
   * @param {boolean} numeric
   * @returns {number|string|null} null: not known
   */
  function key(row, column, numeric) {
    const text = row.cells[column].textContent.trim();
    if (text === UNKNOWN || text === '') return null;
    return numeric ? Number.parseFloat(text.replaceAll(',', '')) : text;
  }

  function compare(one, two) {
    return typeof one === 'number' ? one - two : one.localeCompare(two, undefined, { numeric: true });
  }

  /** Sort a table by one of its headings: numbers from the highest, text from A; again: the other way round. */
  function sort(table, heading) {
    const numeric = heading.classList.contains('n');
    const first = numeric ? 'descending' : 'ascending';
    const other = numeric ? 'ascending' : 'descending';
    const order = heading.getAttribute('aria-sort') === first ? other : first;
    for (const each of table.tHead.rows[0].cells) each.removeAttribute('aria-sort');
    heading.setAttribute('aria-sort', order);
    const sign = order === 'ascending' ? 1 : -1;
    const body = table.tBodies[0];
    const keyed = [...body.rows].map((row) => ({ row, key: key(row, heading.cellIndex, numeric) }));
    keyed.sort((a, b) => {
      // What is not known stays at the end either way.
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
      return sign * compare(a.key, b.key);
    });
    body.append(...keyed.map((each) => each.row));
  }

  for (const table of document.querySelectorAll('table')) {
    if (table.tBodies[0].rows.length < 2) continue;
    for (const heading of table.tHead.rows[0].cells) {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...heading.childNodes);
      button.addEventListener('click', () => sort(table, heading));
      heading.append(button);
    }
  }
})();
