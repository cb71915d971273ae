import { JoinError, joinRoom } from './api.js';
import { Call } from './call.js';
import { parseLink } from './link.js';
import { LocalMedia } from './media.js';
import { recall, remember } from './preferences.js';
import { exposeStatistics } from './statistics.js';
import { CallScreen } from './ui/callscreen.js';
import { showEnd } from './ui/end.js';
import { showLobby } from './ui/lobby.js';
import { notify } from './ui/notices.js';
import { setState, show } from './ui/screen.js';
import { showStart } from './ui/start.js';

const link = parseLink(location.href);

if (link.room) openRoom();
else showStart({ problem: link.unknownPath ? 'That address is not the name of a room.' : null });

addEventListener('hashchange', () => location.reload());

/** From the door to the call: name and devices first, unless the link says to join at once. */
async function openRoom() {
  document.title = `${link.room} · confab`;
  const media = new LocalMedia().on('notice', text => notify(text));
  const name = link.name ?? recall('name') ?? '';
  const lobby = showLobby({ room: link.room, invitation: link.invitation, name, media, onJoin: join });
  await media.open();
  if (link.joinAtOnce && name.trim()) join(name.trim());

  async function join(chosen) {
    setState('joining');
    lobby.setBusy(true);
    try {
      if (!link.name) remember('name', chosen);
      const admission = await joinRoom(link.room, chosen, link.invitation);
      enter(chosen, admission, media);
      lobby.close();
    } catch (error) {
      setState('lobby');
      lobby.setBusy(false);
      lobby.setProblem(error instanceof JoinError ? error.message : `Joining failed: ${error.message}`);
    }
  }
}

function enter(name, admission, media) {
  const call = new Call(admission, media);
  const screen = new CallScreen({ call, media, name, room: link.room, invitation: link.invitation, onLeave: leave });
  let over = false;
  call.on('welcome', () => setState('joined'));
  call.on('ended', reason => finish(reason.message, 'error'));
  addEventListener('pagehide', () => over || call.leave());
  exposeStatistics(call);
  show(screen.root);
  call.start();

  function leave() {
    call.leave();
    finish('You left the call.', 'left');
  }

  function finish(message, state) {
    if (over) return;
    over = true;
    media.close();
    screen.close();
    showEnd({ message, state });
  }
}
