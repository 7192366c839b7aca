/* The legend: what the marks mean, and buttons that show some of them alone. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const { data, state, clips, dom } = Earmark;
  if (!data) return;
  const { h, name, byId, fill, count } = dom;
  const SIZE = 14;

  function entry({ name: text, colour, shape, count: n }, key) {
    const pressed = state.only.has(key);
    const props = { type: 'button', class: 'entry', 'aria-pressed': String(pressed), 'data-keep': key };
    const mark = h('span', { class: 'mark' }, Earmark.markSvg(shape, colour, SIZE));
    const unit = h('span', { class: 'unseen' }, n === 1 ? ' clip' : ' clips');
    const label = h('span', { class: 'n' }, n.toLocaleString('en'), unit);
    return h('li', {}, h('button', { ...props, onclick: () => state.toggleEntry(key) }, mark, name(text), label));
  }

  Earmark.legend = {
    /** @param {object} style from Earmark.palette.style */
    show({ legend, rest, note }) {
      const entries = legend.map((one, key) => [one, key]);
      // A class without clips on this map cannot be shown alone.
      const there = [...entries, [rest, -1]].filter(([one, key]) => one.name && (one.count > 0 || state.only.has(key)));
      fill(byId('legend'), ...there.map(([one, key]) => entry(one, key)));
      byId('legend-note').textContent = note;
    },

    /** @param {number} n clips shown of the map's @param {number} all */
    showCount(n, all) {
      const filtered = state.only.size > 0 || state.cls >= 0 || state.problem !== '';
      byId('shown').textContent = n === all ? count(all, 'clip') : `${n.toLocaleString('en')} of ${count(all, 'clip')}`;
      byId('show-all').hidden = !filtered;
      byId('class-chip').hidden = state.cls < 0;
      fill(byId('class-chip'), 'Class ', name(clips.name(state.cls)), h('span', { 'aria-hidden': 'true' }, ' ×'));
      byId('class-chip').setAttribute('aria-label', `Class ${clips.name(state.cls)}: show all classes again`);
      const problem = Earmark.problems.words(state.problem);
      byId('problem-chip').hidden = problem === '';
      fill(byId('problem-chip'), `Problem: ${problem}`, h('span', { 'aria-hidden': 'true' }, ' ×'));
      byId('problem-chip').setAttribute('aria-label', `Problem: ${problem}. Show all clips again`);
      byId('select-shown').disabled = n === 0;
    },
  };
})();
