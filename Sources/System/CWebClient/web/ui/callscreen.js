import { invitationLink } from '../link.js';
import { recall } from '../preferences.js';
import { Chat } from './chat.js';
import { DeviceChoice } from './devices.js';
import { openDialog, openHelp } from './dialogs.js';
import { element } from './dom.js';
import { bindKeys } from './keys.js';
import { notify } from './notices.js';
import { People } from './people.js';
import { setState } from './screen.js';
import { Stage } from './stage.js';
import { Tile } from './tile.js';
import { Toolbar } from './toolbar.js';

/** The call as seen: stage, panels and controls over one `Call`. */
export class CallScreen {
  #call;
  #media;
  #name;
  #link;
  #stage;
  #chat;
  #people;
  #toolbar;
  #status = element('p', { class: 'status', role: 'status' }, 'Connecting…');
  #unbindKeys;
  #soundButton = null;
  #wakeLock = null;

  constructor({ call, media, name, room, invitation, onLeave }) {
    this.#call = call;
    this.#media = media;
    this.#name = name;
    this.#link = invitationLink(room, invitation);
    this.#stage = new Stage({ onViewport: (id, viewport) => call.setViewport(id, viewport) });
    this.#chat = new Chat({
      onSend: text => call.chat(text),
      onClose: () => this.#toggle(this.#chat),
      onUnread: count => this.#toolbar?.setUnread(count),
    });
    this.#people = new People({ onClose: () => this.#toggle(this.#people), onInvite: () => this.#invite() });
    const actions = this.#actions(onLeave);
    this.#toolbar = new Toolbar(actions);
    this.root = element('div', { class: 'call' },
      element('header', { class: 'bar' }, element('h1', {}, room), this.#status),
      element('main', { class: 'middle' }, this.#stage.root, this.#chat.root, this.#people.root),
      this.#toolbar.root);
    this.#unbindKeys = bindKeys(actions);
    this.#stage.add(null, new Tile({ name, own: true, onSelect: () => this.#stage.toggleFocus(null) }));
    this.#follow();
    this.#refreshOwn();
    this.#keepAwake();
  }

  close() {
    this.#unbindKeys();
    this.#stage.close();
    this.#wakeLock?.release().catch(() => {});
  }

  /** Everything a user can do, once: buttons, keys and the help list are made from it. */
  #actions(onLeave) {
    return [
      { key: 'm', name: 'mute', label: 'Mute or unmute', action: () => this.#media.setMuted(!this.#media.muted) },
      { key: 'v', name: 'camera', label: 'Camera on or off', action: () => this.#media.setCamera(!this.#media.cameraOn) },
      { key: 's', name: 'screen', label: 'Share the screen', action: () => this.#media.setSharing(!this.#media.sharing) },
      { key: 'c', name: 'chat', label: 'Chat', action: () => this.#toggle(this.#chat) },
      { key: 'p', name: 'people', label: 'People', action: () => this.#toggle(this.#people) },
      { key: 'i', name: 'invite', label: 'Copy the invitation link', action: () => this.#invite() },
      { key: 'd', name: 'devices', label: 'Devices', action: () => this.#chooseDevices() },
      { key: '?', name: 'help', label: 'Keys', action: () => openHelp(this.#shortcuts) },
      { key: 'Escape', name: 'close', label: 'Close panels', action: () => this.#closePanels() },
      { key: 'q', name: 'leave', label: 'Leave', action: onLeave },
    ];
  }

  get #shortcuts() {
    return this.#actions(() => {});
  }

  #follow() {
    const call = this.#call;
    call.on('welcome', () => this.#refreshPeople());
    call.on('joined', participant => this.#join(participant));
    call.on('left', (participant, reason) => this.#left(participant, reason));
    call.on('changed', participant => this.#changed(participant));
    call.on('track', (participant, track) => this.#stage.get(participant.id)?.addTrack(track));
    call.on('connection', participant => this.#stage.get(participant.id)?.setConnection(participant.connection));
    call.on('speaking', (participant, speaking) => this.#stage.get(participant?.id ?? null)?.setSpeaking(speaking));
    call.on('chat', message => this.#chatted(message));
    call.on('waiting', () => {
      this.#status.textContent = 'Waiting until somebody inside lets you in…';
    });
    call.on('mode', () => this.#stage.tellViewports());
    call.on('reconnecting', () => this.#signallingLost());
    call.on('reconnected', () => this.#signallingBack());
    this.#media.on('changed', () => this.#refreshOwn());
    this.#media.on('track', () => this.#refreshOwn());
  }

  #join(participant) {
    const tile = new Tile({
      name: participant.name,
      onSelect: () => this.#stage.toggleFocus(participant.id),
      onSoundBlocked: () => this.#offerSound(),
    });
    tile.setState(participant.state);
    tile.setConnection('connecting');
    const speaker = recall('speaker');
    if (speaker) tile.setSpeaker(speaker);
    this.#stage.add(participant.id, tile);
    this.#refreshPeople();
  }

  #left(participant, reason) {
    this.#stage.remove(participant.id);
    this.#refreshPeople();
    notify(`${participant.name} ${departures[reason] ?? 'left'}.`);
  }

  #changed(participant) {
    this.#stage.get(participant.id)?.setState(participant.state);
    this.#stage.tellViewports();
    this.#refreshPeople();
  }

  #chatted({ participant, text, time, own }) {
    this.#chat.add({ name: participant?.name, text, time, own });
    if (!own && !this.#chat.isOpen) notify(`${participant.name}: ${text.slice(0, 120)}`);
  }

  #refreshOwn() {
    const tile = this.#stage.get(null);
    tile?.setPicture(this.#media.video);
    tile?.setState(this.#media.state);
    tile?.setConnection('connected');
    this.#toolbar.show(this.#media);
    this.#refreshPeople();
  }

  #refreshPeople() {
    const others = [...this.#call.participants.values()];
    this.#people.show([{ name: this.#name, own: true, state: this.#media.state }, ...others]);
    const count = others.length + 1;
    this.#status.textContent = count === 1 ? 'You are alone here. Press i to copy the invitation link.' : `${count} people`;
  }

  #signallingLost() {
    setState('reconnecting');
    this.#status.textContent = 'The server is out of reach; the call itself goes on. Trying again…';
  }

  #signallingBack() {
    setState('joined');
    this.#refreshPeople();
  }

  #toggle(panel) {
    const open = !panel.isOpen;
    this.#closePanels();
    panel.setOpen(open);
    this.#toolbar.setOpen('chat', this.#chat.isOpen);
    this.#toolbar.setOpen('people', this.#people.isOpen);
  }

  #closePanels() {
    for (const panel of [this.#chat, this.#people]) panel.setOpen(false);
    this.#toolbar.setOpen('chat', false);
    this.#toolbar.setOpen('people', false);
  }

  async #invite() {
    try {
      await navigator.clipboard.writeText(this.#link);
      notify('The invitation link is in the clipboard.');
    } catch {
      const field = element('input', { readonly: true, value: this.#link, 'aria-label': 'Invitation link' });
      openDialog('Invitation link', field);
      field.select();
    }
  }

  #chooseDevices() {
    if (document.querySelector('dialog[open]')) return;
    const choice = new DeviceChoice(this.#media, {
      onSpeaker: id => this.#stage.tiles.forEach(tile => tile.setSpeaker(id)),
    });
    openDialog('Devices', choice.root);
    choice.refresh();
  }

  /** The browser refused to play sound before the user did something. */
  #offerSound() {
    if (this.#soundButton) return;
    this.#soundButton = element('button', {
      type: 'button', class: 'primary sound-button',
      onclick: () => {
        this.#soundButton.remove();
        this.#soundButton = null;
        this.#stage.tiles.forEach(tile => tile.playSound());
      },
    }, 'Turn on sound');
    this.root.append(this.#soundButton);
  }

  async #keepAwake() {
    try {
      this.#wakeLock = await navigator.wakeLock?.request('screen');
    } catch {
      // Only a comfort; a browser may refuse it, for example when the battery is low.
    }
  }
}

const departures = { left: 'left', timeout: 'lost the connection', removed: 'was removed', replaced: 'joined from somewhere else' };
