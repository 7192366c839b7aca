/* Why a clip cannot be heard. A browser says no more than that it could not play it. */
(function () {
  'use strict';
  const Earmark = (window.Earmark = window.Earmark || {});
  const { data, clips } = Earmark;
  if (!data) return;
  // Where a kind of audio is not called by the ending of its files.
  const KINDS = { mp3: 'mpeg', oga: 'ogg', opus: 'ogg', aif: 'aiff', aifc: 'aiff', m4a: 'mp4', au: 'basic', wma: 'x-ms-wma' };
  const PLAYS_ALL = '`earmark review` plays every format that Earmark reads';

  /** What the server says of a clip, '' where it sends one. */
  async function answer(row) {
    try {
      const found = await fetch(clips.audio(row), { headers: { Range: 'bytes=0-0' } });
      if (found.ok) return '';
      return (await found.json()).error || `the server answered ${found.status}`;
    } catch {
      return 'the server does not answer; is `earmark review` still running?';
    }
  }

  /** A file that the page opens itself. */
  function ofFile(row) {
    const name = data.clips.path[row].split('/').pop();
    const ending = name.includes('.') ? name.split('.').pop().toLowerCase() : '';
    const kind = ending.toUpperCase() || 'files without an ending';
    const plays = document.createElement('audio').canPlayType(`audio/${KINDS[ending] ?? ending}`);
    if (plays === '') return `this browser can't play ${kind}; ${PLAYS_ALL}`;
    return `the file is gone, or of a kind of ${kind} that this browser can't play; ${PLAYS_ALL}`;
  }

  /**
   * @param {number} row of a clip that did not play
   * @returns {Promise<string>} the reason, as the end of a sentence
   */
  Earmark.unheard = async (row) => {
    if (!clips.served) return ofFile(row);
    return (await answer(row)) || "it was sent, but this browser can't play it";
  };
})();
