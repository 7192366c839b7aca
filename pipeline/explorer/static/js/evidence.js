/* What speaks for which class: bars of those who have an opinion, and sentences of what was done with the clip. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const { data, clips, actions, dom } = Earmark;
  if (!data) return;
  const { h, name, percent } = dom;
  const of = data.clips;

  function bar(cls, p, row) {
    const filled = h('span', { class: 'fill' });
    filled.style.width = `${Math.max(100 * p, 0.5)}%`;
    const role = cls === of.label[row] ? 'given' : cls === of.target[row] ? 'target' : '';
    const mark = role ? h('span', { class: 'role' }, role === 'given' ? 'given' : 'taken') : null;
    return h(
      'li',
      { class: `bar ${role}` },
      h('span', { class: 'of' }, name(clips.name(cls)), mark),
      h('span', { class: 'track', 'aria-hidden': 'true' }, filled),
      h('span', { class: 'share' }, percent(p)),
    );
  }

  /** One that has an opinion, with its three likeliest classes. */
  function voice(title, note, flat, row) {
    if (flat.length === 0) return null;
    const head = h('h4', {}, title, note ? h('span', { class: 'soft' }, ` ${note}`) : null);
    return h('div', { class: 'voice' }, head, h('ul', {}, ...actions.pairs(flat).map(([cls, p]) => bar(cls, p, row))));
  }

  /**
   * The bars.
   * @param {number} row
   * @returns {HTMLElement}
   */
  function voices(row) {
    const margin = of.margin[row] === null ? '' : `margin ${of.margin[row].toFixed(2)}`;
    const parts = [
      voice('Ensemble', margin, of.top[row], row),
      ...data.members.map((member) => voice(`Member ${member}`, '', of.members[member][row], row)),
      voice('Judges', 'that never saw its label', of.judged[row], row),
    ].filter(Boolean);
    return h(
      'section',
      { class: 'card', id: 'evidence', 'aria-label': 'What the models say' },
      h('h3', {}, 'What the models say'),
      parts.length
        ? h('div', { class: 'voices' }, ...parts)
        : h('p', { class: 'note' }, 'They were not asked about this clip.'),
    );
  }

  function fact(term, ...description) {
    return h('div', {}, h('dt', {}, term), h('dd', {}, ...description));
  }

  const named = (cls, none) => (cls >= 0 ? name(clips.name(cls)) : h('span', { class: 'soft' }, none));

  /** Selections by members, one sentence each. */
  function selections(row) {
    return (data.selections[row] || []).map(([member, round, cls, p]) => {
      const who = `Member ${data.members[member]} selected it in round ${round} as `;
      return h('li', {}, who, name(clips.name(cls)), `, ${percent(p)} sure.`);
    });
  }

  /**
   * When and why it became what it is.
   * @param {number} row
   * @returns {HTMLElement}
   */
  function why(row) {
    const [, meaning] = clips.about(clips.status(row));
    const spread = of.abstained[row] || of.spread[row] < 0 ? -1 : of.spread[row];
    const queued = Earmark.queue.why(row);
    const reason = of.reason[row] ? h('li', { id: 'reason' }, `Reason: ${of.reason[row]}.`) : null;
    const listen = queued ? h('li', { class: 'queued' }, `Worth a listen: ${queued}.`) : null;
    return h(
      'section',
      { class: 'card', id: 'why', 'aria-label': 'What became of it, and why' },
      h('h3', {}, 'What became of it, and why'),
      h('p', {}, meaning),
      h(
        'dl',
        { class: 'facts' },
        fact('Given label', named(of.label[row], 'none')),
        fact('Taken to be', named(of.target[row], 'nothing')),
        fact('Spread label', named(spread, 'abstained'), spread >= 0 ? ` ${percent(of.confidence[row])}` : ''),
        fact('Likely right', percent(of.probability[row])),
      ),
      h('ul', { class: 'reasons' }, reason, ...selections(row), listen),
    );
  }

  Earmark.evidence = { voices, why };
})();
