import { describeRoom } from '../api.js';
import { DeviceChoice } from './devices.js';
import { element, iconButton } from './dom.js';
import { icon } from './icons.js';
import { setState, show } from './screen.js';
import { paint } from './toggles.js';

/** The door of a room: name, preview, devices. */
export function showLobby({ room, name, media, onJoin }) {
  setState('lobby');
  const preview = element('video', { class: 'mirrored', autoplay: true, playsinline: true, 'aria-label': 'Your picture' });
  preview.muted = true;
  const placeholder = element('p', { class: 'placeholder' }, 'Opening camera and microphone…');
  const mute = iconButton({ icon: icon('microphone'), label: 'Mute', key: null, onclick: () => media.setMuted(!media.muted) });
  const camera = iconButton({ icon: icon('camera'), label: 'Camera off', onclick: () => media.setCamera(!media.cameraOn) });
  const nameField = element('input', {
    id: 'name', name: 'name', autocomplete: 'nickname', maxlength: '64', required: true, placeholder: 'Your name', value: name,
  });
  const join = element('button', { type: 'submit', class: 'primary' }, 'Join');
  const problem = element('p', { class: 'problem', role: 'alert' });
  const presence = element('p', { class: 'hint', 'aria-live': 'polite' });
  const devices = new DeviceChoice(media);
  let closed = false;

  show(element('main', { class: 'card lobby' },
    element('h1', {}, room),
    element('div', { class: 'preview' }, preview, placeholder, element('div', { class: 'preview-controls' }, mute, camera)),
    element('form', { onsubmit: submit },
      element('label', { for: 'name' }, 'Name'),
      element('div', { class: 'row' }, nameField, join), problem),
    presence,
    element('details', { class: 'choices' }, element('summary', {}, 'Devices'), devices.root)));
  media.on('changed', refresh);
  (name ? join : nameField).focus();
  describeRoom(room).then(tellPresence);

  function submit(event) {
    event.preventDefault();
    const chosen = nameField.value.trim();
    if (chosen) onJoin(chosen);
  }

  function refresh() {
    if (closed) return;
    const track = media.video;
    if (preview.srcObject?.getVideoTracks()[0] !== track) preview.srcObject = track ? new MediaStream([track]) : null;
    preview.hidden = !track;
    placeholder.hidden = Boolean(track);
    placeholder.textContent = media.hasMicrophone ? 'Camera is off' : 'No camera and no microphone: you can still watch, listen and chat';
    paint(mute, media.muted || !media.hasMicrophone, 'microphone', 'Mute', 'Unmute');
    paint(camera, !media.cameraOn, 'camera', 'Camera off', 'Camera on');
  }

  function tellPresence(description) {
    const count = description?.participants;
    if (!Number.isInteger(count) || closed) return;
    presence.textContent = count === 0 ? 'Nobody is there yet.' : count === 1 ? 'One person is there.' : `${count} people are there.`;
  }

  return {
    setProblem: text => { problem.textContent = text; },
    setBusy: busy => {
      join.disabled = busy;
      join.textContent = busy ? 'Joining…' : 'Join';
    },
    close: () => { closed = true; },
  };
}
